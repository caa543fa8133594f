//! The writer's transactions: commit, roll back, run again, and what follows a
//! commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use auth_application::error::UseCaseError as _;
use auth_application::identity::AuthError;
use auth_application::mail::MailJob;
use auth_domain::caller::{Actor, Origin};
use auth_domain::clock::Clock as _;
use auth_domain::error::{Constraint, PortError};
use auth_domain::events::EventType;
use auth_domain::identity::{MockSessionCache, RevokeReason};
use auth_domain::ids::{OrganizationId, SessionId, UserId};
use auth_domain::organizations::{LicenseStatus, Organization, OrganizationKind, SignUpPolicy};
use auth_domain::rbac::{MockPolicyFeed, PolicyRevision};
use auth_domain::text::OrganizationName;
use auth_domain::users::EmailAddress;
use auth_testkit::builders;
use auth_testkit::clock::ManualClock;

use crate::acme::refused;
use crate::fakes::{FakeStore, MockReads, MockTx, writer};

const ORGANIZATION: OrganizationId = OrganizationId::DEFAULT;

fn store_of(transactions: Vec<MockTx>) -> Arc<FakeStore> {
    Arc::new(FakeStore::with(MockReads::default(), transactions))
}

fn empty(transactions: usize) -> Arc<FakeStore> {
    store_of((0..transactions).map(|_| MockTx::default()).collect())
}

fn actor() -> Actor {
    Actor::anonymous(&Origin::default())
}

fn user() -> UserId {
    UserId::new(7).unwrap()
}

fn session(id: i64) -> SessionId {
    SessionId::new(id).unwrap()
}

fn raised(revision: i64) -> Organization {
    Organization {
        id: ORGANIZATION,
        name: OrganizationName::parse("Acme").unwrap(),
        kind: OrganizationKind::Tenant,
        owner_id: None,
        license_status: LicenseStatus::Active,
        sign_up: SignUpPolicy::default(),
        policy_revision: PolicyRevision::new(revision),
        created_at: builders::at(0),
        updated_at: builders::at(0),
    }
}

/// A transaction that raises the policy to a revision and ends two sessions.
fn raising_and_ending(revision: i64) -> MockTx {
    let mut tx = MockTx::default();
    tx.organizations
        .expect_raise_policy()
        .times(1)
        .return_once(move |_| Ok(Some(raised(revision))));
    tx.sessions
        .expect_revoke_all_of_user()
        .times(1)
        .return_once(|_, _, _, _| Ok(vec![session(11), session(12)]));
    tx.audit.expect_append().times(1).return_once(|_| Ok(()));
    tx.outbox.expect_append().times(1).return_once(|_| Ok(1));
    tx
}

/// Raises the policy and ends the sessions of a user, then answers `outcome`.
async fn raise_and_end(
    store: &Arc<FakeStore>,
    feed: MockPolicyFeed,
    cache: MockSessionCache,
    outcome: fn() -> Result<(), AuthError>,
) -> Result<(), AuthError> {
    let writer = writer(store, feed, Some(cache));
    writer
        .run(&actor(), |mut tx| {
            Box::pin(async move {
                tx.raise_policy(ORGANIZATION).await?;
                let reason = RevokeReason::Deactivation;
                let ended = tx.end_sessions(ORGANIZATION, user(), None, reason).await?;
                assert_eq!(ended, 2);
                outcome()
            })
        })
        .await
}

fn failed() -> Result<(), AuthError> {
    Err(AuthError::WrongPassword)
}

#[tokio::test]
async fn a_use_case_that_succeeds_is_committed_once() {
    let store = empty(1);
    let writer = writer(&store, MockPolicyFeed::new(), None);
    let done = writer
        .run::<_, AuthError, _>(&actor(), |_tx| Box::pin(async { Ok(7) }))
        .await;
    assert_eq!(done.unwrap(), 7);
    assert_eq!(store.ended(), (1, 1, 0));
}

#[tokio::test]
async fn a_use_case_that_fails_is_rolled_back_and_not_run_again() {
    let store = empty(1);
    let writer = writer(&store, MockPolicyFeed::new(), None);
    let failed = writer
        .run::<(), AuthError, _>(&actor(), |_tx| {
            Box::pin(async { Err(PortError::NotUnique(Constraint::Email).into()) })
        })
        .await;
    assert!(matches!(failed, Err(AuthError::Infrastructure(_))));
    assert_eq!(store.ended(), (1, 0, 1));
}

