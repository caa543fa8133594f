//! The declaration of an object: one source of its reader, schema and example.

use serde_json::{Map, Value, json};

use super::{ObjectReader, Refusals, read_object};
use crate::describe::{Schemas, nullable, set};

/// A value of a request: its reader, and its schema.
pub trait WireValue {
    /// What it is read into.
    type Read;

    /// Reads a value. `None`: an error was recorded.
    fn read(value: &Value, refusals: &mut Refusals) -> Option<Self::Read>;

    /// Its schema. Every bound in it is one that the reader keeps.
    fn schema(schemas: &mut Schemas) -> Value;
}

/// An object of a request, as [`wire_object!`](crate::wire_object) declares it.
pub trait WireObject: Sized {
    /// What it is read into.
    type Read;

    /// The name of its schema.
    const NAME: &'static str;

    /// Reads all fields before it gives up. `None`: an error was recorded.
    fn read(object: &mut ObjectReader<'_>) -> Option<Self::Read>;

    /// Declares its fields.
    fn declare(declaration: &mut Declaration<'_>);
}

/// The fields of an object, for its schema or as parameters of a query.
pub struct Declaration<'s> {
    schemas: &'s mut Schemas,
    description: String,
    example: Option<Value>,
    properties: Vec<Property>,
}

/// One field of an object.
#[derive(Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether null is taken, which says the same as leaving it out or clears.
    pub nullable: bool,
    /// What it is for.
    pub description: String,
    /// Its schema, without null.
    pub schema: Value,
    /// A value of it, from the example of the object.
    pub example: Option<Value>,
}

impl Property {
    fn in_body(self) -> Value {
        let mut schema = self.schema;
        if self.nullable {
            schema = nullable(&schema);
        }
        if !self.description.is_empty() {
            set(&mut schema, "description", json!(self.description));
        }
        schema
    }
}

impl<'s> Declaration<'s> {
    /// The declaration of an object.
    pub fn of<T: WireObject>(schemas: &'s mut Schemas) -> Self {
        let mut declaration = Self {
            schemas,
            description: String::new(),
            example: None,
            properties: Vec::new(),
        };
        T::declare(&mut declaration);
        declaration
    }

    /// What the object is for.
    pub fn describe(&mut self, doc: &str) {
        self.description = prose(doc);
    }

    /// An object of its kind.
    pub fn example(&mut self, example: Value) {
        self.example = Some(example);
    }

    /// A field that is never null.
    pub fn field<V: WireValue>(&mut self, name: &'static str, doc: &str, required: bool) {
        self.property::<V>(name, doc, required, false);
    }

    /// A field that may be absent or null.
    pub fn nullable_field<V: WireValue>(&mut self, name: &'static str, doc: &str) {
        self.property::<V>(name, doc, false, true);
    }

    fn property<V: WireValue>(
        &mut self,
        name: &'static str,
        doc: &str,
        required: bool,
        nullable: bool,
    ) {
        let schema = V::schema(self.schemas);
        self.properties.push(Property {
            name,
            required,
            nullable,
            description: prose(doc),
            schema,
            example: None,
        });
    }

    /// The fields of another object, among these.
    pub fn flattened<T: WireObject>(&mut self) {
        let fields = Declaration::of::<T>(self.schemas).properties;
        self.properties.extend(fields);
    }

    /// The fields, each with its value of the example.
    pub fn properties(self) -> Vec<Property> {
        let mut properties = self.properties;
        if let Some(example) = &self.example {
            for property in &mut properties {
                property.example = example.get(property.name).cloned();
            }
        }
        properties
    }

    /// The schema of the object.
    pub fn schema(self) -> Value {
        let required = self.properties.iter().filter(|property| property.required);
        let required: Vec<&str> = required.map(|property| property.name).collect();
        let mut schema = json!({"type": "object", "description": self.description});
        if !required.is_empty() {
            set(&mut schema, "required", json!(required));
        }
        let properties = self.properties.into_iter();
        let properties: Map<String, Value> = properties
            .map(|property| (property.name.to_owned(), property.in_body()))
            .collect();
        set(&mut schema, "properties", Value::Object(properties));
        if let Some(example) = self.example {
            set(&mut schema, "examples", json!([example]));
        }
        schema
    }
}

