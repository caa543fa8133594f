use std::sync::Arc;

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::OrganizationId;
use auth_domain::rbac::{PolicyBroadcast, PolicyFeed, PolicyNews, PolicyRevision};
use tokio::sync::mpsc::{Sender, channel};

use crate::Supervisor;

/// How many changes wait to be told. One that finds no room is not told: the
/// polls of the others find it.
const WAITING: usize = 1024;

/// A policy feed that tells other processes of the writes it observes, after
/// the commit and without making the writer wait.
struct AnnouncingFeed {
    feed: Arc<dyn PolicyFeed>,
    queue: Sender<PolicyNews>,
}

/// The same feed, which also tells others of what it observes.
pub fn announce_policies(
    supervisor: &Supervisor,
    feed: Arc<dyn PolicyFeed>,
    broadcast: Arc<dyn PolicyBroadcast>,
) -> Arc<dyn PolicyFeed> {
    let (queue, mut waiting) = channel(WAITING);
    supervisor.run("policy-announcements", async move {
        while let Some(news) = waiting.recv().await {
            if let Err(error) = broadcast.publish(news).await {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "a policy change is left to the polls");
            }
        }
    });
    Arc::new(AnnouncingFeed { feed, queue })
}

#[async_trait]
impl PolicyFeed for AnnouncingFeed {
    fn observe(&self, organization: OrganizationId, revision: PolicyRevision) {
        self.feed.observe(organization, revision);
        let news = PolicyNews::Changed(organization, revision);
        if self.queue.try_send(news).is_err() {
            tracing::debug!(%organization, "a policy change is left to the polls");
        }
    }

    fn drop_all(&self) {
        self.feed.drop_all();
    }

    async fn poll(&self) -> Result<(), PortError> {
        self.feed.poll().await
    }
}
