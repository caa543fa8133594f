//! Tokens and bytes at random: nothing panics, and nothing is accepted that
//! was not signed.

use auth_domain::identity::{TokenIssuer as _, TokenRejected};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use crate::support::{AUDIENCE, Kind, access_claims, claims, pkcs8, sign_with, with};

const INVALID: Result<(), TokenRejected> = Err(TokenRejected::Invalid);

fn kinds() -> impl Strategy<Value = Kind> {
    proptest::sample::select(Kind::ALL.as_slice())
}

/// One change of a text.
#[derive(Debug, Clone)]
enum Change {
    Put(Index, char),
    Insert(Index, char),
    Remove(Index),
    Swap(Index, Index),
    Repeat(Index, Index),
}

fn changes() -> impl Strategy<Value = Change> {
    let any_char = prop_oneof![
        3 => proptest::char::ranges(vec!['A'..='Z', 'a'..='z', '0'..='9', '-'..='.', '_'..='_'].into()),
        1 => any::<char>(),
    ]
    .boxed();
    prop_oneof![
        (any::<Index>(), any_char.clone()).prop_map(|(at, c)| Change::Put(at, c)),
        (any::<Index>(), any_char).prop_map(|(at, c)| Change::Insert(at, c)),
        any::<Index>().prop_map(Change::Remove),
        any::<(Index, Index)>().prop_map(|(one, two)| Change::Swap(one, two)),
        any::<(Index, Index)>().prop_map(|(from, to)| Change::Repeat(from, to)),
    ]
}

fn change(text: &mut Vec<char>, change: &Change) {
    if text.is_empty() {
        return;
    }
    let length = text.len();
    match change {
        Change::Put(at, c) => text[at.index(length)] = *c,
        Change::Insert(at, c) => text.insert(at.index(length), *c),
        Change::Remove(at) => drop(text.remove(at.index(length))),
        Change::Swap(one, two) => text.swap(one.index(length), two.index(length)),
        Change::Repeat(from, to) => {
            let piece = text[from.index(length)..].to_vec();
            let at = to.index(length);
            text.splice(at..at, piece);
        }
    }
}

fn ours(kind: Kind) -> String {
    let token = kind.issuer(Some(AUDIENCE)).issue(&access_claims()).unwrap();
    token.expose().to_owned()
}

proptest! {
    #[test]
    fn a_token_that_was_changed_anyhow_is_refused(
        kind in kinds(),
        list in proptest::collection::vec(changes(), 1..8),
    ) {
        let token = ours(kind);
        let mut text: Vec<char> = token.chars().collect();
        for one in &list {
            change(&mut text, one);
        }
        let changed: String = text.into_iter().collect();
        prop_assert_eq!(kind.judged(&changed).is_ok(), changed == token);
    }

    #[test]
    fn a_signature_of_changed_bits_is_refused(
        kind in kinds(),
        flips in proptest::collection::vec((any::<Index>(), 0..8_u8), 1..4),
    ) {
        let token = ours(kind);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let mut changed = signature.clone();
        for (at, bit) in flips {
            changed[at.index(signature.len())] ^= 1 << bit;
        }
        prop_assume!(changed != signature);
        let forged = format!("{message}.{}", URL_SAFE_NO_PAD.encode(changed));
        prop_assert_eq!(kind.judged(&forged), INVALID);
    }

    #[test]
    fn text_of_any_kind_is_no_token(kind in kinds(), text in "\\PC{0,200}") {
        prop_assert_eq!(kind.judged(&text), INVALID);
    }

    #[test]
    fn parts_of_any_bytes_are_no_token(
        kind in kinds(),
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 1..5),
    ) {
        let parts: Vec<_> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
        prop_assert_eq!(kind.judged(&parts.join(".")), INVALID);
    }

    #[test]
    fn any_bytes_under_our_signature_are_no_token(
        kind in kinds(),
        header in proptest::collection::vec(any::<u8>(), 0..80),
        claims in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert_eq!(kind.judged(&kind.sign(&header, b"{}")), INVALID);
        let ours = kind.header().to_string();
        prop_assert_eq!(kind.judged(&kind.sign(ours.as_bytes(), &claims)), INVALID);
    }

    #[test]
    fn a_header_with_any_other_kid_is_refused(kind in kinds(), kid in "\\PC{0,60}") {
        let header = with(kind.header(), "kid", Some(json!(kid)));
        prop_assume!(header != kind.header());
        prop_assert_eq!(kind.judged(&kind.minted(&header, &claims())), INVALID);
    }

    #[test]
    fn claims_of_one_token_do_not_go_with_the_signature_of_another(
        kind in kinds(),
        other in 1..1000_i64,
    ) {
        let ours = kind.minted(&kind.header(), &claims());
        let changed = with(claims(), "sub", Some(json!(other.to_string())));
        let [header, claims] = [kind.header(), changed].map(|json| json.to_string());
        let [header, claims] = [header.as_bytes(), claims.as_bytes()];
        let theirs = match kind {
            Kind::Shared => sign_with(header, claims, b"x", Algorithm::HS256),
            Kind::Ed25519 => sign_with(header, claims, &pkcs8(&[9; 32]), Algorithm::EdDSA),
        };
        let (message, _) = theirs.rsplit_once('.').unwrap();
        let (own, signature) = ours.rsplit_once('.').unwrap();
        prop_assume!(own != message);
        prop_assert_eq!(kind.judged(&format!("{message}.{signature}")), INVALID);
    }
}
