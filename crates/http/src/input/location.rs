//! Values in the path and in the query.

use std::collections::BTreeMap;

use auth_domain::ids::{OrganizationId, PermissionId, RoleId, SessionId, UserId};
use serde_json::{Map, Value};

use super::{Fields, FromFields, Input, fields, id};
use crate::problem::Problem;
use crate::routing::Call;

/// An id that stands in the path.
pub struct PathId<T>(pub T);

/// A kind of id, and its name in path templates.
pub trait PathParameter: TryFrom<i64> {
    /// The name between the braces.
    const NAME: &'static str;
}

impl PathParameter for OrganizationId {
    const NAME: &'static str = "organization_id";
}

impl PathParameter for UserId {
    const NAME: &'static str = "user_id";
}

impl PathParameter for SessionId {
    const NAME: &'static str = "session_id";
}

impl PathParameter for RoleId {
    const NAME: &'static str = "role_id";
}

impl PathParameter for PermissionId {
    const NAME: &'static str = "permission_id";
}

impl<T: PathParameter> FromFields for PathId<T> {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        fields.required(T::NAME, id).map(Self)
    }
}

impl<T: PathParameter> Input for PathId<T> {
    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let value = call.request().match_info().get(T::NAME);
        let object = value.map(|value| (T::NAME.to_owned(), Value::from(value)));
        let path = Value::Object(object.into_iter().collect());
        fields::read("path", &path).map_err(Problem::validation)
    }
}

/// The query, read into `T`. Of a name that is given twice, the last counts.
pub struct Query<T>(pub T);

impl<T: FromFields> Input for Query<T> {
    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let pairs = url::form_urlencoded::parse(call.request().query_string().as_bytes());
        let object: Map<String, Value> = pairs
            .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
            .collect();
        match fields::read("query", &Value::Object(object)) {
            Ok(query) => Ok(Self(query)),
            Err(errors) => Err(Problem::validation(errors)),
        }
    }
}

/// The query, read into `T`, every name as the list of all its values.
pub struct QueryLists<T>(pub T);

impl<T: FromFields> Input for QueryLists<T> {
    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let query = call.request().query_string();
        let mut lists: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let list = lists.entry(name.into_owned()).or_default();
            list.push(Value::String(value.into_owned()));
        }
        let object = lists
            .into_iter()
            .map(|(name, values)| (name, Value::Array(values)));
        match fields::read("query", &Value::Object(object.collect())) {
            Ok(query) => Ok(Self(query)),
            Err(errors) => Err(Problem::validation(errors)),
        }
    }
}
