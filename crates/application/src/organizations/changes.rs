//! What a caller may ask to change of an organization.

use auth_domain::facts::Facts;
use auth_domain::organizations::{LicenseStatus, Organization, SignUpPolicy};
use auth_domain::text::OrganizationName;
use auth_domain::users::EmailDomain;

/// An organization to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// Its name.
    pub name: OrganizationName,
    /// The state of its licence.
    pub license_status: LicenseStatus,
    /// Which users may join.
    pub sign_up: SignUpPolicy,
}

/// Changes of an organization; `None` leaves a value as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationChanges {
    /// A new name.
    pub name: Option<OrganizationName>,
    /// A new state of the licence: the platform's to decide.
    pub license_status: Option<LicenseStatus>,
    /// Which users may join.
    pub sign_up: SignUpChanges,
}

/// Changes of the sign-up policy; `None` leaves a value as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignUpChanges {
    /// Whether any client may register.
    pub self_registration: Option<bool>,
    /// Whether a first sign-in through SSO makes a user.
    pub sso_provisioning: Option<bool>,
    /// Which e-mail domains may join.
    pub allowed_email_domains: Option<Vec<EmailDomain>>,
}

impl OrganizationChanges {
    /// The organization with the changes.
    pub(super) fn applied_to(&self, organization: &Organization) -> Organization {
        let mut changed = organization.clone();
        if let Some(name) = &self.name {
            changed.name = name.clone();
        }
        if let Some(status) = self.license_status {
            changed.license_status = status;
        }
        let sign_up = &mut changed.sign_up;
        if let Some(open) = self.sign_up.self_registration {
            sign_up.self_registration = open;
        }
        if let Some(open) = self.sign_up.sso_provisioning {
            sign_up.sso_provisioning = open;
        }
        if let Some(domains) = &self.sign_up.allowed_email_domains {
            sign_up.allowed_email_domains.clone_from(domains);
        }
        changed
    }
}

/// The values of an organization for the audit log.
pub(super) fn audited(organization: &Organization) -> Facts {
    Facts::new()
        .with("organization_name", organization.name.clone())
        .with("owner_id", organization.owner_id)
        .with("license_status", organization.license_status)
        .with("self_registration", organization.sign_up.self_registration)
        .with("sso_provisioning", organization.sign_up.sso_provisioning)
        .with(
            "allowed_email_domains",
            organization.sign_up.allowed_email_domains.clone(),
        )
}
