//! Jobs as an operator sees them, and as gauges.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use auth_domain::clock::Clock;
use auth_domain::error::PortError;
use auth_domain::ids::JobId;
use auth_domain::jobs::{DeadJobs, JobAdmin, JobFilter, JobRecord, QueueName};

use crate::gauge::gauge_value;

/// The label of jobs whose queue this version does not know.
const OTHER: &str = "other";

/// Lists jobs, redrives dead ones, and measures how many there are.
pub struct JobAdministration {
    jobs: Arc<dyn JobAdmin>,
    clock: Arc<dyn Clock>,
}

impl JobAdministration {
    /// The administration over its ports.
    pub fn new(jobs: Arc<dyn JobAdmin>, clock: Arc<dyn Clock>) -> Self {
        Self { jobs, clock }
    }

    /// At most `limit` jobs with ids above `after`, by id.
    pub async fn list(
        &self,
        filter: &JobFilter,
        after: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<JobRecord>, PortError> {
        self.jobs.list(filter, after, limit).await
    }

    /// Lets dead jobs be tried again, answers how many, and logs `by`, the
    /// program or person that asked.
    pub async fn redrive(&self, which: &DeadJobs, by: &str) -> Result<u64, PortError> {
        let redriven = self.jobs.redrive(which, self.clock.now()).await?;
        let jobs = match which {
            DeadJobs::One(id) => format!("job {id}"),
            DeadJobs::Of(queue) => format!("queue {queue}"),
            DeadJobs::All => "all".to_owned(),
        };
        tracing::info!(
            action = "jobs.redriven",
            by,
            jobs,
            redriven,
            "dead jobs were redriven"
        );
        Ok(redriven)
    }

    /// Sets the gauges of waiting, claimed and dead jobs of `queues`; jobs of
    /// any other queue are `other`.
    pub async fn measure(&self, queues: &[QueueName]) -> Result<(), PortError> {
        let known = queues.iter().map(|queue| queue.as_str().to_owned());
        let mut counts: BTreeMap<String, [u64; 3]> = known
            .chain([OTHER.to_owned()])
            .map(|queue| (queue, [0; 3]))
            .collect();
        for found in self.jobs.counts().await? {
            let known = counts.contains_key(found.queue.as_str());
            let label = if known { found.queue.as_str() } else { OTHER };
            let count = counts.entry(label.to_owned()).or_default();
            let [waiting, claimed, dead] = *count;
            *count = [
                waiting + found.waiting,
                claimed + found.claimed,
                dead + found.dead,
            ];
        }
        for (queue, [waiting, claimed, dead]) in counts {
            for (state, count) in [("waiting", waiting), ("claimed", claimed), ("dead", dead)] {
                metrics::gauge!("auth_jobs", "queue" => queue.clone(), "state" => state)
                    .set(gauge_value(count));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for JobAdministration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobAdministration").finish_non_exhaustive()
    }
}
