use std::sync::Arc;

use auth_domain::actor::{Actor, Who};
use auth_domain::identity::Principal;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{
    DecisionCache, Explanation, Missing, Permission, PolicyEngine, PolicyError, PolicyRevision,
    PolicySnapshot, Reason,
};
use auth_domain::store::Store;

use super::DecisionError;
use super::roles::PLATFORM;
use crate::access::Access;
use crate::error::Infrastructure;

/// Answers "may this user do that?".
pub struct DecisionService {
    store: Arc<dyn Store>,
    policies: Arc<dyn PolicyEngine>,
    remembering: Option<Arc<dyn DecisionCache>>,
    access: Access,
}

/// "May this user do that in this organization?"
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// The organization.
    pub organization: OrganizationId,
    /// The revision that the answer must not be older than; `None`: within a
    /// second is enough.
    pub at_least: Option<PolicyRevision>,
    /// The user.
    pub user: UserId,
    /// The exact name of the permission.
    pub permission: &'a str,
}

/// An answer, and the policy revision that it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The revision; 0 for an organization that does not exist.
    pub revision: PolicyRevision,
}

/// Answers to several questions, all of one policy revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decisions {
    /// Whether each is allowed, in the order of the questions.
    pub allowed: Vec<bool>,
    /// The revision; 0 for an organization that does not exist.
    pub revision: PolicyRevision,
}

impl DecisionService {
    /// A service over its ports. `remembering` is where instances keep
    /// decisions for each other, if there is such a place.
    pub fn new(
        store: Arc<dyn Store>,
        policies: Arc<dyn PolicyEngine>,
        remembering: Option<Arc<dyn DecisionCache>>,
    ) -> Self {
        let access = Access::new(Arc::clone(&policies));
        Self {
            store,
            policies,
            remembering,
            access,
        }
    }

    /// Whether a signed-in user holds a permission in its own organization:
    /// what the routes of this service ask.
    pub async fn permits(
        &self,
        principal: &Principal,
        permission: Permission,
    ) -> Result<bool, Infrastructure> {
        self.access.permits(principal, permission).await
    }

    /// Whether a user may do something in an organization. What does not exist
    /// is not allowed.
    pub async fn check(
        &self,
        caller: &Actor,
        question: Question<'_>,
    ) -> Result<Decision, DecisionError> {
        let Question { user, .. } = question;
        let asked = Asked::about(question);
        let at_least = self.demand_right(caller, asked, &[user]).await?;
        if let Some(policy) = self.policies.at_hand(asked.organization, at_least) {
            return Ok(decided(Some(&policy), question));
        }
        if let Some(decision) = self.remembered(question, at_least).await {
            return Ok(decision);
        }
        let policy = self.read_policy(asked, at_least).await?;
        self.remember(policy.as_deref(), user).await;
        Ok(decided(policy.as_deref(), question))
    }

