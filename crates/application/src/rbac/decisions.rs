use std::sync::Arc;

use auth_domain::caller::Caller;
use auth_domain::ids::{OrganizationId, UserId};
use auth_domain::rbac::{
    DecisionCache, Explanation, Missing, PolicyEngine, PolicyError, PolicyRevision, PolicySnapshot,
    Reason,
};
use auth_domain::store::Store;

use super::DecisionError;
use crate::access::perm::RoleRead;
use crate::access::{Access, AccessError, Granted, Named, Operator};

/// Answers "may this user do that?".
pub struct DecisionService {
    store: Arc<dyn Store>,
    policies: Arc<dyn PolicyEngine>,
    remembering: Option<Arc<dyn DecisionCache>>,
    access: Access,
}

/// The caller that asks for a decision.
#[derive(Debug, Clone)]
pub enum Asker {
    /// A service that knows the internal secret: it asks about any user.
    Service(Operator),
    /// A signed-in user: about itself, with `role.read` about the users of its
    /// organization, and for the platform about those of any.
    User(Caller),
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
        access: Access,
        remembering: Option<Arc<dyn DecisionCache>>,
    ) -> Self {
        Self {
            store,
            policies,
            remembering,
            access,
        }
    }

    /// Whether a user may do something in an organization. What does not exist
    /// is not allowed.
    pub async fn check(
        &self,
        asker: &Asker,
        question: Question<'_>,
    ) -> Result<Decision, DecisionError> {
        let Question { user, .. } = question;
        let asked = Asked::about(question);
        let at_least = self.demand_right(asker, asked, &[user]).await?;
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
        asker: &Asker,
        question: Question<'_>,
    ) -> Result<Explanation, DecisionError> {
        let Question {
            organization, user, ..
        } = question;
        let asked = Asked::about(question);
        let at_least = self.demand_right(asker, asked, &[user]).await?;
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
        asker: &Asker,
        organization: OrganizationId,
        at_least: Option<PolicyRevision>,
        checks: &[(UserId, String)],
    ) -> Result<Decisions, DecisionError> {
        let asked = Asked {
            organization,
            at_least,
        };
        let users: Vec<UserId> = checks.iter().map(|(user, _)| *user).collect();
        let policy = self.policy_for(asker, asked, &users).await?;
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
        asker: &Asker,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Vec<String>, DecisionError> {
        let asked = Asked {
            organization,
            at_least: None,
        };
        let policy = self.policy_for(asker, asked, &[user]).await?;
        Ok(policy.map_or_else(Vec::new, |policy| names_of(&policy, user)))
    }

    /// Everything that a user of the caller's organization (or, for the
    /// platform, of the named one) may do, sorted.
    pub async fn effective(
        &self,
        caller: &Granted<RoleRead>,
        organization: Option<OrganizationId>,
        user: UserId,
    ) -> Result<Vec<String>, DecisionError> {
        let named = Named::InQuery(organization);
        let organization = self.access.reach(caller, named).await?;
        let found = self.store.read().users().find(organization, user).await?;
        found.ok_or(DecisionError::UserNotFound)?;
        let account = &caller.account;
        let own = organization == account.organization_id;
        let at_least = own.then_some(account.policy_revision);
        let policy = self.policies.snapshot(organization, at_least).await?;
        Ok(names_of(&policy, user))
    }

    /// The policy, for a caller who may ask about those users. `None`: there
    /// is no such organization.
    async fn policy_for(
        &self,
        asker: &Asker,
        asked: Asked,
        users: &[UserId],
    ) -> Result<Option<Arc<PolicySnapshot>>, DecisionError> {
        let at_least = self.demand_right(asker, asked, users).await?;
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

    /// The asker may ask about those users. Answers the revision that the
    /// answer must not be older than.
    async fn demand_right(
        &self,
        asker: &Asker,
        asked: Asked,
        users: &[UserId],
    ) -> Result<Option<PolicyRevision>, DecisionError> {
        let caller = match asker {
            Asker::Service(_) => return Ok(asked.at_least),
            Asker::User(caller) => caller,
        };
        let account = &caller.account;
        let own = asked.organization == account.organization_id;
        let about_itself = own && users.iter().all(|user| *user == account.user_id);
        if !about_itself {
            let scope = self.access.scope::<RoleRead>(caller, asked.organization);
            let scope = scope.await?;
            if !users.iter().all(|user| scope.covers(*user)) {
                return Err(AccessError::Forbidden.into());
            }
        }
        Ok(if own {
            asked.at_least.max(Some(account.policy_revision))
        } else {
            asked.at_least
        })
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
            let current = PolicyRevision::default();
            return Err(PolicyError::UnknownRevision { current });
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
