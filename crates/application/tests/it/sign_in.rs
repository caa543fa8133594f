//! Signing in, seen from the store.

use std::time::Duration;

use auth_application::identity::{AuthError, LegacyToken};
use auth_domain::clock::Clock as _;
use auth_domain::identity::{LoginName, Password};
use auth_domain::ids::UserId;
use auth_domain::rbac::Permission;
use serde_json::json;

use crate::acme::{Acme, PASSWORD, origin, refused};
use crate::parts::outdated;
use crate::recorder::Recorded;

const DAY: Duration = Duration::from_hours(24);

async fn login_legacy(acme: &Acme, name: &str) -> Result<LegacyToken, AuthError> {
    let name = LoginName::parse(name, 3).unwrap();
    let password = Password::attempt(PASSWORD);
    let sign_in = &acme.app.sign_in;
    sign_in.login_legacy(&origin(), &name, &password).await
}

async fn hash_of(acme: &Acme, user: UserId) -> String {
    let query = format!("SELECT password_hash FROM users WHERE user_id = {user}");
    acme.look(&query).await.remove(0)
}

#[tokio::test]
async fn a_session_lives_as_long_as_the_rules_say() {
    let acme = Acme::new().await;
    let now = acme.clock.now();
    let signed_in = acme.login("boss").await.unwrap();
    let tokens = &signed_in.tokens;
    assert_eq!(tokens.refresh_expires_at, now + DAY * 14);
    assert_eq!(tokens.expires_in, Duration::from_mins(15));
    let found = acme.admission(tokens.session_id).await;
    assert_eq!(found.session.issued_at, now);
    assert_eq!(found.session.expires_at, now + DAY * 14);
    assert_eq!(found.session.absolute_expires_at, now + DAY * 90);
    assert_eq!(found.account.user_id, acme.boss);
}

#[tokio::test]
async fn no_session_outlives_its_absolute_end() {
    let acme = Acme::with(|_, options| options.sessions.absolute = DAY).await;
    let now = acme.clock.now();
    let tokens = acme.login("boss").await.unwrap().tokens;
    assert_eq!(tokens.refresh_expires_at, now + DAY);
    let found = acme.admission(tokens.session_id).await;
    assert_eq!(found.session.expires_at, now + DAY);
}

#[tokio::test]
async fn the_access_token_lets_its_user_in_with_that_session() {
    let acme = Acme::new().await;
    let tokens = acme.login("boss").await.unwrap().tokens;
    let gate = &acme.app.gate;
    let token = tokens.access_token.expose();
    let caller = gate.authenticate(token, origin()).await.unwrap();
    assert_eq!(caller.user_id(), acme.boss);
    assert_eq!(caller.session(), Some(tokens.session_id));
    assert_eq!(caller.origin, origin());
    acme.clock.advance(Duration::from_mins(15));
    refused(&gate.authenticate(token, origin()).await, "invalid_token");
}

#[tokio::test]
async fn the_profile_tells_roles_and_permissions() {
    let acme = Acme::new().await;
    let one = acme.role(acme.id, "One", &[Permission::UserRead]).await;
    let two = acme.role(acme.id, "Two", &[Permission::OrgRead]).await;
    acme.user(acme.id, "ana", &[two, one]).await;
    let profile = acme.login("ana@example.com").await.unwrap().profile;
    assert_eq!(profile.role_ids, [two, one]);
    assert_eq!(profile.role_id(), Some(two));
    assert_eq!(profile.permissions, ["org.read", "user.read"]);
    assert_eq!(profile.account.organization_id, acme.id);
}

#[tokio::test]
async fn a_sign_in_is_told_remembered_and_in_the_activity() {
    let acme = Acme::new().await;
    let tokens = acme.login("boss").await.unwrap().tokens;
    let activity = "SELECT user_id, ip_address, device_info, \
         CASE WHEN login_success THEN 'success' ELSE 'failure' END FROM login_activity";
    let boss = acme.boss;
    let expected = format!("{boss}|192.0.2.1|tests|success");
    assert_eq!(acme.look(activity).await, [expected]);
    let session = tokens.session_id;
    let expected = json!({"user_id": boss, "organization_id": acme.id, "session_id": session,
        "ip": "192.0.2.1"});
    assert_eq!(acme.payload("auth.login").await, expected);
    assert_eq!(
        acme.read(boss).await.user.last_login,
        Some(acme.clock.now())
    );
    let from = format!("SELECT ip_address, user_agent FROM sessions WHERE session_id = {session}");
    assert_eq!(acme.look(&from).await, ["192.0.2.1|tests"]);
}

#[tokio::test]
async fn a_wrong_password_begins_no_session_and_is_in_the_activity() {
    let acme = Acme::new().await;
    let outcome = acme.login_with("boss", "wrong").await;
    refused(&outcome, "invalid_credentials");
    let outcome = acme.login_with("unknown", PASSWORD).await;
    refused(&outcome, "invalid_credentials");
    assert_eq!(acme.look("SELECT user_id FROM sessions").await, [""; 0]);
    let activity = "SELECT user_id, CASE WHEN login_name_hash IS NULL THEN 'user' ELSE 'name' END, \
         CASE WHEN login_success THEN 'success' ELSE 'failure' END \
         FROM login_activity ORDER BY login_id";
    let of_boss = format!("{}|user|failure", acme.boss);
    assert_eq!(
        acme.look(activity).await,
        [of_boss.as_str(), "NULL|name|failure"]
    );
}

