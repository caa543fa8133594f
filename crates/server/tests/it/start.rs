//! Starting, starting again, and not being able to start.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{BOOTSTRAP, Mode, Place, Server, World, bootstrap};

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

#[tokio::test]
async fn sigterm_lets_requests_in_flight_end() {
    let mut place = Place::new(Mode::Embedded).await;
    for (name, value) in [
        ("ARGON2_MEMORY_KIB", "4096"),
        ("ARGON2_ITERATIONS", "100"),
        ("HASH_THREADS", "1"),
    ] {
        let name = format!("AUTH_MICROSERVICE_{name}");
        place.env.insert(name, value.into());
    }
    let server = place.start();
    let world = World::on(place, server).await;
    let mut logins = JoinSet::new();
    for _ in 0..4 {
        let api = world.api.clone();
        logins.spawn(async move { api.login("acme-admin").await.status.as_u16() });
    }
    // One is being hashed, the others wait: all of them are in flight.
    let deadline = Instant::now() + Duration::from_secs(30);
    let all_wait = "auth_hash_queue_depth 3";
    while !world.api.get("/metrics").await.text.contains(all_wait) {
        assert!(
            Instant::now() < deadline,
            "the logins are not all in flight"
        );
    }
    let (clean, took) = tokio::task::spawn_blocking(|| world.server.terminate())
        .await
        .unwrap();
    assert!(clean);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(logins.join_all().await, [200; 4]);
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
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    place
        .env
        .insert("AUTH_MICROSERVICE_DB_HOST".into(), "127.0.0.1".into());
    place
        .env
        .insert("AUTH_MICROSERVICE_DB_PORT".into(), nobody.to_string());
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
            last.contains("127.0.0.1") && last.contains(&nobody.to_string()),
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
