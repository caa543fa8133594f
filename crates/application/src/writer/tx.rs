//! A running transaction, as a use case sees it.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use auth_domain::audit::AuditEntry;
use auth_domain::caller::Actor;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::events::{
    AuthLogout, AuthRefreshReuse, AuthSessionRevoked, AuthSessionsRevoked, DomainEvent, Event,
};
use auth_domain::facts::Facts;
use auth_domain::identity::{Account, RevokeReason};
use auth_domain::ids::{IdSource, OrganizationId, SessionId, UserId};
use auth_domain::organizations::Organization;
use auth_domain::rbac::PolicyRevision;
use auth_domain::store::Repositories;

use super::Change;
use super::change::EventFacts;
use crate::jobs::{JobData, enqueue};

/// What has to follow the commit.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) revisions: Vec<(OrganizationId, PolicyRevision)>,
    pub(super) all_policies: bool,
    pub(super) ended: Vec<SessionId>,
}

/// The repositories of a running transaction, and the writes that bring
/// something with them.
///
/// The second lifetime is that of what the closure borrows from around it; it
/// only tells the compiler that those borrows outlive the transaction.
pub struct Tx<'t, 'env> {
    repositories: &'t mut (dyn Repositories + 't),
    effects: &'t mut Effects,
    actor: &'t Actor,
    ids: &'t dyn IdSource,
    now: Timestamp,
    env: PhantomData<&'t &'env ()>,
}

/// How one session ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedSession {
    /// The user signed out.
    Logout,
    /// The user, or a service for the user, revoked it.
    Revoked,
    /// An old refresh token was presented.
    RefreshReuse,
}

impl<'t> Deref for Tx<'t, '_> {
    type Target = dyn Repositories + 't;

    fn deref(&self) -> &Self::Target {
        self.repositories
    }
}

impl DerefMut for Tx<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.repositories
    }
}

