//! Sign-in activity and security alerts.

mod alerts;
mod logins;
