use std::sync::Arc;

use auth_domain::events::OrganizationRolesSeeded;
use auth_domain::facts::Facts;
use auth_domain::ids::OrganizationId;
use auth_domain::organizations::OrganizationScope;
use auth_domain::page::PageRequest;
use auth_domain::rbac::{PolicyBroadcast, PolicyNews, PolicyStore, RoleOverview};
use auth_domain::store::Store;

use super::{RoleError, ensure_system_roles};
use crate::access::{AccessError, Operator};
use crate::{Change, Writer};

/// What operators do with the policy of organizations.
pub struct PolicyAdministration {
    store: Arc<dyn Store>,
    rows: Arc<dyn PolicyStore>,
    broadcast: Option<Arc<dyn PolicyBroadcast>>,
    writer: Writer,
}

impl PolicyAdministration {
    /// A service over its ports. Without a broadcast other instances learn of
    /// [`PolicyAdministration::invalidate`] by their polls.
    pub fn new(
        store: Arc<dyn Store>,
        rows: Arc<dyn PolicyStore>,
        broadcast: Option<Arc<dyn PolicyBroadcast>>,
        writer: Writer,
    ) -> Self {
        Self {
            store,
            rows,
            broadcast,
            writer,
        }
    }

    /// The roles of an organization with what they grant and the users who
    /// hold them.
    pub async fn overview(
        &self,
        _operator: &Operator,
        organization: OrganizationId,
    ) -> Result<Vec<RoleOverview>, RoleError> {
        let roles = self.rows.overview(organization).await?;
        roles.ok_or_else(|| AccessError::OrganizationNotFound.into())
    }

    /// Makes sure that every organization has its system roles with at least
    /// their permissions; answers how many organizations it looked after.
    /// Takes nothing away, and where nothing is missing writes nothing.
    pub async fn seed(&self, operator: &Operator) -> Result<u64, RoleError> {
        let mut seeded = 0;
        let mut page = PageRequest::first();
        loop {
            let organizations = self.store.read().organizations();
            let found = organizations.list(OrganizationScope::All, &page).await?;
            for organization in &found.items {
                self.seed_one(operator, organization.id).await?;
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
    pub async fn invalidate(&self, operator: &Operator) -> Result<(), RoleError> {
        self.writer
            .run::<_, RoleError, _>(operator.actor(), |mut tx| {
                Box::pin(async move { Ok(tx.raise_all_policies().await?) })
            })
            .await?;
        let Some(broadcast) = &self.broadcast else {
            return Ok(());
        };
        if let Err(error) = broadcast.publish(PolicyNews::DropAll).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "an invalidation is left to the polls of the others");
        }
        Ok(())
    }

    async fn seed_one(&self, operator: &Operator, id: OrganizationId) -> Result<(), RoleError> {
        self.writer
            .run(operator.actor(), |mut tx| {
                Box::pin(async move {
                    let locked = tx.organizations().lock(id).await?;
                    let organization = locked.ok_or(AccessError::OrganizationNotFound)?;
                    let added = ensure_system_roles(&mut tx, &organization).await?.added;
                    if added == 0 {
                        return Ok(());
                    }
                    tx.raise_policy(id).await?;
                    let event = OrganizationRolesSeeded {
                        actor_id: tx.actor().user_id(),
                        organization_id: id,
                        added,
                    };
                    let added = i64::try_from(added).unwrap_or(i64::MAX);
                    let after = Facts::new().with("added", added);
                    Ok(tx
                        .record(Change::with_event(id, &event).after(after))
                        .await?)
                })
            })
            .await
    }
}
