//! Why a decision is what it is: Casbin's own answer, with the rule that gave
//! it.

use std::collections::HashSet;

use auth_domain::error::PortError;
use auth_domain::ids::{RoleId, UserId};
use auth_domain::rbac::{Explanation, Missing, PolicyRows, Reason};
use casbin::{CoreApi as _, Enforcer, MgmtApi as _};

use crate::policy::{Request, enforcer, request, role_subject};

/// Decides with Casbin's enforcer over the rows, and says why.
///
/// The enforcer is given what can bear on this user: the user's roles and what
/// they grant. Rules of other roles match no request of the user.
pub async fn explain(
    rows: PolicyRows,
    user: UserId,
    permission: &str,
) -> Result<Explanation, PortError> {
    let revision = rows.revision;
    let missing = lacking(&rows, user);
    let rows = narrowed(rows, user);
    let asked = request(rows.organization_id, user, permission);
    let enforcer = enforcer(&rows).await.map_err(backend)?;
    // Each question scans the rules: away from the executor.
    let enforced = tokio::task::spawn_blocking(move || {
        let users = rows.users.iter();
        let roles: Vec<RoleId> = users.flat_map(|user| user.roles.iter().copied()).collect();
        granted_by(&enforcer, asked, &roles)
    });
    let granted = enforced.await.map_err(backend)?.map_err(backend)?;
    Ok(Explanation {
        allowed: granted.is_some(),
        revision,
        reason: granted.unwrap_or(Reason::Lacking(missing)),
    })
}

/// What allows a request; `None`: nothing does.
fn granted_by(
    enforcer: &Enforcer,
    asked: Request,
    roles: &[RoleId],
) -> casbin::Result<Option<Reason>> {
    if !enforcer.enforce(asked.clone())? {
        return Ok(None);
    }
    let (user, object, domain, action) = asked;
    for role in roles.iter().copied().map(role_subject) {
        // The oldest role that may do it by itself.
        if enforcer.enforce((role.clone(), object.clone(), domain.clone(), action))? {
            let path = vec![user, role.clone()];
            let values = vec![role, object, domain, action.to_owned()];
            let rules = enforcer.get_filtered_policy(0, values);
            let rule = rules.into_iter().next().unwrap_or_default();
            return Ok(Some(Reason::Granted { path, rule }));
        }
    }
    let (path, rule) = (vec![user], Vec::new());
    Ok(Some(Reason::Granted { path, rule }))
}

/// The first thing that a denied request of the user lacks.
fn lacking(rows: &PolicyRows, user: UserId) -> Missing {
    let found = rows.users.iter().find(|other| other.id == user);
    match found {
        _ if !rows.organization_active => Missing::ActiveOrganization,
        None => Missing::User,
        Some(found) if !found.active => Missing::ActiveUser,
        Some(found) if found.roles.is_empty() => Missing::Role,
        Some(_) => Missing::Grant,
    }
}

fn narrowed(mut rows: PolicyRows, user: UserId) -> PolicyRows {
    rows.users.retain(|other| other.id == user);
    let users = rows.users.iter();
    let roles: HashSet<RoleId> = users.flat_map(|user| user.roles.iter().copied()).collect();
    rows.grants.retain(|(role, _)| roles.contains(role));
    rows
}

fn backend(error: impl std::error::Error + Send + Sync + 'static) -> PortError {
    PortError::Backend(Box::new(error))
}
