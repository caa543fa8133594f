use std::sync::Arc;
use std::time::Duration;

use auth_domain::rbac::{PolicyBroadcast, PolicyFeed, PolicyNews};

use crate::Supervisor;
use crate::failures::Failures;

/// Polls the revisions of the policies in use every `period`, so that changes
/// made by other processes are seen. Failure is logged when it begins and when
/// it ends; in between, the engine's leases run out by themselves.
pub fn poll_policies(supervisor: &Supervisor, engine: Arc<dyn PolicyFeed>, period: Duration) {
    let failures = Arc::new(Failures::of("policy poll"));
    supervisor.every("policy-poll", period, move || {
        let (engine, failures) = (Arc::clone(&engine), Arc::clone(&failures));
        async move {
            match engine.poll().await {
                Ok(()) => failures.ended(),
                Err(error) => failures.met(&error),
            }
        }
    });
}

/// Tells the engine at once what other processes say has changed. What is lost
/// on the way, the poll finds.
pub fn hear_policies(
    supervisor: &Supervisor,
    engine: Arc<dyn PolicyFeed>,
    broadcast: Arc<dyn PolicyBroadcast>,
) {
    supervisor.run("policy-news", async move {
        loop {
            match broadcast.next().await {
                PolicyNews::Changed(organization, revision) => {
                    engine.observe(organization, revision);
                }
                PolicyNews::DropAll => engine.drop_all(),
            }
        }
    });
}
