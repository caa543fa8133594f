//! A store whose repositories are mocks.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use auth_domain::audit::{AuditLog, MockAuditLog};
use auth_domain::error::PortError;
use auth_domain::events::{MockOutbox, Outbox};
use auth_domain::identity::{
    MockOneTimeTokenQueries, MockOneTimeTokenRepo, MockSessionQueries, MockSessionRepo,
    OneTimeTokenQueries, OneTimeTokenRepo, SessionQueries, SessionRepo,
};
use auth_domain::jobs::{JobRepo, MockJobRepo};
use auth_domain::organizations::{
    MockOrganizationQueries, MockOrganizationRepo, OrganizationQueries, OrganizationRepo,
};
use auth_domain::rbac::{MockRoleQueries, MockRoleRepo, RoleQueries, RoleRepo};
use auth_domain::security::{
    LoginActivityLog, LoginActivityQueries, MockLoginActivityLog, MockLoginActivityQueries,
    MockSecurityAlertRepo, SecurityAlertRepo,
};
use auth_domain::store::{ReadRepositories, Repositories, Store, UnitOfWork};
use auth_domain::users::{MockUserQueries, MockUserRepo, UserQueries, UserRepo};

/// The mocks of one transaction.
#[derive(Default)]
pub(crate) struct MockTx {
    pub(crate) organizations: MockOrganizationRepo,
    pub(crate) users: MockUserRepo,
    pub(crate) sessions: MockSessionRepo,
    pub(crate) roles: MockRoleRepo,
    pub(crate) logins: MockLoginActivityLog,
    pub(crate) alerts: MockSecurityAlertRepo,
    pub(crate) one_time_tokens: MockOneTimeTokenRepo,
    pub(crate) jobs: MockJobRepo,
    pub(crate) audit: MockAuditLog,
    pub(crate) outbox: MockOutbox,
}

/// The mocks of reads.
#[derive(Default)]
pub(crate) struct MockReads {
    pub(crate) organizations: MockOrganizationQueries,
    pub(crate) users: MockUserQueries,
    pub(crate) sessions: MockSessionQueries,
    pub(crate) one_time_tokens: MockOneTimeTokenQueries,
    pub(crate) roles: MockRoleQueries,
    pub(crate) logins: MockLoginActivityQueries,
}

/// Hands out prepared transactions in order and counts how they end.
#[derive(Default)]
pub(crate) struct FakeStore {
    pub(crate) reads: MockReads,
    transactions: Mutex<Vec<MockTx>>,
    pub(crate) begun: AtomicU32,
    pub(crate) commits: std::sync::Arc<AtomicU32>,
    pub(crate) rollbacks: std::sync::Arc<AtomicU32>,
}

impl FakeStore {
    /// A store that hands out these, the first one first.
    pub(crate) fn with(reads: MockReads, mut transactions: Vec<MockTx>) -> Self {
        transactions.reverse();
        Self {
            reads,
            transactions: Mutex::new(transactions),
            ..Self::default()
        }
    }

    pub(crate) fn ended(&self) -> (u32, u32, u32) {
        let read = |count: &AtomicU32| count.load(Ordering::SeqCst);
        (
            read(&self.begun),
            read(&self.commits),
            read(&self.rollbacks),
        )
    }
}

struct FakeUnit {
    tx: MockTx,
    commits: std::sync::Arc<AtomicU32>,
    rollbacks: std::sync::Arc<AtomicU32>,
}

#[async_trait]
impl Store for FakeStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, PortError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let tx = self.transactions.lock().unwrap().pop();
        let tx = tx.expect("the use case begins no more transactions than prepared");
        Ok(Box::new(FakeUnit {
            tx,
            commits: self.commits.clone(),
            rollbacks: self.rollbacks.clone(),
        }))
    }

    fn read(&self) -> &dyn ReadRepositories {
        self
    }
}

impl ReadRepositories for FakeStore {
    fn organizations(&self) -> &dyn OrganizationQueries {
        &self.reads.organizations
    }
    fn users(&self) -> &dyn UserQueries {
        &self.reads.users
    }
    fn sessions(&self) -> &dyn SessionQueries {
        &self.reads.sessions
    }
    fn one_time_tokens(&self) -> &dyn OneTimeTokenQueries {
        &self.reads.one_time_tokens
    }
    fn roles(&self) -> &dyn RoleQueries {
        &self.reads.roles
    }
    fn logins(&self) -> &dyn LoginActivityQueries {
        &self.reads.logins
    }
}

impl Repositories for FakeUnit {
    fn organizations(&mut self) -> &mut dyn OrganizationRepo {
        &mut self.tx.organizations
    }
    fn users(&mut self) -> &mut dyn UserRepo {
        &mut self.tx.users
    }
    fn sessions(&mut self) -> &mut dyn SessionRepo {
        &mut self.tx.sessions
    }
    fn roles(&mut self) -> &mut dyn RoleRepo {
        &mut self.tx.roles
    }
    fn logins(&mut self) -> &mut dyn LoginActivityLog {
        &mut self.tx.logins
    }
    fn alerts(&mut self) -> &mut dyn SecurityAlertRepo {
        &mut self.tx.alerts
    }
    fn one_time_tokens(&mut self) -> &mut dyn OneTimeTokenRepo {
        &mut self.tx.one_time_tokens
    }
    fn jobs(&mut self) -> &mut dyn JobRepo {
        &mut self.tx.jobs
    }
    fn audit(&mut self) -> &mut dyn AuditLog {
        &mut self.tx.audit
    }
    fn outbox(&mut self) -> &mut dyn Outbox {
        &mut self.tx.outbox
    }
}

#[async_trait]
impl UnitOfWork for FakeUnit {
    async fn commit(self: Box<Self>) -> Result<(), PortError> {
        self.commits.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<(), PortError> {
        self.rollbacks.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}
