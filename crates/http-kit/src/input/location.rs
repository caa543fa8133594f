//! Values in the path and in the query.

use std::collections::BTreeMap;

use auth_domain::ids::{OrganizationId, PermissionId, RoleId, SessionId, UserId};
use auth_domain::validation::FieldError;
use serde_json::{Map, Value, json};

use super::{Declaration, Input, Refusals, WireObject, id, id_schema, read};
use crate::call::Call;
use crate::describe::{Description, Reading, set};
use crate::problem::{EdgeCode, Problem};

/// An id that stands in the path.
pub struct PathId<T>(pub T);

/// A kind of id, and its name in path templates.
pub trait PathParameter: TryFrom<i64> {
    /// The name between the braces.
    const NAME: &'static str;
    /// One of them, for the documentation.
    const EXAMPLE: i64;
}

impl PathParameter for OrganizationId {
    const NAME: &'static str = "organization_id";
    const EXAMPLE: i64 = 3;
}

impl PathParameter for UserId {
    const NAME: &'static str = "user_id";
    const EXAMPLE: i64 = 7;
}

impl PathParameter for SessionId {
    const NAME: &'static str = "session_id";
    const EXAMPLE: i64 = 17;
}

impl PathParameter for RoleId {
    const NAME: &'static str = "role_id";
    const EXAMPLE: i64 = 5;
}

impl PathParameter for PermissionId {
    const NAME: &'static str = "permission_id";
    const EXAMPLE: i64 = 6;
}

impl<T: PathParameter> Input for PathId<T> {
    fn describe(description: &mut Description) {
        description.parameter(json!({
            "name": T::NAME,
            "in": "path",
            "required": true,
            "schema": id_schema(),
            "example": T::EXAMPLE,
        }));
        description.failure(&EdgeCode::ValidationError);
    }

    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let value = call.request().match_info().get(T::NAME);
        read_id(value).map(Self).map_err(Problem::validation)
    }
}

fn read_id<T: PathParameter>(value: Option<&str>) -> Result<T, Vec<FieldError>> {
    let value = Value::from(value.unwrap_or_default());
    let mut refusals = Refusals::default();
    let read = refusals.within("path".into(), |refusals| {
        refusals.within(T::NAME.into(), |refusals| id(&value, refusals))
    });
    read.ok_or_else(|| refusals.into_errors())
}

/// The parameters of a query; an empty one counts as absent.
fn parameters(call: &Call) -> impl Iterator<Item = (String, Value)> {
    let pairs = url::form_urlencoded::parse(call.request().query_string().as_bytes());
    let given = pairs.filter(|(_, value)| !value.is_empty());
    given.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
}

/// The query, read into `T`. Of a name that is given twice, the last counts.
pub struct Query<T: WireObject>(pub T::Read);

impl<T: WireObject> Input for Query<T> {
    fn describe(description: &mut Description) {
        describe_query::<T>(description);
    }

    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let object: Map<String, Value> = parameters(call).collect();
        let query = read::<T>("query", &Value::Object(object));
        query.map(Self).map_err(Problem::validation)
    }
}

/// The query, read into `T`, every name as the list of all its values.
pub struct QueryLists<T: WireObject>(pub T::Read);

impl<T: WireObject> Input for QueryLists<T> {
    fn describe(description: &mut Description) {
        describe_query::<T>(description);
    }

    async fn read(call: &mut Call) -> Result<Self, Problem> {
        let mut lists: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (name, value) in parameters(call) {
            lists.entry(name).or_default().push(value);
        }
        let object = lists
            .into_iter()
            .map(|(name, values)| (name, Value::Array(values)));
        let query = read::<T>("query", &Value::Object(object.collect()));
        query.map(Self).map_err(Problem::validation)
    }
}

/// Each field is a parameter. In a query nothing is null.
fn describe_query<T: WireObject>(description: &mut Description) {
    let declaration = Declaration::of::<T>(description.schemas());
    for property in declaration.properties() {
        let mut parameter = json!({
            "name": property.name,
            "in": "query",
            "required": property.required,
            "allowEmptyValue": !property.required,
            "description": property.description,
            "schema": property.schema,
        });
        if let Some(example) = property.example {
            set(&mut parameter, "example", example);
        }
        description.parameter(parameter);
    }
    let reading: Reading = |value| read::<T>("query", value).map(drop);
    description.query(reading);
    description.failure(&EdgeCode::ValidationError);
}
