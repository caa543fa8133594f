//! Events after their commit: from the outbox to the bus, and the outbox as an
//! operator sees it.

mod admin;
mod relay;

pub use admin::OutboxAdministration;
pub use relay::{Relay, RelayOptions, Round};
