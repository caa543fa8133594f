//! How tokens are signed, and how long they live.

use std::path::Path;
use std::time::Duration;

use auth_config::{Notice, Settings, TokenAlgorithm};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use crate::{KEY, described, load};

const ALGORITHM: &str = "AUTH_MICROSERVICE_JWT_ALGORITHM";
const SHARED: (&str, &str) = ("AUTH_MICROSERVICE_JWT_SECRET_KEY", KEY);
const ED25519: &str = "AUTH_MICROSERVICE_JWT_ED25519_PRIVATE_KEY";
const PUBLIC: &str = "AUTH_MICROSERVICE_JWT_ACCEPTED_PUBLIC_KEYS_FILE";
const POSTGRES: (&str, &str) = ("AUTH_MICROSERVICE_DB_HOST", "localhost");
const PEM: &str = "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n";

fn settings(pairs: &[(&str, &str)]) -> Settings {
    load(pairs).unwrap().0
}

fn algorithm(pairs: &[(&str, &str)]) -> TokenAlgorithm {
    settings(pairs).tokens.algorithm()
}

fn written(dir: &TempDir, text: &str) -> String {
    let file = dir.path().join("file");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn an_ed25519_key_chooses_eddsa_unless_the_algorithm_is_set() {
    assert_eq!(algorithm(&[]), TokenAlgorithm::Hs256);
    assert_eq!(algorithm(&[SHARED]), TokenAlgorithm::Hs256);
    assert_eq!(algorithm(&[(ED25519, PEM)]), TokenAlgorithm::EdDsa);
    assert_eq!(algorithm(&[SHARED, (ED25519, PEM)]), TokenAlgorithm::EdDsa);
    for (name, chosen) in [
        ("HS256", TokenAlgorithm::Hs256),
        ("EdDSA", TokenAlgorithm::EdDsa),
    ] {
        let pairs = [SHARED, (ED25519, PEM), (ALGORITHM, name)];
        assert_eq!(algorithm(&pairs), chosen);
        assert_eq!(chosen.as_str(), name);
    }
}

#[test]
fn with_both_keys_the_shared_one_is_still_there() {
    let settings = settings(&[POSTGRES, SHARED, (ED25519, PEM)]);
    assert_eq!(settings.tokens.ed25519_key.unwrap().expose_secret(), PEM);
    assert_eq!(settings.secrets.token_key.unwrap().expose_secret(), KEY);
}

#[test]
fn postgres_needs_the_key_of_the_algorithm() {
    assert!(load(&[POSTGRES, SHARED]).is_ok());
    assert!(load(&[POSTGRES, (ED25519, PEM)]).is_ok());
    let neither = load(&[POSTGRES]).unwrap_err();
    assert!(
        neither.contains(&format!("{}: is needed", SHARED.0)),
        "{neither}"
    );
    assert!(neither.contains(ED25519), "{neither}");
    let without_shared = [POSTGRES, (ED25519, PEM), (ALGORITHM, "HS256")];
    assert!(load(&without_shared).unwrap_err().contains(SHARED.0));
}

#[test]
fn eddsa_needs_an_ed25519_key_everywhere() {
    for pairs in [
        vec![(ALGORITHM, "EdDSA")],
        vec![POSTGRES, SHARED, (ALGORITHM, "EdDSA")],
    ] {
        let error = load(&pairs).unwrap_err();
        assert!(error.contains(&format!("{ED25519}: is needed")), "{error}");
    }
}

#[test]
fn another_algorithm_is_refused() {
    for name in ["RS256", "none", "hs256", "eddsa"] {
        let error = load(&[(ALGORITHM, name)]).unwrap_err();
        assert!(
            error.contains("must be HS256 or EdDSA") && error.contains(name),
            "{error}"
        );
    }
}

#[test]
fn an_ed25519_key_that_signs_nothing_is_a_warning() {
    let (_, notices) = load(&[SHARED, (ED25519, PEM), (ALGORITHM, "HS256")]).unwrap();
    let [Notice::Warning(text)] = notices.as_slice() else {
        panic!("{notices:?}");
    };
    assert!(text.contains(ED25519) && text.contains(PUBLIC), "{text}");
    let (_, notices) = load(&[SHARED, (ED25519, PEM)]).unwrap();
    assert_eq!(notices, []);
}

#[test]
fn a_private_key_is_read_from_a_file() {
    let dir = TempDir::new().unwrap();
    let file = written(&dir, PEM);
    let settings = settings(&[POSTGRES, (&format!("{ED25519}_FILE"), &file)]);
    assert_eq!(settings.tokens.algorithm(), TokenAlgorithm::EdDsa);
    let key = settings.tokens.ed25519_key.unwrap();
    assert_eq!(key.expose_secret(), PEM.trim_end());
}

#[test]
fn a_private_key_may_stand_on_one_line() {
    let on_one_line = PEM.replace('\n', "\\n");
    assert_eq!(on_one_line.lines().count(), 1);
    let windows = PEM.replace('\n', "\\r\\n");
    for text in [on_one_line, windows] {
        let key = settings(&[(ED25519, &text)]).tokens.ed25519_key;
        assert_eq!(key.unwrap().expose_secret(), PEM);
    }
}

#[test]
fn a_malformed_private_key_is_one_problem_and_not_two() {
    let error = load(&[POSTGRES, (ED25519, "canary")]).unwrap_err();
    assert_eq!(error.lines().count(), 2, "{error}");
}

#[test]
fn a_private_key_must_be_pem_in_every_environment_and_is_not_shown() {
    let encrypted = PEM.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let public = PEM.replace("PRIVATE", "PUBLIC");
    for environment in ["production", "development"] {
        let environment = ("AUTH_MICROSERVICE_ENVIRONMENT", environment);
        for key in [" ", "canary", encrypted.as_str(), public.as_str()] {
            let error = load(&[environment, (ED25519, key)]).unwrap_err();
            assert!(
                error.contains(&format!("{ED25519}: is not a private key")),
                "{error}"
            );
            assert!(
                !error.contains("canary") && !error.contains("32 bytes"),
                "{error}"
            );
        }
    }
}

#[test]
fn further_public_keys_come_from_a_file() {
    let dir = TempDir::new().unwrap();
    let public = PEM.replace("PRIVATE", "PUBLIC");
    let file = written(&dir, &(public.clone() + &public));
    let (settings, notices) = load(&[(PUBLIC, &file)]).unwrap();
    assert_eq!(
        settings.tokens.accepted_public_keys,
        public.clone() + &public
    );
    assert_eq!(notices, []);
    for text in ["", "canary", PEM] {
        let file = written(&dir, text);
        let error = load(&[(PUBLIC, &file)]).unwrap_err();
        assert!(
            error.contains(&format!("{PUBLIC}: {file} holds no public key")),
            "{error}"
        );
        assert!(!error.contains("canary"), "{error}");
    }
    assert!(
        load(&[(PUBLIC, "/no/such/file")])
            .unwrap_err()
            .contains(PUBLIC)
    );
    assert!(!Path::new("/no/such/file").exists());
}

#[test]
fn config_print_says_how_tokens_are_signed_and_why_and_no_key() {
    for (pairs, line) in [
        (
            vec![],
            "token signature = HS256 (because AUTH_MICROSERVICE_JWT_ED25519_PRIVATE_KEY is not set)",
        ),
        (
            vec![(ED25519, PEM)],
            "token signature = EdDSA (because AUTH_MICROSERVICE_JWT_ED25519_PRIVATE_KEY is set)",
        ),
        (
            vec![(ED25519, PEM), (ALGORITHM, "EdDSA")],
            "token signature = EdDSA (because AUTH_MICROSERVICE_JWT_ALGORITHM is set)",
        ),
    ] {
        let settings = settings(&pairs);
        let lines = described(&pairs);
        assert!(lines.contains(&line.to_owned()), "{lines:?}");
        assert!(!format!("{settings:?} {lines:?}").contains("canary"));
    }
}

#[test]
fn lives_of_tokens_are_minutes() {
    let defaults = settings(&[]).tokens;
    assert_eq!(defaults.password_reset, Duration::from_hours(1));
    assert_eq!(defaults.email_verification, Duration::from_hours(24));
    let name = "AUTH_MICROSERVICE_PASSWORD_RESET_TOKEN_EXPIRES_MINUTES";
    let (settings, notices) = load(&[(name, "5")]).unwrap();
    assert_eq!(settings.tokens.password_reset, Duration::from_mins(5));
    assert_eq!(notices, [], "it is no obsolete setting any more");
    assert!(load(&[(name, "0")]).unwrap_err().contains(name));
}

#[test]
fn sessions_are_not_cached_unless_it_is_asked_for_and_never_for_long() {
    let name = "AUTH_MICROSERVICE_SESSION_CACHE_MS";
    let cache = |value| load(&[(name, value)]).map(|(settings, _)| settings.tokens.session_cache);
    assert_eq!(settings(&[]).tokens.session_cache, None);
    assert_eq!(cache("0").unwrap(), None);
    assert_eq!(cache("60000").unwrap(), Some(Duration::from_mins(1)));
    for value in ["60001", "-1", "on"] {
        assert!(cache(value).unwrap_err().contains(name), "{value}");
    }
}

#[test]
fn an_audience_and_an_issuer_are_one_name() {
    for name in ["JWT_AUDIENCE", "JWT_ISSUER"] {
        let name = format!("AUTH_MICROSERVICE_{name}");
        for several in ["a,b", "a b", "a, b"] {
            let error = load(&[(&name, several)]).unwrap_err();
            assert!(error.contains("one name"), "{error}");
        }
        assert!(load(&[(&name, "https://auth.example.com/x")]).is_ok());
    }
}
