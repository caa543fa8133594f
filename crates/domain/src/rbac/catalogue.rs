//! The permission catalogue: what the service itself asks for.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::facts::Fact;
use crate::ids::PermissionId;
use crate::text::{NameKey, PermissionDescription, TextError, TextValue, one_line};

/// The name of a permission: of the catalogue, or one that the platform added
/// for other services to ask about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct PermissionName(String);

impl PermissionName {
    /// The fewest characters.
    pub const MIN: usize = 1;
    /// The most characters.
    pub const MAX: usize = 50;

    /// Trims and checks a name: 1 to 50 characters, no control character.
    pub fn parse(raw: &str) -> Result<Self, TextError> {
        one_line(raw, Self::MIN, Self::MAX).map(Self)
    }

    /// Takes a name that this type wrote to the store.
    pub fn from_stored(stored: String) -> Self {
        Self(stored)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is of `platform.*`: grantable in RootOrg only. Names that
    /// only look like it count too.
    pub fn is_of_platform(&self) -> bool {
        NameKey::of(&self.0).as_str().starts_with("platform.")
    }
}

impl TextValue for PermissionName {
    const MIN: usize = Self::MIN;
    const MAX: Option<usize> = Some(Self::MAX);

    fn parse_text(raw: &str) -> Result<Self, TextError> {
        Self::parse(raw)
    }
}

impl From<PermissionName> for Fact {
    fn from(name: PermissionName) -> Self {
        Self::Text(name.0)
    }
}

impl From<Permission> for PermissionName {
    fn from(permission: Permission) -> Self {
        Self(permission.name().to_owned())
    }
}

/// A permission that does not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPermission {
    /// Its name, unique over the platform.
    pub name: PermissionName,
    /// What it allows, for a person.
    pub description: Option<PermissionDescription>,
    /// When it is made.
    pub created_at: Timestamp,
}

/// A permission of the catalogue in the store: one of [`Permission::ALL`], or
/// one that the platform added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// Its id.
    pub id: PermissionId,
    /// Its name.
    pub name: PermissionName,
    /// What it allows, for a person.
    pub description: Option<PermissionDescription>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Which roles can hold a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionSet {
    /// Part of every organization's admin role.
    Organization,
    /// `platform.*`: grantable in RootOrg only.
    Platform,
}

impl Permission {
    /// The platform permission that lets a holder of this one use it in other
    /// organizations too: that of its group.
    #[must_use]
    pub fn crosses_by(self) -> Self {
        let name = self.name();
        match name.split('.').next().unwrap_or(name) {
            "user" | "support" | "feedback" => Self::PlatformUsersManage,
            "role" | "perm" => Self::PlatformRbacManage,
            "audit" | "activity" | "security" => Self::PlatformAuditView,
            _ => Self::PlatformOrganizationsManage,
        }
    }
}

macro_rules! catalogue {
    ($($variant:ident = $name:literal, $set:ident, $description:literal;)+) => {
        /// A permission that a route of the service asks for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Permission {
            $(#[doc = concat!("`", $name, "`: ", $description)] $variant,)+
        }

        impl Permission {
            /// The whole catalogue, in its published order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it allows, for a person.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)+ }
            }

            /// Which roles can hold it.
            pub const fn set(self) -> PermissionSet {
                match self { $(Self::$variant => PermissionSet::$set,)+ }
            }
        }
    };
}

