//! Hashing and comparing passwords.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
use auth_crypto::{Argon2Options, Argon2PasswordHasher, HasherSetupError};
use auth_domain::identity::{HashError, Password, PasswordHash, PasswordHasher, Verification};
use futures::executor::block_on;
use proptest::prelude::*;
use std::time::Duration;

/// Whether the password matches, and whether its hash is outdated.
type Verdict = (bool, bool);

const RIGHT: Verdict = (true, false);
const RIGHT_BUT_OLD: Verdict = (true, true);

fn verdict(verification: Verification) -> Verdict {
    (verification.matches, verification.outdated)
}

fn quick() -> Argon2Options {
    Argon2Options {
        memory_kib: 64,
        iterations: 1,
        threads: 1,
        ..Argon2Options::default()
    }
}

fn hasher(options: Argon2Options) -> Argon2PasswordHasher {
    Argon2PasswordHasher::new(options).unwrap()
}

fn hash(hasher: &Argon2PasswordHasher, password: &str) -> PasswordHash {
    block_on(hasher.hash(&Password::attempt(password))).unwrap()
}

fn verify(
    hasher: &Argon2PasswordHasher,
    password: &str,
    hash: &PasswordHash,
) -> Result<Verification, HashError> {
    block_on(hasher.verify(&Password::attempt(password), Some(hash.clone())))
}

/// A hash by the library's own interface, with other parameters than ours.
fn foreign(algorithm: Algorithm, version: Version, params: Params, password: &str) -> PasswordHash {
    let argon2 = Argon2::new(algorithm, version, params);
    let hash: phc::PasswordHash = argon2.hash_password(password.as_bytes()).unwrap();
    PasswordHash::new(hash.to_string())
}

fn bcrypt_hash(password: &[u8], version: bcrypt::Version) -> PasswordHash {
    let parts = bcrypt::hash_with_result(password, 4).unwrap();
    PasswordHash::new(parts.format_for_version(version))
}

#[test]
fn the_shipped_parameters_are_written_into_the_hash() {
    let hasher = hasher(Argon2Options {
        threads: 1,
        ..Argon2Options::default()
    });
    let stored = hash(&hasher, "correct horse");
    let start = "$argon2id$v=19$m=19456,t=2,p=1$";
    assert!(stored.expose().starts_with(start), "{}", stored.expose());
    assert_eq!(
        verify(&hasher, "correct horse", &stored)
            .map(verdict)
            .unwrap(),
        RIGHT
    );
    assert!(!verify(&hasher, "correct hors", &stored).unwrap().matches);
}

#[test]
fn the_same_password_has_another_hash_each_time() {
    let hasher = hasher(quick());
    assert_ne!(hash(&hasher, "password"), hash(&hasher, "password"));
}

#[test]
fn a_hash_of_the_reference_implementation_verifies() {
    // From the test suite of the reference implementation (phc-winner-argon2).
    let known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ\
                 $CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let verified = verify(
        &hasher(quick()),
        "password",
        &PasswordHash::new(known.into()),
    );
    assert_eq!(verified.map(verdict).unwrap(), RIGHT_BUT_OLD);
}

#[test]
fn a_missing_hash_never_matches_whatever_the_password() {
    let hasher = hasher(quick());
    for password in ["", "password", "\0"] {
        let verified = block_on(hasher.verify(&Password::attempt(password), None)).unwrap();
        assert!(!verified.matches && !verified.outdated);
    }
}

#[test]
fn hashes_of_other_parameters_verify_and_are_outdated() {
    let now = hasher(quick());
    for before in [
        Argon2Options {
            memory_kib: 32,
            ..quick()
        },
        Argon2Options {
            memory_kib: 128,
            ..quick()
        },
        Argon2Options {
            iterations: 2,
            ..quick()
        },
        Argon2Options {
            lanes: 2,
            ..quick()
        },
    ] {
        let stored = hash(&hasher(before), "password");
        assert_eq!(
            verify(&now, "password", &stored).map(verdict).unwrap(),
            RIGHT_BUT_OLD
        );
        assert!(!verify(&now, "passwort", &stored).unwrap().matches);
    }
    let stored = hash(
        &hasher(Argon2Options {
            threads: 2,
            queue: 1,
            ..quick()
        }),
        "password",
    );
    assert_eq!(
        verify(&now, "password", &stored).map(verdict).unwrap(),
        RIGHT,
        "nothing changed in the hash"
    );
}

