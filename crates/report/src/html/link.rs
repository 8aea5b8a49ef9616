//! Links to files next to the page.

use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A file next to the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLink {
    /// What the link says: `CSV`, `PNG`.
    pub label: String,
    /// The path from the page's folder, with `/` between its parts, not encoded.
    pub path: String,
}

impl FileLink {
    /// A link.
    pub fn new(label: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            path: path.into(),
        }
    }
}

/// What a part of a path may hold as it is. A colon is not among it: `javascript:` is a file's name here.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Links in a row.
pub(super) fn list(links: &[FileLink]) -> Markup {
    html! {
        @if !links.is_empty() {
            ul.files role="list" {
                @for link in links {
                    li { a href=(address(&link.path)) { (link.label) } }
                }
            }
        }
    }
}

/// A path as a relative address. Empty parts are dropped, so it names no other host and nothing from the root.
fn address(path: &str) -> String {
    let parts: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(|part| utf8_percent_encode(part, PLAIN).to_string())
        .collect();
    parts.join("/")
}
