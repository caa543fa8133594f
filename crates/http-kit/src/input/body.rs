//! JSON bodies.

use actix_web::HttpRequest;
use actix_web::http::header;
use auth_domain::validation::FieldError;
use bytes::BytesMut;
use futures::StreamExt as _;
use serde_json::{Map, Value};

use super::{Input, WireObject, WireValue, read};
use crate::call::Call;
use crate::describe::{Description, Reading};
use crate::problem::{EdgeCode, Problem};

/// What is set aside for a body before any of it came.
const FIRST_BUFFER: usize = 8 * 1024;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A JSON body, read into `T`.
///
/// A missing `Content-Type` counts as JSON, another one is refused. The size
/// is bounded by the settings, the depth by the parser (128).
pub struct JsonBody<T: WireObject>(pub T::Read);

impl<T: WireObject> Input for JsonBody<T> {
    fn describe(description: &mut Description) {
        describe::<T>(description, &[JSON]);
    }

    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let bytes = collect(call).await?;
        if !is_json(call.request()) {
            return Err(refused(
                "model_attributes_type",
                "Input should be JSON: the Content-Type is another one",
            ));
        }
        if bytes.is_empty() {
            return Err(refused("missing", "Field required"));
        }
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|_syntax| refused("json_invalid", "JSON decode error"))?;
        let body = read::<T>("body", &value);
        body.map(Self).map_err(Problem::validation)
    }
}

/// A body as OAuth's endpoints take it: a form (RFC 7662, section 2.1; RFC
/// 7009, section 2.1), or JSON. A parameter of a form occurs once (RFC 6749,
/// section 3.2).
///
/// The document names the form only, which is the standard's: clients generated
/// from two media types of one schema cannot choose between them.
pub struct FormOrJson<T: WireObject>(pub T::Read);

impl<T: WireObject> Input for FormOrJson<T> {
    fn describe(description: &mut Description) {
        describe::<T>(description, &[FORM]);
    }

    async fn read(call: &mut Call) -> Result<Self, Problem> {
        if essence(call.request()) != FORM {
            let JsonBody(body) = JsonBody::<T>::read(call).await?;
            return Ok(Self(body));
        }
        let bytes = collect(call).await?;
        let mut object = Map::new();
        for (name, value) in url::form_urlencoded::parse(&bytes) {
            let value = Value::String(value.into_owned());
            if object.insert(name.into_owned(), value).is_some() {
                return Err(refused("value_error", "A parameter occurs more than once"));
            }
        }
        let body = read::<T>("body", &Value::Object(object));
        body.map(Self).map_err(Problem::validation)
    }
}

fn describe<T: WireObject>(description: &mut Description, media_types: &[&str]) {
    let schema = <T as WireValue>::schema(description.schemas());
    let reading: Reading = |value| read::<T>("body", value).map(drop);
    description.body(media_types, &schema, reading);
    description.failure(&EdgeCode::ValidationError);
    description.failure(&EdgeCode::PayloadTooLarge);
    description.failure(&EdgeCode::UnsupportedCoding);
}

fn refused(kind: &'static str, msg: &str) -> Problem {
    Problem::validation(vec![FieldError {
        loc: vec!["body".into()],
        kind,
        msg: msg.to_owned(),
    }])
}

fn is_json(request: &HttpRequest) -> bool {
    let essence = essence(request);
    essence.is_empty()
        || essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The media type without parameters, in lower case; nothing without header.
fn essence(request: &HttpRequest) -> String {
    let value = request.headers().get(header::CONTENT_TYPE);
    let value = value.map(|value| value.to_str().unwrap_or_default());
    let essence = value.unwrap_or_default().split(';').next();
    essence.unwrap_or_default().trim().to_ascii_lowercase()
}

/// A body with a coding is none that this reads (RFC 9110, section 15.5.16).
fn refuse_coded(request: &HttpRequest) -> Result<(), Problem> {
    let mut codings = request.headers().get_all(header::CONTENT_ENCODING);
    let plain = codings.all(|coding| {
        let coding = coding.to_str().unwrap_or("unreadable").trim();
        coding.is_empty() || coding.eq_ignore_ascii_case("identity")
    });
    if plain {
        Ok(())
    } else {
        Err(EdgeCode::UnsupportedCoding.into())
    }
}

async fn collect(call: &mut Call) -> Result<BytesMut, Problem> {
    refuse_coded(call.request())?;
    let limit = call.state().options.body_limit;
    let announced = call.request().headers().get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(EdgeCode::PayloadTooLarge.into());
    }
    let mut body = BytesMut::with_capacity(announced.unwrap_or_default().min(FIRST_BUFFER));
    while let Some(chunk) = call.payload().next().await {
        let chunk = chunk.map_err(|_broken| refused("json_invalid", "The body broke off"))?;
        if body.len() + chunk.len() > limit {
            return Err(EdgeCode::PayloadTooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
