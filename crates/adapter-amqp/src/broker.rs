//! The connection that is kept: made when it is needed, and made anew whenever
//! it is lost.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_domain::backoff::Backoff;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::connect::Line;
use crate::error::BrokerError;
use crate::options::AmqpOptions;

/// The wait before a new attempt to connect.
const RECONNECT: Backoff = Backoff {
    first: Duration::from_millis(250),
    last: Duration::from_secs(15),
};

pub(crate) struct Broker {
    pub(crate) options: AmqpOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    line: Option<Arc<Line>>,
    failures: u32,
    not_before: Option<Instant>,
    error: Option<BrokerError>,
    /// What was logged last; `None`: nothing yet.
    told: Option<bool>,
}

impl Broker {
    pub(crate) fn new(options: AmqpOptions) -> Self {
        Self {
            options,
            state: Mutex::default(),
        }
    }

    /// A line that is open, as far as is known. While attempts to connect are
    /// put off, the error of the last one.
    pub(crate) async fn line(&self) -> Result<Arc<Line>, BrokerError> {
        let mut state = self.state.lock().await;
        if let Some(line) = &state.line {
            match line.end() {
                None => return Ok(Arc::clone(line)),
                Some(reason) => state.lost(BrokerError::Lost(reason)),
            }
        }
        if let (Some(at), Some(error)) = (state.not_before, &state.error)
            && Instant::now() < at
        {
            return Err(error.clone());
        }
        match Line::open(&self.options).await {
            Ok(line) => {
                let line = Arc::new(line);
                state.connected(Arc::clone(&line));
                Ok(line)
            }
            Err(error) => {
                state.failed(error.clone());
                Err(error)
            }
        }
    }

    /// Closes the connection, if there is one.
    pub(crate) async fn close(&self) {
        let line = self.state.lock().await.line.take();
        if let Some(line) = line {
            line.close().await;
        }
    }
}

impl State {
    fn connected(&mut self, line: Arc<Line>) {
        *self = Self {
            line: Some(line),
            told: self.told,
            ..Self::default()
        };
        if self.told.replace(true) != Some(true) {
            tracing::info!("RabbitMQ is connected");
        }
    }

    fn lost(&mut self, error: BrokerError) {
        self.line = None;
        self.tell(&error);
        self.error = Some(error);
    }

    fn failed(&mut self, error: BrokerError) {
        self.failures = self.failures.saturating_add(1);
        let seed = u64::from(std::process::id());
        self.not_before = Some(Instant::now() + RECONNECT.wait_after(self.failures, seed));
        self.tell(&error);
        self.error = Some(error);
    }

    /// Logs that it is away when that begins, and when the reason is another.
    fn tell(&mut self, error: &BrokerError) {
        let news = self.told.replace(false) != Some(false);
        let other =
            self.error.as_ref().map(std::mem::discriminant) != Some(std::mem::discriminant(error));
        if news || other {
            tracing::warn!(%error, "events wait; connecting again in the background");
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
