//! `OneTimeTokenIndex`.

use std::time::Duration;

use auth_domain::identity::TokenPurpose;

use super::caches::{CacheSubject, LIFE, LONG};
use crate::builders::digest;

const RESET: TokenPurpose = TokenPurpose::PasswordReset;
const VERIFY: TokenPurpose = TokenPurpose::EmailVerification;

async fn remember(s: &dyn CacheSubject, purpose: TokenPurpose, token: u8, life: Duration) {
    let remembered = s.tokens().remember(purpose, &digest(token), life).await;
    remembered.unwrap();
}

async fn knows(s: &dyn CacheSubject, purpose: TokenPurpose, token: u8) -> bool {
    s.tokens().knows(purpose, &digest(token)).await.unwrap()
}

pub async fn what_was_not_remembered_is_not_known(s: &dyn CacheSubject) {
    assert!(!knows(s, RESET, 1).await);
}

pub async fn a_token_is_known_for_its_own_purpose_only(s: &dyn CacheSubject) {
    remember(s, RESET, 1, LONG).await;
    remember(s, VERIFY, 2, LONG).await;
    assert!(knows(s, RESET, 1).await && knows(s, VERIFY, 2).await);
    assert!(!knows(s, VERIFY, 1).await && !knows(s, RESET, 2).await);
}

pub async fn a_token_is_forgotten_when_its_life_has_passed(s: &dyn CacheSubject) {
    remember(s, RESET, 1, LIFE).await;
    remember(s, RESET, 2, LONG).await;
    s.wait(LIFE).await;
    assert!(!knows(s, RESET, 1).await);
    assert!(knows(s, RESET, 2).await);
}

pub async fn a_token_that_is_remembered_again_has_the_new_life(s: &dyn CacheSubject) {
    remember(s, RESET, 1, LIFE).await;
    remember(s, RESET, 1, LONG).await;
    remember(s, RESET, 2, LONG).await;
    remember(s, RESET, 2, LIFE).await;
    s.wait(LIFE).await;
    assert!(knows(s, RESET, 1).await);
    assert!(!knows(s, RESET, 2).await);
}

pub async fn a_token_without_life_is_not_known(s: &dyn CacheSubject) {
    remember(s, RESET, 1, Duration::ZERO).await;
    assert!(!knows(s, RESET, 1).await);
}

pub async fn a_forgotten_token_is_not_known_and_no_other_is_touched(s: &dyn CacheSubject) {
    for token in [1, 2] {
        remember(s, RESET, token, LONG).await;
        remember(s, VERIFY, token, LONG).await;
    }
    for _again_changes_nothing in 0..2 {
        s.tokens().forget(RESET, &digest(1)).await.unwrap();
    }
    assert!(!knows(s, RESET, 1).await);
    assert!(knows(s, RESET, 2).await && knows(s, VERIFY, 1).await && knows(s, VERIFY, 2).await);
}
