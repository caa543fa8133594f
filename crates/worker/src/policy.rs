use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use auth_domain::rbac::PolicyEngine;

use crate::Supervisor;

/// Polls the revisions of the policies in use every `period`, so that changes
/// made by other processes are seen. Failure is logged when it begins and when
/// it ends; in between, the engine's leases run out by themselves.
pub fn poll_policies(supervisor: &Supervisor, engine: Arc<dyn PolicyEngine>, period: Duration) {
    let failing = Arc::new(AtomicBool::new(false));
    supervisor.every("policy-poll", period, move || {
        let (engine, failing) = (Arc::clone(&engine), Arc::clone(&failing));
        async move {
            match engine.poll().await {
                Ok(()) if failing.swap(false, Ordering::Relaxed) => {
                    tracing::info!("policy revisions are read again");
                }
                Err(error) if !failing.swap(true, Ordering::Relaxed) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "policy revisions cannot be read");
                }
                Ok(()) | Err(_) => {}
            }
        }
    });
}
