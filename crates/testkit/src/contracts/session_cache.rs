//! `SessionCache`.

use std::time::Duration;

use auth_domain::identity::{Admission, SessionFacts};
use auth_domain::ids::SessionId;
use auth_domain::organizations::{LicenseStatus, OrganizationKind};
use auth_domain::text::{PersonName, Username};
use auth_domain::users::{EmailAddress, UserStatus};
use chrono::TimeDelta;

use super::caches::{CacheSubject, LIFE, LONG};
use crate::builders::{account, at};

fn id(session: i64) -> SessionId {
    SessionId::new(session).unwrap()
}

fn admission(session: i64) -> Admission {
    Admission {
        session: SessionFacts {
            id: id(session),
            issued_at: at(0) + TimeDelta::microseconds(123_456),
            expires_at: at(3600),
            absolute_expires_at: at(7200),
            revoked_at: None,
        },
        account: account(),
    }
}

async fn get(s: &dyn CacheSubject, session: i64) -> Option<Admission> {
    s.sessions().get(id(session)).await.unwrap()
}

async fn put(s: &dyn CacheSubject, admission: &Admission, life: Duration) {
    s.sessions().put(admission, life).await.unwrap();
}

pub async fn what_was_not_put_is_a_miss(s: &dyn CacheSubject) {
    assert_eq!(get(s, 1).await, None);
}

pub async fn an_admission_comes_back_unchanged(s: &dyn CacheSubject) {
    let plain = admission(1);
    let mut full = admission(2);
    full.session.revoked_at = Some(at(1) + TimeDelta::microseconds(1));
    full.account.organization_kind = OrganizationKind::Root;
    full.account.license_status = LicenseStatus::Suspended;
    full.account.username = Username::from_stored("ana:\"{1}\" \u{1f600}".to_owned());
    full.account.last_name = Some(PersonName::parse("O'Neill").unwrap());
    full.account.email = EmailAddress::parse("Ana+1@example.com").unwrap();
    full.account.email_verified_at = Some(at(-1));
    full.account.status = UserStatus::Inactive;
    put(s, &plain, LONG).await;
    put(s, &full, LONG).await;
    assert_eq!(get(s, 1).await, Some(plain));
    assert_eq!(get(s, 2).await, Some(full));
}

pub async fn an_admission_is_forgotten_when_its_life_has_passed(s: &dyn CacheSubject) {
    put(s, &admission(1), LIFE).await;
    put(s, &admission(2), LONG).await;
    s.wait(LIFE).await;
    assert_eq!(get(s, 1).await, None);
    assert_eq!(get(s, 2).await, Some(admission(2)));
}

pub async fn the_latest_admission_takes_the_place_of_the_one_before(s: &dyn CacheSubject) {
    put(s, &admission(1), LONG).await;
    let mut latest = admission(1);
    latest.session.revoked_at = Some(at(5));
    put(s, &latest, LONG).await;
    assert_eq!(get(s, 1).await, Some(latest));
}

pub async fn an_admission_without_life_forgets_the_one_before(s: &dyn CacheSubject) {
    put(s, &admission(1), LONG).await;
    put(s, &admission(1), Duration::ZERO).await;
    assert_eq!(get(s, 1).await, None);
}

pub async fn forgotten_sessions_are_misses_and_no_other_is_touched(s: &dyn CacheSubject) {
    for session in 1..=4 {
        put(s, &admission(session), LONG).await;
    }
    s.sessions().forget(&[]).await.unwrap();
    // 9 is not there, which changes nothing.
    s.sessions().forget(&[id(1), id(9), id(3)]).await.unwrap();
    assert_eq!(get(s, 1).await, None);
    assert_eq!(get(s, 3).await, None);
    assert_eq!(get(s, 2).await, Some(admission(2)));
    assert_eq!(get(s, 4).await, Some(admission(4)));
}
