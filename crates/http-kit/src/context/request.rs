//! The request id, and what is known of the request so far.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest};
use auth_domain::identity::Account;
use auth_domain::ids::{IdSource, OrganizationId, UserId};

/// The position of a route among those that are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RouteId(pub(crate) usize);

/// The header of the request id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is taken from a client.
const REQUEST_ID_MAX: usize = 128;

/// What the edge and the handler tell each other about a request.
pub(crate) struct RequestContext {
    request_id: HeaderValue,
    started: Duration,
    trailing_slash: Cell<bool>,
    route: Cell<Option<RouteId>>,
    user: Cell<Option<(UserId, OrganizationId)>>,
}

impl RequestContext {
    pub(crate) fn begin(request_id: HeaderValue, started: Duration) -> Self {
        Self {
            request_id,
            started,
            trailing_slash: Cell::new(false),
            route: Cell::new(None),
            user: Cell::new(None),
        }
    }

    /// The context of a request that came through the edge; an empty one of a
    /// request that did not.
    pub(crate) fn of(request: &HttpRequest) -> Rc<Self> {
        let extensions = request.extensions();
        let found = extensions.get::<Rc<Self>>().map(Rc::clone);
        found.unwrap_or_else(|| {
            let request_id = HeaderValue::from_static("");
            Rc::new(Self::begin(request_id, Duration::ZERO))
        })
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.to_str().ok().filter(|id| !id.is_empty())
    }

    pub(crate) fn request_id_header(&self) -> HeaderValue {
        self.request_id.clone()
    }

    pub(crate) fn started(&self) -> Duration {
        self.started
    }

    pub(crate) fn trailing_slash(&self) -> bool {
        self.trailing_slash.get()
    }

    pub(crate) fn set_trailing_slash(&self, there: bool) {
        self.trailing_slash.set(there);
    }

    pub(crate) fn route(&self) -> Option<RouteId> {
        self.route.get()
    }

    pub(crate) fn set_route(&self, route: RouteId) {
        self.route.set(Some(route));
    }

    pub(crate) fn user(&self) -> Option<(UserId, OrganizationId)> {
        self.user.get()
    }

    pub(crate) fn set_user(&self, account: &Account) {
        self.user
            .set(Some((account.user_id, account.organization_id)));
    }
}

/// Makes request ids: random per process, counted within it. They are names,
/// not secrets, so that they cost no randomness per request.
pub(crate) struct RequestIds {
    process: u64,
    count: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(ids: &dyn IdSource) -> Self {
        Self {
            process: ids.random(),
            count: AtomicU64::new(0),
        }
    }

    /// The id that the client sent, if it is 1 to 128 visible ASCII
    /// characters; else a new one.
    pub(crate) fn of(&self, headers: &HeaderMap) -> HeaderValue {
        match headers.get(REQUEST_ID) {
            Some(sent) if is_usable(sent.as_bytes()) => sent.clone(),
            _ => self.make(),
        }
    }

    /// A new one.
    pub(crate) fn make(&self) -> HeaderValue {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let id = format!("{:016x}{number:016x}", self.process);
        HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static(""))
    }
}

fn is_usable(id: &[u8]) -> bool {
    (1..=REQUEST_ID_MAX).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use auth_domain::clock::Timestamp;
    use auth_domain::events::EventId;

    use super::*;

    /// Ids of a process that is like no other.
    struct Process(u64);

    impl IdSource for Process {
        fn event_id(&self, _at: Timestamp) -> EventId {
            unreachable!("a request is no event")
        }

        fn random(&self) -> u64 {
            self.0
        }
    }

    fn request_ids(process: u64) -> RequestIds {
        RequestIds::new(&Process(process))
    }

    fn of(sent: &[u8]) -> HeaderValue {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_bytes(sent).unwrap());
        request_ids(1).of(&headers)
    }

    #[test]
    fn a_visible_id_of_the_client_is_kept() {
        assert_eq!(of(b"abc-123"), "abc-123");
        assert_eq!(of(&[b'x'; 128]).as_bytes(), [b'x'; 128]);
    }

    #[test]
    fn any_other_id_is_replaced() {
        let unusable: [&[u8]; 4] = [b"", b"two words", &[b'x'; 129], "é".as_bytes()];
        for sent in unusable {
            let made = of(sent);
            assert_eq!(made.len(), 32);
            assert_ne!(made.as_bytes(), sent);
        }
    }

    #[test]
    fn made_ids_differ() {
        let ids = request_ids(1);
        let none = HeaderMap::new();
        assert_ne!(ids.of(&none), ids.of(&none));
        assert_ne!(ids.of(&none), request_ids(2).of(&none));
    }
}
