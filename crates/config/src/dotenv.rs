//! The file `.env`: each line means what is written there, nothing is replaced.
//!
//! `NAME=value`, also after `export`; empty lines and lines that begin with `#`
//! are skipped. Quotes around a whole value are taken off: within `'` every
//! character stands for itself, within `"` `\n`, `\"`, `\\` and `\$` are a line
//! end, a quote, a backslash and a dollar sign. What other readers of such
//! files disagree about is refused, with the number of its line.

use std::collections::BTreeMap;

/// What is wrong with a line. It never shows the line, which may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {text}")]
pub(crate) struct DotenvError {
    line: usize,
    text: &'static str,
}

/// The variables of the text of a file; of one that occurs twice the last.
pub(crate) fn parse(text: &str) -> Result<BTreeMap<String, String>, DotenvError> {
    let text = without_bom(text);
    let mut variables = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let found = variable(line.trim());
        let found = found.map_err(|text| DotenvError {
            line: index + 1,
            text,
        })?;
        variables.extend(found);
    }
    Ok(variables)
}

/// A text without the mark that some editors put before it (U+FEFF).
pub(crate) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn variable(line: &str) -> Result<Option<(String, String)>, &'static str> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=').ok_or("is not NAME=value")?;
    let name = name.trim();
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || !name.chars().all(known) {
        return Err("is not NAME=value");
    }
    Ok(Some((name.to_owned(), unquoted(value.trim())?)))
}

fn unquoted(value: &str) -> Result<String, &'static str> {
    match value.chars().next() {
        Some('\'') => literal(value),
        Some('"') => escaped(value),
        _ => plain(value),
    }
}

fn literal(value: &str) -> Result<String, &'static str> {
    let inner = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\''));
    let inner = inner.filter(|inner| value.len() > 1 && !inner.contains('\''));
    inner
        .map(str::to_owned)
        .ok_or("a value that begins with ' ends with the next one, on the same line")
}

fn escaped(value: &str) -> Result<String, &'static str> {
    const ENDS: &str = "a value that begins with \" ends with the next one, on the same line";
    let mut read = String::with_capacity(value.len());
    let mut letters = value.strip_prefix('"').unwrap_or_default().chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if letters.as_str().is_empty() => return Ok(read),
            '"' => return Err(ENDS),
            '$' if letters.as_str().starts_with('{') => return Err(NOT_REPLACED),
            '\\' => read.push(match letters.next() {
                Some('n') => '\n',
                Some(kept @ ('"' | '\\' | '$')) => kept,
                _ => return Err("within \" a \\ stands before n, \", \\ or $ only"),
            }),
            other => read.push(other),
        }
    }
    Err(ENDS)
}

const NOT_REPLACED: &str =
    "variables in a value are not replaced: write their text, or the whole value within '";

fn plain(value: &str) -> Result<String, &'static str> {
    if value.contains(" #") || value.contains("\t#") {
        return Err("write a value that holds # after a space within ', a comment on its own line");
    }
    if value.contains("${") {
        return Err(NOT_REPLACED);
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Result<String, DotenvError> {
        parse(line).map(|found| found.into_values().next().unwrap_or_default())
    }

    #[test]
    fn a_value_is_what_is_written() {
        for (line, read) in [
            ("A=b", "b"),
            ("  export A = b c  ", "b c"),
            ("A=", ""),
            ("A=pa$word$1#x\\n", "pa$word$1#x\\n"),
            ("A=b'c\"d", "b'c\"d"),
            ("A='  b $c ${d} \" \\n #'", "  b $c ${d} \" \\n #"),
            (r#"A=" b\n\"c\" \\ \${d} $e #""#, " b\n\"c\" \\ ${d} $e #"),
            ("A=''", ""),
            ("A=b=c", "b=c"),
            ("\u{feff}A=b", "b"),
        ] {
            assert_eq!(value(line).as_deref(), Ok(read), "{line}");
        }
    }

    #[test]
    fn what_could_be_meant_otherwise_is_refused() {
        for line in [
            "A",
            "=b",
            "A B=c",
            "A='b",
            "A='b'c'",
            "A='",
            "A=\"b",
            "A=\"b\"c",
            "A=\"b\\",
            "A=\"b\\t\"",
            "A=b # c",
            "A=${B}",
            "A=\"${B}\"",
        ] {
            assert_eq!(value(line).map_err(|e| e.line), Err(1), "{line}");
        }
    }

    #[test]
    fn a_line_that_is_wrong_is_named_and_not_shown() {
        let error = parse("\u{feff}# c\r\n\r\nA=b\r\ncanary\r\n").unwrap_err();
        assert_eq!(error.to_string(), "line 4: is not NAME=value");
    }

    #[test]
    fn the_last_line_of_a_name_wins_and_comments_are_skipped() {
        let found = parse("A=1\n#A=2\n\nA=3\nB=4").unwrap();
        let found: Vec<_> = found.into_iter().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(found, [pair("A", "3"), pair("B", "4")]);
    }
}
