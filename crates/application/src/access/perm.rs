//! The permissions that use cases demand, as types: one word more here for a
//! permission that a new use case needs.

use auth_domain::rbac::Permission;

/// What a right is made of: one permission, two that are needed together, or
/// one on the whole platform.
pub trait Demand: Send + Sync + 'static {
    /// The permissions; never empty.
    const PERMISSIONS: &'static [Permission];
    /// Whether it is about the platform, not about one organization: then the
    /// caller needs the platform permission of the group too.
    const IS_GLOBAL: bool = false;

    /// The first of the permissions, whose group decides what crosses.
    fn first() -> Permission;
}

/// A single permission as a type.
pub trait Single: Demand {
    /// The permission.
    const PERMISSION: Permission;
}

/// A permission that is used on the whole platform.
#[derive(Debug)]
pub struct OnPlatform<P>(std::marker::PhantomData<fn() -> P>);

impl<P: Single> Demand for OnPlatform<P> {
    const PERMISSIONS: &'static [Permission] = P::PERMISSIONS;
    const IS_GLOBAL: bool = true;

    fn first() -> Permission {
        P::PERMISSION
    }
}

impl<P: Single, Q: Single> Demand for (P, Q) {
    const PERMISSIONS: &'static [Permission] = &[P::PERMISSION, Q::PERMISSION];

    fn first() -> Permission {
        P::PERMISSION
    }
}

macro_rules! permissions {
    ($($name:ident),+ $(,)?) => {$(
        #[doc = concat!("[`Permission::", stringify!($name), "`].")]
        #[derive(Debug)]
        pub enum $name {}

        impl Demand for $name {
            const PERMISSIONS: &'static [Permission] = &[Permission::$name];

            fn first() -> Permission {
                Permission::$name
            }
        }

        impl Single for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )+};
}

permissions!(
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
