//! Reading an object field by field, so that a client learns of all errors at
//! once and each names its field.

use auth_domain::change::Change;
use auth_domain::validation::{FieldError, Loc};
use serde_json::{Map, Value};

use super::WireObject;

/// The errors met so far, and where the reader stands.
#[derive(Debug, Default)]
pub struct Refusals {
    loc: Vec<Loc>,
    errors: Vec<FieldError>,
}

impl Refusals {
    /// Refuses the value that the reader stands at.
    pub fn refuse<T>(&mut self, kind: &'static str, msg: impl Into<String>) -> Option<T> {
        self.errors.push(FieldError {
            loc: self.loc.clone(),
            kind,
            msg: msg.into(),
        });
        None
    }

    /// The rules that were broken so far.
    #[cfg(test)]
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        self.errors.iter().map(|error| error.kind).collect()
    }

    /// What was refused.
    pub(super) fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }

    /// Steps into a field or an index.
    pub fn within<T>(&mut self, loc: Loc, read: impl FnOnce(&mut Self) -> T) -> T {
        self.loc.push(loc);
        let outcome = read(self);
        self.loc.pop();
        outcome
    }
}

/// A JSON object being read. Unknown fields are ignored.
pub struct ObjectReader<'a> {
    object: &'a Map<String, Value>,
    refusals: &'a mut Refusals,
}

impl ObjectReader<'_> {
    /// A field that must be there.
    pub fn required<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&Value, &mut Refusals) -> Option<T>,
    ) -> Option<T> {
        let value = self.object.get(name);
        self.refusals.within(name.into(), |refusals| match value {
            Some(value) => parse(value, refusals),
            None => refusals.refuse("missing", "Field required"),
        })
    }

    /// A field that may be absent or null, which is the same.
    pub fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&Value, &mut Refusals) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.object.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => self
                .refusals
                .within(name.into(), |refusals| parse(value, refusals).map(Some)),
        }
    }

    /// A field of a partial update that null clears.
    pub fn change<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&Value, &mut Refusals) -> Option<T>,
    ) -> Option<Change<T>> {
        let Some(value) = self.object.get(name) else {
            return Some(Change::Keep);
        };
        if value.is_null() {
            return Some(Change::Clear);
        }
        let read = self
            .refusals
            .within(name.into(), |refusals| parse(value, refusals));
        read.map(Change::Set)
    }

    /// A field of a partial update that cannot be null: absent or a value.
    pub fn replaced<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&Value, &mut Refusals) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.object.contains_key(name) {
            self.required(name, parse).map(Some)
        } else {
            Some(None)
        }
    }

    /// Another object whose fields stand among these.
    pub fn flattened<T: WireObject>(&mut self) -> Option<T::Read> {
        T::read(self)
    }

    /// Refuses a field for what another one says.
    pub fn refuse<T>(
        &mut self,
        name: &str,
        kind: &'static str,
        msg: impl Into<String>,
    ) -> Option<T> {
        self.refusals
            .within(name.into(), |refusals| refusals.refuse(kind, msg))
    }
}

/// An object, read field by field.
pub fn read_object<T: WireObject>(value: &Value, refusals: &mut Refusals) -> Option<T::Read> {
    match value {
        Value::Object(object) => T::read(&mut ObjectReader { object, refusals }),
        _ => refusals.refuse("model_attributes_type", "Input should be an object"),
    }
}

/// Reads a whole part of a request: `body`, `query` or `path`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read<T: WireObject>(part: &str, value: &Value) -> Result<T::Read, Vec<FieldError>> {
    let mut refusals = Refusals::default();
    let outcome = refusals.within(part.into(), |refusals| read_object::<T>(value, refusals));
    match outcome {
        Some(value) if refusals.errors.is_empty() => Ok(value),
        _ => Err(refusals.errors),
    }
}
