//! Sign-in activity.

use std::net::IpAddr;

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::security::{
    LoginActivityLog, LoginActivityQueries, LoginRecord, LoginSubject, RepeatedFailures,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait as _, QueryResult,
};

use crate::entities::login_activity::{ActiveModel, Entity};
use crate::errors::{port_error, refers_to};
use crate::sql::{Connection, Sql, column, id_column};

/// The id of no user.
const NO_USER: i64 = 0;

// From each address straight to the next one in the index: the cost grows with
// the addresses of a user, not with how often they were used.
const FAMILIAR_ADDRESSES: &str = "
WITH RECURSIVE addresses (address) AS (
    SELECT (SELECT min(l.ip_address) FROM login_activity l
            WHERE l.user_id = $1 AND l.login_success)
    UNION ALL
    SELECT (SELECT min(l.ip_address) FROM login_activity l
            WHERE l.user_id = $1 AND l.login_success AND l.ip_address > a.address)
    FROM addresses a WHERE a.address IS NOT NULL)
SELECT a.address,
    (SELECT max(l.login_timestamp) FROM login_activity l
     WHERE l.user_id = $1 AND l.login_success AND l.ip_address = a.address) AS latest
FROM addresses a WHERE a.address IS NOT NULL
ORDER BY latest DESC, a.address
LIMIT 100";

const REPEATED_FAILURES: &str = "
SELECT organization_id, user_id, count(*) FROM login_activity
WHERE login_timestamp >= $1 AND NOT login_success AND user_id IS NOT NULL
GROUP BY organization_id, user_id
HAVING count(*) >= $2";

#[async_trait]
impl<C: Connection> LoginActivityQueries for Sql<C> {
    async fn familiar_addresses(&self, user: Option<UserId>) -> Result<Vec<IpAddr>, PortError> {
        let user = user.map_or(NO_USER, UserId::get);
        let rows = self.all(FAMILIAR_ADDRESSES, [user.into()]).await?;
        rows.iter().map(address).collect()
    }

    async fn repeated_failures(
        &self,
        since: Timestamp,
        at_least: u32,
    ) -> Result<Vec<RepeatedFailures>, PortError> {
        let values = [since.into(), i64::from(at_least).into()];
        let rows = self.all(REPEATED_FAILURES, values).await?;
        rows.iter().map(repeated_failures).collect()
    }
}

#[async_trait]
impl LoginActivityLog for Sql<DatabaseTransaction> {
    async fn append(&mut self, record: &LoginRecord) -> Result<(), PortError> {
        Entity::insert(row(record))
            .exec_without_returning(self.conn())
            .await
            .map_err(port_error)
            .map_err(refers_to(Constraint::User))?;
        Ok(())
    }
}

fn row(record: &LoginRecord) -> ActiveModel {
    let (user, unknown) = match record.subject {
        LoginSubject::User(organization, user) => (Some((organization, user)), None),
        LoginSubject::Unknown(name) => (None, Some(name.0.to_vec())),
    };
    let (organization, user): (Option<OrganizationId>, Option<UserId>) = user.unzip();
    ActiveModel {
        login_id: NotSet,
        organization_id: Set(organization.map(OrganizationId::get)),
        user_id: Set(user.map(UserId::get)),
        login_name_hash: Set(unknown),
        login_timestamp: Set(record.at),
        ip_address: Set(record.ip.as_ref().map(IpAddr::to_string)),
        device_info: Set(record.device.clone()),
        login_success: Set(record.success),
        login_method: Set(record.method.as_str().to_owned()),
    }
}

fn address(row: &QueryResult) -> Result<IpAddr, PortError> {
    let text: String = column(row, 0)?;
    text.parse()
        .or(Err(PortError::corrupt("login_activity.ip_address")))
}

fn repeated_failures(row: &QueryResult) -> Result<RepeatedFailures, PortError> {
    let count: i64 = column(row, 2)?;
    Ok(RepeatedFailures {
        organization_id: id_column(row, 0)?,
        user_id: id_column(row, 1)?,
        count: u64::try_from(count).or(Err(PortError::corrupt("a count of rows")))?,
    })
}
