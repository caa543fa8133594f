use auth_domain::ids::UserId;
use auth_domain::organizations::LicenseStatus;
use auth_domain::text::OrganizationName;
use auth_domain::users::EmailDomain;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::describe::Schemas;
use crate::input::{Line, List, Text, WireValue, read};
use crate::wire_object;

/// Reads one field `x` and answers the kinds of the errors.
fn one<T: 'static>(
    value: &Value,
    parse: impl Fn(&Value, &mut Refusals) -> Option<T>,
) -> Result<T, &'static str> {
    let mut refusals = Refusals::default();
    parse(value, &mut refusals).ok_or_else(|| refusals.kinds().first().copied().unwrap())
}

#[test]
fn whole_numbers_may_be_written_in_three_ways() {
    for value in [
        json!(5),
        json!(5.0),
        json!("5"),
        json!(" 5 "),
        json!("5.0"),
        json!("+5"),
    ] {
        assert_eq!(one(&value, integer), Ok(5), "{value}");
    }
    assert_eq!(one(&json!(-3), integer), Ok(-3));
}

#[test]
fn other_things_are_no_whole_numbers() {
    assert_eq!(one(&json!(5.5), integer), Err("int_from_float"));
    assert_eq!(one(&json!(1e300), integer), Err("int_from_float"));
    for text in ["", "five", "5.5", "5.", ".0", "1e3", "0x5", "5 5"] {
        assert_eq!(one(&json!(text), integer), Err("int_parsing"), "{text}");
    }
    for value in [json!(null), json!(true), json!([5]), json!({})] {
        assert_eq!(one(&value, integer), Err("int_type"), "{value}");
    }
}

#[test]
fn ids_end_at_2_to_the_53() {
    let largest = 9_007_199_254_740_991_i64;
    assert_eq!(
        one(&json!(largest), id::<UserId>).map(UserId::get),
        Ok(largest)
    );
    for value in [
        json!(0),
        json!(-1),
        json!(largest + 1),
        json!(9_007_199_254_740_993.0_f64),
    ] {
        assert!(one(&value, id::<UserId>).is_err(), "{value}");
    }
    assert!(one(&json!(u64::MAX), id::<UserId>).is_err());
    assert!(one(&json!("99999999999999999999"), id::<UserId>).is_err());
}

#[test]
fn only_true_and_false_are_truth_values() {
    assert_eq!(one(&json!(true), boolean), Ok(true));
    assert_eq!(one(&json!(false), boolean), Ok(false));
    for value in [
        json!(0),
        json!(1),
        json!("true"),
        json!("no"),
        json!(null),
        json!([]),
    ] {
        assert_eq!(one(&value, boolean), Err("bool_type"), "{value}");
    }
}

#[test]
fn a_number_is_never_text() {
    assert_eq!(one(&json!(5), Line::read), Err("string_type"));
    assert_eq!(one(&json!(null), Line::read), Err("string_type"));
}

#[test]
fn text_tells_which_rule_it_breaks() {
    let name =
        |value: &Value| one(value, |v, r| text(OrganizationName::parse)(v, r)).map(String::from);
    assert_eq!(name(&json!(" Acme ")), Ok("Acme".to_owned()));
    assert_eq!(name(&json!("  ")), Err("string_too_short"));
    assert_eq!(name(&json!("a".repeat(101))), Err("string_too_long"));
    assert_eq!(name(&json!("a\u{0}b")), Err("value_error"));
}

#[test]
fn a_closed_set_refuses_other_words() {
    let license = |value: &Value| one(value, word::<LicenseStatus>);
    assert_eq!(license(&json!("expired")), Ok(LicenseStatus::Expired));
    assert_eq!(license(&json!("Expired")), Err("enum"));
    assert_eq!(license(&json!(1)), Err("enum"));
}

struct Whole;

impl WireValue for Whole {
    type Read = i64;

    fn read(value: &Value, refusals: &mut Refusals) -> Option<i64> {
        integer(value, refusals)
    }

    fn schema(_schemas: &mut Schemas) -> Value {
        json!({"type": "integer"})
    }
}

wire_object! {
    /// An object of the tests.
    struct Sample {
        number: required Whole,
        domains: optional List<Text<EmailDomain>, 0, 2>,
        inner: required Inner,
    }
}

wire_object! {
    /// An object inside another one.
    struct Inner {
        name: required Line,
    }
}

impl Sample {
    /// What was read, so that the test looks at every field.
    fn parts(&self) -> (i64, usize, &str) {
        let domains = self.domains.as_ref().map_or(0, Vec::len);
        (self.number, domains, &self.inner.name)
    }
}

fn refused(value: &Value) -> Vec<(String, &'static str)> {
    let errors = read::<Sample>("body", value).err().unwrap_or_default();
    let path = |loc: &[Loc]| {
        let parts = loc.iter().map(|part| match part {
            Loc::Name(name) => name.clone(),
            Loc::Index(index) => index.to_string(),
        });
        parts.collect::<Vec<_>>().join(".")
    };
    errors.iter().map(|e| (path(&e.loc), e.kind)).collect()
}

#[test]
fn all_errors_are_told_at_once_each_with_its_place() {
    let value = json!({"domains": ["example.com", "nope"], "inner": {"name": 1}, "unknown": true});
    assert_eq!(
        refused(&value),
        [
            ("body.number".to_owned(), "missing"),
            ("body.domains.1".to_owned(), "value_error"),
            ("body.inner.name".to_owned(), "string_type"),
        ]
    );
}

#[test]
fn a_list_has_a_longest_length() {
    let domains = ["a.com", "b.com", "c.com"];
    let value = json!({"number": 1, "domains": domains, "inner": {"name": "x"}});
    assert_eq!(refused(&value), [("body.domains".to_owned(), "too_long")]);
}

#[test]
fn unknown_fields_and_null_options_are_ignored() {
    let value = json!({"number": "1", "domains": null, "inner": {"name": "x"}, "more": {}});
    assert_eq!(refused(&value), []);
    let read = read::<Sample>("body", &value).ok().unwrap();
    assert_eq!(read.parts(), (1, 0, "x"));
}

#[test]
fn a_body_must_be_an_object() {
    for value in [json!([]), json!("x"), json!(null), json!(1)] {
        assert_eq!(
            refused(&value),
            [("body".to_owned(), "model_attributes_type")]
        );
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("number|domains|inner|name|x", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_sent_is_read_or_refused_with_a_reason(value in any_json()) {
        if let Err(errors) = read::<Sample>("body", &value) {
            prop_assert!(!errors.is_empty());
        }
    }
}
