//! Reads of sessions. The joined point read that every authenticated request
//! makes is one constant text, so that each connection prepares it once, with
//! columns by place.

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::identity::{Admission, SessionInfo, SessionQueries, TokenDigest};
use auth_domain::ids::{SessionId, UserId};
use auth_domain::page::{Page, PageKey, PageRequest};
use sea_orm::QueryResult;

use super::admission::{ADMISSION_WIDTH, admission, admission_columns, admission_tables};
use super::digest::bytes;
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

const LIST_LIVE: &str = "
SELECT session_id, issued_at, last_refreshed_at, expires_at, ip_address,
    user_agent
FROM sessions
WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND absolute_expires_at > $2
    AND session_id < $3
ORDER BY session_id DESC
LIMIT $4";

#[async_trait]
impl<C: Connection> SessionQueries for Sql<C> {
    async fn find_admission(&self, id: SessionId) -> Result<Option<Admission>, PortError> {
        let row = self.one(FIND_ADMISSION, [id.get().into()]).await?;
        row.map(|row| admission(id, &row)).transpose()
    }

    async fn list_live(
        &self,
        user: UserId,
        now: Timestamp,
        page: &PageRequest,
    ) -> Result<Page<SessionInfo>, PortError> {
        // A key that is no key of this list starts after every row.
        let before = page.after().map_or(i64::MAX, |PageKey(key)| {
            key.first().copied().unwrap_or(i64::MIN)
        });
        let limit = i64::from(page.limit()) + 1;
        let values = [user.get().into(), now.into(), before.into(), limit.into()];
        let rows = self.all(LIST_LIVE, values).await?;
        let found: Vec<SessionInfo> = rows.iter().map(info).collect::<Result<_, _>>()?;
        Ok(Page::cut(found, page, |s| PageKey(vec![s.id.get()])))
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
        id: id_column(row, 0)?,
        issued_at: column(row, 1)?,
        last_refreshed_at: column(row, 2)?,
        expires_at: column(row, 3)?,
        ip_address: column(row, 4)?,
        user_agent: column(row, 5)?,
    })
}
