//! What every port says of members: rows that name a user inside an
//! organization name its member, and who may act there is decided by the
//! membership as well as by the user.

use auth_domain::error::{Constraint, PortError};
use auth_domain::identity::{Account, GateRefusal, LoginName, TokenPurpose, admit};
use auth_domain::ids::RoleId;
use auth_domain::organizations::Organization;
use auth_domain::users::{User, UserStatus};

use super::alerts::{alert, raise};
use super::logins::{of as subject, success};
use super::one_time_tokens::{replace, token};
use super::role_changes::admin_role;
use super::roles::role;
use super::sessions::session;
use super::{StoreSubject, user_changes};
use crate::builders::{self, at, digest};

const RESET: TokenPurpose = TokenPurpose::PasswordReset;

/// Which user is a member of what, in which status, and whether since the user was
/// made.
async fn members(s: &dyn StoreSubject) -> Vec<String> {
    s.look(
        "SELECT m.organization_id, m.user_id, m.status, \
             CASE WHEN m.joined_at = u.created_at THEN 'at once' ELSE 'later' END \
         FROM memberships m JOIN users u ON u.user_id = m.user_id ORDER BY 1, 2",
    )
    .await
}

fn member(user: &User, status: UserStatus) -> String {
    let organization = user.organization_id;
    format!("{organization}|{}|{}|at once", user.id, status.as_str())
}

/// Writes the membership alone; the user stays active.
async fn set_membership(s: &dyn StoreSubject, of: &Organization, user: &User, status: UserStatus) {
    s.execute(&format!(
        "UPDATE memberships SET status = '{}' WHERE organization_id = {} AND user_id = {}",
        status.as_str(),
        of.id,
        user.id
    ))
    .await;
}

/// A user of Acme that is no member of it any more.
async fn former_member(s: &dyn StoreSubject) -> (Organization, User) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    s.execute(&format!(
        "DELETE FROM memberships WHERE user_id = {}",
        ana.id
    ))
    .await;
    (acme, ana)
}

async fn assign(
    s: &dyn StoreSubject,
    of: &Organization,
    user: &User,
    role: RoleId,
) -> Result<bool, PortError> {
    let mut tx = s.begin().await;
    let assigned = tx.grants().assign(of.id, user.id, role, at(0)).await?;
    tx.commit().await?;
    Ok(assigned)
}

#[track_caller]
fn no_such_user<T: std::fmt::Debug>(result: &Result<T, PortError>) {
    assert!(
        matches!(result, Err(PortError::MissingReference(Constraint::User))),
        "{result:?}"
    );
}

/// The account as the gate reads it, in each of the ways that it does.
async fn accounts(s: &dyn StoreSubject, user: &User) -> Vec<Account> {
    let id = session(s, user, 1).await;
    let read = s.store().read();
    let name = LoginName::parse(user.username.as_str(), 3).unwrap();
    let email = LoginName::parse(user.email.as_str(), 3).unwrap();
    let mut tx = s.begin().await;
    let locked = tx.sessions().lock_for_refresh(id).await.unwrap();
    tx.rollback().await.unwrap();
    let sessions = read.sessions();
    let users = read.users();
    vec![
        sessions.find_admission(id).await.unwrap().unwrap().account,
        sessions
            .find_by_refresh_digest(&digest(1))
            .await
            .unwrap()
            .unwrap()
            .account,
        locked.unwrap().admission.account,
        users
            .find_credentials(&name)
            .await
            .unwrap()
            .unwrap()
            .account,
        users
            .find_credentials(&email)
            .await
            .unwrap()
            .unwrap()
            .account,
    ]
}

pub async fn a_user_is_an_active_member_of_the_own_organization_from_the_start(
    s: &dyn StoreSubject,
) {
    let acme = s.organization("Acme").await;
    let mut tx = s.begin().await;
    let new = builders::user(acme.id, "ana");
    let ana = tx.users().insert(&new).await.unwrap();
    // Nothing waits for the commit.
    let owned = tx.organizations().set_owner(acme.id, ana.id).await;
    owned.unwrap();
    let signed_in = tx.sessions().insert(&builders::session(&ana, 1)).await;
    signed_in.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(members(s).await, [member(&ana, UserStatus::Active)]);
}

pub async fn a_deactivated_user_is_an_inactive_member_until_it_comes_back(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    for status in [UserStatus::Inactive, UserStatus::Active] {
        user_changes::status(s, &ana, status, 5).await;
        let expected = [member(&ana, status), member(&bea, UserStatus::Active)];
        assert_eq!(members(s).await, expected);
    }
}

pub async fn a_session_of_a_former_member_is_refused(s: &dyn StoreSubject) {
    let (_, ana) = former_member(s).await;
    let mut tx = s.begin().await;
    no_such_user(&tx.sessions().insert(&builders::session(&ana, 1)).await);
}

pub async fn a_role_of_a_former_member_is_refused(s: &dyn StoreSubject) {
    let (acme, ana) = former_member(s).await;
    let role = role(s, &acme, "Editor").await;
    no_such_user(&assign(s, &acme, &ana, role).await);
}

pub async fn a_token_of_a_former_member_is_refused(s: &dyn StoreSubject) {
    let (_, ana) = former_member(s).await;
    no_such_user(&replace(s, &token(&ana, RESET, 1)).await);
}

