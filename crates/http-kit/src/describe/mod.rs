//! What a route says of itself, collected from the types of its handler: its
//! inputs describe what it reads, its answer describes what it sends.

mod headers;
mod schemas;

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use auth_domain::validation::FieldError;
use serde_json::{Map, Value, json};

pub use crate::headers::{CACHE_CONTROL, LINK, POLICY_REVISION, REQUEST_ID};
pub(crate) use headers::{of_every_answer, of_problem, reference, shared};
pub use schemas::{Schemas, nullable, of_answer};
pub(crate) use schemas::{set, set_in};

use crate::problem::{Entry, Failure};

/// What a reader says of a value: nothing, or what is wrong with it.
pub type Reading = fn(&Value) -> Result<(), Vec<FieldError>>;

/// What a route reads and answers, as the document shows it.
#[derive(Debug, Default)]
pub struct Description {
    parameters: Vec<Value>,
    body: Option<Value>,
    body_reading: Option<Reading>,
    query_readings: Vec<Reading>,
    successes: BTreeMap<StatusCode, Value>,
    failures: Vec<Entry>,
    schemas: Schemas,
}

impl Description {
    /// Something that can go wrong.
    pub fn failure(&mut self, failure: &dyn Failure) {
        self.failures.push(failure.entry());
    }

    /// A parameter of the path, the query or the headers.
    pub fn parameter(&mut self, parameter: Value) {
        self.parameters.push(parameter);
    }

    /// The body, by media type, with what its reader says of a JSON value.
    pub fn body(&mut self, media_types: &[&str], schema: &Value, reading: Reading) {
        let content = media_types.iter().map(|media_type| {
            let content = json!({"schema": schema});
            ((*media_type).to_owned(), content)
        });
        self.body = Some(json!({
            "required": true,
            "content": content.collect::<Map<_, _>>(),
        }));
        self.body_reading = Some(reading);
    }

    /// What the reader of the query says of an object of its parameters.
    pub fn query(&mut self, reading: Reading) {
        self.query_readings.push(reading);
    }

    /// An answer that is no failure, without content so far.
    pub fn success(&mut self, status: StatusCode, description: &str) {
        let answer = json!({
            "description": description,
            "headers": {REQUEST_ID: reference(REQUEST_ID)},
        });
        self.successes.insert(status, answer);
    }

    /// The content of an answer that was named.
    pub fn content(&mut self, status: StatusCode, media_type: &str, content: Value) {
        if let Some(answer) = self.successes.get_mut(&status) {
            set_in(answer, "content", media_type, content);
        }
    }

    /// A header of all answers that were named so far.
    pub fn header(&mut self, name: &str) {
        for answer in self.successes.values_mut() {
            set_in(answer, "headers", name, reference(name));
        }
    }

    /// The schemas that it refers to.
    pub fn schemas(&mut self) -> &mut Schemas {
        &mut self.schemas
    }

    /// What its readers say of a body, if it takes one.
    pub fn body_reading(&self) -> Option<Reading> {
        self.body_reading
    }

    /// What its readers say of a query.
    pub fn query_readings(&self) -> &[Reading] {
        &self.query_readings
    }

    pub(crate) fn named_schemas(&self) -> &Schemas {
        &self.schemas
    }

    pub(crate) fn failures(&self) -> &[Entry] {
        &self.failures
    }

    pub(crate) fn successes(&self) -> &BTreeMap<StatusCode, Value> {
        &self.successes
    }

    pub(crate) fn parameters(&self) -> &[Value] {
        &self.parameters
    }

    pub(crate) fn request_body(&self) -> Option<&Value> {
        self.body.as_ref()
    }
}
