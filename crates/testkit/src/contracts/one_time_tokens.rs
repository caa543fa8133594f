//! `OneTimeTokenRepo`.

use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::{StoredToken, TokenPurpose};
use auth_domain::ids::UserId;
use auth_domain::text::NameKey;
use auth_domain::users::User;
use futures::future::join_all;

use super::StoreSubject;
use crate::builders::{at, digest};

const RESET: TokenPurpose = TokenPurpose::PasswordReset;
const VERIFY: TokenPurpose = TokenPurpose::EmailVerification;

pub(super) fn token(of: &User, purpose: TokenPurpose, number: u8) -> StoredToken {
    StoredToken {
        organization_id: of.organization_id,
        user_id: of.id,
        purpose,
        digest: digest(number),
        email_key: NameKey::of("Ana@Example.com"),
        created_at: at(0),
        expires_at: at(3600),
    }
}

pub(super) async fn replace(s: &dyn StoreSubject, token: &StoredToken) -> Result<(), PortError> {
    let mut tx = s.begin().await;
    tx.one_time_tokens().replace(token).await?;
    tx.commit().await
}

async fn take(s: &dyn StoreSubject, purpose: TokenPurpose, number: u8) -> Option<StoredToken> {
    let mut tx = s.begin().await;
    let taken = tx.one_time_tokens().take(purpose, &digest(number)).await;
    tx.commit().await.unwrap();
    taken.unwrap()
}

async fn user(s: &dyn StoreSubject) -> User {
    let acme = s.organization("Acme").await;
    s.user(&acme, "ana").await
}

pub async fn a_token_is_taken_as_it_was_stored_and_once(s: &dyn StoreSubject) {
    let token = token(&user(s).await, RESET, 1);
    replace(s, &token).await.unwrap();
    assert_eq!(take(s, RESET, 2).await, None);
    assert_eq!(take(s, RESET, 1).await, Some(token));
    assert_eq!(take(s, RESET, 1).await, None);
}

pub async fn a_token_is_taken_for_its_own_purpose_only(s: &dyn StoreSubject) {
    let token = token(&user(s).await, VERIFY, 1);
    replace(s, &token).await.unwrap();
    assert_eq!(take(s, RESET, 1).await, None);
    assert_eq!(take(s, VERIFY, 1).await, Some(token));
}

pub async fn a_user_has_one_token_of_each_purpose(s: &dyn StoreSubject) {
    let ana = user(s).await;
    let other = s.organization("Other").await;
    let bea = s.user(&other, "bea").await;
    let mut newer = token(&ana, RESET, 2);
    newer.email_key = NameKey::of("new@example.com");
    newer.created_at = at(60);
    newer.expires_at = at(3660);
    let verification = token(&ana, VERIFY, 3);
    let of_another = token(&bea, RESET, 4);
    for stored in [&token(&ana, RESET, 1), &verification, &of_another, &newer] {
        replace(s, stored).await.unwrap();
    }
    assert_eq!(take(s, RESET, 1).await, None, "it was replaced");
    assert_eq!(take(s, RESET, 2).await, Some(newer));
    assert_eq!(take(s, VERIFY, 3).await, Some(verification));
    assert_eq!(take(s, RESET, 4).await, Some(of_another));
}

pub async fn transactions_that_replace_a_token_at_once_leave_one(s: &dyn StoreSubject) {
    let ana = user(s).await;
    let tokens: Vec<StoredToken> = (1..=8).map(|number| token(&ana, RESET, number)).collect();
    let replaced = join_all(tokens.iter().map(|token| replace(s, token))).await;
    assert!(replaced.iter().all(Result::is_ok), "{replaced:?}");
    let taken = join_all((1..=8).map(|number| take(s, RESET, number))).await;
    assert_eq!(taken.iter().flatten().count(), 1);
}

pub async fn a_token_of_an_unknown_user_is_refused(s: &dyn StoreSubject) {
    let ana = user(s).await;
    let mut of_nobody = token(&ana, RESET, 1);
    of_nobody.user_id = UserId::new(4_711).unwrap();
    let mut over_the_border = token(&ana, RESET, 1);
    over_the_border.organization_id = s.organization("Other").await.id;
    for wrong in [of_nobody, over_the_border] {
        let refused = replace(s, &wrong).await;
        assert!(
            matches!(refused, Err(PortError::MissingReference(Constraint::User))),
            "{refused:?}"
        );
    }
}

pub async fn one_of_many_attempts_to_take_a_token_at_once_gets_it(s: &dyn StoreSubject) {
    let ana = user(s).await;
    for number in 1..=4 {
        replace(s, &token(&ana, RESET, number)).await.unwrap();
        let taken = join_all((0..4).map(|_| take(s, RESET, number))).await;
        assert_eq!(taken.iter().flatten().count(), 1);
    }
}

pub async fn a_token_whose_taking_was_rolled_back_is_still_there(s: &dyn StoreSubject) {
    let token = token(&user(s).await, RESET, 1);
    replace(s, &token).await.unwrap();
    let mut tx = s.begin().await;
    let taken = tx.one_time_tokens().take(RESET, &digest(1)).await.unwrap();
    assert_eq!(taken.as_ref(), Some(&token));
    tx.rollback().await.unwrap();
    assert_eq!(take(s, RESET, 1).await, Some(token));
}

pub async fn all_tokens_of_a_user_are_discarded_and_no_other(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let of_another = token(&bea, RESET, 3);
    for stored in [&token(&ana, RESET, 1), &token(&ana, VERIFY, 2), &of_another] {
        replace(s, stored).await.unwrap();
    }
    let mut tx = s.begin().await;
    let tokens = tx.one_time_tokens();
    tokens.discard_all(ana.id).await.unwrap();
    tokens.discard_all(ana.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(take(s, RESET, 1).await, None);
    assert_eq!(take(s, VERIFY, 2).await, None);
    assert_eq!(take(s, RESET, 3).await, Some(of_another));
}
