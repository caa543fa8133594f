//! Lists by pages (RFC 8288 for `Link`).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::page::{MAX_PAGE, Page, PageKey, PageRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::answer::{Reply, json_response};
use crate::call::Call;
use crate::describe::{Description, LINK, Schemas};
use crate::input::{
    Declaration, Input, ObjectReader, Query, Refusals, WireObject, WireValue, integer_between,
    string,
};
use crate::problem::Problem;

/// One page of a list, and where the next one is.
pub struct Listed<T> {
    page: Items<T>,
    link: Option<String>,
}

#[derive(Serialize)]
struct Items<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl<T: Serialize + ToSchema> Reply for Listed<T> {
    fn describe(description: &mut Description) {
        let row = description.schemas().answer::<T>();
        let name = format!("{}Page", T::name());
        let page = description.schemas().name(
            &name,
            json!({
                "type": "object",
                "description": "One page of a list.",
                "required": ["items", "next_cursor"],
                "properties": {
                    "items": {"type": "array", "description": "The rows.", "items": row},
                    "next_cursor": {
                        "type": ["string", "null"],
                        "description": "The `cursor` of the next page; null on the last one.",
                    },
                },
            }),
        );
        description.success(StatusCode::OK, "One page of the list.");
        description.content(StatusCode::OK, "application/json", json!({"schema": page}));
        description.header(LINK);
    }

    fn send(self) -> Result<HttpResponse, Problem> {
        let mut answer = json_response(StatusCode::OK, &self.page)?;
        let link = self
            .link
            .and_then(|link| header::HeaderValue::try_from(link).ok());
        if let Some(link) = link {
            answer.headers_mut().insert(header::LINK, link);
        }
        Ok(answer)
    }
}

/// Which page of a list is asked for, where the list is ordered by `KEYS`
/// columns.
pub struct Paged<const KEYS: usize> {
    request: PageRequest,
    here: HttpRequest,
}

struct PageQuery<const KEYS: usize>;

impl<const KEYS: usize> WireObject for PageQuery<KEYS> {
    type Read = PageRequest;

    const NAME: &'static str = "PageQuery";

    fn read(object: &mut ObjectReader<'_>) -> Option<PageRequest> {
        let limit = object.optional("limit", Limit::read);
        let cursor = object.optional("cursor", Cursor::<KEYS>::read);
        PageRequest::new(limit?, cursor?).ok()
    }

    fn declare(declaration: &mut Declaration<'_>) {
        let limit = "How many rows at most; absent: 500.";
        declaration.nullable_field::<Limit>("limit", limit);
        let cursor = "The `next_cursor` of the page before.";
        declaration.nullable_field::<Cursor<KEYS>>("cursor", cursor);
        declaration.example(json!({"limit": 50}));
    }
}

impl<const KEYS: usize> Input for Paged<KEYS> {
    fn describe(description: &mut Description) {
        Query::<PageQuery<KEYS>>::describe(description);
    }

    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let Query(request) = Query::<PageQuery<KEYS>>::read(call).await?;
        let here = call.request().clone();
        Ok(Self { request, here })
    }
}

impl<const KEYS: usize> Paged<KEYS> {
    /// The page, for the use case.
    pub fn request(&self) -> &PageRequest {
        &self.request
    }

    /// The answer: the rows, and where the next page is.
    pub fn answer<T, B>(&self, page: Page<T>, body: impl FnMut(T) -> B) -> Listed<B> {
        let next_cursor = page.next.as_ref().map(encode);
        let link = next_cursor.as_deref().map(|cursor| self.link_to(cursor));
        Listed {
            page: Items {
                items: page.items.into_iter().map(body).collect(),
                next_cursor,
            },
            link,
        }
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

struct Limit;

impl WireValue for Limit {
    type Read = u32;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<u32> {
        let limit = integer_between(1, i64::from(MAX_PAGE))(value, refusals)?;
        u32::try_from(limit).ok()
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": MAX_PAGE})
    }
}

struct Cursor<const KEYS: usize>;

impl<const KEYS: usize> WireValue for Cursor<KEYS> {
    type Read = PageKey;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<PageKey> {
        let text = string(value, refusals)?;
        decode(text)
            .filter(|key| key.0.len() == KEYS)
            .or_else(|| refusals.refuse("value_error", "not a cursor of this list"))
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        json!({"type": "string"})
    }
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
