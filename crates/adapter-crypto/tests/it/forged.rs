//! Tokens that are not ours, or are ours no more.

use auth_domain::identity::{TokenIssuer as _, TokenRejected};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{
    AUDIENCE, ISSUED, KEY, access_claims, at, claims, header, issuer, minted, sign, sign_with,
    verify, with,
};

const INVALID: Result<(), TokenRejected> = Err(TokenRejected::Invalid);
const PAYLOAD: Result<(), TokenRejected> = Err(TokenRejected::Payload);

fn judged(token: &str) -> Result<(), TokenRejected> {
    verify(token).map(|_| ())
}

fn ours() -> String {
    let token = issuer(Some(AUDIENCE)).issue(&access_claims()).unwrap();
    token.expose().to_owned()
}

#[test]
fn the_forge_makes_tokens_that_hold() {
    assert_eq!(judged(&minted(&header(), &claims())), Ok(()));
}

#[test]
fn no_truncation_holds() {
    let token = ours();
    for cut in 0..token.len() {
        assert_eq!(judged(&token[..cut]), INVALID, "the first {cut}");
        assert_eq!(
            judged(&token[token.len() - cut..]),
            INVALID,
            "the last {cut}"
        );
    }
}

#[test]
fn no_change_of_one_character_holds() {
    let issuer = issuer(Some(AUDIENCE));
    let token = ours();
    let mut changed = token.clone().into_bytes();
    for place in 0..token.len() {
        for other in (b' '..=b'~').chain([b'\n', 0]) {
            changed[place] = other;
            let text = std::str::from_utf8(&changed).unwrap();
            let verdict = issuer.verify(text, at(ISSUED + 60));
            assert_eq!(verdict.is_ok(), text == token, "{place}: {}", other as char);
        }
        changed[place] = token.as_bytes()[place];
    }
}

#[test]
fn nothing_may_stand_around_or_inside_a_token() {
    let token = ours();
    let (message, signature) = token.rsplit_once('.').unwrap();
    for other in [
        format!("{token}="),
        format!("{token}."),
        format!("{token}.e30"),
        format!("{token} "),
        format!("{token}\n"),
        format!(" {token}"),
        format!(".{token}"),
        format!("{token}AA"),
        format!("{message}=.{signature}"),
        format!("{message}..{signature}"),
        format!("{message}."),
        message.to_owned(),
        token.replace('.', ".."),
        "..".into(),
        String::new(),
    ] {
        assert_eq!(judged(&other), INVALID, "{other:?}");
    }
}

#[test]
fn the_algorithm_is_the_keys_and_not_the_headers() {
    let claims = claims().to_string();
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        let header = with(header(), "alg", Some(json!(name))).to_string();
        let token = sign_with(header.as_bytes(), claims.as_bytes(), KEY, algorithm);
        assert_eq!(judged(&token), INVALID, "{name}");
    }
    for name in [
        "none", "None", "NONE", "hs256", "HS256 ", "EdDSA", "RS256", "",
    ] {
        let header = with(header(), "alg", Some(json!(name))).to_string();
        let signed = sign(header.as_bytes(), claims.as_bytes());
        assert_eq!(judged(&signed), INVALID, "{name}");
        let (message, _) = signed.rsplit_once('.').unwrap();
        assert_eq!(judged(&format!("{message}.")), INVALID, "{name}, unsigned");
    }
    let missing = with(header(), "alg", None);
    assert_eq!(judged(&minted(&missing, &json!(claims))), INVALID);
}

#[test]
fn another_key_does_not_sign_for_us() {
    let [header, claims] = [header(), claims()].map(|json| json.to_string().into_bytes());
    for key in [
        "another key, of at least 32 bytes too",
        "",
        &KEY[..KEY.len() - 1],
    ] {
        let token = sign_with(&header, &claims, key, Algorithm::HS256);
        assert_eq!(judged(&token), INVALID);
    }
}

#[test]
fn a_header_cannot_bring_or_name_a_key() {
    let attacker = "the attacker's key, 32 bytes or more";
    let jwk = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(attacker)});
    for (name, value) in [
        ("kid", json!("unknown")),
        ("kid", json!("")),
        ("kid", json!("../../dev/null")),
        ("jku", json!("https://attacker.example/jwks.json")),
        ("x5u", json!("https://attacker.example/x.pem")),
        ("x5c", json!(["MIIB"])),
        ("jwk", jwk),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        let header = with(header(), name, Some(value)).to_string();
        let claims = claims().to_string();
        for key in [KEY, attacker] {
            let [header, claims] = [header.as_bytes(), claims.as_bytes()];
            let token = sign_with(header, claims, key, Algorithm::HS256);
            assert_eq!(judged(&token), INVALID, "{name}");
        }
    }
}

#[test]
fn a_header_that_is_no_object_or_says_a_thing_twice_is_refused() {
    let claims = claims().to_string();
    for header in [
        r#"["HS256","at+jwt",null]"#,
        r#"{"typ":"at+jwt","alg":"HS256","alg":"HS256"}"#,
        r#"{"typ":"JWT","typ":"at+jwt","alg":"HS256"}"#,
        r#"{"typ":"at+jwt","alg":"HS256"}{}"#,
        r#"{"typ":"at+jwt","alg":"HS256""#,
        r#""HS256""#,
        "null",
        "",
    ] {
        let token = sign(header.as_bytes(), claims.as_bytes());
        assert_eq!(judged(&token), INVALID, "{header}");
    }
}

#[test]
fn only_an_access_token_is_one() {
    for typ in [
        None,
        Some("JWT"),
        Some("AT+JWT"),
        Some("jwt"),
        Some(""),
        Some("id+jwt"),
    ] {
        let header = with(header(), "typ", typ.map(Into::into));
        assert_eq!(judged(&minted(&header, &claims())), INVALID, "{typ:?}");
    }
}

