//! "May this user do that?": which caller may ask, and what it is answered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use auth_application::access::perm::RoleRead;
use auth_application::access::{Access, Granted, Operator};
use auth_application::rbac::{Asker, Decision, DecisionError, DecisionService, Question};
use auth_domain::caller::Caller;
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{
    Missing, MockDecisionCache, MockPolicyEngine, Permission, PolicyRevision, Reason,
    SnapshotBuilder,
};

use crate::acme::{Acme, origin, refused};
use crate::fakes::{FakeStore, MockReads};

fn service() -> Asker {
    Asker::Service(Operator::service(&origin()))
}

fn user(caller: &Caller) -> Asker {
    Asker::User(caller.clone())
}

fn question(organization: OrganizationId, user: UserId) -> Question<'static> {
    Question {
        organization,
        at_least: None,
        user,
        permission: "org.read",
    }
}

async fn check(
    acme: &Acme,
    asker: &Asker,
    organization: OrganizationId,
    about: UserId,
) -> Result<Decision, DecisionError> {
    let question = question(organization, about);
    acme.app.decisions.check(asker, question).await
}

/// Asks all four questions; each must be refused.
async fn asks_nothing(acme: &Acme, asker: &Asker, organization: OrganizationId, about: UserId) {
    let decisions = &acme.app.decisions;
    refused(&check(acme, asker, organization, about).await, "forbidden");
    let explained = decisions.explain(asker, question(organization, about));
    refused(&explained.await, "forbidden");
    let checks = [(about, "org.read".to_owned())];
    let answered = decisions
        .check_all(asker, organization, None, &checks)
        .await;
    refused(&answered, "forbidden");
    let listed = decisions.permissions_of(asker, organization, about).await;
    refused(&listed, "forbidden");
}

#[tokio::test]
async fn a_service_asks_about_every_user() {
    let acme = Acme::new().await;
    let reader = acme.holder("reader", &[Permission::OrgRead]).await;
    let revision = acme.organization(acme.id).await.policy_revision;
    for (about, allowed) in [
        (reader.user_id(), true),
        (UserId::new(4_711).unwrap(), false),
    ] {
        let answer = check(&acme, &service(), acme.id, about).await.unwrap();
        assert_eq!(answer, Decision { allowed, revision });
    }
    let listed = acme
        .app
        .decisions
        .permissions_of(&service(), acme.id, reader.user_id())
        .await;
    assert_eq!(listed.unwrap(), ["org.read"]);
    // A user of one organization may do nothing in another.
    let answer = check(&acme, &service(), acme.root, reader.user_id()).await;
    assert!(!answer.unwrap().allowed);
}

