//! Why a decision is what it is.

use auth_casbin::explain;
use auth_domain::rbac::{
    Missing, PolicyEngine as _, PolicyError, PolicyFeed as _, PolicyRows, PolicyUser, Reason,
};

use crate::support::{fixture, organization, permission, revision, role, rows, user};

async fn missing(rows: PolicyRows, asked: i64, name: &str) -> Option<Missing> {
    let explained = explain(rows, user(asked), name).await.unwrap();
    match explained.reason {
        Reason::Granted { .. } => None,
        Reason::Lacking(missing) => Some(missing),
    }
}

#[tokio::test]
async fn an_allow_names_the_role_and_the_rule() {
    let mut rows = rows(1, 2);
    rows.users[0].roles.insert(0, role(7));
    rows.grants.push((role(9), permission(2)));
    let explained = explain(rows, user(1), "doc.write").await.unwrap();
    assert!(explained.allowed);
    assert_eq!(explained.revision, revision(2));
    let text = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let reason = Reason::Granted {
        path: text(&["user:1", "role:1"]),
        rule: text(&["role:1", "doc.write", "org:1", "access"]),
    };
    assert_eq!(explained.reason, reason);
}

#[tokio::test]
async fn a_deny_names_the_first_thing_that_is_missing() {
    let name = "doc.read";
    assert_eq!(missing(rows(1, 1), 1, name).await, None);
    let write = missing(rows(1, 1), 1, "doc.write").await;
    assert_eq!(write, Some(Missing::Grant));
    let mut without_role = rows(1, 1);
    without_role.users[0].roles.clear();
    assert_eq!(
        missing(without_role.clone(), 1, name).await,
        Some(Missing::Role)
    );
    without_role.users[0].active = false;
    let inactive = missing(without_role.clone(), 1, name).await;
    assert_eq!(inactive, Some(Missing::ActiveUser));
    assert_eq!(
        missing(without_role.clone(), 2, name).await,
        Some(Missing::User)
    );
    without_role.organization_active = false;
    let suspended = missing(without_role, 2, name).await;
    assert_eq!(suspended, Some(Missing::ActiveOrganization));
}

#[tokio::test]
async fn the_engine_explains_from_the_store_as_it_is_now() {
    let fixture = fixture();
    fixture
        .engine
        .snapshot(organization(1), None)
        .await
        .unwrap();
    fixture.store.put(rows(1, 2));
    let explain = async |at_least| {
        let engine = &fixture.engine;
        engine
            .explain(organization(1), at_least, user(1), "doc.write")
            .await
    };
    let explained = explain(None).await.unwrap();
    assert_eq!((explained.allowed, explained.revision), (true, revision(2)));
    assert!(explain(Some(revision(2))).await.is_ok());
    let ahead = explain(Some(revision(3))).await;
    let current = revision(2);
    assert!(
        matches!(ahead, Err(PolicyError::UnknownRevision { current: found }) if found == current)
    );
    fixture.engine.observe(organization(1), revision(4));
    let behind = explain(None).await;
    assert!(matches!(behind, Err(PolicyError::Unavailable(None))));
    fixture.store.set_away(true);
    let away = explain(None).await;
    assert!(matches!(away, Err(PolicyError::Unavailable(Some(_)))));
}

#[tokio::test]
async fn an_unknown_organization_is_said_to_be_unknown() {
    let fixture = fixture();
    let engine = &fixture.engine;
    let answer = engine
        .explain(organization(7), None, user(1), "doc.read")
        .await;
    assert!(matches!(answer, Err(PolicyError::UnknownOrganization)));
}

#[tokio::test]
async fn what_others_hold_does_not_bear_on_a_user() {
    let mut rows = rows(1, 2);
    rows.users.push(PolicyUser {
        id: user(2),
        active: true,
        roles: vec![role(2)],
    });
    assert_eq!(
        missing(rows.clone(), 2, "doc.read").await,
        Some(Missing::Grant)
    );
    assert_eq!(missing(rows, 1, "doc.read").await, None);
}
