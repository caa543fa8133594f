//! Keys: which are taken, published and accepted while one replaces another.

use auth_crypto::{JwtIssuer, JwtOptions, JwtSetupError, KeyRole, SigningKey};
use auth_domain::identity::{PublishedKey, TokenIssuer as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::support::{
    AUDIENCE, D, ISSUED, KEY, KID, Kind, X, access_claims, at, options, pem, pkcs8, private_pem,
    public_pem, seed, spki,
};

const OTHER_KEY: &str = "the key of yesterday, of 32 bytes too";

fn made(options: JwtOptions) -> JwtIssuer {
    JwtIssuer::new(options).unwrap()
}

fn refused(options: JwtOptions) -> JwtSetupError {
    JwtIssuer::new(options).unwrap_err()
}

fn ed25519(pem: String) -> JwtOptions {
    options(SigningKey::Ed25519(pem.into()), Some(AUDIENCE))
}

/// The public key of a seed.
fn public(seed: u8) -> PublishedKey {
    made(ed25519(private_pem(&[seed; 32])))
        .published_keys()
        .remove(0)
}

fn issued_by(options: JwtOptions) -> String {
    let token = made(options).issue(&access_claims()).unwrap();
    token.expose().to_owned()
}

fn accepts(issuer: &JwtIssuer, token: &str) -> bool {
    issuer.verify(token, at(ISSUED + 60)).is_ok()
}

#[test]
fn a_key_is_published_as_rfc_8037_shows_it() {
    let keys = Kind::Ed25519.issuer(None).published_keys();
    let key = PublishedKey {
        id: KID.into(),
        x: X.into(),
    };
    assert_eq!(keys, [key]);
}

#[test]
fn a_key_that_openssl_or_a_newer_tool_made_is_taken() {
    let own = [public(5)];
    let crlf = private_pem(&[5; 32]).replace('\n', "\r\n");
    let commented = format!("key of the tests\n{}\n\n", private_pem(&[5; 32]));
    let public = URL_SAFE_NO_PAD.decode(&own[0].x).unwrap();
    let version_two = [
        b"\x30\x51\x02\x01\x01\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".as_slice(),
        &[5; 32],
        b"\x81\x21\x00",
        &public,
    ]
    .concat();
    for text in [crlf, commented, pem("PRIVATE KEY", &version_two)] {
        assert_eq!(made(ed25519(text)).published_keys(), own);
    }
}

#[test]
fn shared_keys_are_never_published() {
    let mut shared = options(Kind::Shared.signing(), None);
    shared.accepted_shared = Some(OTHER_KEY.into());
    assert_eq!(made(shared.clone()).published_keys(), []);
    shared.accepted_public = public_pem(X);
    let keys = made(shared).published_keys();
    assert_eq!(keys.iter().map(|key| &key.id).collect::<Vec<_>>(), [KID]);
}

#[test]
fn the_signing_key_is_published_first_and_accepted_ones_follow() {
    let mut options = options(Kind::Ed25519.signing(), None);
    let others = [public(1), public(2)];
    options.accepted_public = others.iter().map(|key| public_pem(&key.x)).collect();
    let keys = made(options).published_keys();
    assert_eq!(keys[0].id, KID);
    assert_eq!(keys[1..], others);
}

#[test]
fn an_issuer_says_its_name() {
    let name = Kind::Shared.issuer(Some(AUDIENCE)).name();
    assert_eq!(name.issuer, crate::support::ISSUER);
    assert_eq!(name.audience.as_deref(), Some(AUDIENCE));
    assert_eq!(Kind::Ed25519.issuer(None).name().audience, None);
}

#[test]
fn tokens_of_the_key_before_hold_while_it_is_accepted() {
    let old_shared = issued_by(options(
        SigningKey::Shared(OTHER_KEY.into()),
        Some(AUDIENCE),
    ));
    let old_ed25519 = issued_by(ed25519(private_pem(&[1; 32])));
    for kind in Kind::ALL {
        let mut options = options(kind.signing(), Some(AUDIENCE));
        let alone = made(options.clone());
        options.accepted_shared = Some(OTHER_KEY.into());
        options.accepted_public = public_pem(&public(1).x) + &public_pem(&public(2).x);
        let new = issued_by(options.clone());
        let overlapping = made(options);
        for old in [&old_shared, &old_ed25519] {
            assert!(accepts(&overlapping, old));
            assert!(!accepts(&alone, old));
        }
        assert!(accepts(&overlapping, &new) && accepts(&alone, &new));
    }
}

#[test]
fn a_new_key_is_accepted_before_it_signs() {
    let mut today = options(Kind::Shared.signing(), Some(AUDIENCE));
    today.accepted_public = public_pem(X);
    let mut tomorrow = options(Kind::Ed25519.signing(), Some(AUDIENCE));
    tomorrow.accepted_shared = Some(KEY.into());
    for issuer in [made(today.clone()), made(tomorrow.clone())] {
        assert!(accepts(&issuer, &issued_by(today.clone())));
        assert!(accepts(&issuer, &issued_by(tomorrow.clone())));
    }
}

#[test]
fn what_is_not_one_private_ed25519_key_is_refused() {
    let good = private_pem(&seed());
    let malformed = [
        String::new(),
        D.into(),
        good.replace("BEGIN", "BEGUN"),
        good.replace("-----END PRIVATE KEY-----", ""),
        good.replace("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY---"),
        good.replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE"),
        pem("ENCRYPTED PRIVATE KEY", &pkcs8(&seed())),
        pem("PRIVATE KEY", &pkcs8(&seed())).replace('M', "!"),
        good.clone() + &good,
        good + &public_pem(X),
    ];
    for text in malformed {
        let error = refused(ed25519(text));
        assert!(
            matches!(error, JwtSetupError::MalformedPem(KeyRole::Private)),
            "{error}"
        );
    }
    let with_oid = |oid: u8| {
        let mut der = pkcs8(&seed());
        der[11] = oid;
        pem("PRIVATE KEY", &der)
    };
    let other = [
        public_pem(X),
        pem("EC PRIVATE KEY", &pkcs8(&seed())),
        pem("PRIVATE KEY", &pkcs8(&seed())[..47]),
        pem("PRIVATE KEY", &seed()),
        pem("PRIVATE KEY", &[]),
        with_oid(0x6e),
        with_oid(0x71),
    ];
    for text in other {
        let error = refused(ed25519(text));
        assert!(
            matches!(error, JwtSetupError::NotEd25519(KeyRole::Private)),
            "{error}"
        );
    }
}

#[test]
fn what_is_not_only_public_ed25519_keys_is_refused() {
    let accepting = |text: String| {
        let mut options = options(Kind::Shared.signing(), None);
        options.accepted_public = text;
        options
    };
    let good = public_pem(X);
    assert_eq!(made(accepting(" \n".into())).published_keys(), []);
    for text in [
        X.into(),
        good.clone() + "-----BEGIN PUBLIC KEY-----\nMCow",
        good.clone() + &pem("SOMETHING ELSE", b"x"),
    ] {
        let error = refused(accepting(text));
        assert!(
            matches!(error, JwtSetupError::MalformedPem(KeyRole::Public)),
            "{error}"
        );
    }
    let long = [spki(X), vec![0]].concat();
    for text in [
        private_pem(&seed()),
        good.clone() + &private_pem(&seed()),
        pem("CERTIFICATE", &spki(X)),
        pem("PUBLIC KEY", &spki(X)[..43]),
        pem("PUBLIC KEY", &long),
        pem("PUBLIC KEY", &URL_SAFE_NO_PAD.decode(X).unwrap()),
        good.replace("MCowBQYDK2Vw", "MCowBQYDK2Vu"),
    ] {
        let error = refused(accepting(text));
        assert!(
            matches!(error, JwtSetupError::NotEd25519(KeyRole::Public)),
            "{error}"
        );
    }
}

#[test]
fn a_key_that_is_given_twice_is_refused() {
    let duplicate = |options| matches!(refused(options), JwtSetupError::DuplicateKey(_));
    let mut shared = options(Kind::Shared.signing(), None);
    shared.accepted_shared = Some(KEY.into());
    assert!(duplicate(shared));
    let mut own = options(Kind::Ed25519.signing(), None);
    own.accepted_public = public_pem(X);
    assert!(refused(own).to_string().contains(KID));
    let mut twice = options(Kind::Shared.signing(), None);
    twice.accepted_public = public_pem(X) + &public_pem(X);
    assert!(duplicate(twice));
}

#[test]
fn an_issuer_needs_keys_and_names() {
    let options = options(Kind::Shared.signing(), None);
    let no_key = JwtOptions {
        signing: SigningKey::Shared("".into()),
        ..options.clone()
    };
    let no_further_key = JwtOptions {
        accepted_shared: Some("".into()),
        ..options.clone()
    };
    let no_issuer = JwtOptions {
        issuer: String::new(),
        ..options.clone()
    };
    let no_audience = JwtOptions {
        audience: Some(String::new()),
        ..options
    };
    for nothing in [no_key, no_further_key] {
        assert!(matches!(refused(nothing), JwtSetupError::EmptyKey));
    }
    assert!(matches!(refused(no_issuer), JwtSetupError::EmptyIssuer));
    assert!(matches!(refused(no_audience), JwtSetupError::EmptyAudience));
}

#[test]
fn neither_debug_output_nor_an_error_shows_a_key() {
    let secret = STANDARD.encode(pkcs8(&seed()));
    let private = private_pem(&seed());
    let mut both = ed25519(private.clone());
    both.accepted_shared = Some(KEY.into());
    let issuer = made(both.clone());
    let mut shown = vec![format!("{both:?} {issuer:?}")];
    let broken = [
        private.replace("-----END PRIVATE KEY-----", ""),
        private.replace("-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-"),
        private.replace('M', "!"),
        format!("-----BEGIN {secret}"),
    ];
    for text in broken {
        let mut public = options(Kind::Shared.signing(), None);
        public.accepted_public.clone_from(&text);
        for error in [refused(ed25519(text)), refused(public)] {
            shown.push(format!("{error} {error:?}"));
        }
    }
    let (shown, piece) = (shown.concat(), &secret[22..40]);
    assert!(!shown.contains(piece) && !shown.contains(KEY), "{shown}");
}
