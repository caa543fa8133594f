//! The document is a valid OpenAPI 3.1 document, and easy on generators.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

fn document() -> Value {
    auth_http::openapi_document()
}

fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

fn schemas(document: &Value) -> &Map<String, Value> {
    document["components"]["schemas"].as_object().unwrap()
}

#[test]
fn the_document_is_valid_against_the_schema_of_openapi_3_1() {
    let schema = include_str!("../fixtures/openapi-3.1.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document = document();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut broken = document;
    broken["info"]["license"]["url"] = "https://example.com".into();
    assert!(!validator.is_valid(&broken), "a licence has one of the two");
}

#[test]
fn every_schema_is_valid_json_schema() {
    for (name, schema) in schemas(&document()) {
        let checked = jsonschema::draft202012::meta::validate(schema);
        assert!(checked.is_ok(), "{name}: {checked:?}");
    }
}

#[test]
fn every_example_is_an_example_of_its_schema() {
    let document = document();
    let mut checked = 0;
    for (name, schema) in schemas(&document) {
        let mut root = schema.clone();
        root["components"] = document["components"].clone();
        let validator = jsonschema::validator_for(&root).unwrap();
        for example in schema["examples"].as_array().into_iter().flatten() {
            let errors: Vec<_> = validator.iter_errors(example).collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked}");
}

#[test]
fn every_answer_says_what_it_is_and_every_operation_which_callers_it_admits() {
    for (name, operation) in operations(&document()) {
        assert!(operation["security"].is_array(), "{name}");
        assert!(operation["summary"].is_string(), "{name}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let description = response["description"].as_str().unwrap();
            assert!(!description.is_empty(), "{name} {status}");
            let has_id = response["headers"].get("X-Request-Id").is_some();
            assert!(has_id, "{name} {status}");
        }
    }
}

#[test]
fn list_pages_are_named_and_refer_to_their_row() {
    let document = document();
    let pages: BTreeSet<&str> = schemas(&document)
        .iter()
        .filter(|(_, schema)| schema["properties"].get("next_cursor").is_some())
        .map(|(name, schema)| {
            let row = schema["properties"]["items"]["items"]["$ref"].as_str();
            let row = row.unwrap().rsplit('/').next().unwrap();
            assert_eq!(*name, format!("{row}Page"));
            name.as_str()
        })
        .collect();
    let expected = [
        "OrganizationPage",
        "PermissionPage",
        "RolePage",
        "UserPage",
        "UserSessionPage",
    ];
    assert_eq!(pages, BTreeSet::from(expected));
}

#[test]
fn no_field_has_the_name_of_its_schema() {
    let lower = |name: &str| name.replace('_', "").to_lowercase();
    for (name, schema) in schemas(&document()) {
        for field in schema["properties"].as_object().into_iter().flatten() {
            assert_ne!(lower(name), lower(field.0), "{name}");
        }
    }
}

#[test]
fn an_answer_sends_every_field_that_may_be_null() {
    let document = document();
    let requests: BTreeSet<String> = operations(&document)
        .filter_map(|(_, operation)| {
            let body = operation["requestBody"]["content"].as_object()?;
            let name = body.values().next()?["schema"]["$ref"]
                .as_str()?
                .rsplit('/')
                .next()?;
            Some(name.to_owned())
        })
        .collect();
    let inside = ["AdminUser", "BatchCheck", "ContactInformation"];
    for (name, schema) in schemas(&document) {
        if requests.contains(name) || inside.contains(&name.as_str()) {
            continue;
        }
        let required = schema["required"].as_array().into_iter().flatten();
        let required: BTreeSet<&str> = required.map(|name| name.as_str().unwrap()).collect();
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_null = property.to_string().contains("\"null\"");
            let sent = required.contains(field.as_str());
            assert!(!is_null || sent, "{name}.{field}");
        }
    }
}