impl<'t> Tx<'t, '_> {
    pub(super) fn new(
        repositories: &'t mut (dyn Repositories + 't),
        effects: &'t mut Effects,
        actor: &'t Actor,
        ids: &'t dyn IdSource,
        now: Timestamp,
    ) -> Self {
        Self {
            repositories,
            effects,
            actor,
            ids,
            now,
            env: PhantomData,
        }
    }

    /// The moment of the write: one for all that it writes.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The actor that writes.
    pub fn actor(&self) -> &Actor {
        self.actor
    }

    /// Raises an organization's policy revision, and tells the policy engine
    /// after the commit. Locks the organization, if it is not locked yet.
    pub async fn raise_policy(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Organization, PortError> {
        let raised = self.organizations().raise_policy(organization).await?;
        let raised = raised.ok_or(PortError::MissingReference(Constraint::Organization))?;
        let revision = raised.policy_revision;
        self.effects.revisions.push((organization, revision));
        Ok(raised)
    }

    /// Raises the policy revision of every organization, and drops every
    /// snapshot after the commit.
    pub async fn raise_all_policies(&mut self) -> Result<(), PortError> {
        self.organizations().raise_all_policies().await?;
        self.effects.all_policies = true;
        Ok(())
    }

    /// Writes audit row and event of a change.
    pub async fn record(&mut self, change: Change) -> Result<(), PortError> {
        let organization_id = change.organization;
        let entry = AuditEntry {
            organization_id,
            actor: self.actor.clone(),
            action: change.action,
            description: change.description,
            table: change.table,
            row_id: change.row_id,
            before: change.before,
            after: change.after,
            at: self.now,
        };
        self.audit().append(&entry).await?;
        match change.event {
            Some(told) => self.append(organization_id, told).await,
            None => Ok(()),
        }
    }

    /// Writes an event that stands without an audit row: the sign-in activity
    /// has its own.
    pub async fn tell<E: DomainEvent + Sync>(
        &mut self,
        organization: OrganizationId,
        event: &E,
    ) -> Result<(), PortError> {
        self.append(organization, EventFacts::of(event)).await
    }

    async fn append(
        &mut self,
        organization: OrganizationId,
        told: EventFacts,
    ) -> Result<(), PortError> {
        let event = Event {
            id: self.ids.event_id(self.now),
            event_type: told.event_type,
            aggregate: told.aggregate,
            organization_id: organization,
            actor_id: self.actor.user_id(),
            request_id: self.actor.request_id.clone(),
            at: self.now,
            payload: told.payload,
        };
        self.outbox().append(&event).await?;
        Ok(())
    }

    /// Asks for work after the commit, which wakes the runner.
    pub async fn enqueue<D: JobData>(&mut self, data: &D) -> Result<(), PortError> {
        let (actor, now) = (self.actor, self.now);
        enqueue(self.jobs(), data, actor.request_id.as_deref(), now).await
    }

    /// Ends one session with its audit row and event; caches forget it after
    /// the commit. `Ok(false)`: it had ended before, or never was.
    pub async fn end_session(
        &mut self,
        account: &Account,
        session: SessionId,
        how: EndedSession,
    ) -> Result<bool, PortError> {
        let (reason, now) = (how.reason(), self.now);
        if !self.sessions().revoke(session, reason, now).await? {
            return Ok(false);
        }
        self.effects.ended.push(session);
        let change = how.told(account, session, self.actor);
        let after = Facts::new()
            .with("user_id", account.user_id)
            .with("revoke_reason", reason);
        self.record(change.audited_as("session.revoked").after(after))
            .await?;
        Ok(true)
    }

    /// Ends the live sessions of a user but `except`, whatever their number,
    /// with one audit row and one event; caches forget them after the commit.
    /// Answers how many ended.
    pub async fn end_sessions(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        except: Option<SessionId>,
        reason: RevokeReason,
    ) -> Result<usize, PortError> {
        let now = self.now;
        let ended = self
            .sessions()
            .revoke_all_of_user(user, except, reason, now)
            .await?;
        self.record_ended(organization, user, reason, ended).await
    }

    /// Ends those of a user's live sessions that are longest unused, so that at
    /// most `keep` stay, in the same way.
    pub async fn end_sessions_beyond(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        keep: u32,
    ) -> Result<usize, PortError> {
        let now = self.now;
        let reason = RevokeReason::Superseded;
        let ended = self
            .sessions()
            .revoke_longest_unused(user, keep, reason, now)
            .await?;
        self.record_ended(organization, user, reason, ended).await
    }

    async fn record_ended(
        &mut self,
        organization_id: OrganizationId,
        user_id: UserId,
        reason: RevokeReason,
        ended: Vec<SessionId>,
    ) -> Result<usize, PortError> {
        let count = ended.len();
        if count == 0 {
            return Ok(0);
        }
        self.effects.ended.extend(ended);
        let event = AuthSessionsRevoked {
            user_id,
            organization_id,
            count: u64::try_from(count).unwrap_or(u64::MAX),
            ip: self.actor.ip,
        };
        let after = Facts::new()
            .with("count", i64::try_from(count).unwrap_or(i64::MAX))
            .with("revoke_reason", reason);
        let change = Change::with_event(organization_id, &event)
            .audited_as("sessions.revoked")
            .after(after);
        self.record(change).await?;
        Ok(count)
    }
}

impl EndedSession {
    fn reason(self) -> RevokeReason {
        match self {
            Self::Logout => RevokeReason::Logout,
            Self::Revoked => RevokeReason::Revoked,
            Self::RefreshReuse => RevokeReason::RefreshReuse,
        }
    }

    fn told(self, account: &Account, session_id: SessionId, actor: &Actor) -> Change {
        let (user_id, organization_id) = (account.user_id, account.organization_id);
        let ip = actor.ip;
        match self {
            Self::Logout => Change::with_event(
                organization_id,
                &AuthLogout {
                    user_id,
                    organization_id,
                    session_id,
                    ip,
                },
            ),
            Self::Revoked => Change::with_event(
                organization_id,
                &AuthSessionRevoked {
                    user_id,
                    organization_id,
                    session_id,
                    ip,
                },
            ),
            Self::RefreshReuse => Change::with_event(
                organization_id,
                &AuthRefreshReuse {
                    user_id,
                    organization_id,
                    session_id,
                    ip,
                },
            ),
        }
    }
}
