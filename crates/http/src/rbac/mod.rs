//! Roles and decisions.

mod bodies;
mod decisions;
mod grants;
mod roles;

use auth_application::rbac::Acting;
use auth_domain::ids::OrganizationId;

use crate::access::Authenticated;
use crate::routing::Route;
use crate::scope::{OfOrganization, OfOrganizationInput};

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = decisions::routes();
    routes.extend(roles::routes());
    routes.extend(grants::routes());
    routes
}

fn acting(caller: &Authenticated, organization: Option<OrganizationId>) -> Acting<'_> {
    Acting {
        actor: caller.actor(),
        principal: caller.principal(),
        organization,
    }
}
