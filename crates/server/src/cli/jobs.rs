//! `jobs`: background jobs, listed or redriven.

use auth_application::jobs::JobAdministration;
use auth_config::Settings;
use auth_domain::ids::JobId;
use auth_domain::jobs::{DeadJobs, JobFilter, JobRecord};

use super::args::{JobsCommand, JobsListArgs, JobsRedriveArgs};
use crate::console::{cell, time};
use crate::wiring::{self, Components};
use crate::{Failure, console};

/// How many jobs are read at once.
const PAGE: u32 = 500;
/// The name under which a redrive is logged.
const PROGRAM: &str = "auth-microservice jobs redrive";
const HEADER: &str = "ID\tQUEUE\tSTATE\tATTEMPTS\tASKED FOR\tREADY OR DEAD\tREQUEST\tERROR";

pub(super) fn run(settings: &Settings, command: &JobsCommand) -> Result<(), Failure> {
    let _logs = wiring::init_command_logs(settings)?;
    wiring::block_on(async {
        let (components, _app) = Components::connect_for_command(settings).await?;
        let jobs = components.job_administration();
        let outcome = match command {
            JobsCommand::List(args) => list(&jobs, args).await,
            JobsCommand::Redrive(args) => redrive(&jobs, args).await,
        };
        components.close().await;
        outcome
    })
}

async fn list(jobs: &JobAdministration, args: &JobsListArgs) -> Result<(), Failure> {
    let filter = JobFilter {
        queue: args.queue.clone(),
        dead: args.dead,
    };
    console::out(HEADER);
    let mut after: Option<JobId> = None;
    loop {
        let page = jobs.list(&filter, after, PAGE).await;
        let page = page.map_err(|e| Failure::caused("the jobs cannot be read", &e))?;
        for job in &page {
            console::out(line(job));
        }
        match page.last() {
            Some(last) => after = Some(last.id),
            None => return Ok(()),
        }
    }
}

async fn redrive(jobs: &JobAdministration, args: &JobsRedriveArgs) -> Result<(), Failure> {
    let which = match (args.id, &args.queue) {
        (Some(id), _) => DeadJobs::One(id),
        (None, Some(queue)) => DeadJobs::Of(queue.clone()),
        (None, None) => DeadJobs::All,
    };
    let redriven = jobs.redrive(&which, PROGRAM).await;
    let redriven = redriven.map_err(|e| Failure::caused("the jobs cannot be redriven", &e))?;
    if let (DeadJobs::One(id), 0) = (&which, redriven) {
        return Err(Failure::new(format!("job {id} is not a dead job")));
    }
    console::out(match redriven {
        1 => "Redrove 1 job.".to_owned(),
        count => format!("Redrove {count} jobs."),
    });
    Ok(())
}

fn line(job: &JobRecord) -> String {
    [
        job.id.to_string(),
        job.queue.to_string(),
        job.state.to_string(),
        job.attempts.to_string(),
        time(job.created_at),
        time(job.run_at),
        cell(job.request_id.as_deref()),
        cell(job.last_error.as_deref()),
    ]
    .join("\t")
}
