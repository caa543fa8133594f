//! Waking the runner.

use async_trait::async_trait;

/// Tells a runner that jobs were committed, so that it need not ask the store
/// all the time. A lost signal delays a job until the runner's next poll and
/// does no other harm.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait JobSignal: Send + Sync {
    /// Wakes the runner of this process. The store does it after the commit of
    /// a transaction that enqueued.
    fn notify(&self);

    /// Waits for a signal. One that was given since the last wait ended MUST
    /// end this one at once. A dropped wait loses no signal.
    async fn wait(&self);
}
