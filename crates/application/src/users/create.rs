//! One way for a user to come to be.

use auth_domain::actor::Actor;
use auth_domain::audit::AuditEntry;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::events::{Aggregate, Event, Exchange};
use auth_domain::fields::Fields;
use auth_domain::identity::PasswordHash;
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::users::{NewUser, User};

use super::NewAccount;
use crate::Tx;

/// Inserts a user with one role, the audit row and the event. The caller has
/// raised the organization's policy revision.
pub(crate) async fn create_user(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    organization: OrganizationId,
    role: RoleId,
    account: &NewAccount,
    password_hash: &PasswordHash,
    now: Timestamp,
) -> Result<User, PortError> {
    let new = NewUser {
        organization_id: organization,
        username: account.username().clone(),
        password_hash: Some(password_hash.clone()),
        person: account.person().clone(),
        contact: account.contact().clone(),
        created_at: now,
    };
    let user = tx.users().insert(&new).await?;
    tx.roles().assign(organization, user.id, role, now).await?;
    let entry = AuditEntry {
        organization_id: organization,
        action: "user.created",
        description: None,
        table: "users",
        row_id: user.id.get(),
        before: None,
        after: Some(
            Fields::new()
                .with("username", user.username.clone())
                .with("email", user.email.clone())
                .with("status", user.status)
                .with("role_ids", vec![role]),
        ),
        at: now,
    };
    tx.audit().append(actor, &entry).await?;
    let event = Event {
        exchange: Exchange::Audit,
        event_type: "user.created",
        aggregate: Aggregate::User(user.id),
        organization_id: organization,
        at: now,
        payload: Fields::new()
            .with("actor_id", actor.user_id())
            .with("organization_id", organization)
            .with("user_id", user.id),
    };
    tx.outbox().append(actor, &event).await?;
    Ok(user)
}
