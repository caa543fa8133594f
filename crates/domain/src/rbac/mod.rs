//! Roles, permissions and decisions.
//!
//! Decisions are RBAC with domains, as Casbin defines it: a user holds roles
//! in an organization, a role is granted permissions in it, and a permission
//! is allowed if any role of the user has it. Exact names, no wildcards, no
//! hierarchy, no deny.

mod cache;
mod catalogue;
mod decision_ports;
mod explanation;
mod overview;
mod policy;
mod ports;
mod roles;
pub mod rules;
mod scope;
mod snapshot;

pub use cache::{DecisionCache, PolicyBroadcast, PolicyNews};
#[cfg(feature = "mocks")]
pub use cache::{MockDecisionCache, MockPolicyBroadcast};
pub use catalogue::{CatalogueEntry, NewPermission, Permission, PermissionName, PermissionSet};
#[cfg(feature = "mocks")]
pub use decision_ports::{MockPolicyEngine, MockPolicyFeed, MockPolicyStore};
pub use decision_ports::{PolicyEngine, PolicyError, PolicyFeed, PolicyStore};
pub use explanation::{Explanation, Missing, Reason};
pub use overview::{PermissionOverview, RoleOverview, UserOverview};
pub use policy::{PolicyRows, PolicyUser};
pub use ports::{CatalogueQueries, CatalogueRepo, GrantQueries, GrantRepo, RoleQueries, RoleRepo};
#[cfg(feature = "mocks")]
pub use ports::{
    MockCatalogueQueries, MockCatalogueRepo, MockGrantQueries, MockGrantRepo, MockRoleQueries,
    MockRoleRepo,
};
pub use roles::{
    GrantedPermission, NewRole, Role, RoleWithGrants, RoleWithPermissions, SystemRole,
};
pub use scope::Scoped;
pub use snapshot::{PolicySnapshot, SnapshotBuilder};

use std::fmt;

use serde::Serialize;

/// The revision of an organization's policy: grows by one with every write
/// that can change a decision, in the transaction of that write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct PolicyRevision(i64);

impl PolicyRevision {
    /// Takes a revision from the store or from a client.
    pub fn new(value: i64) -> Self {
        Self(value)
    }

    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for PolicyRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
