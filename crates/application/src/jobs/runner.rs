//! The runner: claims jobs, runs their handlers, and notes what became of them.

use std::error::Error;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::backoff::Backoff;
use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::jobs::{ClaimedJob, JobClaims, QueueName};
use futures::FutureExt as _;

use super::{Handlers, JobError};

/// How long a job or a scheduled task that failed waits.
pub(super) const WAITS: Backoff = Backoff {
    first: Duration::from_secs(5),
    last: Duration::from_mins(5),
};
/// How often the end of a claim is written that lost a race.
const WRITES: u32 = 5;
/// How much of an error is kept with a job, in bytes.
const ERROR_BYTES: usize = 1_000;

/// How jobs are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunnerOptions {
    /// How many jobs run at once.
    pub at_once: u32,
    /// How long a claimed job is no other runner's. A run may take four fifths
    /// of it; the rest is for noting its outcome.
    pub lease: Duration,
    /// How often a job is tried before it is dead.
    pub attempts: u32,
}

impl Default for RunnerOptions {
    /// Eight jobs at once, a minute each, 30 attempts: with the waits in
    /// between, those last about two hours.
    fn default() -> Self {
        Self {
            at_once: 8,
            lease: Duration::from_mins(1),
            attempts: 30,
        }
    }
}

impl RunnerOptions {
    /// How long a run may take.
    fn limit(&self) -> Duration {
        self.lease / 5 * 4
    }
}

/// Runs jobs. A loop of the worker decides when.
pub struct JobRunner {
    claims: Arc<dyn JobClaims>,
    clock: Arc<dyn Clock>,
    handlers: Handlers,
    queues: Vec<QueueName>,
    options: RunnerOptions,
}

/// What became of a run.
enum Outcome {
    Done,
    Retry(String),
    Dead(String),
}

impl Outcome {
    fn label(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retry(_) => "retried",
            Self::Dead(_) => "dead",
        }
    }
}

impl JobRunner {
    /// A runner over its ports.
    pub fn new(
        claims: Arc<dyn JobClaims>,
        clock: Arc<dyn Clock>,
        handlers: Handlers,
        options: RunnerOptions,
    ) -> Self {
        Self {
            claims,
            clock,
            queues: handlers.queues(),
            handlers,
            options,
        }
    }

    /// How many jobs run at once.
    pub fn at_once(&self) -> usize {
        usize::try_from(self.options.at_once).unwrap_or(usize::MAX)
    }

    /// Claims at most `most` jobs that are ready. Fewer than `most`: no other
    /// was ready.
    pub async fn claim(&self, most: usize) -> Result<Vec<ClaimedJob>, PortError> {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        let now = self.clock.now();
        self.claims
            .claim(&self.queues, most, now, self.options.lease)
            .await
    }

    /// Runs a claimed job and notes what became of it. An outcome that cannot
    /// be noted is logged: when the lease has passed, the job is run again.
    pub async fn run(&self, job: ClaimedJob) {
        let outcome = self.outcome(&job).await;
        metrics::counter!(
            "auth_jobs_total",
            "queue" => job.queue.as_str().to_owned(), "outcome" => outcome.label()
        )
        .increment(1);
        log(&job, &outcome);
        if let Err(error) = self.note(&job, &outcome).await {
            let error = &error as &dyn Error;
            tracing::warn!(error, job_id = %job.id, "the outcome of a job could not be noted");
        }
    }

    async fn outcome(&self, job: &ClaimedJob) -> Outcome {
        // Only runs that ended with their process leave so many attempts.
        if job.attempts > self.options.attempts {
            return Outcome::Dead("no attempt came to an end".to_owned());
        }
        match self.attempt(job).await {
            Ok(()) => Outcome::Done,
            Err(JobError::Fail(error)) => Outcome::Dead(text(&*error)),
            Err(JobError::Retry(error)) if job.attempts == self.options.attempts => {
                Outcome::Dead(text(&*error))
            }
            Err(JobError::Retry(error)) => Outcome::Retry(text(&*error)),
        }
    }

    async fn attempt(&self, job: &ClaimedJob) -> Result<(), JobError> {
        let run = AssertUnwindSafe(self.handlers.run(job)).catch_unwind();
        match tokio::time::timeout(self.options.limit(), run).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic_that_was_printed)) => Err(JobError::retry("the handler panicked")),
            Err(_elapsed) => Err(JobError::retry("the run took longer than its lease allows")),
        }
    }

    async fn note(&self, job: &ClaimedJob, outcome: &Outcome) -> Result<(), PortError> {
        let now = self.clock.now();
        let mut writes = 1;
        loop {
            let noted = match outcome {
                Outcome::Done => self.claims.finish(job).await,
                Outcome::Retry(error) => {
                    let seed = u64::try_from(job.id.get()).unwrap_or_default();
                    let at = now + WAITS.wait_after(job.attempts, seed);
                    self.claims.retry(job, at, error).await
                }
                Outcome::Dead(reason) => self.claims.fail(job, now, reason).await,
            };
            match noted {
                Err(error) if error.is_retryable() && writes < WRITES => writes += 1,
                noted => return noted,
            }
        }
    }
}

impl fmt::Debug for JobRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobRunner")
            .field("queues", &self.queues)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn log(job: &ClaimedJob, outcome: &Outcome) {
    let (id, queue, attempts) = (job.id, &job.queue, job.attempts);
    let request_id = job.request_id.as_deref();
    match outcome {
        Outcome::Done => {
            tracing::debug!(job_id = %id, %queue, attempts, request_id, "a job is done");
        }
        Outcome::Retry(error) => {
            tracing::warn!(job_id = %id, %queue, attempts, request_id, error, "a job is put off");
        }
        Outcome::Dead(reason) => {
            tracing::error!(job_id = %id, %queue, attempts, request_id, reason, "a job is dead");
        }
    }
}

/// An error with its causes, in one line.
pub(super) fn text(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (**error).source());
    let mut parts: Vec<String> = causes.map(ToString::to_string).collect();
    // A transparent error says the same as its cause.
    parts.dedup();
    let mut text = parts.join(": ");
    text.truncate(text.floor_char_boundary(ERROR_BYTES));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: String,
        source: Option<Box<Layer>>,
    }

    fn layers(texts: &[&str]) -> Option<Box<Layer>> {
        let (first, rest) = texts.split_first()?;
        Some(Box::new(Layer {
            text: (*first).to_owned(),
            source: layers(rest),
        }))
    }

    #[test]
    fn an_error_is_kept_with_its_causes_each_once() {
        let error = layers(&["not now", "not now", "refused"]).unwrap();
        assert_eq!(text(&*error), "not now: refused");
    }

    #[test]
    fn of_a_long_error_the_beginning_is_kept_in_whole_characters() {
        let error = layers(&[&"ä".repeat(501)]).unwrap();
        assert_eq!(text(&*error), "ä".repeat(500));
        let error = layers(&[&format!("a{}", "ä".repeat(501))]).unwrap();
        assert_eq!(text(&*error).len(), 999);
    }
}
