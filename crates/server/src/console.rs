//! Lines for the person at the terminal; everything else is a log entry.

use std::io::{self, Write as _};

/// Writes a line of a command's result to standard output.
pub(crate) fn out(line: impl AsRef<str>) {
    // A closed pipe is the reader's choice, not an error of ours.
    let _closed = writeln!(io::stdout().lock(), "{}", line.as_ref());
}

/// Writes a line for a person to standard error.
pub(crate) fn err(line: impl AsRef<str>) {
    let _closed = writeln!(io::stderr().lock(), "{}", line.as_ref());
}
