//! Policy news of one process.

use std::future::pending;

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::rbac::{PolicyBroadcast, PolicyNews};
use tokio::sync::Mutex;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// How much news is kept for the listener; past it the oldest go.
const MAX_NEWS: usize = 256;

/// Tells this instance, the only one, of policy changes.
#[derive(Debug)]
pub struct MemoryPolicyBroadcast {
    sender: Sender<PolicyNews>,
    listener: Mutex<Receiver<PolicyNews>>,
}

impl Default for MemoryPolicyBroadcast {
    fn default() -> Self {
        let (sender, listener) = channel(MAX_NEWS);
        Self {
            sender,
            listener: Mutex::new(listener),
        }
    }
}

#[async_trait]
impl PolicyBroadcast for MemoryPolicyBroadcast {
    async fn publish(&self, news: PolicyNews) -> Result<(), PortError> {
        // It fails without listeners only, and one is here.
        let _listeners = self.sender.send(news);
        Ok(())
    }

    async fn next(&self) -> PolicyNews {
        match self.listener.lock().await.recv().await {
            Ok(news) => news,
            Err(RecvError::Lagged(_)) => PolicyNews::DropAll,
            Err(RecvError::Closed) => pending().await,
        }
    }
}
