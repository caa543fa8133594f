//! What a list of users can be asked for.

use serde::{Deserialize, Serialize};

use super::UserStatus;
use crate::clock::Timestamp;
use crate::ids::{RoleId, UserId};
use crate::page::{ListKey, ListOrder};
use crate::text::SearchPrefix;
use crate::wire_enum;

wire_enum! {
    /// The order of a list of users; where two are equal, by id.
    #[derive(Default)]
    UserOrder {
        /// By id.
        #[default]
        Id = "user_id",
        /// The oldest first.
        Oldest = "created_at",
        /// The newest first.
        Newest = "-created_at",
        /// By username, whatever its case.
        Username = "username",
        /// By username, backwards.
        UsernameBackwards = "-username",
    }
}

impl ListOrder for UserOrder {}

/// Which users of an organization a list holds; what is absent is any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Only users of this status.
    pub status: Option<UserStatus>,
    /// Only users who hold one of these roles.
    pub roles: Vec<RoleId>,
    /// Only users whose username, e-mail address, first or last name begins
    /// so, whatever its case.
    pub prefix: Option<SearchPrefix>,
}

/// The key of the users of an organization, one kind for each column that they
/// are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserKey {
    /// By id.
    Id(UserId),
    /// By when they were made.
    CreatedAt(Timestamp, UserId),
    /// By the key of the username.
    Username(String, UserId),
}

impl ListKey for UserKey {
    type Order = UserOrder;

    const LIST: &'static str = "users";

    fn fits(&self, order: UserOrder) -> bool {
        match order {
            UserOrder::Id => matches!(self, Self::Id(..)),
            UserOrder::Oldest | UserOrder::Newest => matches!(self, Self::CreatedAt(..)),
            UserOrder::Username | UserOrder::UsernameBackwards => {
                matches!(self, Self::Username(..))
            }
        }
    }
}
