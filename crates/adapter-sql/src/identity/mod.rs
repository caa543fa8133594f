//! Sessions, one-time tokens, and the account rows that sign-ins and the gate
//! judge.

mod account;
mod admission;
mod digest;
mod one_time;
mod queries;
mod repo;

pub(crate) use account::{ACCOUNT_WIDTH, account, account_columns, member_status};
