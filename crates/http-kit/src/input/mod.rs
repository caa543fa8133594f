//! What a handler reads of a request, parsed into domain types.
//!
//! A body or a query is declared once, by [`wire_object!`](crate::wire_object):
//! the declaration is its reader, its schema and its example.

mod body;
mod location;
mod object;
mod parsers;
mod reader;
mod values;

use std::ops::Deref;

pub use body::{FormOrJson, JsonBody};
pub use location::{PathId, PathParameter, Query, QueryLists};
pub use object::{Declaration, Property, WireObject, WireValue};
pub use parsers::{boolean, id, integer, integer_between, list, string, text, word};
pub use reader::{ObjectReader, Refusals, read, read_object};
pub use values::{BlankIsNone, Flag, Id, Line, List, Single, Text, Word, id_schema};

use crate::call::Call;
use crate::describe::Description;
use crate::problem::Problem;
use crate::state::HttpState;

/// An argument of a handler after the first.
#[diagnostic::on_unimplemented(message = "`{Self}` is no input of a handler")]
pub trait Input: Sized {
    /// Says what it reads.
    fn describe(description: &mut Description);

    /// Reads it.
    fn read(call: &mut Call) -> impl Future<Output = Result<Self, Problem>>;
}

/// The services.
pub struct State(HttpState);

impl Input for State {
    fn describe(_description: &mut Description) {}

    async fn read(call: &mut Call) -> Result<Self, Problem> {
        Ok(Self(call.state().clone()))
    }
}

impl Deref for State {
    type Target = HttpState;

    fn deref(&self) -> &HttpState {
        &self.0
    }
}
