//! Figures, each for a light and a dark page.

use super::{FileLink, Picture};

/// A figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is called.
    pub title: String,
    /// What it shows and how to read it, prose; may be empty.
    pub caption: String,
    /// What somebody who does not see it should know of it.
    pub alternative: String,
    /// On a light page, and on paper.
    pub light: Picture,
    /// On a dark page; the light one where there is none.
    pub dark: Option<Picture>,
    /// The same figure as files beside the page.
    pub files: Vec<FileLink>,
}
