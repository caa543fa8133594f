//! Handlers: access first, then the rest of the request, then the use case.

use std::panic::AssertUnwindSafe;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use futures::FutureExt as _;

use super::{Call, RouteId};
use crate::access::Access;
use crate::answer::Answer;
use crate::input::Input;
use crate::problem::{EdgeCode, Problem};
use crate::state::HttpState;

/// An async function of one to five arguments, of which the first decides
/// access.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler: an async function whose first argument decides access, whose others are inputs, and which answers `Answer`"
)]
pub trait GuardedHandler<Args>: Clone + 'static {
    /// The first argument.
    type Access: Access;

    /// Decides access, reads the other arguments in order, and answers. Who
    /// may not call learns nothing of what else is wrong with the request.
    fn call(&self, call: Call) -> impl Future<Output = Answer>;
}

macro_rules! guarded_handler {
    ($($input:ident $value:ident),*) => {
        impl<F, Fut, A, $($input),*> GuardedHandler<(A, $($input,)*)> for F
        where
            F: Fn(A, $($input),*) -> Fut + Clone + 'static,
            Fut: Future<Output = Answer>,
            A: Access,
            $($input: Input,)*
        {
            type Access = A;

            #[allow(unused_mut, reason = "a handler without inputs reads none")]
            async fn call(&self, mut call: Call) -> Answer {
                let access = A::extract(&call).await?;
                $(let $value = $input::read(&mut call).await?;)*
                self(access, $($value),*).await
            }
        }
    };
}

guarded_handler!();
guarded_handler!(B b);
guarded_handler!(B b, C c);
guarded_handler!(B b, C c, D d);
guarded_handler!(B b, C c, D d, E e);

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
async fn answer<H, Args>(handler: &H, call: Call) -> Answer
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