pub async fn an_alert_and_a_sign_in_of_a_former_member_are_refused(s: &dyn StoreSubject) {
    let (_, ana) = former_member(s).await;
    no_such_user(&raise(s, &alert(&ana, 1), at(0)).await);
    let mut tx = s.begin().await;
    no_such_user(&tx.logins().append(&success(subject(&ana), 1, 1)).await);
}

pub async fn a_former_member_is_not_the_owner(s: &dyn StoreSubject) {
    let (acme, ana) = former_member(s).await;
    let mut tx = s.begin().await;
    no_such_user(&tx.organizations().set_owner(acme.id, ana.id).await);
}

pub async fn a_membership_that_ends_takes_what_the_user_had_there(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&other, "bea").await);
    for (number, user, of) in [(1, &ana, &acme), (2, &bea, &other)] {
        session(s, user, number).await;
        let role = role(s, of, "Editor").await;
        assert!(assign(s, of, user, role).await.unwrap());
        replace(s, &token(user, RESET, number)).await.unwrap();
        raise(s, &alert(user, 1), at(0)).await.unwrap();
        let mut tx = s.begin().await;
        let signed_in = tx.logins().append(&success(subject(user), 1, 1)).await;
        signed_in.unwrap();
        tx.commit().await.unwrap();
        user_changes::status(s, user, UserStatus::Inactive, 9).await;
    }
    s.execute(&format!(
        "DELETE FROM memberships WHERE user_id = {}",
        ana.id
    ))
    .await;
    for table in [
        "sessions",
        "user_roles",
        "one_time_tokens",
        "security_alerts",
        "login_activity",
        "archived_users",
    ] {
        let left = s.look(&format!("SELECT user_id FROM {table}")).await;
        assert_eq!(left, [bea.id.to_string()], "{table}");
    }
    let user = s.store().read().users().find(acme.id, ana.id).await;
    assert!(user.unwrap().is_some(), "the user outlives it");
}

pub async fn an_inactive_membership_closes_the_gate(s: &dyn StoreSubject) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    set_membership(s, &acme, &ana, UserStatus::Inactive).await;
    for account in accounts(s, &ana).await {
        assert_eq!(account.status, UserStatus::Inactive);
        assert_eq!(account.check_active(), Err(GateRefusal::AccountInactive));
    }
}

pub async fn an_inactive_user_stays_outside_although_the_membership_is_active(
    s: &dyn StoreSubject,
) {
    let acme = s.organization("Acme").await;
    let ana = s.user(&acme, "ana").await;
    user_changes::status(s, &ana, UserStatus::Inactive, 3).await;
    set_membership(s, &acme, &ana, UserStatus::Active).await;
    for account in accounts(s, &ana).await {
        assert_eq!(account.check_active(), Err(GateRefusal::AccountInactive));
    }
}

pub async fn a_user_with_an_inactive_membership_decides_and_administrates_nothing(
    s: &dyn StoreSubject,
) {
    let acme = s.organization("Acme").await;
    let (ana, bea) = (s.user(&acme, "ana").await, s.user(&acme, "bea").await);
    let admin = admin_role(s, &acme).await;
    assert!(assign(s, &acme, &ana, admin).await.unwrap());
    for (status, active) in [(UserStatus::Inactive, false), (UserStatus::Active, true)] {
        set_membership(s, &acme, &ana, status).await;
        let rows = s.policies().load(acme.id).await.unwrap().unwrap();
        let users: Vec<_> = rows.users.iter().map(|u| (u.id, u.active)).collect();
        assert_eq!(users, [(ana.id, active), (bea.id, true)]);
        let overview = s.policies().overview(acme.id).await.unwrap().unwrap();
        assert_eq!(overview[0].users[0].status, status);
        let users = s.store().read().users();
        let found = users.find_with_rights(acme.id, bea.id).await.unwrap();
        assert_eq!(found.unwrap().admins.has_other_active_holder, active);
    }
}

/// Several memberships of a user need no other tables than these.
pub async fn a_member_of_two_organizations_acts_in_each_on_its_own(s: &dyn StoreSubject) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    let ana = s.user(&acme, "ana").await;
    s.execute(&format!(
        "INSERT INTO memberships (organization_id, user_id, status, joined_at) \
         SELECT {}, user_id, 'active', created_at FROM users WHERE user_id = {}",
        other.id, ana.id
    ))
    .await;
    let mut there = ana.clone();
    there.organization_id = other.id;
    let editor = role(s, &other, "Editor").await;
    assert!(assign(s, &other, &there, editor).await.unwrap());
    let (at_home, abroad) = (session(s, &ana, 1).await, session(s, &there, 2).await);
    set_membership(s, &acme, &ana, UserStatus::Inactive).await;
    let read = s.store().read().sessions();
    let find = async |id| read.find_admission(id).await.unwrap();
    let refused = admit(find(at_home).await, ana.id, at(1));
    assert_eq!(refused.unwrap_err(), GateRefusal::AccountInactive);
    let admitted = admit(find(abroad).await, ana.id, at(1)).unwrap();
    assert_eq!(admitted.organization_id, other.id);
    let rows = s.policies().load(other.id).await.unwrap().unwrap();
    let users: Vec<_> = rows.users.iter().map(|u| (u.id, u.active)).collect();
    assert_eq!(users, [(ana.id, true)]);
    assert_eq!(rows.users[0].roles, [editor]);
}
