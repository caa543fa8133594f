//! Settings, from variables to types.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its support code too"
)]

mod edge;
mod limits;
mod mail;
mod redis;
mod shared_secrets;
mod tokens;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use auth_config::{Environment, Notice, Settings, Sources, generated, secrets};
use secrecy::ExposeSecret as _;

const KEY: &str = "0123456789abcdef0123456789abcdef-token";

fn load(pairs: &[(&str, &str)]) -> Result<(Settings, Vec<Notice>), String> {
    load_from(&Sources::from_pairs(pairs.iter().copied()))
}

/// The lines of `config print`.
fn described(pairs: &[(&str, &str)]) -> Vec<String> {
    let sources = Sources::from_pairs(pairs.iter().copied());
    let (settings, _) = load_from(&sources).unwrap();
    let lines = settings.describe(&sources).into_iter();
    lines.map(|line| line.to_string()).collect()
}

fn load_from(sources: &Sources) -> Result<(Settings, Vec<Notice>), String> {
    Settings::load(sources, |_| Vec::new()).map_err(|errors| errors.to_string())
}

#[test]
fn without_any_variable_it_is_the_embedded_mode_in_production() {
    let (settings, notices) = load(&[]).unwrap();
    assert_eq!(settings.installation.environment, Environment::Production);
    assert!(settings.is_embedded());
    assert_eq!(settings.installation.data_dir, Path::new("./data"));
    assert_eq!(
        (settings.listen.host.as_str(), settings.listen.port),
        ("127.0.0.1", 8000)
    );
    assert_eq!(settings.tokens.access.as_secs(), 900);
    assert_eq!(
        settings.tokens.audience.as_deref(),
        Some("auth-microservice")
    );
    assert_eq!(notices, []);
}

#[test]
fn any_database_variable_chooses_postgres_and_demands_its_host() {
    let error = load(&[("AUTH_MICROSERVICE_DB_PORT", "5432")]).unwrap_err();
    assert!(error.contains("AUTH_MICROSERVICE_DB_HOST"), "{error}");
    assert!(
        error.contains("AUTH_MICROSERVICE_JWT_SECRET_KEY"),
        "{error}"
    );
    let pairs = [
        ("AUTH_MICROSERVICE_DB_HOST", "localhost"),
        ("AUTH_MICROSERVICE_JWT_SECRET_KEY", KEY),
    ];
    let (settings, _) = load(&pairs).unwrap();
    let postgres = settings.postgres.unwrap();
    assert_eq!((postgres.port, postgres.database.as_str()), (5432, "admin"));
}

#[test]
fn the_environment_wins_over_dotenv_and_prefixed_over_bare() {
    let sources = Sources::from_pairs([
        ("AUTH_MICROSERVICE_PORT", "1111"),
        ("BOOTSTRAP_SECRET", "bare-bootstrap-secret-0123456789abcdef"),
    ]);
    let sources = sources.with_dotenv([
        ("AUTH_MICROSERVICE_PORT", "2222"),
        ("AUTH_MICROSERVICE_HOST", "0.0.0.0"),
        (
            "AUTH_MICROSERVICE_BOOTSTRAP_SECRET",
            "dotenv-bootstrap-secret-0123456789",
        ),
    ]);
    let (settings, _) = load_from(&sources).unwrap();
    assert_eq!(
        (settings.listen.port, settings.listen.host.as_str()),
        (1111, "0.0.0.0")
    );
    let bootstrap = settings.secrets.bootstrap.unwrap();
    assert!(
        bootstrap.expose_secret().starts_with("bare-"),
        "the process wins over .env"
    );
}

