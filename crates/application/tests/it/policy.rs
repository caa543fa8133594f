//! Decisions and what operators do with policy, seen from the ports.

use std::sync::Arc;

use auth_application::error::UseCaseError as _;
use auth_application::rbac::{DecisionService, PolicyAdministration, Question};
use auth_domain::actor::{Actor, Origin, Who};
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, RoleId, UserId};
use auth_domain::rbac::{
    Explanation, Missing, MockPolicyBroadcast, MockPolicyEngine, MockPolicyStore, Permission,
    PolicyError, PolicyNews, PolicyRevision, Reason, SnapshotBuilder,
};
use auth_domain::store::Store as _;
use auth_testkit::clock::ManualClock;

use crate::fakes::{FakeStore, MockReads, MockTx};
use crate::office::Office;

const ORGANIZATION: OrganizationId = OrganizationId::DEFAULT;

fn user(id: i64) -> UserId {
    UserId::new(id).unwrap()
}

fn service() -> Actor {
    Actor {
        who: Who::Service,
        origin: Origin::default(),
    }
}

/// Decisions of an engine that has nothing at hand.
fn decisions(mut policies: MockPolicyEngine) -> DecisionService {
    policies.expect_at_hand().returning(|_, _| None);
    policies.expect_prepare().return_const(());
    DecisionService::new(Arc::new(FakeStore::default()), Arc::new(policies), None)
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
    assert_eq!(ahead.unwrap_err().code(), "policy_unavailable");
    let ahead = unknown().explain(&service(), question(Some(1))).await;
    assert_eq!(ahead.unwrap_err().code(), "policy_unavailable");
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
async fn strangers_ask_nothing() {
    let stranger = Actor {
        who: Who::Anonymous,
        origin: Origin::default(),
    };
    let decisions = decisions(MockPolicyEngine::new());
    let checked = decisions.check(&stranger, question(None)).await;
    assert_eq!(checked.unwrap_err().code(), "forbidden");
    let explained = decisions.explain(&stranger, question(None)).await;
    assert_eq!(explained.unwrap_err().code(), "forbidden");
    let answered = decisions
        .check_all(&stranger, ORGANIZATION, None, &[])
        .await;
    assert_eq!(answered.unwrap_err().code(), "forbidden");
}

#[tokio::test]
async fn an_invalidation_raises_every_revision_drops_here_and_tells_the_others() {
    // Others that are not told find the revisions.
    for reached in [true, false] {
        let mut tx = MockTx::default();
        let raised = || Ok(());
        tx.roles
            .expect_bump_all_policy_revisions()
            .times(1)
            .returning(raised);
        let mut policies = MockPolicyEngine::new();
        policies.expect_drop_all().times(1).return_const(());
        let mut broadcast = MockPolicyBroadcast::new();
        broadcast
            .expect_publish()
            .times(1)
            .withf(|news| *news == PolicyNews::DropAll)
            .returning(move |_| {
                let away = PortError::Unavailable("nobody listens".into());
                if reached { Ok(()) } else { Err(away) }
            });
        let administration = PolicyAdministration::new(
            Arc::new(FakeStore::with(MockReads::default(), vec![tx])),
            Arc::new(MockPolicyStore::new()),
            Arc::new(policies),
            Some(Arc::new(broadcast)),
            Arc::new(ManualClock::default()),
        );
        administration.invalidate().await.unwrap();
    }
}

#[tokio::test]
async fn seeding_restores_what_system_roles_lack_and_then_changes_nothing() {
    let office = Office::new().await;
    let acme = &office.acme;
    let administration = PolicyAdministration::new(
        Arc::clone(&acme.store) as _,
        Arc::clone(&acme.store) as _,
        Arc::clone(&acme.policies),
        None,
        Arc::clone(&acme.clock) as _,
    );
    let clean = acme.trace().await;
    assert_eq!(administration.seed(&service()).await.unwrap(), 3);
    assert_eq!(acme.trace().await, clean, "nothing was missing");

    let org_read = office.id_of("org.read").await;
    let mut tx = acme.store.begin().await.unwrap();
    let revision = tx.roles().bump_policy_revision(acme.id).await.unwrap();
    let roles = tx.roles();
    let lost = roles
        .revoke_permission(acme.id, acme.admin_role, org_read)
        .await;
    assert!(lost.unwrap());
    tx.commit().await.unwrap();
    acme.policies.observe(acme.id, revision);
    assert!(!office.may(acme.boss, "org.read").await);

    administration.seed(&service()).await.unwrap();
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
    administration.seed(&service()).await.unwrap();
    assert_eq!(acme.trace().await, after);
}
