//! Writes of organizations.

use async_trait::async_trait;
use auth_domain::clock::Timestamp;
use auth_domain::error::{Constraint, PortError};
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::organizations::{
    NewOrganization, Organization, OrganizationKind, OrganizationRepo,
};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockType};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};

use super::{domains_to_json, to_domain};
use crate::entities::organization::{ActiveModel, Column, Entity};
use crate::errors::{port_error, refers_to};
use crate::sql::Sql;

#[async_trait]
impl OrganizationRepo for Sql<DatabaseTransaction> {
    async fn insert(&mut self, new: &NewOrganization) -> Result<Organization, PortError> {
        let row = ActiveModel {
            organization_id: NotSet,
            name: Set(new.name.as_str().to_owned()),
            name_key: Set(new.name.key().as_str().to_owned()),
            kind: Set(OrganizationKind::Tenant.as_str().to_owned()),
            owner_id: Set(None),
            license_status: Set(new.license_status.as_str().to_owned()),
            self_registration: Set(false),
            sso_provisioning: Set(false),
            allowed_email_domains: Set(domains_to_json(&[])?),
            policy_revision: Set(1),
            created_at: Set(new.created_at),
            updated_at: Set(new.created_at),
        };
        let row = Entity::insert(row).exec_with_returning(self.conn()).await;
        to_domain(row.map_err(port_error)?)
    }

    async fn update(&mut self, organization: &Organization) -> Result<(), PortError> {
        let sign_up = &organization.sign_up;
        let row = ActiveModel {
            name: Set(organization.name.as_str().to_owned()),
            name_key: Set(organization.name.key().as_str().to_owned()),
            owner_id: Set(organization.owner_id.map(UserId::get)),
            license_status: Set(organization.license_status.as_str().to_owned()),
            self_registration: Set(sign_up.self_registration),
            sso_provisioning: Set(sign_up.sso_provisioning),
            allowed_email_domains: Set(domains_to_json(&sign_up.allowed_email_domains)?),
            updated_at: Set(organization.updated_at),
            ..ActiveModel::default()
        };
        let result = Entity::update_many()
            .set(row)
            .filter(Column::OrganizationId.eq(organization.id.get()))
            .exec(self.conn())
            .await
            .map_err(port_error)
            .map_err(refers_to(Constraint::User))?;
        if result.rows_affected == 0 {
            return Err(PortError::Stale);
        }
        Ok(())
    }

    async fn lock(&mut self, id: OrganizationId) -> Result<Option<Organization>, PortError> {
        // On SQLite the transaction itself is the lock, and none is written.
        let row = Entity::find_by_id(id.get())
            .lock(LockType::NoKeyUpdate)
            .one(self.conn())
            .await;
        row.map_err(port_error)?.map(to_domain).transpose()
    }

    async fn raise_policy(
        &mut self,
        id: OrganizationId,
    ) -> Result<Option<Organization>, PortError> {
        let raised = Expr::col(Column::PolicyRevision).add(1);
        let rows = Entity::update_many()
            .col_expr(Column::PolicyRevision, raised)
            .filter(Column::OrganizationId.eq(id.get()))
            .exec_with_returning(self.conn())
            .await
            .map_err(port_error)?;
        rows.into_iter().next().map(to_domain).transpose()
    }

    async fn raise_all_policies(&mut self) -> Result<(), PortError> {
        self.execute(
            "UPDATE organizations SET policy_revision = policy_revision + 1",
            [],
        )
        .await?;
        Ok(())
    }

    async fn set_owner(&mut self, id: OrganizationId, owner: UserId) -> Result<(), PortError> {
        let changed = self
            .execute(
                "UPDATE organizations SET owner_id = $2 WHERE organization_id = $1",
                [id.get().into(), owner.get().into()],
            )
            .await
            .map_err(refers_to(Constraint::User))?;
        if changed == 0 {
            return Err(PortError::MissingReference(Constraint::User));
        }
        Ok(())
    }

    async fn mark_bootstrapped(&mut self, at: Timestamp) -> Result<(), PortError> {
        self.execute(
            "UPDATE organizations SET bootstrapped_at = $1 \
             WHERE kind = 'root' AND bootstrapped_at IS NULL",
            [at.into()],
        )
        .await?;
        Ok(())
    }
}
