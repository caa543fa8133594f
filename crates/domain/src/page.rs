//! Keyset pagination: one shape for every list of the service.

/// The largest page, and the page when the caller names no limit.
pub const MAX_PAGE: u32 = 500;

/// Where a page starts and how long it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    limit: u32,
    after: Option<PageKey>,
}

/// The sort key of the last row of the page before. Its parts are the columns
/// that the list is ordered by, the last of them unique, so that a page stays
/// stable while rows are inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageKey(pub Vec<i64>);

/// A limit that is not inside `1..=500`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a limit is a whole number from 1 to 500")]
pub struct LimitOutOfRange;

impl PageRequest {
    /// A page of at most `limit` rows (absent: [`MAX_PAGE`]) that starts after
    /// the row with key `after` (absent: at the beginning).
    pub fn new(limit: Option<u32>, after: Option<PageKey>) -> Result<Self, LimitOutOfRange> {
        let limit = limit.unwrap_or(MAX_PAGE);
        if limit == 0 || limit > MAX_PAGE {
            return Err(LimitOutOfRange);
        }
        Ok(Self { limit, after })
    }

    /// The first page, as long as a page may be.
    pub fn first() -> Self {
        Self {
            limit: MAX_PAGE,
            after: None,
        }
    }

    /// A page as long, that starts after the row with that key.
    #[must_use]
    pub fn starting_after(self, key: PageKey) -> Self {
        Self {
            after: Some(key),
            ..self
        }
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
    pub fn after(&self) -> Option<&PageKey> {
        self.after.as_ref()
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub items: Vec<T>,
    /// The key to ask for the next page with; `None` on the last page.
    pub next: Option<PageKey>,
}

impl<T> Page<T> {
    /// Cuts what [`PageRequest::fetch_limit`] fetched to the page, and finds
    /// the key of the next one.
    pub fn cut(mut rows: Vec<T>, request: &PageRequest, key: impl Fn(&T) -> PageKey) -> Self {
        let limit = request.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(key) } else { None };
        Self { items: rows, next }
    }

    /// The same page of something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            next: self.next,
        }
    }
}
