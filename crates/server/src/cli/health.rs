//! `health`: asks a running service whether it can work, for images that have
//! no other program to ask with.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use auth_config::Listen;

use super::args::HealthArgs;
use crate::{Failure, console};

/// `readyz` itself gives each dependency two seconds.
const WITHIN: Duration = Duration::from_secs(4);

pub(super) fn run(listen: &Listen, args: &HealthArgs) -> Result<(), Failure> {
    let path = if args.live { "/healthz" } else { "/readyz" };
    let (host, port) = (reachable(&listen.host), listen.port);
    let status = ask(&host, port, path)
        .map_err(|e| Failure::caused(format!("no answer from http://{host}:{port}{path}"), &e))?;
    if status == "200" {
        console::out("ok");
        return Ok(());
    }
    Err(Failure::new(format!(
        "http://{host}:{port}{path} answers {status}"
    )))
}

/// The address of a listener on every address is that of this machine.
fn reachable(host: &str) -> String {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(all)) if all.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(all)) if all.is_unspecified() => "::1".to_owned(),
        _ => host.to_owned(),
    }
}

/// The status of the answer. A client library would be the largest part of a
/// command that sends one line.
fn ask(host: &str, port: u16, path: &str) -> std::io::Result<String> {
    let unknown = || std::io::Error::other("the host has no address");
    let address = (host, port).to_socket_addrs()?.next().ok_or_else(unknown)?;
    let mut stream = TcpStream::connect_timeout(&address, WITHIN)?;
    stream.set_read_timeout(Some(WITHIN))?;
    stream.set_write_timeout(Some(WITHIN))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    let status = text.split(' ').nth(1).unwrap_or("nothing");
    Ok(status.to_owned())
}