#[tokio::test]
async fn a_use_case_that_lost_a_race_runs_again() {
    let store = empty(3);
    let writer = writer(&store, MockPolicyFeed::new(), None);
    let runs = AtomicU32::new(0);
    let value = writer
        .run::<_, AuthError, _>(&actor(), |_tx| {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                if run < 2 {
                    return Err(PortError::Retryable("deadlock".into()).into());
                }
                Ok(run)
            })
        })
        .await;
    assert_eq!(value.unwrap(), 2);
    assert_eq!(store.ended(), (3, 1, 2));
}

#[tokio::test]
async fn a_use_case_that_always_loses_gives_up() {
    let store = empty(5);
    let writer = writer(&store, MockPolicyFeed::new(), None);
    let failed = writer
        .run::<(), AuthError, _>(&actor(), |_tx| {
            Box::pin(async { Err(PortError::Retryable("deadlock".into()).into()) })
        })
        .await;
    assert_eq!(failed.unwrap_err().code(), "busy");
    assert_eq!(store.ended(), (5, 0, 5));
}

#[tokio::test]
async fn a_commit_is_followed_by_what_the_use_case_changed() {
    let store = store_of(vec![raising_and_ending(4)]);
    let mut feed = MockPolicyFeed::new();
    feed.expect_observe()
        .times(1)
        .withf(|organization, revision| (*organization, revision.get()) == (ORGANIZATION, 4))
        .return_const(());
    let mut cache = MockSessionCache::new();
    cache
        .expect_forget()
        .times(1)
        .withf(|sessions| sessions == [session(11), session(12)])
        .returning(|_| Ok(()));
    raise_and_end(&store, feed, cache, || Ok(())).await.unwrap();
}

#[tokio::test]
async fn an_error_observes_no_revision_and_forgets_no_session() {
    let store = store_of(vec![raising_and_ending(4)]);
    let (feed, cache) = (MockPolicyFeed::new(), MockSessionCache::new());
    let outcome = raise_and_end(&store, feed, cache, failed).await;
    refused(&outcome, "wrong_password");
    assert_eq!(store.ended(), (1, 0, 1));
}

#[tokio::test]
async fn a_commit_that_fails_observes_no_revision_and_forgets_no_session() {
    let mut tx = raising_and_ending(4);
    tx.breaks = true;
    let store = store_of(vec![tx]);
    let (feed, cache) = (MockPolicyFeed::new(), MockSessionCache::new());
    let outcome = raise_and_end(&store, feed, cache, || Ok(())).await;
    refused(&outcome, "store_unavailable");
}

#[tokio::test]
async fn of_a_transaction_that_ran_again_only_the_last_run_is_followed() {
    let store = store_of(vec![raising_and_ending(4), raising_and_ending(5)]);
    let mut feed = MockPolicyFeed::new();
    feed.expect_observe()
        .times(1)
        .withf(|_, revision| revision.get() == 5)
        .return_const(());
    let mut cache = MockSessionCache::new();
    cache
        .expect_forget()
        .times(1)
        .withf(|sessions| sessions.len() == 2)
        .returning(|_| Ok(()));
    let writer = writer(&store, feed, Some(cache));
    let runs = AtomicU32::new(0);
    let outcome = writer
        .run::<_, AuthError, _>(&actor(), |mut tx| {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            Box::pin(async move {
                tx.raise_policy(ORGANIZATION).await?;
                let reason = RevokeReason::Deactivation;
                tx.end_sessions(ORGANIZATION, user(), None, reason).await?;
                if run == 0 {
                    return Err(PortError::Retryable("deadlock".into()).into());
                }
                Ok(())
            })
        })
        .await;
    outcome.unwrap();
}

#[tokio::test]
async fn a_cache_that_is_away_does_not_fail_a_write_that_is_done() {
    let store = store_of(vec![raising_and_ending(4)]);
    let mut feed = MockPolicyFeed::new();
    feed.expect_observe().return_const(());
    let mut cache = MockSessionCache::new();
    cache
        .expect_forget()
        .times(1)
        .returning(|_| Err(PortError::Unavailable("no cache".into())));
    raise_and_end(&store, feed, cache, || Ok(())).await.unwrap();
}

#[tokio::test]
async fn a_write_that_ends_no_session_leaves_the_cache_alone() {
    let store = empty(1);
    let writer = writer(&store, MockPolicyFeed::new(), Some(MockSessionCache::new()));
    let done = writer
        .run::<_, AuthError, _>(&actor(), |_tx| Box::pin(async { Ok(()) }))
        .await;
    done.unwrap();
}

