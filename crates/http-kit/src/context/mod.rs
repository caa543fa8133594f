//! What the edge and the handler tell each other about a request.

mod client_address;
mod request;

pub(crate) use client_address::ClientAddress;
pub(crate) use request::{REQUEST_ID, RequestContext, RequestIds, RouteId};
