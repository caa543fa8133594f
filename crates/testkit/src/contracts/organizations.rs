//! `OrganizationQueries` and `OrganizationRepo`.

use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::OrganizationId;
use auth_domain::organizations::{
    LicenseStatus, OrganizationKind, OrganizationScope, SignUpPolicy,
};
use auth_domain::page::{ById, PageRequest};
use auth_domain::rbac::{PolicyRevision, SystemRole};
use auth_domain::text::OrganizationName;
use auth_domain::users::EmailDomain;

use super::StoreSubject;
use crate::builders::{self, at};

pub async fn a_migrated_store_has_its_two_organizations_and_is_pristine(s: &dyn StoreSubject) {
    let read = s.store().read().organizations();
    let default = read.find(OrganizationId::DEFAULT).await.unwrap().unwrap();
    assert_eq!(default.name.as_str(), "Default Organization");
    assert_eq!(default.kind, OrganizationKind::Tenant);
    let root = read.find_root().await.unwrap();
    assert_eq!(root.name.as_str(), "RootOrg");
    assert!(root.is_root());
    assert!(read.is_pristine().await.unwrap());
}

pub async fn a_new_organization_is_an_ownerless_closed_tenant_at_revision_1(s: &dyn StoreSubject) {
    let made = s.organization("Acme").await;
    assert_eq!(made.name.as_str(), "Acme");
    assert_eq!(made.kind, OrganizationKind::Tenant);
    assert_eq!(made.owner_id, None);
    assert_eq!(made.license_status, LicenseStatus::Active);
    assert_eq!(made.sign_up, SignUpPolicy::default());
    assert_eq!(made.policy_revision, PolicyRevision::new(1));
    assert_eq!((made.created_at, made.updated_at), (at(0), at(0)));
}

pub async fn a_name_is_unique_by_its_key(s: &dyn StoreSubject) {
    s.organization("Straße").await;
    let other = s.organization("Other").await;
    let taken = |result: Result<(), PortError>| {
        assert!(
            matches!(
                result,
                Err(PortError::NotUnique(Constraint::OrganizationName))
            ),
            "{result:?}"
        );
    };
    let mut tx = s.begin().await;
    let again = builders::organization("STRASSE");
    taken(tx.organizations().insert(&again).await.map(drop));
    drop(tx);
    let mut tx = s.begin().await;
    let mut renamed = other;
    renamed.name = OrganizationName::parse("strasse").unwrap();
    taken(tx.organizations().update(&renamed).await);
}

pub async fn an_update_writes_all_but_the_revision(s: &dyn StoreSubject) {
    let made = s.organization("Acme").await;
    let owner = s.user(&made, "owner").await;
    let mut changed = made.clone();
    changed.name = OrganizationName::parse("Acme AG").unwrap();
    changed.owner_id = Some(owner.id);
    changed.license_status = LicenseStatus::Expired;
    changed.sign_up = SignUpPolicy {
        self_registration: true,
        sso_provisioning: true,
        allowed_email_domains: vec![EmailDomain::parse("example.com").unwrap()],
    };
    changed.updated_at = at(60);
    changed.policy_revision = PolicyRevision::new(99);
    let mut tx = s.begin().await;
    tx.organizations().update(&changed).await.unwrap();
    tx.commit().await.unwrap();
    let read = s.store().read().organizations().find(made.id).await;
    changed.policy_revision = made.policy_revision;
    assert_eq!(read.unwrap(), Some(changed));
}

pub async fn an_update_of_nothing_is_stale(s: &dyn StoreSubject) {
    let mut gone = s.organization("Acme").await;
    gone.id = OrganizationId::new(4_711).unwrap();
    gone.name = OrganizationName::parse("Gone").unwrap();
    let mut tx = s.begin().await;
    let result = tx.organizations().update(&gone).await;
    assert!(matches!(result, Err(PortError::Stale)), "{result:?}");
}

