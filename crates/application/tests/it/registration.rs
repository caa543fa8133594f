//! Joining an organization that is open to sign-up.

use std::sync::Arc;

use auth_application::identity::NewPasswords;
use auth_application::security::{Limits, Quotas};
use auth_application::users::{NewAccount, Registered, RegistrationError, RegistrationService};
use auth_domain::caller::Origin;
use auth_domain::identity::{MockCommonPasswords, MockPasswordHasher};
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::organizations::{LicenseStatus, Organization};
use auth_domain::rbac::{MockPolicyFeed, Permission, PolicyEngine as _};
use auth_domain::security::MockRateLimiter;
use auth_domain::text::Username;
use auth_domain::users::EmailDomain;

use crate::acme::{Acme, origin, refused};
use crate::fakes::{FakeStore, MockReads, MockTx, writer};
use crate::parts::{COMMON, hashed};
use crate::staff::{account, account_at};

async fn register_in(
    acme: &Acme,
    organization: OrganizationId,
    role: Option<RoleId>,
    account: &NewAccount,
) -> Result<Registered, RegistrationError> {
    let registration = &acme.app.registration;
    registration
        .register(&origin(), organization, role, account)
        .await
}

async fn register(acme: &Acme, name: &str) -> Result<Registered, RegistrationError> {
    register_in(acme, acme.id, None, &account(name)).await
}

/// Acme, open to sign-up.
async fn open() -> Acme {
    let acme = Acme::new().await;
    acme.reorganize(acme.id, opened).await;
    acme
}

fn opened(organization: &mut Organization) {
    organization.sign_up.self_registration = true;
}

