//! Changes of how to reach a user.

use auth_domain::actor::Actor;
use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::Principal;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::jobs::{JobKind, NewJob};
use auth_domain::users::{Contact, User, username_after};

use super::changes::audited_contact;
use super::update::unchanged;
use super::write::Write;
use super::{ContactChanges, UserError, UserService};
use crate::organizations::Written;
use crate::rbac::guards::demand_rank;
use crate::{Tx, transact};

impl UserService {
    /// Changes how to reach a user. Another e-mail address is not verified,
    /// ends the open one-time tokens, changes a username that is the address,
    /// and the old one is told; nobody changes that of somebody who holds more.
    pub async fn update_contact(
        &self,
        actor: &Actor,
        principal: &Principal,
        organization: Option<OrganizationId>,
        id: UserId,
        changes: &ContactChanges,
    ) -> Result<Written<Contact>, UserError> {
        let organization = self.organization_of(principal, organization).await?;
        let write = self.write(actor, principal, organization, id);
        transact::<_, UserError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let (organization, found) = write.begin(&mut tx).await?;
                let before = tx.users().find_contact(write.organization, id).await?;
                let before = before.ok_or(UserError::NotFound)?;
                let after = changes.applied_to(&before);
                let after = after.ok_or(UserError::EmailRequired)?;
                if after != before {
                    change(&mut tx, &write, found.user, &before, &after).await?;
                    write.tell_update(&mut tx, changes.fields()).await?;
                }
                Ok(unchanged(&organization, after))
            })
        })
        .await
    }
}

async fn change(
    tx: &mut Tx<'_, '_>,
    write: &Write<'_>,
    user: User,
    before: &Contact,
    after: &Contact,
) -> Result<(), UserError> {
    let mut renamed = user.clone();
    let another_address = before.email != after.email;
    if another_address {
        demand_rank(tx, write.principal, write.organization, write.user).await?;
    }
    let (organization, id, at) = (write.organization, write.user, write.at);
    let users = tx.users();
    users
        .update_contact(organization, id, after, at)
        .await
        .map_err(address_taken)?;
    if another_address {
        follow_address(tx, write, &mut renamed, before, after).await?;
    }
    let (before, after) = (
        audited_contact(&user, before),
        audited_contact(&renamed, after),
    );
    write
        .audit(tx, "user.updated", "user_contacts", &before, &after)
        .await?;
    Ok(())
}

/// What another e-mail address brings with it.
async fn follow_address(
    tx: &mut Tx<'_, '_>,
    write: &Write<'_>,
    user: &mut User,
    before: &Contact,
    after: &Contact,
) -> Result<(), UserError> {
    let username = username_after(&user.username, &after.email);
    if let Some(username) = username.or(Err(UserError::UsernameTooLong))? {
        tx.users()
            .rename(write.organization, write.user, &username, write.at)
            .await?;
        user.username = username;
    }
    tx.one_time_tokens().discard_all(write.user).await?;
    let job = NewJob {
        kind: JobKind::EmailChanged,
        subject: before.email.as_str().to_owned(),
        request_id: write.actor.origin.request_id.clone(),
        created_at: write.at,
    };
    tx.jobs().enqueue(&job).await?;
    Ok(())
}

fn address_taken(error: PortError) -> UserError {
    match error {
        PortError::NotUnique(Constraint::Email) => UserError::NewEmailTaken,
        other => other.into(),
    }
}
