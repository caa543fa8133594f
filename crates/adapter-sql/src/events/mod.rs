//! Events: appended and handled inside a transaction, claimed by the relay.

mod admin;
mod relay;
mod transaction;
