//! The permissions that routes ask for, as types: one word more here for a
//! permission that a new route needs.

use auth_domain::rbac::Permission;

/// A permission as a type, for [`Permit`](super::Permit).
pub trait Demand: 'static {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! demands {
    ($($name:ident),+ $(,)?) => {$(
        #[doc = concat!("Demands [`Permission::", stringify!($name), "`].")]
        #[derive(Debug)]
        pub enum $name {}

        impl Demand for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )+};
}

demands!(
    OrgCreate,
    OrgRead,
    OrgUpdate,
    OrgDelete,
    RoleAssign,
    RoleRevoke,
    RoleRead,
    RoleCreate,
    RoleUpdate,
    RoleDelete,
    RolePermAssign,
    RolePermRevoke,
    PermRead,
    PermCreate,
    UserInvite,
    UserRead,
    UserUpdate,
    UserDelete,
);
