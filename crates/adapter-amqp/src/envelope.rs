//! How an event travels: JSON, as `docs/events.md` has it.

use auth_domain::clock::Timestamp;
use auth_domain::events::{Aggregate, AggregateKind, Event, EventId, EventType};
use auth_domain::facts::Facts;
use auth_domain::ids::{OrganizationId, UserId};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who tells the events.
const SOURCE: &str = "auth-microservice";

/// Why a message is no event of this version.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// It is no JSON of that form.
    #[error("the message is no event: {0}")]
    Form(#[from] serde_json::Error),
    /// A word in it means nothing to this version.
    #[error("the message has an unknown {0}")]
    Unknown(&'static str),
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    id: Uuid,
    #[serde(rename = "type")]
    event_type: String,
    source: String,
    timestamp: String,
    organization_id: OrganizationId,
    actor_id: Option<UserId>,
    request_id: Option<String>,
    aggregate: Of,
    sequence: i64,
    payload: Facts,
}

#[derive(Serialize, Deserialize)]
struct Of {
    kind: String,
    id: String,
}

/// The body of a message about an event, the `sequence`th of its aggregate.
pub fn write(event: &Event, sequence: i64) -> Result<Vec<u8>, EnvelopeError> {
    let envelope = Envelope {
        id: event.id.0,
        event_type: event.event_type.as_str().to_owned(),
        source: SOURCE.to_owned(),
        timestamp: event.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        organization_id: event.organization_id,
        actor_id: event.actor_id,
        request_id: event.request_id.clone(),
        aggregate: Of {
            kind: event.aggregate.kind.as_str().to_owned(),
            id: event.aggregate.id.clone(),
        },
        sequence,
        payload: event.payload.clone(),
    };
    Ok(serde_json::to_vec(&envelope)?)
}

/// The event of a message's body, and its number within its aggregate. What a
/// later version adds to the envelope is passed over.
pub fn read(body: &[u8]) -> Result<(Event, i64), EnvelopeError> {
    let envelope: Envelope = serde_json::from_slice(body)?;
    let unknown = |what| move || EnvelopeError::Unknown(what);
    let at: Option<Timestamp> = DateTime::parse_from_rfc3339(&envelope.timestamp)
        .ok()
        .map(|at| at.with_timezone(&Utc));
    let event = Event {
        id: EventId(envelope.id),
        event_type: EventType::parse(&envelope.event_type).ok_or_else(unknown("type"))?,
        aggregate: Aggregate {
            kind: AggregateKind::parse(&envelope.aggregate.kind)
                .ok_or_else(unknown("kind of aggregate"))?,
            id: envelope.aggregate.id,
        },
        organization_id: envelope.organization_id,
        actor_id: envelope.actor_id,
        request_id: envelope.request_id,
        at: at.ok_or_else(unknown("timestamp"))?,
        payload: envelope.payload,
    };
    Ok((event, envelope.sequence))
}

#[cfg(test)]
mod tests {
    use auth_domain::caller::Actor;
    use auth_testkit::builders;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let account = builders::account();
        let event = builders::event(account.organization_id, &Actor::system("test"));
        let body = write(&event, 7).unwrap();
        assert_eq!(read(&body).unwrap(), (event, 7));
    }

    #[test]
    fn what_is_no_event_is_told_apart() {
        let account = builders::account();
        let event = builders::event(account.organization_id, &Actor::system("test"));
        let body: Value = serde_json::from_slice(&write(&event, 7).unwrap()).unwrap();
        for (field, value, said) in [
            ("type", json!("of.tomorrow"), "an unknown type"),
            ("timestamp", json!("yesterday"), "an unknown timestamp"),
            ("organization_id", json!(0), "no event"),
            ("actor_id", json!(-1), "no event"),
            (
                "aggregate",
                json!({"kind": "star", "id": "1"}),
                "kind of aggregate",
            ),
            ("sequence", json!("7"), "no event"),
            ("payload", json!([]), "no event"),
        ] {
            let mut body = body.clone();
            body[field] = value;
            let error = read(body.to_string().as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{field}: {error}");
        }
        let mut later = body;
        later["traceparent"] = json!("00-1-2-01");
        assert!(read(later.to_string().as_bytes()).is_ok());
        for body in [&b""[..], b"null", b"\xff\xfe", b"{}"] {
            assert!(read(body).is_err());
        }
    }
}
