//! Redis, or what is done in its place.

use std::time::Duration;

use auth_config::Notice;
use secrecy::ExposeSecret as _;

use crate::{described, load};

const HOST: (&str, &str) = ("AUTH_MICROSERVICE_REDIS_HOST", "cache");

#[test]
fn without_a_host_everything_stays_in_this_process() {
    let (settings, notices) = load(&[]).unwrap();
    assert!(settings.redis.is_none());
    assert_eq!(notices, []);
    let line = "redis = in this process (because AUTH_MICROSERVICE_REDIS_HOST is not set)";
    assert!(described(&[]).contains(&line.to_owned()));
}

#[test]
fn a_host_chooses_redis_and_the_rest_has_defaults() {
    let (settings, notices) = load(&[HOST]).unwrap();
    let line = "redis = database 0 at cache:6379 (because AUTH_MICROSERVICE_REDIS_HOST is set)";
    assert!(described(&[HOST]).contains(&line.to_owned()));
    assert_eq!(notices, [], "its adapter is in this build");
    let redis = settings.redis.unwrap();
    assert_eq!(
        (redis.host.as_str(), redis.port, redis.database),
        ("cache", 6379, 0)
    );
    assert_eq!(redis.timeout, Duration::from_millis(250));
    assert!(redis.user.is_none() && redis.password.is_none());
}

#[test]
fn every_part_can_be_set_and_the_password_is_not_shown() {
    let pairs = [
        HOST,
        ("AUTH_MICROSERVICE_REDIS_PORT", "6380"),
        ("AUTH_MICROSERVICE_REDIS_USER", "auth"),
        ("AUTH_MICROSERVICE_REDIS_PASS", "canary"),
        ("AUTH_MICROSERVICE_REDIS_BASE", "3"),
        ("AUTH_MICROSERVICE_REDIS_TIMEOUT_MS", "50"),
    ];
    let (settings, _) = load(&pairs).unwrap();
    let shown = format!("{settings:?} {:?}", described(&pairs));
    assert!(!shown.contains("canary"), "{shown}");
    let redis = settings.redis.unwrap();
    assert_eq!((redis.port, redis.database), (6380, 3));
    assert_eq!(redis.user.as_deref(), Some("auth"));
    assert_eq!(redis.password.unwrap().expose_secret(), "canary");
    assert_eq!(redis.timeout, Duration::from_millis(50));
}

#[test]
fn numbers_out_of_bounds_are_refused() {
    for (name, value) in [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("BASE", "-1"),
        ("BASE", "256"),
        ("TIMEOUT_MS", "0"),
    ] {
        let name = format!("AUTH_MICROSERVICE_REDIS_{name}");
        let error = load(&[HOST, (&name, value)]).unwrap_err();
        assert!(error.contains(&name), "{error}");
    }
}

#[test]
fn settings_of_redis_without_a_host_are_a_warning() {
    let (settings, notices) = load(&[("AUTH_MICROSERVICE_REDIS_PASS", "canary")]).unwrap();
    assert!(settings.redis.is_none());
    let [Notice::Warning(text)] = notices.as_slice() else {
        panic!("{notices:?}");
    };
    assert!(text.contains("AUTH_MICROSERVICE_REDIS_PASS") && text.contains("REDIS_HOST"));
    assert!(!text.contains("canary"), "{text}");
}
