use std::sync::Arc;
use std::time::Duration;

use auth_application::mail::MailJobs;
use auth_application::security::AlertService;

use crate::Supervisor;
use crate::failures::Failures;

/// Does the mail jobs that are ready, every `period`. Several processes may:
/// each job is claimed by one.
pub fn mail_tokens(supervisor: &Supervisor, jobs: Arc<MailJobs>, period: Duration) {
    let failures = Arc::new(Failures::of("mail jobs"));
    supervisor.every("mail-jobs", period, move || {
        let (jobs, failures) = (Arc::clone(&jobs), Arc::clone(&failures));
        async move {
            loop {
                match jobs.run_next().await {
                    Ok(true) => failures.ended(),
                    Ok(false) => return failures.ended(),
                    Err(error) => return failures.met(&error),
                }
            }
        }
    });
}

/// Raises alerts for repeated failures to sign in, every `period`. Several
/// processes may: an alert is raised once.
pub fn raise_alerts(supervisor: &Supervisor, alerts: Arc<AlertService>, period: Duration) {
    let failures = Arc::new(Failures::of("security alerts"));
    supervisor.every("security-alerts", period, move || {
        let (alerts, failures) = (Arc::clone(&alerts), Arc::clone(&failures));
        async move {
            match alerts.raise_for_failures().await {
                Ok(_raised) => failures.ended(),
                Err(error) => failures.met(&error),
            }
        }
    });
}
