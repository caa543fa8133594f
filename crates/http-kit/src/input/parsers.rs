//! Parsers of single values, as lax as the published contract: `"5"` and `5.0`
//! are whole numbers, `"yes"` is true; a number is never text.

use auth_domain::text::{TextError, WireWord};
use auth_domain::validation::Loc;
use serde_json::{Number, Value};

use super::Refusals;

/// Numbers up to this size are whole numbers in every JSON reader.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

/// Text as it came.
pub fn string<'v>(value: &'v Value, refusals: &mut Refusals) -> Option<&'v str> {
    match value {
        Value::String(text) => Some(text),
        _ => refusals.refuse("string_type", "Input should be a valid string"),
    }
}

/// Text that a domain type parses.
pub fn text<T>(
    parse: impl FnOnce(&str) -> Result<T, TextError>,
) -> impl FnOnce(&Value, &mut Refusals) -> Option<T> {
    move |value, refusals| match parse(string(value, refusals)?) {
        Ok(parsed) => Some(parsed),
        Err(error) => refusals.refuse(error.kind(), error.to_string()),
    }
}

/// A whole number.
pub fn integer(value: &Value, refusals: &mut Refusals) -> Option<i64> {
    const NOT_WHOLE: &str = "Input should be a valid integer, got a number with a fractional part";
    const NOT_NUMBER: &str =
        "Input should be a valid integer, unable to parse string as an integer";
    match value {
        Value::Number(number) => match whole(number) {
            Some(whole) => Some(whole),
            None => refusals.refuse("int_from_float", NOT_WHOLE),
        },
        Value::String(text) => match whole_text(text) {
            Some(whole) => Some(whole),
            None => refusals.refuse("int_parsing", NOT_NUMBER),
        },
        _ => refusals.refuse("int_type", "Input should be a valid integer"),
    }
}

fn whole(number: &Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let float = number.as_f64()?;
    let exact = float.fract() == 0.0 && float.abs() <= MAX_EXACT;
    #[expect(clippy::cast_possible_truncation, reason = "whole and inside 2^53")]
    exact.then_some(float as i64)
}

fn whole_text(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.split_once('.').map_or(Some(text), |(whole, rest)| {
        let zero = !rest.is_empty() && rest.bytes().all(|c| c == b'0');
        zero.then_some(whole)
    })?;
    digits.parse().ok()
}

/// An id: a whole number from 1 to 2^53 - 1.
pub fn id<T: TryFrom<i64>>(value: &Value, refusals: &mut Refusals) -> Option<T> {
    match T::try_from(integer(value, refusals)?) {
        Ok(id) => Some(id),
        Err(_) => refusals.refuse(
            "value_error",
            "an identifier is a whole number from 1 to 9007199254740991",
        ),
    }
}

/// A truth value: `true` or `false`, and nothing that only reads like one.
pub fn boolean(value: &Value, refusals: &mut Refusals) -> Option<bool> {
    let read = value.as_bool();
    read.or_else(|| refusals.refuse("bool_type", "Input should be a valid boolean"))
}

/// One of a closed set of words.
pub fn word<T: WireWord>(value: &Value, refusals: &mut Refusals) -> Option<T> {
    let mut all = T::ALL.iter();
    let found = value
        .as_str()
        .and_then(|text| all.find(|known| known.as_str() == text));
    found.copied().or_else(|| {
        let words: Vec<String> = T::ALL.iter().map(|w| format!("'{}'", w.as_str())).collect();
        refusals.refuse(
            "enum",
            format!("Input should be one of {}", words.join(", ")),
        )
    })
}

/// A list of at least `min` and at most `max` items.
pub fn list<T>(
    min: usize,
    max: usize,
    item: impl Fn(&Value, &mut Refusals) -> Option<T>,
) -> impl FnOnce(&Value, &mut Refusals) -> Option<Vec<T>> {
    move |value, refusals| {
        let Value::Array(values) = value else {
            return refusals.refuse("list_type", "Input should be a valid list");
        };
        if values.len() > max {
            return refusals.refuse("too_long", format!("List should have at most {max} items"));
        }
        let read: Vec<Option<T>> = values
            .iter()
            .enumerate()
            .map(|(index, value)| refusals.within(Loc::Index(index), |r| item(value, r)))
            .collect();
        let read: Vec<T> = read.into_iter().collect::<Option<_>>()?;
        if read.len() < min {
            let items = if min == 1 { "item" } else { "items" };
            return refusals.refuse(
                "too_short",
                format!("List should have at least {min} {items}"),
            );
        }
        Some(read)
    }
}

/// A whole number that is not below `min` and not above `max`.
pub fn integer_between(min: i64, max: i64) -> impl FnOnce(&Value, &mut Refusals) -> Option<i64> {
    move |value, refusals| {
        let number = integer(value, refusals)?;
        if number < min {
            return refusals.refuse(
                "greater_than_equal",
                format!("Input should be at least {min}"),
            );
        }
        if number > max {
            return refusals.refuse("less_than_equal", format!("Input should be at most {max}"));
        }
        Some(number)
    }
}

#[cfg(test)]
mod tests;
