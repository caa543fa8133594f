//! The one way for a user to come to be.

use auth_domain::events::UserCreated;
use auth_domain::facts::Facts;
use auth_domain::identity::PasswordHash;
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::users::{NewUser, User};

use super::{AccountTaken, NewAccount};
use crate::{Change, Tx};

/// Inserts a user with one role, the audit row and the event; of one that
/// registered by itself, it is remembered. The caller has
/// raised the organization's policy revision.
pub(crate) async fn create_user(
    tx: &mut Tx<'_, '_>,
    organization: OrganizationId,
    role: RoleId,
    account: &NewAccount,
    password_hash: &PasswordHash,
    self_registered: bool,
) -> Result<User, AccountTaken> {
    let now = tx.now();
    let new = NewUser {
        organization_id: organization,
        username: account.username().clone(),
        password_hash: Some(password_hash.clone()),
        person: account.person().clone(),
        contact: account.contact().clone(),
        self_registered,
        created_at: now,
    };
    let user = tx.users().insert(&new).await?;
    tx.grants().assign(organization, user.id, role, now).await?;
    let event = UserCreated {
        actor_id: tx.actor().user_id(),
        organization_id: organization,
        user_id: user.id,
    };
    let after = Facts::new()
        .with("username", user.username.clone())
        .with("email", user.email.clone())
        .with("status", user.status)
        .with("role_ids", vec![role]);
    tx.record(Change::with_event(organization, &event).after(after))
        .await?;
    Ok(user)
}
