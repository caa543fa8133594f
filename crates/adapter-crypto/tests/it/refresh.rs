//! Refresh tokens and sealed successors.

use std::collections::HashSet;

use auth_crypto::ChaChaRefreshTokens;
use auth_domain::identity::{RefreshToken, RefreshTokens as _, SealedToken};
use proptest::prelude::*;

const TOKENS: ChaChaRefreshTokens = ChaChaRefreshTokens;

fn token(text: &str) -> RefreshToken {
    RefreshToken::new(text.into())
}

fn opened(old: &RefreshToken, sealed: &SealedToken) -> Option<String> {
    TOKENS
        .open(old, sealed)
        .map(|token| token.expose().to_owned())
}

#[test]
fn a_token_is_64_characters_of_base64url_and_no_two_are_alike() {
    let tokens: HashSet<_> = (0..1000)
        .map(|_| TOKENS.generate().unwrap().expose().to_owned())
        .collect();
    assert_eq!(tokens.len(), 1000);
    for token in tokens {
        assert_eq!(token.len(), 64);
        assert!(
            token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        );
    }
}

#[test]
fn a_successor_opens_under_its_predecessor_only() {
    let [old, successor, other] = [(); 3].map(|()| TOKENS.generate().unwrap());
    let sealed = TOKENS.seal(&old, &successor).unwrap();
    assert_eq!(opened(&old, &sealed).as_deref(), Some(successor.expose()));
    for wrong in [&other, &successor, &token("")] {
        assert_eq!(opened(wrong, &sealed), None);
    }
}

#[test]
fn sealing_twice_gives_different_bytes() {
    let [old, successor] = [(); 2].map(|()| TOKENS.generate().unwrap());
    let seal = || TOKENS.seal(&old, &successor).unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn a_sealed_token_that_was_changed_cut_or_grown_does_not_open() {
    let [old, successor] = [(); 2].map(|()| TOKENS.generate().unwrap());
    let SealedToken(sealed) = TOKENS.seal(&old, &successor).unwrap();
    for place in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[place] ^= 1 << bit;
            assert_eq!(opened(&old, &SealedToken(changed)), None, "{place}, {bit}");
        }
        assert_eq!(opened(&old, &SealedToken(sealed[..place].to_vec())), None);
    }
    let grown = [sealed.as_slice(), &[0]].concat();
    assert_eq!(opened(&old, &SealedToken(grown)), None);
}

#[test]
fn debug_output_shows_no_token() {
    let token = TOKENS.generate().unwrap();
    let sealed = TOKENS.seal(&token, &token).unwrap();
    let shown = format!("{TOKENS:?} {token:?} {sealed:?}");
    assert!(!shown.contains(token.expose()));
}

proptest! {
    #[test]
    fn whatever_was_sealed_comes_back(old in "\\PC{0,80}", successor in "\\PC{0,80}") {
        let sealed = TOKENS.seal(&token(&old), &token(&successor)).unwrap();
        prop_assert_eq!(opened(&token(&old), &sealed), Some(successor));
    }

    #[test]
    fn any_bytes_do_not_open(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(opened(&token("old"), &SealedToken(bytes)), None);
    }
}
