//! The command line of an operator.

use std::io::Write as _;
use std::process::{Output, Stdio};

use rstest::rstest;
use serde_json::json;

use crate::support::forge::KeyPair;
use crate::support::{JWT_KEY, Mode, PASSWORD, Place};

const WHO: [&str; 8] = [
    "--username",
    "root",
    "--email",
    "root@example.com",
    "--first-name",
    "Root",
    "--last-name",
    "User",
];

fn createsuperuser(place: &Place, more: &[&str], stdin: &str) -> Output {
    let mut command = place.command();
    command.arg("createsuperuser").args(WHO).args(more);
    command.arg("--data-dir").arg(place.data_dir());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // A command that refuses before it reads closes the pipe; that is its right.
    let _closed = input.write_all(stdin.as_bytes());
    drop(input);
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn a_superuser_made_beside_a_running_server_signs_in_at_once(#[case] mode: Mode) {
    let place = Place::new(mode).await;
    let server = place.start();
    let made = createsuperuser(&place, &["--password-stdin"], &format!("{PASSWORD}\n"));
    assert!(made.status.success(), "{}", stderr(&made));
    let line = stdout(&made);
    assert!(line.starts_with("Created superuser user_id="), "{line}");
    let (root, _) = server.api().signed_in("root").await;
    let made = root
        .post("/api/v1/orgs", json!({"organization_name": "First"}))
        .await;
    made.expect(201);

    let again = createsuperuser(&place, &["--password-stdin"], "another password\n");
    assert!(again.status.success());
    let expected = line.replace("Created superuser", "Superuser already exists");
    assert_eq!(stdout(&again), expected);
    assert!(
        stderr(&again).contains("were not used"),
        "{}",
        stderr(&again)
    );
    server.api().signed_in("root").await;
}

#[tokio::test]
async fn the_password_comes_from_a_file_or_with_a_warning_from_the_command_line() {
    let place = Place::new(Mode::Embedded).await;
    let file = place.dir.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let made = createsuperuser(&place, &["--password-file", file.to_str().unwrap()], "");
    assert!(made.status.success(), "{}", stderr(&made));
    let warned = createsuperuser(&place, &["--password", PASSWORD], "");
    assert!(warned.status.success());
    assert!(
        stderr(&warned).starts_with("Warning: --password"),
        "{}",
        stderr(&warned)
    );
    let server = place.start();
    server.api().signed_in("root").await;
}

#[tokio::test]
async fn what_cannot_be_a_superuser_is_refused_with_the_codes_of_the_contract() {
    let place = Place::new(Mode::Embedded).await;
    let short = createsuperuser(&place, &["--password-stdin"], "short\n");
    assert_eq!(short.status.code(), Some(1));
    assert_eq!(
        stderr(&short).trim(),
        "Password must be at least 8 characters long"
    );
    let silent = createsuperuser(&place, &["--no-input"], "");
    assert_eq!(silent.status.code(), Some(1));
    assert_eq!(
        stderr(&silent).trim(),
        "--password is required when --no-input is supplied"
    );
    let missing = place.run(&["createsuperuser", "--username", "root"]);
    assert_eq!(missing.status.code(), Some(2));
    let unknown = place.run(&["createsuperuser", "--nonsense"]);
    assert_eq!(unknown.status.code(), Some(2));
    let mut local = place.command();
    local.args([
        "createsuperuser",
        "--username",
        "root",
        "--email",
        "root@localhost",
    ]);
    local.args([
        "--first-name",
        "R",
        "--last-name",
        "U",
        "--password",
        PASSWORD,
    ]);
    let local = local
        .arg("--data-dir")
        .arg(place.data_dir())
        .output()
        .unwrap();
    assert_eq!(local.status.code(), Some(1));
    assert!(
        stderr(&local).contains("Error: --email"),
        "{}",
        stderr(&local)
    );
}

#[tokio::test]
async fn a_name_that_is_taken_is_an_error_of_the_contract() {
    let place = Place::new(Mode::Embedded).await;
    let server = place.start();
    crate::support::bootstrap(&server.api(), "Ignored", "first")
        .await
        .expect(201);
    crate::support::bootstrap(&server.api(), "Acme", "root")
        .await
        .expect(201);
    let made = createsuperuser(&place, &["--password-stdin"], &format!("{PASSWORD}\n"));
    assert!(
        stdout(&made).starts_with("Superuser already exists"),
        "{}",
        stdout(&made)
    );
}

#[tokio::test]
async fn migrations_are_applied_once_and_listed() {
    let place = Place::new(Mode::Embedded).await;
    let up = place.run(&["migrate", "up"]);
    assert!(up.status.success(), "{}", stderr(&up));
    assert!(stdout(&up).starts_with("Applied "), "{}", stdout(&up));
    let again = place.run(&["migrate"]);
    assert_eq!(stdout(&again).trim(), "The schema is up to date.");
    let status = place.run(&["migrate", "status"]);
    let lines = stdout(&status);
    assert!(lines.lines().count() > 1);
    assert!(
        lines.lines().all(|line| line.starts_with("applied ")),
        "{lines}"
    );
}

#[tokio::test]
async fn settings_are_shown_without_their_secrets() {
    let place = Place::new(Mode::Embedded).await;
    let print = place.run(&["config", "print"]);
    assert!(print.status.success(), "{}", stderr(&print));
    let text = stdout(&print);
    assert!(text.contains("SQLite"), "{text}");
    assert!(
        !text.contains(JWT_KEY) && !text.contains(crate::support::SECRET),
        "{text}"
    );
    let check = place.run(&["config", "check"]);
    assert!(check.status.success());
}

#[tokio::test]
async fn every_problem_of_the_settings_is_said_at_once() {
    let mut place = Place::new(Mode::Embedded).await;
    let mut set = |name: &str, value: &str| {
        place
            .env
            .insert(format!("AUTH_MICROSERVICE_{name}"), value.into());
    };
    set("JWT_SECRET_KEY", "change-me");
    set("PORT", "70000");
    set("DB_PORT", "5432");
    let check = place.run(&["config", "check"]);
    assert_eq!(check.status.code(), Some(1));
    let text = stderr(&check);
    for name in ["JWT_SECRET_KEY", "PORT", "DB_HOST"] {
        assert!(text.contains(name), "{name}: {text}");
    }
    let start = place.run(&["serve"]);
    assert_eq!(start.status.code(), Some(1));
}

/// A key of RSA where one of Ed25519 is asked for, on one line.
const RSA_KEY: &str = concat!(
    "-----BEGIN PRIVATE KEY-----\\n",
    "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEAsjA2J8gkpktdjJbK\\n",
    "2ePxduyPOOLbwYTr8k2VxfLFfaTBOT9EemlTi1YBO+WSxwDjKn856Q64MLjEGicV\\n",
    "BCi2QwIDAQABAkEApCzViNvYILvpyqIY7p8dmGQnJdOnhGsS9eJUL9kZ60M6OK6C\\n",
    "pIsET4K790p1vCIAzLscOW/ZLBuHISVa4tP1IQIhAOPxbh2g+K6ip2VF5KIDDI9q\\n",
    "KTm7gJ/ugzh5xmFjEbRzAiEAyB79od6m5Q9z+2GxKevYj/EtMu2MqMDEUCVucS1L\\n",
    "UvECICR5gqxdEM4pGu46s+403LKqQzSIy3lMGlVULylwR+n/AiA7Cym6AH8tRgnq\\n",
    "OUCUJcmXbojvZbcCcx14qBKVwc9fgQIgE/fkcP3O1PdWAJ2dD0T/wVNp1NCBQ0Pr\\n",
    "NE9Yn+R9UzY=\\n",
    "-----END PRIVATE KEY-----\\n",
);

#[tokio::test]
async fn config_check_finds_all_that_serve_would_refuse() {
    for settings in [
        vec![("LOG_LEVEL", "a=b=c")],
        vec![("MAIL_FROM", "Acme, Inc. <a@b.example>")],
        vec![("ARGON2_MEMORY_KIB", "8"), ("ARGON2_LANES", "4")],
        vec![("ARGON2_MEMORY_KIB", "4194304")],
        vec![("JWT_ED25519_PRIVATE_KEY", RSA_KEY)],
        vec![("HOST", "[::]")],
        vec![
            ("MAIL_FROM", "Acme, Inc. <a@b.example>"),
            ("HOST", "[::]"),
            ("JWT_ED25519_PRIVATE_KEY", RSA_KEY),
            ("ARGON2_MEMORY_KIB", "8"),
            ("LOG_LEVEL", "a=b=c"),
            ("PORT", "70000"),
            ("ARGON2_LANES", "4"),
        ],
    ] {
        let place = Place::new(Mode::Embedded).await;
        let place = settings
            .iter()
            .fold(place, |place, (name, value)| place.with(name, value));
        let check = place.run(&["config", "check"]);
        let text = stderr(&check);
        assert_eq!(check.status.code(), Some(1), "{text}");
        for (name, _) in settings.iter().filter(|(name, _)| *name != "ARGON2_LANES") {
            let line = format!("\n  AUTH_MICROSERVICE_{name}: ");
            assert_eq!(text.matches(&line).count(), 1, "{name}: {text}");
        }
        let serve = place.run(&["serve"]);
        assert_eq!(serve.status.code(), Some(1));
        assert_eq!(stderr(&serve), text, "serve says the same");
        assert!(!place.data_dir().exists(), "nothing was made");
    }
}

#[tokio::test]
async fn a_dotenv_that_cannot_be_read_is_an_error_and_not_an_absent_one() {
    let place = Place::new(Mode::Embedded).await;
    assert!(place.run(&["config", "check"]).status.success());
    std::fs::create_dir(place.dir.path().join(".env")).unwrap();
    let check = place.run(&["config", "check"]);
    assert_eq!(check.status.code(), Some(1));
    let text = stderr(&check);
    assert!(text.contains("\n  .env: cannot be read: "), "{text}");
}

#[tokio::test]
async fn a_private_key_on_one_line_passes_config_check_and_serves() {
    let key = KeyPair::of(7).private_pem().replace('\n', "\\n");
    let place = Place::new(Mode::Embedded).await;
    let place = place.with("JWT_ED25519_PRIVATE_KEY", &key);
    let check = place.run(&["config", "check"]);
    assert!(check.status.success(), "{}", stderr(&check));
    let server = place.start();
    let keys = server.api().get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn help_names_every_command() {
    let place = Place::new(Mode::Embedded).await;
    let help = place.command().arg("--help").output().unwrap();
    let text = stdout(&help);
    for command in ["serve", "createsuperuser", "migrate", "config"] {
        assert!(text.contains(command), "{command}: {text}");
    }
}

fn with_stdin(place: &Place, args: &[&str], stdin: &str) -> Output {
    let mut command = place.command();
    command.args(args).arg("--data-dir").arg(place.data_dir());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _closed = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

#[rstest]
#[case::embedded(Mode::Embedded)]
#[case::postgres(Mode::Postgres)]
#[tokio::test]
async fn the_last_superuser_who_forgot_the_password_comes_back(#[case] mode: Mode) {
    const NEW: &str = "correct horse battery";
    let place = Place::new(mode).await;
    let server = place.start();
    let made = createsuperuser(&place, &["--password-stdin"], &format!("{PASSWORD}\n"));
    assert!(made.status.success(), "{}", stderr(&made));
    let (root, _) = server.api().signed_in("root").await;
    let set = [
        "users",
        "set-password",
        "ROOT@example.com",
        "--password-stdin",
    ];
    // The mark that an editor put before the text is no part of the password.
    let done = with_stdin(&place, &set, &format!("\u{feff}{NEW}\n"));
    assert!(done.status.success(), "{}", stderr(&done));
    assert!(stdout(&done).starts_with("Set the password of user_id="));
    root.get("/api/v1/auth/me")
        .await
        .refused(401, "session_revoked");
    server
        .api()
        .login("root")
        .await
        .refused(401, "invalid_credentials");
    let login = json!({"username": "root", "password": NEW});
    server
        .api()
        .post("/api/v1/auth/login", login)
        .await
        .expect(200);
    let audited = "audit_logs WHERE actor_kind = 'system' AND actor_name LIKE '%set-password%'";
    assert!(place.count(audited).await > 0);

    for (args, needle) in [
        (
            ["users", "set-password", "nobody", "--password-stdin"],
            "user_not_found",
        ),
        (
            ["users", "set-password", "a\u{7}", "--password-stdin"],
            "LOGIN",
        ),
    ] {
        let refused = with_stdin(&place, &args, &format!("{NEW}\n"));
        assert_eq!(refused.status.code(), Some(1));
        assert!(stderr(&refused).contains(needle), "{}", stderr(&refused));
    }
    let common = with_stdin(&place, &set, "password123\n");
    assert!(
        stderr(&common).contains("password_too_common"),
        "{}",
        stderr(&common)
    );
}

#[tokio::test]
async fn health_asks_the_running_service() {
    let place = Place::new(Mode::Embedded).await;
    let server = place.start();
    let port = server.base.rsplit_once(':').unwrap().1.to_owned();
    for more in [&[][..], &["--live"]] {
        let asked = place.run(&[&["health", "--port", &port], more].concat());
        assert!(asked.status.success(), "{}", stderr(&asked));
    }
    server.kill();
    let asked = place.run(&["health", "--port", &port]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(
        stderr(&asked).contains("no answer from http://127.0.0.1"),
        "{}",
        stderr(&asked)
    );
}

/// Kubernetes sets such variables for a service `auth-microservice`.
#[tokio::test]
async fn commands_do_not_fail_over_what_a_platform_sets() {
    let place = Place::new(Mode::Embedded)
        .await
        .with("PORT", "tcp://10.0.0.1:8000")
        .with("DB_PORT", "tcp://10.0.0.2:5432")
        .with("SERVICE_HOST", "10.0.0.1");
    let checked = place.run(&["config", "check"]);
    assert!(checked.status.success(), "{}", stderr(&checked));
    place.start().api().get("/api/healthz").await.expect(200);
    let wrong = place.with("PORT", "nonsense");
    let migrated = wrong.run(&["migrate"]);
    assert!(migrated.status.success(), "{}", stderr(&migrated));
    let served = wrong.run(&["serve"]);
    assert_eq!(served.status.code(), Some(1));
}

/// Mail goes into a directory that the first mail makes.
#[tokio::test]
async fn without_a_directory_for_mail_the_service_starts() {
    let place = Place::new(Mode::Postgres).await;
    std::fs::write(place.data_dir(), "in the way").unwrap();
    place.start().api().get("/api/readyz").await.expect(200);
}