#[test]
fn every_problem_is_said_at_once_and_no_secret_is_shown() {
    let error = load(&[
        ("AUTH_MICROSERVICE_PORT", "x"),
        ("AUTH_MICROSERVICE_JWT_SECRET_KEY", "change-me"),
        ("AUTH_MICROSERVICE_INTERNAL_API_SECRET", "canary-short"),
        (
            "AUTH_MICROSERVICE_BOOTSTRAP_SECRET",
            "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        ),
        ("AUTH_MICROSERVICE_JWT_ALGORITHM", "RS256"),
        ("AUTH_MICROSERVICE_TRUSTED_PROXIES", "10.0.0.0/8, nonsense"),
        ("AUTH_MICROSERVICE_LOG_FORMAT", "xml"),
    ])
    .unwrap_err();
    for name in [
        "PORT",
        "JWT_SECRET_KEY",
        "INTERNAL_API_SECRET",
        "BOOTSTRAP_SECRET",
        "JWT_ALGORITHM",
        "TRUSTED_PROXIES",
        "LOG_FORMAT",
    ] {
        assert!(
            error.contains(&format!("AUTH_MICROSERVICE_{name}: ")),
            "{name}: {error}"
        );
    }
    assert!(!error.contains("canary"), "{error}");
}

#[test]
fn development_takes_weak_secrets_and_production_does_not() {
    let weak = ("AUTH_MICROSERVICE_JWT_SECRET_KEY", "change-me");
    assert!(load(&[weak, ("AUTH_MICROSERVICE_ENVIRONMENT", "dev")]).is_ok());
    assert!(load(&[weak, ("AUTH_MICROSERVICE_ENVIRONMENT", "anything")]).is_err());
}

#[test]
fn a_secret_is_read_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    let name = "AUTH_MICROSERVICE_JWT_SECRET_KEY_FILE";
    let (settings, notices) = load(&[(name, file.to_str().unwrap())]).unwrap();
    assert_eq!(settings.secrets.token_key.unwrap().expose_secret(), KEY);
    assert_eq!(notices, []);
    assert!(load(&[(name, "/no/such/file")]).unwrap_err().contains(name));
    let (settings, _) = load(&[(name, "")]).unwrap();
    assert!(settings.secrets.token_key.is_none(), "nothing is unset");
}

#[test]
fn an_empty_file_is_no_secret_in_any_environment() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("empty");
    std::fs::write(&file, "\n").unwrap();
    let file = file.to_str().unwrap();
    for environment in ["production", "development"] {
        let environment = ("AUTH_MICROSERVICE_ENVIRONMENT", environment);
        for name in ["JWT_SECRET_KEY", "INTERNAL_API_SECRET", "REDIS_PASS"] {
            let name = format!("AUTH_MICROSERVICE_{name}_FILE");
            let error = load(&[environment, (&name, file)]).unwrap_err();
            assert!(
                error.contains(&format!("{name}: {file} is empty")),
                "{error}"
            );
        }
    }
}

#[test]
fn unknown_variables_name_the_nearest_known_one_and_obsolete_ones_are_listed() {
    let (_, notices) = load(&[
        ("AUTH_MICROSERVICE_PROT", "1"),
        ("AUTH_MICROSERVICE_SENTRY_DSN", "x"),
        ("AUTH_MICROSERVICE_MONGODB_URI", "x"),
    ])
    .unwrap();
    let text: Vec<String> = notices.iter().map(ToString::to_string).collect();
    assert!(
        text.iter()
            .any(|t| t.contains("PROT is unknown") && t.ends_with("AUTH_MICROSERVICE_PORT")),
        "{text:?}"
    );
    assert!(
        text.iter()
            .any(|t| t.contains("SENTRY_DSN") && t.contains("ignored")),
        "{text:?}"
    );
    assert!(
        text.iter()
            .any(|t| t.contains("MONGODB_URI") && t.contains("not in this build")),
        "{text:?}"
    );
}

/// What Kubernetes writes for the services `auth-microservice`,
/// `auth-microservice-db` and `auth-microservice-redis`.
#[test]
fn what_a_platform_sets_by_itself_counts_as_unset() {
    let mut pairs = Vec::new();
    for service in ["", "DB_", "REDIS_"] {
        for (name, value) in [
            ("PORT", "tcp://10.0.0.1:8000"),
            ("SERVICE_HOST", "10.0.0.1"),
            ("SERVICE_PORT", "8000"),
            ("SERVICE_PORT_HTTP", "8000"),
            ("PORT_8000_TCP", "tcp://10.0.0.1:8000"),
            ("PORT_8000_TCP_ADDR", "10.0.0.1"),
            ("PORT_8000_TCP_PORT", "8000"),
            ("PORT_8000_TCP_PROTO", "tcp"),
        ] {
            pairs.push((format!("AUTH_MICROSERVICE_{service}{name}"), value));
        }
    }
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let (settings, notices) = load(&pairs).unwrap();
    assert!(settings.is_embedded());
    assert!(settings.redis.is_none());
    assert_eq!(settings.listen.port, 8000);
    let [Notice::Info(text)] = notices.as_slice() else {
        panic!("{notices:?}");
    };
    assert!(text.contains("AUTH_MICROSERVICE_DB_PORT"), "{text}");
    let lines = described(&pairs);
    assert!(
        lines.contains(&"AUTH_MICROSERVICE_PORT = 8000 (default)".to_owned()),
        "{lines:?}"
    );
    // What only looks like one is still said to be unknown.
    let (_, notices) = load(&[("AUTH_MICROSERVICE_PORT_X_TCP", "1")]).unwrap();
    assert!(matches!(notices.as_slice(), [Notice::Warning(_)]));
}

