//! The table `audit_logs`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_logs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub log_id: i64,
    pub organization_id: i64,
    pub actor_kind: String,
    /// Which job, where the service itself acts.
    pub actor_name: Option<String>,
    pub actor_user_id: Option<i64>,
    pub actor_organization_id: Option<i64>,
    /// Whether the actor is a user of another organization.
    pub crossed: bool,
    pub action_type: String,
    pub action_description: Option<String>,
    pub affected_table: String,
    pub affected_row_id: String,
    /// A JSON object.
    pub previous_data: Option<String>,
    /// A JSON object.
    pub new_data: Option<String>,
    pub ip_address: Option<String>,
    pub request_id: Option<String>,
    pub action_timestamp: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
