//! Sign-in activity.

use std::net::IpAddr;

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::security::{
    LoginActivityLog, LoginActivityQueries, LoginRecord, LoginSubject, RepeatedFailures, folded,
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

const IS_FAMILIAR: &str = "
SELECT EXISTS (SELECT 1 FROM familiar_networks WHERE user_id = $1 AND network = $2)";

const REPEATED_FAILURES: &str = "
SELECT organization_id, user_id, count(*) FROM login_activity
WHERE login_timestamp >= $1 AND NOT login_success AND user_id IS NOT NULL
GROUP BY organization_id, user_id
HAVING count(*) >= $2";

#[async_trait]
impl<C: Connection> LoginActivityQueries for Sql<C> {
    async fn is_familiar(
        &self,
        user: Option<UserId>,
        address: Option<IpAddr>,
    ) -> Result<bool, PortError> {
        let user = user.map_or(NO_USER, UserId::get);
        let values = [user.into(), folded(address).into()];
        let row = self.one(IS_FAMILIAR, values).await?;
        row.map_or(Ok(false), |row| column(&row, 0))
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
        network: Set(record.ip.map(|address| folded(Some(address)))),
        device_info: Set(record.device.clone()),
        login_success: Set(record.success),
        login_method: Set(record.method.as_str().to_owned()),
    }
}

fn repeated_failures(row: &QueryResult) -> Result<RepeatedFailures, PortError> {
    let count: i64 = column(row, 2)?;
    Ok(RepeatedFailures {
        organization_id: id_column(row, 0)?,
        user_id: id_column(row, 1)?,
        count: u64::try_from(count).or(Err(PortError::corrupt("a count of rows")))?,
    })
}
