//! `DecisionCache`. That an entry is forgotten after its minute is a test of
//! each adapter: no case waits that long here.

use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{DecisionCache, PolicyRevision};

/// A cache in which nothing was put.
pub trait DecisionCacheSubject: Send + Sync {
    fn decisions(&self) -> &dyn DecisionCache;
}

/// One test for each case of the suite; `$fresh` is the path of an async
/// function that makes a [`DecisionCacheSubject`].
#[macro_export]
macro_rules! decision_cache_contract {
    ($fresh:path) => {
        $crate::contract_cases!($fresh, decision_cache: [
            what_was_not_put_is_a_miss,
            permissions_come_back_as_they_were_put,
            no_user_gets_the_permissions_of_another,
            the_latest_permissions_take_the_place_of_those_before,
        ]);
    };
}

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

async fn get(s: &dyn DecisionCacheSubject, at: Key) -> Option<Vec<String>> {
    let (organization, revision, user) = key(at);
    let kept = s.decisions().get(organization, revision, user).await;
    kept.unwrap()
}

async fn put(s: &dyn DecisionCacheSubject, at: Key, permissions: &[&str]) {
    let (organization, revision, user) = key(at);
    let permissions = names(permissions);
    let put = s
        .decisions()
        .put(organization, revision, user, &permissions)
        .await;
    put.unwrap();
}

pub async fn what_was_not_put_is_a_miss(s: &dyn DecisionCacheSubject) {
    assert_eq!(get(s, (1, 1, 1)).await, None);
}

pub async fn permissions_come_back_as_they_were_put(s: &dyn DecisionCacheSubject) {
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

pub async fn no_user_gets_the_permissions_of_another(s: &dyn DecisionCacheSubject) {
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

pub async fn the_latest_permissions_take_the_place_of_those_before(s: &dyn DecisionCacheSubject) {
    put(s, (1, 1, 1), &["org.read"]).await;
    put(s, (1, 1, 1), &["user.read"]).await;
    assert_eq!(get(s, (1, 1, 1)).await, Some(names(&["user.read"])));
}
