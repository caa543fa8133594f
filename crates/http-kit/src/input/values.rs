//! The kinds of values that requests are made of.

use std::borrow::Cow;
use std::marker::PhantomData;

use auth_domain::ids::MAX_ID;
use auth_domain::text::{TextValue, WireWord};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Refusals, WireValue, boolean, id, list, string, text, word};
use crate::describe::{Schemas, set};

/// Text that a domain type parses, with the bounds of that type.
pub struct Text<T>(PhantomData<T>);

impl<T: TextValue> WireValue for Text<T> {
    type Read = T;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<T> {
        text(T::parse_text)(value, refusals)
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        text_schema::<T>(T::MIN)
    }
}

/// Text that a domain type parses; blank text is no value.
pub struct BlankIsNone<T>(PhantomData<T>);

impl<T: TextValue> WireValue for BlankIsNone<T> {
    type Read = Option<T>;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<Option<T>> {
        if string(value, refusals)?.trim().is_empty() {
            return Some(None);
        }
        text(T::parse_text)(value, refusals).map(Some)
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        text_schema::<T>(0)
    }
}

fn text_schema<T: TextValue>(min: usize) -> Value {
    let mut schema = json!({"type": "string"});
    if min > 0 {
        set(&mut schema, "minLength", json!(min));
    }
    if let Some(max) = T::MAX {
        set(&mut schema, "maxLength", json!(max));
    }
    if let Some(format) = T::FORMAT {
        set(&mut schema, "format", json!(format));
    }
    schema
}

/// Text as it came.
pub struct Line;

impl WireValue for Line {
    type Read = String;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<String> {
        string(value, refusals).map(str::to_owned)
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        json!({"type": "string"})
    }
}

/// A truth value.
pub struct Flag;

impl WireValue for Flag {
    type Read = bool;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<bool> {
        boolean(value, refusals)
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        json!({"type": "boolean"})
    }
}

/// An id.
pub struct Id<T>(PhantomData<T>);

impl<T: TryFrom<i64>> WireValue for Id<T> {
    type Read = T;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<T> {
        id(value, refusals)
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        id_schema()
    }
}

/// The schema of ids.
pub fn id_schema() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": MAX_ID})
}

/// One of a closed set of words, in a request or in an answer: a schema of its
/// own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<T>(pub T);

impl<T: WireWord> WireValue for Word<T> {
    type Read = T;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<T> {
        word(value, refusals)
    }

    fn schema(schemas: &mut Schemas) -> Value {
        schemas.name(T::NAME, json!(<Self as PartialSchema>::schema()))
    }
}

impl<T: WireWord> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<T: WireWord> PartialSchema for Word<T> {
    fn schema() -> RefOr<Schema> {
        let words = T::ALL.iter().map(|word| word.as_str());
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .enum_values(Some(words))
            .into()
    }
}

impl<T: WireWord> ToSchema for Word<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }
}

/// A list of `MIN` to `MAX` values.
pub struct List<T, const MIN: usize, const MAX: usize>(PhantomData<T>);

impl<T: WireValue, const MIN: usize, const MAX: usize> WireValue for List<T, MIN, MAX> {
    type Read = Vec<T::Read>;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<Vec<T::Read>> {
        list(MIN, MAX, T::read)(value, refusals)
    }

    fn schema(schemas: &mut Schemas) -> Value {
        let mut schema = json!({"type": "array", "items": T::schema(schemas), "maxItems": MAX});
        if MIN > 0 {
            set(&mut schema, "minItems", json!(MIN));
        }
        schema
    }
}

/// One value among lists ([`QueryLists`](super::QueryLists)): of a repeated
/// parameter the last.
pub struct Single<T>(PhantomData<T>);

impl<T: WireValue> WireValue for Single<T> {
    type Read = T::Read;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<T::Read> {
        let last = value.as_array().and_then(|values| values.last());
        T::read(last.unwrap_or(value), refusals)
    }

    fn schema(schemas: &mut Schemas) -> Value {
        T::schema(schemas)
    }
}
