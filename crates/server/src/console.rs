//! Lines for the person at the terminal; everything else is a log entry.

use std::io::{self, Write};

use auth_domain::clock::Timestamp;

/// Writes a line of a command's result to standard output.
pub(crate) fn out(line: impl AsRef<str>) {
    write_line(&mut io::stdout().lock(), line.as_ref());
}

/// Writes a line for a person to standard error.
pub(crate) fn err(line: impl AsRef<str>) {
    write_line(&mut io::stderr().lock(), line.as_ref());
}

/// Writes the line and its end at once: both streams often end in one file,
/// where a log entry must not come between them.
fn write_line(stream: &mut impl Write, line: &str) {
    // A closed pipe is the reader's choice, not an error of ours.
    let _closed = stream.write_all(format!("{line}\n").as_bytes());
}

/// A time in a column, to the second.
pub(crate) fn time(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A text that stays in its column and its line.
pub(crate) fn cell(text: Option<&str>) -> String {
    let text = text.unwrap_or("-");
    text.replace(|character: char| character.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts writes, as an unbuffered stream sees them.
    #[derive(Default)]
    struct Writes(Vec<Vec<u8>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_and_its_end_are_one_write() {
        let mut writes = Writes::default();
        write_line(&mut writes, "listens on http://127.0.0.1:8000");
        assert_eq!(writes.0, [b"listens on http://127.0.0.1:8000\n".to_vec()]);
    }

    #[test]
    fn a_cell_keeps_to_its_line() {
        assert_eq!(cell(None), "-");
        assert_eq!(cell(Some("a\tb\r\nc\u{1b}[31m")), "a b  c [31m");
    }
}
