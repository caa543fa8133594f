//! Organizations on the wire.

use auth_application::organizations::{NewTenant, OrganizationChanges, SignUpChanges};
use auth_domain::organizations::{LicenseStatus, Organization, SignUpPolicy};
use auth_domain::text::OrganizationName;
use auth_domain::users::EmailDomain;
use auth_http_kit::answer::WireTime;
use auth_http_kit::input::{Flag, List, Text, Word};
use auth_http_kit::wire_object;
use serde::Serialize;
use utoipa::ToSchema;

use super::LicenseStatusWord;

/// The most e-mail domains that an organization may name.
const MAX_DOMAINS: usize = 100;

wire_object! {
    /// Who may join an organization, and how.
    struct SignUp => SignUpChanges, by sign_up_changes {
        /// Whether anybody may register.
        self_registration: optional Flag,
        /// Whether a first sign-in through SSO makes a user.
        sso_provisioning: optional Flag,
        /// Which e-mail domains may join; empty: any.
        allowed_email_domains: optional List<Text<EmailDomain>, 0, MAX_DOMAINS>,
    }
}

fn sign_up_changes(body: SignUp) -> SignUpChanges {
    SignUpChanges {
        self_registration: body.self_registration,
        sso_provisioning: body.sso_provisioning,
        allowed_email_domains: body.allowed_email_domains.map(each_once),
    }
}

fn each_once(mut domains: Vec<EmailDomain>) -> Vec<EmailDomain> {
    domains.sort_unstable();
    domains.dedup();
    domains
}

wire_object! {
    /// An organization to make. Sign-up is off by default.
    #[example({"organization_name": "Acme"})]
    pub(super) struct NewOrganization => NewTenant, by new_tenant {
        organization_name: required Text<OrganizationName>,
        /// `active` by default.
        license_status: optional Word<LicenseStatus>,
        sign_up: flatten SignUp,
    }
}

fn new_tenant(body: NewOrganization) -> NewTenant {
    let sign_up = body.sign_up;
    NewTenant {
        name: body.organization_name,
        license_status: body.license_status.unwrap_or(LicenseStatus::Active),
        sign_up: SignUpPolicy {
            self_registration: sign_up.self_registration.unwrap_or_default(),
            sso_provisioning: sign_up.sso_provisioning.unwrap_or_default(),
            allowed_email_domains: sign_up.allowed_email_domains.unwrap_or_default(),
        },
    }
}

wire_object! {
    /// Changes of an organization; what is absent or null stays as it is.
    #[example({"self_registration": true, "allowed_email_domains": ["example.com"]})]
    pub(super) struct OrganizationPatch => OrganizationChanges, by organization_changes {
        organization_name: optional Text<OrganizationName>,
        /// The platform's to change.
        license_status: optional Word<LicenseStatus>,
        sign_up: flatten SignUp,
    }
}

fn organization_changes(body: OrganizationPatch) -> OrganizationChanges {
    OrganizationChanges {
        name: body.organization_name,
        license_status: body.license_status,
        sign_up: body.sign_up,
    }
}

/// An organization.
#[derive(Serialize, ToSchema)]
#[schema(as = Organization, example = json!({
    "organization_id": 3, "organization_name": "Acme", "license_status": "active",
    "self_registration": false, "sso_provisioning": false, "allowed_email_domains": [],
    "created_at": "2026-11-23T22:35:04.365951Z", "updated_at": "2026-11-23T22:35:04.365951Z"
}))]
pub(super) struct OrganizationBody {
    organization_id: i64,
    organization_name: String,
    license_status: LicenseStatusWord,
    /// Whether anybody may register.
    self_registration: bool,
    /// Whether a first sign-in through SSO makes a user.
    sso_provisioning: bool,
    /// Which e-mail domains may join; empty: any.
    #[schema(value_type = Vec<String>)]
    allowed_email_domains: Vec<EmailDomain>,
    #[schema(value_type = String, format = DateTime)]
    created_at: WireTime,
    #[schema(value_type = String, format = DateTime)]
    updated_at: WireTime,
}

impl From<Organization> for OrganizationBody {
    fn from(organization: Organization) -> Self {
        Self {
            organization_id: organization.id.get(),
            organization_name: organization.name.into(),
            license_status: Word(organization.license_status),
            self_registration: organization.sign_up.self_registration,
            sso_provisioning: organization.sign_up.sso_provisioning,
            allowed_email_domains: organization.sign_up.allowed_email_domains,
            created_at: WireTime(organization.created_at),
            updated_at: WireTime(organization.updated_at),
        }
    }
}
