//! `Schedules`.

use std::time::Duration;

use auth_domain::jobs::{Due, ScheduleClaim};
use futures::future::join_all;

use super::StoreSubject;
use crate::builders::at;

const PERIOD: Duration = Duration::from_mins(10);
const LEASE: Duration = Duration::from_mins(1);

async fn claim(s: &dyn StoreSubject, name: &str, second: i64) -> Due {
    let claimed = s.schedules().claim_due(name, PERIOD, at(second), LEASE);
    claimed.await.unwrap()
}

async fn claimed(s: &dyn StoreSubject, second: i64) -> ScheduleClaim {
    match claim(s, "cleaning", second).await {
        Due::Now(claim) => claim,
        later @ Due::At(_) => panic!("{later:?}"),
    }
}

async fn complete(s: &dyn StoreSubject, claim: &ScheduleClaim, next: i64) {
    s.schedules().complete(claim, at(next)).await.unwrap();
}

async fn put_off(s: &dyn StoreSubject, claim: &ScheduleClaim, until: i64) {
    s.schedules().put_off(claim, at(until)).await.unwrap();
}

/// A claim made at that second, of a schedule due since another one.
fn made(second: i64, due: i64, attempts: u32) -> ScheduleClaim {
    ScheduleClaim {
        name: "cleaning".to_owned(),
        due_at: at(due),
        attempts,
        leased_until: at(second) + LEASE,
    }
}

pub async fn a_schedule_is_due_at_once_and_then_when_it_was_completed_for(s: &dyn StoreSubject) {
    let first = claimed(s, 5).await;
    assert_eq!(first, made(5, 5, 1));
    complete(s, &first, 605).await;
    assert_eq!(claim(s, "cleaning", 604).await, Due::At(at(605)));
    assert_eq!(claimed(s, 605).await, made(605, 605, 1));
}

pub async fn a_schedule_that_was_missed_is_due_since_then(s: &dyn StoreSubject) {
    complete(s, &claimed(s, 0).await, 600).await;
    let late = claimed(s, 5_000).await;
    assert_eq!(late, made(5_000, 600, 1));
    complete(s, &late, 5_400).await;
    assert_eq!(claim(s, "cleaning", 5_001).await, Due::At(at(5_400)));
}

pub async fn of_many_that_claim_a_schedule_at_once_one_gets_it(s: &dyn StoreSubject) {
    for round in [0, 600] {
        let claims = join_all((0..6).map(|_| claim(s, "cleaning", round))).await;
        let mut won = Vec::new();
        for due in claims {
            match due {
                Due::Now(claim) => won.push(claim),
                Due::At(time) => assert_eq!(time, at(round + 60), "the end of the lease"),
            }
        }
        assert_eq!(won, [made(round, round, 1)]);
        complete(s, &won[0], round + 600).await;
    }
}

pub async fn a_run_that_never_ended_is_due_again_after_its_lease(s: &dyn StoreSubject) {
    claimed(s, 0).await;
    assert_eq!(claim(s, "cleaning", 59).await, Due::At(at(60)));
    assert_eq!(claimed(s, 60).await, made(60, 0, 2));
}

pub async fn a_run_that_failed_is_due_again_when_it_was_put_off_to(s: &dyn StoreSubject) {
    put_off(s, &claimed(s, 0).await, 10).await;
    assert_eq!(claim(s, "cleaning", 9).await, Due::At(at(10)));
    let second = claimed(s, 10).await;
    assert_eq!(second, made(10, 0, 2));
    put_off(s, &second, 300).await;
    assert_eq!(claim(s, "cleaning", 299).await, Due::At(at(300)));
    let third = claimed(s, 300).await;
    assert_eq!(third.attempts, 3);
    complete(s, &third, 600).await;
    assert_eq!(claimed(s, 600).await.attempts, 1);
}

pub async fn a_claim_of_a_schedule_that_is_over_changes_nothing(s: &dyn StoreSubject) {
    let first = claimed(s, 0).await;
    let second = claimed(s, 60).await;
    complete(s, &first, 9_000).await;
    put_off(s, &first, 61).await;
    assert_eq!(claim(s, "cleaning", 119).await, Due::At(at(120)));
    complete(s, &second, 600).await;
    put_off(s, &second, 9_000).await;
    complete(s, &second, 9_000).await;
    assert_eq!(claimed(s, 600).await, made(600, 600, 1));
}

pub async fn schedules_know_nothing_of_each_other(s: &dyn StoreSubject) {
    claimed(s, 0).await;
    assert!(matches!(claim(s, "alerts", 0).await, Due::Now(_)));
    assert_eq!(claim(s, "cleaning", 1).await, Due::At(at(60)));
}

pub async fn a_due_time_more_than_a_period_ahead_is_due(s: &dyn StoreSubject) {
    complete(s, &claimed(s, 0).await, 1_000).await;
    assert_eq!(claim(s, "cleaning", 400).await, Due::At(at(1_000)));
    assert_eq!(claimed(s, 399).await, made(399, 1_000, 1));
    // Its lease is respected all the same.
    assert_eq!(claim(s, "cleaning", 399).await, Due::At(at(1_000)));
}
