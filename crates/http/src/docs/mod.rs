//! The documentation pages. Everything they load comes from this binary.

mod pages;

use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;

pub(crate) use pages::Documents;
use pages::{INDEX, REDOC};

use crate::access::Open;
use crate::answer::Answer;
use crate::input::{Input, State};
use crate::problem::{EdgeCode, Problem};
use crate::routing::{Call, Route, route};

/// Scripts come from here, nothing from elsewhere. Both pages style elements
/// inline; ReDoc searches in a worker.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        route::<__path_openapi_json, _, _>(openapi_json).undocumented(),
        route::<__path_swagger_ui, _, _>(swagger_ui).undocumented(),
        route::<__path_redoc, _, _>(redoc).undocumented(),
        route::<__path_swagger_redirect, _, _>(swagger_redirect).undocumented(),
        route::<__path_asset, _, _>(asset).undocumented(),
    ]
}

/// The OpenAPI document.
#[utoipa::path(method(get, head), path = "/openapi.json", responses((status = 200)))]
async fn openapi_json(_anybody: Open, state: State) -> Answer {
    answer("application/json", state.documents().openapi())
}

/// Swagger UI.
#[utoipa::path(get, path = "/docs", responses((status = 200)))]
async fn swagger_ui(_anybody: Open) -> Answer {
    answer(
        "text/html; charset=utf-8",
        Bytes::from_static(INDEX.as_bytes()),
    )
}

/// ReDoc.
#[utoipa::path(get, path = "/redoc", responses((status = 200)))]
async fn redoc(_anybody: Open) -> Answer {
    answer(
        "text/html; charset=utf-8",
        Bytes::from_static(REDOC.as_bytes()),
    )
}

/// Where an OAuth flow of Swagger UI comes back to.
#[utoipa::path(get, path = "/swagger-redirect", responses((status = 200)))]
async fn swagger_redirect(_anybody: Open) -> Answer {
    let page = pages::REDIRECT.as_bytes();
    answer("text/html; charset=utf-8", Bytes::from_static(page))
}

/// What the pages load.
#[utoipa::path(get, path = "/docs/{asset}", responses((status = 200)))]
async fn asset(_anybody: Open, state: State, AssetName(name): AssetName) -> Answer {
    let (content_type, bytes) = state.documents().asset(&name).ok_or(EdgeCode::NotFound)?;
    answer(content_type, bytes)
}

/// The last segment of the path.
struct AssetName(String);

impl Input for AssetName {
    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let name = call.request().match_info().get("asset");
        Ok(Self(name.unwrap_or_default().to_owned()))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what handlers answer")]
fn answer(content_type: &str, body: Bytes) -> Answer {
    Ok(HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .body(body))
}