#[tokio::test]
async fn a_raise_of_all_policies_drops_every_snapshot() {
    let mut tx = MockTx::default();
    tx.organizations
        .expect_raise_all_policies()
        .times(1)
        .return_once(|| Ok(()));
    let store = store_of(vec![tx]);
    let mut feed = MockPolicyFeed::new();
    feed.expect_drop_all().times(1).return_const(());
    let done = writer(&store, feed, None)
        .run::<_, AuthError, _>(&actor(), |mut tx| {
            Box::pin(async move { Ok(tx.raise_all_policies().await?) })
        })
        .await;
    done.unwrap();
}

#[tokio::test]
async fn a_raise_of_no_organization_is_a_missing_reference() {
    let mut tx = MockTx::default();
    tx.organizations
        .expect_raise_policy()
        .return_once(|_| Ok(None));
    let store = store_of(vec![tx]);
    let outcome = writer(&store, MockPolicyFeed::new(), None)
        .run::<_, AuthError, _>(&actor(), |mut tx| {
            Box::pin(async move {
                let raised = tx.raise_policy(ORGANIZATION).await;
                assert!(matches!(
                    raised,
                    Err(PortError::MissingReference(Constraint::Organization))
                ));
                Ok(())
            })
        })
        .await;
    outcome.unwrap();
}

#[tokio::test]
async fn sessions_that_end_together_leave_one_row_and_one_event_with_their_number() {
    let now = ManualClock::default().now();
    let mut tx = MockTx::default();
    tx.sessions
        .expect_revoke_longest_unused()
        .times(1)
        .withf(move |of, keep, reason, at| {
            (*of, *keep, *reason, *at) == (user(), 3, RevokeReason::Superseded, now)
        })
        .return_once(|_, _, _, _| Ok((1..=5).map(session).collect()));
    tx.audit
        .expect_append()
        .times(1)
        .withf(move |entry| {
            let after = serde_json::to_value(&entry.after).unwrap();
            entry.action == "sessions.revoked"
                && (entry.table.as_str(), entry.row_id.as_str()) == ("users", "7")
                && after == serde_json::json!({"count": 5, "revoke_reason": "superseded"})
                && entry.at == now
        })
        .return_once(|_| Ok(()));
    tx.outbox
        .expect_append()
        .times(1)
        .withf(move |event| {
            event.event_type == EventType::AuthSessionsRevoked
                && event.at == now
                && event.request_id.as_deref() == Some("request")
                && serde_json::to_value(&event.payload).unwrap()["count"] == 5
        })
        .return_once(|_| Ok(1));
    let store = store_of(vec![tx]);
    let actor = actor().for_request(Some("request".to_owned()));
    let ended = writer(&store, MockPolicyFeed::new(), None)
        .run::<_, AuthError, _>(&actor, |mut tx| {
            Box::pin(async move { Ok(tx.end_sessions_beyond(ORGANIZATION, user(), 3).await?) })
        })
        .await;
    assert_eq!(ended.unwrap(), 5);
}

#[tokio::test]
async fn where_no_session_is_to_end_nothing_is_written() {
    let mut tx = MockTx::default();
    tx.sessions
        .expect_revoke_all_of_user()
        .times(1)
        .return_once(|_, _, _, _| Ok(vec![]));
    let store = store_of(vec![tx]);
    let ended = writer(&store, MockPolicyFeed::new(), None)
        .run::<_, AuthError, _>(&actor(), |mut tx| {
            Box::pin(async move {
                let reason = RevokeReason::Revoked;
                Ok(tx.end_sessions(ORGANIZATION, user(), None, reason).await?)
            })
        })
        .await;
    assert_eq!(ended.unwrap(), 0);
}

#[tokio::test]
async fn a_job_is_of_the_request_that_asked_for_it() {
    let now = ManualClock::default().now();
    let mut tx = MockTx::default();
    tx.jobs
        .expect_enqueue()
        .times(1)
        .withf(move |job| {
            job.queue == MailJob::QUEUE
                && job.payload.as_json().contains("old@example.com")
                && job.request_id.as_deref() == Some("request")
                && job.created_at == now
        })
        .return_once(|_| Ok(()));
    let store = store_of(vec![tx]);
    let actor = actor().for_request(Some("request".to_owned()));
    let done = writer(&store, MockPolicyFeed::new(), None)
        .run::<_, AuthError, _>(&actor, |mut tx| {
            Box::pin(async move {
                let old = EmailAddress::parse("old@example.com").unwrap();
                Ok(tx.enqueue(&MailJob::email_changed(&old)).await?)
            })
        })
        .await;
    done.unwrap();
}
