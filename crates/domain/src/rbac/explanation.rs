//! Why a decision is what it is.

use super::PolicyRevision;
use crate::wire_enum;

/// A decision with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The revision that the answer rests on.
    pub revision: PolicyRevision,
    /// Why.
    pub reason: Reason,
}

/// Why a user may do something, or may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A rule allows it.
    Granted {
        /// How the user comes to the rule, as Casbin names it: `user:7`,
        /// `role:3`.
        path: Vec<String>,
        /// The rule, as Casbin has it: `role:3`, the permission, `org:1`,
        /// `access`.
        rule: Vec<String>,
    },
    /// Something is missing.
    Lacking(Missing),
}

wire_enum! {
    /// What an allow lacks, the first of these that it does.
    Missing {
        /// There is no such organization.
        Organization = "organization",
        /// The organization is suspended: no user may do anything in it.
        ActiveOrganization = "active_organization",
        /// The organization has no such user.
        User = "user",
        /// The user is deactivated.
        ActiveUser = "active_user",
        /// The user holds no role.
        Role = "role",
        /// No role of the user has the permission.
        Grant = "grant",
    }
}
