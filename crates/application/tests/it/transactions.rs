//! `transact`: commit, roll back, run again.

use std::sync::atomic::{AtomicU32, Ordering};

use auth_application::identity::AuthError;
use auth_application::transact;
use auth_domain::error::{Constraint, PortError};

use crate::fakes::{FakeStore, MockReads, MockTx};

fn store_of(transactions: usize) -> FakeStore {
    let prepared = (0..transactions).map(|_| MockTx::default()).collect();
    FakeStore::with(MockReads::default(), prepared)
}

#[tokio::test]
async fn a_use_case_that_succeeds_is_committed_once() {
    let store = store_of(1);
    let value = transact::<_, AuthError, _>(&store, |_tx| Box::pin(async { Ok(7) })).await;
    assert_eq!(value.unwrap(), 7);
    assert_eq!(store.ended(), (1, 1, 0));
}

#[tokio::test]
async fn a_use_case_that_fails_is_rolled_back_and_not_run_again() {
    let store = store_of(1);
    let failed = transact::<(), _, _>(&store, |_tx| {
        Box::pin(async { Err(AuthError::from(PortError::NotUnique(Constraint::Email))) })
    })
    .await;
    assert!(matches!(failed, Err(AuthError::Infrastructure(_))));
    assert_eq!(store.ended(), (1, 0, 1));
}

#[tokio::test]
async fn a_use_case_that_lost_a_race_runs_again() {
    let store = store_of(3);
    let runs = AtomicU32::new(0);
    let value = transact::<_, AuthError, _>(&store, |_tx| {
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
    let store = store_of(5);
    let failed = transact::<(), _, _>(&store, |_tx| {
        Box::pin(async { Err(AuthError::from(PortError::Retryable("deadlock".into()))) })
    })
    .await;
    let error = failed.unwrap_err();
    assert_eq!(auth_application::error::UseCaseError::code(&error), "busy");
    assert_eq!(store.ended(), (5, 0, 5));
}
