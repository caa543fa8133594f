//! What the document says of a request is what its reader does: every example
//! is read, and every bound of a schema is the reader's bound.

use std::sync::LazyLock;

use auth_domain::validation::{FieldError, Loc};
use auth_http::{Reading, all_routes};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A request that is read: its example, its schema and its reader.
struct Request {
    name: String,
    schema: Value,
    example: Value,
    reading: Reading,
}

impl Request {
    fn reads(&self, value: &Value) -> Result<(), Vec<FieldError>> {
        (self.reading)(value)
    }

    #[track_caller]
    fn accepts(&self, value: &Value) {
        let read = self.reads(value);
        assert!(read.is_ok(), "{}: {read:?} of {value}", self.name);
    }

    /// The value is refused, and the error stands at that pointer.
    #[track_caller]
    fn refuses(&self, value: &Value, pointer: &str) {
        let read = self.reads(value);
        let errors = read.err().unwrap_or_default();
        let places: Vec<String> = errors.iter().map(|error| place(&error.loc)).collect();
        let named = places.iter().any(|place| place == pointer);
        assert!(named, "{} {pointer}: {places:?} of {value}", self.name);
    }
}

/// The pointer of a place, without the part of the request.
fn place(loc: &[Loc]) -> String {
    let parts = loc.iter().skip(1).map(|part| match part {
        Loc::Name(name) => format!("/{name}"),
        Loc::Index(index) => format!("/{index}"),
    });
    parts.collect()
}

/// All bodies of all routes.
fn bodies(document: &Value) -> Vec<Request> {
    let routes = all_routes();
    let read = routes.iter().filter_map(|route| {
        let reading = route.description().body_reading()?;
        let operation = route.operation(document)?;
        let content = operation["requestBody"]["content"].as_object()?;
        let schema = resolved(document, &content.values().next()?["schema"]);
        Some(Request {
            name: format!("{route:?}"),
            example: schema["examples"][0].clone(),
            schema,
            reading,
        })
    });
    read.collect()
}

/// All queries of all routes, each as an object of its parameters.
fn queries(document: &Value) -> Vec<Request> {
    let routes = all_routes();
    let mut requests = Vec::new();
    for route in &routes {
        let Some(operation) = route.operation(document) else {
            continue;
        };
        for reading in route.description().query_readings() {
            let mut schema = json!({"type": "object", "properties": {}, "required": []});
            let mut example = json!({});
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
                let name = parameter["name"].as_str().unwrap();
                let shown = parameter.get("example");
                schema["properties"][name] = parameter["schema"].clone();
                if let Some(shown) = shown {
                    example[name] = shown.clone();
                }
                if parameter["required"] == true {
                    let required = schema["required"].as_array_mut().unwrap();
                    required.push(name.into());
                }
            }
            requests.push(Request {
                name: format!("{route:?}"),
                schema,
                example,
                reading: *reading,
            });
        }
    }
    requests
}

/// A schema behind its reference.
fn resolved(document: &Value, schema: &Value) -> Value {
    let Some(reference) = schema["$ref"].as_str() else {
        return schema.clone();
    };
    let pointer = reference.strip_prefix('#').unwrap();
    document.pointer(pointer).unwrap().clone()
}

/// A schema behind its reference and without its null.
fn without_null(document: &Value, schema: &Value) -> Value {
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let mut choices = choices.filter(|choice| choice["type"] != "null");
    let mut schema = resolved(document, choices.next().unwrap_or(schema));
    if let Some(kinds) = schema["type"].as_array() {
        let kind = kinds.iter().find(|kind| **kind != "null").unwrap();
        schema["type"] = kind.clone();
    }
    schema
}

fn allows_null(schema: &Value) -> bool {
    let listed = schema["type"]
        .as_array()
        .is_some_and(|k| k.contains(&json!("null")));
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    listed || choices.into_iter().any(|choice| choice["type"] == "null")
}

