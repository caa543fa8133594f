//! The HTTP/1.1 server: what the library decides by default is decided here.

use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::KeepAlive;
use actix_server::{Server, ServerBuilder};
use actix_service::{
    IntoServiceFactory as _, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config,
};
use actix_web::dev::AppConfig;
use tokio::net::{TcpSocket, TcpStream};

use crate::app::{HttpService, app};
use crate::edge::Connection;

/// How long a client may take to close a connection that was closed here.
const DISCONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How connections are taken and kept.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Threads that serve.
    pub workers: usize,
    /// Connections that may wait to be accepted.
    pub backlog: u32,
    /// Connections of one thread at once; further ones wait.
    pub max_connections: usize,
    /// How long a connection is kept without a request; zero: it is closed
    /// after each answer.
    pub keep_alive: Duration,
    /// How long the head of a request may take to arrive.
    pub head_timeout: Duration,
    /// How long requests in flight get when the server stops.
    pub drain: Duration,
}

/// Serves on those of the addresses that this machine has until it is stopped. Answers the server, to be
/// awaited, and the addresses with their ports.
///
/// # Errors
/// No address can be listened on.
pub fn serve(
    service: &HttpService,
    addresses: &[SocketAddr],
    options: &ServerOptions,
) -> io::Result<(Server, Vec<SocketAddr>)> {
    let mut server = Server::build()
        .workers(options.workers)
        .max_concurrent_connections(options.max_connections)
        .shutdown_timeout(options.drain.as_secs())
        .disable_signals();
    let mut listening = Vec::with_capacity(addresses.len());
    let mut refused = io::Error::other("the host has no address");
    for address in addresses {
        // A machine need not have every address of a name such as `localhost`.
        match listen(*address, options.backlog) {
            Ok(listener) => {
                listening.push(listener.local_addr()?);
                server = connect(server, listener, service, options)?;
            }
            Err(error) => refused = error,
        }
    }
    if listening.is_empty() {
        return Err(refused);
    }
    Ok((server.run(), listening))
}

fn listen(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)?.into_std()
}

fn connect(
    server: ServerBuilder,
    listener: TcpListener,
    service: &HttpService,
    options: &ServerOptions,
) -> io::Result<ServerBuilder> {
    let drained = server.graceful_shutdown_signal();
    let (service, options) = (service.clone(), options.clone());
    server.listen("http", listener, move || {
        let drained = drained.clone();
        connections(&service, &options, move || {
            let drained = drained.clone();
            async move { drained.notified().await }
        })
    })
}

/// From a connection to the requests on it.
fn connections<F, D>(
    service: &HttpService,
    options: &ServerOptions,
    drained: D,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = (), InitError = ()> + use<F, D>
where
    F: Future<Output = ()> + 'static,
    D: Fn() -> F + 'static,
{
    let edge = service.edge();
    let keep_alive = if options.keep_alive.is_zero() {
        KeepAlive::Disabled
    } else {
        KeepAlive::Timeout(options.keep_alive)
    };
    let app = app(service.clone())
        .into_factory()
        .map_err(|error: actix_web::Error| error.error_response());
    let requests = actix_http::HttpService::build()
        .graceful_shutdown_signal(drained)
        .keep_alive(keep_alive)
        .client_request_timeout(options.head_timeout)
        .client_disconnect_timeout(DISCONNECT_WITHIN)
        .h1(map_config(app, |()| AppConfig::default()));
    fn_service(move |stream: TcpStream| {
        let client = stream.peer_addr().ok();
        let _slower_without = stream.set_nodelay(true);
        ready(Ok((Connection::new(stream, Arc::clone(&edge)), client)))
    })
    .and_then(requests)
    // What a client does to its connection is no error of ours.
    .map_err(|error| tracing::debug!(error = %error, "a connection broke"))
}
