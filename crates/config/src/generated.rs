//! Texts that follow from the declarations.

use std::fmt::Write as _;

use crate::setting::{Declaration, PREFIX};
use crate::settings::Settings;

/// `docs/settings.md`.
pub fn settings_page() -> String {
    let mut page = String::from(
        "# Settings\n\nMade from the declarations in `crates/config/src/settings`; a test holds \
         the two together.\n\nEvery variable begins with `AUTH_MICROSERVICE_`. The first of these \
         that sets it wins: the command line, the environment, `.env` in the working directory, \
         the default. An empty value counts as unset. A secret can be read from a file: \
         `NAME_FILE` names it. `auth-microservice config print` shows what is in force, \
         `auth-microservice config check` everything that is wrong.\n\n\
         In `.env` each line means what is written there: `NAME=value`, nothing in a value is \
         replaced. Quotes around a whole value are taken off; within `\"`, `\\n`, `\\\"`, `\\\\` \
         and `\\$` are a line end, a quote, a backslash and a dollar sign. A comment has a line \
         of its own.\n\n\
         What Kubernetes and Docker set for a service of that name (`AUTH_MICROSERVICE_PORT=\
         tcp://...`, `..._SERVICE_HOST`) is ignored. PostgreSQL's driver reads `PGOPTIONS`, \
         `PGSSLCERT`, `PGSSLKEY` and `PGSSLROOTCERT` too; `config print` names those that are \
         set, and no other variable of libpq has an effect.\n",
    );
    for group in Settings::GROUPS {
        let title = heading(group.title);
        let _infallible = write!(
            page,
            "\n## {title}\n\n| Variable | Value | Default | Meaning |\n|---|---|---|---|\n"
        );
        for declaration in group.declarations {
            page.push_str(&row(declaration));
        }
    }
    page
}

/// `.env.example`.
pub fn env_example() -> String {
    let mut text = String::from("# Every setting with its default; docs/settings.md says more.\n");
    for group in Settings::GROUPS {
        let title = heading(group.title);
        let _infallible = write!(text, "\n# ---- {title} ----\n");
        for declaration in group.declarations {
            let Declaration { name, default, .. } = declaration;
            let meaning = declaration.meaning();
            let _infallible = write!(text, "\n# {meaning}\n#{PREFIX}{name}={default}\n");
        }
    }
    text
}

fn heading(title: &str) -> &str {
    title.trim().trim_end_matches('.')
}

fn row(declaration: &Declaration) -> String {
    let Declaration {
        name,
        default,
        form,
        ..
    } = declaration;
    let default = if default.is_empty() {
        String::new()
    } else {
        format!("`{default}`")
    };
    let meaning = declaration.meaning();
    let also = also(declaration);
    format!("| `{name}` | {form} | {default} | {meaning}{also} |\n")
}

fn also(declaration: &Declaration) -> String {
    let aliases = declaration.aliases.iter();
    let names: Vec<String> = aliases.map(|alias| format!("`{alias}`")).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(" Also read as {}.", names.join(", "))
}
