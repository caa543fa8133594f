//! The audit log.

use std::net::IpAddr;

use async_trait::async_trait;
use auth_domain::audit::{AuditEntry, AuditLog};
use auth_domain::error::{Constraint, PortError};
use auth_domain::facts::Facts;
use auth_domain::ids::{OrganizationId, UserId};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DatabaseTransaction, EntityTrait as _,
};

use crate::entities::audit_log::{ActiveModel, Entity};
use crate::errors::{port_error, refers_to};
use crate::sql::Sql;

#[async_trait]
impl AuditLog for Sql<DatabaseTransaction> {
    async fn append(&mut self, entry: &AuditEntry) -> Result<(), PortError> {
        Entity::insert(row(entry)?)
            .exec_without_returning(self.conn())
            .await
            .map_err(port_error)
            .map_err(refers_to(Constraint::Organization))?;
        Ok(())
    }
}

fn row(entry: &AuditEntry) -> Result<ActiveModel, PortError> {
    let actor = &entry.actor;
    let home = actor.organization_id();
    Ok(ActiveModel {
        log_id: NotSet,
        organization_id: Set(entry.organization_id.get()),
        actor_kind: Set(actor.kind.as_str().to_owned()),
        actor_name: Set(actor.name.clone()),
        actor_user_id: Set(actor.user_id().map(UserId::get)),
        actor_organization_id: Set(home.map(OrganizationId::get)),
        crossed: Set(home.is_some_and(|home| home != entry.organization_id)),
        action_type: Set(entry.action.clone()),
        action_description: Set(entry.description.clone()),
        affected_table: Set(entry.table.clone()),
        affected_row_id: Set(entry.row_id.clone()),
        previous_data: Set(json(entry.before.as_ref())?),
        new_data: Set(json(entry.after.as_ref())?),
        ip_address: Set(actor.ip.as_ref().map(IpAddr::to_string)),
        request_id: Set(actor.request_id.clone()),
        action_timestamp: Set(entry.at),
    })
}

fn json(facts: Option<&Facts>) -> Result<Option<String>, PortError> {
    facts
        .map(serde_json::to_string)
        .transpose()
        .map_err(|error| PortError::Backend(Box::new(error)))
}
