//! Roles, grants, assignments, and the rows that decisions rest on.

mod policy;
mod repo;

pub(crate) use policy::ids;
