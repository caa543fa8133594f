//! The SQL store on real databases.
