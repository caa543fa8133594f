//! The documents of the events are the catalogue's: `docs/events.md` for
//! readers, `docs/asyncapi.json` (`AsyncAPI` 3.0.0) for generators.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use auth_domain::events::{AggregateKind, EventType, Exchange, FieldDoc, FieldKind};
use serde_json::{Map, Value, json};

/// Compares a committed document with what the code says, or writes it.
fn is_committed(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    let committed = fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("UPDATE_GENERATED").is_some() && committed != expected {
        fs::write(&path, expected).unwrap();
        return;
    }
    assert!(
        committed == expected,
        "docs/{name} is out of date: UPDATE_GENERATED=1 cargo test -p auth-domain rewrites it"
    );
}

fn of_exchange(exchange: Exchange) -> impl Iterator<Item = EventType> {
    let all = EventType::ALL.iter().copied();
    all.filter(move |event| event.exchange() == exchange)
}

fn words(kind: FieldKind) -> String {
    match kind {
        FieldKind::Id => "id".to_owned(),
        FieldKind::Count => "count".to_owned(),
        FieldKind::Text => "text".to_owned(),
        FieldKind::Address => "IP address".to_owned(),
        FieldKind::Word(words) => format!("`{}`", words.join("`, `")),
        FieldKind::TextList => "list of text".to_owned(),
    }
}

const HEAD: &str = "\
# Events

<!-- Generated from crates/domain/src/events: UPDATE_GENERATED=1 cargo test -p auth-domain -->

What was committed is told: each change writes its event into the outbox in its own transaction. An event
can come more than once, and events of one aggregate come in the order of `sequence`. A consumer records
`id` with its own effect and drops what it has seen, or what has a lower `sequence` than the last one of that
`aggregate`. Exchanges are durable topics; the routing key is the event's type.
`docs/asyncapi.json` says the same to programs (AsyncAPI 3.0.0).

The envelope of every event:

| Field | Meaning |
|---|---|
";

/// The fields of the envelope: name, meaning, schema.
fn envelope() -> Vec<(&'static str, &'static str, Value)> {
    let id = schema_of(FieldKind::Id);
    let kinds: Vec<&str> = AggregateKind::WORDS.to_vec();
    vec![
        (
            "id",
            "The event's id (UUIDv7, RFC 9562), also the AMQP `message_id`.",
            json!({"type": "string", "format": "uuid"}),
        ),
        (
            "type",
            "The event's type, also the routing key.",
            json!({"type": "string"}),
        ),
        (
            "source",
            "The service that tells it.",
            json!({"type": "string", "const": "auth-microservice"}),
        ),
        (
            "timestamp",
            "When it happened (RFC 3339, UTC).",
            json!({"type": "string", "format": "date-time"}),
        ),
        (
            "organization_id",
            "The organization that it happened in.",
            id.clone(),
        ),
        (
            "actor_id",
            "The user who did it; null: no user did.",
            nullable(id),
        ),
        (
            "request_id",
            "The request that it came of; null: none.",
            json!({"type": ["string", "null"]}),
        ),
        (
            "aggregate",
            "What it is about: `kind` and `id`.",
            json!({
                "type": "object",
                "required": ["kind", "id"],
                "properties": {
                    "kind": {"type": "string", "enum": kinds},
                    "id": {"type": "string"},
                },
            }),
        ),
        (
            "sequence",
            "Its number among the events of that aggregate, from 1.",
            json!({"type": "integer", "minimum": 1}),
        ),
        (
            "payload",
            "The facts of its type, below.",
            json!({"type": "object"}),
        ),
    ]
}

fn nullable(mut schema: Value) -> Value {
    let one = schema["type"].clone();
    schema["type"] = json!([one, "null"]);
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.push(Value::Null);
    }
    schema
}

fn schema_of(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Id => {
            json!({"type": "integer", "minimum": 1, "maximum": auth_domain::ids::MAX_ID})
        }
        FieldKind::Count => json!({"type": "integer", "minimum": 0}),
        FieldKind::Text => json!({"type": "string"}),
        FieldKind::Address => json!({
            "type": "string",
            "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}],
        }),
        FieldKind::Word(words) => json!({"type": "string", "enum": words}),
        FieldKind::TextList => json!({"type": "array", "items": {"type": "string"}}),
    }
}

