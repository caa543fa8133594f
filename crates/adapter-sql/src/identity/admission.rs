//! The columns of an admission: those of an account, and `s`, which is
//! `sessions`.

use auth_domain::error::PortError;
use auth_domain::identity::{Admission, SessionFacts};
use auth_domain::ids::SessionId;
use sea_orm::QueryResult;

use super::account::{ACCOUNT_WIDTH, account};
use crate::sql::column;

/// The columns that [`admission`] reads, first in the list of a query.
macro_rules! admission_columns {
    () => {
        concat!(
            $crate::identity::account_columns!(),
            ", s.issued_at, s.expires_at, s.absolute_expires_at, s.revoked_at"
        )
    };
}
pub(super) use admission_columns;

macro_rules! admission_tables {
    () => {
        " FROM sessions s \
         JOIN memberships m \
             ON m.organization_id = s.organization_id AND m.user_id = s.user_id \
         JOIN users u ON u.user_id = s.user_id \
         JOIN organizations o ON o.organization_id = s.organization_id \
         JOIN user_contacts c ON c.user_id = u.user_id"
    };
}
pub(super) use admission_tables;

/// The place of the first column after those of an admission.
pub(super) const ADMISSION_WIDTH: usize = ACCOUNT_WIDTH + 4;

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
