//! The permission catalogue, which is the platform's.

use auth_domain::error::PortError;
use auth_domain::events::PermissionCreated;
use auth_domain::facts::Facts;
use auth_domain::ids::OrganizationId;
use auth_domain::page::{Page, PageRequest, PermissionKey};
use auth_domain::rbac::{CatalogueEntry, NewPermission, PermissionName, SystemRole};
use auth_domain::text::PermissionDescription;

use super::{RoleError, RoleService};
use crate::access::Granted;
use crate::access::perm::{OnPlatform, PermCreate, PermRead};
use crate::{Change, Tx, Written};

impl RoleService {
    /// The catalogue: what the service itself asks for, and what the platform
    /// added for others to ask about.
    pub async fn list_permissions(
        &self,
        _caller: &Granted<PermRead>,
        page: &PageRequest<PermissionKey>,
    ) -> Result<Page<CatalogueEntry, PermissionKey>, RoleError> {
        Ok(self.store.read().catalogue().list(page).await?)
    }

    /// Adds a permission: the platform's to do. `super_admin`, which has every
    /// permission, has it from the start, so that it has a holder who can
    /// grant it in RootOrg.
    pub async fn create_permission(
        &self,
        caller: &Granted<OnPlatform<PermCreate>>,
        name: &PermissionName,
        description: Option<&PermissionDescription>,
    ) -> Result<Written<CatalogueEntry>, RoleError> {
        let root = caller.organization_id();
        self.writer
            .run_raising(caller, root, |mut tx, authorized| {
                let new = NewPermission {
                    name: name.clone(),
                    description: description.cloned(),
                    created_at: tx.now(),
                };
                Box::pin(async move {
                    let value = insert(&mut tx, root, new).await?;
                    give_to_superusers(&mut tx, root, &value).await?;
                    Ok(Written::at(&authorized.organization, value))
                })
            })
            .await
    }
}

async fn insert(
    tx: &mut Tx<'_, '_>,
    root: OrganizationId,
    new: NewPermission,
) -> Result<CatalogueEntry, RoleError> {
    let id = tx.catalogue().insert(&new).await?;
    let entry = CatalogueEntry {
        id,
        name: new.name,
        description: new.description,
        created_at: new.created_at,
    };
    let event = PermissionCreated {
        actor_id: tx.actor().user_id(),
        organization_id: root,
        permission_id: id,
        permission_name: entry.name.clone(),
    };
    let after = Facts::new()
        .with("permission_name", entry.name.clone())
        .with("permission_description", entry.description.clone());
    tx.record(Change::with_event(root, &event).after(after))
        .await?;
    Ok(entry)
}

async fn give_to_superusers(
    tx: &mut Tx<'_, '_>,
    root: OrganizationId,
    entry: &CatalogueEntry,
) -> Result<(), RoleError> {
    let roles = tx.read().roles();
    let role = roles.find_system(root, SystemRole::SuperAdmin).await?;
    let role = role.ok_or_else(|| PortError::corrupt("the role super_admin is missing"))?;
    let now = tx.now();
    tx.grants().grant(root, role.id, entry.id, now).await?;
    Ok(())
}
