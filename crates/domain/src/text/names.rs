//! What makes a name one that a person sees, and one that nobody takes for
//! another.

use precis_profiles::UsernameCasePreserved;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;
use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;

use super::{NameKey, TextError, one_line};

const INVISIBLE: TextError =
    TextError::Malformed("must not contain invisible or direction characters");
const NOTHING_TO_SEE: TextError = TextError::Malformed("must have something to see in it");
const NO_USERNAME: TextError = TextError::Malformed(
    "must be of letters, digits and ASCII punctuation, with single spaces between",
);

/// One line with something to see in it and nothing hidden. What joins letters
/// and chooses the look of a sign may stand in it: the key leaves it out.
pub(super) fn visible(raw: &str, min: usize, max: usize) -> Result<String, TextError> {
    let text = one_line(raw, min, max)?;
    if text.chars().any(|c| is_invisible(c) && !joins(c)) {
        return Err(INVISIBLE);
    }
    bounded(text, max)
}

/// A name to sign in with: words of `UsernameCasePreserved` (RFC 8265, section
/// 3.4) with single spaces between. An address is one too.
pub(super) fn username(raw: &str, min: usize, max: usize) -> Result<String, TextError> {
    let text = one_line(raw, min, max)?;
    if text.chars().any(is_invisible) {
        return Err(INVISIBLE);
    }
    let words = text.split(' ').map(|word| {
        let word = UsernameCasePreserved::enforce(word);
        word.map_err(|_which_rule| NO_USERNAME)
    });
    let words: Vec<_> = words.collect::<Result<_, _>>()?;
    bounded(words.join(" "), max)
}

fn bounded(text: String, max: usize) -> Result<String, TextError> {
    let key = NameKey::of(&text);
    if key.as_str().chars().count() > NameKey::MAX {
        return Err(TextError::TooLong { max });
    }
    let seen = |c: char| !c.is_whitespace() && !is_combining_mark(c);
    if !key.as_str().is_empty() && !key.as_str().contains(seen) {
        return Err(NOTHING_TO_SEE);
    }
    Ok(text)
}

/// Whether a character shows nothing by itself: Unicode's
/// `Default_Ignorable_Code_Point`, and the blank of Braille.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(
        u32::from(c),
        0xad | 0x34f
            | 0x61c
            | 0x115f..=0x1160
            | 0x17b4..=0x17b5
            | 0x180b..=0x180f
            | 0x200b..=0x200f
            | 0x202a..=0x202e
            | 0x2060..=0x206f
            | 0x2800
            | 0x3164
            | 0xfe00..=0xfe0f
            | 0xfeff
            | 0xffa0
            | 0xfff0..=0xfff8
            | 0x1_bca0..=0x1_bca3
            | 0x1_d173..=0x1_d17a
            | 0xe_0000..=0xe_0fff
    )
}

/// The joiners that scripts and signs are written with, and what chooses the
/// look of a sign.
fn joins(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
}

/// Each character outside ASCII that looks like a letter or digit of ASCII as
/// that one. Those of ASCII stay: `l` and `1` are two.
pub(super) fn without_lookalikes(folded: &str) -> String {
    if folded.is_ascii() {
        return folded.to_owned();
    }
    let mut buffer = [0; 4];
    let plain = folded.chars().map(|c| {
        if c.is_ascii() {
            return c;
        }
        let mut looks = skeleton(c.encode_utf8(&mut buffer));
        match (looks.next(), looks.next()) {
            (Some(one), None) if one.is_ascii_alphanumeric() => one.to_ascii_lowercase(),
            _ => c,
        }
    });
    plain.collect()
}

/// A domain in A-labels, lower case (UTS 46); one that is none as it is.
pub(crate) fn ascii_domain(domain: &str) -> String {
    let ascii = idna::domain_to_ascii(domain.trim_end_matches('.'));
    ascii.unwrap_or_else(|_| domain.to_owned())
}
