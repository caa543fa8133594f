//! Which rows of an organization a caller reaches.

use crate::ids::{OrganizationId, UserId};

/// An organization that a caller reaches, and whether only the caller's own
/// rows in it. The row rule of a list or of a lookup stands here, so that a
/// repository never has to know the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scoped {
    /// The organization.
    pub organization: OrganizationId,
    /// The user whose rows alone count; `None`: all rows of the organization.
    pub owner: Option<UserId>,
}

impl Scoped {
    /// All rows of an organization.
    pub fn all_of(organization: OrganizationId) -> Self {
        Self {
            organization,
            owner: None,
        }
    }

    /// Whether a row about that user is within the scope.
    pub fn covers(&self, user: UserId) -> bool {
        self.owner.is_none_or(|owner| owner == user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_covers_the_own_rows_and_no_owner_covers_all() {
        let (ana, ben) = (UserId::new(7).unwrap(), UserId::new(8).unwrap());
        let all = Scoped::all_of(OrganizationId::DEFAULT);
        let own = Scoped {
            owner: Some(ana),
            ..all
        };
        assert!(all.covers(ana) && all.covers(ben));
        assert!(own.covers(ana) && !own.covers(ben));
    }
}
