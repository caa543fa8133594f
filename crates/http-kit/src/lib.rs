//! What every route is made of: access, inputs, answers, problems, routing, the
//! edge, the OpenAPI document.
//!
//! It knows no context: no body, no route, no list of them. A context declares
//! its handlers with what is here, and [`service`](HttpService) serves the
//! routes that it is given.
//!
//! The modules stand in layers, and no module imports one of a higher layer:
//! `problem`, `describe`, `secret` and `context`; `state`; `call`; `input`,
//! `access` and `answer`; `page`; `routing`; `openapi` and `edge`; `app`; `server`.

pub mod access;
pub mod answer;
mod app;
mod call;
mod context;
pub mod describe;
mod edge;
mod headers;
pub mod input;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod routing;
mod secret;
mod server;
mod state;

pub use app::{HttpService, app};
pub use call::Call;
pub use server::{ServerOptions, serve};
pub use state::{HttpOptions, HttpParts, HttpState};

/// What the macros of this crate need where they are used.
#[doc(hidden)]
pub mod macros {
    pub use auth_domain::change::Change;
    pub use pastey::paste;
    pub use serde_json;
}