fn field_schema(field: &FieldDoc) -> Value {
    let mut schema = schema_of(field.kind);
    if field.nullable {
        schema = nullable(schema);
    }
    schema["description"] = json!(field.description);
    schema["examples"] = json!([field.example]);
    schema
}

#[test]
fn the_page_of_the_events_says_what_the_catalogue_says() {
    let mut page = HEAD.to_owned();
    for (name, meaning, _) in envelope() {
        writeln!(page, "| `{name}` | {meaning} |").unwrap();
    }
    for &exchange in Exchange::ALL {
        if of_exchange(exchange).next().is_none() {
            continue;
        }
        writeln!(page, "\n## `{exchange}`").unwrap();
        for event in of_exchange(exchange) {
            let (about, told) = (event.aggregate_kind(), event.description());
            writeln!(
                page,
                "\n### `{}`\n\n{told} About: {about}.\n",
                event.as_str()
            )
            .unwrap();
            page.push_str("| Payload | | Meaning |\n|---|---|---|\n");
            for field in event.fields() {
                let null = if field.nullable { ", or null" } else { "" };
                let (name, kind) = (field.name, words(field.kind));
                let meaning = field.description;
                writeln!(page, "| `{name}` | {kind}{null} | {meaning} |").unwrap();
            }
        }
    }
    is_committed("events.md", &page);
}

fn asyncapi() -> Value {
    let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
    for &exchange in Exchange::ALL {
        let mut of_channel = Map::new();
        for event in of_exchange(exchange) {
            let name = event.as_str();
            let fields = event.fields();
            let properties: Map<String, Value> = fields
                .iter()
                .map(|field| (field.name.to_owned(), field_schema(field)))
                .collect();
            let example: Map<String, Value> = fields
                .iter()
                .map(|field| (field.name.to_owned(), json!(field.example)))
                .collect();
            let required: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let payload = json!({
                "type": "object",
                "required": required,
                "properties": properties,
                "examples": [example],
            });
            messages.insert(
                name.to_owned(),
                json!({
                    "name": name,
                    "title": name,
                    "summary": event.description(),
                    "contentType": "application/json",
                    "payload": {
                        "allOf": [
                            {"$ref": "#/components/schemas/Envelope"},
                            {
                                "type": "object",
                                "properties": {"type": {"const": name}, "payload": payload},
                            },
                        ],
                    },
                }),
            );
            let reference = format!("#/components/messages/{name}");
            of_channel.insert(name.to_owned(), json!({"$ref": reference}));
        }
        if of_channel.is_empty() {
            continue;
        }
        let address = exchange.as_str();
        channels.insert(
            address.to_owned(),
            json!({
                "address": address,
                "description": "A durable topic exchange; the routing key is the event's type.",
                "messages": of_channel,
                "bindings": {
                    "amqp": {
                        "is": "routingKey",
                        "exchange": {"name": address, "type": "topic", "durable": true},
                    },
                },
            }),
        );
        let channel = format!("#/channels/{address}");
        operations.insert(
            format!("publish.{address}"),
            json!({"action": "send", "channel": {"$ref": channel}}),
        );
    }
    let envelope = envelope();
    let required: Vec<&str> = envelope.iter().map(|(name, ..)| *name).collect();
    let properties: Map<String, Value> = envelope
        .iter()
        .map(|(name, meaning, schema)| {
            let mut schema = schema.clone();
            schema["description"] = json!(meaning);
            ((*name).to_owned(), schema)
        })
        .collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "auth-microservice",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The events of the service. Generated from the code.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": {
                "Envelope": {
                    "type": "object",
                    "required": required,
                    "properties": properties,
                },
            },
        },
    })
}

#[test]
fn the_asyncapi_document_says_what_the_catalogue_says() {
    let text = serde_json::to_string_pretty(&asyncapi()).unwrap();
    is_committed("asyncapi.json", &format!("{text}\n"));
}

#[test]
fn every_reference_of_the_asyncapi_document_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str));
                object.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = asyncapi();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > EventType::ALL.len());
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}
