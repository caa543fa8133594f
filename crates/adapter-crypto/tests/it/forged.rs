//! Tokens that are not ours.

use auth_crypto::JwtIssuer;
use auth_domain::identity::{TokenIssuer as _, TokenRejected};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::json;

use crate::support::{
    AUDIENCE, ISSUED, KEY, KID, Kind, X, access_claims, at, claims, options, pkcs8, public_pem,
    seed, sign_with, spki, with,
};

const INVALID: Result<(), TokenRejected> = Err(TokenRejected::Invalid);

fn ours(kind: Kind) -> String {
    let token = kind.issuer(Some(AUDIENCE)).issue(&access_claims()).unwrap();
    token.expose().to_owned()
}

#[test]
fn the_forge_makes_tokens_that_hold() {
    for kind in Kind::ALL {
        assert_eq!(kind.judged(&kind.minted(&kind.header(), &claims())), Ok(()));
    }
}

#[test]
fn no_truncation_holds() {
    for kind in Kind::ALL {
        let token = ours(kind);
        for cut in 0..token.len() {
            assert_eq!(kind.judged(&token[..cut]), INVALID, "the first {cut}");
            assert_eq!(
                kind.judged(&token[token.len() - cut..]),
                INVALID,
                "the last {cut}"
            );
        }
    }
}

#[test]
fn no_change_of_one_character_holds() {
    for kind in Kind::ALL {
        let issuer = kind.issuer(Some(AUDIENCE));
        let token = ours(kind);
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
}

#[test]
fn nothing_may_stand_around_or_inside_a_token() {
    for kind in Kind::ALL {
        let token = ours(kind);
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
            assert_eq!(kind.judged(&other), INVALID, "{other:?}");
        }
    }
}

#[test]
fn the_algorithm_is_the_keys_and_not_the_headers() {
    let claims = claims().to_string();
    for kind in Kind::ALL {
        for name in [
            "none", "None", "NONE", "hs256", "HS256 ", "eddsa", "EdDSA ", "Ed25519", "RS256", "",
        ] {
            let header = with(kind.header(), "alg", Some(json!(name))).to_string();
            let signed = kind.sign(header.as_bytes(), claims.as_bytes());
            assert_eq!(kind.judged(&signed), INVALID, "{name}");
            let (message, _) = signed.rsplit_once('.').unwrap();
            let unsigned = format!("{message}.");
            assert_eq!(kind.judged(&unsigned), INVALID, "{name}, unsigned");
        }
        let missing = with(kind.header(), "alg", None);
        assert_eq!(kind.judged(&kind.minted(&missing, &json!(claims))), INVALID);
    }
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        let header = with(Kind::Shared.header(), "alg", Some(json!(name))).to_string();
        let [header, claims] = [header.as_bytes(), claims.as_bytes()];
        let token = sign_with(header, claims, KEY.as_bytes(), algorithm);
        assert_eq!(Kind::Shared.judged(&token), INVALID, "{name}");
    }
}

#[test]
fn an_issuer_of_one_algorithm_refuses_good_tokens_of_the_other() {
    assert_eq!(Kind::Shared.judged(&ours(Kind::Ed25519)), INVALID);
    assert_eq!(Kind::Ed25519.judged(&ours(Kind::Shared)), INVALID);
}

#[test]
fn a_header_that_says_the_other_keys_algorithm_is_refused_by_an_issuer_of_both() {
    let mut options = options(Kind::Ed25519.signing(), Some(AUDIENCE));
    options.accepted_shared = Some(KEY.into());
    let issuer = JwtIssuer::new(options).unwrap();
    for kind in Kind::ALL {
        assert!(issuer.verify(&ours(kind), at(ISSUED + 60)).is_ok());
    }
    let [shared, ed25519] = Kind::ALL.map(Kind::header);
    let swapped = [
        (
            Kind::Shared,
            with(shared.clone(), "alg", Some(json!("EdDSA"))),
        ),
        (Kind::Shared, with(shared, "kid", Some(json!(KID)))),
        (Kind::Shared, ed25519.clone()),
        (
            Kind::Ed25519,
            with(ed25519.clone(), "alg", Some(json!("HS256"))),
        ),
        (Kind::Ed25519, with(ed25519, "kid", None)),
    ];
    for (kind, header) in swapped {
        let verdict = issuer.verify(&kind.minted(&header, &claims()), at(ISSUED + 60));
        assert_eq!(verdict, Err(TokenRejected::Invalid), "{header}");
    }
}

