//! Text that comes from outside: parsed once at the edge, trusted after.
//!
//! One-line text is trimmed and holds no control character; lengths count
//! Unicode scalar values, as the columns of the database do.

mod names;

use std::fmt;

use caseless::Caseless as _;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;

pub(crate) use names::ascii_domain;

/// Why a text was refused. It never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Fewer characters than the field needs.
    #[error("must have at least {min} characters")]
    TooShort {
        /// The least number of characters.
        min: usize,
    },
    /// More characters than the field holds.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The greatest number of characters.
        max: usize,
    },
    /// A control character (NUL, line break, escape) where none is allowed.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Not of the form that the field asks for.
    #[error("{0}")]
    Malformed(&'static str),
}

impl TextError {
    /// The stable word of the rule, as it goes over the wire.
    pub fn kind(self) -> &'static str {
        match self {
            Self::TooShort { .. } => "string_too_short",
            Self::TooLong { .. } => "string_too_long",
            Self::ControlCharacter | Self::Malformed(_) => "value_error",
        }
    }
}

/// Parses one line: trims it, refuses control characters, checks the length.
pub fn one_line(raw: &str, min: usize, max: usize) -> Result<String, TextError> {
    let text = raw.trim();
    if text.chars().any(char::is_control) {
        return Err(TextError::ControlCharacter);
    }
    check_length(text, min, max)?;
    Ok(text.to_owned())
}

/// Parses text of several lines: as [`one_line`], but LF, CR and TAB may stand
/// in it and nothing is trimmed.
pub fn multi_line(raw: &str, min: usize, max: usize) -> Result<String, TextError> {
    let allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    if !raw.chars().all(allowed) {
        return Err(TextError::ControlCharacter);
    }
    check_length(raw, min, max)?;
    Ok(raw.to_owned())
}

fn check_length(text: &str, min: usize, max: usize) -> Result<(), TextError> {
    let length = text.chars().count();
    if length < min {
        return Err(TextError::TooShort { min });
    }
    if length > max {
        return Err(TextError::TooLong { max });
    }
    Ok(())
}

/// The form of a name that uniqueness is judged by, so that names that look
/// alike to a person are one name on every database: NFKC and full case folding
/// without what is invisible (Unicode's `NFKC_Casefold`), and a letter of another
/// script that looks like one of ASCII as that one (Unicode UTS 39, section 4).
///
/// With an `@` it is the form of an address: two mailboxes may look alike, so
/// only the case is folded, and the domain is written in A-labels (UTS 46).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameKey(String);

impl NameKey {
    /// The most characters: a letter may fold into many.
    pub const MAX: usize = 255;

    /// The key of a name.
    pub fn of(name: &str) -> Self {
        let folded = folded(name);
        Self(match folded.rsplit_once('@') {
            Some((local, domain)) => format!("{local}@{}", names::ascii_domain(domain)),
            None => names::without_lookalikes(&folded),
        })
    }

    /// Takes a key that was made by [`NameKey::of`].
    pub fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    /// The key as text, for the unique column.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text as it is compared without regard to case and width.
pub fn folded(text: &str) -> String {
    let folded = text.trim().nfkc().default_case_fold().nfkc();
    folded.filter(|c| !names::is_invisible(*c)).collect()
}

/// Text from outside that is parsed into a type of its own, with the bounds
/// that the edge documents.
pub trait TextValue: Sized {
    /// The fewest characters.
    const MIN: usize = 0;
    /// The most characters; `None`: the form bounds them.
    const MAX: Option<usize>;
    /// The name of its form in JSON Schema.
    const FORMAT: Option<&'static str> = None;

    /// Checks a value from outside.
    fn parse_text(raw: &str) -> Result<Self, TextError>;
}

/// A closed set of words that travel and are stored: what [`wire_enum!`](crate::wire_enum) declares.
pub trait WireWord: Copy + 'static {
    /// The name of the set.
    const NAME: &'static str;
    /// Every value, in declaration order.
    const ALL: &'static [Self];

    /// The word on the wire and in the store.
    fn as_str(self) -> &'static str;
}

