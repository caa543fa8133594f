use auth_application::organizations::{NewTenant, OrganizationChanges, SignUpChanges};
use auth_domain::organizations::{LicenseStatus, Organization, SignUpPolicy};
use auth_domain::text::OrganizationName;
use auth_domain::users::EmailDomain;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::WireTime;
use crate::input::{Fields, FromFields, boolean, email_domain, list, text, word};

/// The most e-mail domains that an organization may name.
const MAX_DOMAINS: usize = 100;

/// What both requests say of who may join.
struct SignUpInput(SignUpChanges);

impl FromFields for SignUpInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let self_registration = fields.optional("self_registration", boolean);
        let sso_provisioning = fields.optional("sso_provisioning", boolean);
        let domains = fields.optional("allowed_email_domains", list(MAX_DOMAINS, email_domain));
        Some(Self(SignUpChanges {
            self_registration: self_registration?,
            sso_provisioning: sso_provisioning?,
            allowed_email_domains: domains?.map(each_once),
        }))
    }
}

fn each_once(mut domains: Vec<EmailDomain>) -> Vec<EmailDomain> {
    domains.sort_unstable();
    domains.dedup();
    domains
}

pub(super) struct NewTenantInput(pub(super) NewTenant);

impl FromFields for NewTenantInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.required("organization_name", text(OrganizationName::parse));
        let license = word(LicenseStatus::ALL, LicenseStatus::as_str);
        let license = fields.optional("license_status", license);
        let SignUpInput(sign_up) = fields.flattened()?;
        Some(Self(NewTenant {
            name: name?,
            license_status: license?.unwrap_or(LicenseStatus::Active),
            sign_up: SignUpPolicy {
                self_registration: sign_up.self_registration.unwrap_or_default(),
                sso_provisioning: sign_up.sso_provisioning.unwrap_or_default(),
                allowed_email_domains: sign_up.allowed_email_domains.unwrap_or_default(),
            },
        }))
    }
}

pub(super) struct ChangesInput(pub(super) OrganizationChanges);

impl FromFields for ChangesInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.optional("organization_name", text(OrganizationName::parse));
        let license = word(LicenseStatus::ALL, LicenseStatus::as_str);
        let license = fields.optional("license_status", license);
        let SignUpInput(sign_up) = fields.flattened()?;
        Some(Self(OrganizationChanges {
            name: name?,
            license_status: license?,
            sign_up,
        }))
    }
}

/// An organization to make.
#[derive(ToSchema)]
#[schema(example = json!({"organization_name": "Acme"}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(super) struct NewOrganization {
    #[schema(min_length = 1, max_length = 100)]
    organization_name: String,
    /// `active` (the default), `suspended` or `expired`
    license_status: Option<String>,
    /// Whether anybody may register; off by default.
    self_registration: Option<bool>,
    /// Whether a first sign-in through SSO makes a user; off by default.
    sso_provisioning: Option<bool>,
    /// Which e-mail domains may join; empty: any.
    #[schema(max_items = 100)]
    allowed_email_domains: Option<Vec<String>>,
}

/// Changes of an organization; what is absent or null stays as it is.
#[derive(ToSchema)]
#[schema(example = json!({"self_registration": true, "allowed_email_domains": ["example.com"]}))]
#[expect(dead_code, reason = "describes the body for OpenAPI")]
pub(super) struct OrganizationPatch {
    #[schema(min_length = 1, max_length = 100)]
    organization_name: Option<String>,
    /// `active`, `suspended` or `expired`: the platform's to change.
    license_status: Option<String>,
    /// Whether anybody may register.
    self_registration: Option<bool>,
    /// Whether a first sign-in through SSO makes a user.
    sso_provisioning: Option<bool>,
    /// Which e-mail domains may join; empty: any.
    #[schema(max_items = 100)]
    allowed_email_domains: Option<Vec<String>>,
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
    /// `active`, `suspended` or `expired`
    license_status: &'static str,
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
            license_status: organization.license_status.as_str(),
            self_registration: organization.sign_up.self_registration,
            sso_provisioning: organization.sign_up.sso_provisioning,
            allowed_email_domains: organization.sign_up.allowed_email_domains,
            created_at: WireTime(organization.created_at),
            updated_at: WireTime(organization.updated_at),
        }
    }
}
