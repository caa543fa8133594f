//! The first users: of the platform, and of each tenant.

use std::sync::Arc;

use auth_application::Application;
use auth_application::access::Operator;
use auth_application::bootstrap::{BootstrapError, BootstrapRequest, Bootstrapped, Superuser};
use auth_domain::organizations::{LicenseStatus, Organization, OrganizationScope};
use auth_domain::page::PageRequest;
use auth_domain::rbac::{PolicyEngine as _, SystemRole};
use auth_domain::store::Store as _;
use auth_domain::text::OrganizationName;
use auth_sql::SqlStore;
use serde_json::json;

use crate::acme::{Acme, origin, refused};
use crate::ground::Ground;
use crate::parts::{self, COMMON};
use crate::staff::{account, account_at};

/// A platform as the migrations left it.
struct Pristine {
    ground: Ground,
    app: Application,
}

impl Pristine {
    async fn new() -> Self {
        let ground = Ground::new().await;
        let app = Application::new(ground.ports(), parts::options());
        Self { ground, app }
    }

    fn store(&self) -> &Arc<SqlStore> {
        &self.ground.store
    }

    async fn bootstrap(&self, name: &str, admin: &str) -> Result<Bootstrapped, BootstrapError> {
        let operator = Operator::bootstrap(&origin());
        let request = request(name, admin);
        self.app.bootstrap.bootstrap(&operator, &request).await
    }

    async fn superuser(&self, name: &str) -> Superuser {
        let operator = Operator::console("superuser create");
        let account = account(name);
        let made = self.app.bootstrap.create_superuser(&operator, &account);
        made.await.unwrap()
    }

    async fn organizations(&self) -> Vec<Organization> {
        let organizations = self.store().read().organizations();
        let page = PageRequest::first();
        let all = organizations.list(OrganizationScope::All, &page).await;
        all.unwrap().items
    }

    async fn root(&self) -> Organization {
        self.store()
            .read()
            .organizations()
            .find_root()
            .await
            .unwrap()
    }
}

fn request(name: &str, admin: &str) -> BootstrapRequest {
    BootstrapRequest {
        name: OrganizationName::parse(name).unwrap(),
        license_status: LicenseStatus::Expired,
        admin: account(admin),
    }
}

#[tokio::test]
async fn the_first_bootstrap_makes_the_superuser_of_rootorg() {
    let pristine = Pristine::new().await;
    let made = pristine.bootstrap("Ignored", "root").await.unwrap();
    let root = pristine.root().await;
    assert_eq!(made.organization_id, root.id);
    assert_eq!(made.organization_name, root.name);
    assert_eq!(made.revision, root.policy_revision);
    let role = pristine.store().read().roles();
    let role = role.find_system(root.id, SystemRole::SuperAdmin).await;
    assert_eq!(role.unwrap().unwrap().id, made.role_id);
    assert_eq!(
        pristine.organizations().await.len(),
        2,
        "the name is ignored"
    );
    let policies = &pristine.ground.policies;
    let policy = policies.snapshot(root.id, None).await.unwrap();
    assert_eq!(policy.permissions_of(made.user_id).len(), 47);
}

#[tokio::test]
async fn every_other_bootstrap_makes_a_tenant_with_its_admin_and_owner() {
    let pristine = Pristine::new().await;
    pristine.bootstrap("Ignored", "root").await.unwrap();
    let made = pristine.bootstrap("Acme", "boss").await.unwrap();
    let acme = pristine.organizations().await.remove(2);
    assert_eq!(acme.id, made.organization_id);
    assert_eq!(acme.name.as_str(), "Acme");
    assert_eq!(made.organization_name, acme.name);
    assert_eq!(acme.license_status, LicenseStatus::Expired);
    assert_eq!(acme.owner_id, Some(made.user_id));
    assert_eq!(made.revision, acme.policy_revision);
    let policies = &pristine.ground.policies;
    let policy = policies.snapshot(acme.id, None).await.unwrap();
    assert_eq!(policy.roles_of(made.user_id), [made.role_id]);
    assert_eq!(policy.permissions_of(made.user_id).len(), 41);
}

#[tokio::test]
async fn of_two_bootstraps_at_once_one_makes_the_superuser() {
    let pristine = Pristine::new().await;
    let (one, two) = tokio::join!(
        pristine.bootstrap("One", "one"),
        pristine.bootstrap("Two", "two"),
    );
    let root = pristine.root().await.id;
    let organizations = [one.unwrap(), two.unwrap()].map(|made| made.organization_id);
    let of_root = organizations.iter().filter(|id| **id == root).count();
    assert_eq!(of_root, 1);
    assert_eq!(pristine.organizations().await.len(), 3);
}

