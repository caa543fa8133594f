//! One operation of the document.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{problem_content, security};
use crate::describe::{of_problem, reference, set, set_in};
use crate::problem::Entry;
use crate::routing::Route;

pub(super) fn of(route: &Route) -> Value {
    let (prose, description) = (route.prose(), route.description());
    let (summary, text) = prose_of(route);
    let mut operation = json!({
        "operationId": prose.name,
        "summary": summary,
        "tags": [route.tag()],
        "security": security::of(route.access()),
        "responses": responses(route),
    });
    if !text.is_empty() {
        set(&mut operation, "description", json!(text));
    }
    if !description.parameters().is_empty() {
        set(
            &mut operation,
            "parameters",
            json!(description.parameters()),
        );
    }
    if let Some(body) = description.request_body() {
        set(&mut operation, "requestBody", body.clone());
    }
    match route.access().permissions().as_slice() {
        [] => {}
        [permission] => set(&mut operation, "x-permission", json!(permission)),
        permissions => set(&mut operation, "x-permission", json!(permissions)),
    }
    operation
}

/// The first sentence of the handler's doc comment, and the rest of it.
fn prose_of(route: &Route) -> (String, String) {
    let prose = route.prose();
    let paragraph = prose.summary.as_deref().unwrap_or_default();
    let paragraph = paragraph.replace('\n', " ");
    let more = prose.description.clone().unwrap_or_default();
    match paragraph.split_once(". ") {
        Some((first, rest)) => {
            let text = format!("{rest}\n\n{more}");
            (format!("{first}."), text.trim_end().to_owned())
        }
        None => (paragraph, more),
    }
}

/// The answers by status: those that are no failure, and the failures, of
/// which each answer lists its codes in `x-codes`.
fn responses(route: &Route) -> Map<String, Value> {
    let description = route.description();
    let mut responses: BTreeMap<StatusCode, Value> = description.successes().clone();
    let mut failures: BTreeMap<StatusCode, Vec<&Entry>> = BTreeMap::new();
    for entry in description.failures() {
        failures.entry(entry.status).or_default().push(entry);
    }
    for (status, mut entries) in failures {
        entries.sort_unstable();
        entries.dedup_by_key(|entry| entry.code);
        let problem = problem(status, &entries);
        match responses.get_mut(&status) {
            Some(other) => join(other, &problem),
            None => {
                responses.insert(status, problem);
            }
        }
    }
    let responses = responses.into_iter();
    responses
        .map(|(status, response)| (status.as_str().to_owned(), response))
        .collect()
}

fn problem(status: StatusCode, entries: &[&Entry]) -> Value {
    let codes: Vec<&str> = entries.iter().map(|entry| entry.code).collect();
    let lines = entries.iter();
    let lines = lines.map(|entry| format!("- `{}`: {}.", entry.code, entry.title));
    let headers = of_problem(status, entries).into_iter();
    let headers: Map<String, Value> = headers
        .map(|name| (name.to_owned(), reference(name)))
        .collect();
    json!({
        "description": lines.collect::<Vec<_>>().join("\n"),
        "headers": headers,
        "content": problem_content(),
        "x-codes": codes,
    })
}

/// An answer that is no failure, and a failure of the same status.
fn join(answer: &mut Value, problem: &Value) {
    for part in ["headers", "content"] {
        let more = problem.get(part).and_then(Value::as_object);
        for (name, value) in more.into_iter().flatten() {
            set_in(answer, part, name, value.clone());
        }
    }
    if let Some(codes) = problem.get("x-codes") {
        set(answer, "x-codes", codes.clone());
    }
}
