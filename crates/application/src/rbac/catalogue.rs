//! The permission catalogue, which is the platform's.

use auth_domain::actor::Actor;
use auth_domain::clock::Timestamp;
use auth_domain::error::PortError;
use auth_domain::events::Aggregate;
use auth_domain::fields::Fields;
use auth_domain::ids::OrganizationId;
use auth_domain::page::{Page, PageRequest};
use auth_domain::rbac::{CatalogueEntry, NewPermission, PermissionName, SystemRole};
use auth_domain::text::PermissionDescription;

use super::record::{Change, record};
use super::roles::{PLATFORM, lock};
use super::{Acting, RoleError, RoleService};
use crate::organizations::Written;
use crate::{Tx, transact};

impl RoleService {
    /// The catalogue: what the service itself asks for, and what the platform
    /// added for others to ask about.
    pub async fn list_permissions(
        &self,
        page: &PageRequest,
    ) -> Result<Page<CatalogueEntry>, RoleError> {
        Ok(self.store.read().roles().list_permissions(page).await?)
    }

    /// Adds a permission: the platform's to do. `super_admin`, which has every
    /// permission, has it from the start, so that somebody holds it and can
    /// grant it in RootOrg.
    pub async fn create_permission(
        &self,
        acting: Acting<'_>,
        name: &PermissionName,
        description: Option<&PermissionDescription>,
    ) -> Result<Written<CatalogueEntry>, RoleError> {
        let principal = acting.principal;
        if !self.access.crosses(principal, PLATFORM).await? {
            return Err(RoleError::Forbidden);
        }
        let root = principal.account.organization_id;
        let now = self.clock.now();
        let written = transact::<_, RoleError, _>(&*self.store, |mut tx| {
            let new = NewPermission {
                name: name.clone(),
                description: description.cloned(),
                created_at: now,
            };
            Box::pin(async move {
                lock(&mut tx, root).await?;
                let revision = tx.roles().bump_policy_revision(root).await?;
                let value = insert(&mut tx, acting.actor, root, new).await?;
                give_to_superusers(&mut tx, root, &value, now).await?;
                Ok(Written { value, revision })
            })
        })
        .await?;
        self.policies.observe(root, written.revision);
        Ok(written)
    }
}

async fn insert(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    root: OrganizationId,
    new: NewPermission,
) -> Result<CatalogueEntry, RoleError> {
    let id = tx.roles().insert_permission(&new).await?;
    let entry = CatalogueEntry {
        id,
        name: new.name,
        description: new.description,
        created_at: new.created_at,
    };
    let change = Change {
        organization: root,
        action: "permission.created",
        to: Aggregate::Permission(id),
        before: None,
        after: Some(
            Fields::new()
                .with("permission_name", entry.name.clone())
                .with("permission_description", entry.description.clone()),
        ),
        facts: Fields::new()
            .with("permission_id", id)
            .with("permission_name", entry.name.clone()),
        at: entry.created_at,
    };
    record(tx, actor, change).await?;
    Ok(entry)
}

async fn give_to_superusers(
    tx: &mut Tx<'_, '_>,
    root: OrganizationId,
    entry: &CatalogueEntry,
    now: Timestamp,
) -> Result<(), RoleError> {
    let role = tx.roles().find_system(root, SystemRole::SuperAdmin).await?;
    let role = role.ok_or_else(|| PortError::corrupt("the role super_admin is missing"))?;
    tx.roles()
        .grant_permission(root, role.id, entry.id, now)
        .await?;
    Ok(())
}
