//! Jobs and schedules.

mod admin;
mod claims;
mod queue;
mod schedules;

use auth_domain::error::PortError;
use auth_domain::jobs::QueueName;
use sea_orm::QueryResult;

use crate::sql::{column, word};

/// The name of a queue, by its column's place.
fn queue_column(row: &QueryResult, index: usize) -> Result<QueueName, PortError> {
    let name: String = column(row, index)?;
    word(QueueName::parse, &name, "queued_jobs.queue")
}

/// A count of attempts, by its column's place.
fn attempts_column(row: &QueryResult, index: usize) -> Result<u32, PortError> {
    let attempts: i32 = column(row, index)?;
    u32::try_from(attempts).or(Err(PortError::corrupt("attempts")))
}
