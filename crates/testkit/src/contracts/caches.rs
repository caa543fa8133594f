//! `OneTimeTokenIndex` and `SessionCache`.

use std::time::Duration;

use async_trait::async_trait;
use auth_domain::identity::{OneTimeTokenIndex, SessionCache};

/// Short, for caches on a clock that cannot be set.
pub(super) const LIFE: Duration = Duration::from_millis(200);
/// Longer than a test.
pub(super) const LONG: Duration = Duration::from_hours(1);

/// Caches in which nothing was put.
#[async_trait]
pub trait CacheSubject: Send + Sync {
    fn tokens(&self) -> &dyn OneTimeTokenIndex;

    fn sessions(&self) -> &dyn SessionCache;

    /// Lets time pass for the caches.
    async fn wait(&self, time: Duration);
}

/// One test for each case of the suites of the caches; `$fresh` is the path of
/// an async function that makes a [`CacheSubject`].
#[macro_export]
macro_rules! cache_contract {
    ($fresh:path) => {
        $crate::contract_cases!($fresh, token_index: [
            what_was_not_remembered_is_not_known,
            a_token_is_known_for_its_own_purpose_only,
            a_token_is_forgotten_when_its_life_has_passed,
            a_token_that_is_remembered_again_has_the_new_life,
            a_token_without_life_is_not_known,
            a_forgotten_token_is_not_known_and_no_other_is_touched,
        ]);
        $crate::contract_cases!($fresh, session_cache: [
            what_was_not_put_is_a_miss,
            an_admission_comes_back_unchanged,
            an_admission_is_forgotten_when_its_life_has_passed,
            the_latest_admission_takes_the_place_of_the_one_before,
            an_admission_without_life_forgets_the_one_before,
            forgotten_sessions_are_misses_and_no_other_is_touched,
        ]);
    };
}