/// The lines of a doc comment without the space that each begins with.
fn prose(doc: &str) -> String {
    let lines: Vec<&str> = doc.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

/// An object inside another one is a schema of its own.
impl<T: WireObject> WireValue for T {
    type Read = <T as WireObject>::Read;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<Self::Read> {
        read_object::<T>(value, refusals)
    }

    fn schema(schemas: &mut Schemas) -> Value {
        let schema = Declaration::of::<T>(schemas).schema();
        schemas.name(T::NAME, schema)
    }
}

/// Declares an object of a request: its reader, schema and example at once.
///
/// Each field says how it may be missing, and which [`WireValue`] it is:
///
/// | Word | Absent | Null | Read into |
/// |---|---|---|---|
/// | `required` | refused | refused by the value | `T` |
/// | `optional` | `None` | `None` | `Option<T>` |
/// | `replaced` | `None` | refused by the value | `Option<T>` |
/// | `change` | `Change::Keep` | `Change::Clear` | `Change<T>` |
/// | `never_null` | `Change::Keep` | `Change::Clear`, which the use case refuses; the schema has no null | `Change<T>` |
/// | `flatten` | | | the fields of another object, among these |
///
/// The object is read into itself; with `=> T, by f` into what `f` makes of it,
/// and with `=> T, checked by f` into what `f` makes of it or refuses.
///
/// ```
/// use auth_domain::text::Username;
/// use auth_http_kit::input::{Flag, Text, read};
/// use auth_http_kit::wire_object;
///
/// wire_object! {
///     /// A user to make.
///     #[example({"username": "ana"})]
///     pub struct NewUser {
///         /// The name to sign in with.
///         pub username: required Text<Username>,
///         pub invited: optional Flag,
///     }
/// }
///
/// let read = read::<NewUser>("body", &serde_json::json!({"username": "ana"})).unwrap();
/// assert_eq!(read.username.as_str(), "ana");
/// assert_eq!(read.invited, None);
/// ```
#[macro_export]
macro_rules! wire_object {
    (
        $(#[doc = $doc:literal])+
        $(#[example($example:tt)])?
        $vis:vis struct $name:ident {
            $($fields:tt)*
        }
    ) => {
        $crate::wire_object! {
            @declare [$($doc)+] [$($example)?] [$vis] $name [Self] [keep] $($fields)*
        }
    };
    (
        $(#[doc = $doc:literal])+
        $(#[example($example:tt)])?
        $vis:vis struct $name:ident => $read:ty, by $convert:ident {
            $($fields:tt)*
        }
    ) => {
        $crate::wire_object! {
            @declare [$($doc)+] [$($example)?] [$vis] $name [$read] [by $convert] $($fields)*
        }
    };
    (
        $(#[doc = $doc:literal])+
        $(#[example($example:tt)])?
        $vis:vis struct $name:ident => $read:ty, checked by $convert:ident {
            $($fields:tt)*
        }
    ) => {
        $crate::wire_object! {
            @declare [$($doc)+] [$($example)?] [$vis] $name [$read] [checked $convert] $($fields)*
        }
    };
    (
        @declare [$($doc:literal)+] [$($example:tt)?] [$vis:vis] $name:ident [$read:ty] [$($convert:ident)+]
        $($(#[doc = $field_doc:literal])* $field_vis:vis $field:ident: $presence:ident $value:ty),+ $(,)?
    ) => {
        $(#[doc = $doc])+
        $vis struct $name {
            $($(#[doc = $field_doc])* $field_vis $field: $crate::wire_object!(@type $presence $value),)+
        }

        impl $crate::input::WireObject for $name {
            type Read = $read;

            const NAME: &'static str = stringify!($name);

            fn read(object: &mut $crate::input::ObjectReader<'_>) -> Option<$read> {
                $(let $field = $crate::wire_object!(@read object $presence $field $value);)+
                let read = Self { $($field: $field?,)+ };
                $crate::wire_object!(@convert object read $($convert)+)
            }

            fn declare(declaration: &mut $crate::input::Declaration<'_>) {
                $($crate::wire_object!(
                    @field declaration $presence $field $value, concat!($($field_doc, "\n",)* "")
                );)+
                declaration.describe(concat!($($doc, "\n",)+));
                $(declaration.example($crate::macros::serde_json::json!($example));)?
            }
        }
    };

    (@type required $value:ty) => { <$value as $crate::input::WireValue>::Read };
    (@type optional $value:ty) => { Option<<$value as $crate::input::WireValue>::Read> };
    (@type replaced $value:ty) => { Option<<$value as $crate::input::WireValue>::Read> };
    (@type change $value:ty) => {
        $crate::macros::Change<<$value as $crate::input::WireValue>::Read>
    };
    (@type never_null $value:ty) => {
        $crate::macros::Change<<$value as $crate::input::WireValue>::Read>
    };
    (@type flatten $value:ty) => { <$value as $crate::input::WireObject>::Read };

    (@read $object:ident flatten $field:ident $value:ty) => { $object.flattened::<$value>() };
    (@read $object:ident never_null $field:ident $value:ty) => {
        $crate::wire_object!(@read $object change $field $value)
    };
    (@read $object:ident $presence:ident $field:ident $value:ty) => {
        $object.$presence(stringify!($field), <$value as $crate::input::WireValue>::read)
    };

    (@convert $object:ident $made:ident keep) => { Some($made) };
    (@convert $object:ident $made:ident by $convert:ident) => { Some($convert($made)) };
    (@convert $object:ident $made:ident checked $convert:ident) => { $convert($made, $object) };

    (@field $declaration:ident required $field:ident $value:ty, $doc:expr) => {
        $declaration.field::<$value>(stringify!($field), $doc, true)
    };
    (@field $declaration:ident replaced $field:ident $value:ty, $doc:expr) => {
        $declaration.field::<$value>(stringify!($field), $doc, false)
    };
    (@field $declaration:ident never_null $field:ident $value:ty, $doc:expr) => {
        $declaration.field::<$value>(stringify!($field), $doc, false)
    };
    (@field $declaration:ident optional $field:ident $value:ty, $doc:expr) => {
        $declaration.nullable_field::<$value>(stringify!($field), $doc)
    };
    (@field $declaration:ident change $field:ident $value:ty, $doc:expr) => {
        $declaration.nullable_field::<$value>(stringify!($field), $doc)
    };
    (@field $declaration:ident flatten $field:ident $value:ty, $doc:expr) => {
        $declaration.flattened::<$value>()
    };
}
