//! Changes of how to reach a user.

use auth_domain::change::Change as FieldChange;
use auth_domain::error::{Constraint, PortError};
use auth_domain::events::UserUpdated;
use auth_domain::identity::Account;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::rules::{Touch, outranks};
use auth_domain::security::{LimitRule, Subject};
use auth_domain::users::{Contact, User, UserWithRights, username_after};

use super::changes::audited_contact;
use super::update::user_of;
use super::{ContactChanges, UserError, UserService};
use crate::access::perm::UserUpdate;
use crate::access::{Granted, Named};
use crate::mail::MailJob;
use crate::security::Taken;
use crate::{Authorized, Change, Tx, Written};

impl UserService {
    /// Changes how to reach a user. Another e-mail address is not verified,
    /// ends the open one-time tokens, changes a username that is the address,
    /// and the old one is told; a caller does not change that of a user who
    /// holds more.
    pub async fn update_contact(
        &self,
        caller: &Granted<UserUpdate>,
        organization: Option<OrganizationId>,
        id: UserId,
        changes: &ContactChanges,
    ) -> Result<Written<Contact>, UserError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        let account = &caller.caller().account;
        let counted = self.count(account, id, changes).await?;
        let write = self
            .writer
            .run_in(caller, organization, |mut tx, authorized| {
                Box::pin(async move {
                    let found = user_of(&tx, organization, id).await?;
                    let users = tx.read().users();
                    let before = users.find_contact(organization, id).await?;
                    let before = before.ok_or(UserError::NotFound)?;
                    let after = changes.applied_to(&before);
                    let after = after.ok_or(UserError::EmailRequired)?;
                    if after != before {
                        judge(&authorized, &found, &before, &after)?;
                        let user = found.user.user;
                        change(&mut tx, user, &before, &after, changes.fields()).await?;
                    }
                    Ok(Written::at(&authorized.organization, after))
                })
            });
        let caller = account.user_id;
        let written = self
            .taken_names
            .ask(caller, write, UserError::tells_taken)
            .await;
        match &written {
            Ok(_) => counted.keep(),
            Err(_) => self.limits.give_back(counted).await,
        }
        written
    }

    /// Counts a change of the caller's own address: each is told to the address
    /// before.
    async fn count(
        &self,
        caller: &Account,
        id: UserId,
        changes: &ContactChanges,
    ) -> Result<Taken, UserError> {
        let another = match &changes.email {
            FieldChange::Set(email) => *email != caller.email,
            FieldChange::Keep | FieldChange::Clear => false,
        };
        let own = another && id == caller.user_id;
        let wanted = own.then(|| (LimitRule::AddressChange, Subject::user(id)));
        Ok(self.limits.take(wanted).await?)
    }
}

/// Rank counts where the address changes: it can reset the password.
fn judge(
    authorized: &Authorized,
    found: &UserWithRights,
    before: &Contact,
    after: &Contact,
) -> Result<(), UserError> {
    let Authorized {
        organization,
        authority,
    } = authorized;
    if before.email != after.email {
        outranks(authority, organization, &found.permissions, Touch::Account)?;
    }
    Ok(())
}

async fn change(
    tx: &mut Tx<'_, '_>,
    user: User,
    before: &Contact,
    after: &Contact,
    fields: Vec<String>,
) -> Result<(), UserError> {
    let mut renamed = user.clone();
    let (organization, id, at) = (user.organization_id, user.id, tx.now());
    tx.users()
        .update_contact(organization, id, after, at)
        .await
        .map_err(address_taken)?;
    if before.email != after.email {
        follow_address(tx, &mut renamed, before, after).await?;
    }
    let event = UserUpdated {
        actor_id: tx.actor().user_id(),
        organization_id: organization,
        user_id: id,
        fields,
    };
    let (before, after) = (
        audited_contact(&user, before),
        audited_contact(&renamed, after),
    );
    let change = Change::with_event(organization, &event)
        .of_row("user_contacts", &id)
        .differing(&before, &after);
    Ok(tx.record(change).await?)
}

/// What another e-mail address brings with it.
async fn follow_address(
    tx: &mut Tx<'_, '_>,
    user: &mut User,
    before: &Contact,
    after: &Contact,
) -> Result<(), UserError> {
    let (organization, id, at) = (user.organization_id, user.id, tx.now());
    let username = username_after(&user.username, &after.email);
    if let Some(username) = username.or(Err(UserError::UsernameTooLong))? {
        tx.users()
            .rename(organization, id, &username, at)
            .await
            .map_err(super::AccountTaken::from)?;
        user.username = username;
    }
    tx.one_time_tokens().discard_all(id).await?;
    Ok(tx.enqueue(&MailJob::email_changed(&before.email)).await?)
}

fn address_taken(error: PortError) -> UserError {
    match error {
        PortError::NotUnique(Constraint::Email) => UserError::NewEmailTaken,
        other => other.into(),
    }
}
