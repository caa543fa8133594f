//! Lists by pages (RFC 8288 for `Link`).

use std::marker::PhantomData;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::page::{ListKey, MAX_PAGE, Page, PageRequest};
use auth_domain::text::WireWord;
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
    Declaration, Input, Line, ObjectReader, Query, Refusals, WireObject, WireValue, Word,
    integer_between, string,
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

/// Which page of the list with keys `K` is asked for.
pub struct Paged<K: ListKey> {
    request: PageRequest<K>,
    here: HttpRequest,
}

struct PageQuery<K>(PhantomData<K>);

impl<K: ListKey> PageQuery<K> {
    const LIMIT: &'static str = "How many rows at most; absent: 500.";
    const CURSOR: &'static str = "The `next_cursor` of the page before.";
    const SORT: &'static str = "The order; a cursor is good for its own order only.";

    /// Whether a client can choose the order.
    fn is_sorted() -> bool {
        K::Order::ALL.len() > 1
    }
}

impl<K: ListKey> WireObject for PageQuery<K> {
    type Read = PageRequest<K>;

    const NAME: &'static str = "PageQuery";

    fn read(object: &mut ObjectReader<'_>) -> Option<PageRequest<K>> {
        let limit = object.optional("limit", Limit::read);
        let order = if Self::is_sorted() {
            object.optional("sort", Word::<K::Order>::read)
        } else {
            Some(None)
        };
        let order_or_default = order.flatten().unwrap_or_default();
        let cursor = object.optional("cursor", |value, refusals| {
            let text = string(value, refusals)?;
            decode::<K>(order_or_default, text)
                .or_else(|| refusals.refuse("value_error", "not a cursor of this list and order"))
        });
        order?;
        PageRequest::new(order_or_default, limit?, cursor?).ok()
    }

    fn declare(declaration: &mut Declaration<'_>) {
        declaration.nullable_field::<Limit>("limit", Self::LIMIT);
        if Self::is_sorted() {
            declaration.nullable_field::<Word<K::Order>>("sort", Self::SORT);
        }
        declaration.nullable_field::<Line>("cursor", Self::CURSOR);
        declaration.example(json!({"limit": 50}));
    }
}

impl<K: ListKey> Input for Paged<K> {
    fn describe(description: &mut Description) {
        Query::<PageQuery<K>>::describe(description);
    }

    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let Query(request) = Query::<PageQuery<K>>::read(call).await?;
        let here = call.request().clone();
        Ok(Self { request, here })
    }
}

impl<K: ListKey> Paged<K> {
    /// The page, for the use case.
    pub fn request(&self) -> &PageRequest<K> {
        &self.request
    }

    /// The answer: the rows, and where the next page is.
    pub fn answer<T, B>(&self, page: Page<T, K>, body: impl FnMut(T) -> B) -> Listed<B> {
        let order = self.request.order();
        let next_cursor = page.next.as_ref().and_then(|key| encode(order, key));
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
        // Relative, so that it holds under any prefix of a proxy (RFC 3986,
        // section 5.2).
        format!("<?{query}>; rel=\"next\"")
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

/// The list's name, the order and the key as JSON in base64url.
fn encode<K: ListKey>(order: K::Order, key: &K) -> Option<String> {
    let json = serde_json::to_vec(&(K::LIST, order.as_str(), key)).ok()?;
    Some(URL_SAFE_NO_PAD.encode(json))
}

/// The key of a cursor that [`encode`] wrote for the same list and order.
fn decode<K: ListKey>(order: K::Order, cursor: &str) -> Option<K> {
    let json = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (list, word, key): (String, String, K) = serde_json::from_slice(&json).ok()?;
    let of_here = list == K::LIST && word == order.as_str() && key.fits(order);
    // One key has one cursor.
    (of_here && encode(order, &key).as_deref() == Some(cursor)).then_some(key)
}

#[cfg(test)]
mod tests {
    use auth_domain::ids::{MAX_ID, OrganizationId, RoleId};
    use auth_domain::page::{ById, OrganizationKey, RoleKey};
    use proptest::prelude::*;

    use super::*;

    fn query(text: &str) -> Result<PageRequest<OrganizationKey>, Vec<&'static str>> {
        let pairs = form_urlencoded::parse(text.as_bytes());
        let object = pairs.map(|(n, v)| (n.into_owned(), Value::from(v.into_owned())));
        crate::input::read::<PageQuery<OrganizationKey>>("query", &Value::Object(object.collect()))
            .map_err(|errors| errors.iter().map(|error| error.kind).collect())
    }

    fn organization(id: i64) -> OrganizationKey {
        OrganizationKey(OrganizationId::new(id).unwrap())
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
        assert_eq!(
            query("limit=0&cursor=!"),
            Err(vec!["greater_than_equal", "value_error"])
        );
        let own = encode(ById::Id, &organization(7)).unwrap();
        let read = query(&format!("cursor={own}")).unwrap();
        assert_eq!(read.after(), Some(&organization(7)));
        let roles = encode(ById::Id, &RoleKey(RoleId::new(7).unwrap())).unwrap();
        let loose = URL_SAFE_NO_PAD.encode(br#"["organizations", "id", 7]"#);
        let negative = URL_SAFE_NO_PAD.encode(br#"["organizations","id",-7]"#);
        for foreign in [&*roles, &*loose, &*negative, "!!", "AAAAAAAAAAc"] {
            let refused = query(&format!("cursor={foreign}"));
            assert_eq!(refused, Err(vec!["value_error"]), "{foreign}");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_as_the_key_it_was_made_of(id in 1..=MAX_ID) {
            let key = organization(id);
            let cursor = encode(ById::Id, &key).unwrap();
            prop_assert_eq!(decode::<OrganizationKey>(ById::Id, &cursor), Some(key));
        }

        #[test]
        fn any_text_is_a_cursor_or_none(text in ".{0,60}") {
            if let Some(key) = decode::<OrganizationKey>(ById::Id, &text) {
                prop_assert_eq!(encode(ById::Id, &key).unwrap(), text);
            }
        }
    }
}
