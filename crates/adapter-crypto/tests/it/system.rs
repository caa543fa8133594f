//! The clock and generated secrets.

use auth_crypto::{SystemClock, random_secret};
use auth_domain::clock::Clock as _;
use chrono::{Duration, SubsecRound as _, Utc};
use secrecy::ExposeSecret as _;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the clock is compared with its source"
)]
fn the_clock_tells_the_time_in_whole_microseconds() {
    let clock = SystemClock::new();
    let before = Utc::now() - Duration::microseconds(1);
    let now = clock.now();
    assert!(before <= now && now <= Utc::now());
    assert_eq!(now, now.trunc_subsecs(6));
}

#[test]
fn monotonic_time_starts_at_the_clocks_making_and_never_goes_back() {
    let start = std::time::Instant::now();
    let clock = SystemClock::default();
    let readings: Vec<_> = (0..100).map(|_| clock.monotonic()).collect();
    assert!(readings.is_sorted());
    assert!(clock.monotonic() <= start.elapsed());
}

#[test]
fn a_generated_secret_is_long_random_and_redacted() {
    let [one, two] = [(); 2].map(|()| random_secret().unwrap());
    assert_eq!(one.expose_secret().len(), 64);
    assert_ne!(one.expose_secret(), two.expose_secret());
    assert!(!format!("{one:?}").contains(one.expose_secret()));
}
