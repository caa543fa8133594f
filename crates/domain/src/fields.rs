//! Named values for audit rows and event payloads.
//!
//! A typed stand-in for a JSON object: what goes in is chosen field by field,
//! so no whole entity, and no secret with it, slips into a log.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::clock::Timestamp;

/// An ordered set of named values.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Fields(BTreeMap<&'static str, FieldValue>);

/// One value of a [`Fields`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// JSON `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number: ids and counts.
    Int(i64),
    /// Text, and everything that travels as text (times, addresses, enums).
    Text(String),
    /// A list of values.
    List(Vec<FieldValue>),
}

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same fields and one more; a later value of the same name wins.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<FieldValue>) -> Self {
        self.0.insert(name, value.into());
        self
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&FieldValue> {
        self.0.get(name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

impl From<bool> for FieldValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for FieldValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for FieldValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for FieldValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Timestamp> for FieldValue {
    fn from(value: Timestamp) -> Self {
        Self::Text(value.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
    }
}

impl<T: Into<FieldValue>> From<Option<T>> for FieldValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<FieldValue>> From<Vec<T>> for FieldValue {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

macro_rules! id_values {
    ($($id:ident),+) => {$(
        impl From<crate::ids::$id> for FieldValue {
            fn from(id: crate::ids::$id) -> Self {
                Self::Int(id.get())
            }
        }
    )+};
}
id_values!(
    OrganizationId,
    UserId,
    RoleId,
    PermissionId,
    SessionId,
    AlertId
);
