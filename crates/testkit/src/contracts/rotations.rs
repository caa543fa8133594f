//! `SessionRepo`: what becomes of the tokens of a session.

use auth_domain::caller::Origin;
use auth_domain::error::PortError;
use auth_domain::identity::{Rotation, TokenDigest};
use auth_domain::ids::SessionId;

use super::StoreSubject;
use super::sessions::session;
use crate::builders::{at, digest, sealed};

pub(super) fn rotation(session_id: SessionId, old: u8, new: u8) -> Rotation {
    Rotation {
        session_id,
        old: digest(old),
        new: digest(new),
        successor: sealed(new),
        at: at(10),
        expires_at: at(5_000),
        origin: Origin::default(),
    }
}

pub(super) async fn rotate(s: &dyn StoreSubject, rotation: &Rotation) -> Result<(), PortError> {
    let mut tx = s.begin().await;
    tx.sessions().rotate(rotation).await?;
    tx.commit().await
}

async fn reissue(s: &dyn StoreSubject, id: SessionId, token: u8) -> Result<(), PortError> {
    let mut tx = s.begin().await;
    tx.sessions().reissue(id, &digest(token), at(6_000)).await?;
    tx.commit().await
}

async fn was_rotated(s: &dyn StoreSubject, id: SessionId, token: u8) -> bool {
    let mut tx = s.begin().await;
    let was = tx.sessions().was_rotated(id, &digest(token)).await;
    was.unwrap()
}

pub async fn a_rotation_keeps_the_old_token_as_the_previous_one(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let id = session(s, &s.user(&acme, "ana").await, 1).await;
    rotate(s, &rotation(id, 1, 2)).await.unwrap();
    let mut tx = s.begin().await;
    let state = tx.sessions().lock_for_refresh(id).await.unwrap().unwrap();
    assert_eq!(state.current, Some(digest(2)));
    let previous = state.previous.unwrap();
    assert_eq!(previous.digest, digest(1));
    assert_eq!(previous.successor, sealed(2));
    assert_eq!(previous.rotated_at, at(10));
    assert_eq!(state.admission.session.expires_at, at(5_000));
    assert_eq!(state.admission.session.absolute_expires_at, at(7_200));
    let unknown = SessionId::new(4_711).unwrap();
    let nothing = tx.sessions().lock_for_refresh(unknown).await.unwrap();
    assert_eq!(nothing, None);
}

pub async fn only_the_current_token_rotates(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let id = session(s, &s.user(&acme, "ana").await, 1).await;
    rotate(s, &rotation(id, 1, 2)).await.unwrap();
    let stale = rotate(s, &rotation(id, 1, 3)).await;
    assert!(matches!(stale, Err(PortError::Stale)), "{stale:?}");
    let mut tx = s.begin().await;
    let state = tx.sessions().lock_for_refresh(id).await.unwrap().unwrap();
    assert_eq!(state.current, Some(digest(2)));
}

pub async fn a_digest_that_was_replaced_is_remembered_for_its_session(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let (id, other) = (session(s, &ana, 1).await, session(s, &ana, 9).await);
    rotate(s, &rotation(id, 1, 2)).await.unwrap();
    rotate(s, &rotation(id, 2, 3)).await.unwrap();
    let mut tx = s.begin().await;
    let sessions = tx.sessions();
    let mut was = async |of: SessionId, token: u8| {
        let digest: TokenDigest = digest(token);
        sessions.was_rotated(of, &digest).await.unwrap()
    };
    assert!(was(id, 1).await && was(id, 2).await);
    assert!(!was(id, 3).await, "the current one was not replaced");
    assert!(!was(other, 1).await, "that was another session's");
}

pub async fn a_session_knows_the_tokens_that_it_has_and_had(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let (id, other) = (session(s, &ana, 1).await, session(s, &ana, 9).await);
    rotate(s, &rotation(id, 1, 2)).await.unwrap();
    rotate(s, &rotation(id, 2, 3)).await.unwrap();
    let read = s.store().read().sessions();
    let unknown = SessionId::new(4_711).unwrap();
    for (of, token, known) in [
        (id, 1, true),
        (id, 2, true),
        (id, 3, true),
        (id, 4, false),
        (id, 9, false),
        (other, 9, true),
        (other, 3, false),
        (unknown, 1, false),
    ] {
        let answer = read.knows_refresh_token(of, &digest(token)).await;
        assert_eq!(answer.unwrap(), known, "{of} {token}");
    }
}

