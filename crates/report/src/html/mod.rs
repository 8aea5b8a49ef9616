//! The report as one HTML file that opens from disk: nothing is fetched, and nothing runs but its own script.
//!
//! A [`Page`] is all that there is to say, as plain data; [`render()`] makes the file of it. This module knows no run folder
//! and reads no file: pictures come as [`Picture`]s, numbers as they are to be printed ([`Number`]), files beside the
//! page as [`FileLink`]s. Each part of the page is a file with its types and its template:
//!
//! - [`Slider`]: a row of everything made of an image, and any two versions of it, one over the other;
//! - [`Claim`]: a sentence, its verdict and numbers; [`Gallery`]: held-out images as thumbnails, sorted and filtered;
//! - [`Table`], sorted by its reader; [`Figure`], light and dark, for a page and for a phone;
//! - [`Diff`]: the keys in which two configurations differ;
//! - [`Run`]: where a number comes from; [`Reproduce`]: how to get it again.
//!
//! Every text is plain text, whatever it holds: names of runs and files, captions and titles are escaped where they are
//! written down, and turn no direction of reading but their own. Where a doc says "prose", a part between two backticks
//! is set as code. Equal pages give equal bytes.

mod claims;
mod data;
mod diffs;
mod figures;
mod frame;
mod gallery;
mod link;
mod number;
mod picture;
mod reproduce;
mod runs;
mod sliders;
mod tables;
#[cfg(test)]
mod tests;
mod words;

pub use claims::{Claim, ClaimNumbers, Expected, Side, Verdict};
pub use diffs::{Diff, DiffKey};
pub use figures::Figure;
pub use gallery::{Gallery, GalleryImage, GalleryMetric};
pub use link::FileLink;
pub use number::Number;
pub use picture::Picture;
pub use reproduce::{Command, Fact, Reproduce};
pub use runs::{Commit, Run, Status};
pub use sliders::{Slider, SliderImage, Version};
pub use tables::{Cell, Column, Row, Table};

/// All that a report says, in the order in which the page says it. A part that is empty is left out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The report's title.
    pub title: String,
    /// Paragraphs, prose. The first two stand above the pictures, the others beneath them.
    pub introduction: Vec<String>,
    /// Images before and after.
    pub sliders: Vec<Slider>,
    /// What a reader has to know of what is missing, prose.
    pub notes: Vec<String>,
    /// The claims and their verdicts.
    pub claims: Vec<Claim>,
    /// Held-out images as thumbnails, one gallery for every set of them.
    pub galleries: Vec<Gallery>,
    /// Numbers.
    pub tables: Vec<Table>,
    /// Drawings.
    pub figures: Vec<Figure>,
    /// Configurations against their parents'.
    pub diffs: Vec<Diff>,
    /// Every run that the report rests on, and those that are missing.
    pub runs: Vec<Run>,
    /// How to reproduce all of it.
    pub reproduce: Reproduce,
    /// The line at the foot, prose: which program made the page, from which file. No time of day, if two reports of the
    /// same runs are to be the same bytes.
    pub footer: String,
}

/// The page as one HTML file.
pub fn render(page: &Page) -> String {
    frame::document(page).into_string()
}
