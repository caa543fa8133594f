//! The pages and what they load.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use aide::redoc::Redoc;
use bytes::Bytes;
use utoipa_swagger_ui::Config;

/// The page of Swagger UI. Addresses are absolute, because the page answers
/// under several.
pub(super) const INDEX: &str = r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>auth_microservice</title>
    <link rel="stylesheet" href="/api/docs/swagger-ui.css">
    <link rel="stylesheet" href="/api/docs/index.css">
    <link rel="icon" type="image/png" href="/api/docs/favicon-32x32.png" sizes="32x32">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script src="/api/docs/swagger-ui-standalone-preset.js"></script>
    <script src="/api/docs/swagger-initializer.js"></script>
  </body>
</html>
"#;

/// The page of ReDoc.
pub(super) const REDOC: &str = r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>auth_microservice</title>
  </head>
  <body>
    <redoc spec-url="/api/openapi.json"></redoc>
    <script src="/api/docs/redoc.standalone.js"></script>
  </body>
</html>
"#;

/// Where an OAuth flow comes back to.
pub(super) const REDIRECT: &str = r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>auth_microservice</title>
  </head>
  <body>
    <script src="/api/docs/oauth2-redirect.js"></script>
  </body>
</html>
"#;

/// A script, style or image by name, with its media type.
pub(super) fn asset_of(name: &str) -> Option<(&'static str, Bytes)> {
    let (_, extension) = name.rsplit_once('.')?;
    let content_type = match extension {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "png" => "image/png",
        _ => return None,
    };
    if name == "redoc.standalone.js" {
        return Some((content_type, redoc_script()));
    }
    let file = utoipa_swagger_ui::serve(name, swagger_config()).ok()??;
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some((content_type, bytes))
}

/// What Swagger UI is told, made once.
fn swagger_config() -> Arc<Config<'static>> {
    static CONFIG: OnceLock<Arc<Config<'static>>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let config = Config::from("/api/openapi.json")
            .oauth2_redirect_url("/api/swagger-redirect")
            .deep_linking(true)
            .validator_url("none");
        Arc::new(config)
    });
    Arc::clone(config)
}

/// ReDoc's script, taken out of the page that the crate carrying it makes:
/// scripts of a page of ours stand in files of their own.
fn redoc_script() -> Bytes {
    static SCRIPT: OnceLock<Bytes> = OnceLock::new();
    let script = SCRIPT.get_or_init(|| {
        let page = Redoc::new("").html();
        let (_, script) = page.split_once("<script>").unwrap_or_default();
        let (script, _) = script.rsplit_once(r#"Redoc.init("""#).unwrap_or_default();
        Bytes::copy_from_slice(script.trim().as_bytes())
    });
    script.clone()
}
