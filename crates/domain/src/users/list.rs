//! What a list of users can be asked for.

use serde::{Deserialize, Serialize};

use super::UserStatus;
use crate::ids::UserId;
use crate::page::{ById, ListKey};

/// Which users of an organization a list holds; what is absent is any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Only users of this status.
    pub status: Option<UserStatus>,
}

/// The key of the users of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserKey(pub UserId);

impl ListKey for UserKey {
    type Order = ById;

    const LIST: &'static str = "users";
}
