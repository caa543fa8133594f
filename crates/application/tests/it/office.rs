//! Acme with the service of roles.

use std::sync::Arc;

use auth_application::error::UseCaseError as _;
use auth_application::rbac::{Acting, RoleChanges, RoleDraft, RoleError, RoleService};
use auth_domain::ids::{OrganizationId, PermissionId, RoleId, UserId};
use auth_domain::page::PageRequest;
use auth_domain::rbac::{Permission, PermissionName, PolicyRevision, RoleWithPermissions};
use auth_domain::store::Store as _;
use auth_domain::text::RoleName;

use crate::acme::{Acme, Caller};

pub(crate) struct Office {
    pub(crate) acme: Acme,
    pub(crate) roles: RoleService,
}

/// The caller in its own organization.
pub(crate) fn at_home(caller: &Caller) -> Acting<'_> {
    Acting {
        actor: &caller.actor,
        principal: &caller.principal,
        organization: None,
    }
}

/// The caller in the organization that it names.
pub(crate) fn at(caller: &Caller, organization: OrganizationId) -> Acting<'_> {
    Acting {
        organization: Some(organization),
        ..at_home(caller)
    }
}

pub(crate) fn draft(name: &str) -> RoleDraft {
    RoleDraft {
        name: RoleName::parse(name).unwrap(),
        description: None,
    }
}

pub(crate) fn renamed(name: &str) -> RoleChanges {
    RoleChanges {
        name: Some(RoleName::parse(name).unwrap()),
        ..RoleChanges::default()
    }
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(outcome: &Result<T, RoleError>, code: &str) {
    assert_eq!(outcome.as_ref().unwrap_err().code(), code, "{outcome:?}");
}

impl Office {
    pub(crate) async fn new() -> Self {
        let acme = Acme::new().await;
        let roles = RoleService::new(
            Arc::clone(&acme.store) as _,
            Arc::clone(&acme.policies),
            Arc::clone(&acme.clock) as _,
        );
        Self { acme, roles }
    }

    pub(crate) async fn boss(&self) -> Caller {
        self.acme.caller("boss").await
    }

    pub(crate) async fn root(&self) -> Caller {
        self.acme.caller("root").await
    }

    /// Somebody of RootOrg who holds exactly those permissions.
    pub(crate) async fn official(&self, name: &str, permissions: &[Permission]) -> Caller {
        let root = self.acme.root;
        let role = self.acme.role(root, name, permissions).await;
        self.acme.user(root, name, &[role]).await;
        self.acme.caller(name).await
    }

    /// The id of a permission of the catalogue.
    pub(crate) async fn id_of(&self, name: &str) -> PermissionId {
        let queries = self.acme.store.read().roles();
        let page = queries
            .list_permissions(&PageRequest::first())
            .await
            .unwrap();
        let found = page.items.iter().find(|entry| entry.name.as_str() == name);
        found.unwrap().id
    }

    /// A permission that the platform added.
    pub(crate) async fn added(&self, name: &str) -> PermissionId {
        let root = self.root().await;
        let name = PermissionName::parse(name).unwrap();
        let made = self
            .roles
            .create_permission(at_home(&root), &name, None)
            .await;
        made.unwrap().value.id
    }

    pub(crate) async fn grant(
        &self,
        acting: Acting<'_>,
        role: RoleId,
        permission: Permission,
    ) -> Result<PolicyRevision, RoleError> {
        let id = self.id_of(permission.name()).await;
        self.roles.grant(acting, role, id).await
    }

    /// A role as it is stored.
    pub(crate) async fn stored(
        &self,
        of: OrganizationId,
        role: RoleId,
    ) -> Option<RoleWithPermissions> {
        self.acme.store.read().roles().find(of, role).await.unwrap()
    }

    pub(crate) async fn held(&self, user: UserId) -> Vec<RoleId> {
        let queries = self.acme.store.read().roles();
        queries.roles_of_user(self.acme.id, user).await.unwrap()
    }

    /// What decisions say now.
    pub(crate) async fn may(&self, user: UserId, permission: &str) -> bool {
        let policy = self.acme.policies.snapshot(self.acme.id, None).await;
        policy.unwrap().check(user, permission)
    }

    /// The last audit row and the last event, as text.
    pub(crate) async fn last_words(&self) -> [String; 2] {
        let audit = "SELECT action_type, affected_table, affected_row_id, actor_user_id, \
             CASE WHEN crossed THEN 'crossed' ELSE 'own' END, previous_data, new_data \
             FROM audit_logs ORDER BY log_id DESC LIMIT 1";
        let event = "SELECT exchange, event_type, aggregate_kind, aggregate_id, actor_id \
             FROM outbox_events ORDER BY position DESC LIMIT 1";
        let audit = self.acme.look(audit).await.remove(0);
        [audit, self.acme.look(event).await.remove(0)]
    }
}
