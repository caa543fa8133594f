//! Organizations.

mod queries;
mod repo;

use auth_domain::error::PortError;
use auth_domain::organizations::{LicenseStatus, Organization, OrganizationKind, SignUpPolicy};
use auth_domain::rbac::PolicyRevision;
use auth_domain::text::OrganizationName;
use auth_domain::users::EmailDomain;

use crate::entities::organization::Model;
use crate::sql::{id, word};

fn to_domain(row: Model) -> Result<Organization, PortError> {
    Ok(Organization {
        id: id(row.organization_id)?,
        name: OrganizationName::from_stored(row.name),
        kind: word(OrganizationKind::parse, &row.kind, "organizations.kind")?,
        owner_id: row.owner_id.map(id).transpose()?,
        license_status: word(
            LicenseStatus::parse,
            &row.license_status,
            "organizations.license_status",
        )?,
        sign_up: SignUpPolicy {
            self_registration: row.self_registration,
            sso_provisioning: row.sso_provisioning,
            allowed_email_domains: domains_from_json(&row.allowed_email_domains)?,
        },
        policy_revision: PolicyRevision::new(row.policy_revision),
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn domains_to_json(domains: &[EmailDomain]) -> Result<String, PortError> {
    serde_json::to_string(domains).map_err(|e| PortError::Backend(Box::new(e)))
}

fn domains_from_json(json: &str) -> Result<Vec<EmailDomain>, PortError> {
    let texts: Vec<String> = serde_json::from_str(json).or(Err(PortError::corrupt(
        "organizations.allowed_email_domains",
    )))?;
    Ok(texts.into_iter().map(EmailDomain::from_stored).collect())
}
