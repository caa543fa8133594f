//! One request on its way to its handler.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::http::header;
use auth_domain::caller::Origin;

use crate::context::RequestContext;
use crate::state::{HttpState, Secrets};

/// The most characters of a `User-Agent` that are kept.
const USER_AGENT_MAX: usize = 255;

/// One request on its way to its handler.
pub struct Call {
    request: HttpRequest,
    payload: Payload,
    state: HttpState,
    context: std::rc::Rc<RequestContext>,
}

impl Call {
    pub(crate) fn new(request: HttpRequest, payload: Payload, state: HttpState) -> Self {
        let context = RequestContext::of(&request);
        Self {
            request,
            payload,
            state,
            context,
        }
    }

    /// The request line and the headers.
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    pub(crate) fn payload(&mut self) -> &mut Payload {
        &mut self.payload
    }

    /// What the request is served with.
    pub fn state(&self) -> &HttpState {
        &self.state
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        self.state.secrets()
    }

    pub(crate) fn context(&self) -> &RequestContext {
        &self.context
    }

    /// Whether the path ended with a slash, which the router does not see.
    pub fn had_trailing_slash(&self) -> bool {
        self.context.trailing_slash()
    }

    /// From where the call came.
    pub(crate) fn origin(&self) -> Origin {
        let headers = self.request.headers();
        let peer = self.request.peer_addr().map(|address| address.ip());
        let user_agent = headers.get(header::USER_AGENT);
        Origin {
            request_id: self.context.request_id().map(str::to_owned),
            ip: peer.map(|peer| self.state.client_address().of(peer, headers)),
            user_agent: user_agent.map(|value| printable(value.as_bytes())),
        }
    }
}

/// The text without control characters, cut to what the column holds.
fn printable(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let kept = text.chars().filter(|c| !c.is_control());
    kept.take(USER_AGENT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_is_one_printable_line_that_the_column_holds() {
        assert_eq!(printable(b"curl/8\x1b[31m\r\nx"), "curl/8[31mx");
        assert_eq!(printable("é".repeat(300).as_bytes()), "é".repeat(255));
        assert_eq!(printable(b"\xff"), "\u{fffd}");
    }
}
