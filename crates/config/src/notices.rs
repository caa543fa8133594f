//! What a person should know about settings that are in order.

use std::fmt;

use crate::names::{NOT_IN_THIS_BUILD, OBSOLETE};
use crate::setting::PREFIX;
use crate::settings::Settings;
use crate::sources::Sources;

/// Something about the settings that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Nothing is wrong.
    Info(String),
    /// Something is probably not as it was meant.
    Warning(String),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Info(text) => f.write_str(text),
            Self::Warning(text) => write!(f, "Warning: {text}"),
        }
    }
}

/// What to say about variables that no setting reads.
pub(crate) fn about_unread(sources: &Sources) -> Vec<Notice> {
    let begins = |name: &str, list: &[&str]| list.iter().any(|start| name.starts_with(start));
    let (obsolete, rest): (Vec<_>, Vec<_>) = sources
        .unread()
        .into_iter()
        .partition(|name| begins(name, OBSOLETE));
    let warn = |name: String| {
        Notice::Warning(if begins(&name, NOT_IN_THIS_BUILD) {
            format!("{PREFIX}{name} is set, but its adapter is not in this build")
        } else {
            let nearest = nearest(&name);
            format!("{PREFIX}{name} is unknown; the nearest known one is {PREFIX}{nearest}")
        })
    };
    let mut notices: Vec<Notice> = rest.into_iter().map(warn).collect();
    let links = sources.links();
    if !links.is_empty() {
        let names = links.join(", ");
        let text = format!("set by the platform to the address of a service, and ignored: {names}");
        notices.push(Notice::Info(text));
    }
    if !obsolete.is_empty() {
        let names: Vec<String> = obsolete.iter().map(|n| format!("{PREFIX}{n}")).collect();
        let text = format!("no longer used, and ignored: {}", names.join(", "));
        notices.push(Notice::Info(text));
    }
    notices
}

fn nearest(name: &str) -> &'static str {
    let names = Settings::declarations().map(|declaration| declaration.name);
    let like = |known: &str| strsim::jaro_winkler(known, name);
    names
        .max_by(|a, b| like(a).total_cmp(&like(b)))
        .unwrap_or_default()
}
