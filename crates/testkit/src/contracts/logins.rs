//! `LoginActivityLog` and `LoginActivityQueries`.

use std::net::IpAddr;

use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::UserId;
use auth_domain::security::{
    LoginMethod, LoginNameHash, LoginRecord, LoginSubject, RepeatedFailures,
};
use auth_domain::users::User;

use super::StoreSubject;
use crate::builders::at;

const UNKNOWN: LoginSubject = LoginSubject::Unknown(LoginNameHash([7; 32]));

pub(super) fn of(user: &User) -> LoginSubject {
    LoginSubject::User(user.organization_id, user.id)
}

/// The address `192.0.2.{host}`.
fn address(host: u8) -> IpAddr {
    [192, 0, 2, host].into()
}

/// A sign-in that succeeded, at a second, from [`address`].
pub(super) fn success(subject: LoginSubject, second: i64, host: u8) -> LoginRecord {
    LoginRecord {
        subject,
        at: at(second),
        ip: Some(address(host)),
        device: None,
        success: true,
        method: LoginMethod::Standard,
    }
}

fn failure(subject: LoginSubject, second: i64, host: u8) -> LoginRecord {
    LoginRecord {
        success: false,
        ..success(subject, second, host)
    }
}

async fn append(s: &dyn StoreSubject, records: &[LoginRecord]) {
    let mut tx = s.begin().await;
    for record in records {
        tx.logins().append(record).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn familiar(s: &dyn StoreSubject, user: Option<UserId>, address: IpAddr) -> bool {
    let read = s.store().read().logins();
    read.is_familiar(user, Some(address)).await.unwrap()
}

async fn failing(s: &dyn StoreSubject, since: i64, at_least: u32) -> Vec<RepeatedFailures> {
    let read = s.store().read().logins();
    let mut found = read.repeated_failures(at(since), at_least).await.unwrap();
    found.sort_unstable_by_key(|failures| failures.user_id);
    found
}

async fn two(s: &dyn StoreSubject) -> (User, User) {
    let (acme, other) = (s.organization("Acme").await, s.organization("Other").await);
    (s.user(&acme, "ana").await, s.user(&other, "bea").await)
}

pub async fn a_sign_in_is_stored_whole(s: &dyn StoreSubject) {
    let (ana, _) = two(s).await;
    let mut bare = success(of(&ana), 1, 1);
    bare.ip = None;
    let mut whole = success(of(&ana), 2, 1);
    whole.device = Some("browser".to_owned());
    whole.method = LoginMethod::Sso;
    append(s, &[bare, whole, failure(of(&ana), 3, 1)]).await;
    let rows = s
        .look(&format!(
            "SELECT organization_id - {}, user_id - {}, ip_address, device_info, login_method, \
             CASE WHEN login_success THEN 'in' ELSE 'refused' END \
             FROM login_activity WHERE login_name_hash IS NULL ORDER BY login_timestamp",
            ana.organization_id, ana.id,
        ))
        .await;
    let expected = [
        "0|0|NULL|NULL|standard|in",
        "0|0|192.0.2.1|browser|sso|in",
        "0|0|192.0.2.1|NULL|standard|refused",
    ];
    assert_eq!(rows, expected);
}

pub async fn an_attempt_at_a_name_without_account_keeps_only_its_hash(s: &dyn StoreSubject) {
    let another = LoginSubject::Unknown(LoginNameHash([8; 32]));
    append(
        s,
        &[
            failure(UNKNOWN, 1, 1),
            failure(another, 2, 1),
            failure(UNKNOWN, 3, 1),
        ],
    )
    .await;
    let rows = s
        .look(
            "SELECT count(*), CAST(min(length(login_name_hash)) AS bigint) FROM login_activity \
             WHERE organization_id IS NULL AND user_id IS NULL \
             GROUP BY login_name_hash ORDER BY 1",
        )
        .await;
    assert_eq!(rows, ["1|32", "2|32"]);
}

pub async fn a_sign_in_of_an_unknown_user_is_refused(s: &dyn StoreSubject) {
    let (ana, bea) = two(s).await;
    let unknown = UserId::new(4_711).unwrap();
    for (organization, user) in [
        (ana.organization_id, unknown),
        (bea.organization_id, ana.id),
    ] {
        let mut tx = s.begin().await;
        let wrong = success(LoginSubject::User(organization, user), 1, 1);
        let refused = tx.logins().append(&wrong).await;
        assert!(
            matches!(refused, Err(PortError::MissingReference(Constraint::User))),
            "{refused:?}"
        );
    }
}

pub async fn an_address_that_a_user_signed_in_from_is_familiar(s: &dyn StoreSubject) {
    let (ana, bea) = two(s).await;
    let mut from_nowhere = success(of(&ana), 3, 9);
    from_nowhere.ip = None;
    append(
        s,
        &[
            success(of(&ana), 1, 1),
            success(of(&ana), 2, 1),
            from_nowhere,
            failure(of(&ana), 4, 2),
            success(of(&bea), 5, 3),
            success(UNKNOWN, 6, 4),
        ],
    )
    .await;
    assert!(familiar(s, Some(ana.id), address(1)).await);
    for host in [2, 3, 4, 9] {
        assert!(!familiar(s, Some(ana.id), address(host)).await, "{host}");
    }
    assert!(familiar(s, Some(bea.id), address(3)).await);
    for nobody in [None, Some(UserId::new(4_711).unwrap())] {
        for host in [1, 3, 4] {
            assert!(!familiar(s, nobody, address(host)).await, "{host}");
        }
    }
    let nowhere = s.store().read().logins().is_familiar(Some(ana.id), None);
    assert!(!nowhere.await.unwrap());
}

pub async fn an_address_of_ipv6_makes_its_network_familiar(s: &dyn StoreSubject) {
    let (ana, _) = two(s).await;
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let mut record = success(of(&ana), 1, 1);
    record.ip = Some(ip("2001:db8:1:2::5"));
    append(s, &[record, success(of(&ana), 1, 1)]).await;
    for (address, expected) in [
        ("2001:db8:1:2:ffff::9", true),
        ("2001:db8:1:3::5", false),
        ("::ffff:192.0.2.1", true),
    ] {
        assert_eq!(
            familiar(s, Some(ana.id), ip(address)).await,
            expected,
            "{address}"
        );
    }
}

pub async fn the_last_hundred_networks_are_familiar(s: &dyn StoreSubject) {
    let (ana, bea) = two(s).await;
    let mut records: Vec<LoginRecord> = (1..=105)
        .map(|host| success(of(&ana), i64::from(host), host))
        .collect();
    // The oldest one is used again, and another user has networks too.
    records.push(success(of(&ana), 106, 1));
    records.push(success(of(&bea), 107, 1));
    append(s, &records).await;
    for host in 1..=105 {
        let expected = host == 1 || host > 6;
        assert_eq!(
            familiar(s, Some(ana.id), address(host)).await,
            expected,
            "{host}"
        );
    }
    assert!(familiar(s, Some(bea.id), address(1)).await);
}

pub async fn users_that_failed_often_are_found(s: &dyn StoreSubject) {
    let (ana, bea) = two(s).await;
    append(
        s,
        &[
            failure(of(&ana), 9, 1),
            failure(of(&ana), 10, 1),
            failure(of(&ana), 11, 2),
            success(of(&ana), 12, 1),
            failure(of(&bea), 10, 1),
            failure(of(&bea), 11, 1),
            failure(of(&bea), 12, 1),
        ],
    )
    .await;
    let failures = |user: &User, count: u64| RepeatedFailures {
        organization_id: user.organization_id,
        user_id: user.id,
        count,
    };
    let (ana, bea) = (failures(&ana, 2), failures(&bea, 3));
    assert_eq!(
        failing(s, 10, 2).await,
        [ana, bea],
        "since then, that moment included"
    );
    assert_eq!(failing(s, 10, 3).await, [bea]);
    assert_eq!(failing(s, 10, 4).await, []);
    assert_eq!(failing(s, 13, 1).await, []);
}

pub async fn failures_at_names_without_account_do_not_count(s: &dyn StoreSubject) {
    append(s, &[failure(UNKNOWN, 1, 1), failure(UNKNOWN, 2, 1)]).await;
    assert_eq!(failing(s, 0, 1).await, []);
}
