//! The joined point read that every authenticated request makes: one constant
//! text, so that each connection prepares it once, and columns by place.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::identity::{Admission, SessionFacts, SessionQueries};
use auth_domain::ids::SessionId;
use sea_orm::QueryResult;

use super::account::{ACCOUNT_WIDTH, account, account_columns};
use crate::sql::{Connection, Sql, column};

macro_rules! admission_columns {
    () => {
        concat!(
            account_columns!(),
            ", s.issued_at, s.expires_at, s.absolute_expires_at, s.revoked_at"
        )
    };
}
pub(super) use admission_columns;

macro_rules! admission_tables {
    () => {
        " FROM sessions s \
         JOIN users u ON u.user_id = s.user_id \
         JOIN organizations o ON o.organization_id = u.organization_id \
         JOIN user_contacts c ON c.user_id = u.user_id \
         WHERE s.session_id = $1"
    };
}
pub(super) use admission_tables;

const FIND_ADMISSION: &str = concat!("SELECT ", admission_columns!(), admission_tables!());

/// The place of the first column after those of an admission.
pub(super) const ADMISSION_WIDTH: usize = ACCOUNT_WIDTH + 4;

#[async_trait]
impl<C: Connection> SessionQueries for Sql<C> {
    async fn find_admission(&self, id: SessionId) -> Result<Option<Admission>, PortError> {
        let row = self.one(FIND_ADMISSION, [id.get().into()]).await?;
        row.map(|row| admission(id, &row)).transpose()
    }
}

pub(super) fn admission(id: SessionId, row: &QueryResult) -> Result<Admission, PortError> {
    Ok(Admission {
        account: account(row)?,
        session: SessionFacts {
            id,
            issued_at: column(row, ACCOUNT_WIDTH)?,
            expires_at: column(row, ACCOUNT_WIDTH + 1)?,
            absolute_expires_at: column(row, ACCOUNT_WIDTH + 2)?,
            revoked_at: column(row, ACCOUNT_WIDTH + 3)?,
        },
    })
}
