//! Which path template a request meets.

/// The pages that the document leaves out, with their media type. `*` stands
/// for one segment.
const PAGES: &[(&str, &str)] = &[
    ("/api/docs", "text/html"),
    ("/api/docs/*", ""),
    ("/api/openapi.json", "application/json"),
    ("/api/redoc", "text/html"),
    ("/api/swagger-redirect", "text/html"),
];

/// Paths that are another name of a documented one.
const ALIASES: &[(&str, &str)] = &[("/api/metrics", "/api/metrics/prometheus")];

/// The path templates of the document.
pub(super) struct Paths {
    templates: Vec<String>,
}

/// What a request met.
pub(super) enum Found<'a> {
    /// A path of the document.
    Template(&'a str),
    /// A page that the document leaves out, with its media type.
    Page(&'static str),
    /// Nothing: the router refuses it.
    Nothing,
}

impl Paths {
    pub(super) fn new<'a>(templates: impl Iterator<Item = &'a str>) -> Self {
        let mut templates: Vec<String> = templates.map(str::to_owned).collect();
        // A template without parameters is met before one with them.
        templates.sort_by_key(|template| (template.matches('{').count(), template.clone()));
        templates.dedup();
        Self { templates }
    }

    /// Finds what a request meets. Every path answers with and without the
    /// prefix `/api`, and with and without trailing slashes.
    pub(super) fn find(&self, method: &str, target: &str) -> Found<'_> {
        let path = target.split('?').next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        let path = match path.strip_prefix("/api/") {
            Some(rest) => format!("/api/{rest}"),
            None => format!("/api{path}"),
        };
        let alias = ALIASES.iter().find(|(name, _)| *name == path);
        let path = alias.map_or(path.as_str(), |(_, known)| known);
        let mut templates = self.templates.iter();
        if let Some(template) = templates.find(|template| meets(template, path)) {
            return Found::Template(template);
        }
        let page = PAGES.iter().find(|(template, _)| meets(template, path));
        match page {
            Some((_, media_type)) if method != "OPTIONS" => Found::Page(media_type),
            _ => Found::Nothing,
        }
    }
}

fn meets(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let mut template = template.trim_end_matches('/').split('/');
    let met = template.all(|expected| match segments.next() {
        Some(segment) if expected == "*" || expected.starts_with('{') => !segment.is_empty(),
        Some(segment) => segment == expected,
        None => false,
    });
    met && segments.next().is_none()
}
