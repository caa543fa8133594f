//! The `Authorization` header (RFC 6750, section 2.1).

use actix_web::http::header::{self, HeaderMap};

use crate::problem::EdgeCode;

/// The bearer token of a request: from this header and nowhere else.
///
/// Exactly one header with exactly one token; the scheme is case-insensitive,
/// the token has the characters of `token68` (RFC 9110, section 11.2).
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<&str, EdgeCode> {
    let mut values = headers.get_all(header::AUTHORIZATION);
    let value = values.next().ok_or(EdgeCode::NotAuthenticated)?;
    if values.next().is_some() {
        return Err(EdgeCode::InvalidAuthorizationHeader);
    }
    if value.is_empty() {
        return Err(EdgeCode::NotAuthenticated);
    }
    parse(value.as_bytes()).ok_or(EdgeCode::InvalidAuthorizationHeader)
}

fn parse(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    let (scheme, rest) = text.split_once(' ')?;
    let token = rest.trim_start_matches(' ');
    let well_formed = scheme.eq_ignore_ascii_case("bearer") && is_token68(token);
    well_formed.then_some(token)
}

fn is_token68(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    let allowed = |c: u8| c.is_ascii_alphanumeric() || b"-._~+/".contains(&c);
    !body.is_empty() && body.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value).unwrap();
            map.append(header::AUTHORIZATION, value);
        }
        map
    }

    fn of(value: &str) -> Result<String, EdgeCode> {
        bearer_token(&headers(&[value.as_bytes()])).map(str::to_owned)
    }

    #[test]
    fn the_scheme_is_case_insensitive() {
        for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
            assert_eq!(of(&format!("{scheme} a.b.c")).as_deref(), Ok("a.b.c"));
        }
    }

    #[test]
    fn nothing_shown_is_not_authenticated() {
        assert_eq!(bearer_token(&headers(&[])), Err(EdgeCode::NotAuthenticated));
        assert_eq!(of(""), Err(EdgeCode::NotAuthenticated));
    }

    #[test]
    fn a_header_without_exactly_one_token_is_invalid() {
        let invalid = Err(EdgeCode::InvalidAuthorizationHeader);
        for value in [
            "Bearer",
            "Bearer ",
            "Basic a.b.c",
            "a.b.c",
            "Bearer a b",
            "Bearer a,Bearer b",
            "Bearer\ta.b.c",
            "Bearer a\t",
            " Bearer a",
            "Bearer =",
            "Bearer a=b",
        ] {
            assert_eq!(of(value), invalid, "{value:?}");
        }
        let two = headers(&[b"Bearer a", b"Bearer a"]);
        assert_eq!(bearer_token(&two).map(str::to_owned), invalid);
        let not_ascii = headers(&["Bearer é".as_bytes()]);
        assert_eq!(bearer_token(&not_ascii).map(str::to_owned), invalid);
    }

    proptest! {
        #[test]
        fn only_one_well_formed_header_is_ever_accepted(
            values in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..40),
                    "(?i:bearer)? ?[ -~\t]{0,20}".prop_map(String::into_bytes),
                ],
                0..3,
            )
        ) {
            let legal = values.iter().all(|v| HeaderValue::from_bytes(v).is_ok());
            prop_assume!(legal);
            let slices: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            if let Ok(token) = bearer_token(&headers(&slices)) {
                prop_assert_eq!(values.len(), 1);
                prop_assert!(is_token68(token));
                let value = String::from_utf8(values[0].clone()).unwrap();
                let (scheme, rest) = value.split_at(6);
                prop_assert!(scheme.eq_ignore_ascii_case("bearer"));
                prop_assert_eq!(rest.trim_start_matches(' '), token);
            }
        }
    }
}
