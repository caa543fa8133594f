use std::sync::Arc;

use auth_domain::actor::Actor;
use auth_domain::clock::{Clock, Timestamp};
use auth_domain::events::Aggregate;
use auth_domain::fields::Fields;
use auth_domain::ids::OrganizationId;
use auth_domain::organizations::OrganizationScope;
use auth_domain::page::PageRequest;
use auth_domain::rbac::{
    PolicyBroadcast, PolicyEngine, PolicyNews, PolicyRevision, PolicyStore, RoleOverview,
};
use auth_domain::store::Store;

use super::record::{Change, record};
use super::roles::lock;
use super::{RoleError, ensure_system_roles};
use crate::{Tx, transact};

/// What operators do with the policy of organizations.
pub struct PolicyAdministration {
    store: Arc<dyn Store>,
    rows: Arc<dyn PolicyStore>,
    policies: Arc<dyn PolicyEngine>,
    broadcast: Option<Arc<dyn PolicyBroadcast>>,
    clock: Arc<dyn Clock>,
}

impl PolicyAdministration {
    /// A service over its ports. Without a broadcast other instances learn of
    /// [`PolicyAdministration::invalidate`] by their polls.
    pub fn new(
        store: Arc<dyn Store>,
        rows: Arc<dyn PolicyStore>,
        policies: Arc<dyn PolicyEngine>,
        broadcast: Option<Arc<dyn PolicyBroadcast>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            rows,
            policies,
            broadcast,
            clock,
        }
    }

    /// The roles of an organization with what they grant and who holds them.
    pub async fn overview(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<RoleOverview>, RoleError> {
        let roles = self.rows.overview(organization).await?;
        roles.ok_or(RoleError::OrganizationNotFound)
    }

    /// Makes sure that every organization has its system roles with at least
    /// their permissions; answers how many organizations it looked after.
    /// Takes nothing away, and where nothing is missing writes nothing.
    pub async fn seed(&self, actor: &Actor) -> Result<u64, RoleError> {
        let mut seeded = 0;
        let mut page = PageRequest::first();
        loop {
            let organizations = self.store.read().organizations();
            let found = organizations.list(OrganizationScope::All, &page).await?;
            for organization in &found.items {
                self.seed_one(actor, organization.id).await?;
                seeded += 1;
            }
            let Some(next) = found.next else {
                return Ok(seeded);
            };
            page = PageRequest::first().starting_after(next);
        }
    }

    /// Makes everything that was read of policy out of date: on this instance
    /// at once, on the others when they are told, or within a second by the
    /// raised revisions, which also put every remembered decision out of reach.
    pub async fn invalidate(&self) -> Result<(), RoleError> {
        transact::<_, RoleError, _>(&*self.store, |mut tx| {
            Box::pin(async move { Ok(tx.roles().bump_all_policy_revisions().await?) })
        })
        .await?;
        self.policies.drop_all();
        let Some(broadcast) = &self.broadcast else {
            return Ok(());
        };
        if let Err(error) = broadcast.publish(PolicyNews::DropAll).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "an invalidation is left to the polls of the others");
        }
        Ok(())
    }

    async fn seed_one(&self, actor: &Actor, id: OrganizationId) -> Result<(), RoleError> {
        let now = self.clock.now();
        let changed = transact::<_, RoleError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let organization = lock(&mut tx, id).await?;
                let ensured = ensure_system_roles(&mut tx, &organization, now).await?;
                if ensured.added == 0 {
                    return Ok(None);
                }
                record_seed(&mut tx, actor, id, ensured.added, now)
                    .await
                    .map(Some)
            })
        })
        .await?;
        if let Some(revision) = changed {
            self.policies.observe(id, revision);
        }
        Ok(())
    }
}

async fn record_seed(
    tx: &mut Tx<'_, '_>,
    actor: &Actor,
    organization: OrganizationId,
    added: u64,
    at: Timestamp,
) -> Result<PolicyRevision, RoleError> {
    let revision = tx.roles().bump_policy_revision(organization).await?;
    let added = i64::try_from(added).unwrap_or(i64::MAX);
    let change = Change {
        organization,
        action: "organization.roles_seeded",
        to: Aggregate::Organization(organization),
        before: None,
        after: Some(Fields::new().with("added", added)),
        facts: Fields::new().with("added", added),
        at,
    };
    record(tx, actor, change).await?;
    Ok(revision)
}
