//! More than one process on one database.

use serde_json::json;

use crate::support::{Answer, Mode, Place, Server, World, person};

#[tokio::test]
async fn a_change_made_by_one_server_holds_on_the_other() {
    let world = World::new(Mode::Postgres).await;
    let second = world.place.start();
    let login = world.api.login("acme-admin").await.expect(200);
    let there = second
        .api()
        .bearer(login["tokens"]["access_token"].as_str().unwrap());
    there.get("/api/v1/auth/me").await.expect(200);
    let check =
        json!({"user_id": world.admin_id, "organization_id": world.acme, "permission": "org.read"});
    let service = second.api().service();
    let before = service
        .post("/api/rbac/check", check.clone())
        .await
        .expect(200);
    assert_eq!(before["allowed"], true);

    let suspended = world
        .root
        .delete(&format!("/api/v1/orgs/{}", world.acme))
        .await;
    let revision: i64 = suspended.headers["x-policy-revision"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    suspended.expect(200);
    there
        .get("/api/v1/auth/me")
        .await
        .refused(401, "organization_suspended");
    let deadline = std::time::Instant::now() + std::time::Duration::from_millis(1500);
    loop {
        let answer = service
            .post("/api/rbac/check", check.clone())
            .await
            .expect(200);
        if answer["revision"].as_i64().unwrap() >= revision {
            assert_eq!(answer["allowed"], false);
            break;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "the change did not arrive within its second"
        );
    }
}

/// One attempt on each of two servers, at once, is one success; the other meets
/// its refusal.
fn one_wins(one: Answer, two: Answer, success: u16, refusal: (u16, &str)) {
    let (won, lost) = if one.status == success {
        (one, two)
    } else {
        (two, one)
    };
    won.expect(success);
    lost.refused(refusal.0, refusal.1);
}

const ROUNDS: usize = 8;

#[tokio::test]
async fn of_two_servers_one_registers_a_name() {
    let place = Place::new(Mode::Postgres)
        .await
        .with("LIMIT_REGISTRATION", "0");
    let world = World::at(place).await;
    world.open_registration().await;
    let second = world.place.start();
    for round in 0..ROUNDS {
        let mut body = person(&format!("racer-{round}"));
        body["organization_id"] = json!(world.acme);
        let path = "/api/auth/register";
        let there = second.api();
        let (one, two) = futures::join!(
            world.api.post(path, body.clone()),
            there.post(path, body.clone())
        );
        one_wins(one, two, 201, (409, "username_already_exists"));
        let rows = format!("users WHERE username_key = 'racer-{round}'");
        assert_eq!(world.place.count(&rows).await, 1);
    }
}

#[tokio::test]
async fn of_two_servers_one_takes_a_reset_token() {
    let place = Place::new(Mode::Postgres)
        .await
        .with("LIMIT_PASSWORD_RESET", "0");
    let world = World::at(place).await;
    let second = world.place.start();
    for round in 1..=ROUNDS {
        world.api.forgot("acme-admin@example.com").await.expect(200);
        let token = world.place.mail(round).await.token();
        let there = second.api();
        let (here, other) = (
            format!("the passphrase of the first, {round}"),
            format!("the passphrase of the second, {round}"),
        );
        let (one, two) =
            futures::join!(world.api.reset(&token, &here), there.reset(&token, &other));
        let password = if one.status == 200 { here } else { other };
        one_wins(one, two, 200, (400, "invalid_token"));
        let login = world.api.login_with("acme-admin", &password).await;
        login.expect(200);
    }
}

#[tokio::test]
async fn of_two_servers_one_removes_an_admin_of_two() {
    let world = World::new(Mode::Postgres).await;
    let second = world.place.start();
    let mut last = world.admin_id;
    for round in 0..ROUNDS {
        let path = format!("/api/v1/orgs/{}/admins", world.acme);
        let name = format!("admin-{round}");
        let made = world.root.post(&path, person(&name)).await.expect(201);
        let new = made["user_id"].as_i64().unwrap();
        let path = |id: i64| format!("/api/v1/users/{id}?organization_id={}", world.acme);
        let (first, other) = (path(last), path(new));
        let there = world.root.at(&second);
        let (one, two) = futures::join!(world.root.delete(&first), there.delete(&other));
        if one.status == 200 {
            last = new;
        }
        one_wins(one, two, 200, (409, "last_admin"));
    }
}

#[tokio::test]
async fn the_split_binaries_start_on_postgres_and_stop_in_order() {
    let place = Place::new(Mode::Postgres).await;
    let mut api = place.command_of(env!("CARGO_BIN_EXE_auth-api"));
    api.args(["--port", "0"]);
    let api = Server::spawn(api).unwrap();
    api.api().get("/api/readyz").await.expect(200);
    assert!(api.terminate().0);

    worker_starts_and_stops(&place);
}

fn worker_starts_and_stops(place: &Place) {
    let mut worker = place.command_of(env!("CARGO_BIN_EXE_auth-worker"));
    worker
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    let mut worker = worker.spawn().unwrap();
    let mut line = String::new();
    let mut stderr = std::io::BufReader::new(worker.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    assert!(line.contains("is ready"), "{line}");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(worker.try_wait().unwrap(), None, "it goes on");
    let signalled = std::process::Command::new("kill")
        .args(["-TERM", &worker.id().to_string()])
        .status();
    assert!(signalled.unwrap().success());
    assert!(worker.wait().unwrap().success());
}

/// A macro whose level is silenced does not evaluate its arguments.
#[tokio::test]
async fn every_program_runs_at_every_log_level() {
    let mut place = Place::new(Mode::Postgres).await;
    for level in ["TRACE", "WARNING", "ERROR", "off"] {
        place.set("LOG_LEVEL", level);
        let mut api = place.command_of(env!("CARGO_BIN_EXE_auth-api"));
        api.args(["--port", "0"]);
        for server in [Server::spawn(api).unwrap(), place.start()] {
            std::thread::sleep(std::time::Duration::from_millis(300));
            server.api().get("/api/healthz").await.expect(200);
            assert!(server.terminate().0, "{level}");
        }
        worker_starts_and_stops(&place);
    }
}

#[tokio::test]
async fn the_split_binaries_need_postgres() {
    let place = Place::new(Mode::Embedded).await;
    for program in [
        env!("CARGO_BIN_EXE_auth-api"),
        env!("CARGO_BIN_EXE_auth-worker"),
    ] {
        let output = place.command_of(program).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("AUTH_MICROSERVICE_DB_HOST"), "{text}");
    }
}
