//! Organizations: which a caller sees, makes, changes and closes.

use auth_application::Written;
use auth_application::organizations::{
    NewTenant, OrganizationChanges, OrganizationError, SignUpChanges,
};
use auth_domain::caller::Caller;
use auth_domain::ids::OrganizationId;
use auth_domain::organizations::{LicenseStatus, Organization, SignUpPolicy};
use auth_domain::page::PageRequest;
use auth_domain::rbac::{Permission, PolicyEngine as _, SystemRole};
use auth_domain::store::Store as _;
use auth_domain::text::OrganizationName;
use auth_domain::users::EmailDomain;
use serde_json::json;

use crate::acme::{Acme, origin, refused};

impl Acme {
    async fn organizations(&self, by: &Caller) -> Result<Vec<OrganizationId>, OrganizationError> {
        let right = self.right(by).await?;
        let page = PageRequest::first();
        let page = self.app.organizations.list(&right, &page).await?;
        Ok(page.items.iter().map(|found| found.id).collect())
    }

    async fn see(
        &self,
        by: &Caller,
        id: OrganizationId,
    ) -> Result<Organization, OrganizationError> {
        let right = self.right(by).await?;
        self.app.organizations.get(&right, id).await
    }

    async fn found(
        &self,
        by: &Caller,
        new: &NewTenant,
    ) -> Result<Written<Organization>, OrganizationError> {
        let right = self.right(by).await?;
        self.app.organizations.create(&right, new).await
    }

    async fn change(
        &self,
        by: &Caller,
        id: OrganizationId,
        changes: &OrganizationChanges,
    ) -> Result<Written<Organization>, OrganizationError> {
        let right = self.right(by).await?;
        self.app.organizations.update(&right, id, changes).await
    }

    async fn close(
        &self,
        by: &Caller,
        id: OrganizationId,
    ) -> Result<Written<Organization>, OrganizationError> {
        let right = self.right(by).await?;
        self.app.organizations.deactivate(&right, id).await
    }
}

fn tenant(name: &str) -> NewTenant {
    NewTenant {
        name: OrganizationName::parse(name).unwrap(),
        license_status: LicenseStatus::Active,
        sign_up: SignUpPolicy::default(),
    }
}

fn to_name(name: &str) -> OrganizationChanges {
    OrganizationChanges {
        name: Some(OrganizationName::parse(name).unwrap()),
        ..OrganizationChanges::default()
    }
}

fn to_licence(status: LicenseStatus) -> OrganizationChanges {
    OrganizationChanges {
        license_status: Some(status),
        ..OrganizationChanges::default()
    }
}

fn domains(names: &[&str]) -> Vec<EmailDomain> {
    let parsed = names.iter().map(|name| EmailDomain::parse(name).unwrap());
    parsed.collect()
}

fn nowhere() -> OrganizationId {
    OrganizationId::new(4_711).unwrap()
}

#[tokio::test]
async fn a_tenant_sees_itself_and_the_platform_sees_all() {
    let acme = Acme::new().await;
    let (boss, root) = (acme.caller("boss").await, acme.caller("root").await);
    assert_eq!(acme.organizations(&boss).await.unwrap(), [acme.id]);
    let all = acme.organizations(&root).await.unwrap();
    assert_eq!(all, [OrganizationId::DEFAULT, acme.root, acme.id]);
    let clerk = acme.official("clerk", &[Permission::OrgRead]).await;
    assert_eq!(acme.organizations(&clerk).await.unwrap(), [acme.root]);
    let guest = acme.holder("guest", &[]).await;
    refused(&acme.organizations(&guest).await, "forbidden");
}

#[tokio::test]
async fn an_organization_is_shown_to_its_own_users_and_to_the_platform() {
    let acme = Acme::new().await;
    let (boss, root) = (acme.caller("boss").await, acme.caller("root").await);
    for caller in [&boss, &root] {
        let seen = acme.see(caller, acme.id).await.unwrap();
        assert_eq!(seen, acme.organization(acme.id).await);
        assert_eq!(seen.name.as_str(), "Acme");
    }
    for foreign in [acme.root, nowhere()] {
        refused(&acme.see(&boss, foreign).await, "forbidden");
    }
    let absent = acme.see(&root, nowhere()).await;
    refused(&absent, "organization_not_found");
}