    /// The same with the reason, from the store as it is now.
    pub async fn explain(
        &self,
        caller: &Actor,
        question: Question<'_>,
    ) -> Result<Explanation, DecisionError> {
        let Question {
            organization, user, ..
        } = question;
        let asked = Asked::about(question);
        let at_least = self.demand_right(caller, asked, &[user]).await?;
        let explained = self
            .policies
            .explain(organization, at_least, user, question.permission)
            .await;
        match explained {
            Ok(explained) => Ok(explained),
            Err(PolicyError::UnknownOrganization) => {
                asked.demand_nothing_newer()?;
                Ok(Explanation {
                    allowed: false,
                    revision: PolicyRevision::default(),
                    reason: Reason::Lacking(Missing::Organization),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Answers each check, in order, all from one snapshot.
    pub async fn check_all(
        &self,
        caller: &Actor,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
        checks: &[(UserId, String)],
    ) -> Result<Decisions, DecisionError> {
        let asked = Asked {
            organization,
            at_least,
        };
        let users: Vec<UserId> = checks.iter().map(|(user, _)| *user).collect();
        let policy = self.policy_for(caller, asked, &users).await?;
        let policy = policy.as_deref();
        let allowed = checks
            .iter()
            .map(|(user, permission)| allows(policy, *user, permission));
        Ok(Decisions {
            allowed: allowed.collect(),
            revision: revision_of(policy),
        })
    }

    /// The decision that another instance worked out at the revision that the
    /// store has now: spares this one the load of the whole policy, which is
    /// then read in the background. A cache that does not answer is none.
    async fn remembered(
        &self,
        question: Question<'_>,
        at_least: Option<PolicyRevision>,
    ) -> Option<Decision> {
        let cache = self.remembering.as_ref()?;
        let organizations = self.store.read().organizations();
        let found = organizations.find(question.organization).await.ok()??;
        let revision = found.policy_revision;
        if Some(revision) < at_least {
            return None;
        }
        let kept = cache.get(found.id, revision, question.user).await.ok()??;
        self.policies.prepare(found.id);
        Some(Decision {
            allowed: kept.iter().any(|name| name == question.permission),
            revision,
        })
    }

    async fn remember(&self, policy: Option<&PolicySnapshot>, user: UserId) {
        let (Some(cache), Some(policy)) = (&self.remembering, policy) else {
            return;
        };
        let names = names_of(policy, user);
        let kept = cache.put(policy.organization_id(), policy.revision(), user, &names);
        if let Err(error) = kept.await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "a decision is not kept for other instances");
        }
    }

    /// Everything that a user may do in an organization, sorted. What does not
    /// exist may do nothing.
    pub async fn permissions_of(
        &self,
        caller: &Actor,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Vec<String>, DecisionError> {
        let asked = Asked {
            organization,
            at_least: None,
        };
        let policy = self.policy_for(caller, asked, &[user]).await?;
        Ok(policy.map_or_else(Vec::new, |policy| names_of(&policy, user)))
    }

    /// Everything that a user of the caller's organization (or, for the
    /// platform, of the named one) may do, sorted.
    pub async fn effective(
        &self,
        principal: &Principal,
        organization: Option<OrganizationId>,
        user: UserId,
    ) -> Result<Vec<String>, DecisionError> {
        let own = principal.account.organization_id;
        let organization = organization.unwrap_or(own);
        if organization != own && !self.access.crosses(principal, PLATFORM).await? {
            return Err(DecisionError::OrganizationNotFound);
        }
        let found = self.store.read().users().find(organization, user).await?;
        found.ok_or(DecisionError::UserNotFound)?;
        let at_least = (organization == own).then_some(principal.account.policy_revision);
        let policy = self.policies.snapshot(organization, at_least).await?;
        Ok(names_of(&policy, user))
    }

    /// The policy, for a caller who may ask about those users. `None`: there
    /// is no such organization.
    async fn policy_for(
        &self,
        caller: &Actor,
        asked: Asked,
        users: &[UserId],
    ) -> Result<Option<Arc<PolicySnapshot>>, DecisionError> {
        let at_least = self.demand_right(caller, asked, users).await?;
        self.read_policy(asked, at_least).await
    }

    async fn read_policy(
        &self,
        asked: Asked,
        at_least: Option<PolicyRevision>,
    ) -> Result<Option<Arc<PolicySnapshot>>, DecisionError> {
        match self.policies.snapshot(asked.organization, at_least).await {
            Ok(policy) => Ok(Some(policy)),
            Err(PolicyError::UnknownOrganization) => {
                asked.demand_nothing_newer()?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Who may ask: a service about anybody, a user about itself, with
    /// `role.read` about its organization, and the platform about every
    /// organization. Answers the revision that the answer must not be older
    /// than.
    async fn demand_right(
        &self,
        caller: &Actor,
        asked: Asked,
        users: &[UserId],
    ) -> Result<Option<PolicyRevision>, DecisionError> {
        let principal = match &caller.who {
            Who::Service => return Ok(asked.at_least),
            Who::User(principal) => principal,
            Who::Anonymous | Who::Bootstrap | Who::System(_) => {
                return Err(DecisionError::Forbidden);
            }
        };
        let account = &principal.account;
        if account.organization_id != asked.organization {
            let crosses = self.access.crosses(principal, PLATFORM).await?;
            return if crosses {
                Ok(asked.at_least)
            } else {
                Err(DecisionError::Forbidden)
            };
        }
        let about_itself = users.iter().all(|user| *user == account.user_id);
        if !about_itself && !self.access.permits(principal, Permission::RoleRead).await? {
            return Err(DecisionError::Forbidden);
        }
        Ok(asked.at_least.max(Some(account.policy_revision)))
    }
}

/// The policy that a question is about.
#[derive(Clone, Copy)]
struct Asked {
    organization: OrganizationId,
    at_least: Option<PolicyRevision>,
}

impl Asked {
    fn about(question: Question<'_>) -> Self {
        Self {
            organization: question.organization,
            at_least: question.at_least,
        }
    }

    /// An organization that does not exist has no revision to show.
    fn demand_nothing_newer(self) -> Result<(), PolicyError> {
        if self.at_least > Some(PolicyRevision::default()) {
            return Err(PolicyError::Unavailable(None));
        }
        Ok(())
    }
}

fn decided(policy: Option<&PolicySnapshot>, question: Question<'_>) -> Decision {
    Decision {
        allowed: allows(policy, question.user, question.permission),
        revision: revision_of(policy),
    }
}

fn allows(policy: Option<&PolicySnapshot>, user: UserId, permission: &str) -> bool {
    policy.is_some_and(|policy| policy.check(user, permission))
}

fn revision_of(policy: Option<&PolicySnapshot>) -> PolicyRevision {
    policy.map_or(PolicyRevision::default(), PolicySnapshot::revision)
}

fn names_of(policy: &PolicySnapshot, user: UserId) -> Vec<String> {
    let names = policy.permissions_of(user);
    names.into_iter().map(str::to_owned).collect()
}
