//! Routes: each is declared once, by its handler.

mod call;
mod handler;
mod manifest;

use std::fmt;

use actix_web::http::{Method, StatusCode};
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::{RefOr, Schema};

pub use call::Call;
pub use handler::GuardedHandler;
pub use manifest::{ManifestEntry, route_manifest};

use crate::access::{Access as _, AccessRule};
use crate::state::HttpState;

/// The position of a route in [`all_routes`](crate::all_routes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RouteId(pub(crate) usize);

type Mount = Box<dyn Fn(RouteId, Method, &HttpState) -> actix_web::Route + Send + Sync>;

/// One route: where it is, who may call it, what it says of itself, and its
/// handler.
pub struct Route {
    methods: Vec<Method>,
    path: String,
    access: AccessRule,
    operation: Operation,
    schemas: Vec<(String, RefOr<Schema>)>,
    codes: Vec<&'static str>,
    statuses: Vec<(StatusCode, &'static str)>,
    documented: bool,
    quiet: bool,
    mount: Mount,
}

/// The route of a handler: `route::<__path_login, _, _>(login)`, where
/// `__path_login` is what `#[utoipa::path]` makes of it.
///
/// A handler whose first argument is not an access extractor is no route:
///
/// ```compile_fail
/// use auth_http::{Answer, routing::{Route, route}};
///
/// #[utoipa::path(get, path = "/unguarded", responses((status = 200)))]
/// async fn unguarded() -> Answer {
///     unimplemented!()
/// }
///
/// let _: Route = route::<__path_unguarded, _, _>(unguarded);
/// ```
///
/// The same handler with one is:
///
/// ```
/// use auth_http::{Answer, access::Public, routing::{Route, route}};
///
/// #[utoipa::path(get, path = "/guarded", responses((status = 200)))]
/// async fn guarded(_anybody: Public) -> Answer {
///     unimplemented!()
/// }
///
/// let _: Route = route::<__path_guarded, _, _>(guarded);
/// ```
pub fn route<P, H, Args>(handler: H) -> Route
where
    P: utoipa::Path + utoipa::__dev::SchemaReferences + utoipa::__dev::Tags<'static>,
    H: GuardedHandler<Args> + Send + Sync,
    Args: 'static,
{
    let mut schemas = Vec::new();
    P::schemas(&mut schemas);
    let access = H::Access::rule();
    Route {
        methods: P::methods().iter().map(method).collect(),
        path: P::path(),
        access,
        operation: tagged::<P>(),
        schemas,
        codes: access.codes().to_vec(),
        statuses: Vec::new(),
        documented: true,
        quiet: false,
        mount: Box::new(move |id, method, state| handler::mount(&handler, id, method, state)),
    }
}

/// The operation with its tags, which are not part of it yet.
fn tagged<P>() -> Operation
where
    P: utoipa::Path + utoipa::__dev::Tags<'static>,
{
    let tags = P::tags();
    let mut operation = P::operation();
    operation.tags = Some(tags.into_iter().map(str::to_owned).collect());
    operation
}

impl Route {
    /// The same route without what only the documentation needs.
    #[must_use]
    pub(crate) fn bare(self) -> Self {
        Self {
            operation: Operation::default(),
            schemas: Vec::new(),
            ..self
        }
    }

    /// The same route, which can also answer these codes.
    #[must_use]
    pub fn fails(mut self, codes: &[&'static str]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// The same route, which answers a code with another status than that code
    /// has elsewhere.
    #[must_use]
    pub fn fails_with(mut self, answer: (StatusCode, &'static str)) -> Self {
        self.statuses.push(answer);
        self
    }

    /// The same route, left out of the OpenAPI document.
    #[must_use]
    pub(crate) fn undocumented(mut self) -> Self {
        self.documented = false;
        self
    }

    /// The same route, whose successes are logged at `debug`.
    #[must_use]
    pub(crate) fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// The methods.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The path template with the prefix: `/api/v1/orgs/{organization_id}`.
    pub fn template(&self) -> String {
        format!("/api{}", self.path)
    }

    /// Who may call it.
    pub fn access(&self) -> AccessRule {
        self.access
    }

    /// The path as the router knows it.
    pub(crate) fn mounted_path(&self) -> String {
        self.path.trim_end_matches('/').to_owned()
    }

    pub(crate) fn operation(&self) -> &Operation {
        &self.operation
    }

    pub(crate) fn schemas(&self) -> &[(String, RefOr<Schema>)] {
        &self.schemas
    }

    /// The codes of its own and of its access rule.
    pub fn codes(&self) -> &[&'static str] {
        &self.codes
    }

    /// The codes that it answers with another status than theirs.
    pub(crate) fn statuses(&self) -> &[(StatusCode, &'static str)] {
        &self.statuses
    }

    pub(crate) fn is_documented(&self) -> bool {
        self.documented
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn mount(&self, id: RouteId, method: Method, state: &HttpState) -> actix_web::Route {
        (self.mount)(id, method, state)
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} ({})", self.methods, self.path, self.access)
    }
}

fn method(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    }
}
