//! `DecisionCache`. That an entry is forgotten after its minute is a test of
//! each adapter: no case waits that long here.

use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::PolicyRevision;

use super::caches::CacheSubject;

type Key = (i64, i64, i64);

fn key((organization, revision, user): Key) -> (OrganizationId, PolicyRevision, UserId) {
    (
        OrganizationId::new(organization).unwrap(),
        PolicyRevision::new(revision),
        UserId::new(user).unwrap(),
    )
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn get(s: &dyn CacheSubject, at: Key) -> Option<Vec<String>> {
    let (organization, revision, user) = key(at);
    let kept = s.decisions().get(organization, revision, user).await;
    kept.unwrap()
}

async fn put(s: &dyn CacheSubject, at: Key, permissions: &[&str]) {
    let (organization, revision, user) = key(at);
    let permissions = names(permissions);
    let put = s
        .decisions()
        .put(organization, revision, user, &permissions)
        .await;
    put.unwrap();
}

pub async fn what_was_not_put_is_a_miss(s: &dyn CacheSubject) {
    assert_eq!(get(s, (1, 1, 1)).await, None);
}

pub async fn permissions_come_back_as_they_were_put(s: &dyn CacheSubject) {
    put(s, (1, 1, 1), &[]).await;
    put(
        s,
        (1, 1, 2),
        &["odd \"name\", \u{e9}", "org.read", "user.read"],
    )
    .await;
    assert_eq!(get(s, (1, 1, 1)).await, Some(Vec::new()));
    let permissions = names(&["odd \"name\", \u{e9}", "org.read", "user.read"]);
    assert_eq!(get(s, (1, 1, 2)).await, Some(permissions));
}

pub async fn no_user_gets_the_permissions_of_another(s: &dyn CacheSubject) {
    put(s, (1, 11, 1), &["org.read"]).await;
    for other in [
        (11, 1, 1),
        (1, 1, 11),
        (1, 1, 1),
        (1, 11, 2),
        (1, 12, 1),
        (2, 11, 1),
    ] {
        assert_eq!(get(s, other).await, None, "{other:?}");
    }
}

pub async fn the_latest_permissions_take_the_place_of_those_before(s: &dyn CacheSubject) {
    put(s, (1, 1, 1), &["org.read"]).await;
    put(s, (1, 1, 1), &["user.read"]).await;
    assert_eq!(get(s, (1, 1, 1)).await, Some(names(&["user.read"])));
}
