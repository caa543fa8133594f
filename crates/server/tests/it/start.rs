//! Starting, starting again, and not being able to start.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{BOOTSTRAP, Mode, PASSWORD, Place, Server, World, bootstrap, eventually};

#[tokio::test]
async fn a_first_start_needs_nothing_and_a_second_finds_everything_as_it_was() {
    let mut place = Place::new(Mode::Embedded).await;
    place.env.retain(|name, _| name.contains("ARGON2"));
    let server = place.start();
    let secrets = place.data_dir().join("secrets");
    let read = |name: &str| std::fs::read_to_string(secrets.join(name)).unwrap();
    let before: Vec<String> = secret_names(&place).iter().map(|n| read(n)).collect();
    assert_eq!(before.len(), 3, "token key, internal and bootstrap secret");
    for name in secret_names(&place) {
        let mode = std::fs::metadata(secrets.join(&name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        assert!(read(&name).trim().len() >= 32, "{name}");
    }
    let (status, _) = server.terminate();
    assert!(status, "SIGTERM ends it in order");

    place.env.insert(
        "AUTH_MICROSERVICE_BOOTSTRAP_SECRET".into(),
        BOOTSTRAP.into(),
    );
    let server = place.start();
    bootstrap(&server.api(), "Ignored", "root")
        .await
        .expect(201);
    let (root, _) = server.api().signed_in("root").await;
    root.post("/api/v1/orgs", json!({"organization_name": "Acme"}))
        .await
        .expect(201);
    server.kill();

    let server = place.start();
    let after: Vec<String> = secret_names(&place).iter().map(|n| read(n)).collect();
    assert_eq!(before, after, "the secrets stay");
    let (root, _) = server.api().signed_in("root").await;
    let orgs = root.get("/api/v1/orgs").await.expect(200);
    assert_eq!(orgs["items"].as_array().unwrap().len(), 3);
}

fn secret_names(place: &Place) -> Vec<String> {
    let dir = std::fs::read_dir(place.data_dir().join("secrets")).unwrap();
    let mut names: Vec<String> = dir
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn what_was_answered_survives_kill_nine(#[case] mode: Mode) {
    let world = World::new(mode).await;
    let path = format!("/api/v1/orgs/{}", world.acme);
    world
        .admin
        .patch(&path, json!({"organization_name": "Kept"}))
        .await
        .expect(200);
    world.server.kill();
    let server = world.place.start();
    let (admin, _) = server.api().signed_in("acme-admin").await;
    assert_eq!(
        admin.get(&path).await.expect(200)["organization_name"],
        "Kept"
    );
}

#[tokio::test]
async fn the_default_command_is_serve() {
    let place = Place::new(Mode::Embedded).await;
    let mut command = place.command();
    command.env("AUTH_MICROSERVICE_PORT", "0");
    let server = Server::spawn(command).unwrap();
    server.api().get("/api/healthz").await.expect(200);
    assert!(place.dir.path().join("data/auth.sqlite").exists());
}

/// RFC 9110, section 9.3.2: the head of GET, and nothing after it.
#[tokio::test]
async fn head_is_the_head_of_get() {
    let place = Place::new(Mode::Embedded).await;
    let server = place.start();
    let ask = |method: &str| {
        let address = server.base.replace("http://", "");
        let mut stream = TcpStream::connect(&address).unwrap();
        let request =
            format!("{method} /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let fields = |answer: &str| {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let kept = |line: &&str| !line.starts_with("x-request-id") && !line.starts_with("date");
        let mut head: Vec<String> = head.lines().filter(kept).map(str::to_owned).collect();
        head.sort_unstable();
        (head, body.to_owned())
    };
    let ((get, body), (head, nothing)) = (fields(&ask("GET")), fields(&ask("HEAD")));
    assert_eq!(head, get);
    assert!(!body.is_empty());
    assert_eq!(nothing, "");
}

/// What the server library refuses before there is a request.
#[tokio::test]
async fn what_is_no_request_is_answered_with_a_problem() {
    let place = Place::new(Mode::Embedded).await;
    let server = place.start();
    let address = server.base.replace("http://", "");
    let large = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    let chunked = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\n\
        Transfer-Encoding: chunked\r\n\r\nzz\r\n";
    for (sent, status, code) in [
        ("nonsense\r\n\r\n", "400 Bad Request", "bad_request"),
        (
            "GET /a b HTTP/1.1\r\n\r\n",
            "400 Bad Request",
            "bad_request",
        ),
        (
            "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "400 Bad Request",
            "bad_request",
        ),
        // The handler was there already, and its answer says so.
        (chunked, "422 Unprocessable Entity", "validation_error"),
        (
            &large,
            "431 Request Header Fields Too Large",
            "headers_too_large",
        ),
    ] {
        let mut stream = TcpStream::connect(&address).unwrap();
        // The server may stop reading before everything is sent.
        let _stopped = stream.write_all(sent.as_bytes());
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let last = answer.rfind("HTTP/1.1 ").unwrap();
        let (head, body) = answer[last..].split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["code"], code);
        let id = body["request_id"].as_str().unwrap();
        assert!(head.contains(&format!("x-request-id: {id}")), "{head}");
        assert!(head.contains("application/problem+json"), "{head}");
    }
    let metrics = server.api().get("/metrics").await.text;
    for status in ["400", "431"] {
        let counted = metrics.lines().any(|line| {
            line.starts_with("http_requests_total") && line.contains(&format!("\"{status}\""))
        });
        assert!(counted, "{status}");
    }
}

#[tokio::test]
async fn before_the_listener_closes_balancers_are_told() {
    let place = Place::new(Mode::Embedded)
        .await
        .with("SHUTDOWN_DELAY_SECONDS", "2");
    let server = place.start();
    let api = server.api();
    api.get("/api/readyz").await.expect(200);
    let ended = std::thread::spawn(|| server.terminate());
    eventually("readyz says that it ends", async || {
        let answer = api.get("/api/readyz").await;
        (answer.status == 503).then_some(())
    })
    .await;
    api.get("/api/healthz").await.expect(200);
    let (clean, took) = ended.join().unwrap();
    assert!(clean);
    assert!((2..10).contains(&took.as_secs()), "{took:?}");
}

/// A login whose body is not sent yet: in flight, because the server asks for
/// the body (RFC 9110, section 10.1.1).
fn begun_login(address: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn sigterm_lets_requests_in_flight_end() {
    let world = World::new(Mode::Embedded).await;
    let address = world.server.base.replace("http://", "");
    let body = json!({"username": "acme-admin", "password": PASSWORD}).to_string();
    let logins: Vec<TcpStream> = (0..8).map(|_| begun_login(&address, &body)).collect();
    let ended = std::thread::spawn(|| world.server.terminate());
    eventually("no new connection is taken", async || {
        TcpStream::connect(&address).is_err().then_some(())
    })
    .await;
    for mut login in logins {
        login.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        login.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    let (clean, took) = ended.join().unwrap();
    assert!(clean);
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn what_prevents_a_start_is_one_clear_line() {
    let place = Place::new(Mode::Embedded).await;
    let running = place.start();
    expect_refusal(&place, &["--port", "0"], "another server");
    running.kill();

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    expect_refusal(&place, &["--port", &port], &port);

    let file = place.dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut command = place.command();
    command.args(["serve", "--data-dir"]).arg(&file);
    let lines = Server::spawn(command).map(|_| ()).unwrap_err();
    assert!(
        lines.last().unwrap().contains("data directory"),
        "{lines:?}"
    );
}

#[track_caller]
fn expect_refusal(place: &Place, args: &[&str], needle: &str) {
    let mut command = place.command();
    command.arg("serve").args(args);
    command.arg("--data-dir").arg(place.data_dir());
    let lines = Server::spawn(command).map(|_| ()).unwrap_err();
    assert!(lines.last().unwrap().contains(needle), "{lines:?}");
}

#[tokio::test]
async fn a_database_that_is_down_is_one_clear_line_and_no_start() {
    let mut place = Place::new(Mode::Embedded).await;
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    place
        .env
        .insert("AUTH_MICROSERVICE_DB_HOST".into(), "127.0.0.1".into());
    place
        .env
        .insert("AUTH_MICROSERVICE_DB_PORT".into(), closed.to_string());
    for args in [
        vec!["serve", "--port", "0"],
        vec!["migrate"],
        vec!["migrate", "status"],
    ] {
        let output = place.run(&args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        let last = text.lines().last().unwrap_or_default();
        assert!(
            last.contains("127.0.0.1") && last.contains(&closed.to_string()),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_schema_that_is_not_migrated_is_not_served() {
    let place = Place::new(Mode::Postgres).await;
    let empty = auth_testkit::postgres::TestDatabase::empty().await;
    let base = empty.url().rsplit('/').next().unwrap().to_owned();
    let mut command = place.command();
    command.env("AUTH_MICROSERVICE_DB_BASE", &base);
    command
        .args(["serve", "--port", "0", "--data-dir"])
        .arg(place.data_dir());
    let lines = Server::spawn(command).map(|_| ()).unwrap_err();
    assert!(lines.last().unwrap().contains("migrate"), "{lines:?}");
    let mut command = place.command();
    command.env("AUTH_MICROSERVICE_DB_BASE", &base);
    command
        .args(["serve", "--migrate", "--port", "0", "--data-dir"])
        .arg(place.data_dir());
    let server = Server::spawn(command).expect("serve --migrate applies them first");
    server.api().get("/api/readyz").await.expect(200);
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_schema_of_a_newer_release_is_refused(#[case] mode: Mode) {
    let place = Place::new(mode).await;
    place.run(&["migrate"]);
    let newer = "UPDATE schema_info SET minimum_version = '99.0.0'";
    place.execute(newer).await;
    expect_refusal(&place, &["--port", "0"], "99.0.0");
}
