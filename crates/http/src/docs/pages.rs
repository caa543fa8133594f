//! The pages and what they load.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use aide::redoc::Redoc;
use bytes::Bytes;
use utoipa_swagger_ui::Config;

/// The page of Swagger UI. Addresses are relative, because a proxy may put the
/// service under any path; `{up}` leads from the page to its directory.
pub(super) const INDEX: &str = r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>auth_microservice</title>
    <link rel="stylesheet" href="{up}docs/swagger-ui.css">
    <link rel="stylesheet" href="{up}docs/index.css">
    <link rel="icon" type="image/png" href="{up}docs/favicon-32x32.png" sizes="32x32">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="{up}docs/swagger-ui-bundle.js"></script>
    <script src="{up}docs/swagger-ui-standalone-preset.js"></script>
    <script src="{up}docs/{initializer}"></script>
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
    <redoc spec-url="{up}openapi.json"></redoc>
    <script src="{up}docs/redoc.standalone.js"></script>
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
    <script src="{up}docs/oauth2-redirect.js"></script>
  </body>
</html>
"#;

/// A page as it answers without a trailing slash, or with one.
pub(super) fn page(text: &str, with_slash: bool) -> Bytes {
    let (up, initializer) = if with_slash {
        ("../", INITIALIZER_WITH_SLASH)
    } else {
        ("", INITIALIZER)
    };
    let text = text.replace("{up}", up);
    text.replace("{initializer}", initializer).into()
}

/// The script that tells Swagger UI where the document is.
const INITIALIZER: &str = "swagger-initializer.js";
/// The same for the page with a trailing slash: the address of the document is
/// relative to the page.
const INITIALIZER_WITH_SLASH: &str = "swagger-initializer-slash.js";

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
    let (name, document) = match name {
        INITIALIZER_WITH_SLASH => (INITIALIZER, "../openapi.json"),
        name => (name, "openapi.json"),
    };
    let file = utoipa_swagger_ui::serve(name, swagger_config(document)).ok()??;
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some((content_type, bytes))
}

/// What Swagger UI is told.
fn swagger_config(document: &'static str) -> Arc<Config<'static>> {
    let config = Config::from(document).deep_linking(true);
    Arc::new(config.validator_url("none"))
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
