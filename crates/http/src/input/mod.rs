//! What a handler reads of a request, parsed into domain types.

mod body;
mod fields;
mod location;
mod parsers;

pub use body::{FormOrJson, JsonBody};
#[cfg(test)]
pub(crate) use fields::read;
pub use fields::{Fields, FromFields, Refusals, read_object};
pub use location::{PathId, PathParameter, Query, QueryLists};
pub use parsers::{
    blank_is_none, boolean, email, email_domain, id, integer, line, list, string, text, word,
};

use std::ops::Deref;

use crate::problem::Problem;
use crate::routing::Call;
use crate::state::{HttpParts, HttpState};

/// An argument of a handler after the first.
#[diagnostic::on_unimplemented(message = "`{Self}` is no input of a handler")]
pub trait Input: Sized {
    /// Reads it.
    fn read(call: &mut Call) -> impl Future<Output = Result<Self, Problem>>;
}

/// The services.
pub struct State(HttpState);

impl Input for State {
    async fn read(call: &mut Call) -> Result<Self, Problem> {
        Ok(Self(call.http().clone()))
    }
}

impl Deref for State {
    type Target = HttpParts;

    fn deref(&self) -> &HttpParts {
        &self.0.shared().parts
    }
}

impl State {
    pub(crate) fn documents(&self) -> &crate::docs::Documents {
        &self.0.shared().documents
    }
}
