//! A proxy in front of PostgreSQL that writes down the statements that pass.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The request for TLS, which this proxy declines ("PostgreSQL Frontend/Backend
/// Protocol", `SSLRequest`).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// The proxy; it listens until the test's process ends.
pub(crate) struct CountedStatements {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl CountedStatements {
    /// A proxy in front of that server.
    pub(crate) fn before(host: &str, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            seen: Arc::default(),
        };
        let (server, seen) = ((host.to_owned(), port), Arc::clone(&proxy.seen));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&server).unwrap();
                connect(client, server, Arc::clone(&seen));
            }
        });
        proxy
    }

    /// The statements since the last call, those of transactions (`BEGIN`,
    /// `COMMIT`) among them.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

fn connect(client: TcpStream, server: TcpStream, seen: Arc<Mutex<Vec<String>>>) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || {
        let _over = io::copy(&mut answers, &mut back);
        let _closed = back.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let _over = pass_on(&client, &server, &seen);
        let _closed = server.shutdown(Shutdown::Both);
    });
}

/// Passes on what a client says, and writes down each statement.
fn pass_on(
    mut client: &TcpStream,
    mut server: &TcpStream,
    seen: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut hello = body(client, Vec::new())?;
    if hello == SSL_REQUEST {
        client.write_all(b"N")?;
        hello = body(client, Vec::new())?;
    }
    server.write_all(&hello)?;
    let (mut prepared, mut bound) = (HashMap::new(), String::new());
    loop {
        let mut kind = [0];
        client.read_exact(&mut kind)?;
        let message = body(client, kind.to_vec())?;
        let texts: Vec<String> = message[5..]
            .split(|&byte| byte == 0)
            .take(2)
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect();
        let text = |index: usize| texts.get(index).cloned().unwrap_or_default();
        match kind {
            // Parse: name, statement. Bind: portal, name.
            [b'P'] => drop(prepared.insert(text(0), text(1))),
            [b'B'] => bound = prepared.get(&text(1)).cloned().unwrap_or_default(),
            // Execute, and a simple query.
            [b'E'] => seen.lock().unwrap().push(bound.clone()),
            [b'Q'] => seen.lock().unwrap().push(text(0)),
            _ => {}
        }
        server.write_all(&message)?;
    }
}

/// The rest of a message: its length, which counts itself, and its content.
fn body(mut from: &TcpStream, mut message: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let content = usize::try_from(u32::from_be_bytes(length)).unwrap() - length.len();
    message.extend(length);
    let start = message.len();
    message.resize(start + content, 0);
    from.read_exact(&mut message[start..])?;
    Ok(message)
}
