//! What an access token says, and when it holds.

use auth_domain::identity::{AccessClaims, TokenIssuer as _, TokenRejected, VerifiedToken};
use auth_domain::ids::{MAX_ID, OrganizationId, RoleId, SessionId, UserId};
use auth_domain::text::Username;
use auth_domain::users::EmailAddress;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{AUDIENCE, ISSUED, ISSUER, Kind, access_claims, at, claims, with};

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn issue(kind: Kind, audience: Option<&str>, claims: &AccessClaims) -> String {
    let token = kind.issuer(audience).issue(claims).unwrap();
    token.expose().to_owned()
}

#[test]
fn a_token_says_exactly_the_claims_of_the_contract() {
    for kind in Kind::ALL {
        let token = issue(kind, Some(AUDIENCE), &access_claims());
        assert_eq!(part(&token, 0), kind.header());
        let mut said = part(&token, 1);
        let jti = said.as_object_mut().unwrap().remove("jti").unwrap();
        assert_eq!(jti.as_str().unwrap().len(), 22);
        let expected = json!({
            "sub": "42", "exp": ISSUED + 900, "iat": ISSUED, "username": "ana",
            "organization_id": 3, "role_id": 5, "email": "ana@example.com", "session_id": 7,
            "iss": ISSUER, "aud": AUDIENCE,
        });
        assert_eq!(said, expected);
    }
}

#[test]
fn a_user_without_role_has_a_null_role_and_an_empty_audience_is_not_written() {
    for kind in Kind::ALL {
        let claims = AccessClaims {
            role_id: None,
            ..access_claims()
        };
        let said = part(&issue(kind, None, &claims), 1);
        assert_eq!(said.get("role_id"), Some(&Value::Null));
        assert_eq!(said.get("aud"), None);
    }
}

#[test]
fn two_tokens_of_the_same_claims_differ_in_jti() {
    for kind in Kind::ALL {
        let issuer = kind.issuer(None);
        let jti = || part(issuer.issue(&access_claims()).unwrap().expose(), 1)["jti"].clone();
        assert_ne!(jti(), jti());
    }
}

#[test]
fn a_token_holds_until_the_second_it_expires() {
    for kind in Kind::ALL {
        let issuer = kind.issuer(Some(AUDIENCE));
        let token = issue(kind, Some(AUDIENCE), &access_claims());
        let expiry = at(ISSUED + 900);
        let last = expiry - Duration::microseconds(1);
        let verified = VerifiedToken {
            user_id: UserId::new(42).unwrap(),
            session_id: SessionId::new(7).unwrap(),
            issued_at: at(ISSUED),
            expires_at: expiry,
        };
        assert_eq!(issuer.verify(&token, last), Ok(verified));
        assert_eq!(issuer.verify(&token, expiry), Err(TokenRejected::Invalid));
    }
}

#[test]
fn a_token_from_the_future_is_refused_beyond_a_minute_of_clock_skew() {
    for kind in Kind::ALL {
        let issuer = kind.issuer(Some(AUDIENCE));
        let token = issue(kind, Some(AUDIENCE), &access_claims());
        assert!(issuer.verify(&token, at(ISSUED - 60)).is_ok());
        let earlier = issuer.verify(&token, at(ISSUED - 61));
        assert_eq!(earlier, Err(TokenRejected::Invalid));
    }
}

#[test]
fn nbf_is_respected_without_leeway() {
    for kind in Kind::ALL {
        let token = kind.minted(
            &kind.header(),
            &with(claims(), "nbf", Some(json!(ISSUED + 10))),
        );
        let issuer = kind.issuer(Some(AUDIENCE));
        let before = at(ISSUED + 10) - Duration::microseconds(1);
        assert_eq!(issuer.verify(&token, before), Err(TokenRejected::Invalid));
        assert!(issuer.verify(&token, at(ISSUED + 10)).is_ok());
    }
}

#[test]
fn the_full_media_type_is_accepted_too() {
    for kind in Kind::ALL {
        let long = with(kind.header(), "typ", Some(json!("application/at+jwt")));
        assert!(kind.verify(&kind.minted(&long, &claims())).is_ok());
    }
}

#[test]
fn an_audience_is_accepted_alone_or_among_others() {
    for kind in Kind::ALL {
        for (aud, accepted) in [
            (json!(AUDIENCE), true),
            (json!([AUDIENCE]), true),
            (json!(["other", AUDIENCE]), true),
            (json!("other"), false),
            (json!(["other"]), false),
            (json!([]), false),
            (json!([[AUDIENCE]]), false),
            (json!(["other", 1, AUDIENCE]), false),
            (json!(1), false),
            (Value::Null, false),
        ] {
            let token = kind.minted(&kind.header(), &with(claims(), "aud", Some(aud.clone())));
            assert_eq!(kind.verify(&token).is_ok(), accepted, "{aud}");
        }
    }
}

#[test]
fn an_issuer_without_audience_refuses_tokens_that_name_one() {
    for kind in Kind::ALL {
        let issuer = kind.issuer(None);
        let now = at(ISSUED + 60);
        let for_all = kind.minted(&kind.header(), &with(claims(), "aud", None));
        assert!(issuer.verify(&for_all, now).is_ok());
        let for_one = kind.minted(&kind.header(), &claims());
        assert_eq!(issuer.verify(&for_one, now), Err(TokenRejected::Invalid));
    }
}

#[test]
fn claims_that_do_not_fit_a_header_line_are_not_signed() {
    for kind in Kind::ALL {
        let claims = AccessClaims {
            username: Username::from_stored("a".repeat(4096)),
            ..access_claims()
        };
        assert!(kind.issuer(None).issue(&claims).is_err());
    }
}

#[test]
fn debug_output_shows_no_token() {
    for kind in Kind::ALL {
        let issuer = kind.issuer(None);
        let token = issuer.issue(&access_claims()).unwrap();
        let shown = format!("{issuer:?} {token:?}");
        assert!(shown.contains(ISSUER));
        assert!(!shown.contains(token.expose()));
    }
}

proptest! {
    #[test]
    fn what_was_issued_is_verified(
        kind in proptest::sample::select(Kind::ALL.as_slice()),
        user in 1..=MAX_ID, session in 1..=MAX_ID, organization in 1..=MAX_ID,
        role in proptest::option::of(1..=MAX_ID), name in "\\PC{1,100}",
        issued in 0..4_000_000_000_i64, lives in 1..1_000_000_i64,
    ) {
        let claims = AccessClaims {
            user_id: UserId::new(user).unwrap(),
            session_id: SessionId::new(session).unwrap(),
            organization_id: OrganizationId::new(organization).unwrap(),
            role_id: role.map(|id| RoleId::new(id).unwrap()),
            email: EmailAddress::from_stored(format!("{name}@example.com")),
            username: Username::from_stored(name),
            issued_at: at(issued),
            expires_at: at(issued + lives),
        };
        let token = issue(kind, Some(AUDIENCE), &claims);
        let verified = kind.issuer(Some(AUDIENCE)).verify(&token, at(issued + lives - 1)).unwrap();
        prop_assert_eq!(verified.user_id, claims.user_id);
        prop_assert_eq!(verified.session_id, claims.session_id);
        prop_assert_eq!(verified.issued_at, claims.issued_at);
        prop_assert_eq!(verified.expires_at, claims.expires_at);
    }
}
