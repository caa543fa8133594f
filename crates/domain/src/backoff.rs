//! How long something that failed is put off.

use std::time::Duration;

/// Waits that double from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after a first failure.
    pub first: Duration,
    /// The longest wait.
    pub last: Duration,
}

impl Backoff {
    /// The wait after that many failures: between three quarters of the doubled
    /// wait and all of it. Where in between depends on `seed`, so that what
    /// failed together does not come back together.
    pub fn wait_after(self, failures: u32, seed: u64) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let longest = self.first.saturating_mul(1 << doublings).min(self.last);
        let share = spread(seed ^ (u64::from(failures) << 48)) % 256;
        let share = f64::from(u8::try_from(share).unwrap_or_default()) / 256.0;
        longest.mul_f64(1.0 - share / 4.0)
    }
}

/// Spreads numbers that are close together over all 64 bits (the finalizer of
/// `SplitMix64`). Not for secrets.
const fn spread(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Backoff = Backoff {
        first: Duration::from_secs(5),
        last: Duration::from_mins(5),
    };

    /// The shortest and the longest wait after that many attempts, over many
    /// seeds.
    fn waits(attempts: u32) -> (Duration, Duration) {
        let waits = (1..=2_000).map(|seed| WAITS.wait_after(attempts, seed));
        let (shortest, longest) = (waits.clone().min(), waits.max());
        (shortest.unwrap(), longest.unwrap())
    }

    #[test]
    fn a_wait_doubles_with_each_attempt_up_to_five_minutes() {
        let longest = [5, 10, 20, 40, 80, 160, 300, 300];
        for (attempts, seconds) in (1..).zip(longest) {
            let bound = Duration::from_secs(seconds);
            let (least, most) = waits(attempts);
            assert!(least >= bound.mul_f64(0.75), "{attempts}: {least:?}");
            assert!(least < bound.mul_f64(0.76), "{attempts}: {least:?}");
            assert!(most <= bound, "{attempts}: {most:?}");
            assert!(most > bound.mul_f64(0.99), "{attempts}: {most:?}");
        }
        assert!(WAITS.wait_after(u32::MAX, 7) <= WAITS.last);
        assert!(WAITS.wait_after(0, 7) <= WAITS.first);
    }

    #[test]
    fn what_failed_together_comes_back_apart_and_so_do_its_attempts() {
        let mut waits: Vec<Duration> = (1..=10).map(|seed| WAITS.wait_after(1, seed)).collect();
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() >= 9, "{waits:?}");
        let shares = (7..=16).map(|attempts| WAITS.wait_after(attempts, 1));
        let mut shares: Vec<Duration> = shares.collect();
        shares.sort_unstable();
        shares.dedup();
        assert!(shares.len() >= 9, "{shares:?}");
    }

    #[test]
    fn numbers_are_spread_as_the_published_finalizer_does() {
        assert_eq!(spread(0), 0);
        assert_eq!(spread(0x9e37_79b9_7f4a_7c15), 0xe220_a839_7b1d_cdaf);
    }
}
