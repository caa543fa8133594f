//! What makes a secret easy to guess.

use std::fmt::Write as _;

use crate::names::KNOWN_SECRETS;

/// HS256 asks for a key of 32 bytes (RFC 7518, section 3.2); the other secrets
/// are held to the same.
const LEAST_BYTES: usize = 32;

/// What is wrong with a secret; `None`: nothing that can be seen.
pub(crate) fn weakness(secret: &str) -> Option<&'static str> {
    if KNOWN_SECRETS.contains(&secret.to_lowercase().as_str()) {
        return Some("is a publicly known value");
    }
    if repeats(secret.as_bytes()) {
        return Some("is one pattern, repeated");
    }
    if counts(secret) {
        return Some("only counts");
    }
    (secret.len() < LEAST_BYTES).then_some("is shorter than 32 bytes")
}

/// Whether it is a shorter text again and again, the last time perhaps in part.
fn repeats(secret: &[u8]) -> bool {
    let repeats_after = |period: usize| {
        let shifted = secret.iter().skip(period);
        shifted.eq(secret.iter().take(secret.len() - period))
    };
    (1..=secret.len() / 2).any(repeats_after)
}

/// Whether each character follows the one before it, upwards or downwards, or
/// the numbers from 0 or 1 stand one after another.
fn counts(secret: &str) -> bool {
    let text = secret.to_lowercase();
    let bytes = text.as_bytes();
    let upwards = |(a, b): (&u8, &u8)| follows(*a, *b);
    let downwards = |(a, b): (&u8, &u8)| follows(*b, *a);
    let pairs = || bytes.iter().zip(bytes.iter().skip(1));
    pairs().all(upwards) || pairs().all(downwards) || [0, 1].into_iter().any(|n| lists(&text, n))
}

fn follows(before: u8, after: u8) -> bool {
    let wraps = matches!((before, after), (b'9', b'0' | b'a') | (b'z' | b'f', b'0'));
    wraps || before == b'z' && after == b'a' || before.checked_add(1) == Some(after)
}

fn lists(text: &str, first: u32) -> bool {
    let mut numbers = String::new();
    for number in first.. {
        if numbers.len() >= text.len() {
            break;
        }
        let _infallible = write!(numbers, "{number}");
    }
    numbers.starts_with(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_secret_has_no_weakness() {
        for secret in [
            "Zk9xqT3mV7bN2cLhR8wYpD5sFgJ4aKuE",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "token-key-of-an-installation-0123456789",
        ] {
            assert_eq!(weakness(secret), None, "{secret}");
        }
    }

    #[test]
    fn known_repeated_counting_and_short_secrets_are_weak() {
        for (secret, expected) in [
            ("Change-Me", "publicly known"),
            ("A-String-Secret-At-Least-256-Bits-Long", "publicly known"),
            ("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "repeated"),
            ("change-me-change-me-change-me-change-me", "repeated"),
            ("0123456789abcdef0123456789abcdef", "repeated"),
            ("0123456789abcdefghijklmnopqrstuvwxyz", "counts"),
            ("zyxwvutsrqponmlkjihgfedcba9876543210", "counts"),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "counts"),
            ("1234567891011121314151617181920212223", "counts"),
            ("Zk9xqT3mV7bN2cLhR8wYpD5sFgJ4aKu", "32 bytes"),
        ] {
            let found = weakness(secret).unwrap_or_default();
            assert!(found.contains(expected), "{secret}: {found}");
        }
    }
}
