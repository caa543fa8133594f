//! Decisions and what operators do with policy, seen from the ports.

use std::sync::Arc;

use auth_application::access::{Access, Operator};
use auth_application::error::UseCaseError as _;
use auth_application::rbac::{Asker, DecisionService, PolicyAdministration, Question};
use auth_domain::caller::Origin;
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::organizations::OrganizationScope;
use auth_domain::page::{OrganizationKey, Page};
use auth_domain::rbac::{
    Explanation, Missing, MockPolicyBroadcast, MockPolicyEngine, MockPolicyFeed, MockPolicyStore,
    Permission, PolicyEngine as _, PolicyError, PolicyFeed as _, PolicyNews, PolicyRevision,
    Reason, SnapshotBuilder,
};
use auth_domain::store::Store as _;

use crate::acme::Acme;
use crate::fakes::{FakeStore, MockReads, MockTx, writer};
use crate::office::Office;

const ORGANIZATION: OrganizationId = OrganizationId::DEFAULT;

fn user(id: i64) -> UserId {
    UserId::new(id).unwrap()
}

fn operator() -> Operator {
    Operator::service(&Origin::default())
}

fn service() -> Asker {
    Asker::Service(operator())
}

/// Decisions of an engine that has nothing at hand.
fn decisions(mut policies: MockPolicyEngine) -> DecisionService {
    policies.expect_at_hand().returning(|_, _| None);
    policies.expect_prepare().return_const(());
    let (store, policies) = (Arc::new(FakeStore::default()), Arc::new(policies));
    let access = Access::new(Arc::clone(&policies) as _, Arc::clone(&store) as _);
    DecisionService::new(store, policies, access, None)
}

fn question(at_least: Option<i64>) -> Question<'static> {
    Question {
        organization: ORGANIZATION,
        at_least: at_least.map(PolicyRevision::new),
        user: user(7),
        permission: "org.read",
    }
}

/// An engine that is asked for that revision once, and answers revision 9 with
/// user 7 who may read.
fn asked_for(at_least: Option<i64>) -> MockPolicyEngine {
    let mut policies = MockPolicyEngine::new();
    let wanted = at_least.map(PolicyRevision::new);
    policies
        .expect_snapshot()
        .times(1)
        .withf(move |_, at_least| *at_least == wanted)
        .returning(|organization, _| {
            let role = RoleId::new(1).unwrap();
            let revision = PolicyRevision::new(9);
            let mut policy = SnapshotBuilder::new(organization, revision, true);
            policy.grant(role, &Permission::OrgRead.into());
            policy.user(user(7), true, &[role]);
            policy.user(user(8), true, &[]);
            Ok(Arc::new(policy.build()))
        });
    policies
}

#[tokio::test]
async fn the_revision_that_a_check_names_is_asked_for() {
    for at_least in [None, Some(0), Some(9)] {
        let decision = decisions(asked_for(at_least))
            .check(&service(), question(at_least))
            .await
            .unwrap();
        assert_eq!((decision.allowed, decision.revision.get()), (true, 9));
    }
}

#[tokio::test]
async fn a_batch_is_answered_in_order_from_one_snapshot() {
    let checks = [
        (user(8), "org.read".to_owned()),
        (user(7), "org.read".to_owned()),
        (user(7), "org.update".to_owned()),
        (user(99), "org.read".to_owned()),
        (user(7), "org.read".to_owned()),
    ];
    let answered = decisions(asked_for(Some(5)))
        .check_all(
            &service(),
            ORGANIZATION,
            Some(PolicyRevision::new(5)),
            &checks,
        )
        .await
        .unwrap();
    assert_eq!(answered.allowed, [false, true, false, false, true]);
    assert_eq!(answered.revision.get(), 9);
}

#[tokio::test]
async fn an_unknown_organization_denies_and_shows_no_revision() {
    let unknown = || {
        let mut policies = MockPolicyEngine::new();
        let gone = |_, _| Err(PolicyError::UnknownOrganization);
        policies.expect_snapshot().returning(gone);
        let gone = |_, _, _, _: &str| Err(PolicyError::UnknownOrganization);
        policies.expect_explain().returning(gone);
        decisions(policies)
    };
    for at_least in [None, Some(0)] {
        let decision = unknown().check(&service(), question(at_least)).await;
        let decision = decision.unwrap();
        assert_eq!((decision.allowed, decision.revision.get()), (false, 0));
        let explained = unknown().explain(&service(), question(at_least)).await;
        let missing = Reason::Lacking(Missing::Organization);
        assert_eq!(explained.unwrap().reason, missing);
    }
    let ahead = unknown().check(&service(), question(Some(1))).await;
    assert_eq!(ahead.unwrap_err().code(), "revision_unknown");
    let ahead = unknown().explain(&service(), question(Some(1))).await;
    assert_eq!(ahead.unwrap_err().code(), "revision_unknown");
}

#[tokio::test]
async fn an_explanation_is_the_engines() {
    let mut policies = MockPolicyEngine::new();
    let explanation = Explanation {
        allowed: false,
        revision: PolicyRevision::new(9),
        reason: Reason::Lacking(Missing::Grant),
    };
    let answer = explanation.clone();
    policies
        .expect_explain()
        .times(1)
        .withf(|organization, at_least, asked, permission| {
            let at_least = at_least.map(PolicyRevision::get);
            (*organization, at_least) == (ORGANIZATION, Some(4))
                && (*asked, permission) == (user(7), "org.read")
        })
        .return_once(move |_, _, _, _| Ok(answer));
    let explained = decisions(policies)
        .explain(&service(), question(Some(4)))
        .await;
    assert_eq!(explained.unwrap(), explanation);
}