/// Text of so many characters that is of the form that a schema asks for.
fn text(schema: &Value, length: usize) -> Value {
    if schema["pattern"].is_string() && length > 128 {
        // A name that long is an address.
        return ("@".to_owned() + &"a".repeat(length - 1)).into();
    }
    if schema["format"] != "email" {
        return "a".repeat(length).into();
    }
    // The local part has at most 64 characters, a label of the domain 63.
    let local = length.saturating_sub("@b.co".len()).clamp(1, 64);
    let mut address = "a".repeat(local);
    address.push('@');
    while address.len() + 63 + ".co".len() < length {
        address.push_str(&"b".repeat(60));
        address.push('.');
    }
    address.push_str(&"b".repeat(length.saturating_sub(address.len() + ".co".len())));
    (address + ".co").into()
}

/// The values just inside a schema, and those just outside.
fn edges(document: &Value, schema: &Value) -> (Vec<Value>, Vec<Value>) {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    let bound = |name: &str| {
        schema[name]
            .as_u64()
            .map(|bound| usize::try_from(bound).unwrap())
    };
    match schema["type"].as_str() {
        _ if schema.get("enum").is_some() => {
            inside.extend(schema["enum"].as_array().unwrap().iter().cloned());
            outside.extend([json!("no such word"), json!(1)]);
        }
        Some("string") => {
            if let Some(min) = bound("minLength") {
                inside.push(text(schema, min));
                outside.push(text(schema, min - 1));
            }
            if let Some(max) = bound("maxLength") {
                inside.push(text(schema, max));
                outside.push(text(schema, max + 1));
            }
            outside.push(json!(5));
        }
        Some("integer") => {
            let bound = |name: &str| schema[name].as_i64();
            if let Some(min) = bound("minimum") {
                inside.push(json!(min));
                outside.push(json!(min - 1));
            }
            if let Some(max) = bound("maximum") {
                inside.push(json!(max));
                outside.push(json!(max + 1));
            }
            outside.extend([json!("many"), json!(1.5)]);
        }
        Some("boolean") => {
            inside.extend([json!(true), json!(false)]);
            outside.push(json!("perhaps"));
        }
        Some("array") => {
            let item = without_null(document, &schema["items"]);
            let item = an_item(document, &item);
            let many = |count: usize| Value::Array(vec![item.clone(); count]);
            if let Some(min) = bound("minItems") {
                inside.push(many(min));
                outside.push(many(min - 1));
            }
            if let Some(max) = bound("maxItems") {
                inside.push(many(max));
                outside.push(many(max + 1));
            }
            outside.push(json!({}));
        }
        _ => outside.push(json!([])),
    }
    (inside, outside)
}

/// A value that a list may hold.
fn an_item(document: &Value, schema: &Value) -> Value {
    if let Some(word) = schema["enum"].get(0) {
        return word.clone();
    }
    let properties = schema["properties"].as_object();
    match (schema["type"].as_str(), properties) {
        (Some("integer"), _) => json!(1),
        (_, Some(properties)) => {
            let fields = properties.iter().map(|(name, property)| {
                let property = without_null(document, property);
                (name.clone(), an_item(document, &property))
            });
            Value::Object(fields.collect())
        }
        _ => json!("example.com"),
    }
}

/// Every field of a schema with its pointer, those of objects inside too, and
/// those of the first object of a list.
fn fields(document: &Value, schema: &Value, at: &str) -> Vec<(String, Value, bool)> {
    let mut found = Vec::new();
    let required = schema["required"].as_array().into_iter().flatten();
    let required: Vec<&str> = required.map(|name| name.as_str().unwrap()).collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{at}/{name}");
        let inner = without_null(document, property);
        found.push((
            pointer.clone(),
            property.clone(),
            required.contains(&name.as_str()),
        ));
        if inner["type"] == "object" {
            found.extend(fields(document, &inner, &pointer));
        }
        let item = resolved(document, &inner["items"]);
        if item["type"] == "object" {
            found.extend(fields(document, &item, &format!("{pointer}/0")));
        }
    }
    found
}

/// The example with another value at a pointer; `None`: without one.
fn with(example: &Value, pointer: &str, value: Option<Value>) -> Value {
    let mut changed = example.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = changed
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap();
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    changed
}

