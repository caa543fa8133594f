//! What operators and other services do with the internal secret.

mod bodies;

use auth_application::organizations::OrganizationError;
use auth_domain::ids::OrganizationId;
use auth_http_kit::access::Internal;
use auth_http_kit::answer::{Accepted, Answer, Json};
use auth_http_kit::input::{PathId, State};
use auth_http_kit::routes;
use auth_http_kit::routing::Route;

use bodies::{Invalidated, Seeded, SnapshotBody};

pub(crate) fn routes() -> Vec<Route> {
    routes!["admin";
        rbac_snapshot.fails(&[&OrganizationError::NotFound]),
        seed,
        invalidate_caches,
    ]
}

/// The roles of an organization by name, with what they grant and who holds
/// them.
#[utoipa::path(get, path = "/admin/rbac/snapshot/{organization_id}")]
async fn rbac_snapshot(
    caller: Internal,
    state: State,
    PathId(organization): PathId<OrganizationId>,
) -> Answer<Json<SnapshotBody>> {
    let roles = state
        .app
        .policy_administration
        .overview(&caller, organization)
        .await?;
    Ok(Json(SnapshotBody::new(organization, roles)))
}

/// Makes sure that every organization has its system roles with at least their
/// permissions. Takes nothing away; running it again changes nothing.
#[utoipa::path(post, path = "/admin/bootstrap/seed")]
async fn seed(caller: Internal, state: State) -> Answer<Accepted<Seeded>> {
    let seeded = state.app.policy_administration.seed(&caller).await?;
    Ok(Accepted(Seeded {
        organizations_seeded: seeded,
    }))
}

/// Puts every policy snapshot and remembered decision out of date, on every
/// instance: for after the database was changed by hand.
#[utoipa::path(post, path = "/internal/cache/invalidate")]
async fn invalidate_caches(caller: Internal, state: State) -> Answer<Json<Invalidated>> {
    state.app.policy_administration.invalidate(&caller).await?;
    Ok(Json(Invalidated {
        status: "invalidated",
    }))
}
