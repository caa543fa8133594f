use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{
    Explanation, PolicyBroadcast, PolicyEngine, PolicyError, PolicyNews, PolicyRevision,
    PolicySnapshot,
};
use tokio::sync::mpsc::{Sender, channel};

use crate::Supervisor;

/// How many changes wait to be told. One that finds no room is not told: the
/// polls of the others find it.
const WAITING: usize = 1024;

/// A policy engine that tells other processes of the writes it observes, after
/// the commit and without making the writer wait.
struct AnnouncingEngine {
    engine: Arc<dyn PolicyEngine>,
    queue: Sender<PolicyNews>,
}

/// The same engine, which also tells others of what it observes.
pub fn announce_policies(
    supervisor: &Supervisor,
    engine: Arc<dyn PolicyEngine>,
    broadcast: Arc<dyn PolicyBroadcast>,
) -> Arc<dyn PolicyEngine> {
    let (queue, mut waiting) = channel(WAITING);
    supervisor.run("policy-announcements", async move {
        while let Some(news) = waiting.recv().await {
            if let Err(error) = broadcast.publish(news).await {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "a policy change is left to the polls");
            }
        }
    });
    Arc::new(AnnouncingEngine { engine, queue })
}

#[async_trait]
impl PolicyEngine for AnnouncingEngine {
    async fn snapshot(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
    ) -> Result<Arc<PolicySnapshot>, PolicyError> {
        self.engine.snapshot(organization, at_least).await
    }

    fn at_hand(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
    ) -> Option<Arc<PolicySnapshot>> {
        self.engine.at_hand(organization, at_least)
    }

    fn prepare(&self, organization: OrganizationId) {
        self.engine.prepare(organization);
    }

    async fn explain(
        &self,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
        user: UserId,
        permission: &str,
    ) -> Result<Explanation, PolicyError> {
        self.engine
            .explain(organization, at_least, user, permission)
            .await
    }

    fn observe(&self, organization: OrganizationId, revision: PolicyRevision) {
        self.engine.observe(organization, revision);
        let news = PolicyNews::Changed(organization, revision);
        if self.queue.try_send(news).is_err() {
            tracing::debug!(%organization, "a policy change is left to the polls");
        }
    }

    fn drop_all(&self) {
        self.engine.drop_all();
    }

    async fn poll(&self) -> Result<(), PortError> {
        self.engine.poll().await
    }
}
