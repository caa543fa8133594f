//! Reads of organizations.

use async_trait::async_trait;
use auth_domain::error::PortError;
use auth_domain::ids::OrganizationId;
use auth_domain::organizations::{
    Organization, OrganizationKind, OrganizationQueries, OrganizationScope,
};
use auth_domain::page::{OrganizationKey, Page, PageRequest};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, FromQueryResult as _, QueryFilter as _, QueryResult,
    QueryTrait as _,
};

use super::to_domain;
use crate::entities::organization::{Column, Entity, Model};
use crate::errors::port_error;
use crate::list::{Filter, Keyset};
use crate::sql::{Connection, Sql, column};

// A holder of `super_admin` counts even if nobody called `mark_bootstrapped`:
// this read opens the platform's bootstrap, so it errs on the closed side.
const IS_PRISTINE: &str = "
SELECT NOT EXISTS (
        SELECT 1 FROM organizations WHERE kind = 'tenant' AND organization_id <> $1)
    AND NOT EXISTS (
        SELECT 1 FROM organizations WHERE kind = 'root' AND bootstrapped_at IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1 FROM organizations o
        JOIN roles r
            ON r.organization_id = o.organization_id AND r.system_role = 'super_admin'
        JOIN user_roles h ON h.role_id = r.role_id
        WHERE o.kind = 'root')";

#[async_trait]
impl<C: Connection> OrganizationQueries for Sql<C> {
    async fn find(&self, id: OrganizationId) -> Result<Option<Organization>, PortError> {
        let row = Entity::find_by_id(id.get()).one(self.conn()).await;
        row.map_err(port_error)?.map(to_domain).transpose()
    }

    async fn find_root(&self) -> Result<Organization, PortError> {
        let row = Entity::find()
            .filter(Column::Kind.eq(OrganizationKind::Root.as_str()))
            .one(self.conn())
            .await
            .map_err(port_error)?;
        to_domain(row.ok_or_else(|| PortError::corrupt("organizations: RootOrg is missing"))?)
    }

    async fn list(
        &self,
        scope: OrganizationScope,
        page: &PageRequest<OrganizationKey>,
    ) -> Result<Page<Organization, OrganizationKey>, PortError> {
        let select = Entity::find().into_query();
        let only = match scope {
            OrganizationScope::All => None,
            OrganizationScope::Only(id) => Some(id.get()),
        };
        let filter = Filter::all().equals("organization_id", only);
        let after = page.after().map(|OrganizationKey(id)| id.get());
        let keyset = Keyset::by("organization_id", after);
        let key = |organization: &Organization| OrganizationKey(organization.id);
        self.page(select, filter, keyset, page, organization, key)
            .await
    }

    async fn is_pristine(&self) -> Result<bool, PortError> {
        let row = self
            .one(IS_PRISTINE, [OrganizationId::DEFAULT.get().into()])
            .await?;
        row.map_or(Ok(false), |row| column(&row, 0))
    }
}

fn organization(row: &QueryResult) -> Result<Organization, PortError> {
    to_domain(Model::from_query_result(row, "").map_err(port_error)?)
}