#[tokio::test]
async fn a_new_tenant_has_its_system_roles_and_its_sign_up_policy() {
    let acme = Acme::new().await;
    let root = acme.caller("root").await;
    let new = NewTenant {
        license_status: LicenseStatus::Expired,
        sign_up: SignUpPolicy {
            self_registration: true,
            sso_provisioning: false,
            allowed_email_domains: domains(&["example.com"]),
        },
        ..tenant("New")
    };
    let made = acme.found(&root, &new).await.unwrap();
    let id = made.value.id;
    assert_eq!(acme.organization(id).await, made.value);
    assert_eq!(made.value.policy_revision, made.revision);
    assert_eq!(made.value.sign_up, new.sign_up);
    assert_eq!(made.value.license_status, LicenseStatus::Expired);
    for (role, permissions) in [(SystemRole::OrganizationAdmin, 41), (SystemRole::Member, 4)] {
        let role = acme.system_role(id, role).await;
        let found = acme.store.read().roles().find_with_grants(id, role).await;
        assert_eq!(found.unwrap().unwrap().grants.len(), permissions);
    }
    let policy = acme.policies.snapshot(id, None).await.unwrap();
    assert_eq!(policy.revision(), made.revision);
}

#[tokio::test]
async fn a_new_tenant_is_audited_and_told() {
    let acme = Acme::new().await;
    let root = acme.caller("root").await;
    let made = acme.found(&root, &tenant("New")).await.unwrap();
    let (id, by) = (made.value.id, root.user_id());
    let [audit, event] = acme.last_words().await;
    let after = r#"{"allowed_email_domains":[],"license_status":"active","organization_name":"New","owner_id":null,"self_registration":false,"sso_provisioning":false}"#;
    let action = "organization.created";
    let expected = format!("{action}|organizations|{id}|{by}|crossed|NULL|{after}");
    assert_eq!(audit, expected);
    let expected = format!("audit.events|{action}|organization|{id}|{by}");
    assert_eq!(event, expected);
    let expected = json!({"actor_id": by, "organization_id": id, "license_status": "active"});
    assert_eq!(acme.payload(action).await, expected);
}