fn requests() -> (Value, Vec<Request>) {
    let document = auth_http::openapi_document();
    let mut requests = bodies(&document);
    assert!(requests.len() > 20, "{}", requests.len());
    requests.extend(queries(&document));
    assert!(requests.len() > 35, "{}", requests.len());
    (document, requests)
}

/// The fields of a request that its own reader looks at: a query of several
/// inputs has a reader for each.
fn own_fields(document: &Value, request: &Request) -> Vec<(String, Value, bool)> {
    let known = |(pointer, ..): &(String, Value, bool)| {
        let odd = with(&request.example, pointer, Some(json!([{}])));
        request.reads(&odd).is_err()
    };
    let fields = fields(document, &request.schema, "").into_iter();
    fields.filter(known).collect()
}

#[test]
fn every_documented_example_is_read() {
    for request in requests().1 {
        request.accepts(&request.example);
    }
}

#[test]
fn every_field_of_a_schema_is_one_of_its_reader() {
    let document = auth_http::openapi_document();
    for request in bodies(&document) {
        let documented = fields(&document, &request.schema, "").len();
        assert_eq!(
            own_fields(&document, &request).len(),
            documented,
            "{}",
            request.name
        );
    }
}

#[test]
fn every_bound_of_a_schema_is_the_bound_of_its_reader() {
    let (document, requests) = requests();
    let mut checked = 0;
    for request in &requests {
        for (pointer, property, _) in own_fields(&document, request) {
            let schema = without_null(&document, &property);
            let (inside, outside) = edges(&document, &schema);
            for value in inside {
                request.accepts(&with(&request.example, &pointer, Some(value)));
                checked += 1;
            }
            for value in outside {
                let value = with(&request.example, &pointer, Some(value));
                request.refuses(&value, &pointer);
                checked += 1;
            }
        }
    }
    assert!(checked > 400, "{checked}");
}

#[test]
fn what_may_be_absent_or_null_is_what_the_schema_says() {
    let (document, requests) = requests();
    for request in &requests {
        for (pointer, property, required) in own_fields(&document, request) {
            let absent = with(&request.example, &pointer, None);
            if required {
                request.refuses(&absent, &pointer);
            } else {
                request.accepts(&absent);
            }
            let null = with(&request.example, &pointer, Some(Value::Null));
            if allows_null(&property) {
                request.accepts(&null);
            } else if required {
                request.refuses(&null, &pointer);
            }
        }
    }
}

/// One text field of one request.
struct TextField {
    name: String,
    pointer: String,
    schema: Value,
    validator: jsonschema::Validator,
    example: Value,
    reading: Reading,
}

/// Every text field whose form is not an e-mail address or a cursor.
static TEXTS: LazyLock<Vec<TextField>> = LazyLock::new(|| {
    let (document, requests) = requests();
    let mut texts = Vec::new();
    for request in &requests {
        for (pointer, property, _) in own_fields(&document, request) {
            let schema = without_null(&document, &property);
            let plain = schema["type"] == "string" && schema.get("enum").is_none();
            if plain && schema["format"] != "email" && !pointer.ends_with("/cursor") {
                texts.push(TextField {
                    name: request.name.clone(),
                    validator: jsonschema::validator_for(&schema).unwrap(),
                    example: request.example.clone(),
                    reading: request.reading,
                    pointer,
                    schema,
                });
            }
        }
    }
    texts
});

proptest! {
    #[test]
    fn text_is_read_exactly_where_its_schema_takes_it(
        value in "[a@é]{0,300}",
        pick in any::<prop::sample::Index>(),
    ) {
        let field = pick.get(TEXTS.as_slice());
        // A username with `@` must be the user's own address: no schema says so.
        let is_login = field.schema["pattern"].is_string();
        let is_username = field.pointer.ends_with("username") && !is_login;
        prop_assume!(!is_username || !value.contains('@'));
        let value = Value::from(value);
        let taken = field.validator.is_valid(&value);
        let read = (field.reading)(&with(&field.example, &field.pointer, Some(value)));
        prop_assert_eq!(read.is_ok(), taken, "{} {}: {:?}", field.name, field.pointer, read);
    }
}
