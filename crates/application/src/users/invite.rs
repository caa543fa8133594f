//! Users whom somebody invites.

use auth_domain::actor::Actor;
use auth_domain::error::PortError;
use auth_domain::identity::{PasswordHash, Principal};
use auth_domain::ids::{OrganizationId, RoleId};
use auth_domain::organizations::Organization;
use auth_domain::rbac::SystemRole;
use auth_domain::users::UserWithRoles;

use super::{NewAccount, UserError, UserService, create_user};
use crate::organizations::{Written, set_first_owner};
use crate::rbac::ensure_system_roles;
use crate::rbac::guards::demand_may_assign;
use crate::{Tx, transact};

impl UserService {
    /// Makes a user of an organization that the path names, with a role of it
    /// that grants nothing that the caller lacks, or with `member`.
    pub async fn invite(
        &self,
        actor: &Actor,
        principal: &Principal,
        organization: OrganizationId,
        role: Option<RoleId>,
        account: &NewAccount,
    ) -> Result<Written<UserWithRoles>, UserError> {
        self.demand_reach(principal, organization).await?;
        let hash = &self.hashed(account).await?;
        let now = self.clock.now();
        let written = transact::<_, UserError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let found = raise(&mut tx, organization).await?;
                let role = match role {
                    Some(role) => {
                        demand_may_assign(&mut tx, principal, &found, role).await?;
                        role
                    }
                    None => member_of(&mut tx, organization).await?,
                };
                let user =
                    create_user(&mut tx, actor, organization, role, account, hash, now).await?;
                Ok(written(
                    &found,
                    UserWithRoles {
                        user,
                        role_ids: vec![role],
                    },
                ))
            })
        })
        .await?;
        self.policies.observe(organization, written.revision);
        Ok(written)
    }

    /// Makes an admin of an organization that the path names, who becomes its
    /// owner when it has none.
    pub async fn invite_admin(
        &self,
        actor: &Actor,
        principal: &Principal,
        organization: OrganizationId,
        account: &NewAccount,
    ) -> Result<Written<UserWithRoles>, UserError> {
        self.demand_reach(principal, organization).await?;
        let hash = &self.hashed(account).await?;
        let now = self.clock.now();
        let written = transact::<_, UserError, _>(&*self.store, |mut tx| {
            Box::pin(async move {
                let found = raise(&mut tx, organization).await?;
                let role = ensure_system_roles(&mut tx, &found, now).await?.id;
                demand_may_assign(&mut tx, principal, &found, role).await?;
                let user =
                    create_user(&mut tx, actor, organization, role, account, hash, now).await?;
                set_first_owner(&mut tx, actor, &found, user.id, now).await?;
                Ok(written(
                    &found,
                    UserWithRoles {
                        user,
                        role_ids: vec![role],
                    },
                ))
            })
        })
        .await?;
        self.policies.observe(organization, written.revision);
        Ok(written)
    }

    /// Hashes the password of a new account: work for before the transaction.
    async fn hashed(&self, account: &NewAccount) -> Result<PasswordHash, UserError> {
        let hash = self.passwords.hash(account.password(), account.names());
        Ok(hash.await?)
    }
}

/// Locks the organization and raises its policy revision.
async fn raise(
    tx: &mut Tx<'_, '_>,
    organization: OrganizationId,
) -> Result<Organization, UserError> {
    tx.roles().bump_policy_revision(organization).await?;
    let found = tx.organizations().find(organization).await?;
    found.ok_or(UserError::OrganizationNotFound)
}

/// What a member may do is the organization's to say and nobody's to lack, so
/// that the role may be given by everybody who invites.
async fn member_of(tx: &mut Tx<'_, '_>, organization: OrganizationId) -> Result<RoleId, PortError> {
    let roles = tx.roles();
    let member = roles.find_system(organization, SystemRole::Member).await?;
    let member = member.ok_or_else(|| PortError::corrupt("the role member is missing"))?;
    Ok(member.id)
}

fn written(organization: &Organization, value: UserWithRoles) -> Written<UserWithRoles> {
    Written {
        value,
        revision: organization.policy_revision,
    }
}
