//! Routes: each is declared once, by its handler.

mod handler;
mod manifest;

use std::fmt;

use actix_web::http::Method;
use serde_json::Value;
use utoipa::openapi::path::HttpMethod;

pub use handler::GuardedHandler;
pub use manifest::{ManifestEntry, manifest};

use crate::access::{Access as _, AccessRule};
use crate::context::RouteId;
use crate::describe::Description;
use crate::problem::Failure;
use crate::state::HttpState;

type Mount = Box<dyn Fn(RouteId, Method, &HttpState) -> actix_web::Route + Send + Sync>;

/// One route: where it is, which callers it admits, its description, and its
/// handler.
pub struct Route {
    methods: Vec<Method>,
    path: String,
    access: AccessRule,
    tag: &'static str,
    prose: Prose,
    description: Description,
    documented: bool,
    quiet: bool,
    mount: Mount,
}

/// What the handler's doc comment says, and its name.
#[derive(Debug, Default)]
pub(crate) struct Prose {
    pub(crate) name: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) description: Option<String>,
}

/// The routes of handlers, under a tag of the document. Behind each may stand
/// what its type does not say: `update_user.fails(&[&UserError::LastAdmin])`.
///
/// `#[utoipa::path]` on a handler says its method and path; everything else
/// comes from the types of its arguments and of its answer. A handler whose
/// first argument is not an access extractor is no route:
///
/// ```compile_fail
/// use auth_http_kit::{answer::{Answer, NoContent}, routes, routing::Route};
///
/// #[utoipa::path(get, path = "/unguarded")]
/// async fn unguarded() -> Answer<NoContent> {
///     Ok(NoContent)
/// }
///
/// let _: Vec<Route> = routes!["examples"; unguarded];
/// ```
///
/// The same handler with one is:
///
/// ```
/// use auth_http_kit::{access::Public, answer::{Answer, NoContent}, routes, routing::Route};
///
/// #[utoipa::path(get, path = "/guarded")]
/// async fn guarded(_anybody: Public) -> Answer<NoContent> {
///     Ok(NoContent)
/// }
///
/// let _: Vec<Route> = routes!["examples"; guarded];
/// ```
#[macro_export]
macro_rules! routes {
    ($tag:expr; $($handler:ident $(.$with:ident($($argument:expr),*))*),+ $(,)?) => {
        vec![$(
            $crate::macros::paste! {
                $crate::routing::route::<[<__path_ $handler>], _, _>($tag, $handler)
            }
            $(.$with($($argument),*))*
        ),+]
    };
}

/// The route of a handler; `P` is what `#[utoipa::path]` makes of it. The macro
/// [`routes!`](crate::routes) writes this call.
pub fn route<P, H, Args>(tag: &'static str, handler: H) -> Route
where
    P: utoipa::Path,
    H: GuardedHandler<Args> + Send + Sync,
    Args: 'static,
{
    let operation = P::operation();
    let mut description = Description::default();
    H::describe(&mut description);
    Route {
        methods: P::methods().iter().map(method).collect(),
        path: P::path(),
        access: H::Access::rule(),
        tag,
        prose: Prose {
            name: operation.operation_id,
            summary: operation.summary,
            description: operation.description,
        },
        description,
        documented: true,
        quiet: false,
        mount: Box::new(move |id, method, state| handler::mount(&handler, id, method, state)),
    }
}

impl Route {
    /// The same route without what only the documentation needs.
    #[must_use]
    pub(crate) fn bare(self) -> Self {
        Self {
            prose: Prose::default(),
            description: Description::default(),
            ..self
        }
    }

    /// The same route, whose use case can also fail like this.
    #[must_use]
    pub fn fails(mut self, failures: &[&dyn Failure]) -> Self {
        for failure in failures {
            self.description.failure(*failure);
        }
        self
    }

    /// The same route, left out of the OpenAPI document.
    #[must_use]
    pub fn undocumented(mut self) -> Self {
        self.documented = false;
        self
    }

    /// The same route, whose successes are logged at `debug`.
    #[must_use]
    pub fn quiet(mut self) -> Self {
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

    /// Which callers it admits.
    pub fn access(&self) -> AccessRule {
        self.access
    }

    /// What it reads and answers.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Its operation in an OpenAPI document, by its first method.
    pub fn operation<'d>(&self, document: &'d Value) -> Option<&'d Value> {
        let method = self.methods.first()?.as_str().to_ascii_lowercase();
        document.get("paths")?.get(self.template())?.get(method)
    }

    /// The path as the router knows it.
    pub(crate) fn mounted_path(&self) -> &str {
        &self.path
    }

    pub(crate) fn tag(&self) -> &'static str {
        self.tag
    }

    pub(crate) fn prose(&self) -> &Prose {
        &self.prose
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
