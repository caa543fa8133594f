//! Every route answers under `/api` and without, with or without a trailing
//! slash, and without a redirect.

use actix_web::dev::{ServiceRequest, Url};
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

const PREFIX: &str = "/api";

/// Lets the router see the bare path: a trailing slash is cut off, and `/api`
/// is skipped as the prefix of a scope would be. Answers whether there was a
/// slash.
pub(crate) fn normalize(request: &mut ServiceRequest) -> bool {
    let slash = request.path().len() > 1 && request.path().ends_with('/');
    if slash {
        cut_trailing_slash(request);
    }
    let rest = request.path().strip_prefix(PREFIX);
    if rest.is_some_and(|rest| rest.starts_with('/')) {
        request.match_info_mut().skip(4);
    }
    slash
}

fn cut_trailing_slash(request: &mut ServiceRequest) {
    let Some(uri) = without_trailing_slash(request.uri()) else {
        return;
    };
    request.match_info_mut().set(Url::new(uri.clone()));
    request.head_mut().uri = uri;
}

fn without_trailing_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path().trim_end_matches('/');
    let path = if path.is_empty() { "/" } else { path };
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}
