//! `FlagCache`.

use std::time::Duration;

use auth_domain::flags::Flags;
use auth_domain::ids::OrganizationId;

use super::caches::{CacheSubject, LIFE, LONG};

fn id(organization: i64) -> OrganizationId {
    OrganizationId::new(organization).unwrap()
}

fn flags(flags: &[(&str, bool)]) -> Flags {
    let flags = flags.iter();
    flags
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect()
}

async fn get(s: &dyn CacheSubject, organization: i64) -> Option<Flags> {
    s.flags().get(id(organization)).await.unwrap()
}

async fn put(s: &dyn CacheSubject, organization: i64, flags: &Flags, life: Duration) {
    let put = s.flags().put(id(organization), flags, life).await;
    put.unwrap();
}

pub async fn what_was_not_put_is_a_miss(s: &dyn CacheSubject) {
    assert_eq!(get(s, 1).await, None);
}

pub async fn flags_come_back_as_they_were_put(s: &dyn CacheSubject) {
    let some = flags(&[("beta", true), ("dark mode \u{e9}", false)]);
    put(s, 1, &some, LONG).await;
    // Words and sizes that mean something to a protocol are names like others.
    let odd = flags(&[("subscribe", true), ("message", false), ("pmessage", true)]);
    put(s, 2, &odd, LONG).await;
    let one = flags(&[("subscribe", true)]);
    put(s, 3, &one, LONG).await;
    let names: Vec<String> = (0..1_000).map(|number| format!("flag-{number}")).collect();
    let many: Flags = names.into_iter().map(|name| (name, true)).collect();
    put(s, 4, &many, LONG).await;
    for (organization, expected) in [(1, some), (2, odd), (3, one), (4, many)] {
        assert_eq!(get(s, organization).await, Some(expected));
    }
}

pub async fn no_flags_is_not_a_miss(s: &dyn CacheSubject) {
    put(s, 1, &Flags::new(), LONG).await;
    assert_eq!(get(s, 1).await, Some(Flags::new()));
}

pub async fn flags_take_the_place_of_those_before(s: &dyn CacheSubject) {
    put(s, 1, &flags(&[("old", true), ("both", true)]), LONG).await;
    let latest = flags(&[("both", false), ("new", true)]);
    put(s, 1, &latest, LONG).await;
    assert_eq!(get(s, 1).await, Some(latest));
    put(s, 1, &Flags::new(), LONG).await;
    assert_eq!(get(s, 1).await, Some(Flags::new()));
}

pub async fn flags_are_forgotten_when_their_life_has_passed(s: &dyn CacheSubject) {
    let some = flags(&[("beta", true)]);
    put(s, 1, &some, LIFE).await;
    put(s, 2, &some, LONG).await;
    put(s, 3, &Flags::new(), LIFE).await;
    s.wait(LIFE).await;
    assert_eq!(get(s, 1).await, None);
    assert_eq!(get(s, 2).await, Some(some));
    assert_eq!(get(s, 3).await, None);
}

pub async fn flags_without_life_forget_those_before(s: &dyn CacheSubject) {
    put(s, 1, &flags(&[("beta", true)]), LONG).await;
    put(s, 1, &flags(&[("beta", false)]), Duration::ZERO).await;
    assert_eq!(get(s, 1).await, None);
}

pub async fn forgotten_flags_are_a_miss_and_no_other_is_touched(s: &dyn CacheSubject) {
    let some = flags(&[("beta", true)]);
    for organization in [1, 2] {
        put(s, organization, &some, LONG).await;
    }
    for _again_changes_nothing in 0..2 {
        s.flags().forget(id(1)).await.unwrap();
    }
    assert_eq!(get(s, 1).await, None);
    assert_eq!(get(s, 2).await, Some(some));
}
