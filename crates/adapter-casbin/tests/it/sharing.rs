//! Many callers at once.

use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use auth_casbin::EngineOptions;
use auth_domain::rbac::{PolicyEngine as _, PolicyError, PolicyFeed as _};
use futures::future::join_all;
use tokio::task::JoinSet;

use crate::support::{fixture, fixture_with, organization, revision, rows};

const LEASE: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_thousand_callers_cost_one_load() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    let callers = (0..1_000).map(|_| fixture.engine.snapshot(organization(1), None));
    // Polled last, when all callers wait.
    let release = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    let (answers, ()) = tokio::join!(join_all(callers), release);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(fixture.store.loads(), 1);
}

#[tokio::test]
async fn a_thousand_callers_after_the_lease_cost_one_revision_read() {
    let fixture = fixture();
    fixture
        .engine
        .snapshot(organization(1), None)
        .await
        .unwrap();
    fixture.clock.advance(LEASE);
    fixture.store.set_slow(true);
    let callers = (0..1_000).map(|_| fixture.engine.snapshot(organization(1), None));
    let release = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    let (answers, ()) = tokio::join!(join_all(callers), release);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(fixture.store.loads(), 1);
    assert_eq!(fixture.store.revision_reads(), 1);
}

#[tokio::test]
async fn a_thousand_callers_share_a_failure() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    fixture.store.set_away(true);
    let callers = (0..1_000).map(|_| fixture.engine.snapshot(organization(1), None));
    let release = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    let (answers, ()) = tokio::join!(join_all(callers), release);
    let mut answers = answers.into_iter();
    let leader = answers.next().unwrap();
    assert!(matches!(leader, Err(PolicyError::Unavailable(Some(_)))));
    assert!(answers.all(|answer| matches!(answer, Err(PolicyError::Unavailable(None)))));
    assert_eq!(fixture.store.loads(), 1);

    fixture.store.set_away(false);
    assert!(fixture.engine.snapshot(organization(1), None).await.is_ok());
}

#[tokio::test]
async fn a_thousand_callers_about_an_unknown_organization_cost_one_load() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    let callers = (0..1_000).map(|_| fixture.engine.snapshot(organization(7), None));
    let release = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    let (mut answers, ()) = tokio::join!(join_all(callers), release);
    let unknown = |answer| matches!(answer, Err(PolicyError::UnknownOrganization));
    assert!(answers.drain(..).all(unknown));
    assert_eq!(fixture.store.loads(), 1);
}

#[tokio::test]
async fn a_thousand_callers_about_a_revision_that_is_not_there_cost_two_revision_reads() {
    let fixture = fixture();
    fixture
        .engine
        .snapshot(organization(1), None)
        .await
        .unwrap();
    fixture.store.set_slow(true);
    let missing = Some(revision(9));
    let callers = (0..1_000).map(|_| fixture.engine.snapshot(organization(1), missing));
    // The first read began before the others called; the second serves them.
    let release = async {
        fixture.store.a_call_stopped().await;
        fixture.clock.advance(Duration::from_millis(1));
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    let (mut answers, ()) = tokio::join!(join_all(callers), release);
    let unknown = |answer| matches!(answer, Err(PolicyError::UnknownRevision { .. }));
    assert!(answers.drain(..).all(unknown));
    assert_eq!(fixture.store.loads(), 1);
    assert_eq!(fixture.store.revision_reads(), 2);
}

#[tokio::test]
async fn an_organization_made_during_a_failing_look_is_found_by_the_callers_that_waited() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    let made = async {
        fixture.store.a_call_stopped().await;
        fixture.store.put(rows(7, 1));
        fixture.engine.observe(organization(7), revision(1));
        fixture.store.set_slow(false);
        fixture.store.let_one_go();
    };
    let (_, waited, ()) = tokio::join!(
        fixture.engine.snapshot(organization(7), None),
        fixture.engine.snapshot(organization(7), None),
        made
    );
    assert_eq!(waited.unwrap().revision(), revision(1));
}