#[test]
fn another_key_does_not_sign_for_us() {
    let claims = claims().to_string().into_bytes();
    let shared = Kind::Shared.header().to_string().into_bytes();
    let others = [
        "another key, of at least 32 bytes too",
        "",
        &KEY[..KEY.len() - 1],
    ];
    for key in others {
        let token = sign_with(&shared, &claims, key.as_bytes(), Algorithm::HS256);
        assert_eq!(Kind::Shared.judged(&token), INVALID);
    }
    let ed25519 = Kind::Ed25519.header().to_string().into_bytes();
    for byte in [0, 1, 255] {
        let token = sign_with(&ed25519, &claims, &pkcs8(&[byte; 32]), Algorithm::EdDSA);
        assert_eq!(Kind::Ed25519.judged(&token), INVALID);
    }
}

#[test]
fn an_ed25519_signature_has_one_spelling() {
    // The group's order (RFC 8032, section 5.1), little-endian: added to `S`,
    // the equation still holds.
    let order = *b"\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10";
    let token = ours(Kind::Ed25519);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut carry = 0;
    for (byte, addend) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(addend) + carry;
        [*byte, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    let other = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    assert_eq!(Kind::Ed25519.judged(&other), INVALID);
}

#[test]
fn our_public_key_is_no_shared_secret() {
    let public = URL_SAFE_NO_PAD.decode(X).unwrap();
    let forms = [
        public,
        spki(X),
        X.into(),
        KID.into(),
        public_pem(X).into_bytes(),
        public_pem(X).trim_end().as_bytes().to_vec(),
    ];
    let mut both = options(Kind::Ed25519.signing(), Some(AUDIENCE));
    both.accepted_shared = Some(KEY.into());
    let both = JwtIssuer::new(both).unwrap();
    for key in forms {
        for kid in [Some(json!(KID)), None] {
            for alg in ["HS256", "EdDSA"] {
                let header = json!({"typ": "at+jwt", "alg": alg});
                let header = with(header, "kid", kid.clone()).to_string();
                let claims = claims().to_string();
                let [header, claims] = [header.as_bytes(), claims.as_bytes()];
                let token = sign_with(header, claims, &key, Algorithm::HS256);
                assert_eq!(Kind::Ed25519.judged(&token), INVALID);
                let verdict = both.verify(&token, at(ISSUED + 60));
                assert_eq!(verdict, Err(TokenRejected::Invalid));
            }
        }
    }
}

#[test]
fn a_header_cannot_bring_or_name_a_key() {
    let secret = "the attacker's key, 32 bytes or more";
    let oct = json!({"kty": "oct", "k": URL_SAFE_NO_PAD.encode(secret)});
    let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": X, "kid": KID});
    for (name, value) in [
        ("kid", json!("unknown")),
        ("kid", json!("")),
        ("kid", json!(KID.to_lowercase())),
        ("kid", json!(format!("{KID} "))),
        ("kid", json!(format!("{KID}\0"))),
        ("kid", json!("../../dev/null")),
        ("kid", json!("/proc/self/environ")),
        ("kid", json!("' OR '1'='1")),
        ("kid", json!(format!("x' UNION SELECT '{X}' -- "))),
        ("kid", json!(0)),
        ("kid", json!([KID])),
        ("jku", json!("https://attacker.example/jwks.json")),
        ("x5u", json!("https://attacker.example/x.pem")),
        ("x5c", json!(["MIIB"])),
        ("jwk", oct),
        ("jwk", okp),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
    ] {
        for kind in Kind::ALL {
            let header = with(kind.header(), name, Some(value.clone())).to_string();
            let claims = claims().to_string();
            let [header, claims] = [header.as_bytes(), claims.as_bytes()];
            let [null, zero] = [b"".as_slice(), &[0]];
            for key in [KEY.as_bytes(), secret.as_bytes(), null, zero] {
                let token = sign_with(header, claims, key, Algorithm::HS256);
                assert_eq!(kind.judged(&token), INVALID, "{name}");
            }
            for seed in [seed(), [7; 32]] {
                let token = sign_with(header, claims, &pkcs8(&seed), Algorithm::EdDSA);
                assert_eq!(kind.judged(&token), INVALID, "{name}");
            }
        }
    }
}

#[test]
fn a_header_that_is_no_object_or_says_a_thing_twice_is_refused() {
    let claims = claims().to_string();
    for kind in Kind::ALL {
        let good = kind.header().to_string();
        let members = good.trim_matches(['{', '}']);
        for header in [
            format!("[{good}]"),
            r#"["HS256","at+jwt",null]"#.into(),
            format!(r#"["EdDSA","at+jwt","{KID}"]"#),
            format!(r#"{{{members},"alg":"HS256"}}"#),
            format!(r#"{{{members},"alg":"EdDSA"}}"#),
            format!(r#"{{"typ":"JWT",{members}}}"#),
            format!(r#"{{"kid":null,"kid":"{KID}",{members}}}"#),
            format!("{good}{{}}"),
            good.trim_end_matches('}').into(),
            r#""HS256""#.into(),
            "null".into(),
            String::new(),
        ] {
            let token = kind.sign(header.as_bytes(), claims.as_bytes());
            assert_eq!(kind.judged(&token), INVALID, "{header}");
        }
    }
}
