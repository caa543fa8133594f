//! The documentation pages. Everything they load comes from this binary.

mod pages;

use actix_web::HttpResponse;
use actix_web::http::header;
use auth_http_kit::access::Open;
use auth_http_kit::answer::{Answer, Reply};
use auth_http_kit::describe::Description;
use auth_http_kit::input::{Input, State};
use auth_http_kit::problem::{EdgeCode, Problem};
use auth_http_kit::routing::Route;
use auth_http_kit::{Call, routes};
use bytes::Bytes;

use pages::{INDEX, REDIRECT, REDOC, asset_of, page};

/// Scripts come from here, nothing from elsewhere. Both pages style elements
/// inline; ReDoc searches in a worker.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";

pub(crate) fn routes() -> Vec<Route> {
    routes!["documentation";
        openapi_json.undocumented(),
        swagger_ui.undocumented(),
        redoc.undocumented(),
        swagger_redirect.undocumented(),
        asset.undocumented(),
    ]
}

/// A page, or something that a page loads; not part of the OpenAPI document.
struct Page {
    content_type: &'static str,
    body: Bytes,
}

impl Page {
    fn html(text: &str, slash: TrailingSlash) -> Self {
        let TrailingSlash(with_slash) = slash;
        Self {
            content_type: HTML,
            body: page(text, with_slash),
        }
    }
}

impl Reply for Page {
    fn describe(_description: &mut Description) {}

    fn send(self) -> Result<HttpResponse, Problem> {
        Ok(HttpResponse::Ok()
            .content_type(self.content_type)
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .body(self.body))
    }
}

/// The OpenAPI document.
#[utoipa::path(method(get, head), path = "/openapi.json")]
async fn openapi_json(_anybody: Open, state: State) -> Answer<Page> {
    Ok(Page {
        content_type: "application/json",
        body: state.document(),
    })
}

/// Swagger UI.
#[utoipa::path(get, path = "/docs")]
async fn swagger_ui(_anybody: Open, slash: TrailingSlash) -> Answer<Page> {
    Ok(Page::html(INDEX, slash))
}

/// ReDoc.
#[utoipa::path(get, path = "/redoc")]
async fn redoc(_anybody: Open, slash: TrailingSlash) -> Answer<Page> {
    Ok(Page::html(REDOC, slash))
}

/// Where an OAuth flow of Swagger UI comes back to.
#[utoipa::path(get, path = "/swagger-redirect")]
async fn swagger_redirect(_anybody: Open, slash: TrailingSlash) -> Answer<Page> {
    Ok(Page::html(REDIRECT, slash))
}

/// What the pages load.
#[utoipa::path(get, path = "/docs/{asset}")]
async fn asset(_anybody: Open, AssetName(name): AssetName) -> Answer<Page> {
    let (content_type, body) = asset_of(&name).ok_or(EdgeCode::NotFound)?;
    Ok(Page { content_type, body })
}

/// Whether the page was asked for with a trailing slash: relative addresses in
/// it count from there.
#[derive(Clone, Copy)]
struct TrailingSlash(bool);

impl Input for TrailingSlash {
    fn describe(_description: &mut Description) {}

    async fn read(call: &mut Call) -> Result<Self, Problem> {
        Ok(Self(call.had_trailing_slash()))
    }
}

/// The last segment of the path.
struct AssetName(String);

impl Input for AssetName {
    fn describe(_description: &mut Description) {}

    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let name = call.request().match_info().get("asset");
        Ok(Self(name.unwrap_or_default().to_owned()))
    }
}
