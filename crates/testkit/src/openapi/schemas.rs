//! Values against the schemas of the document.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

/// The validators of a document, each built when it is first needed.
pub(super) struct Schemas {
    components: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Schemas {
    pub(super) fn new(document: &Value) -> Self {
        Self {
            components: document["components"].clone(),
            validators: Mutex::default(),
        }
    }

    /// The schema of problem documents.
    pub(super) fn problem() -> Value {
        json!({"$ref": "#/components/schemas/Problem"})
    }

    /// Every difference between a value and its schema.
    pub(super) fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let validator = self.validator(schema);
        let differences: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        if differences.is_empty() {
            Ok(())
        } else {
            Err(differences.join("; "))
        }
    }

    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let made = validators
            .entry(schema.to_string())
            .or_insert_with(|| Arc::new(self.build(schema)));
        Arc::clone(made)
    }

    /// References of the schema lead into the components, which therefore
    /// stand beside it.
    fn build(&self, schema: &Value) -> Validator {
        let mut root = schema.clone();
        root["components"] = self.components.clone();
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(&root)
            .unwrap_or_else(|error| panic!("{schema}: {error}"))
    }
}