#[tokio::test]
async fn what_does_not_exist_may_do_nothing() {
    let acme = Acme::new().await;
    let nowhere = OrganizationId::new(4_711).unwrap();
    let decisions = &acme.app.decisions;
    let checks = [(acme.boss, "org.read".to_owned())];
    let answered = decisions
        .check_all(&service(), nowhere, None, &checks)
        .await
        .unwrap();
    assert_eq!(answered.allowed, [false]);
    assert_eq!(answered.revision, PolicyRevision::default());
    let listed = decisions
        .permissions_of(&service(), nowhere, acme.boss)
        .await;
    assert_eq!(listed.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_user_asks_about_itself_without_any_right() {
    let acme = Acme::new().await;
    let guest = acme.holder("guest", &[]).await;
    let about = guest.user_id();
    let answer = check(&acme, &user(&guest), acme.id, about).await;
    assert!(!answer.unwrap().allowed);
    let decisions = &acme.app.decisions;
    let asked = question(acme.id, about);
    let explained = decisions.explain(&user(&guest), asked).await;
    let reason = explained.unwrap().reason;
    assert_eq!(reason, Reason::Lacking(Missing::Grant));
    let listed = decisions
        .permissions_of(&user(&guest), acme.id, about)
        .await;
    assert_eq!(listed.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_user_without_the_right_asks_nothing_about_others() {
    let acme = Acme::new().await;
    let guest = acme.holder("guest", &[]).await;
    asks_nothing(&acme, &user(&guest), acme.id, acme.boss).await;
    // Nor about itself and another in one batch, nor elsewhere.
    let checks = [guest.user_id(), acme.boss].map(|about| (about, "org.read".to_owned()));
    let decisions = &acme.app.decisions;
    let answered = decisions
        .check_all(&user(&guest), acme.id, None, &checks)
        .await;
    refused(&answered, "forbidden");
    asks_nothing(&acme, &user(&guest), acme.root, guest.user_id()).await;
}

#[tokio::test]
async fn role_read_asks_about_the_users_of_the_own_organization_only() {
    let acme = Acme::new().await;
    let clerk = acme.holder("clerk", &[Permission::RoleRead]).await;
    let root = acme.caller("root").await;
    let answer = check(&acme, &user(&clerk), acme.id, acme.boss).await;
    assert!(answer.unwrap().allowed);
    asks_nothing(&acme, &user(&clerk), acme.root, root.user_id()).await;
    let nowhere = OrganizationId::new(4_711).unwrap();
    asks_nothing(&acme, &user(&clerk), nowhere, acme.boss).await;
}

#[tokio::test]
async fn the_platform_asks_about_the_users_of_every_organization() {
    let acme = Acme::new().await;
    let held = [Permission::RoleRead, Permission::PlatformRbacManage];
    let official = acme.official("official", &held).await;
    let answer = check(&acme, &user(&official), acme.id, acme.boss).await;
    assert!(answer.unwrap().allowed);
    let clerk = acme.official("clerk", &[Permission::RoleRead]).await;
    asks_nothing(&acme, &user(&clerk), acme.id, acme.boss).await;
}

#[tokio::test]
async fn an_answer_about_the_own_organization_is_as_new_as_the_caller() {
    let acme = Acme::new().await;
    let reader = acme.holder("reader", &[Permission::OrgRead]).await;
    let about = reader.user_id();
    let answer = check(&acme, &user(&reader), acme.id, about).await;
    assert!(answer.unwrap().allowed);
    // Another instance takes the role, and this one was not told.
    let taken = format!("DELETE FROM user_roles WHERE user_id = {about}");
    acme.execute(&taken).await;
    acme.execute("UPDATE organizations SET policy_revision = policy_revision + 1")
        .await;
    let answer = check(&acme, &service(), acme.id, about).await;
    assert!(answer.unwrap().allowed, "within its second");
    let reader = acme.caller("reader").await;
    let answer = check(&acme, &user(&reader), acme.id, about).await.unwrap();
    assert!(!answer.allowed);
    assert_eq!(answer.revision, reader.account.policy_revision);
}

#[tokio::test]
async fn an_explanation_names_the_role_and_the_rule() {
    let acme = Acme::new().await;
    let reader = acme.holder("reader", &[Permission::OrgRead]).await;
    let decisions = &acme.app.decisions;
    let asked = question(acme.id, reader.user_id());
    let explained = decisions.explain(&service(), asked).await.unwrap();
    assert!(explained.allowed);
    assert!(matches!(explained.reason, Reason::Granted { .. }));
    let revision = acme.organization(acme.id).await.policy_revision;
    assert_eq!(explained.revision, revision);
}

#[tokio::test]
async fn the_effective_permissions_of_a_user_are_for_those_who_read_roles() {
    let acme = Acme::new().await;
    let reader = acme.holder("reader", &[Permission::OrgRead]).await;
    let clerk = acme.holder("clerk", &[Permission::RoleRead]).await;
    let root = acme.caller("root").await;
    let decisions = &acme.app.decisions;
    let right: Granted<RoleRead> = acme.right(&clerk).await.unwrap();
    let listed = decisions.effective(&right, None, reader.user_id()).await;
    assert_eq!(listed.unwrap(), ["org.read"]);
    let listed = decisions.effective(&right, None, root.user_id()).await;
    refused(&listed, "user_not_found");
    let foreign = decisions.effective(&right, Some(acme.root), root.user_id());
    refused(&foreign.await, "organization_not_found");
    refused(&acme.right::<RoleRead>(&reader).await, "forbidden");

    // Revisions of two organizations do not compare.
    for name in [
        "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight",
    ] {
        acme.role(acme.root, name, &[]).await;
    }
    let root = acme.caller("root").await;
    let right: Granted<RoleRead> = acme.right(&root).await.unwrap();
    let there = decisions.effective(&right, Some(acme.id), reader.user_id());
    assert_eq!(there.await.unwrap(), ["org.read"]);
}

#[tokio::test]
async fn the_effective_permissions_at_home_are_as_new_as_the_caller() {
    let acme = Acme::new().await;
    let reader = acme.holder("reader", &[Permission::OrgRead]).await;
    let boss = acme.caller("boss").await;
    acme.right::<RoleRead>(&boss).await.unwrap();
    acme.execute(&format!(
        "DELETE FROM user_roles WHERE user_id = {}",
        reader.user_id()
    ))
    .await;
    acme.execute("UPDATE organizations SET policy_revision = policy_revision + 1")
        .await;
    // An older right of a caller that is read anew.
    let boss = acme.caller("boss").await;
    let right: Granted<RoleRead> = acme.right(&boss).await.unwrap();
    let decisions = &acme.app.decisions;
    let listed = decisions.effective(&right, None, reader.user_id()).await;
    assert_eq!(listed.unwrap(), [""; 0]);
}

/// A service over a store whose Acme is at revision 5, with an engine that has
/// nothing at hand.
async fn remembering(
    acme: &Acme,
    mut policies: MockPolicyEngine,
    cache: MockDecisionCache,
) -> DecisionService {
    policies.expect_at_hand().returning(|_, _| None);
    let mut organization = acme.organization(acme.id).await;
    organization.policy_revision = PolicyRevision::new(5);
    let mut reads = MockReads::default();
    reads
        .organizations
        .expect_find()
        .returning(move |_| Ok(Some(organization.clone())));
    let (store, policies) = (Arc::new(FakeStore::with(reads, vec![])), Arc::new(policies));
    let access = Access::new(Arc::clone(&policies) as _, Arc::clone(&store) as _);
    DecisionService::new(store, policies, access, Some(Arc::new(cache)))
}

/// An engine that is asked for a policy of revision 6 once.
fn loading() -> MockPolicyEngine {
    let mut policies = MockPolicyEngine::new();
    policies
        .expect_snapshot()
        .times(1)
        .returning(|organization, _| {
            let revision = PolicyRevision::new(6);
            let policy = SnapshotBuilder::new(organization, revision, true);
            Ok(Arc::new(policy.build()))
        });
    policies
}

/// A cache that expects what the engine found.
fn keeping(kept: fn() -> Result<(), PortError>) -> MockDecisionCache {
    let mut cache = MockDecisionCache::new();
    cache
        .expect_put()
        .times(1)
        .withf(|_, revision, _, names| revision.get() == 6 && names.is_empty())
        .returning(move |_, _, _, _| kept());
    cache
}

fn away<T>() -> Result<T, PortError> {
    Err(PortError::Unavailable("no cache".into()))
}

#[tokio::test]
async fn a_decision_that_another_instance_kept_spares_the_load() {
    let acme = Acme::new().await;
    for (name, allowed) in [("org.read", true), ("org.update", false)] {
        let (id, boss) = (acme.id, acme.boss);
        let mut cache = MockDecisionCache::new();
        cache
            .expect_get()
            .times(1)
            .withf(move |organization, revision, about| {
                (*organization, revision.get(), *about) == (id, 5, boss)
            })
            .returning(move |_, _, _| Ok(Some(vec![name.to_owned()])));
        let mut policies = MockPolicyEngine::new();
        policies
            .expect_prepare()
            .times(1)
            .withf(move |organization| *organization == id)
            .return_const(());
        let decisions = remembering(&acme, policies, cache).await;
        let answer = decisions.check(&service(), question(id, boss)).await;
        let revision = PolicyRevision::new(5);
        assert_eq!(answer.unwrap(), Decision { allowed, revision });
    }
}

#[tokio::test]
async fn a_decision_that_is_not_kept_is_worked_out_and_kept() {
    let acme = Acme::new().await;
    for kept in [|| Ok(()), away] {
        let mut cache = keeping(kept);
        cache.expect_get().times(1).returning(|_, _, _| Ok(None));
        let decisions = remembering(&acme, loading(), cache).await;
        let asked = question(acme.id, acme.boss);
        let answer = decisions.check(&service(), asked).await.unwrap();
        assert_eq!((answer.allowed, answer.revision.get()), (false, 6));
    }
}

#[tokio::test]
async fn a_cache_of_decisions_that_is_away_is_none() {
    let acme = Acme::new().await;
    let mut cache = keeping(|| Ok(()));
    cache.expect_get().times(1).returning(|_, _, _| away());
    let decisions = remembering(&acme, loading(), cache).await;
    let asked = question(acme.id, acme.boss);
    let answer = decisions.check(&service(), asked).await.unwrap();
    assert_eq!(answer.revision.get(), 6);
}

#[tokio::test]
async fn a_kept_decision_is_not_older_than_what_was_asked_for() {
    let acme = Acme::new().await;
    let at = |revision| Question {
        at_least: Some(PolicyRevision::new(revision)),
        ..question(acme.id, acme.boss)
    };
    let decisions = remembering(&acme, loading(), keeping(|| Ok(()))).await;
    let answer = decisions.check(&service(), at(6)).await.unwrap();
    assert_eq!(answer.revision.get(), 6);

    let mut cache = MockDecisionCache::new();
    cache
        .expect_get()
        .times(1)
        .returning(|_, _, _| Ok(Some(vec![])));
    let mut policies = MockPolicyEngine::new();
    policies.expect_prepare().return_const(());
    let decisions = remembering(&acme, policies, cache).await;
    let answer = decisions.check(&service(), at(5)).await.unwrap();
    assert_eq!(answer.revision.get(), 5);
}

/// A cache that keeps all that it is given.
fn keeping_all() -> MockDecisionCache {
    let kept = Arc::new(Mutex::new(HashMap::new()));
    let given = Arc::clone(&kept);
    let mut cache = MockDecisionCache::new();
    cache
        .expect_get()
        .returning(move |organization, revision, user| {
            let kept = kept.lock().unwrap();
            Ok(kept.get(&(organization, revision, user)).cloned())
        });
    cache
        .expect_put()
        .returning(move |organization, revision, user, permissions| {
            let mut kept = given.lock().unwrap();
            kept.insert((organization, revision, user), permissions.to_vec());
            Ok(())
        });
    cache
}

#[tokio::test]
async fn a_decision_is_of_the_revision_that_it_was_kept_at() {
    let acme = Acme::with(|ports, _| ports.decisions = Some(Arc::new(keeping_all()))).await;
    let reader = acme.holder("reader", &[Permission::OrgRead]).await;
    let about = reader.user_id();
    assert!(
        check(&acme, &service(), acme.id, about)
            .await
            .unwrap()
            .allowed
    );
    acme.switch_off(acme.id, about).await;
    assert!(
        !check(&acme, &service(), acme.id, about)
            .await
            .unwrap()
            .allowed
    );
    let nowhere = OrganizationId::new(4_711).unwrap();
    let unknown = check(&acme, &service(), nowhere, about).await.unwrap();
    assert_eq!(unknown.revision.get(), 0);
}