#[tokio::test]
async fn a_user_without_a_password_signs_in_with_none() {
    let acme = Acme::new().await;
    acme.execute("UPDATE users SET password_hash = NULL").await;
    for password in ["", PASSWORD] {
        let outcome = acme.login_with("boss", password).await;
        refused(&outcome, "invalid_credentials");
    }
}

#[tokio::test]
async fn a_deactivated_user_is_told_so_for_the_right_password_only() {
    let acme = Acme::new().await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    acme.switch_off(acme.id, ana).await;
    refused(&acme.login("ana").await, "account_inactive");
    refused(&login_legacy(&acme, "ana").await, "account_inactive");
    let outcome = acme.login_with("ana", "wrong").await;
    refused(&outcome, "invalid_credentials");
}

#[tokio::test]
async fn an_outdated_hash_is_upgraded_by_the_sign_in() {
    let acme = Acme::new().await;
    let old = outdated(PASSWORD);
    let store = format!("UPDATE users SET password_hash = '{}'", old.expose());
    acme.execute(&store).await;
    acme.login("boss").await.unwrap();
    let upgraded = format!("hash of {PASSWORD}");
    assert_eq!(hash_of(&acme, acme.boss).await, upgraded);
    acme.login("boss").await.unwrap();
    assert_eq!(hash_of(&acme, acme.boss).await, upgraded);
}

#[tokio::test]
async fn a_legacy_session_lives_exactly_as_long_as_its_token() {
    let acme = Acme::new().await;
    let now = acme.clock.now();
    let token = login_legacy(&acme, "boss").await.unwrap();
    assert_eq!(token.expires_in, DAY);
    let gate = &acme.app.gate;
    let text = token.access_token.expose();
    let caller = gate.authenticate(text, origin()).await.unwrap();
    let session = caller.session().unwrap();
    let found = acme.admission(session).await.session;
    assert_eq!(
        (found.expires_at, found.absolute_expires_at),
        (now + DAY, now + DAY)
    );
    let refreshable =
        format!("SELECT hex(refresh_digest) FROM sessions WHERE session_id = {session}");
    let refreshable = acme.look(&refreshable).await.remove(0);
    assert!(
        refreshable.is_empty() || refreshable == "NULL",
        "{refreshable}"
    );
    acme.clock.advance(Duration::from_hours(23));
    gate.authenticate(text, origin()).await.unwrap();
    acme.clock.advance(Duration::from_hours(1));
    refused(&gate.authenticate(text, origin()).await, "invalid_token");
}

#[tokio::test]
async fn the_longest_unused_session_ends_for_a_new_one_past_the_cap() {
    let acme = Acme::with(|_, options| options.sessions.per_user = 2).await;
    let mut sessions = Vec::new();
    for _ in 0..2 {
        acme.clock.advance(Duration::from_secs(1));
        sessions.push(acme.login("boss").await.unwrap().tokens);
    }
    acme.clock.advance(Duration::from_secs(1));
    let first = &sessions[0];
    let refreshed = acme
        .app
        .sessions
        .refresh(&origin(), first.session_id, &first.refresh_token)
        .await;
    refreshed.unwrap();
    acme.clock.advance(Duration::from_secs(1));
    acme.login("boss").await.unwrap();
    let endings = acme.endings(acme.boss).await;
    assert_eq!(endings, ["NULL", "superseded", "NULL"]);
    let [audit, _login] = acme.last_words().await;
    assert!(audit.starts_with("sessions.revoked|users|"), "{audit}");
    assert_eq!(acme.payload("auth.sessions_revoked").await["count"], 1);
}

#[tokio::test]
async fn without_a_cap_a_user_has_any_number_of_sessions() {
    let acme = Acme::new().await;
    for _ in 0..4 {
        login_legacy(&acme, "boss").await.unwrap();
    }
    assert_eq!(acme.endings(acme.boss).await, ["NULL"; 4]);
}

#[tokio::test]
async fn a_success_takes_back_what_the_attempt_counted() {
    let acme = Acme::with(|_, options| options.quotas.login_account = 1).await;
    for _ in 0..3 {
        acme.login("boss").await.unwrap();
    }
    // From an address that the account is known at only the pair counts.
    let elsewhere = auth_domain::caller::Origin {
        ip: Some([198, 51, 100, 7].into()),
        ..origin()
    };
    let name = LoginName::parse("boss", 3).unwrap();
    for (password, code) in [("wrong", "invalid_credentials"), (PASSWORD, "rate_limited")] {
        let password = Password::attempt(password);
        let outcome = acme.app.sign_in.login(&elsewhere, &name, &password).await;
        refused(&outcome, code);
    }
}

#[tokio::test]
async fn sign_ins_are_counted_by_what_they_came_to() {
    let acme = Acme::new().await;
    let ana = acme.user(acme.id, "ana", &[]).await;
    acme.switch_off(acme.id, ana).await;
    let recorded = Recorded::default();
    let recording = recorded.here();
    for _ in 0..2 {
        acme.login("boss").await.unwrap();
    }
    let outcome = acme.login_with("boss", "wrong").await;
    refused(&outcome, "invalid_credentials");
    refused(&acme.login("ana").await, "account_inactive");
    drop(recording);
    let expected = [
        ("account_inactive", 1.0),
        ("invalid_credentials", 1.0),
        ("success", 2.0),
    ]
    .map(|(result, times)| (format!("auth_logins_total{{result={result}}}"), times));
    assert_eq!(recorded.all("auth_logins_total"), expected);
}