catalogue! {
    OrgCreate = "org.create", Organization, "Create organizations";
    OrgRead = "org.read", Organization, "Read organization details";
    OrgUpdate = "org.update", Organization, "Update organization";
    OrgDelete = "org.delete", Organization, "Deactivate organization";
    UserInvite = "user.invite", Organization, "Invite/create users";
    UserRead = "user.read", Organization, "Read users";
    UserUpdate = "user.update", Organization, "Update users";
    UserDelete = "user.delete", Organization, "Deactivate users";
    RoleAssign = "role.assign", Organization, "Assign roles";
    RoleRevoke = "role.revoke", Organization, "Revoke roles";
    RoleRead = "role.read", Organization, "List roles";
    RoleCreate = "role.create", Organization, "Create roles";
    RoleUpdate = "role.update", Organization, "Update roles";
    RoleDelete = "role.delete", Organization, "Delete roles";
    RolePermAssign = "role.perm.assign", Organization, "Attach permission";
    RolePermRevoke = "role.perm.revoke", Organization, "Detach permission";
    PermRead = "perm.read", Organization, "List permissions";
    PermCreate = "perm.create", Organization, "Create permissions";
    SettingsRead = "settings.read", Organization, "Read org settings";
    SettingsUpdate = "settings.update", Organization, "Update org settings";
    PrivacyRead = "privacy.read", Organization, "Read privacy settings";
    PrivacyUpdate = "privacy.update", Organization, "Update privacy settings";
    BillingPlanRead = "billing.plan.read", Organization, "View plans";
    BillingPlanWrite = "billing.plan.write", Organization, "Create/update plans";
    BillingSubscriptionRead = "billing.subscription.read", Organization, "View subscription";
    BillingSubscriptionWrite = "billing.subscription.write", Organization, "Create/update subscription";
    BillingInvoiceRead = "billing.invoice.read", Organization, "View invoices";
    BillingInvoiceWrite = "billing.invoice.write", Organization, "Update invoices";
    SupportTicketCreate = "support.ticket.create", Organization, "Create tickets";
    SupportTicketRead = "support.ticket.read", Organization, "View tickets, list comments";
    SupportTicketUpdate = "support.ticket.update", Organization, "Update tickets";
    SupportComment = "support.comment", Organization, "Comment on tickets";
    FeedbackCreate = "feedback.create", Organization, "Submit feedback";
    FeedbackRead = "feedback.read", Organization, "Read feedback";
    FeedbackUpdate = "feedback.update", Organization, "Update feedback";
    SearchRead = "search.read", Organization, "Cross-resource search";
    SecurityAlertRead = "security.alert.read", Organization, "View alerts";
    SecurityAlertUpdate = "security.alert.update", Organization, "Update alert status";
    AuditLogRead = "audit.log.read", Organization, "View audit log";
    ActivityLoginRead = "activity.login.read", Organization, "Review login activity";
    ActivityUserRead = "activity.user.read", Organization, "Review user activity";
    PlatformBootstrap = "platform.bootstrap", Platform, "Run platform bootstrap";
    PlatformMetricsRead = "platform.metrics.read", Platform, "Read platform metrics";
    PlatformOrganizationsManage = "platform.organizations.manage", Platform, "Manage organizations across tenants";
    PlatformUsersManage = "platform.users.manage", Platform, "Manage users across organizations";
    PlatformRbacManage = "platform.rbac.manage", Platform, "Manage platform RBAC";
    PlatformAuditView = "platform.audit.view", Platform, "View platform audit";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_41_permissions_of_organizations_and_6_of_the_platform() {
        let platform = Permission::ALL
            .iter()
            .filter(|p| p.set() == PermissionSet::Platform);
        assert_eq!(platform.clone().count(), 6);
        assert!(platform.clone().all(|p| p.name().starts_with("platform.")));
        assert_eq!(Permission::ALL.len(), 47);
    }

    #[test]
    fn a_name_is_of_the_platform_however_it_is_written() {
        for name in ["platform.x", "Platform.X", "ｐlatform.x"] {
            assert!(PermissionName::parse(name).unwrap().is_of_platform());
        }
        for name in ["platform", "platforms.x", "my.platform.x"] {
            assert!(!PermissionName::parse(name).unwrap().is_of_platform());
        }
        for permission in Permission::ALL {
            let of_platform = permission.set() == PermissionSet::Platform;
            assert_eq!(
                PermissionName::from(*permission).is_of_platform(),
                of_platform
            );
        }
    }

    #[test]
    fn the_group_of_a_permission_decides_what_crosses() {
        for (permission, platform) in [
            (
                Permission::OrgUpdate,
                Permission::PlatformOrganizationsManage,
            ),
            (
                Permission::SettingsRead,
                Permission::PlatformOrganizationsManage,
            ),
            (
                Permission::BillingPlanWrite,
                Permission::PlatformOrganizationsManage,
            ),
            (Permission::UserInvite, Permission::PlatformUsersManage),
            (Permission::SupportComment, Permission::PlatformUsersManage),
            (Permission::FeedbackRead, Permission::PlatformUsersManage),
            (Permission::RolePermAssign, Permission::PlatformRbacManage),
            (Permission::PermCreate, Permission::PlatformRbacManage),
            (Permission::AuditLogRead, Permission::PlatformAuditView),
            (Permission::ActivityUserRead, Permission::PlatformAuditView),
            (
                Permission::SecurityAlertUpdate,
                Permission::PlatformAuditView,
            ),
        ] {
            assert_eq!(permission.crosses_by(), platform, "{permission:?}");
        }
    }

    #[test]
    fn every_name_of_the_catalogue_is_a_permission_name() {
        for permission in Permission::ALL {
            assert!(PermissionName::parse(permission.name()).is_ok());
        }
    }
}
