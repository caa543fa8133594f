//! The columns of an account: `u` is `users`, `o` `organizations`, `c`
//! `user_contacts`, `m` the membership of that user in that organization.

use auth_domain::error::PortError;
use auth_domain::identity::Account;
use auth_domain::organizations::{LicenseStatus, OrganizationKind};
use auth_domain::rbac::PolicyRevision;
use auth_domain::text::{PersonName, Username};
use auth_domain::users::{EmailAddress, UserStatus};
use sea_orm::QueryResult;

use crate::sql::{column, id_column, word};

/// The columns that [`account`] reads, first in the list of a query.
macro_rules! account_columns {
    () => {
        "u.user_id, o.organization_id, o.kind, o.license_status, o.policy_revision, \
         u.username, u.first_name, u.last_name, c.email, c.email_verified_at, u.status, \
         m.status"
    };
}
pub(crate) use account_columns;

/// How many columns those are: the place of the next one.
pub(crate) const ACCOUNT_WIDTH: usize = 12;

pub(crate) fn account(row: &QueryResult) -> Result<Account, PortError> {
    let kind: String = column(row, 2)?;
    let license: String = column(row, 3)?;
    let last_name: Option<String> = column(row, 7)?;
    Ok(Account {
        user_id: id_column(row, 0)?,
        organization_id: id_column(row, 1)?,
        organization_kind: word(OrganizationKind::parse, &kind, "organizations.kind")?,
        license_status: word(
            LicenseStatus::parse,
            &license,
            "organizations.license_status",
        )?,
        policy_revision: PolicyRevision::new(column(row, 4)?),
        username: Username::from_stored(column(row, 5)?),
        first_name: PersonName::from_stored(column(row, 6)?),
        last_name: last_name.map(PersonName::from_stored),
        email: EmailAddress::from_stored(column(row, 8)?),
        email_verified_at: column(row, 9)?,
        status: member_status(row, 10)?,
    })
}

/// Whether a user may act in an organization: the status of the user, and in
/// the next column that of the membership, must both be active.
pub(crate) fn member_status(row: &QueryResult, index: usize) -> Result<UserStatus, PortError> {
    let user: String = column(row, index)?;
    let membership: String = column(row, index + 1)?;
    let user = word(UserStatus::parse, &user, "users.status")?;
    let membership = word(UserStatus::parse, &membership, "memberships.status")?;
    Ok(match (user, membership) {
        (UserStatus::Active, UserStatus::Active) => UserStatus::Active,
        _ => UserStatus::Inactive,
    })
}