#[test]
fn hashes_of_other_argon2_kinds_verify_and_are_outdated() {
    let hasher = hasher(quick());
    let params = |output| Params::new(64, 1, 1, Some(output)).unwrap();
    for (algorithm, version, output) in [
        (Algorithm::Argon2i, Version::V0x13, 32),
        (Algorithm::Argon2d, Version::V0x13, 32),
        (Algorithm::Argon2id, Version::V0x10, 32),
        (Algorithm::Argon2id, Version::V0x13, 16),
        (Algorithm::Argon2id, Version::V0x13, 64),
    ] {
        let stored = foreign(algorithm, version, params(output), "password");
        assert_eq!(
            verify(&hasher, "password", &stored).map(verdict).unwrap(),
            RIGHT_BUT_OLD
        );
        assert!(!verify(&hasher, "passwort", &stored).unwrap().matches);
    }
    let current = foreign(Algorithm::Argon2id, Version::V0x13, params(32), "password");
    assert_eq!(
        verify(&hasher, "password", &current).map(verdict).unwrap(),
        RIGHT
    );
}

#[test]
fn bcrypt_hashes_of_the_predecessor_verify_and_are_outdated() {
    let hasher = hasher(quick());
    for version in [
        bcrypt::Version::TwoA,
        bcrypt::Version::TwoB,
        bcrypt::Version::TwoY,
    ] {
        let stored = bcrypt_hash(b"pa\xc3\x9fword", version);
        assert_eq!(
            verify(&hasher, "paßword", &stored).map(verdict).unwrap(),
            RIGHT_BUT_OLD
        );
        assert!(!verify(&hasher, "password", &stored).unwrap().matches);
    }
}

#[test]
fn bcrypt_looks_at_the_first_72_bytes_as_it_did_for_the_predecessor() {
    let hasher = hasher(quick());
    // `bcrypt.hashpw(b"x" * 100, b"$2a$05$" + b"." * 22)` in Python.
    let known = "$2a$05$......................YgIDy4hFBdVlc/6LHnD9mX488r9cLd2";
    let known = PasswordHash::new(known.into());
    let matches = |password: &str| verify(&hasher, password, &known).unwrap().matches;
    assert!(matches(&"x".repeat(100)) && matches(&"x".repeat(72)) && matches(&"x".repeat(73)));
    assert!(!matches(&"x".repeat(71)));
    // The cut may fall inside a character. What lies behind it was never part
    // of the hash and must not become part of one.
    let long = "ß".repeat(35) + "x€";
    let stored = bcrypt_hash(&long.as_bytes()[..72], bcrypt::Version::TwoB);
    assert_eq!(verify(&hasher, &long, &stored).map(verdict).unwrap(), RIGHT);
    let whole = &long[..71];
    let stored = bcrypt_hash(whole.as_bytes(), bcrypt::Version::TwoB);
    let verified = verify(&hasher, whole, &stored).map(verdict);
    assert_eq!(verified.unwrap(), RIGHT_BUT_OLD);
}

#[test]
fn a_long_password_counts_as_a_whole_once_it_is_argon2() {
    let hasher = hasher(quick());
    let stored = hash(&hasher, &"x".repeat(100));
    assert!(!verify(&hasher, &"x".repeat(99), &stored).unwrap().matches);
}

#[test]
fn a_password_with_nul_matches_no_bcrypt_hash() {
    let hasher = hasher(quick());
    let stored = bcrypt_hash(b"a", bcrypt::Version::TwoB);
    assert!(verify(&hasher, "a", &stored).unwrap().matches);
    let repeated = verify(&hasher, "a\0a", &stored).unwrap();
    assert!(
        !repeated.matches,
        "bcrypt's key schedule takes it for \"a\""
    );
}

