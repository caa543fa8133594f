//! What is wrong with one value of a request, in the form clients switch on.

/// Where a value stands in a request: `["body", "admin_user", "email"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loc {
    /// A field name, or the part of the request (`body`, `query`, `path`).
    Name(String),
    /// An index of an array.
    Index(usize),
}

impl From<&str> for Loc {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

/// One refused value. It names the field and the rule, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path to the value, outermost first.
    pub loc: Vec<Loc>,
    /// The rule, as a stable word: `missing`, `string_too_long`, `value_error`.
    pub kind: &'static str,
    /// The rule, for a person.
    pub msg: String,
}

impl FieldError {
    /// A field of the body that breaks a rule.
    pub fn body(field: &str, kind: &'static str, msg: impl Into<String>) -> Self {
        Self {
            loc: vec!["body".into(), field.into()],
            kind,
            msg: msg.into(),
        }
    }
}