#[tokio::test]
async fn a_superuser_of_the_command_line_closes_the_platform_path_for_good() {
    let pristine = Pristine::new().await;
    let Superuser::Created(made) = pristine.superuser("root").await else {
        unreachable!("the platform was pristine");
    };
    assert_eq!(made.organization_id, pristine.root().await.id);
    // Even where that user holds the role no more.
    pristine.ground.execute("DELETE FROM user_roles").await;
    let tenant = pristine.bootstrap("Acme", "boss").await.unwrap();
    assert_ne!(tenant.organization_id, made.organization_id);
}

#[tokio::test]
async fn a_second_superuser_is_not_made_and_the_first_is_named() {
    let pristine = Pristine::new().await;
    let Superuser::Created(made) = pristine.superuser("root").await else {
        unreachable!("the platform was pristine");
    };
    let users = "SELECT count(*) FROM users";
    let Superuser::Exists(found) = pristine.superuser("other").await else {
        unreachable!("there is one");
    };
    assert_eq!(pristine.ground.look(users).await, ["1"]);
    assert_eq!((found.user_id, found.role_id), (made.user_id, made.role_id));
    assert_eq!(found.organization_id, made.organization_id);
    assert_eq!(found.revision, pristine.root().await.policy_revision);
    assert!(found.revision > made.revision);
}

#[tokio::test]
async fn asking_for_a_superuser_again_gives_the_role_what_it_lacks() {
    let pristine = Pristine::new().await;
    let Superuser::Created(made) = pristine.superuser("root").await else {
        unreachable!("the platform was pristine");
    };
    let lost = format!(
        "DELETE FROM role_permissions WHERE role_id = {}",
        made.role_id
    );
    pristine.ground.execute(&lost).await;
    pristine.superuser("root").await;
    let policies = &pristine.ground.policies;
    let policy = policies.snapshot(made.organization_id, None).await;
    assert_eq!(policy.unwrap().permissions_of(made.user_id).len(), 47);
}

#[tokio::test]
async fn a_superuser_of_the_command_line_is_audited_under_the_command() {
    let pristine = Pristine::new().await;
    pristine.superuser("root").await;
    let audited = "SELECT action_type, actor_kind, actor_name FROM audit_logs";
    assert_eq!(
        pristine.ground.look(audited).await,
        ["user.created|system|superuser create"]
    );
}

#[tokio::test]
async fn a_bootstrapped_tenant_is_audited_and_told() {
    let pristine = Pristine::new().await;
    pristine.bootstrap("Ignored", "root").await.unwrap();
    let made = pristine.bootstrap("Acme", "boss").await.unwrap();
    let id = made.organization_id;
    let told = format!(
        "SELECT event_type, aggregate_kind FROM outbox_events \
         WHERE organization_id = {id} ORDER BY position"
    );
    assert_eq!(
        pristine.ground.look(&told).await,
        ["organization.created|organization", "user.created|user"]
    );
    let audited = format!(
        "SELECT action_type, actor_kind FROM audit_logs \
         WHERE organization_id = {id} ORDER BY log_id"
    );
    assert_eq!(
        pristine.ground.look(&audited).await,
        ["organization.created|bootstrap", "user.created|bootstrap"]
    );
    let payload = "SELECT payload FROM outbox_events ORDER BY position DESC LIMIT 1";
    let payload = pristine.ground.look(payload).await.remove(0);
    let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
    let expected = json!({"actor_id": null, "organization_id": id, "user_id": made.user_id});
    assert_eq!(payload, expected);
}

#[tokio::test]
async fn a_bootstrap_under_a_taken_name_leaves_nothing() {
    let acme = Acme::new().await;
    let operator = Operator::bootstrap(&origin());
    let before = acme.trace().await;
    let service = &acme.app.bootstrap;
    for (name, admin, code) in [
        ("ACME", "ana", "organization_exists"),
        ("New", "BOSS", "username_already_exists"),
    ] {
        let made = service.bootstrap(&operator, &request(name, admin)).await;
        refused(&made, code);
    }
    let mut taken = request("New", "ana");
    taken.admin = account_at("ana", "boss@example.com", "correct horse battery");
    let made = service.bootstrap(&operator, &taken).await;
    refused(&made, "email_already_exists");
    taken.admin = account_at("ana", "ana@example.com", COMMON);
    let made = service.bootstrap(&operator, &taken).await;
    refused(&made, "password_too_common");
    let made = service.create_superuser(&operator, &taken.admin).await;
    refused(&made, "password_too_common");
    assert_eq!(acme.trace().await, before);
}
