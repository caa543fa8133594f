use std::sync::Arc;

use auth_domain::actor::Actor;
use auth_domain::audit::AuditEntry;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::error::PortError;
use auth_domain::events::{Aggregate, Event, Exchange};
use auth_domain::fields::Fields;
use auth_domain::identity::Principal;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::{
    LicenseStatus, NewOrganization, Organization, OrganizationScope, SignUpPolicy,
};
use auth_domain::page::{Page, PageRequest};
use auth_domain::rbac::{Permission, PolicyEngine, PolicyRevision};
use auth_domain::store::Store;

use super::changes::audited;
use super::{NewTenant, OrganizationChanges, OrganizationError};
use crate::access::{Access, Reach};
use crate::rbac::ensure_system_roles;
use crate::{Tx, transact};

/// The platform permission that crosses into organizations.
const PLATFORM: Permission = Permission::PlatformOrganizationsManage;

/// Makes, shows, changes and closes organizations.
///
/// The permission of the route (`org.read` and so on) is checked by the
/// caller; which organization it reaches is decided here.
pub struct OrganizationService {
    store: Arc<dyn Store>,
    policies: Arc<dyn PolicyEngine>,
    access: Access,
    clock: Arc<dyn Clock>,
}

/// What a write left, and the policy revision that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// What is stored now.
    pub value: T,
    /// The organization's policy revision after the write.
    pub revision: PolicyRevision,
}

impl OrganizationService {
    /// A service over its ports.
    pub fn new(
        store: Arc<dyn Store>,
        policies: Arc<dyn PolicyEngine>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let access = Access::new(Arc::clone(&policies));
        Self {
            store,
            policies,
            access,
            clock,
        }
    }

    /// The organizations that the caller sees: its own, or all.
    pub async fn list(
        &self,
        principal: &Principal,
        page: &PageRequest,
    ) -> Result<Page<Organization>, OrganizationError> {
        let scope = if self.access.crosses(principal, PLATFORM).await? {
            OrganizationScope::All
        } else {
            OrganizationScope::Only(principal.account.organization_id)
        };
        Ok(self.store.read().organizations().list(scope, page).await?)
    }

    /// One organization.
    pub async fn get(
        &self,
        principal: &Principal,
        id: OrganizationId,
    ) -> Result<Organization, OrganizationError> {
        self.demand_reach(principal, id).await?;
        let found = self.store.read().organizations().find(id).await?;
        found.ok_or(OrganizationError::NotFound)
    }

    /// Makes a tenant with its system roles: the platform's to do.
    pub async fn create(
        &self,
        actor: &Actor,
        principal: &Principal,
        new: &NewTenant,
    ) -> Result<Written<Organization>, OrganizationError> {
        if !self.access.crosses(principal, PLATFORM).await? {
            return Err(OrganizationError::Forbidden);
        }
        let now = self.clock.now();
        let made = transact::<_, OrganizationError, _>(&*self.store, |mut tx| {
            Box::pin(async move { make_tenant(&mut tx, actor, new, now).await })
        })
        .await?
        .organization;
        let revision = made.policy_revision;
        self.policies.observe(made.id, revision);
        Ok(Written {
            value: made,
            revision,
        })
    }

    /// Changes an organization. The state of the licence is the platform's to
    /// change; RootOrg does not change.
    pub async fn update(
        &self,
        actor: &Actor,
        principal: &Principal,
        id: OrganizationId,
        changes: &OrganizationChanges,
    ) -> Result<Written<Organization>, OrganizationError> {
        self.demand_reach(principal, id).await?;
        let decides_licence = self.access.crosses(principal, PLATFORM).await?;
        let now = self.clock.now();
        let written = transact::<_, OrganizationError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let before = tx.organizations().lock(id).await?;
                let before = before.ok_or(OrganizationError::NotFound)?;
                let after = changes.applied_to(&before);
                if after.license_status != before.license_status && !decides_licence {
                    return Err(OrganizationError::Forbidden);
                }
                write(&mut tx, actor, "organization.updated", &before, after, now).await
            })
        })
        .await?;
        self.policies.observe(id, written.revision);
        Ok(written)
    }

    /// Suspends an organization: its users are refused from their next request
    /// on. Nothing is removed; suspending it twice is suspending it once.
    pub async fn deactivate(
        &self,
        actor: &Actor,
        principal: &Principal,
        id: OrganizationId,
    ) -> Result<Written<Organization>, OrganizationError> {
        self.demand_reach(principal, id).await?;
        let now = self.clock.now();
        let written = transact::<_, OrganizationError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let before = tx.organizations().lock(id).await?;
                let before = before.ok_or(OrganizationError::NotFound)?;
                if before.is_root() {
                    return Err(OrganizationError::Protected);
                }
                let mut after = before.clone();
                after.license_status = LicenseStatus::Suspended;
                write(
                    &mut tx,
                    actor,
                    "organization.deactivated",
                    &before,
                    after,
                    now,
                )
                .await
            })
        })
        .await?;
        self.policies.observe(id, written.revision);
        Ok(written)
    }

    async fn demand_reach(
        &self,
        principal: &Principal,
        id: OrganizationId,
    ) -> Result<(), OrganizationError> {
        match self.access.reach(principal, id, PLATFORM).await? {
            Reach::Own | Reach::Crossing => Ok(()),
            Reach::Denied => Err(OrganizationError::Forbidden),
        }
    }
}

