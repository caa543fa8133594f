//! The store: transactions, and reads outside them.
//!
//! A use case never commits by itself: the application's `Writer` does, and
//! nothing is published, invalidated or cached before it has.

use async_trait::async_trait;

use crate::audit::AuditLog;
use crate::error::PortError;
use crate::events::{Inbox, Outbox};
use crate::identity::{OneTimeTokenQueries, OneTimeTokenRepo, SessionQueries, SessionRepo};
use crate::jobs::JobQueue;
use crate::organizations::{OrganizationQueries, OrganizationRepo};
use crate::rbac::{
    CatalogueQueries, CatalogueRepo, GrantQueries, GrantRepo, RoleQueries, RoleRepo,
};
use crate::security::{LoginActivityLog, LoginActivityQueries, SecurityAlertRepo};
use crate::users::{UserQueries, UserRepo};

/// The repositories inside one transaction. To add one: define its trait in
/// its context, add it here, implement it in `adapter-sql`, and add its MUST
/// sentences to the contract suite in `testkit`.
pub trait Repositories: Send + Sync {
    /// Reads that see what the transaction wrote.
    fn read(&self) -> &dyn ReadRepositories;
    /// Organizations.
    fn organizations(&mut self) -> &mut dyn OrganizationRepo;
    /// Users and their contacts.
    fn users(&mut self) -> &mut dyn UserRepo;
    /// Sessions.
    fn sessions(&mut self) -> &mut dyn SessionRepo;
    /// Roles.
    fn roles(&mut self) -> &mut dyn RoleRepo;
    /// Grants and assignments.
    fn grants(&mut self) -> &mut dyn GrantRepo;
    /// The permission catalogue.
    fn catalogue(&mut self) -> &mut dyn CatalogueRepo;
    /// Sign-in activity.
    fn logins(&mut self) -> &mut dyn LoginActivityLog;
    /// Security alerts.
    fn alerts(&mut self) -> &mut dyn SecurityAlertRepo;
    /// One-time tokens.
    fn one_time_tokens(&mut self) -> &mut dyn OneTimeTokenRepo;
    /// Work for later.
    fn jobs(&mut self) -> &mut dyn JobQueue;
    /// The audit log.
    fn audit(&mut self) -> &mut dyn AuditLog;
    /// Events to publish.
    fn outbox(&mut self) -> &mut dyn Outbox;
    /// Events of others that were handled.
    fn inbox(&mut self) -> &mut dyn Inbox;
}

/// One transaction. Dropped without commit, it MUST leave no trace.
#[async_trait]
pub trait UnitOfWork: Repositories {
    /// Makes all of it durable, or answers why none of it is.
    async fn commit(self: Box<Self>) -> Result<(), PortError>;
    /// Undoes all of it.
    async fn rollback(self: Box<Self>) -> Result<(), PortError>;
}

/// Reads. Outside a transaction each sees all that was committed before it
/// began; inside one, what the transaction wrote too.
pub trait ReadRepositories: Send + Sync {
    /// Organizations.
    fn organizations(&self) -> &dyn OrganizationQueries;
    /// Users.
    fn users(&self) -> &dyn UserQueries;
    /// Sessions.
    fn sessions(&self) -> &dyn SessionQueries;
    /// Roles.
    fn roles(&self) -> &dyn RoleQueries;
    /// Grants and assignments.
    fn grants(&self) -> &dyn GrantQueries;
    /// The permission catalogue.
    fn catalogue(&self) -> &dyn CatalogueQueries;
    /// One-time tokens.
    fn one_time_tokens(&self) -> &dyn OneTimeTokenQueries;
    /// Sign-in activity.
    fn logins(&self) -> &dyn LoginActivityQueries;
}

/// The database of the service.
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a transaction that can write. A caller that goes away while this
    /// runs MUST NOT leave an open transaction on a pooled connection.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, PortError>;

    /// Reads outside any transaction.
    fn read(&self) -> &dyn ReadRepositories;
}
