//! The router, the manifest and the access rules agree.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use auth_http::access::AccessRule;
use auth_http::{ManifestEntry, route_manifest};

use crate::support::{Answered, Setup, TOKEN, send_to};

/// A path of the template.
fn path_of(entry: &ManifestEntry) -> String {
    entry
        .path
        .replace("{organization_id}", "3")
        .replace("{user_id}", "7")
        .replace("{role_id}", "5")
        .replace("{permission_id}", "6")
        .replace("{asset}", "swagger-ui.css")
}

fn request(method: &Method, path: &str) -> TestRequest {
    TestRequest::default().method(method.clone()).uri(path)
}

#[test]
fn the_manifest_is_reviewed_as_a_diff() {
    let mut lines: Vec<String> = route_manifest()
        .iter()
        .map(|e| format!("{} {} = {}", e.method, e.path, e.access))
        .collect();
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n"));
}

#[actix_web::test]
async fn every_route_answers_under_api_and_without_with_and_without_slash() {
    let service = Setup::default().service();
    for entry in route_manifest() {
        let path = path_of(&entry);
        let bare = path.trim_end_matches('/').strip_prefix("/api").unwrap();
        let forms = [
            format!("/api{bare}"),
            format!("/api{bare}/"),
            bare.to_owned(),
            format!("{bare}/"),
            format!("{bare}/?x=1"),
        ];
        for form in forms {
            let status = send_to(&service, request(&entry.method, &form))
                .await
                .status;
            let missing = [404, 405, 301, 307, 308].contains(&status.as_u16());
            assert!(!missing, "{} {form}: {status}", entry.method);
        }
    }
}

#[actix_web::test]
async fn a_method_that_the_path_does_not_know_is_405_with_allow() {
    let service = Setup::default().service();
    let manifest = route_manifest();
    for entry in &manifest {
        let answer = send_to(&service, request(&Method::TRACE, &path_of(entry))).await;
        assert_eq!(answer.status, 405, "{}", entry.path);
        assert_eq!(answer.code(), "method_not_allowed");
        let allow: Vec<&str> = answer.header("allow").unwrap().split(", ").collect();
        let known = manifest.iter().filter(|other| other.path == entry.path);
        let mut known: Vec<&str> = known.map(|other| other.method.as_str()).collect();
        if known.contains(&"GET") && !known.contains(&"HEAD") {
            known.insert(1, "HEAD");
        }
        assert_eq!(allow, known, "{}", entry.path);
    }
}

/// RFC 9110, section 9.3.2.
#[actix_web::test]
async fn head_answers_wherever_get_does_and_alike() {
    let service = Setup::default().service();
    let mut asked = 0;
    for entry in route_manifest() {
        if entry.method != Method::GET {
            continue;
        }
        let path = path_of(&entry);
        let get = send_to(&service, request(&Method::GET, &path)).await;
        let head = send_to(&service, request(&Method::HEAD, &path)).await;
        assert_eq!(head.status, get.status, "{path}");
        let content = |answer: &Answered| answer.header("content-type").map(str::to_owned);
        assert_eq!(content(&head), content(&get), "{path}");
        asked += 1;
    }
    assert!(asked > 10, "{asked}");
}

#[actix_web::test]
async fn a_body_with_a_coding_is_415() {
    let service = Setup::default().service();
    let login = |coding: &str| {
        request(&Method::POST, "/api/v1/auth/login")
            .insert_header(("content-type", "application/json"))
            .insert_header(("content-encoding", coding))
            .set_payload("{}")
    };
    for coding in ["gzip", "br", "identity, gzip", "x"] {
        let answer = send_to(&service, login(coding)).await;
        assert_eq!(answer.status, 415, "{coding}");
        assert_eq!(answer.code(), "unsupported_content_coding");
        assert_eq!(answer.header("accept-encoding"), Some("identity"));
    }
    for plain in ["identity", "Identity", ""] {
        let answer = send_to(&service, login(plain)).await;
        assert_eq!(answer.status, 422, "{plain:?}: the body is read");
    }
}

#[actix_web::test]
async fn an_unknown_path_is_a_404_problem() {
    let service = Setup::default().service();
    for path in [
        "/",
        "/api",
        "/api/",
        "/nothing",
        "/api/api/healthz",
        "//healthz",
        "/apihealthz",
    ] {
        let answer = send_to(&service, request(&Method::GET, path)).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.code(), "not_found");
    }
}

#[actix_web::test]
async fn access_is_decided_before_anything_else_of_the_request_is_read() {
    let service = Setup::default().service();
    for entry in route_manifest() {
        let expected = match entry.access {
            AccessRule::Public | AccessRule::MetricsScrape => continue,
            AccessRule::Bootstrap => (403, "invalid_bootstrap_secret"),
            AccessRule::Internal => (401, "invalid_internal_secret"),
            AccessRule::Authenticated
            | AccessRule::Permissions { .. }
            | AccessRule::CheckCaller => (401, "not_authenticated"),
        };
        let hostile = ["/3", "/5", "/6", "/7"]
            .iter()
            .fold(path_of(&entry), |path, id| path.replace(id, "/none"));
        for body in ["{", "[]", r#"{"organization_name": 1}"#] {
            let request = request(&entry.method, &hostile).set_payload(body);
            let answer = send_to(&service, request).await;
            assert_eq!(
                (answer.status.as_u16(), &*answer.code()),
                expected,
                "{}",
                entry.path
            );
        }
    }
}

#[actix_web::test]
async fn without_the_permission_the_answer_is_403_whatever_the_request_says() {
    let service = Setup::default().service();
    let mut checked = 0;
    for entry in route_manifest() {
        let needed = entry.access.permissions();
        let held = ["org.read", "role.read"];
        if needed.iter().all(|needed| held.contains(needed)) {
            continue;
        }
        let request = request(&entry.method, &path_of(&entry))
            .insert_header(("authorization", format!("Bearer {TOKEN}")))
            .set_payload("{");
        let answer = send_to(&service, request).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (403, "forbidden"),
            "{}",
            entry.path
        );
        checked += 1;
    }
    assert_eq!(
        checked, 20,
        "organizations: create, update, delete, invite an admin; roles: create, update, delete, \
         grant, revoke, assign, unassign; permissions: list, create; users: list, invite, show, \
         change, deactivate, show and change the contact"
    );
}

#[actix_web::test]
async fn without_a_configured_internal_secret_its_routes_are_503() {
    let service = Setup::with(|options| options.internal_secret = None).service();
    let manifest = route_manifest();
    let internal = manifest
        .iter()
        .filter(|entry| entry.access == AccessRule::Internal);
    let mut checked = 0;
    for entry in internal {
        let request = request(&entry.method, &path_of(entry))
            .insert_header(("x-internal-secret", "internal"));
        let answer = send_to(&service, request).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (503, "internal_access_not_configured"),
            "{}",
            entry.path
        );
        checked += 1;
    }
    assert_eq!(
        checked, 5,
        "snapshot, seed, invalidation, introspection and revocation"
    );
}
