//! The table `organizations`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub organization_id: i64,
    pub name: String,
    pub name_key: String,
    pub kind: String,
    pub owner_id: Option<i64>,
    pub license_status: String,
    pub self_registration: bool,
    pub sso_provisioning: bool,
    /// A JSON list of text.
    pub allowed_email_domains: String,
    pub policy_revision: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
