use auth_application::identity::AuthError;
use auth_application::organizations::OrganizationError;
use auth_domain::error::PortError;
use auth_domain::identity::GateRefusal;
use serde_json::{Value, json};

use super::*;
use auth_domain::validation::Loc;

fn document(problem: &Problem) -> Value {
    serde_json::from_slice(&problem.body(Some("r-1"))).unwrap()
}

#[test]
fn a_problem_repeats_its_code_as_detail() {
    let problem = Problem::from(OrganizationError::NotFound);
    assert_eq!(
        document(&problem),
        json!({
            "type": "urn:auth-microservice:problem:organization_not_found",
            "title": "There is no such organization",
            "status": 404,
            "code": "organization_not_found",
            "detail": "organization_not_found",
            "request_id": "r-1",
        })
    );
}

#[test]
fn a_validation_problem_lists_the_fields_and_never_the_values() {
    let error = FieldError {
        loc: vec!["body".into(), "domains".into(), Loc::Index(2)],
        kind: "value_error",
        msg: "value is not a valid email domain".to_owned(),
    };
    let document = document(&Problem::validation(vec![error]));
    let errors = json!([{
        "loc": ["body", "domains", 2],
        "type": "value_error",
        "msg": "value is not a valid email domain",
    }]);
    assert_eq!(document["status"], 422);
    assert_eq!(document["detail"], errors);
    assert_eq!(document["errors"], errors);
}

#[test]
fn infrastructure_errors_show_nothing_of_their_cause() {
    let cause = PortError::Backend("password=hunter2".into());
    let problem = Problem::from(AuthError::from(cause));
    let text = String::from_utf8(problem.body(None)).unwrap();
    assert_eq!(problem.status(), 500);
    assert_eq!(problem.code(), "internal_error");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(problem.source().is_some(), "the log still knows the cause");
}

#[test]
fn a_401_carries_a_bearer_challenge() {
    let challenge = |problem: Problem| {
        let response = problem.error_response();
        let value = response.headers().get(header::WWW_AUTHENTICATE);
        value.map(|v| v.to_str().unwrap().to_owned())
    };
    let bearer = |text: &str| Some(text.to_owned());
    assert_eq!(
        challenge(EdgeCode::NotAuthenticated.into()),
        bearer("Bearer")
    );
    assert_eq!(
        challenge(AuthError::InvalidCredentials.into()),
        bearer("Bearer")
    );
    assert_eq!(
        challenge(Problem::from(GateRefusal::SessionRevoked).about_token()),
        bearer(r#"Bearer error="invalid_token""#)
    );
    assert_eq!(challenge(EdgeCode::Forbidden.into()), None);
}

#[test]
fn busy_answers_say_when_to_come_back() {
    let response = Problem::from(EdgeCode::Busy).error_response();
    assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), "1");
}

#[test]
fn every_infrastructure_error_has_a_catalogued_code_and_status() {
    use auth_application::error::{Infrastructure, UseCaseError as _};
    use auth_domain::identity::{HashError, TokenError};
    use auth_domain::rbac::{PolicyError, PolicyRevision};
    use auth_domain::security::{LimitRule, Quota};
    use std::time::Duration;
    let errors: [Infrastructure; 9] = [
        PortError::Stale.into(),
        PortError::Unavailable("down".into()).into(),
        PortError::Retryable("race".into()).into(),
        PolicyError::Unavailable(None).into(),
        PolicyError::UnknownRevision {
            current: PolicyRevision::new(4),
        }
        .into(),
        HashError::Busy.into(),
        HashError::Malformed.into(),
        TokenError("no key".to_owned()).into(),
        RateLimited {
            rule: LimitRule::LoginPair,
            quota: Quota {
                limit: 1,
                window: Duration::from_mins(1),
            },
            retry_after: Duration::from_secs(1),
        }
        .into(),
    ];
    for error in errors {
        let entry = error.entry();
        assert_eq!(entry.code, error.code());
        assert_eq!(entry.status, status_of(error.kind()), "{}", error.code());
    }
}