#[tokio::test]
async fn only_the_platform_makes_tenants() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let clerk = acme.official("clerk", &[Permission::OrgCreate]).await;
    let before = acme.trace().await;
    for caller in [&boss, &clerk] {
        refused(&acme.found(caller, &tenant("New")).await, "forbidden");
    }
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_name_of_another_organization_is_taken() {
    let acme = Acme::new().await;
    let (boss, root) = (acme.caller("boss").await, acme.caller("root").await);
    let before = acme.trace().await;
    let made = acme.found(&root, &tenant("ACME")).await;
    refused(&made, "organization_exists");
    let changed = acme.change(&boss, acme.id, &to_name("rootorg")).await;
    refused(&changed, "organization_exists");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_changed_organization_is_audited_and_told_and_no_matter_of_policy() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let before = acme.organization(acme.id).await;
    acme.clock.advance(std::time::Duration::from_secs(5));
    let changes = OrganizationChanges {
        sign_up: SignUpChanges {
            self_registration: Some(true),
            sso_provisioning: Some(true),
            allowed_email_domains: Some(domains(&["example.com", "example.org"])),
        },
        ..to_name("Acme & Co")
    };
    let written = acme.change(&boss, acme.id, &changes).await.unwrap();
    let after = acme.organization(acme.id).await;
    assert_eq!(written.value, after);
    assert_eq!(written.revision, before.policy_revision);
    assert_eq!(after.name.as_str(), "Acme & Co");
    assert!(after.sign_up.self_registration && after.sign_up.sso_provisioning);
    assert_eq!(after.sign_up.allowed_email_domains.len(), 2);
    assert!(after.updated_at > before.updated_at);
    let [audit, event] = acme.last_words().await;
    let (id, by) = (acme.id, boss.user_id());
    let start = format!("organization.updated|organizations|{id}|{by}|own|");
    assert!(audit.starts_with(&start), "{audit}");
    assert!(audit.contains(r#""organization_name":"Acme""#), "{audit}");
    assert!(
        audit.contains(r#""organization_name":"Acme & Co""#),
        "{audit}"
    );
    let expected = format!("audit.events|organization.updated|organization|{id}|{by}");
    assert_eq!(event, expected);
}

#[tokio::test]
async fn a_change_of_an_organization_that_changes_nothing_writes_nothing() {
    let acme = Acme::new().await;
    let (boss, root) = (acme.caller("boss").await, acme.caller("root").await);
    let before = acme.trace().await;
    let same = OrganizationChanges {
        license_status: Some(LicenseStatus::Active),
        sign_up: SignUpChanges {
            self_registration: Some(false),
            sso_provisioning: Some(false),
            allowed_email_domains: Some(vec![]),
        },
        ..to_name("Acme")
    };
    for changes in [OrganizationChanges::default(), same] {
        let written = acme.change(&boss, acme.id, &changes).await.unwrap();
        assert_eq!(written.value, acme.organization(acme.id).await);
        assert_eq!(written.revision, written.value.policy_revision);
    }
    let nothing = OrganizationChanges::default();
    acme.change(&root, acme.root, &nothing).await.unwrap();
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn the_licence_is_the_platforms_to_change() {
    let acme = Acme::new().await;
    let boss = acme.caller("boss").await;
    let expired = to_licence(LicenseStatus::Expired);
    let before = acme.trace().await;
    refused(&acme.change(&boss, acme.id, &expired).await, "forbidden");
    assert_eq!(acme.trace().await, before);
    let held = [
        Permission::OrgUpdate,
        Permission::PlatformOrganizationsManage,
    ];
    let official = acme.official("official", &held).await;
    let before = acme.organization(acme.id).await.policy_revision;
    let written = acme.change(&official, acme.id, &expired).await.unwrap();
    assert_eq!(written.value.license_status, LicenseStatus::Expired);
    assert_eq!(written.revision.get(), before.get() + 1);
    assert_eq!(written.value.policy_revision, written.revision);
    let policy = acme.policies.snapshot(acme.id, None).await.unwrap();
    assert_eq!(policy.revision(), written.revision);
}

#[tokio::test]
async fn rootorg_is_neither_changed_nor_closed() {
    let acme = Acme::new().await;
    let root = acme.caller("root").await;
    let before = acme.trace().await;
    let open = OrganizationChanges {
        sign_up: SignUpChanges {
            self_registration: Some(true),
            ..SignUpChanges::default()
        },
        ..OrganizationChanges::default()
    };
    for changes in [to_name("Top"), to_licence(LicenseStatus::Expired), open] {
        let changed = acme.change(&root, acme.root, &changes).await;
        refused(&changed, "protected_organization");
    }
    let closed = acme.close(&root, acme.root).await;
    refused(&closed, "protected_organization");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn an_admin_closes_its_organization_and_only_the_platform_opens_it_again() {
    let acme = Acme::new().await;
    let (boss, root) = (acme.caller("boss").await, acme.caller("root").await);
    let token = acme.login("boss").await.unwrap().tokens.access_token;
    let gate = &acme.app.gate;
    gate.authenticate(token.expose(), origin()).await.unwrap();
    let closed = acme.close(&boss, acme.id).await.unwrap();
    assert_eq!(closed.value.license_status, LicenseStatus::Suspended);
    assert_eq!(acme.organization(acme.id).await, closed.value);
    let entered = gate.authenticate(token.expose(), origin()).await;
    refused(&entered, "organization_suspended");
    refused(&acme.login("boss").await, "organization_suspended");
    let policy = acme.policies.snapshot(acme.id, None).await.unwrap();
    assert_eq!(policy.revision(), closed.revision);
    assert!(!policy.check(acme.boss, "org.read"));

    let active = to_licence(LicenseStatus::Active);
    let opened = acme.change(&root, acme.id, &active).await.unwrap();
    assert_eq!(opened.revision.get(), closed.revision.get() + 1);
    acme.login("boss").await.unwrap();
}

#[tokio::test]
async fn a_closed_organization_is_told_once() {
    let acme = Acme::new().await;
    let (boss, root) = (acme.caller("boss").await, acme.caller("root").await);
    let closed = acme.close(&boss, acme.id).await.unwrap();
    let [_, event] = acme.last_words().await;
    let (id, by) = (acme.id, boss.user_id());
    let action = "organization.deactivated";
    assert_eq!(
        event,
        format!("audit.events|{action}|organization|{id}|{by}")
    );
    let expected = json!({"actor_id": by, "organization_id": id, "license_status": "suspended"});
    assert_eq!(acme.payload(action).await, expected);
    let before = acme.trace().await;
    let again = acme.close(&root, acme.id).await.unwrap();
    assert_eq!(again, closed);
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn another_tenant_is_neither_changed_nor_closed() {
    let acme = Acme::new().await;
    let other = acme.tenant("Other", "eva").await.organization_id;
    let boss = acme.caller("boss").await;
    let before = acme.trace().await;
    for foreign in [other, nowhere()] {
        let changed = acme.change(&boss, foreign, &to_name("Mine")).await;
        refused(&changed, "forbidden");
        refused(&acme.close(&boss, foreign).await, "forbidden");
    }
    assert_eq!(acme.trace().await, before);
}