#[tokio::test]
async fn a_caller_that_waits_hears_of_writes_after_another_found_no_organization() {
    let fixture = fixture();
    let (store, engine) = (&fixture.store, &fixture.engine);
    store.set_slow(true);
    let made_and_changed = async {
        store.a_call_stopped().await;
        store.put(rows(7, 1));
        engine.observe(organization(7), revision(1));
        store.let_one_go();
        // The second caller has read revision 1 when the next write comes.
        store.a_call_stopped().await;
        store.put(rows(7, 2));
        engine.observe(organization(7), revision(2));
        store.set_slow(false);
        store.let_one_go();
    };
    let (first, second, ()) = tokio::join!(
        engine.snapshot(organization(7), None),
        engine.snapshot(organization(7), None),
        made_and_changed
    );
    assert!(matches!(first, Err(PolicyError::UnknownOrganization)));
    assert_eq!(second.unwrap().revision(), revision(1), "as it began");
    let third = engine.snapshot(organization(7), None).await;
    assert_eq!(third.unwrap().revision(), revision(2));
}

#[tokio::test]
async fn when_the_caller_that_loads_gives_up_another_takes_over() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    let mut leader = Box::pin(fixture.engine.snapshot(organization(1), None));
    let mut followers = pin!(join_all(
        (0..10).map(|_| fixture.engine.snapshot(organization(1), None))
    ));
    let mut context = Context::from_waker(Waker::noop());
    assert!(leader.as_mut().poll(&mut context).is_pending());
    fixture.store.a_call_stopped().await;
    assert!(matches!(
        followers.as_mut().poll(&mut context),
        Poll::Pending
    ));
    drop(leader);
    fixture.store.set_slow(false);
    let answers = followers.await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(fixture.store.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_turn_for_ever() {
    let fixture = fixture();
    fixture.store.set_slow(true);
    let mut leader = Box::pin(fixture.engine.snapshot(organization(1), None));
    let mut context = Context::from_waker(Waker::noop());
    assert!(leader.as_mut().poll(&mut context).is_pending());
    let late = fixture.engine.snapshot(organization(1), None).await;
    assert!(matches!(late, Err(PolicyError::Unavailable(Some(_)))));
}

#[tokio::test]
async fn organizations_do_not_wait_for_each_other() {
    let fixture = fixture();
    fixture.store.put(rows(2, 1));
    fixture.store.set_slow(true);
    let other = async {
        fixture.store.a_call_stopped().await;
        fixture.store.set_slow(false);
        let answer = fixture.engine.snapshot(organization(2), None).await;
        fixture.store.let_one_go();
        answer
    };
    let (first, second) = tokio::join!(fixture.engine.snapshot(organization(1), None), other);
    assert!(first.is_ok());
    assert!(second.is_ok());
}

/// Writers, readers and polls at full speed over a cache that is too small for
/// the organizations, so that entries come and go all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_is_ever_behind_an_observed_write() {
    const ORGANIZATIONS: usize = 4;
    const WRITES: i64 = 300;
    let fixture = fixture_with(EngineOptions {
        max_organizations: 2,
        ..EngineOptions::default()
    });
    let written: Arc<[AtomicI64; ORGANIZATIONS]> = Arc::default();
    let mut tasks = JoinSet::new();
    for (id, written_here) in (1i64..).zip(0..ORGANIZATIONS) {
        fixture.store.put(rows(id, 1));
        let (store, engine) = (Arc::clone(&fixture.store), Arc::clone(&fixture.engine));
        let written = Arc::clone(&written);
        tasks.spawn(async move {
            for number in 2..=WRITES {
                store.put(rows(id, number));
                engine.observe(organization(id), revision(number));
                written[written_here].store(number, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        });
    }
    for reader in 0..4 {
        let (engine, clock) = (Arc::clone(&fixture.engine), Arc::clone(&fixture.clock));
        let written = Arc::clone(&written);
        tasks.spawn(async move {
            let mut at = reader;
            while written.iter().any(|w| w.load(Ordering::SeqCst) < WRITES) {
                at = (at + 1) % ORGANIZATIONS;
                let floor = written[at].load(Ordering::SeqCst);
                let id = organization(i64::try_from(at).unwrap() + 1);
                // However often it is written meanwhile.
                let snapshot = engine.snapshot(id, None).await.unwrap();
                assert!(snapshot.revision().get() >= floor);
                clock.advance(Duration::from_millis(100));
                engine.poll().await.unwrap();
                // Nothing above has to wait; without this, readers could keep
                // every thread to themselves and no writer would run.
                tokio::task::yield_now().await;
            }
        });
    }
    while let Some(finished) = tasks.join_next().await {
        finished.unwrap();
    }
    for id in 1..=4 {
        let answer = fixture.engine.snapshot(organization(id), None).await;
        assert_eq!(answer.unwrap().revision(), revision(WRITES));
    }
}
