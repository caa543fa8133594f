//! The named schemas of the document (JSON Schema 2020-12).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::ToSchema;

/// Schemas by name.
#[derive(Debug, Default)]
pub struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// Adds a schema, and answers the reference to it.
    pub fn name(&mut self, name: &str, schema: Value) -> Value {
        self.0.insert(name.to_owned(), schema);
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// Adds what an answer is made of, and answers the reference to it.
    pub fn answer<T: ToSchema>(&mut self) -> Value {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        for (name, schema) in parts {
            self.name(&name, of_answer(json!(schema)));
        }
        self.name(&T::name(), of_answer(json!(T::schema())))
    }

    /// What the schema of that name is for.
    pub fn text_of(&self, name: &str) -> String {
        let description = self
            .0
            .get(name)
            .and_then(|schema| schema.get("description")?.as_str());
        description.unwrap_or_default().to_owned()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }
}

/// The schema of an answer, as this service sends it: a field that may be null
/// is always sent, and one that may be left out is never null.
pub fn of_answer(schema: Value) -> Value {
    let Value::Object(mut schema) = schema else {
        return schema;
    };
    if let Some(example) = schema.remove("example") {
        schema.insert("examples".to_owned(), json!([example]));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let sent_as_null = properties.into_iter().flatten();
    let sent_as_null: Vec<Value> = sent_as_null
        .filter(|(_, property)| allows_null(property))
        .map(|(name, _)| json!(name))
        .collect();
    let required = schema.entry("required").or_insert_with(|| json!([]));
    if let Value::Array(required) = required {
        required.extend(sent_as_null);
    }
    schema.retain(|name, value| name != "required" || *value != json!([]));
    Value::Object(schema)
}

/// The same schema, which null meets too.
pub fn nullable(schema: &Value) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some(kind) if schema.get("enum").is_none() => {
            let mut schema = schema.clone();
            set(&mut schema, "type", json!([kind, "null"]));
            schema
        }
        _ => json!({"oneOf": [schema, {"type": "null"}]}),
    }
}

/// Gives an object a member.
pub(crate) fn set(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(object) = object {
        object.insert(name.to_owned(), value);
    }
}

/// Gives an object inside an object a member.
pub(crate) fn set_in(object: &mut Value, part: &str, name: &str, value: Value) {
    if let Value::Object(object) = object {
        let part = object.entry(part).or_insert_with(|| json!({}));
        set(part, name, value);
    }
}

fn allows_null(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    let one = schema.get("type").is_some_and(is_null);
    let kinds = schema.get("type").and_then(Value::as_array);
    let listed = kinds.is_some_and(|kinds| kinds.iter().any(is_null));
    let choices = schema.get("oneOf").and_then(Value::as_array);
    one || listed || choices.is_some_and(|choices| choices.iter().any(allows_null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_sends_as_null_is_always_sent() {
        let schema = of_answer(json!({
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "integer"},
                "name": {"type": ["string", "null"]},
                "role": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Role"}]},
                "reason": {"type": "string"},
            },
            "example": {"id": 1},
        }));
        assert_eq!(schema["required"], json!(["id", "name", "role"]));
        assert_eq!(schema["examples"], json!([{"id": 1}]));
        assert!(schema.get("example").is_none());
    }

    #[test]
    fn null_is_one_more_type_or_one_more_choice() {
        assert_eq!(
            nullable(&json!({"type": "string", "maxLength": 3})),
            json!({"type": ["string", "null"], "maxLength": 3})
        );
        let named = json!({"$ref": "#/components/schemas/Gender"});
        assert_eq!(
            nullable(&named),
            json!({"oneOf": [named, {"type": "null"}]})
        );
    }
}
