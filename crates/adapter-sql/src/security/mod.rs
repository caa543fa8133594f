//! Sign-in activity.

use std::net::IpAddr;

use async_trait::async_trait;
use auth_domain::error::{Constraint, PortError};
use auth_domain::security::{LoginActivityLog, LoginRecord};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait as _,
};

use crate::entities::login_activity::{ActiveModel, Entity};
use crate::errors::{port_error, refers_to};
use crate::sql::Sql;

#[async_trait]
impl LoginActivityLog for Sql<DatabaseTransaction> {
    async fn append(&mut self, record: &LoginRecord) -> Result<(), PortError> {
        let row = ActiveModel {
            login_id: NotSet,
            organization_id: Set(Some(record.organization_id.get())),
            user_id: Set(Some(record.user_id.get())),
            login_timestamp: Set(record.at),
            ip_address: Set(record.ip.as_ref().map(IpAddr::to_string)),
            device_info: Set(record.device.clone()),
            login_success: Set(record.success),
            login_method: Set(record.method.as_str().to_owned()),
        };
        Entity::insert(row)
            .exec_without_returning(self.conn())
            .await
            .map_err(port_error)
            .map_err(refers_to(Constraint::User))?;
        Ok(())
    }
}
