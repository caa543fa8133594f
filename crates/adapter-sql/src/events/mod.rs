//! Events: appended and handled inside a transaction, claimed by the relay.

mod relay;
mod transaction;
