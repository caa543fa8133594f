//! Handlers: access first, then the rest of the request, then the use case.

use std::panic::AssertUnwindSafe;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use futures::FutureExt as _;

use crate::access::Access;
use crate::answer::{Answer, Reply};
use crate::call::Call;
use crate::context::RouteId;
use crate::describe::Description;
use crate::input::Input;
use crate::problem::{EdgeCode, Problem};
use crate::state::HttpState;

/// An async function of one to nine arguments, of which the first decides
/// access.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler: an async function whose first argument decides access, whose others are inputs, and which answers `Answer<_>`"
)]
pub trait GuardedHandler<Args>: Clone + 'static {
    /// The first argument.
    type Access: Access;

    /// Says what it reads, what it answers, and how it can fail.
    fn describe(description: &mut Description);

    /// Decides access, reads the other arguments in order, and answers. A
    /// refused caller learns nothing of what else is wrong with the request.
    fn call(&self, call: Call) -> impl Future<Output = Answer<HttpResponse>>;
}

macro_rules! guarded_handler {
    ($($input:ident $value:ident),*) => {
        impl<F, Fut, R, A, $($input),*> GuardedHandler<(A, $($input,)*)> for F
        where
            F: Fn(A, $($input),*) -> Fut + Clone + 'static,
            Fut: Future<Output = Answer<R>>,
            R: Reply,
            A: Access,
            $($input: Input,)*
        {
            type Access = A;

            fn describe(description: &mut Description) {
                A::describe(description);
                $($input::describe(description);)*
                R::describe(description);
                description.failure(&EdgeCode::InternalError);
                description.failure(&EdgeCode::Timeout);
            }

            #[allow(unused_mut, reason = "a handler without inputs reads none")]
            async fn call(&self, mut call: Call) -> Answer<HttpResponse> {
                let access = A::extract(&call).await?;
                $(let $value = $input::read(&mut call).await?;)*
                self(access, $($value),*).await?.send()
            }
        }
    };
}

guarded_handler!();
guarded_handler!(B b);
guarded_handler!(B b, C c);
guarded_handler!(B b, C c, D d);
guarded_handler!(B b, C c, D d, E e);
guarded_handler!(B b, C c, D d, E e, G g);
guarded_handler!(B b, C c, D d, E e, G g, H h);
guarded_handler!(B b, C c, D d, E e, G g, H h, I i);
guarded_handler!(B b, C c, D d, E e, G g, H h, I i, J j);

/// The actix-web route of a handler.
pub(super) fn mount<H, Args>(
    handler: &H,
    id: RouteId,
    method: Method,
    state: &HttpState,
) -> actix_web::Route
where
    H: GuardedHandler<Args>,
    Args: 'static,
{
    let (handler, state) = (handler.clone(), state.clone());
    web::method(method).to(move |request: HttpRequest, payload: web::Payload| {
        let handler = handler.clone();
        let call = Call::new(request, payload.into_inner(), state.clone());
        call.context().set_route(id);
        async move {
            answer(&handler, call)
                .await
                .unwrap_or_else(HttpResponse::from_error)
        }
    })
}

/// Runs the handler within the time that a request may take; a panic in it is
/// a 500 like any other defect.
async fn answer<H, Args>(handler: &H, call: Call) -> Answer<HttpResponse>
where
    H: GuardedHandler<Args>,
{
    let limit = call.state().options.request_timeout;
    let work = AssertUnwindSafe(handler.call(call)).catch_unwind();
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(panic)) => Err(Problem::internal(message_of(panic.as_ref()))),
        Err(_elapsed) => Err(EdgeCode::Timeout.into()),
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("no message"))
}
