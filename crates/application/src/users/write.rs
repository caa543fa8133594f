//! What every write of a user has in common: who writes whom, the lock, the
//! audit row and the events.

use auth_domain::actor::Actor;
use auth_domain::audit::AuditEntry;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::events::{Aggregate, Event, Exchange};
use auth_domain::fields::Fields;
use auth_domain::identity::Principal;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::organizations::Organization;
use auth_domain::users::UserWithRoles;

use super::UserError;
use super::changes::differing;
use crate::Tx;

/// A change of one user.
#[derive(Clone, Copy)]
pub(super) struct Write<'a> {
    /// Who changes it, for the record.
    pub(super) actor: &'a Actor,
    /// The same, for the rules.
    pub(super) principal: &'a Principal,
    /// The user's organization.
    pub(super) organization: OrganizationId,
    /// The user.
    pub(super) user: UserId,
    /// When.
    pub(super) at: Timestamp,
}

impl Write<'_> {
    /// Locks the organization, so that neither the rights of the caller nor
    /// those of the user change before the end, and reads the user.
    pub(super) async fn begin(
        &self,
        tx: &mut Tx<'_, '_>,
    ) -> Result<(Organization, UserWithRoles), UserError> {
        let organization = tx.organizations().lock(self.organization).await?;
        let organization = organization.ok_or(UserError::OrganizationNotFound)?;
        let found = tx.users();
        let found = found.find_with_roles(self.organization, self.user).await?;
        Ok((organization, found.ok_or(UserError::NotFound)?))
    }

    /// Appends the audit row with what differs.
    pub(super) async fn audit(
        &self,
        tx: &mut Tx<'_, '_>,
        action: &'static str,
        table: &'static str,
        before: &Fields,
        after: &Fields,
    ) -> Result<(), PortError> {
        let entry = AuditEntry {
            organization_id: self.organization,
            action,
            description: None,
            table,
            row_id: self.user.get(),
            before: Some(differing(before, after)),
            after: Some(differing(after, before)),
            at: self.at,
        };
        tx.audit().append(self.actor, &entry).await
    }

    /// Appends `user.updated` with the names of the fields.
    pub(super) async fn tell_update(
        &self,
        tx: &mut Tx<'_, '_>,
        fields: Vec<&'static str>,
    ) -> Result<(), PortError> {
        let payload = self.payload().with("fields", fields);
        self.tell(tx, "user.updated", payload).await
    }

    /// Appends `user.deactivated`.
    pub(super) async fn tell_deactivation(&self, tx: &mut Tx<'_, '_>) -> Result<(), PortError> {
        self.tell(tx, "user.deactivated", self.payload()).await
    }

    fn payload(&self) -> Fields {
        Fields::new()
            .with("actor_id", self.actor.user_id())
            .with("organization_id", self.organization)
            .with("user_id", self.user)
    }

    async fn tell(
        &self,
        tx: &mut Tx<'_, '_>,
        event_type: &'static str,
        payload: Fields,
    ) -> Result<(), PortError> {
        let event = Event {
            exchange: Exchange::Audit,
            event_type,
            aggregate: Aggregate::User(self.user),
            organization_id: self.organization,
            at: self.at,
            payload,
        };
        tx.outbox().append(self.actor, &event).await?;
        Ok(())
    }
}
