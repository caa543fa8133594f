//! Payload fields of events: how a value is written down and read back, and
//! what the documentation says of it.

use std::net::IpAddr;

use crate::facts::Fact;
use crate::identity::TokenDigest;
use crate::ids::{AlertId, OrganizationId, PermissionId, RoleId, SessionId, UserId};
use crate::organizations::LicenseStatus;
use crate::rbac::PermissionName;
use crate::security::AlertType;
use crate::text::RoleName;

/// What a payload field holds, as a JSON schema can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// An identifier: a whole number from 1 to 2^53 - 1.
    Id,
    /// A count: a whole number from 0 on.
    Count,
    /// Text.
    Text,
    /// An IPv4 or IPv6 address.
    Address,
    /// One word of a closed set.
    Word(&'static [&'static str]),
    /// A list of text.
    TextList,
}

/// What the documentation says of a payload field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDoc {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it may be null.
    pub nullable: bool,
    /// An example.
    pub example: Fact,
}

/// A type that a payload field can have.
pub trait EventField: Sized {
    /// What it holds.
    const KIND: FieldKind;
    /// Whether it may be null.
    const NULLABLE: bool = false;

    /// Writes it down.
    fn to_fact(&self) -> Fact;

    /// Reads it back. `None`: the fact is nothing of this type.
    fn from_fact(fact: &Fact) -> Option<Self>;

    /// An example, for the documentation.
    fn example() -> Fact;
}

impl<T: EventField> EventField for Option<T> {
    const KIND: FieldKind = T::KIND;
    const NULLABLE: bool = true;

    fn to_fact(&self) -> Fact {
        self.as_ref().map_or(Fact::Null, T::to_fact)
    }

    fn from_fact(fact: &Fact) -> Option<Self> {
        match fact {
            Fact::Null => Some(None),
            fact => T::from_fact(fact).map(Some),
        }
    }

    fn example() -> Fact {
        T::example()
    }
}

macro_rules! id_fields {
    ($($id:ident = $example:literal),+ $(,)?) => {$(
        impl EventField for $id {
            const KIND: FieldKind = FieldKind::Id;

            fn to_fact(&self) -> Fact {
                Fact::Int(self.get())
            }

            fn from_fact(fact: &Fact) -> Option<Self> {
                match fact {
                    Fact::Int(id) => Self::new(*id).ok(),
                    _ => None,
                }
            }

            fn example() -> Fact {
                Fact::Int($example)
            }
        }

        impl From<$id> for Fact {
            fn from(id: $id) -> Self {
                id.to_fact()
            }
        }
    )+};
}
id_fields!(
    OrganizationId = 3,
    UserId = 7,
    RoleId = 5,
    PermissionId = 6,
    SessionId = 17,
    AlertId = 2,
);

macro_rules! text_fields {
    ($($text:ty = $example:literal),+ $(,)?) => {$(
        impl EventField for $text {
            const KIND: FieldKind = FieldKind::Text;

            fn to_fact(&self) -> Fact {
                Fact::from(self.clone())
            }

            fn from_fact(fact: &Fact) -> Option<Self> {
                match fact {
                    Fact::Text(text) => Some(Self::from_stored(text.clone())),
                    _ => None,
                }
            }

            fn example() -> Fact {
                Fact::from($example)
            }
        }
    )+};
}
text_fields!(PermissionName = "user.read", RoleName = "Editor");

macro_rules! word_fields {
    ($($word:ident),+ $(,)?) => {$(
        impl EventField for $word {
            const KIND: FieldKind = FieldKind::Word(Self::WORDS);

            fn to_fact(&self) -> Fact {
                Fact::from(self.as_str())
            }

            fn from_fact(fact: &Fact) -> Option<Self> {
                match fact {
                    Fact::Text(word) => Self::parse(word),
                    _ => None,
                }
            }

            fn example() -> Fact {
                Self::WORDS.first().copied().into()
            }
        }
    )+};
}
word_fields!(LicenseStatus, AlertType);

impl EventField for IpAddr {
    const KIND: FieldKind = FieldKind::Address;

    fn to_fact(&self) -> Fact {
        Fact::Text(self.to_string())
    }

    fn from_fact(fact: &Fact) -> Option<Self> {
        match fact {
            Fact::Text(address) => address.parse().ok(),
            _ => None,
        }
    }

    fn example() -> Fact {
        Fact::from("192.0.2.7")
    }
}

/// The SHA-256 of a one-time token, in lower-case hexadecimal.
impl EventField for TokenDigest {
    const KIND: FieldKind = FieldKind::Text;

    fn to_fact(&self) -> Fact {
        Fact::Text(self.to_hex())
    }

    fn from_fact(fact: &Fact) -> Option<Self> {
        match fact {
            Fact::Text(hex) => Self::from_hex(hex),
            _ => None,
        }
    }

    fn example() -> Fact {
        Fact::from("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}

/// A count.
impl EventField for u64 {
    const KIND: FieldKind = FieldKind::Count;

    fn to_fact(&self) -> Fact {
        Fact::Int(i64::try_from(*self).unwrap_or(i64::MAX))
    }

    fn from_fact(fact: &Fact) -> Option<Self> {
        match fact {
            Fact::Int(count) => Self::try_from(*count).ok(),
            _ => None,
        }
    }

    fn example() -> Fact {
        Fact::Int(2)
    }
}

/// Names of fields.
impl EventField for Vec<String> {
    const KIND: FieldKind = FieldKind::TextList;

    fn to_fact(&self) -> Fact {
        Fact::from(self.clone())
    }

    fn from_fact(fact: &Fact) -> Option<Self> {
        let Fact::List(values) = fact else {
            return None;
        };
        let texts = values.iter().map(|value| match value {
            Fact::Text(text) => Some(text.clone()),
            _ => None,
        });
        texts.collect()
    }

    fn example() -> Fact {
        Fact::from(vec!["first_name", "status"])
    }
}
