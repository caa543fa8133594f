//! The one way to write.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use auth_domain::error::PortError;
use auth_domain::store::{Repositories, Store, UnitOfWork};
use futures::future::BoxFuture;

use crate::error::UseCaseError;

/// How often a transaction that lost a race runs at most.
const ATTEMPTS: u32 = 5;

/// The repositories of a running transaction.
///
/// The second lifetime is that of what the closure borrows from around it; it
/// only tells the compiler that those borrows outlive the transaction.
pub struct Tx<'t, 'env> {
    repositories: &'t mut (dyn Repositories + 't),
    env: PhantomData<&'t &'env ()>,
}

impl<'t> Deref for Tx<'t, '_> {
    type Target = dyn Repositories + 't;

    fn deref(&self) -> &Self::Target {
        self.repositories
    }
}

impl DerefMut for Tx<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.repositories
    }
}

/// Runs `work` in a transaction: commits on `Ok`, rolls back on `Err` and when
/// the caller goes away, and runs it again when it lost a race against another
/// transaction.
///
/// Inside: no network call, no hashing, no waiting. What shall happen only
/// after the commit (telling the policy engine, answering) comes after this
/// returns.
pub async fn transact<'env, T, E, F>(store: &dyn Store, work: F) -> Result<T, E>
where
    E: UseCaseError + From<PortError>,
    F: for<'t> Fn(Tx<'t, 'env>) -> BoxFuture<'t, Result<T, E>>,
{
    let mut attempt = 1;
    loop {
        match attempt_once(store, &work).await {
            Err(error) if error.lost_race() && attempt < ATTEMPTS => {
                tracing::debug!(attempt, "a transaction lost a race and runs again");
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

async fn attempt_once<'env, T, E, F>(store: &dyn Store, work: &F) -> Result<T, E>
where
    E: From<PortError>,
    F: for<'t> Fn(Tx<'t, 'env>) -> BoxFuture<'t, Result<T, E>>,
{
    let mut unit = store.begin().await?;
    let outcome = work(Tx {
        repositories: as_repositories(unit.as_mut()),
        env: PhantomData,
    })
    .await;
    match outcome {
        Ok(value) => {
            unit.commit().await?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = unit.rollback().await {
                // The store undoes an uncommitted transaction by itself; the
                // caller needs the first error.
                tracing::warn!(
                    error = &rollback as &dyn std::error::Error,
                    "rollback failed"
                );
            }
            Err(error)
        }
    }
}

fn as_repositories(unit: &mut dyn UnitOfWork) -> &mut dyn Repositories {
    unit
}