#[tokio::test]
async fn a_closed_a_suspended_and_an_unknown_organization_answer_the_same() {
    let acme = Acme::new().await;
    let other = acme.tenant("Other", "eva").await.organization_id;
    acme.reorganize(other, |organization| {
        opened(organization);
        organization.license_status = LicenseStatus::Suspended;
    })
    .await;
    let before = acme.trace().await;
    let nowhere = OrganizationId::new(4_711).unwrap();
    for organization in [acme.id, acme.root, other, nowhere] {
        let made = register_in(&acme, organization, None, &account("ana")).await;
        refused(&made, "organization_not_found");
    }
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn an_expired_licence_does_not_close_an_organization() {
    let acme = open().await;
    acme.reorganize(acme.id, |organization| {
        organization.license_status = LicenseStatus::Expired;
    })
    .await;
    register(&acme, "ana").await.unwrap();
}

#[tokio::test]
async fn a_registered_user_is_a_member_at_once() {
    let acme = open().await;
    let made = register(&acme, "ana").await.unwrap();
    assert_eq!(made.role_id, acme.member_role().await);
    let stored = acme.read(made.user.id).await;
    assert_eq!(
        (&stored.user, stored.role_ids),
        (&made.user, vec![made.role_id])
    );
    let policy = acme.policies.snapshot(acme.id, None).await.unwrap();
    assert_eq!(policy.roles_of(made.user.id), [made.role_id]);
    let signed_in = acme.login("ana").await.unwrap();
    assert_eq!(signed_in.profile.account.user_id, made.user.id);
}

#[tokio::test]
async fn a_registration_is_audited_and_told_without_an_actor() {
    let acme = open().await;
    let made = register(&acme, "ana").await.unwrap();
    let (id, role) = (made.user.id, made.role_id);
    let [audit, event] = acme.last_words().await;
    let after = format!(
        r#"{{"email":"ana@example.com","role_ids":[{role}],"status":"active","username":"ana"}}"#
    );
    let expected = format!("user.created|users|{id}|NULL|own|NULL|{after}");
    assert_eq!(audit, expected);
    assert_eq!(event, format!("audit.events|user.created|user|{id}|NULL"));
    let kind = acme
        .look("SELECT actor_kind FROM audit_logs ORDER BY log_id DESC LIMIT 1")
        .await;
    assert_eq!(kind, ["anonymous"]);
}

#[tokio::test]
async fn only_addresses_of_the_allowed_domains_join() {
    let acme = open().await;
    acme.reorganize(acme.id, |organization| {
        let allowed = EmailDomain::parse("example.org").unwrap();
        organization.sign_up.allowed_email_domains = vec![allowed];
    })
    .await;
    refused(&register(&acme, "ana").await, "organization_not_found");
    let inside = account_at("ana", "ana@Example.ORG", "correct horse battery");
    register_in(&acme, acme.id, None, &inside).await.unwrap();
}

#[tokio::test]
async fn the_role_member_may_be_named_and_no_other() {
    let acme = open().await;
    let other = acme.role(acme.id, "Other", &[Permission::OrgRead]).await;
    let before = acme.trace().await;
    for role in [other, acme.admin_role, RoleId::new(4_711).unwrap()] {
        let made = register_in(&acme, acme.id, Some(role), &account("ana")).await;
        refused(&made, "role_not_allowed");
    }
    assert_eq!(acme.trace().await, before);
    let member = Some(acme.member_role().await);
    let made = register_in(&acme, acme.id, member, &account("ana")).await;
    assert_eq!(Some(made.unwrap().role_id), member);
}

#[tokio::test]
async fn a_taken_name_and_a_taken_address_are_told_apart() {
    let acme = open().await;
    register(&acme, "ana").await.unwrap();
    let before = acme.trace().await;
    refused(&register(&acme, "ANA").await, "username_already_exists");
    let taken = account_at("anna", "ANA@example.com", "correct horse battery");
    let made = register_in(&acme, acme.id, None, &taken).await;
    refused(&made, "email_already_exists");
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn a_common_password_and_an_own_name_are_refused() {
    let acme = open().await;
    let before = acme.trace().await;
    for password in [COMMON, "anna.lima", "LOCAL.PART@example.com", "local.part"] {
        let weak = account_at("anna.lima", "local.part@example.com", password);
        let made = register_in(&acme, acme.id, None, &weak).await;
        refused(&made, "password_too_common");
    }
    assert_eq!(acme.trace().await, before);
}

#[tokio::test]
async fn registrations_from_one_address_are_limited_and_refused_ones_count() {
    let acme = Acme::with(|_, options| options.quotas.registration = 2).await;
    refused(&register(&acme, "ana").await, "organization_not_found");
    acme.reorganize(acme.id, opened).await;
    register(&acme, "ana").await.unwrap();
    refused(&register(&acme, "bea").await, "rate_limited");
    let elsewhere = Origin {
        ip: Some([198, 51, 100, 7].into()),
        ..origin()
    };
    let registration = &acme.app.registration;
    let bea = account("bea");
    let made = registration.register(&elsewhere, acme.id, None, &bea).await;
    made.unwrap();
    acme.clock.advance(std::time::Duration::from_hours(1));
    register(&acme, "cleo").await.unwrap();
}

#[test]
fn a_username_with_an_at_sign_is_the_own_address_or_none() {
    let parts = || {
        let made = account("ana");
        (
            made.password().clone(),
            made.person().clone(),
            made.contact().clone(),
        )
    };
    for (name, fits) in [
        ("ana@example.com", true),
        ("ANA@Example.com", true),
        ("eva@example.com", false),
        ("eva", true),
    ] {
        let (password, person, contact) = parts();
        let name = Username::parse(name).unwrap();
        let made = NewAccount::new(name, password, person, contact);
        assert_eq!(made.is_ok(), fits);
    }
}

/// An organization that closes between the look and the write.
#[tokio::test]
async fn an_organization_that_closed_meanwhile_takes_no_one_in() {
    let acme = open().await;
    let before = acme.organization(acme.id).await;
    let mut after = before.clone();
    after.sign_up.self_registration = false;
    let mut reads = MockReads::default();
    reads
        .organizations
        .expect_find()
        .return_once(move |_| Ok(Some(before)));
    let mut tx = MockTx::default();
    tx.organizations
        .expect_raise_policy()
        .return_once(move |_| Ok(Some(after)));
    let store = Arc::new(FakeStore::with(reads, vec![tx]));
    let mut hasher = MockPasswordHasher::new();
    hasher.expect_hash().returning(|_| Ok(hashed("secret")));
    let mut common = MockCommonPasswords::new();
    common.expect_contains().return_const(false);
    let registration = RegistrationService::new(
        Arc::clone(&store) as _,
        NewPasswords::new(Arc::new(hasher), Arc::new(common)),
        Limits::new(Arc::new(MockRateLimiter::new()), Quotas::NONE),
        writer(&store, MockPolicyFeed::new(), None),
    );
    let made = registration
        .register(&origin(), acme.id, None, &account("ana"))
        .await;
    refused(&made, "organization_not_found");
    assert_eq!(store.ended(), (1, 0, 1));
}
