//! Passwords, tokens and the names that users sign in with.

use auth_domain::identity::{
    AccessToken, LoginName, OneTimeToken, Password, PasswordHash, RefreshToken, TokenDigest,
    is_own_name,
};
use auth_domain::text::{TextError, Username};
use auth_domain::users::EmailAddress;

use crate::support::account;

#[test]
fn a_new_password_has_8_to_128_characters_of_any_kind_but_nul() {
    for good in [
        "eight888",
        &"ä".repeat(8),
        &"ä".repeat(128),
        " spaces \n and tabs\t",
    ] {
        assert_eq!(Password::parse(good).unwrap().expose(), good);
    }
    for (bad, error) in [
        ("seven77", TextError::TooShort { min: 8 }),
        (&"ä".repeat(129), TextError::TooLong { max: 128 }),
        ("with\0nul in it", TextError::ControlCharacter),
    ] {
        assert_eq!(Password::parse(bad).unwrap_err(), error);
    }
    assert_eq!(Password::attempt("any").expose(), "any");
}

#[test]
fn no_secret_is_shown() {
    let shown = [
        format!("{:?}", Password::attempt("secret")),
        format!("{:?}", PasswordHash::new("secret".to_owned())),
        format!("{:?}", OneTimeToken::new("secret".to_owned())),
        format!("{:?}", AccessToken::new("secret".to_owned())),
        format!("{:?}", RefreshToken::new("secret".to_owned())),
        format!("{:?}", TokenDigest::from_bytes([7; 32])),
    ];
    for text in shown {
        assert!(text.ends_with("(redacted)"), "{text}");
    }
}

#[test]
fn secrets_are_given_to_those_that_need_them() {
    let text = || "secret".to_owned();
    assert_eq!(PasswordHash::new(text()).expose(), "secret");
    assert_eq!(OneTimeToken::new(text()).expose(), "secret");
    assert_eq!(AccessToken::new(text()).expose(), "secret");
    assert_eq!(RefreshToken::new(text()).expose(), "secret");
}

/// The digest of `abc` is a test vector of FIPS 180-4.
#[test]
fn a_digest_is_the_sha_256_of_its_token() {
    let digest = OneTimeToken::new("abc".to_owned()).digest();
    let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest.to_hex(), hex);
    assert_eq!(TokenDigest::from_hex(hex), Some(digest));
    assert_eq!(digest.as_bytes()[..2], [0xba, 0x78]);
    for other in [
        &hex[1..],
        &format!("{hex}0"),
        &format!("{hex}00"),
        &hex.replace('b', "g"),
    ] {
        assert_eq!(TokenDigest::from_hex(other), None, "{other}");
    }
}

#[test]
fn digests_are_equal_where_every_byte_is() {
    let digest = TokenDigest::from_bytes([7; 32]);
    assert_eq!(digest, TokenDigest::from_bytes([7; 32]));
    for byte in 0..32 {
        let mut other = [7; 32];
        other[byte] = 8;
        assert_ne!(digest, TokenDigest::from_bytes(other), "{byte}");
    }
}

#[test]
fn a_login_name_with_an_at_sign_is_an_address() {
    let name = |text| LoginName::parse(text, 1).unwrap();
    assert!(!name("Ana").is_email());
    assert!(name(" Ana@Example.com ").is_email());
    let username = Username::parse("ANA").unwrap();
    assert_eq!(LoginName::of_username(&username), name("Ana"));
    let email = EmailAddress::parse("ana@example.com").unwrap();
    assert_eq!(LoginName::of_email(&email.key()), name("Ana@Example.com"));
    assert_eq!(name("Ana").key(), &username.key());
    assert_eq!(LoginName::parse("", 1), Err(TextError::TooShort { min: 1 }));
    assert!(LoginName::parse("", 0).is_ok());
    assert!(LoginName::parse(&"a".repeat(255), 1).is_ok());
    let too_long = LoginName::parse(&"a".repeat(256), 1);
    assert_eq!(too_long, Err(TextError::TooLong { max: 255 }));
}

#[test]
fn a_password_is_not_a_name_of_its_owner_in_any_case() {
    let account = account();
    for name in ["ANA", "anna", "lund", "A.Lund@example.com", "a.lund"] {
        let password = Password::attempt(name);
        assert!(is_own_name(&password, account.own_names()), "{name}");
    }
    let other = Password::attempt("ana-lund");
    assert!(!is_own_name(&other, account.own_names()));
    assert!(!is_own_name(&Password::attempt("ana"), []));
}