pub async fn an_owner_is_a_user_of_the_organization(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let own = s.user(&acme, "own-user").await;
    let foreign = s.user(&other, "foreign-user").await;
    let mut tx = s.begin().await;
    let refused = tx.organizations().set_owner(acme.id, foreign.id).await;
    assert!(
        matches!(refused, Err(PortError::MissingReference(Constraint::User))),
        "{refused:?}"
    );
    drop(tx);
    let mut tx = s.begin().await;
    tx.organizations().set_owner(acme.id, own.id).await.unwrap();
    tx.commit().await.unwrap();
    let read = s.store().read().organizations().find(acme.id).await;
    assert_eq!(read.unwrap().unwrap().owner_id, Some(own.id));
}

pub async fn a_page_follows_the_one_before_while_rows_are_inserted(s: &dyn StoreSubject) {
    for name in ["A", "B", "C"] {
        s.organization(name).await;
    }
    let read = s.store().read().organizations();
    let list = async |after| {
        let request = PageRequest::new(ById::Id, Some(2), after).unwrap();
        let page = read.list(OrganizationScope::All, &request).await.unwrap();
        let names: Vec<String> = page.items.into_iter().map(|o| o.name.into()).collect();
        (names, page.next)
    };
    let (names, next) = list(None).await;
    assert_eq!(names, ["Default Organization", "RootOrg"]);
    s.organization("D").await;
    let (names, next) = list(Some(next.unwrap())).await;
    assert_eq!(names, ["A", "B"]);
    let (names, next) = list(Some(next.unwrap())).await;
    assert_eq!(names, ["C", "D"]);
    assert_eq!(next, None);
}

pub async fn the_scope_of_one_lists_that_one(s: &dyn StoreSubject) {
    let made = s.organization("Acme").await;
    s.organization("Other").await;
    let read = s.store().read().organizations();
    let scope = OrganizationScope::Only(made.id);
    let page = read.list(scope, &PageRequest::first()).await.unwrap();
    assert_eq!(page.items, [made]);
    assert_eq!(page.next, None);
}

pub async fn a_platform_that_had_a_superuser_is_not_pristine_again(s: &dyn StoreSubject) {
    let read = s.store().read().organizations();
    let root = read.find_root().await.unwrap();
    let holder = s.user(&root, "holder").await;
    // A holder is enough, even without the mark; so is the mark alone.
    let mut tx = s.begin().await;
    let role = tx
        .read()
        .roles()
        .find_system(root.id, SystemRole::SuperAdmin);
    let role = role.await.unwrap().unwrap();
    tx.grants()
        .assign(root.id, holder.id, role.id, at(0))
        .await
        .unwrap();
    assert!(!tx.read().organizations().is_pristine().await.unwrap());
    drop(tx);
    assert!(read.is_pristine().await.unwrap());
    let mut tx = s.begin().await;
    tx.organizations().mark_bootstrapped(at(0)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!read.is_pristine().await.unwrap());
}

pub async fn a_platform_with_another_tenant_is_not_pristine(s: &dyn StoreSubject) {
    s.organization("Acme").await;
    let read = s.store().read().organizations();
    assert!(!read.is_pristine().await.unwrap());
}

pub async fn a_locked_organization_is_read_as_the_transaction_before_left_it(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let rename = async |name: &str| {
        let mut tx = s.begin().await;
        let locked = tx.organizations().lock(acme.id).await.unwrap().unwrap();
        let mut changed = locked.clone();
        changed.name = OrganizationName::parse(name).unwrap();
        tx.organizations().update(&changed).await.unwrap();
        tx.commit().await.unwrap();
        locked.name.as_str().to_owned()
    };
    let (one, two) = futures::join!(rename("One"), rename("Two"));
    let seen = [one.as_str(), two.as_str()];
    assert!(
        seen == ["Acme", "One"] || seen == ["Two", "Acme"],
        "{seen:?}"
    );
    let mut tx = s.begin().await;
    let nobody = OrganizationId::new(4_711).unwrap();
    assert_eq!(tx.organizations().lock(nobody).await.unwrap(), None);
}
