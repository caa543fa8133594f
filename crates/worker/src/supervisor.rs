use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The wait before a task that panicked begins anew.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// Tells a task that it shall end.
#[derive(Debug, Clone)]
pub struct Stop(CancellationToken);

impl Stop {
    /// Waits until the task shall end.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// Waits for that, at most so long; answers whether it shall end.
    pub async fn within(&self, time: Duration) -> bool {
        timeout(time, self.requested()).await.is_ok()
    }
}

/// Starts background loops, and ends them all at shutdown.
#[derive(Debug, Default)]
pub struct Supervisor {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Supervisor {
    /// A supervisor without loops.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `job` at once and then every `period`, one run at a time, until
    /// shutdown. A run that panics is logged and does not end the loop.
    pub fn every<F, Fut>(&self, name: &'static str, period: Duration, mut job: F)
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let stop = self.stop.clone();
        let rounds = async move {
            let mut ticks = interval(period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                if AssertUnwindSafe(job()).catch_unwind().await.is_err() {
                    tracing::error!(job = name, "a background job panicked");
                }
            }
        };
        // A run in progress is dropped at shutdown: jobs leave what they have
        // not committed to the next start.
        self.tasks.spawn(async move {
            let _ended = stop.run_until_cancelled(rounds).await;
            tracing::debug!(job = name, "a background loop ended");
        });
    }

    /// Runs one task that ends by itself or at shutdown.
    pub fn run(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let _ended = stop.run_until_cancelled(task).await;
            tracing::debug!(task = name, "a background task ended");
        });
    }

    /// Runs one task that ends its work by itself once it is told to stop. A
    /// task that panics is logged and begins anew.
    pub fn run_to_end<F, Fut>(&self, name: &'static str, mut task: F)
    where
        F: FnMut(Stop) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let stop = Stop(self.stop.clone());
        self.tasks.spawn(async move {
            while AssertUnwindSafe(task(stop.clone()))
                .catch_unwind()
                .await
                .is_err()
            {
                tracing::error!(task = name, "a background task panicked");
                if stop.within(RESTART_AFTER).await {
                    break;
                }
            }
            tracing::debug!(task = name, "a background task ended");
        });
    }

    /// Ends all loops and waits until they have, at most `within`. Answers
    /// whether they had.
    pub async fn shutdown(&self, within: Duration) -> bool {
        self.stop.cancel();
        self.tasks.close();
        timeout(within, self.tasks.wait()).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    async fn runs_until(runs: &AtomicU32, wanted: u32) {
        while runs.load(Ordering::SeqCst) < wanted {
            tokio::time::advance(Duration::from_millis(100)).await;
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_runs_until_shutdown_and_not_after() {
        let supervisor = Supervisor::new();
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        supervisor.every("count", Duration::from_millis(100), move || {
            counted.fetch_add(1, Ordering::SeqCst);
            std::future::ready(())
        });
        runs_until(&runs, 3).await;
        assert!(supervisor.shutdown(Duration::from_secs(1)).await);
        let at_shutdown = runs.load(Ordering::SeqCst);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(runs.load(Ordering::SeqCst), at_shutdown);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_panics_does_not_end_the_loop() {
        let supervisor = Supervisor::new();
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        supervisor.every("panic", Duration::from_millis(100), move || {
            let run = counted.fetch_add(1, Ordering::SeqCst);
            async move { assert_ne!(run, 0, "the first run fails") }
        });
        runs_until(&runs, 2).await;
        assert!(supervisor.shutdown(Duration::from_secs(1)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_ends_a_run_that_hangs() {
        let supervisor = Supervisor::new();
        supervisor.every("hang", Duration::from_millis(100), std::future::pending);
        tokio::task::yield_now().await;
        assert!(supervisor.shutdown(Duration::from_secs(1)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panicked_begins_anew_and_ends_its_work_at_shutdown() {
        let supervisor = Supervisor::new();
        let (runs, ended) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let (counted, counted_ends) = (Arc::clone(&runs), Arc::clone(&ended));
        supervisor.run_to_end("panic", move |stop| {
            let run = counted.fetch_add(1, Ordering::SeqCst);
            let ended = Arc::clone(&counted_ends);
            async move {
                assert_ne!(run, 0, "the first run fails");
                stop.requested().await;
                tokio::time::sleep(Duration::from_millis(500)).await;
                ended.fetch_add(1, Ordering::SeqCst);
            }
        });
        runs_until(&runs, 2).await;
        assert!(supervisor.shutdown(Duration::from_secs(1)).await);
        assert_eq!(ended.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panicked_does_not_begin_anew_at_shutdown() {
        let supervisor = Supervisor::new();
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        supervisor.run_to_end("panic", move |_stop| {
            counted.fetch_add(1, Ordering::SeqCst);
            async { panic!("each run fails") }
        });
        runs_until(&runs, 1).await;
        assert!(supervisor.shutdown(Duration::from_millis(500)).await);
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }
}
