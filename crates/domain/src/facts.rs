//! Named values for audit rows and event payloads.
//!
//! A typed stand-in for a JSON object: what goes in is chosen field by field,
//! so no whole entity, and no secret with it, slips into a log. What was
//! written down reads back as the same value.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// An ordered set of named values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(BTreeMap<String, Fact>);

/// One value of [`Facts`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// JSON `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number: ids and counts.
    Int(i64),
    /// Text, and everything that travels as text: times, addresses, closed
    /// sets of words, decimals.
    Text(String),
    /// A list of values.
    List(Vec<Fact>),
    /// Values with names of their own.
    Map(Facts),
}

impl Facts {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same values and one more; a later value of the same name wins.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Fact>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.get(name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Names and values, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The values that `other` does not have, or has another value of.
    #[must_use]
    pub fn differing_from(&self, other: &Self) -> Self {
        let differ = self
            .0
            .iter()
            .filter(|(name, value)| other.get(name) != Some(value));
        Self(
            differ
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }
}

impl From<bool> for Fact {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Fact {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Fact {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Fact {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Timestamp> for Fact {
    fn from(value: Timestamp) -> Self {
        Self::Text(value.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
    }
}

/// A decimal travels as text, so that no reader makes a float of it.
impl From<Decimal> for Fact {
    fn from(value: Decimal) -> Self {
        Self::Text(value.to_string())
    }
}

impl From<Facts> for Fact {
    fn from(value: Facts) -> Self {
        Self::Map(value)
    }
}

impl<T: Into<Fact>> From<Option<T>> for Fact {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Fact>> From<Vec<T>> for Fact {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_differs_is_kept_with_its_own_value() {
        let before = Facts::new().with("a", 1).with("b", "x").with("c", true);
        let after = Facts::new().with("a", 2).with("b", "x").with("d", false);
        let changed = Facts::new().with("a", 2).with("d", false);
        assert_eq!(after.differing_from(&before), changed);
        let undone = Facts::new().with("a", 1).with("c", true);
        assert_eq!(before.differing_from(&after), undone);
        assert!(before.differing_from(&before).is_empty());
    }

    #[test]
    fn a_decimal_keeps_its_places() {
        let price: Decimal = "12.50".parse().unwrap();
        assert_eq!(Fact::from(price), Fact::Text("12.50".to_owned()));
    }

    fn any_fact() -> impl Strategy<Value = Fact> {
        let leaf = prop_oneof![
            Just(Fact::Null),
            any::<bool>().prop_map(Fact::from),
            any::<i64>().prop_map(Fact::from),
            ".{0,12}".prop_map(Fact::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Fact::List),
                prop::collection::btree_map(".{0,6}", inner, 0..4)
                    .prop_map(|map| Fact::Map(Facts(map))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_down_reads_back_as_it_was(
            values in prop::collection::btree_map(".{0,8}", any_fact(), 0..6)
        ) {
            let facts = Facts(values);
            let text = serde_json::to_string(&facts).unwrap();
            prop_assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts);
        }
    }
}
