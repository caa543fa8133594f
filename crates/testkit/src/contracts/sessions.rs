//! `SessionQueries` and `SessionRepo`: which sessions there are. What becomes of
//! their tokens is `rotations`.

use auth_domain::caller::Origin;
use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::{RevokeReason, SessionInfo};
use auth_domain::ids::{SessionId, UserId};
use auth_domain::organizations::LicenseStatus;
use auth_domain::page::{ById, PageRequest, SessionKey};
use auth_domain::rbac::{Permission, PermissionName};
use auth_domain::users::User;

use super::StoreSubject;
use super::rotations::{rotate, rotation};
use crate::builders::{self, at, digest};

pub(super) async fn session(s: &dyn StoreSubject, user: &User, token: u8) -> SessionId {
    let mut tx = s.begin().await;
    let new = builders::session(user, token);
    let id = tx.sessions().insert(&new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn live(s: &dyn StoreSubject, user: UserId, now: i64) -> Vec<SessionInfo> {
    let read = s.store().read().sessions();
    let page = read.list_live(user, at(now), &PageRequest::first()).await;
    page.unwrap().items
}

fn ids(sessions: &[SessionInfo]) -> Vec<SessionId> {
    sessions.iter().map(|session| session.id).collect()
}

pub async fn live_sessions_are_counted_by_organization(s: &dyn StoreSubject) {
    let (acme, idle) = (s.organization("Acme").await, s.organization("Idle").await);
    let other = s.organization("Other").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let (eve, _) = (s.user(&other, "eve").await, s.user(&idle, "idle").await);
    for (token, user) in [(1, &ana), (2, &ana), (3, &bea), (4, &eve)] {
        session(s, user, token).await;
    }
    let count = async |now| {
        let read = s.store().read().sessions();
        read.count_live(at(now)).await.unwrap()
    };
    assert_eq!(count(0).await, [(acme.id, 3), (other.id, 1)]);
    let mut tx = s.begin().await;
    let reason = RevokeReason::Logout;
    tx.sessions()
        .revoke_all_of_user(ana.id, None, reason, at(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(0).await, [(acme.id, 1), (other.id, 1)]);
    assert_eq!(count(3600).await, [], "they ran out");
}

pub async fn an_admission_is_session_user_and_organization_as_they_are_now(s: &dyn StoreSubject) {
    let mut acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let id = session(s, &ana, 1).await;
    let mut tx = s.begin().await;
    acme.license_status = LicenseStatus::Suspended;
    tx.organizations().update(&acme).await.unwrap();
    let raised = tx.organizations().raise_policy(acme.id).await.unwrap();
    let revision = raised.unwrap().policy_revision;
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

pub async fn the_excepted_session_lives_on(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let (kept, other) = (session(s, &ana, 1).await, session(s, &ana, 2).await);
    let mut tx = s.begin().await;
    let found = tx
        .sessions()
        .revoke_all_of_user(ana.id, Some(kept), RevokeReason::PasswordChange, at(20))
        .await;
    assert_eq!(found.unwrap(), [other]);
    tx.commit().await.unwrap();
    assert_eq!(ids(&live(s, ana.id, 20).await), [kept]);
}

pub async fn a_session_is_revoked_for_any_reason(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    for (token, reason) in (1..).zip(RevokeReason::ALL) {
        let id = session(s, &ana, token).await;
        let mut tx = s.begin().await;
        let revoked = tx.sessions().revoke(id, *reason, at(20)).await;
        assert!(revoked.unwrap(), "{reason}");
        tx.commit().await.unwrap();
    }
    assert_eq!(ids(&live(s, ana.id, 0).await), []);
}

pub async fn live_sessions_are_listed_the_latest_first(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let mut one = builders::session(&ana, 1);
    one.origin = Origin {
        request_id: None,
        ip: Some([192, 0, 2, 1].into()),
        user_agent: Some("browser".to_owned()),
    };
    let mut ended = builders::session(&ana, 3);
    ended.expires_at = at(20);
    let mut outlived = builders::session(&ana, 4);
    outlived.absolute_expires_at = at(20);
    let mut tx = s.begin().await;
    let sessions = tx.sessions();
    let first = sessions.insert(&one).await.unwrap();
    sessions.insert(&ended).await.unwrap();
    sessions.insert(&outlived).await.unwrap();
    tx.commit().await.unwrap();
    let second = session(s, &ana, 2).await;
    session(s, &bea, 5).await;
    assert_eq!(live(s, ana.id, 19).await.len(), 4, "all of ana's");
    let found = live(s, ana.id, 20).await;
    assert_eq!(ids(&found), [second, first]);
    let whole = SessionInfo {
        id: first,
        issued_at: at(0),
        last_refreshed_at: None,
        expires_at: at(3600),
        ip_address: Some("192.0.2.1".to_owned()),
        user_agent: Some("browser".to_owned()),
    };
    assert_eq!(found[1], whole);
    let nobody = UserId::new(4_711).unwrap();
    assert_eq!(live(s, nobody, 20).await, []);
}

pub async fn a_refreshed_session_is_listed_as_it_was_last_used(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let id = session(s, &ana, 1).await;
    let mut refresh = rotation(id, 1, 2);
    refresh.origin.ip = Some([192, 0, 2, 9].into());
    rotate(s, &refresh).await.unwrap();
    let found = live(s, ana.id, 20).await;
    assert_eq!(ids(&found), [id]);
    assert_eq!(found[0].last_refreshed_at, Some(at(10)));
    assert_eq!(found[0].expires_at, at(5_000));
    assert_eq!(found[0].ip_address.as_deref(), Some("192.0.2.9"));
}

pub async fn a_page_of_sessions_follows_the_one_before(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let mut made = Vec::new();
    for token in 1..=3 {
        made.push(session(s, &ana, token).await);
    }
    let read = s.store().read().sessions();
    let page = async |after: Option<SessionKey>| {
        let request = PageRequest::new(ById::Id, Some(2), after).unwrap();
        read.list_live(ana.id, at(0), &request).await.unwrap()
    };
    let first = page(None).await;
    assert_eq!(ids(&first.items), [made[2], made[1]]);
    session(s, &ana, 4).await;
    let second = page(first.next).await;
    assert_eq!(ids(&second.items), [made[0]]);
    assert_eq!(second.next, None);
}

pub async fn a_session_is_found_by_its_current_refresh_token_only(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let id = session(s, &ana, 1).await;
    session(s, &ana, 9).await;
    rotate(s, &rotation(id, 1, 2)).await.unwrap();
    let read = s.store().read().sessions();
    let find = async |token: u8| read.find_by_refresh_digest(&digest(token)).await.unwrap();
    let found = find(2).await;
    assert_eq!(found, read.find_admission(id).await.unwrap());
    assert_eq!(found.unwrap().session.id, id);
    assert_eq!(find(1).await, None, "that one was replaced");
    assert_eq!(find(3).await, None);
}

pub async fn a_locked_caller_is_read_with_roles_and_what_they_grant(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    let id = session(s, &ana, 1).await;
    let mut tx = s.begin().await;
    let mut roles = Vec::new();
    let granted = [
        &[Permission::OrgRead, Permission::UserRead][..],
        &[Permission::UserRead],
    ];
    for (name, permissions) in ["Editor", "Reader"].into_iter().zip(granted) {
        let role = tx.roles().insert(&builders::role(acme.id, name)).await;
        let role = role.unwrap();
        let grants = tx.grants();
        grants
            .grant_all(acme.id, role, permissions, at(0))
            .await
            .unwrap();
        grants.assign(acme.id, ana.id, role, at(0)).await.unwrap();
        roles.push(role);
    }
    tx.commit().await.unwrap();
    let mut tx = s.begin().await;
    let locked = tx.sessions().lock_caller(id).await.unwrap().unwrap();
    tx.rollback().await.unwrap();
    let read = s.store().read().sessions().find_admission(id).await;
    assert_eq!(Some(locked.admission), read.unwrap());
    let mut role_ids = locked.role_ids;
    role_ids.sort_unstable();
    assert_eq!(role_ids, roles);
    let mut names: Vec<&str> = locked
        .permissions
        .iter()
        .map(PermissionName::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["org.read", "user.read"], "each once");
}

pub async fn a_caller_without_roles_and_one_without_session_are_told_apart(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let id = session(s, &s.user(&acme, "ana").await, 1).await;
    let mut tx = s.begin().await;
    let locked = tx.sessions().lock_caller(id).await.unwrap().unwrap();
    assert_eq!((locked.role_ids, locked.permissions), (vec![], vec![]));
    let nothing = SessionId::new(4_711).unwrap();
    assert_eq!(tx.sessions().lock_caller(nothing).await.unwrap(), None);
}

/// The session is revoked, or the write of its caller is done: never a write
/// that the revocation does not see and that does not see the revocation.
pub async fn a_revocation_and_a_locked_caller_come_one_after_the_other(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    for token in 1..=10 {
        let id = session(s, &ana, token).await;
        let name = format!("ana {token}");
        let write = async {
            let mut tx = s.begin().await;
            let locked = tx.sessions().lock_caller(id).await.unwrap().unwrap();
            let revoked = locked.admission.session.revoked_at;
            if revoked.is_none() {
                tx.roles()
                    .insert(&builders::role(acme.id, &name))
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            }
            revoked.is_none()
        };
        let revoke = async {
            let mut tx = s.begin().await;
            let logout = RevokeReason::Logout;
            assert!(tx.sessions().revoke(id, logout, at(20)).await.unwrap());
            let look = format!("SELECT name FROM roles WHERE name = '{name}'");
            let seen = s.look(&look).await.len() == 1;
            tx.commit().await.unwrap();
            seen
        };
        let (wrote, seen) = futures::join!(write, revoke);
        assert_eq!(wrote, seen, "of token {token}");
    }
}

pub async fn sessions_beyond_the_cap_end_the_longest_unused_first(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let mut made = Vec::new();
    for token in 1..=4 {
        made.push(session(s, &ana, token).await);
    }
    let of_another = session(s, &bea, 9).await;
    // The first was refreshed since, so it is the latest used of all.
    rotate(s, &rotation(made[0], 1, 21)).await.unwrap();
    let mut tx = s.begin().await;
    let superseded = RevokeReason::Superseded;
    let sessions = tx.sessions();
    let mut ended = sessions
        .revoke_longest_unused(ana.id, 2, superseded, at(20))
        .await
        .unwrap();
    ended.sort_unstable();
    assert_eq!(ended, [made[1], made[2]]);
    let again = sessions.revoke_longest_unused(ana.id, 2, superseded, at(20));
    assert_eq!(again.await.unwrap(), []);
    tx.commit().await.unwrap();
    let mut left = ids(&live(s, ana.id, 20).await);
    left.sort_unstable();
    assert_eq!(left, [made[0], made[3]]);
    assert_eq!(ids(&live(s, bea.id, 20).await), [of_another]);
}