#[tokio::test]
async fn an_invalidation_raises_every_revision_drops_here_and_tells_the_others() {
    // Others that are not told find the revisions.
    for reached in [true, false] {
        let mut tx = MockTx::default();
        let raised = || Ok(());
        tx.organizations
            .expect_raise_all_policies()
            .times(1)
            .returning(raised);
        let mut feed = MockPolicyFeed::new();
        feed.expect_drop_all().times(1).return_const(());
        let mut broadcast = MockPolicyBroadcast::new();
        broadcast
            .expect_publish()
            .times(1)
            .withf(|news| *news == PolicyNews::DropAll)
            .returning(move |_| {
                let away = PortError::Unavailable("nobody listens".into());
                if reached { Ok(()) } else { Err(away) }
            });
        let store = Arc::new(FakeStore::with(MockReads::default(), vec![tx]));
        let administration = PolicyAdministration::new(
            Arc::clone(&store) as _,
            Arc::new(MockPolicyStore::new()),
            Some(Arc::new(broadcast)),
            writer(&store, feed, None),
        );
        administration.invalidate(&operator()).await.unwrap();
    }
}

#[tokio::test]
async fn seeding_restores_what_system_roles_lack_and_then_changes_nothing() {
    let office = Office::new().await;
    let acme = &office.acme;
    let administration = &acme.app.policy_administration;
    let clean = acme.trace().await;
    assert_eq!(administration.seed(&operator()).await.unwrap(), 3);
    assert_eq!(acme.trace().await, clean, "nothing was missing");

    let org_read = office.id_of("org.read").await;
    let mut tx = acme.store.begin().await.unwrap();
    let raised = tx.organizations().raise_policy(acme.id).await.unwrap();
    let grants = tx.grants();
    let lost = grants.revoke(acme.id, acme.admin_role, org_read).await;
    assert!(lost.unwrap());
    tx.commit().await.unwrap();
    let revision = raised.unwrap().policy_revision;
    acme.policies.observe(acme.id, revision);
    assert!(!office.may(acme.boss, "org.read").await);

    administration.seed(&operator()).await.unwrap();
    assert!(office.may(acme.boss, "org.read").await);
    let [audit, event] = office.last_words().await;
    let action = "organization.roles_seeded";
    let id = acme.id;
    let words = format!("{action}|organizations|{id}|NULL|own|NULL|{{\"added\":1}}");
    assert_eq!(audit, words);
    assert_eq!(
        event,
        format!("audit.events|{action}|organization|{id}|NULL")
    );
    let after = acme.trace().await;
    assert_ne!(after, clean);
    administration.seed(&operator()).await.unwrap();
    assert_eq!(acme.trace().await, after);
}

#[tokio::test]
async fn seeding_makes_a_system_role_that_an_organization_lacks() {
    let acme = Acme::new().await;
    let member = acme.member_role().await;
    acme.execute(&format!("DELETE FROM roles WHERE role_id = {member}"))
        .await;
    let administration = &acme.app.policy_administration;
    assert_eq!(administration.seed(&operator()).await.unwrap(), 3);
    let member = acme.member_role().await;
    let roles = acme.store.read().roles();
    let found = roles.find_with_grants(acme.id, member).await.unwrap();
    assert_eq!(found.unwrap().grants.len(), 4);
    let told = acme.payload("organization.roles_seeded").await;
    assert_eq!(told["added"], 5, "the role and what it grants");
}

#[tokio::test]
async fn seeding_goes_on_to_the_last_page() {
    let mut reads = MockReads::default();
    let mut pages = mockall::Sequence::new();
    for (after, next) in [(None, Some(7)), (Some(7), Some(9)), (Some(9), None)] {
        let key = |id: Option<i64>| id.map(|id| OrganizationKey(OrganizationId::new(id).unwrap()));
        let (after, next) = (key(after), key(next));
        reads
            .organizations
            .expect_list()
            .times(1)
            .in_sequence(&mut pages)
            .withf(move |scope, page| {
                *scope == OrganizationScope::All && page.after() == after.as_ref()
            })
            .return_once(move |_, _| {
                Ok(Page {
                    items: vec![],
                    next,
                })
            });
    }
    let store = Arc::new(FakeStore::with(reads, vec![]));
    let administration = PolicyAdministration::new(
        Arc::clone(&store) as _,
        Arc::new(MockPolicyStore::new()),
        None,
        writer(&store, MockPolicyFeed::new(), None),
    );
    assert_eq!(administration.seed(&operator()).await.unwrap(), 0);
}

#[tokio::test]
async fn an_invalidation_puts_every_policy_that_was_read_out_of_date() {
    let acme = Acme::new().await;
    let before = acme.organization(acme.id).await.policy_revision;
    let policy = acme.policies.snapshot(acme.id, None).await.unwrap();
    assert!(policy.check(acme.boss, "org.read"));
    acme.execute(&format!(
        "DELETE FROM user_roles WHERE user_id = {}",
        acme.boss
    ))
    .await;
    let administration = &acme.app.policy_administration;
    administration.invalidate(&operator()).await.unwrap();
    let policy = acme.policies.snapshot(acme.id, None).await.unwrap();
    assert!(!policy.check(acme.boss, "org.read"));
    assert_eq!(policy.revision().get(), before.get() + 1);
}
