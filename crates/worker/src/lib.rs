//! Background loops: started by a supervisor, run until it shuts down.
//!
//! A loop drives one job over and over. It decides when; what the job does is
//! the business of the application and its ports.

mod announce;
mod failures;
mod jobs;
mod policy;
mod relay;
mod supervisor;

pub use announce::announce_policies;
pub use jobs::{measure, run_jobs, run_schedule};
pub use policy::{hear_policies, poll_policies};
pub use relay::run_relay;
pub use supervisor::{Stop, Supervisor};
