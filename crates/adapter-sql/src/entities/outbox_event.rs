//! The table `outbox_events`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub position: i64,
    #[sea_orm(unique)]
    pub event_id: Uuid,
    pub aggregate_kind: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub exchange: String,
    pub event_type: String,
    pub organization_id: i64,
    pub actor_id: Option<i64>,
    pub request_id: Option<String>,
    pub occurred_at: DateTimeUtc,
    /// A JSON object.
    pub payload: String,
    pub available_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