macro_rules! text_types {
    ($($(#[$doc:meta])* $name:ident($min:literal..=$max:literal) = $parse:path;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The fewest characters.
            pub const MIN: usize = $min;
            /// The most characters.
            pub const MAX: usize = $max;

            /// Checks a value from outside; trims one that has one line.
            pub fn parse(raw: &str) -> Result<Self, TextError> {
                $parse(raw, Self::MIN, Self::MAX).map(Self)
            }

            /// Takes a value that this type wrote to the store.
            pub fn from_stored(stored: String) -> Self {
                Self(stored)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The key by which two of them are the same name.
            pub fn key(&self) -> NameKey {
                NameKey::of(&self.0)
            }
        }

        impl TextValue for $name {
            const MIN: usize = $min;
            const MAX: Option<usize> = Some($max);

            fn parse_text(raw: &str) -> Result<Self, TextError> {
                Self::parse(raw)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }

        impl From<$name> for crate::facts::Fact {
            fn from(value: $name) -> Self {
                Self::Text(value.0)
            }
        }
    )+};
}

text_types! {
    /// The name of an organization; unique by its key.
    OrganizationName(1..=100) = names::visible;
    /// The name of a role; unique in its organization by its key.
    RoleName(1..=50) = names::visible;
    /// What a role is for.
    RoleDescription(0..=255) = multi_line;
    /// What a permission allows.
    PermissionDescription(0..=255) = multi_line;
    /// A given, middle or family name.
    PersonName(1..=128) = one_line;
    /// A name to sign in with; unique over all organizations by its key.
    Username(3..=128) = names::username;
    /// A date of birth as the client wrote it.
    DateOfBirth(0..=32) = one_line;
    /// A nationality.
    Nationality(0..=128) = one_line;
    /// A telephone number as the client wrote it.
    PhoneNumber(0..=32) = one_line;
    /// A postal address in one line.
    PostalAddress(0..=1000) = one_line;
    /// A street with house number.
    Street(0..=255) = one_line;
    /// A city, state or country.
    Place(0..=128) = one_line;
    /// A postal code.
    ZipCode(0..=16) = one_line;
    /// How something that is searched for begins.
    SearchPrefix(1..=128) = one_line;
}

/// Declares an enum whose variants travel and are stored as fixed words.
#[macro_export]
macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word of every value, in declaration order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The word on the wire and in the store.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value of a word; `None` for any other word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl $crate::text::WireWord for $name {
            const NAME: &'static str = stringify!($name);
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                Self::as_str(self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<$name> for $crate::facts::Fact {
            fn from(value: $name) -> Self {
                Self::Text(value.as_str().to_owned())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_case_or_width_have_one_key() {
        let key = NameKey::of("Ana");
        assert_eq!(NameKey::of("ANA"), key);
        assert_eq!(NameKey::of("Ａna "), key);
        assert_ne!(NameKey::of("Anna"), key);
        assert_eq!(NameKey::of("STRASSE"), NameKey::of("straße"));
    }

    #[test]
    fn names_that_look_alike_have_one_key() {
        let key = NameKey::of("coco");
        for alike in ["сосо", "cосo", "co\u{200b}co", "\u{202e}coco", "co\u{ad}co"] {
            assert_eq!(NameKey::of(alike), key, "{alike:?}");
        }
        // Of other scripts than ASCII, and of ASCII, each letter is its own.
        assert_ne!(NameKey::of("мама"), NameKey::of("mama"));
        assert_ne!(NameKey::of("l1O0"), NameKey::of("1l0O"));
    }

    #[test]
    fn an_address_has_one_key_however_its_domain_is_written() {
        let key = NameKey::of("ana@xn--bcher-kva.example.com");
        assert_eq!(NameKey::of("Ana@Bücher.Example.com"), key);
        // Two mailboxes that only look alike.
        assert_ne!(
            NameKey::of("аna@example.com"),
            NameKey::of("ana@example.com")
        );
    }

    #[test]
    fn a_name_that_nobody_sees_is_refused() {
        for name in [
            "\u{200b}",
            "a\u{202e}b",
            "a\u{ad}b",
            "\u{3164}",
            "a\u{2066}b",
            "\u{301}",
        ] {
            assert!(RoleName::parse(name).is_err(), "{name:?}");
            assert!(OrganizationName::parse(name).is_err(), "{name:?}");
            assert!(Username::parse(&format!("ana{name}")).is_err() || name == "\u{301}");
        }
        assert!(Username::parse("\u{301}\u{301}\u{301}").is_err());
        for name in ["Team 🚀", "Ärzte & Co.", "نام\u{200c}ها", "名前", "A·B"] {
            assert!(RoleName::parse(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn a_username_is_one_of_rfc_8265() {
        for name in [
            "ana",
            "Ana B",
            "o'neil+x",
            "名前名前",
            "ana@example.com",
            "מיכל",
        ] {
            assert_eq!(Username::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(Username::parse("Ａna").unwrap().as_str(), "Ana");
        for name in [
            "ana🙂",
            "①②③",
            "ana\u{200d}b",
            "a  b",
            "\u{fdfa}\u{fdfa}\u{fdfa}",
        ] {
            assert!(Username::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_key_that_outgrows_its_column_is_refused() {
        let name = "\u{fdfa}".repeat(40);
        assert_eq!(RoleName::parse(&name), Err(TextError::TooLong { max: 50 }));
        let many = "a".repeat(100);
        assert!(OrganizationName::parse(&many).is_ok());
    }

    #[test]
    fn a_line_is_trimmed_and_holds_no_control_character() {
        assert_eq!(one_line("  a b ", 1, 3), Ok("a b".to_owned()));
        assert_eq!(one_line("a\0b", 1, 9), Err(TextError::ControlCharacter));
        assert_eq!(one_line("a\nb", 1, 9), Err(TextError::ControlCharacter));
        assert_eq!(one_line("   ", 1, 9), Err(TextError::TooShort { min: 1 }));
        assert_eq!(one_line("äöü", 1, 2), Err(TextError::TooLong { max: 2 }));
    }

    #[test]
    fn text_of_several_lines_keeps_its_line_breaks() {
        assert_eq!(multi_line("a\n\tb\r\n", 1, 9), Ok("a\n\tb\r\n".to_owned()));
        assert_eq!(multi_line("a\0", 1, 9), Err(TextError::ControlCharacter));
        assert_eq!(RoleDescription::parse("a\nb").unwrap().as_str(), "a\nb");
    }
}
