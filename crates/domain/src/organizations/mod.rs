//! Organizations: the tenants, and RootOrg, the one that runs the platform.

mod ports;

#[cfg(feature = "mocks")]
pub use ports::{MockOrganizationQueries, MockOrganizationRepo};
pub use ports::{OrganizationQueries, OrganizationRepo};

use crate::clock::Timestamp;
use crate::ids::{OrganizationId, UserId};
use crate::rbac::PolicyRevision;
use crate::text::OrganizationName;
use crate::users::EmailDomain;
use crate::wire_enum;

/// The name of the organization that holds platform permissions.
pub const ROOT_ORGANIZATION_NAME: &str = "RootOrg";
/// The name of the tenant that every installation starts with.
pub const DEFAULT_ORGANIZATION_NAME: &str = "Default Organization";

wire_enum! {
    /// The state of an organization's licence.
    LicenseStatus {
        /// In force.
        Active = "active",
        /// Locked by the platform or closed by its admin: none of its users acts.
        Suspended = "suspended",
        /// Run out: its users still sign in and see so in their profile.
        Expired = "expired",
    }
}

wire_enum! {
    /// What an organization is to the platform.
    OrganizationKind {
        /// An ordinary tenant.
        Tenant = "tenant",
        /// RootOrg: exactly one, the only one that can hold `platform.*`.
        Root = "root",
    }
}

/// A tenant, or RootOrg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name, unique by key over the platform.
    pub name: OrganizationName,
    /// Tenant or RootOrg.
    pub kind: OrganizationKind,
    /// Its first admin, if it was made with one.
    pub owner_id: Option<UserId>,
    /// The state of its licence.
    pub license_status: LicenseStatus,
    /// Which users may join, and how.
    pub sign_up: SignUpPolicy,
    /// The revision of its policy.
    pub policy_revision: PolicyRevision,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Organization {
    /// Whether it is RootOrg, which no route renames, suspends or opens.
    pub fn is_root(&self) -> bool {
        self.kind == OrganizationKind::Root
    }
}

/// Which users may join an organization without being invited. Closed by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignUpPolicy {
    /// `POST /auth/register` may create members.
    pub self_registration: bool,
    /// A first sign-in through SSO may create members.
    pub sso_provisioning: bool,
    /// The e-mail domains that may join; empty: any.
    pub allowed_email_domains: Vec<EmailDomain>,
}

impl SignUpPolicy {
    /// Whether the domains let an address in.
    pub fn admits(&self, domain: &EmailDomain) -> bool {
        self.allowed_email_domains.is_empty() || self.allowed_email_domains.contains(domain)
    }
}

/// An organization that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrganization {
    /// Its name.
    pub name: OrganizationName,
    /// The state of its licence.
    pub license_status: LicenseStatus,
    /// When it is made.
    pub created_at: Timestamp,
}

/// Which organizations a list may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationScope {
    /// Only this one.
    Only(OrganizationId),
    /// All of the platform.
    All,
}
