//! Keyset pagination: one shape for every list of the service.
//!
//! A list has a key of its own type: the values of the columns that it is
//! ordered by in its last row, the last of them unique, so that a page stays
//! stable while rows are inserted. A list that can be asked in several orders
//! names them with a [`ListOrder`].

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::text::WireWord;

/// The largest page, and the page when the caller names no limit.
pub const MAX_PAGE: u32 = 500;

/// An order that a list can be asked in; the default is that of a caller who
/// names none.
pub trait ListOrder:
    WireWord + Default + PartialEq + Eq + fmt::Debug + Send + Sync + 'static
{
}

/// The key of a list: what a page starts after.
///
/// It is serialized into cursors, together with the list's name and order; a
/// cursor of another list or order is refused.
pub trait ListKey:
    Serialize + DeserializeOwned + Clone + PartialEq + fmt::Debug + Send + Sync + 'static
{
    /// The orders of the list.
    type Order: ListOrder;

    /// The name of the list.
    const LIST: &'static str;

    /// Whether it is a key of that order. A list of one order keeps this.
    fn fits(&self, _order: Self::Order) -> bool {
        true
    }
}

crate::wire_enum! {
    /// The order of a list that has one: by id.
    #[derive(Default)]
    ById {
        /// By id.
        #[default]
        Id = "id",
    }
}

impl ListOrder for ById {}

/// Declares the keys of lists that are ordered by the id of their rows.
macro_rules! list_keys {
    ($($(#[doc = $doc:literal])+ $name:ident($id:ident) = $list:literal;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
        pub struct $name(pub crate::ids::$id);

        impl ListKey for $name {
            type Order = ById;

            const LIST: &'static str = $list;
        }
    )+};
}

list_keys! {
    /// The key of the organizations.
    OrganizationKey(OrganizationId) = "organizations";
    /// The key of the roles of an organization.
    RoleKey(RoleId) = "roles";
    /// The key of the permission catalogue.
    PermissionKey(PermissionId) = "permissions";
    /// The key of the sessions of a user.
    SessionKey(SessionId) = "sessions";
}

/// Which page of a list: its order, how long it may be, and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest<K: ListKey> {
    order: K::Order,
    limit: u32,
    after: Option<K>,
}

/// A page that cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageRefused {
    /// A limit that is not inside `1..=500`.
    #[error("a limit is a whole number from 1 to 500")]
    Limit,
    /// A key of another order.
    #[error("not a cursor of this list")]
    Key,
}

impl<K: ListKey> PageRequest<K> {
    /// A page of at most `limit` rows (absent: [`MAX_PAGE`]) that starts after
    /// the row with key `after` (absent: at the beginning).
    pub fn new(order: K::Order, limit: Option<u32>, after: Option<K>) -> Result<Self, PageRefused> {
        let limit = limit.unwrap_or(MAX_PAGE);
        if limit == 0 || limit > MAX_PAGE {
            return Err(PageRefused::Limit);
        }
        if after.as_ref().is_some_and(|key| !key.fits(order)) {
            return Err(PageRefused::Key);
        }
        Ok(Self {
            order,
            limit,
            after,
        })
    }

    /// The first page in the list's default order, as long as a page may be.
    pub fn first() -> Self {
        Self {
            order: K::Order::default(),
            limit: MAX_PAGE,
            after: None,
        }
    }

    /// The same page at most so long: the limit brought inside `1..=500`.
    #[must_use]
    pub fn at_most(self, limit: u32) -> Self {
        Self {
            limit: limit.clamp(1, MAX_PAGE),
            ..self
        }
    }

    /// A page as long in that order, that starts after the row with that key,
    /// which the list gave out itself.
    #[must_use]
    pub fn starting_after(self, key: K) -> Self {
        Self {
            after: Some(key),
            ..self
        }
    }

    /// The order of the list.
    pub fn order(&self) -> K::Order {
        self.order
    }

    /// How many rows the page holds at most.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// How many rows to ask the store for: one more than the page holds, so
    /// that it is known whether there is a next page.
    pub fn fetch_limit(&self) -> u64 {
        u64::from(self.limit) + 1
    }

    /// The key that the page starts after.
    pub fn after(&self) -> Option<&K> {
        self.after.as_ref()
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, K> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// The key to ask for the next page with; `None` on the last page.
    pub next: Option<K>,
}

impl<T, K: ListKey> Page<T, K> {
    /// Cuts what [`PageRequest::fetch_limit`] fetched to the page, and finds
    /// the key of the next one.
    pub fn cut(mut rows: Vec<T>, request: &PageRequest<K>, key: impl Fn(&T) -> K) -> Self {
        let limit = request.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(key) } else { None };
        Self { items: rows, next }
    }
}
