//! Authentic tokens whose claims do not hold.

use auth_domain::identity::TokenRejected;
use serde_json::{Value, json};

use crate::support::{AUDIENCE, ISSUED, Kind, claims, with};

const INVALID: Result<(), TokenRejected> = Err(TokenRejected::Invalid);
const PAYLOAD: Result<(), TokenRejected> = Err(TokenRejected::Payload);

#[test]
fn only_an_access_token_is_one() {
    for kind in Kind::ALL {
        for typ in [
            None,
            Some("JWT"),
            Some("AT+JWT"),
            Some("jwt"),
            Some(""),
            Some("id+jwt"),
        ] {
            let header = with(kind.header(), "typ", typ.map(Into::into));
            assert_eq!(
                kind.judged(&kind.minted(&header, &claims())),
                INVALID,
                "{typ:?}"
            );
        }
    }
}

#[test]
fn a_claim_that_a_token_must_have_is_missed() {
    for kind in Kind::ALL {
        for name in ["exp", "iat", "jti", "iss", "aud"] {
            for value in [None, Some(Value::Null), Some(json!({})), Some(json!(true))] {
                let claims = with(claims(), name, value.clone());
                assert_eq!(
                    kind.judged(&kind.minted(&kind.header(), &claims)),
                    INVALID,
                    "{name} {value:?}"
                );
            }
        }
    }
}

#[test]
fn a_claim_of_another_value_or_type_is_refused() {
    for kind in Kind::ALL {
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
                kind.judged(&kind.minted(&kind.header(), &claims)),
                INVALID,
                "{name} {value}"
            );
        }
    }
}

#[test]
fn a_claim_that_stands_twice_is_refused() {
    for kind in Kind::ALL {
        let twice = claims().to_string().replace('{', r#"{"exp":9999999999,"#);
        let token = kind.sign(kind.header().to_string().as_bytes(), twice.as_bytes());
        assert_eq!(kind.judged(&token), INVALID);
    }
}

#[test]
fn claims_that_are_no_object_are_refused() {
    for kind in Kind::ALL {
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
            assert_eq!(
                kind.judged(&kind.minted(&kind.header(), &claims)),
                INVALID,
                "{claims}"
            );
        }
        let header = kind.header().to_string();
        assert_eq!(kind.judged(&kind.sign(header.as_bytes(), b"")), INVALID);
        assert_eq!(
            kind.judged(&kind.sign(header.as_bytes(), b"\xff\xfe")),
            INVALID
        );
    }
}

#[test]
fn an_authentic_token_without_a_usable_subject_lacks_a_claim() {
    for kind in Kind::ALL {
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
            let token = kind.minted(&kind.header(), &with(claims(), "sub", sub.clone()));
            assert_eq!(kind.judged(&token), PAYLOAD, "{sub:?}");
        }
    }
}

#[test]
fn an_authentic_token_without_a_usable_session_lacks_a_claim() {
    for kind in Kind::ALL {
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
            let token = kind.minted(
                &kind.header(),
                &with(claims(), "session_id", session.clone()),
            );
            assert_eq!(kind.judged(&token), PAYLOAD, "{session:?}");
        }
    }
}

#[test]
fn a_token_that_is_expired_says_nothing_of_its_claims() {
    for kind in Kind::ALL {
        let expired = with(claims(), "exp", Some(json!(ISSUED)));
        let token = kind.minted(&kind.header(), &with(expired, "sub", None));
        assert_eq!(kind.judged(&token), INVALID);
    }
}

#[test]
fn a_token_too_long_for_ours_is_not_looked_at() {
    for kind in Kind::ALL {
        let padded = |length| with(claims(), "username", Some(json!("a".repeat(length))));
        assert_eq!(
            kind.judged(&kind.minted(&kind.header(), &padded(2500))),
            Ok(())
        );
        assert_eq!(
            kind.judged(&kind.minted(&kind.header(), &padded(3000))),
            INVALID
        );
    }
}