pub async fn a_session_is_held_by_one_transaction_at_a_time(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let id = session(s, &s.user(&acme, "ana").await, 1).await;
    let refresh = async |new: u8| {
        let mut tx = s.begin().await;
        let state = tx.sessions().lock_for_refresh(id).await.unwrap().unwrap();
        if state.current != Some(digest(1)) {
            return false;
        }
        tx.sessions().rotate(&rotation(id, 1, new)).await.unwrap();
        tx.commit().await.unwrap();
        true
    };
    let (one, two) = futures::join!(refresh(2), refresh(3));
    assert!(one != two, "exactly one of them finds its token current");
}

pub async fn rotations_are_counted_from_the_last_one(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let (id, other) = (session(s, &ana, 1).await, session(s, &ana, 9).await);
    for token in 1..=3 {
        let mut again = rotation(id, token, token + 1);
        again.at = at(i64::from(token) * 10);
        rotate(s, &again).await.unwrap();
    }
    let mut tx = s.begin().await;
    let sessions = tx.sessions();
    let mut nth = async |of: SessionId, n: u32| sessions.nth_last_rotation(of, n).await.unwrap();
    assert_eq!(nth(id, 1).await, Some(at(30)));
    assert_eq!(nth(id, 2).await, Some(at(20)));
    assert_eq!(nth(id, 3).await, Some(at(10)));
    assert_eq!(nth(id, 4).await, None);
    assert_eq!(nth(other, 1).await, None);
}

pub async fn a_reissued_token_is_the_only_one_that_is_good(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let id = session(s, &s.user(&acme, "ana").await, 1).await;
    rotate(s, &rotation(id, 1, 2)).await.unwrap();
    reissue(s, id, 3).await.unwrap();
    let mut tx = s.begin().await;
    let sessions = tx.sessions();
    let state = sessions.lock_for_refresh(id).await.unwrap().unwrap();
    assert_eq!(state.current, Some(digest(3)));
    assert_eq!(state.previous, None, "no second chance");
    assert_eq!(state.admission.session.expires_at, at(6_000));
    assert_eq!(state.admission.session.absolute_expires_at, at(7_200));
    let stale = sessions.rotate(&rotation(id, 2, 4)).await;
    assert!(matches!(stale, Err(PortError::Stale)), "{stale:?}");
    drop(tx);
    rotate(s, &rotation(id, 3, 5)).await.unwrap();
}

pub async fn a_token_that_was_reissued_is_remembered_and_is_no_rotation(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let id = session(s, &s.user(&acme, "ana").await, 1).await;
    rotate(s, &rotation(id, 1, 2)).await.unwrap();
    reissue(s, id, 3).await.unwrap();
    assert!(was_rotated(s, id, 1).await && was_rotated(s, id, 2).await);
    assert!(!was_rotated(s, id, 3).await);
    let mut tx = s.begin().await;
    let sessions = tx.sessions();
    let last = sessions.nth_last_rotation(id, 1).await.unwrap();
    assert_eq!(last, Some(at(10)));
    assert_eq!(sessions.nth_last_rotation(id, 2).await.unwrap(), None);
}

pub async fn a_reissue_for_no_session_is_stale(s: &dyn StoreSubject) {
    let unknown = SessionId::new(4_711).unwrap();
    let stale = reissue(s, unknown, 1).await;
    assert!(matches!(stale, Err(PortError::Stale)), "{stale:?}");
}

pub async fn a_reissue_and_a_rotation_at_once_forget_no_token(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    for token in [10, 20, 30, 40] {
        let id = session(s, &ana, token).await;
        let rotation = rotation(id, token, token + 1);
        let (rotated, reissued) = futures::join!(rotate(s, &rotation), reissue(s, id, token + 2));
        reissued.unwrap();
        assert!(was_rotated(s, id, token).await);
        assert_eq!(was_rotated(s, id, token + 1).await, rotated.is_ok());
    }
}
