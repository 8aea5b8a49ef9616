//! Links to files beside the page.

/// A file beside the page.
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
