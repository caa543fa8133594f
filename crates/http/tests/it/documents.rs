//! The generated files, and the documentation pages.

use std::fs;
use std::path::Path;

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::support::{Setup, send};

/// Compares a generated file with what the code says; with
/// `UPDATE_GENERATED=1` writes it.
fn assert_generated(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    let committed = fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("UPDATE_GENERATED").is_some() && committed != expected {
        // Other tests read the file meanwhile: it is replaced as a whole.
        let draft = path.with_extension("draft");
        fs::write(&draft, expected).unwrap();
        fs::rename(&draft, &path).unwrap();
        return;
    }
    assert!(
        committed == expected,
        "docs/{name} is out of date: UPDATE_GENERATED=1 cargo test -p auth-http rewrites it"
    );
}

fn document() -> Value {
    auth_http::openapi_document()
}

#[test]
fn the_committed_openapi_document_is_what_the_routes_say() {
    let text = serde_json::to_string_pretty(&document()).unwrap();
    assert_generated("openapi.json", &format!("{text}\n"));
}

#[test]
fn the_committed_error_catalogue_is_what_the_code_says() {
    assert_generated("errors.md", &auth_http::error_catalogue());
}

#[test]
fn every_operation_has_its_permission_its_errors_and_examples() {
    let document = document();
    let mut seen = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(seen.insert(id), "{name}: the operation id is taken");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("500"), "{name}");
            for body in bodies(operation) {
                assert!(
                    has_example(&document, body),
                    "{name} has no example: {body}"
                );
            }
            if operation.get("requestBody").is_some() || operation.get("parameters").is_some() {
                assert!(responses.contains_key("422"), "{name}");
            }
        }
    }
    let orgs = &document["paths"]["/api/v1/orgs"];
    assert_eq!(orgs["get"]["x-permission"], "org.read");
    let both = json!(["org.create", "platform.organizations.manage"]);
    assert_eq!(orgs["post"]["x-permission"], both);
    assert!(orgs["get"]["security"][0].get("bearer").is_some());
}

/// The contents of the request and of the successful responses.
fn bodies(operation: &Value) -> impl Iterator<Item = &Value> {
    let responses = operation["responses"].as_object().unwrap();
    let successes = responses
        .iter()
        .filter(|(status, _)| status.starts_with('2'));
    let contents = successes.filter_map(|(_, response)| response.get("content"));
    let request = operation.pointer("/requestBody/content");
    contents
        .chain(request)
        .flat_map(|content| content.as_object().unwrap().values())
}

fn has_example(document: &Value, body: &Value) -> bool {
    let named = |schema: &Value| {
        let reference = schema["$ref"].as_str()?;
        let name = reference.rsplit('/').next()?;
        document
            .pointer(&format!("/components/schemas/{name}"))
            .cloned()
    };
    let schema = named(&body["schema"]).unwrap_or_else(|| body["schema"].clone());
    let items = &schema["properties"]["items"]["items"];
    let item = named(items).unwrap_or_else(|| items.clone());
    [body, &schema, &item]
        .iter()
        .any(|at| at.get("example").is_some() || at.get("examples").is_some())
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    let references = text.split(r##""$ref":"#"##).skip(1);
    for reference in references {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn every_code_of_the_document_is_in_the_catalogue() {
    let catalogue = auth_http::error_catalogue();
    let mut codes = 0;
    for (_, item) in document()["paths"].as_object().unwrap() {
        for (_, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                for code in response["x-codes"].as_array().into_iter().flatten() {
                    let row = format!("| `{}` | {status} | ", code.as_str().unwrap());
                    assert!(catalogue.contains(&row), "{row}");
                    codes += 1;
                }
            }
        }
    }
    assert!(codes > 500, "{codes}");
}

#[actix_web::test]
async fn the_document_is_served_as_it_is_committed() {
    for path in ["/api/openapi.json", "/openapi.json"] {
        let answer = send(Setup::default(), TestRequest::get().uri(path)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json(), document());
    }
}

/// As a browser resolves them under `/auth/`, where a proxy put the service.
#[actix_web::test]
async fn the_pages_load_only_what_this_service_serves_under_any_prefix() {
    let pages = [
        "/api/docs",
        "/api/docs/",
        "/docs",
        "/docs/",
        "/api/redoc",
        "/api/redoc/",
        "/api/swagger-redirect",
        "/api/swagger-redirect/",
    ];
    for page in pages {
        let answer = send(Setup::default(), TestRequest::get().uri(page)).await;
        assert_eq!(answer.status, 200, "{page}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self'"), "{policy}");
        let html = String::from_utf8(answer.body).unwrap();
        assert!(!html.contains("//"), "{page} loads from elsewhere");
        let outside = url::Url::parse(&format!("https://example.com/auth{page}")).unwrap();
        let mut loaded = 0;
        let mut load = async |link: &str| {
            let path = outside.join(link).unwrap().path().to_owned();
            let inside = path
                .strip_prefix("/auth")
                .unwrap_or_else(|| panic!("{link}"));
            let answer = send(Setup::default(), TestRequest::get().uri(inside)).await;
            assert_eq!(answer.status, 200, "{page}: {link}");
            loaded += 1;
            String::from_utf8_lossy(&answer.body).into_owned()
        };
        for link in attributes(&html, &["href=\"", "src=\"", "spec-url=\""]) {
            let text = load(link).await;
            // What Swagger UI asks for, relative to the page too.
            if link.contains("initializer") {
                for link in attributes(&text, &["\"url\": \""]) {
                    load(link).await;
                }
            }
        }
        assert!(loaded > 0, "{page}");
    }
}

/// What stands after any of these beginnings, up to the next quote.
fn attributes<'a>(text: &'a str, beginnings: &[&str]) -> Vec<&'a str> {
    let found = beginnings.iter().flat_map(|beginning| {
        let rest = text.match_indices(*beginning);
        rest.map(|(at, _)| &text[at + beginning.len()..])
    });
    found.map(|rest| rest.split('"').next().unwrap()).collect()
}

#[actix_web::test]
async fn the_scripts_are_whole() {
    let get = |name: &str| {
        let uri = format!("/api/docs/{name}");
        send(Setup::default(), TestRequest::get().uri(&uri))
    };
    let redoc = String::from_utf8(get("redoc.standalone.js").await.body).unwrap();
    assert!(redoc.starts_with("/*!"), "{}", &redoc[..40]);
    assert!(redoc.len() > 500_000 && !redoc.contains("</script>"));
    let setup = String::from_utf8(get("swagger-initializer.js").await.body).unwrap();
    assert!(setup.contains("\"openapi.json\""), "{setup}");
    assert!(!setup.contains("petstore"), "{setup}");
}

#[actix_web::test]
async fn other_files_are_not_found() {
    for name in ["nothing.js", "swagger-ui-bundle", "..%2f..%2fCargo.toml"] {
        let uri = format!("/api/docs/{name}");
        let answer = send(Setup::default(), TestRequest::get().uri(&uri)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (404, "not_found".to_owned())
        );
    }
}
