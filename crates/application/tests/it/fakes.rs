//! A store whose repositories are mocks.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use auth_application::{Writer, WriterPorts};
use auth_crypto::SystemIds;
use auth_domain::audit::{AuditLog, MockAuditLog};
use auth_domain::error::PortError;
use auth_domain::events::{Inbox, MockInbox, MockOutbox, Outbox};
use auth_domain::identity::{
    MockOneTimeTokenQueries, MockOneTimeTokenRepo, MockSessionCache, MockSessionQueries,
    MockSessionRepo, OneTimeTokenQueries, OneTimeTokenRepo, SessionQueries, SessionRepo,
};
use auth_domain::jobs::{JobQueue, MockJobQueue};
use auth_domain::organizations::{
    MockOrganizationQueries, MockOrganizationRepo, OrganizationQueries, OrganizationRepo,
};
use auth_domain::rbac::{
    CatalogueQueries, CatalogueRepo, GrantQueries, GrantRepo, MockCatalogueQueries,
    MockCatalogueRepo, MockGrantQueries, MockGrantRepo, MockPolicyFeed, MockRoleQueries,
    MockRoleRepo, RoleQueries, RoleRepo,
};
use auth_domain::security::{
    LoginActivityLog, LoginActivityQueries, MockLoginActivityLog, MockLoginActivityQueries,
    MockSecurityAlertRepo, SecurityAlertRepo,
};
use auth_domain::store::{ReadRepositories, Repositories, Store, UnitOfWork};
use auth_domain::users::{MockUserQueries, MockUserRepo, UserQueries, UserRepo};
use auth_testkit::clock::ManualClock;

/// The mocks of one transaction.
#[derive(Default)]
pub(crate) struct MockTx {
    /// What it reads.
    pub(crate) reads: MockReads,
    /// Whether its commit fails.
    pub(crate) breaks: bool,
    pub(crate) organizations: MockOrganizationRepo,
    pub(crate) users: MockUserRepo,
    pub(crate) sessions: MockSessionRepo,
    pub(crate) roles: MockRoleRepo,
    pub(crate) grants: MockGrantRepo,
    pub(crate) catalogue: MockCatalogueRepo,
    pub(crate) logins: MockLoginActivityLog,
    pub(crate) alerts: MockSecurityAlertRepo,
    pub(crate) one_time_tokens: MockOneTimeTokenRepo,
    pub(crate) jobs: MockJobQueue,
    pub(crate) audit: MockAuditLog,
    pub(crate) outbox: MockOutbox,
    pub(crate) inbox: MockInbox,
}

/// The mocks of reads.
#[derive(Default)]
pub(crate) struct MockReads {
    pub(crate) organizations: MockOrganizationQueries,
    pub(crate) users: MockUserQueries,
    pub(crate) sessions: MockSessionQueries,
    pub(crate) one_time_tokens: MockOneTimeTokenQueries,
    pub(crate) roles: MockRoleQueries,
    pub(crate) grants: MockGrantQueries,
    pub(crate) catalogue: MockCatalogueQueries,
    pub(crate) logins: MockLoginActivityQueries,
}

/// Hands out prepared transactions in order and counts how they end.
#[derive(Default)]
pub(crate) struct FakeStore {
    pub(crate) reads: MockReads,
    transactions: Mutex<Vec<MockTx>>,
    begun: AtomicU32,
    commits: Arc<AtomicU32>,
    rollbacks: Arc<AtomicU32>,
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

    /// How many transactions began, were committed and were rolled back.
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
    commits: Arc<AtomicU32>,
    rollbacks: Arc<AtomicU32>,
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
        &self.reads
    }
}

impl ReadRepositories for MockReads {
    fn organizations(&self) -> &dyn OrganizationQueries {
        &self.organizations
    }
    fn users(&self) -> &dyn UserQueries {
        &self.users
    }
    fn sessions(&self) -> &dyn SessionQueries {
        &self.sessions
    }
    fn one_time_tokens(&self) -> &dyn OneTimeTokenQueries {
        &self.one_time_tokens
    }
    fn roles(&self) -> &dyn RoleQueries {
        &self.roles
    }
    fn grants(&self) -> &dyn GrantQueries {
        &self.grants
    }
    fn catalogue(&self) -> &dyn CatalogueQueries {
        &self.catalogue
    }
    fn logins(&self) -> &dyn LoginActivityQueries {
        &self.logins
    }
}

impl Repositories for FakeUnit {
    fn read(&self) -> &dyn ReadRepositories {
        &self.tx.reads
    }
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
    fn grants(&mut self) -> &mut dyn GrantRepo {
        &mut self.tx.grants
    }
    fn catalogue(&mut self) -> &mut dyn CatalogueRepo {
        &mut self.tx.catalogue
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
    fn jobs(&mut self) -> &mut dyn JobQueue {
        &mut self.tx.jobs
    }
    fn audit(&mut self) -> &mut dyn AuditLog {
        &mut self.tx.audit
    }
    fn outbox(&mut self) -> &mut dyn Outbox {
        &mut self.tx.outbox
    }

    fn inbox(&mut self) -> &mut dyn Inbox {
        &mut self.tx.inbox
    }
}

#[async_trait]
impl UnitOfWork for FakeUnit {
    async fn commit(self: Box<Self>) -> Result<(), PortError> {
        if self.tx.breaks {
            return Err(PortError::Unavailable("the connection broke".into()));
        }
        self.commits.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn rollback(self: Box<Self>) -> Result<(), PortError> {
        self.rollbacks.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// A writer over mocks.
pub(crate) fn writer(
    store: &Arc<FakeStore>,
    feed: MockPolicyFeed,
    sessions: Option<MockSessionCache>,
) -> Writer {
    Writer::new(WriterPorts {
        store: Arc::clone(store) as _,
        feed: Arc::new(feed),
        sessions: sessions.map(|cache| Arc::new(cache) as _),
        ids: Arc::new(SystemIds),
        clock: Arc::new(ManualClock::default()),
    })
}
