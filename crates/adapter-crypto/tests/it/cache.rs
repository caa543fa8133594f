//! Remembered tokens: cheaper, and never a bit more forgiving.

use auth_crypto::{JwtIssuer, JwtOptions};
use auth_domain::identity::{TokenIssuer as _, TokenRejected};
use chrono::Duration;
use proptest::prelude::*;
use serde_json::json;

use crate::support::{AUDIENCE, ISSUED, Kind, at, claims, options, with};

const INVALID: Result<(), TokenRejected> = Err(TokenRejected::Invalid);

fn cached(kind: Kind) -> JwtIssuer {
    let options = JwtOptions {
        cached_tokens: JwtOptions::CACHED_TOKENS,
        ..options(kind.signing(), Some(AUDIENCE))
    };
    JwtIssuer::new(options).unwrap()
}

#[test]
fn a_remembered_token_expires_to_the_second() {
    for kind in Kind::ALL {
        let issuer = cached(kind);
        let token = kind.minted(&kind.header(), &claims());
        let judged = |now| issuer.verify(&token, now).map(|_| ());
        let expiry = at(ISSUED + 900);
        let last = expiry - Duration::microseconds(1);
        assert_eq!(judged(at(ISSUED + 60)), Ok(()));
        assert_eq!(judged(last), Ok(()));
        assert_eq!(judged(expiry), INVALID);
        assert_eq!(judged(last), Ok(()), "a clock that was set back");
    }
}

#[test]
fn a_remembered_token_is_refused_before_its_time() {
    for kind in Kind::ALL {
        let issuer = cached(kind);
        let later = with(claims(), "nbf", Some(json!(ISSUED + 10)));
        let token = kind.minted(&kind.header(), &later);
        let judged = |now| issuer.verify(&token, now).map(|_| ());
        assert_eq!(judged(at(ISSUED + 9)), INVALID);
        assert_eq!(
            judged(at(ISSUED + 10)),
            Ok(()),
            "a refusal is not remembered"
        );
        assert_eq!(judged(at(ISSUED + 9)), INVALID);
        let plain = kind.minted(&kind.header(), &claims());
        assert!(issuer.verify(&plain, at(ISSUED)).is_ok());
        assert!(issuer.verify(&plain, at(ISSUED - 60)).is_ok());
        assert!(issuer.verify(&plain, at(ISSUED - 61)).is_err());
    }
}

#[test]
fn a_token_with_the_claims_of_a_remembered_one_is_checked_by_itself() {
    for kind in Kind::ALL {
        let issuer = cached(kind);
        let now = at(ISSUED + 60);
        let token = kind.minted(&kind.header(), &claims());
        assert!(issuer.verify(&token, now).is_ok());
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (_, payload) = message.split_once('.').unwrap();
        let other_kind = Kind::ALL[usize::from(kind == Kind::Shared)];
        let foreign = other_kind.minted(&other_kind.header(), &claims());
        let (other_header, _) = foreign.split_once('.').unwrap();
        for other in [
            format!("{message}."),
            format!("{message}.{}", "A".repeat(signature.len())),
            format!("{token}="),
            format!("{other_header}.{payload}.{signature}"),
            foreign.clone(),
        ] {
            let verdict = issuer.verify(&other, now).map(|_| ());
            assert_eq!(verdict, INVALID, "{other}");
        }
    }
}

#[test]
fn tokens_beyond_the_room_are_still_verified() {
    let options = JwtOptions {
        cached_tokens: 2,
        ..options(Kind::Shared.signing(), Some(AUDIENCE))
    };
    let issuer = JwtIssuer::new(options).unwrap();
    for round in 0..2 {
        for session in 1..50 {
            let claims = with(claims(), "session_id", Some(json!(session)));
            let token = Kind::Shared.minted(&Kind::Shared.header(), &claims);
            let verified = issuer.verify(&token, at(ISSUED + 60)).unwrap();
            assert_eq!(verified.session_id.get(), session, "round {round}");
        }
    }
}

proptest! {
    #[test]
    fn at_every_instant_the_cache_says_what_the_check_says(
        shared in any::<bool>(),
        exp in 0..200_i64, iat in 0..200_i64, nbf in proptest::option::of(0..200_i64),
        instants in proptest::collection::vec(-100..300_i64, 1..20),
    ) {
        let kind = if shared { Kind::Shared } else { Kind::Ed25519 };
        let times = with(claims(), "exp", Some(json!(ISSUED + exp)));
        let times = with(times, "iat", Some(json!(ISSUED + iat)));
        let times = with(times, "nbf", nbf.map(|nbf| json!(ISSUED + nbf)));
        let token = kind.minted(&kind.header(), &times);
        let [with_cache, without] = [cached(kind), kind.issuer(Some(AUDIENCE))];
        for instant in instants {
            let now = at(ISSUED + instant);
            prop_assert_eq!(with_cache.verify(&token, now), without.verify(&token, now));
        }
    }
}
