//! `SessionQueries` and `SessionRepo`.

use auth_domain::actor::Origin;
use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::{RevokeReason, Rotation, TokenDigest};
use auth_domain::ids::SessionId;
use auth_domain::organizations::LicenseStatus;
use auth_domain::users::User;

use super::StoreSubject;
use crate::builders::{self, at, digest, sealed};

async fn session(s: &dyn StoreSubject, user: &User, token: u8) -> SessionId {
    let mut tx = s.begin().await;
    let new = builders::session(user, token);
    let id = tx.sessions().insert(&new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn rotation(session_id: SessionId, old: u8, new: u8) -> Rotation {
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

async fn rotate(s: &dyn StoreSubject, rotation: &Rotation) -> Result<(), PortError> {
    let mut tx = s.begin().await;
    tx.sessions().rotate(rotation).await?;
    tx.commit().await
}

pub async fn an_admission_is_session_user_and_organization_as_they_are_now(s: &dyn StoreSubject) {
    let mut acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let id = session(s, &ana, 1).await;
    let mut tx = s.begin().await;
    acme.license_status = LicenseStatus::Suspended;
    tx.organizations().update(&acme).await.unwrap();
    let revision = tx.roles().bump_policy_revision(acme.id).await.unwrap();
    tx.commit().await.unwrap();
    let read = s.store().read().sessions();
    let found = read.find_admission(id).await.unwrap().unwrap();
    assert_eq!(found.session.id, id);
    assert_eq!(found.session.issued_at, at(0));
    assert_eq!(found.session.expires_at, at(3600));
    assert_eq!(found.session.absolute_expires_at, at(7200));
    assert_eq!(found.session.revoked_at, None);
    let account = found.account;
    assert_eq!(
        (account.user_id, account.organization_id),
        (ana.id, acme.id)
    );
    assert_eq!(
        (&account.username, &account.email),
        (&ana.username, &ana.email)
    );
    assert_eq!(account.license_status, LicenseStatus::Suspended);
    assert_eq!(account.policy_revision, revision);
    let nobody = SessionId::new(4_711).unwrap();
    assert_eq!(read.find_admission(nobody).await.unwrap(), None);
}

pub async fn a_session_of_a_user_of_another_organization_is_refused(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let other = s.organization("Other").await;
    let mut new = builders::session(&s.user(&acme, "ana").await, 1);
    new.organization_id = other.id;
    let mut tx = s.begin().await;
    let refused = tx.sessions().insert(&new).await;
    assert!(
        matches!(refused, Err(PortError::MissingReference(Constraint::User))),
        "{refused:?}"
    );
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
    let nobody = SessionId::new(4_711).unwrap();
    let nobody = tx.sessions().lock_for_refresh(nobody).await.unwrap();
    assert_eq!(nobody, None);
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

pub async fn a_session_is_revoked_once(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let id = session(s, &s.user(&acme, "ana").await, 1).await;
    let mut tx = s.begin().await;
    let sessions = tx.sessions();
    let logout = RevokeReason::Logout;
    assert!(sessions.revoke(id, logout, at(20)).await.unwrap());
    assert!(!sessions.revoke(id, logout, at(30)).await.unwrap());
    let nobody = SessionId::new(4_711).unwrap();
    assert!(!sessions.revoke(nobody, logout, at(20)).await.unwrap());
    tx.commit().await.unwrap();
    let read = s.store().read().sessions();
    let found = read.find_admission(id).await.unwrap().unwrap();
    assert_eq!(found.session.revoked_at, Some(at(20)));
}

pub async fn all_live_sessions_of_a_user_are_revoked_and_no_other(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let mut live = vec![session(s, &ana, 1).await, session(s, &ana, 2).await];
    let of_another = session(s, &bea, 3).await;
    let revoked = session(s, &ana, 4).await;
    let mut tx = s.begin().await;
    let sessions = tx.sessions();
    let reason = RevokeReason::PasswordChange;
    sessions.revoke(revoked, reason, at(5)).await.unwrap();
    let mut ended = builders::session(&ana, 5);
    ended.expires_at = at(20);
    sessions.insert(&ended).await.unwrap();
    let found = sessions
        .revoke_all_of_user(ana.id, None, reason, at(20))
        .await;
    live.sort_unstable();
    assert_eq!(found.unwrap(), live);
    tx.commit().await.unwrap();
    let read = s.store().read().sessions();
    let other = read.find_admission(of_another).await.unwrap().unwrap();
    assert_eq!(other.session.revoked_at, None);
    let before = read.find_admission(revoked).await.unwrap().unwrap();
    assert_eq!(before.session.revoked_at, Some(at(5)));
}
