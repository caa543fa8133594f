//! The table `login_activity`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_activity")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub login_id: i64,
    pub organization_id: Option<i64>,
    pub user_id: Option<i64>,
    /// A keyed hash of the name, where no account has it.
    pub login_name_hash: Option<Vec<u8>>,
    pub login_timestamp: DateTimeUtc,
    pub ip_address: Option<String>,
    /// What of the address counts as one client.
    pub network: Option<String>,
    pub device_info: Option<String>,
    pub login_success: bool,
    pub login_method: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
