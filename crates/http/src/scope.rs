//! `?organization_id=` of routes without an organization in their path.

use auth_domain::ids::OrganizationId;
use utoipa::IntoParams;

use crate::input::{Fields, FromFields, id};

/// The query of those routes, for the documentation.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for OpenAPI")]
pub(crate) struct OfOrganization {
    /// The organization, for platform callers; absent: one's own.
    #[param(minimum = 1, example = 3)]
    organization_id: Option<i64>,
}

/// The organization that the query names.
pub(crate) struct OfOrganizationInput(pub(crate) Option<OrganizationId>);

impl FromFields for OfOrganizationInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        fields.optional("organization_id", id).map(Self)
    }
}
