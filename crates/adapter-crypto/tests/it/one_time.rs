//! One-time tokens, hashed login names and common passwords.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use auth_crypto::{CommonPasswordList, HmacLoginNames, LoginNamesSetupError, RandomOneTimeTokens};
use auth_domain::identity::{CommonPasswords as _, OneTimeTokens as _, Password};
use auth_domain::security::LoginNameHasher as _;
use auth_domain::text::NameKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const SECRET: &str = "a secret of the installation, 32 bytes or more";

fn hasher(secret: &str) -> HmacLoginNames {
    HmacLoginNames::new(&secret.into()).unwrap()
}

fn is_common(password: &str) -> bool {
    CommonPasswordList.contains(&Password::parse(password).unwrap())
}

#[test]
fn a_one_time_token_is_43_characters_of_base64url_and_no_two_are_alike() {
    let tokens: HashSet<_> = (0..1000)
        .map(|_| RandomOneTimeTokens.generate().unwrap().expose().to_owned())
        .collect();
    assert_eq!(tokens.len(), 1000);
    for token in tokens {
        assert_eq!(token.len(), 43);
        let url_safe = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
        assert!(token.bytes().all(url_safe));
    }
}

#[test]
fn a_login_name_has_one_hash_under_one_secret() {
    let [ana, same, other] = ["ana", "ANA", "anna"].map(NameKey::of);
    let ours = hasher(SECRET);
    assert_eq!(ours.hash(&ana), hasher(SECRET).hash(&same));
    assert_ne!(ours.hash(&ana), ours.hash(&other));
    assert_ne!(ours.hash(&ana), hasher("another secret").hash(&ana));
}

#[test]
fn hashes_of_login_names_stay_what_they_were() {
    let hash = hasher(SECRET).hash(&NameKey::of("ana")).0;
    let text = URL_SAFE_NO_PAD.encode(hash);
    assert_eq!(text, "2LRu0ZFqATg0J6RWPlOQ4bh7sWIGHsEEXB8r0Y30KnI");
}

#[test]
fn login_names_are_not_hashed_under_nothing() {
    let refused = HmacLoginNames::new(&"".into()).unwrap_err();
    assert!(matches!(refused, LoginNamesSetupError::EmptySecret));
    let shown = format!("{:?} {refused}", hasher(SECRET));
    assert!(!shown.contains(SECRET));
}

#[test]
fn a_common_password_is_common_in_any_case() {
    for password in [
        "password",
        "Password",
        "PASSWORD1",
        "12345678",
        "00000000",
        "qwertyuiop",
        "iloveyou1",
        "Password123",
        "trustno1",
        "P@ssw0rd",
        "ｐａｓｓｗｏｒｄ",
        " password ",
    ] {
        assert!(is_common(password), "{password}");
    }
}

#[test]
fn an_unusual_password_is_not_common() {
    for password in [
        "correct horse battery staple",
        "passwordpassword-of-mine",
        "8f3k-29ds-kk20",
        "ünïcödé 密码 пароль",
        "\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}",
    ] {
        assert!(!is_common(password), "{password}");
    }
}

#[test]
fn a_thousand_look_ups_take_well_under_a_second() {
    let password = Password::parse("correct horse battery staple").unwrap();
    let start = Instant::now();
    assert!((0..1000).all(|_| !CommonPasswordList.contains(&password)));
    assert!(start.elapsed() < Duration::from_secs(1));
}
