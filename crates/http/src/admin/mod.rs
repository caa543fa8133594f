//! What operators and other services do with the internal secret.

mod bodies;

use actix_web::http::StatusCode;
use auth_domain::ids::OrganizationId;

use crate::access::Internal;
use crate::answer::{Answer, json, ok};
use crate::input::{PathId, State};
use crate::routing::{Route, route};
use bodies::{Invalidated, Seeded, SnapshotBody};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::<__path_rbac_snapshot, _, _>(rbac_snapshot)
            .fails(&["organization_not_found", "store_unavailable"]),
        route::<__path_seed, _, _>(seed).fails(&["busy", "store_unavailable"]),
        route::<__path_invalidate_caches, _, _>(invalidate_caches)
            .fails(&["busy", "store_unavailable"]),
    ]
}

/// The roles of an organization by name, with what they grant and who holds
/// them.
#[utoipa::path(get, path = "/admin/rbac/snapshot/{organization_id}", tag = "admin",
    params(("organization_id" = i64, Path, minimum = 1, example = 3)),
    responses((status = 200, body = SnapshotBody)))]
async fn rbac_snapshot(
    _caller: Internal,
    state: State,
    PathId(organization): PathId<OrganizationId>,
) -> Answer {
    let roles = state.policy_administration.overview(organization).await?;
    ok(&SnapshotBody::new(organization, roles))
}

/// Makes sure that every organization has its system roles with at least their
/// permissions. Takes nothing away; running it again changes nothing.
#[utoipa::path(post, path = "/admin/bootstrap/seed", tag = "admin",
    responses((status = 202, body = Seeded)))]
async fn seed(caller: Internal, state: State) -> Answer {
    let seeded = state.policy_administration.seed(caller.actor()).await?;
    let body = Seeded {
        organizations_seeded: seeded,
    };
    json(StatusCode::ACCEPTED, &body)
}

/// Puts every policy snapshot and remembered decision out of date, on every
/// instance: for after the database was changed by hand.
#[utoipa::path(post, path = "/internal/cache/invalidate", tag = "admin",
    responses((status = 200, body = Invalidated)))]
async fn invalidate_caches(_caller: Internal, state: State) -> Answer {
    state.policy_administration.invalidate().await?;
    ok(&Invalidated {
        status: "invalidated",
    })
}