#[test]
fn a_hash_of_no_known_form_is_malformed() {
    let hasher = hasher(quick());
    let phc = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let bcrypt = "$2b$04$......................YgIDy4hFBdVlc/6LHnD9mX488r9cLd2";
    for known in [phc, bcrypt] {
        assert!(verify(&hasher, "x", &PasswordHash::new(known.into())).is_ok());
    }
    for hash in [
        String::new(),
        "password".into(),
        "5f4dcc3b5aa765d61d8327deb882cf99".into(),
        "$argon2id$".into(),
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ".into(),
        phc.replace("argon2id", "argon2x"),
        phc.replace("v=19", "v=18"),
        phc.replace("m=64", "m=4294967295"),
        phc.replace("m=64", "m=1"),
        phc.replace("t=1", "t=4294967295"),
        phc.replace("t=1", "t=0"),
        phc.replace("p=1", "p=9"),
        phc.replace("c29tZXNhbHQ", "c29t"),
        phc.replace("c29tZXNhbHQ", "c29tZXNhb!Q"),
        bcrypt.replace("$2b$", "$2x$"),
        bcrypt.replace("$04$", "$03$"),
        bcrypt.replace("$04$", "$31$"),
        bcrypt.replace("$04$", "$xx$"),
        bcrypt[..59].into(),
        format!("{bcrypt}A"),
    ] {
        let verified = verify(&hasher, "x", &PasswordHash::new(hash.clone()));
        assert!(
            matches!(verified, Err(HashError::Malformed)),
            "{hash}: {verified:?}"
        );
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    let refused = |options| Argon2PasswordHasher::new(options).unwrap_err();
    for memory_kib in [0, 7, (1 << 20) + 1] {
        let options = Argon2Options {
            memory_kib,
            ..quick()
        };
        assert!(matches!(refused(options), HasherSetupError::Memory));
    }
    let options = Argon2Options {
        lanes: 9,
        ..quick()
    };
    assert!(matches!(refused(options), HasherSetupError::Memory));
    for lanes in [0, 65, u32::MAX] {
        let options = Argon2Options { lanes, ..quick() };
        assert!(matches!(refused(options), HasherSetupError::Lanes));
    }
    for iterations in [0, 101] {
        let options = Argon2Options {
            iterations,
            ..quick()
        };
        assert!(matches!(refused(options), HasherSetupError::Iterations));
    }
    let options = Argon2Options {
        threads: 0,
        ..quick()
    };
    assert!(matches!(refused(options), HasherSetupError::Threads));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_password_verifies_and_no_other_does(password in "\\PC{0,128}", other in "\\PC{0,128}") {
        let hasher = hasher(quick());
        let stored = hash(&hasher, &password);
        prop_assert_eq!(verify(&hasher, &password, &stored).map(verdict).unwrap(), RIGHT);
        prop_assert_eq!(verify(&hasher, &other, &stored).unwrap().matches, password == other);
    }

    #[test]
    fn no_text_for_a_hash_panics(text in "(\\$(argon2id?|2[aby])\\$)?[\\$=,.a-z0-9]{0,80}") {
        let verified = verify(&hasher(quick()), "password", &PasswordHash::new(text));
        prop_assert!(!verified.is_ok_and(|verified| verified.matches));
    }
}

#[test]
fn the_slowest_comparison_is_with_the_stored_hash_where_that_one_is_slower() {
    let hasher = hasher(quick());
    let slowest = |stored| block_on(hasher.slowest(stored)).unwrap();
    let own = slowest(None);
    assert!(own > Duration::ZERO);
    let stored = bcrypt::hash_with_result(b"any", 10).unwrap();
    let stored = PasswordHash::new(stored.format_for_version(bcrypt::Version::TwoB));
    let alone = verify(&hasher, "any", &stored).unwrap();
    let slowest = slowest(Some(stored));
    assert!(
        slowest > own && slowest * 2 > alone.took,
        "{slowest:?}, {alone:?}"
    );
}
