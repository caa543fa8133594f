//! `serve`: the HTTP service, and in one process the background loops.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use async_trait::async_trait;
use auth_application::jobs::QUEUES;
use auth_config::{Listen, Notice, Settings};
use auth_domain::error::PortError;
use auth_domain::health::HealthProbe;
use auth_http::{HttpService, ServerOptions};
use auth_telemetry::MetricsHandle;
use auth_worker_core::{Supervisor, measure, poll_policies};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::Role;
use crate::wiring::{Components, DataDir, Secrets};
use crate::{Failure, console, wiring, work};

/// How long background loops may take to end, beside the drain of requests.
pub(crate) const LOOPS_END_WITHIN: Duration = Duration::from_secs(1);

/// How often recorded samples are folded into their buckets: until then each
/// takes memory.
const METRICS_UPKEEP: Duration = Duration::from_secs(1);

/// How often jobs, unsent events and sessions are counted.
const MEASURED_EVERY: Duration = Duration::from_secs(30);

/// Serves until a signal ends it.
pub(crate) fn run(
    settings: &Settings,
    notices: &[Notice],
    role: Role,
    migrate: bool,
) -> Result<(), Failure> {
    let data_dir = wiring::lock_data_dir(settings)?;
    let secrets = Secrets::resolve(settings, data_dir.as_ref())?;
    let _logs = wiring::init_logs(settings)?;
    wiring::log_notices(notices);
    let metrics = wiring::install_metrics()?;
    wiring::block_on(async {
        let mut components = Components::connect(settings).await?;
        let serving = async {
            wiring::prepare_schema(settings, components.store(), migrate).await?;
            serve(
                settings,
                &mut components,
                &metrics,
                &secrets,
                data_dir.as_ref(),
                role,
            )
            .await
        };
        let outcome = serving.await;
        components.close().await;
        outcome
    })
}

async fn serve(
    settings: &Settings,
    components: &mut Components,
    metrics: &MetricsHandle,
    secrets: &Secrets,
    data_dir: Option<&DataDir>,
    role: Role,
) -> Result<(), Failure> {
    let supervisor = Supervisor::new();
    poll_policies(&supervisor, components.policy_feed(), settings.policy.poll);
    components.join_others(&supervisor);
    let app = Arc::new(components.application(settings, secrets)?);
    if role == Role::AllInOne {
        work::start_jobs(&supervisor, components, &app);
    }
    let jobs = Arc::new(components.job_administration());
    measure(&supervisor, "job-gauges", MEASURED_EVERY, move || {
        let jobs = Arc::clone(&jobs);
        async move { jobs.measure(QUEUES).await }
    });
    let outbox = Arc::new(components.outbox_administration());
    measure(&supervisor, "outbox-gauges", MEASURED_EVERY, move || {
        let outbox = Arc::clone(&outbox);
        async move { outbox.measure().await }
    });
    let sessions = Arc::new(components.session_gauges());
    measure(&supervisor, "session-gauges", MEASURED_EVERY, move || {
        let sessions = Arc::clone(&sessions);
        async move { sessions.measure().await }
    });
    let upkeep = metrics.clone();
    supervisor.every("metrics-upkeep", METRICS_UPKEEP, move || {
        upkeep.run_upkeep();
        std::future::ready(())
    });
    let ending = Ending::default();
    let service = components.http_service(app, settings, secrets, metrics, &ending);
    let (running, addresses) = listen(&service, &settings.listen)?;
    let signals = EndSignals::listen()?;
    let handle = running.handle();
    greet(&addresses, secrets, data_dir);
    tracing::info!(address = ?addresses, ?role, version = env!("CARGO_PKG_VERSION"), "listening");
    let delay = settings.listen.shutdown_delay;
    let drain = async move {
        let signal = signals.next().await;
        tracing::info!(signal, delay_seconds = delay.as_secs(), "draining");
        ending.begin();
        tokio::time::sleep(delay).await;
        handle.stop(true).await;
    };
    let (outcome, ()) = tokio::join!(running, drain);
    let ended = supervisor.shutdown(LOOPS_END_WITHIN).await;
    tracing::info!(loops_ended = ended, "stopped");
    outcome.map_err(|e| Failure::caused("the server ended", &e))
}

/// Listens on all addresses of the host.
fn listen(service: &HttpService, listen: &Listen) -> Result<(Server, Vec<SocketAddr>), Failure> {
    let (host, port) = (listen.host.as_str(), listen.port);
    let options = ServerOptions {
        workers: listen.workers,
        backlog: listen.backlog,
        max_connections: listen.max_connections,
        keep_alive: listen.keep_alive,
        head_timeout: listen.head_timeout,
        drain: listen.drain,
    };
    let addresses = (host, port).to_socket_addrs();
    let addresses = addresses.map(Iterator::collect::<Vec<_>>);
    let listening = addresses.and_then(|found| auth_http::serve(service, &found, &options));
    listening.map_err(|e| {
        let what = format!(
            "cannot listen on {host}:{port} (is another program there? --port chooses another)"
        );
        Failure::caused(what, &e)
    })
}

/// Whether the process was told to end: `readyz` says so, and balancers look
/// elsewhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ending(Arc<AtomicBool>);

impl Ending {
    fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl HealthProbe for Ending {
    fn name(&self) -> &'static str {
        "process"
    }

    fn required(&self) -> bool {
        true
    }

    async fn probe(&self) -> Result<(), PortError> {
        if self.0.load(Ordering::Relaxed) {
            return Err(PortError::Unavailable("it was told to end".into()));
        }
        Ok(())
    }
}

/// The signals that end a process in order. Listened to before the process
/// says that it is ready, so that none is missed.
pub(crate) struct EndSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl EndSignals {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let listen =
            |kind| signal(kind).map_err(|e| Failure::caused("signals cannot be listened to", &e));
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for one; answers which it was.
    pub(crate) async fn next(mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// Tells a person at the terminal what runs where, and what to do first.
fn greet(addresses: &[SocketAddr], secrets: &Secrets, data_dir: Option<&DataDir>) {
    let Some(address) = addresses.first() else {
        return;
    };
    console::err(format!(
        "auth-microservice {} listens on http://{address}",
        env!("CARGO_PKG_VERSION")
    ));
    console::err(format!("  Documentation:   http://{address}/api/docs"));
    if let Some(dir) = data_dir {
        console::err(format!("  Data directory:  {}", dir.path().display()));
        for path in secrets.created() {
            console::err(format!("  New secret:      {}", path.display()));
        }
    }
    console::err(
        "  First superuser: auth-microservice createsuperuser --username NAME --email ADDRESS \
         --first-name NAME --last-name NAME",
    );
}
