//! Lists by pages (RFC 8288 for `Link`).

use actix_web::HttpRequest;
use actix_web::http::header;
use auth_domain::page::{MAX_PAGE, Page, PageKey, PageRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Answer, ok};
use crate::input::{Fields, FromFields, Input, Query, Refusals, integer, string};
use crate::problem::Problem;
use crate::routing::Call;

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemList<T> {
    /// The rows.
    items: Vec<T>,
    /// The `cursor` of the next page; null on the last one.
    next_cursor: Option<String>,
}

/// The query of a list, for the documentation.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query for OpenAPI")]
pub(crate) struct PageParameters {
    /// How many rows at most; absent: 500.
    #[param(minimum = 1, maximum = 500, example = 50)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which page of a list is asked for, where the list is ordered by `KEYS`
/// columns.
pub(crate) struct Paged<const KEYS: usize> {
    request: PageRequest,
    here: HttpRequest,
}

struct PageQuery<const KEYS: usize>(PageRequest);

impl<const KEYS: usize> FromFields for PageQuery<KEYS> {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let limit = fields.optional("limit", limit);
        let cursor = fields.optional("cursor", cursor::<KEYS>);
        PageRequest::new(limit?, cursor?).ok().map(Self)
    }
}

impl<const KEYS: usize> Input for Paged<KEYS> {
    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let Query(PageQuery(request)) = Query::<PageQuery<KEYS>>::read(call).await?;
        let here = call.request().clone();
        Ok(Self { request, here })
    }
}

impl<const KEYS: usize> Paged<KEYS> {
    /// The page, for the use case.
    pub(crate) fn request(&self) -> &PageRequest {
        &self.request
    }

    /// The answer: the rows, and where the next page is.
    pub(crate) fn answer<T, B: Serialize>(
        &self,
        page: Page<T>,
        body: impl FnMut(T) -> B,
    ) -> Answer {
        let next_cursor = page.next.as_ref().map(encode);
        let link = next_cursor.as_deref().map(|cursor| self.link_to(cursor));
        let mut answer = ok(&ItemList {
            items: page.items.into_iter().map(body).collect(),
            next_cursor,
        })?;
        let link = link.and_then(|link| header::HeaderValue::try_from(link).ok());
        if let Some(link) = link {
            answer.headers_mut().insert(header::LINK, link);
        }
        Ok(answer)
    }

    fn link_to(&self, cursor: &str) -> String {
        let present = form_urlencoded::parse(self.here.query_string().as_bytes());
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(present.filter(|(name, _)| name != "cursor"))
            .append_pair("cursor", cursor)
            .finish();
        format!("<{}?{query}>; rel=\"next\"", self.here.path())
    }
}

fn limit(value: &Value, refusals: &mut Refusals) -> Option<u32> {
    let limit = integer(value, refusals)?;
    if limit < 1 {
        return refusals.refuse("greater_than_equal", "Input should be at least 1");
    }
    if limit > i64::from(MAX_PAGE) {
        return refusals.refuse(
            "less_than_equal",
            format!("Input should be at most {MAX_PAGE}"),
        );
    }
    u32::try_from(limit).ok()
}

fn cursor<const KEYS: usize>(value: &Value, refusals: &mut Refusals) -> Option<PageKey> {
    let text = string(value, refusals)?;
    decode(text)
        .filter(|key| key.0.len() == KEYS)
        .or_else(|| refusals.refuse("value_error", "not a cursor of this list"))
}

/// The key's parts as big-endian bytes in base64url.
fn encode(key: &PageKey) -> String {
    let bytes: Vec<u8> = key.0.iter().flat_map(|part| part.to_be_bytes()).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(cursor: &str) -> Option<PageKey> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (parts, rest) = bytes.as_chunks::<8>();
    let parts = parts.iter().map(|part| i64::from_be_bytes(*part)).collect();
    rest.is_empty().then_some(PageKey(parts))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn query(text: &str) -> Result<PageRequest, Vec<&'static str>> {
        let pairs = form_urlencoded::parse(text.as_bytes());
        let object = pairs.map(|(n, v)| (n.into_owned(), Value::from(v.into_owned())));
        crate::input::read::<PageQuery<1>>("query", &Value::Object(object.collect()))
            .map(|query| query.0)
            .map_err(|errors| errors.iter().map(|error| error.kind).collect())
    }

    #[test]
    fn a_page_is_500_rows_unless_the_caller_says() {
        assert_eq!(query("").unwrap().limit(), 500);
        assert_eq!(query("limit=7").unwrap().limit(), 7);
    }

    #[test]
    fn limits_outside_1_to_500_and_foreign_cursors_are_refused() {
        assert_eq!(query("limit=0"), Err(vec!["greater_than_equal"]));
        assert_eq!(query("limit=501"), Err(vec!["less_than_equal"]));
        assert_eq!(query("limit=many"), Err(vec!["int_parsing"]));
        assert_eq!(query("cursor=!!"), Err(vec!["value_error"]));
        let two_keys = encode(&PageKey(vec![1, 2]));
        assert_eq!(
            query(&format!("cursor={two_keys}")),
            Err(vec!["value_error"])
        );
        assert_eq!(
            query("limit=0&cursor="),
            Err(vec!["greater_than_equal", "value_error"])
        );
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_as_the_key_it_was_made_of(parts in prop::collection::vec(any::<i64>(), 0..4)) {
            let key = PageKey(parts);
            prop_assert_eq!(decode(&encode(&key)), Some(key));
        }

        #[test]
        fn any_text_is_a_cursor_or_none(text in ".{0,60}") {
            if let Some(key) = decode(&text) {
                prop_assert_eq!(encode(&key), text);
            }
        }
    }
}
