//! The tables as sea-orm sees them; columns that nothing here reads or writes
//! are left out.
#![expect(
    unreachable_pub,
    reason = "the derive makes public items of these private modules"
)]

pub(crate) mod audit_log;
pub(crate) mod login_activity;
pub(crate) mod organization;
pub(crate) mod role;
pub(crate) mod session;
pub(crate) mod user;
pub(crate) mod user_contact;
