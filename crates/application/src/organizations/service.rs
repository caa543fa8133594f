use std::sync::Arc;

use auth_domain::error::PortError;
use auth_domain::events::{
    DomainEvent, OrganizationCreated, OrganizationDeactivated, OrganizationUpdated,
};
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::{
    LicenseStatus, NewOrganization, Organization, OrganizationScope, SignUpPolicy,
};
use auth_domain::page::{OrganizationKey, Page, PageRequest};
use auth_domain::store::Store;

use super::changes::audited;
use super::{NewTenant, OrganizationChanges, OrganizationError};
use crate::access::perm::{OnPlatform, OrgCreate, OrgDelete, OrgRead, OrgUpdate};
use crate::access::{Access, AccessError, Granted, Named};
use crate::rbac::ensure_system_roles;
use crate::{Authorized, Change, Tx, Writer, Written};

/// Makes, shows, changes and closes organizations.
pub struct OrganizationService {
    store: Arc<dyn Store>,
    access: Access,
    writer: Writer,
}

impl OrganizationService {
    /// A service over its ports.
    pub fn new(store: Arc<dyn Store>, access: Access, writer: Writer) -> Self {
        Self {
            store,
            access,
            writer,
        }
    }

    /// The organizations that the caller sees: its own, or all.
    pub async fn list(
        &self,
        caller: &Granted<OrgRead>,
        page: &PageRequest<OrganizationKey>,
    ) -> Result<Page<Organization, OrganizationKey>, OrganizationError> {
        let scope = if self.access.crosses(caller).await? {
            OrganizationScope::All
        } else {
            OrganizationScope::Only(caller.organization_id())
        };
        Ok(self.store.read().organizations().list(scope, page).await?)
    }

    /// One organization.
    pub async fn get(
        &self,
        caller: &Granted<OrgRead>,
        id: OrganizationId,
    ) -> Result<Organization, OrganizationError> {
        let id = self.access.reach(caller, Named::InPath(id)).await?;
        let found = self.store.read().organizations().find(id).await?;
        found.ok_or(OrganizationError::NotFound)
    }

    /// Makes a tenant with its system roles: the platform's to do.
    pub async fn create(
        &self,
        caller: &Granted<OnPlatform<OrgCreate>>,
        new: &NewTenant,
    ) -> Result<Written<Organization>, OrganizationError> {
        let root = caller.organization_id();
        self.writer
            .run_in(caller, root, |mut tx, _authorized| {
                Box::pin(async move {
                    let made = make_tenant(&mut tx, new).await?.organization;
                    Ok(Written {
                        revision: made.policy_revision,
                        value: made,
                    })
                })
            })
            .await
    }

    /// Changes an organization. The state of the licence is the platform's to
    /// change; RootOrg does not change.
    pub async fn update(
        &self,
        caller: &Granted<OrgUpdate>,
        id: OrganizationId,
        changes: &OrganizationChanges,
    ) -> Result<Written<Organization>, OrganizationError> {
        let id = self.access.reach(caller, Named::InPath(id)).await?;
        self.writer
            .run_in(caller, id, |mut tx, authorized| {
                Box::pin(async move {
                    let Authorized {
                        organization: before,
                        authority,
                    } = authorized;
                    let after = changes.applied_to(&before);
                    let licensed = after.license_status != before.license_status;
                    if licensed && !authority.crosses(auth_domain::rbac::Permission::OrgUpdate) {
                        return Err(AccessError::Forbidden.into());
                    }
                    write(&mut tx, &before, after, updated).await
                })
            })
            .await
    }

    /// Suspends an organization: its users are refused from their next request
    /// on. Nothing is removed; suspending it twice is suspending it once.
    pub async fn deactivate(
        &self,
        caller: &Granted<OrgDelete>,
        id: OrganizationId,
    ) -> Result<Written<Organization>, OrganizationError> {
        let id = self.access.reach(caller, Named::InPath(id)).await?;
        self.writer
            .run_in(caller, id, |mut tx, authorized| {
                Box::pin(async move {
                    let before = authorized.organization;
                    if before.is_root() {
                        return Err(OrganizationError::Protected);
                    }
                    let mut after = before.clone();
                    after.license_status = LicenseStatus::Suspended;
                    write(&mut tx, &before, after, deactivated).await
                })
            })
            .await
    }
}

/// Writes a changed organization with its audit row and event; a change of the
/// licence, which decisions depend on, raises the policy revision. No change
/// writes nothing.
async fn write(
    tx: &mut Tx<'_, '_>,
    before: &Organization,
    mut after: Organization,
    told: fn(&Tx<'_, '_>, &Organization) -> Change,
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
        after.policy_revision = tx.raise_policy(after.id).await?.policy_revision;
    }
    after.updated_at = tx.now();
    tx.organizations().update(&after).await?;
    let change = told(tx, &after)
        .before(audited(before))
        .after(audited(&after));
    tx.record(change).await?;
    Ok(Written {
        revision: after.policy_revision,
        value: after,
    })
}

/// A tenant just made.
pub(crate) struct Tenant {
    /// The organization.
    pub(crate) organization: Organization,
    /// Its admin role, which has no holder yet.
    pub(crate) admin_role: RoleId,
}

/// Makes a tenant with its system roles, audit row and event.
pub(crate) async fn make_tenant(
    tx: &mut Tx<'_, '_>,
    new: &NewTenant,
) -> Result<Tenant, OrganizationError> {
    let row = NewOrganization {
        name: new.name.clone(),
        license_status: new.license_status,
        created_at: tx.now(),
    };
    let inserted = tx.organizations().insert(&row).await?;
    let mut organization = tx.raise_policy(inserted.id).await?;
    if new.sign_up != SignUpPolicy::default() {
        organization.sign_up = new.sign_up.clone();
        tx.organizations().update(&organization).await?;
    }
    let admin_role = ensure_system_roles(tx, &organization).await?.id;
    let event = OrganizationCreated {
        actor_id: tx.actor().user_id(),
        organization_id: organization.id,
        license_status: organization.license_status,
    };
    let change = told(&organization, &event).after(audited(&organization));
    tx.record(change).await?;
    Ok(Tenant {
        organization,
        admin_role,
    })
}

/// Makes a user the owner of an organization that has none.
pub(crate) async fn set_first_owner(
    tx: &mut Tx<'_, '_>,
    organization: &Organization,
    owner: UserId,
) -> Result<(), PortError> {
    if organization.owner_id.is_some() {
        return Ok(());
    }
    tx.organizations().set_owner(organization.id, owner).await?;
    let mut after = organization.clone();
    after.owner_id = Some(owner);
    let change = updated(tx, &after)
        .before(audited(organization))
        .after(audited(&after));
    tx.record(change).await
}

fn updated(tx: &Tx<'_, '_>, organization: &Organization) -> Change {
    let event = OrganizationUpdated {
        actor_id: tx.actor().user_id(),
        organization_id: organization.id,
        license_status: organization.license_status,
    };
    told(organization, &event)
}

fn deactivated(tx: &Tx<'_, '_>, organization: &Organization) -> Change {
    let event = OrganizationDeactivated {
        actor_id: tx.actor().user_id(),
        organization_id: organization.id,
        license_status: organization.license_status,
    };
    told(organization, &event)
}

fn told<E: DomainEvent>(organization: &Organization, event: &E) -> Change {
    Change::with_event(organization.id, event)
}