#[test]
fn a_command_that_does_not_listen_does_not_fail_over_the_listener() {
    let pairs = [
        ("AUTH_MICROSERVICE_PORT", "x"),
        ("AUTH_MICROSERVICE_HOST", "a b"),
    ];
    let sources = Sources::from_pairs(pairs);
    assert!(load_from(&sources).is_err());
    assert!(load_from(&sources.without_listener()).is_ok());
}

#[test]
fn a_mark_before_the_text_of_a_secret_is_not_part_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    std::fs::write(&file, format!("\u{feff}{KEY}\r\n")).unwrap();
    let name = "AUTH_MICROSERVICE_JWT_SECRET_KEY_FILE";
    let (settings, _) = load(&[(name, file.to_str().unwrap())]).unwrap();
    assert_eq!(settings.secrets.token_key.unwrap().expose_secret(), KEY);
}

#[test]
fn the_connection_to_a_database_elsewhere_may_be_open_with_a_warning_only() {
    let warned = |host: &str, mode: &str| {
        let pairs = [
            ("AUTH_MICROSERVICE_DB_HOST", host),
            ("AUTH_MICROSERVICE_DB_PASS", "of the user"),
            ("AUTH_MICROSERVICE_DB_SSLMODE", mode),
            ("AUTH_MICROSERVICE_JWT_SECRET_KEY", KEY),
        ];
        let (_, notices) = load(&pairs).unwrap();
        notices
            .iter()
            .any(|n| n.to_string().contains("verify-full"))
    };
    assert!(warned("db.example.com", "prefer"));
    assert!(warned("db.example.com", "disable"));
    assert!(!warned("db.example.com", "require"));
    assert!(!warned("127.0.0.1", "disable"));
}

#[test]
fn what_the_driver_reads_by_itself_is_shown() {
    let pairs = [
        ("AUTH_MICROSERVICE_DB_HOST", "localhost"),
        ("AUTH_MICROSERVICE_JWT_SECRET_KEY", KEY),
        ("PGOPTIONS", "-c work_mem=1MB"),
        ("PGHOST", "elsewhere"),
    ];
    let lines = described(&pairs);
    let shown = |name: &str| lines.iter().any(|line| line.starts_with(name));
    assert!(shown("PGOPTIONS = "), "{lines:?}");
    assert!(!shown("PGHOST"));
}

#[test]
fn nothing_shows_a_secret() {
    let pairs = [
        ("AUTH_MICROSERVICE_JWT_SECRET_KEY", KEY),
        ("AUTH_MICROSERVICE_DB_HOST", "db"),
        ("AUTH_MICROSERVICE_DB_PASS", "canary-password"),
    ];
    let (settings, _) = load(&pairs).unwrap();
    let shown = described(&pairs);
    let all = format!("{settings:?} {shown:?} {:?}", Sources::from_pairs(pairs));
    assert!(
        !all.contains(KEY) && !all.contains("canary-password"),
        "{all}"
    );
}

#[test]
fn a_generated_secret_is_private_and_made_once_also_by_two_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let make = |text: &'static str| {
        let dir = dir.path().to_owned();
        move || secrets::ensure(&dir, "token-key", || Ok(text.into())).unwrap()
    };
    let one = std::thread::spawn(make("the-first-secret-0123456789abcdef0123"));
    let two = std::thread::spawn(make("the-other-secret-0123456789abcdef0123"));
    let (one, two) = (one.join().unwrap(), two.join().unwrap());
    assert_eq!(one.value.expose_secret(), two.value.expose_secret());
    assert!(one.created != two.created, "exactly one made it");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&one.path), 0o600);
    assert_eq!(mode(one.path.parent().unwrap()), 0o700);
}

#[test]
fn the_generated_pages_are_up_to_date() {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .into();
    for (file, text) in [
        ("docs/settings.md", generated::settings_page()),
        (".env.example", generated::env_example()),
    ] {
        let path = root.join(file);
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{file} is out of date: run the tests with UPDATE_GENERATED=1"
        );
    }
}