#[test]
fn a_claim_that_a_token_must_have_is_missed() {
    for name in ["exp", "iat", "jti", "iss", "aud"] {
        for value in [None, Some(Value::Null), Some(json!({})), Some(json!(true))] {
            let claims = with(claims(), name, value.clone());
            assert_eq!(
                judged(&minted(&header(), &claims)),
                INVALID,
                "{name} {value:?}"
            );
        }
    }
}

#[test]
fn a_claim_of_another_value_or_type_is_refused() {
    for (name, value) in [
        ("exp", json!(ISSUED)),
        ("exp", json!((ISSUED + 900).to_string())),
        ("exp", json!(1e30)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(-1)),
        ("iat", json!(ISSUED + 121)),
        ("iat", json!(i64::MAX)),
        ("nbf", json!(ISSUED + 61)),
        ("nbf", json!(i64::MAX)),
        ("nbf", json!("0")),
        ("iss", json!("somebody-else")),
        ("iss", json!("")),
        ("jti", json!("")),
        ("jti", json!(1)),
    ] {
        let claims = with(claims(), name, Some(value.clone()));
        assert_eq!(
            judged(&minted(&header(), &claims)),
            INVALID,
            "{name} {value}"
        );
    }
}

#[test]
fn a_claim_that_stands_twice_is_refused() {
    let twice = claims().to_string().replace('{', r#"{"exp":9999999999,"#);
    let token = sign(header().to_string().as_bytes(), twice.as_bytes());
    assert_eq!(judged(&token), INVALID);
}

#[test]
fn claims_that_are_no_object_are_refused() {
    let array = json!([
        "auth-microservice",
        AUDIENCE,
        ISSUED + 900,
        ISSUED,
        null,
        "one",
        "42",
        7
    ]);
    for claims in [array, json!(null), json!("x"), json!(1), json!([])] {
        assert_eq!(judged(&minted(&header(), &claims)), INVALID, "{claims}");
    }
    let header = header().to_string();
    assert_eq!(judged(&sign(header.as_bytes(), b"")), INVALID);
    assert_eq!(judged(&sign(header.as_bytes(), b"\xff\xfe")), INVALID);
}

#[test]
fn an_authentic_token_without_a_usable_subject_lacks_a_claim() {
    let too_large = json!("9007199254740992");
    let many_digits = json!("1".repeat(100));
    for sub in [
        None,
        Some(Value::Null),
        Some(json!(42)),
        Some(json!("")),
        Some(json!("0")),
        Some(json!("-1")),
        Some(json!("+1")),
        Some(json!("01")),
        Some(json!(" 1")),
        Some(json!("1.0")),
        Some(json!("ana")),
        Some(json!("٤٢")),
        Some(json!({})),
        Some(json!(["42"])),
        Some(too_large),
        Some(many_digits),
    ] {
        let token = minted(&header(), &with(claims(), "sub", sub.clone()));
        assert_eq!(judged(&token), PAYLOAD, "{sub:?}");
    }
}

#[test]
fn an_authentic_token_without_a_usable_session_lacks_a_claim() {
    for session in [
        None,
        Some(Value::Null),
        Some(json!("7")),
        Some(json!(0)),
        Some(json!(-1)),
        Some(json!(7.5)),
        Some(json!(true)),
        Some(json!([7])),
        Some(json!(1_i64 << 53)),
        Some(json!(u64::MAX)),
    ] {
        let token = minted(&header(), &with(claims(), "session_id", session.clone()));
        assert_eq!(judged(&token), PAYLOAD, "{session:?}");
    }
}

#[test]
fn a_token_that_is_expired_says_nothing_of_its_claims() {
    let expired = with(claims(), "exp", Some(json!(ISSUED)));
    let token = minted(&header(), &with(expired, "sub", None));
    assert_eq!(judged(&token), INVALID);
}

#[test]
fn a_token_too_long_for_ours_is_not_looked_at() {
    let padded = |length| with(claims(), "username", Some(json!("a".repeat(length))));
    assert_eq!(judged(&minted(&header(), &padded(2500))), Ok(()));
    assert_eq!(judged(&minted(&header(), &padded(3000))), INVALID);
}

proptest! {
    #[test]
    fn text_of_any_kind_is_no_token(text in "\\PC{0,200}") {
        prop_assert_eq!(judged(&text), INVALID);
    }

    #[test]
    fn parts_of_any_bytes_are_no_token(
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 1..5),
    ) {
        let parts: Vec<_> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
        prop_assert_eq!(judged(&parts.join(".")), INVALID);
    }

    #[test]
    fn any_bytes_under_our_signature_are_no_token(
        header in proptest::collection::vec(any::<u8>(), 0..80),
        claims in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert_eq!(judged(&sign(&header, b"{}")), INVALID);
        let ours = br#"{"typ":"at+jwt","alg":"HS256"}"#;
        prop_assert_eq!(judged(&sign(ours, &claims)), INVALID);
    }

    #[test]
    fn claims_of_one_token_do_not_go_with_the_signature_of_another(other in 1..1000_i64) {
        let [ours, theirs] = [(claims(), KEY), (with(claims(), "sub", Some(json!(other.to_string()))), "x")]
            .map(|(claims, key)| {
                let [header, claims] = [header(), claims].map(|json| json.to_string());
                sign_with(header.as_bytes(), claims.as_bytes(), key, Algorithm::HS256)
            });
        let (message, _) = theirs.rsplit_once('.').unwrap();
        let (own, signature) = ours.rsplit_once('.').unwrap();
        prop_assume!(own != message);
        prop_assert_eq!(judged(&format!("{message}.{signature}")), INVALID);
    }
}
