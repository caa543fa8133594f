//! Common passwords, which attackers try first.

use std::cmp::Ordering;

use auth_domain::identity::{CommonPasswords, Password};
use auth_domain::text::folded;

/// One key a line, sorted by bytes; `data/README.md` says where it is from.
const LIST: &str = include_str!("../data/common-passwords.txt");

/// A list of some 21,000 passwords of at least eight characters that comes
/// with the binary. It is searched where it lies: no start-up work, no memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct CommonPasswordList;

impl CommonPasswords for CommonPasswordList {
    fn contains(&self, password: &Password) -> bool {
        has_line(LIST, &folded(password.expose()))
    }
}

/// Whether sorted lines hold a line, by bisection.
fn has_line(mut lines: &str, wanted: &str) -> bool {
    while !lines.is_empty() {
        let (before, line, after) = middle(lines);
        match line.cmp(wanted) {
            Ordering::Equal => return true,
            Ordering::Less => lines = after,
            Ordering::Greater => lines = before,
        }
    }
    false
}

/// The line in the middle, with all before and all after it.
fn middle(lines: &str) -> (&str, &str, &str) {
    let half = lines.floor_char_boundary(lines.len() / 2);
    let (left, _) = lines.split_at(half);
    let start = left.rfind('\n').map_or(0, |end| end + 1);
    let (before, rest) = lines.split_at(start);
    let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
    (before, line, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_of_keys_that_a_password_can_have_sorted_and_without_repetition() {
        let lines: Vec<&str> = LIST.lines().collect();
        assert!(lines.len() > 20_000);
        assert!(lines.is_sorted_by(|a, b| a < b));
        for line in lines {
            assert_eq!(folded(line), line);
            assert!(line.chars().count() >= Password::MIN, "{line}");
        }
    }

    #[test]
    fn every_line_is_found_and_nothing_between_two() {
        for line in LIST.lines() {
            assert!(has_line(LIST, line), "{line}");
            assert!(!has_line(LIST, &format!("{line}\u{1}")), "{line}");
        }
        assert!(!has_line(LIST, ""));
        assert!(!has_line(LIST, "\u{10ffff}"));
        assert!(!has_line("", "one"));
        assert!(has_line("one", "one"));
    }
}
