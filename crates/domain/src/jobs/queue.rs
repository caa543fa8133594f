//! Asking for work.

use std::borrow::Cow;
use std::fmt;

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::error::PortError;

/// The name of a queue: `a` to `z`, digits and `_`, 1 to 64 characters. Jobs
/// of one queue have one type of payload and one handler.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueName(Cow<'static, str>);

impl QueueName {
    /// A name that stands in the code. In a constant, a malformed one does not
    /// compile.
    ///
    /// # Panics
    /// On a malformed name.
    pub const fn new(name: &'static str) -> Self {
        assert!(is_queue_name(name), "malformed name of a queue");
        Self(Cow::Borrowed(name))
    }

    /// A name from outside; `None` for a malformed one.
    pub fn parse(name: &str) -> Option<Self> {
        is_queue_name(name).then(|| Self(Cow::Owned(name.to_owned())))
    }

    /// The name, for an adapter or a label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const fn is_queue_name(name: &str) -> bool {
    let mut rest = name.as_bytes();
    if rest.is_empty() || rest.len() > 64 {
        return false;
    }
    while let [byte, after @ ..] = rest {
        if !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_') {
            return false;
        }
        rest = after;
    }
    true
}

/// What a handler needs to know, as JSON text. The application writes and
/// reads it; nothing else looks inside. It can name a person: redacted in
/// `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct JobPayload(String);

impl JobPayload {
    /// Takes JSON text.
    pub fn from_json(text: String) -> Self {
        Self(text)
    }

    /// The JSON text.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for JobPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobPayload({} bytes)", self.0.len())
    }
}

/// Work to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Which handler does it.
    pub queue: QueueName,
    /// What the handler needs to know.
    pub payload: JobPayload,
    /// The earliest time to do it.
    pub run_at: Timestamp,
    /// Jobs of a queue with one key are the same work. `None`: like no other.
    pub dedup_key: Option<String>,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// Asks for work, inside the transaction of the change that needs it.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Adds a job. It can be claimed after the commit, from its `run_at` on.
    ///
    /// At most one job of a queue and key waits: while one does, this MUST
    /// change nothing, and the waiting one MUST NOT be claimed before this
    /// transaction ends, so that its handler sees what this transaction wrote.
    /// A job that is claimed or dead does not keep a new one out.
    async fn enqueue(&mut self, job: &NewJob) -> Result<(), PortError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_named_in_lower_case_letters_digits_and_underscores() {
        let longest = "a".repeat(64);
        for name in ["a", "mail", "search_2", "09_az", longest.as_str()] {
            assert_eq!(QueueName::parse(name).unwrap().as_str(), name);
        }
        let too_long = "a".repeat(65);
        for name in [
            "", "Mail", "a b", "a,b", "a-b", "ä", "`", "{", "/", ":", &too_long,
        ] {
            assert_eq!(QueueName::parse(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_name_is_the_same_wherever_it_came_from() {
        const MAIL: QueueName = QueueName::new("mail");
        assert_eq!(QueueName::parse("mail"), Some(MAIL));
        assert_eq!(MAIL.to_string(), "mail");
    }

    #[test]
    #[should_panic(expected = "malformed name of a queue")]
    fn a_malformed_name_in_the_code_does_not_go_unseen() {
        let _name = QueueName::new("Mail");
    }

    #[test]
    fn a_payload_is_not_shown() {
        let payload = JobPayload::from_json("\"ana@example.com\"".to_owned());
        assert_eq!(format!("{payload:?}"), "JobPayload(17 bytes)");
        assert_eq!(payload.as_json(), "\"ana@example.com\"");
    }
}
