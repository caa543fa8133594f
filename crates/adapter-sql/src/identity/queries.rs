//! Reads of sessions. The joined point read that every authenticated request
//! makes is one constant text, so that each connection prepares it once, with
//! columns by place.

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::identity::{Admission, SessionInfo, SessionQueries, TokenDigest};
use auth_domain::ids::{OrganizationId, SessionId, UserId};
use auth_domain::page::{Page, PageRequest, SessionKey};
use sea_orm::QueryResult;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};

use super::admission::{ADMISSION_WIDTH, admission, admission_columns, admission_tables};
use super::digest::bytes;
use crate::list::{Filter, Keyset};
use crate::sql::{Connection, Sql, column, id_column};

const FIND_ADMISSION: &str = concat!(
    "SELECT ",
    admission_columns!(),
    admission_tables!(),
    " WHERE s.session_id = $1"
);

const FIND_BY_REFRESH_DIGEST: &str = concat!(
    "SELECT ",
    admission_columns!(),
    ", s.session_id",
    admission_tables!(),
    " WHERE s.refresh_digest = $1"
);

const KNOWS_REFRESH_TOKEN: &str = "
SELECT EXISTS (SELECT 1 FROM sessions WHERE session_id = $1 AND refresh_digest = $2)
    OR EXISTS (SELECT 1 FROM session_refresh_history WHERE session_id = $1 AND digest = $2)";

const COUNT_LIVE: &str = "
SELECT organization_id, count(*) FROM sessions
WHERE revoked_at IS NULL AND expires_at > $1 AND absolute_expires_at > $1
GROUP BY organization_id ORDER BY organization_id";

#[async_trait]
impl<C: Connection> SessionQueries for Sql<C> {
    async fn find_admission(&self, id: SessionId) -> Result<Option<Admission>, PortError> {
        let row = self.one(FIND_ADMISSION, [id.get().into()]).await?;
        row.map(|row| admission(id, &row)).transpose()
    }

    async fn knows_refresh_token(
        &self,
        id: SessionId,
        digest: &TokenDigest,
    ) -> Result<bool, PortError> {
        let values = [id.get().into(), bytes(digest).into()];
        let row = self.one(KNOWS_REFRESH_TOKEN, values).await?;
        row.map_or(Ok(false), |row| column(&row, 0))
    }

    async fn list_live(
        &self,
        user: UserId,
        now: Timestamp,
        page: &PageRequest<SessionKey>,
    ) -> Result<Page<SessionInfo, SessionKey>, PortError> {
        let select = Query::select()
            .columns([
                "session_id",
                "issued_at",
                "last_refreshed_at",
                "expires_at",
                "ip_address",
                "user_agent",
            ])
            .from("sessions")
            .to_owned();
        let live = Filter::all()
            .equals("user_id", Some(user.get()))
            .and(Expr::col("revoked_at").is_null())
            .and(Expr::col("expires_at").gt(now))
            .and(Expr::col("absolute_expires_at").gt(now));
        let after = page.after().map(|SessionKey(id)| id.get());
        let keyset = Keyset::by("session_id", after).descending();
        let key = |session: &SessionInfo| SessionKey(session.id);
        self.page(select, live, keyset, page, info, key).await
    }

    async fn count_live(&self, now: Timestamp) -> Result<Vec<(OrganizationId, u64)>, PortError> {
        let rows = self.all(COUNT_LIVE, [now.into()]).await?;
        let count = |row: &QueryResult| {
            let live: i64 = column(row, 1)?;
            Ok((id_column(row, 0)?, live.unsigned_abs()))
        };
        rows.iter().map(count).collect()
    }

    async fn find_by_refresh_digest(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<Admission>, PortError> {
        let row = self
            .one(FIND_BY_REFRESH_DIGEST, [bytes(digest).into()])
            .await?;
        row.map(|row| admission(id_column(&row, ADMISSION_WIDTH)?, &row))
            .transpose()
    }
}

fn info(row: &QueryResult) -> Result<SessionInfo, PortError> {
    Ok(SessionInfo {
        id: id_column(row, "session_id")?,
        issued_at: column(row, "issued_at")?,
        last_refreshed_at: column(row, "last_refreshed_at")?,
        expires_at: column(row, "expires_at")?,
        ip_address: column(row, "ip_address")?,
        user_agent: column(row, "user_agent")?,
    })
}