/// Writes a changed organization with its audit row and event; a change of the
/// licence, which decisions depend on, raises the policy revision. No change
/// writes nothing.
async fn write(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    action: &'static str,
    before: &Organization,
    mut after: Organization,
    now: Timestamp,
) -> Result<Written<Organization>, OrganizationError> {
    if after == *before {
        return Ok(Written {
            revision: after.policy_revision,
            value: after,
        });
    }
    if before.is_root() {
        return Err(OrganizationError::Protected);
    }
    if after.license_status != before.license_status {
        after.policy_revision = tx.roles().bump_policy_revision(after.id).await?;
    }
    after.updated_at = now;
    tx.organizations().update(&after).await?;
    record(tx, actor, action, Some(audited(before)), &after, now).await?;
    Ok(Written {
        revision: after.policy_revision,
        value: after,
    })
}

/// A tenant just made.
pub(crate) struct Tenant {
    /// The organization.
    pub(crate) organization: Organization,
    /// Its admin role, which nobody holds yet.
    pub(crate) admin_role: RoleId,
}

/// Makes a tenant with its system roles, audit row and event.
pub(crate) async fn make_tenant(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    new: &NewTenant,
    now: Timestamp,
) -> Result<Tenant, OrganizationError> {
    let row = NewOrganization {
        name: new.name.clone(),
        license_status: new.license_status,
        created_at: now,
    };
    let mut organization = tx.organizations().insert(&row).await?;
    organization.policy_revision = tx.roles().bump_policy_revision(organization.id).await?;
    if new.sign_up != SignUpPolicy::default() {
        organization.sign_up = new.sign_up.clone();
        tx.organizations().update(&organization).await?;
    }
    let admin_role = ensure_system_roles(tx, &organization, now).await?.id;
    record(tx, actor, "organization.created", None, &organization, now).await?;
    Ok(Tenant {
        organization,
        admin_role,
    })
}

/// Makes a user the owner of an organization that has none.
pub(crate) async fn set_first_owner(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    organization: &Organization,
    owner: UserId,
    now: Timestamp,
) -> Result<(), PortError> {
    if organization.owner_id.is_some() {
        return Ok(());
    }
    tx.organizations().set_owner(organization.id, owner).await?;
    let mut after = organization.clone();
    after.owner_id = Some(owner);
    let before = Some(audited(organization));
    record(tx, actor, "organization.updated", before, &after, now).await
}

async fn record(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    action: &'static str,
    before: Option<Fields>,
    after: &Organization,
    now: Timestamp,
) -> Result<(), PortError> {
    let entry = AuditEntry {
        organization_id: after.id,
        action,
        description: None,
        table: "organizations",
        row_id: after.id.get(),
        before,
        after: Some(audited(after)),
        at: now,
    };
    tx.audit().append(actor, &entry).await?;
    let event = Event {
        exchange: Exchange::Audit,
        event_type: action,
        aggregate: Aggregate::Organization(after.id),
        organization_id: after.id,
        at: now,
        payload: Fields::new()
            .with("actor_id", actor.user_id())
            .with("organization_id", after.id)
            .with("license_status", after.license_status),
    };
    tx.outbox().append(actor, &event).await?;
    Ok(())
}
