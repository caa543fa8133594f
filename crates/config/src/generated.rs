//! Texts that follow from the table of settings.

use std::fmt::Write as _;

use crate::table::{Entry, PREFIX, TABLE};

/// `docs/settings.md`.
pub fn settings_page() -> String {
    let mut page = String::from(
        "# Settings\n\nMade from the table in `crates/config/src/table.rs`; a test holds the two \
         together.\n\nEvery variable begins with `AUTH_MICROSERVICE_`. The first of these that sets \
         it wins: the command line, the environment, `.env` in the working directory, the default. \
         An empty value counts as unset. A secret can be read from a file: `NAME_FILE` names it. \
         `auth-microservice config print` shows what is in force.\n\n\
         | Variable | Default | Meaning |\n|---|---|---|\n",
    );
    for entry in TABLE {
        let Entry {
            name,
            default,
            meaning,
            ..
        } = entry;
        let default = if default.is_empty() {
            String::new()
        } else {
            format!("`{default}`")
        };
        let also = also(entry);
        let _infallible = writeln!(page, "| `{name}` | {default} | {meaning}{also} |");
    }
    page
}

/// `.env.example`.
pub fn env_example() -> String {
    let mut text = String::from("# Every setting with its default; docs/settings.md says more.\n");
    for Entry {
        name,
        default,
        meaning,
        ..
    } in TABLE
    {
        let _infallible = write!(text, "\n# {meaning}\n#{PREFIX}{name}={default}\n");
    }
    text
}

fn also(entry: &Entry) -> String {
    if entry.bare.is_empty() {
        return String::new();
    }
    let names: Vec<String> = entry.bare.iter().map(|bare| format!("`{bare}`")).collect();
    format!(" (also read as {})", names.join(", "))
}
