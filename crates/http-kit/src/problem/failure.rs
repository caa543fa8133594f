//! What can go wrong, as a route declares it and the document shows it.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use auth_application::error::{Infrastructure, UseCaseError};

use super::{EdgeCode, status_of};

/// Something that an answer can fail with: an error of a use case, or a code of
/// the edge.
pub trait Failure {
    /// Its entry in the catalogue.
    fn entry(&self) -> Entry;
}

/// What belongs to a failure: its stable code, its status and its title.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The code on the wire.
    pub code: &'static str,
    /// The status.
    pub status: StatusCode,
    /// The title, for a person.
    pub title: Cow<'static, str>,
}

impl Failure for EdgeCode {
    fn entry(&self) -> Entry {
        Entry {
            code: self.code(),
            status: self.status(),
            title: Cow::Borrowed(self.title()),
        }
    }
}

impl<E: UseCaseError> Failure for E {
    fn entry(&self) -> Entry {
        if let Some(infrastructure) = self.infrastructure() {
            return edge_code(infrastructure).entry();
        }
        Entry {
            code: self.code(),
            status: status_of(self.kind()),
            title: Cow::Owned(capitalized(&self.to_string())),
        }
    }
}

/// How the edge shows that a port could not do its work.
fn edge_code(infrastructure: &Infrastructure) -> EdgeCode {
    let code = infrastructure.code();
    let mut all = EdgeCode::ALL.iter();
    let found = all.find(|known| known.code() == code);
    found.copied().unwrap_or(EdgeCode::InternalError)
}

/// The sentence with a capital letter.
fn capitalized(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}
