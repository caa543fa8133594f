//! Roles and decisions.

mod bodies;
mod decisions;
mod grants;
mod roles;

use auth_application::rbac::Acting;
use auth_domain::ids::OrganizationId;
use utoipa::IntoParams;

use crate::access::Authenticated;
use crate::input::{Fields, FromFields, id};
use crate::routing::Route;

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = decisions::routes();
    routes.extend(roles::routes());
    routes.extend(grants::routes());
    routes
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for OpenAPI")]
struct OfOrganization {
    /// The organization, for platform callers; absent: one's own.
    #[param(minimum = 1, example = 3)]
    organization_id: Option<i64>,
}

struct OfOrganizationInput(Option<OrganizationId>);

impl FromFields for OfOrganizationInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        fields.optional("organization_id", id).map(Self)
    }
}

fn acting(caller: &Authenticated, organization: Option<OrganizationId>) -> Acting<'_> {
    Acting {
        actor: caller.actor(),
        principal: caller.principal(),
        organization,
    }
}
