//! Which secrets are refused, and where.

use crate::{KEY, load};

const TOKEN_KEY: &str = "AUTH_MICROSERVICE_JWT_SECRET_KEY";
const INTERNAL: &str = "AUTH_MICROSERVICE_INTERNAL_API_SECRET";
const SCRAPE: &str = "AUTH_MICROSERVICE_METRICS_SCRAPE_TOKEN";
const PASSWORD: &str = "AUTH_MICROSERVICE_DB_PASS";

fn in_environment<'a>(name: &'a str, pairs: &[(&'a str, &'a str)]) -> Result<(), String> {
    let environment = ("AUTH_MICROSERVICE_ENVIRONMENT", name);
    let pairs: Vec<_> = pairs.iter().copied().chain([environment]).collect();
    load(&pairs).map(drop)
}

/// Refused everywhere but in development; answers the problem.
fn refused(pairs: &[(&str, &str)]) -> String {
    in_environment("development", pairs).unwrap();
    in_environment("test", pairs).unwrap_err();
    in_environment("production", pairs).unwrap_err()
}

#[test]
fn a_weak_secret_is_refused_outside_development_whatever_it_opens() {
    for name in [TOKEN_KEY, INTERNAL, SCRAPE] {
        for weak in [
            "change-me",
            "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "canary-that-is-too-short",
        ] {
            let error = refused(&[(name, weak)]);
            assert!(error.contains(&format!("{name}: ")), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }
}

#[test]
fn a_secret_that_is_another_one_is_refused_outside_development() {
    let error = refused(&[(INTERNAL, KEY), (SCRAPE, KEY)]);
    let text = format!("{SCRAPE}: is the same as {INTERNAL}");
    assert!(error.contains(&text), "{error}");
    let password = [
        (TOKEN_KEY, KEY),
        (PASSWORD, KEY),
        ("AUTH_MICROSERVICE_DB_HOST", "db"),
    ];
    let error = refused(&password);
    assert!(error.contains("is the same as"), "{error}");
    assert!(!error.contains(KEY), "{error}");
}

#[test]
fn servers_beside_us_may_share_a_password_of_any_strength() {
    let pairs = [
        ("AUTH_MICROSERVICE_DB_HOST", "db"),
        (PASSWORD, "short"),
        ("AUTH_MICROSERVICE_REDIS_HOST", "cache"),
        ("AUTH_MICROSERVICE_REDIS_PASS", "short"),
        (TOKEN_KEY, KEY),
    ];
    assert!(in_environment("production", &pairs).is_ok());
}

#[test]
fn the_sample_password_opens_no_database_of_another_machine() {
    for host in ["localhost", "127.0.0.2", "::1", "/run/postgresql"] {
        let pairs = [("AUTH_MICROSERVICE_DB_HOST", host), (TOKEN_KEY, KEY)];
        assert!(in_environment("production", &pairs).is_ok(), "{host}");
    }
    for host in ["db", "10.0.0.1", "localhost.example.com"] {
        let pairs = [("AUTH_MICROSERVICE_DB_HOST", host), (TOKEN_KEY, KEY)];
        let error = refused(&pairs);
        assert!(
            error.contains(&format!("{PASSWORD}: is the sample")),
            "{error}"
        );
        let set = [pairs[0], pairs[1], (PASSWORD, "auth_microservice")];
        refused(&set);
        let own = [pairs[0], pairs[1], (PASSWORD, "own")];
        assert!(in_environment("production", &own).is_ok(), "{host}");
    }
}
