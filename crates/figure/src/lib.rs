//! Figures: pictures of pictures and of numbers, as PNG, SVG and PDF.
//!
//! This crate only draws. It takes [`image::RgbImage`]s and numbers and knows neither runs nor
//! networks, so the same code makes the samples of a running training and the figures of a report.
//!
//! From the top:
//!
//! - A [`Figure`] is a finished layout: a page size and a list of marks (rectangles, lines, texts,
//!   pictures) at fixed places, in *points*, which are pixels at scale 1. Nothing is measured
//!   after it exists. [`Figure::to_rgb`] draws it at scale 1 or 2, [`Figure::to_svg`] as SVG,
//!   [`Figure::to_pdf`] as PDF, and [`Figure::save`] writes a PNG at scale 2 and an SVG next to it, both with provenance inside
//!   that [`read_metadata`] gives back. Equal input gives equal bytes.
//! - One function per kind of figure makes a [`Figure`] from data. Pictures: [`triptych`] (the sample
//!   picture of a step), [`channels`] (luma and chroma, true and predicted), [`gallery`] (what a
//!   network made of many photographs), [`strip`] (pictures through the steps of a training),
//!   [`comparison`] (pictures down, runs across, the best of each row in bold), [`duel`] (where one
//!   run beats another most, and where it loses), [`contact_sheet`] (a look at a dataset). Numbers:
//!   [`curves`] and [`curves_by_section`] (learning curves, from [`Panel`]s of [`Series`]), [`resources`] (memory and speed),
//!   [`effects`] (ablations against their parents, several metrics side by side), [`intervals`]
//!   (differences about a zero line), [`scatter`] (one number against another, one dot per image),
//!   [`chroma_histograms`] (what colors photographs have and runs give), [`sweep`] (what became of every point at which
//!   keys were varied).
//! - A [`RunName`] is a run's name with its [`Look`]: whoever draws a report numbers its runs once,
//!   and each then has one color and one dash in every figure. Kinds that are drawn for any number
//!   of runs change their layout with it, and say so: see each.
//! - [`side_by_side`] alone gives pixels, not a [`Figure`]: photographs at their own size.
//! - [`Theme`] is the one visual language that they share: colors, dashes, type sizes, spacing.
//!
//! Beneath them: `text` measures and shortens words before anything is placed, `grid` places
//! pictures, `axis` chooses ticks, `frame` draws them, `legend` names lines, `ground` paints dots by
//! the thousand, `diverging` colors signed numbers, `ramp` those from worst to best, `scene` and `letters` draw marks on a plotters
//! backend, `raster` with it pixels and `svg` documents, `pdf` vectors for print, and `png` writes and reads that format. `part` says which marks are a run's, and which numbers they show. Fonts come from the crate `dejavu`; nothing is asked of the system.

mod axis;
mod channels;
mod chroma;
mod comparison;
mod contact_sheet;
mod curves;
mod diverging;
mod duel;
mod effects;
mod frame;
mod gallery;
mod grid;
mod ground;
mod intervals;
mod legend;
mod letters;
mod look;
mod part;
mod pdf;
#[cfg(test)]
mod perception;
mod png;
mod ramp;
mod raster;
mod resources;
mod scatter;
mod scene;
mod side_by_side;
mod strip;
mod svg;
mod sweep;
#[cfg(test)]
mod tests;
mod text;
mod theme;
mod triptych;

use colorize_base::{Blame, Blamed, MOST_PICTURE, read_file};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use image::RgbImage;

pub use channels::{Channels, ChannelsRow, ChromaScale, Plane, channels};
pub use chroma::{ChromaCounts, ChromaHistograms, chroma_histograms};
pub use comparison::{Better, Comparison, ComparisonCell, ComparisonRow, Metric, comparison};
pub use contact_sheet::{Tile, contact_sheet};
pub use curves::{
    CurveSection, Panel, Reference, Room, Scale, Series, Smoothing, curves, curves_by_section,
};
pub use duel::{Duel, DuelRow, duel};
pub use effects::{Effect, EffectGroup, EffectRow, Effects, effects};
pub use gallery::gallery;
pub use intervals::{Interval, IntervalGroup, Verdict, VerdictNames, intervals};
pub use look::{Look, RunName};
pub use resources::{Along, Resource, ResourcePanel, resources};
pub use scatter::{Cloud, Scatter, scatter};
pub use side_by_side::side_by_side;
pub use strip::{Strip, StripRow, strip};
pub use sweep::{Sweep, SweepForm, SweptKey, SweptPoint, SweptValues, sweep};
pub use text::decibels;
pub use theme::Theme;
pub use triptych::{TriptychRow, triptych};

use part::Part;
use scene::Mark;
use theme::Color;

/// The largest raster that [`Figure::save`] writes, in bytes of RGB.
const LARGEST_RASTER: u64 = 1 << 30;

/// The scale of the PNG files: two pixels per point, for dense screens and for print.
const FILE_SCALE: u32 = 2;

/// Why a figure could not be written or read back.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// The file could not be read, created, written or renamed.
    #[error("cannot {action} `{}`", path.display())]
    File {
        /// What was tried, as a verb: `write`, `read`.
        action: &'static str,
        /// The file in question.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The PNG encoder refused the picture.
    #[error("cannot encode the figure as PNG")]
    Encode(#[from] ::png::EncodingError),
    /// The letters in use could not be taken out of a font, which is part of the program.
    #[error("cannot embed the font in the PDF")]
    Font(#[from] subsetter::Error),
    /// A metadata key that PNG cannot hold.
    #[error(
        "figure metadata key `{key}` must be 1 to 79 printable ASCII characters without leading or trailing spaces"
    )]
    MetadataKey {
        /// The key as given.
        key: String,
    },
    /// The figure has more pixels than anyone would open.
    #[error(
        "figure of {width} x {height} pixels is too large to write: show fewer pictures or smaller ones"
    )]
    TooLarge {
        /// Width in pixels.
        width: u64,
        /// Height in pixels.
        height: u64,
    },
    /// The file is not one that this module wrote.
    #[error("`{}` is not a PNG, SVG or PDF file with figure metadata", path.display())]
    NotAFigure {
        /// The file in question.
        path: PathBuf,
    },
}

impl Blamed for FigureError {
    fn blame(&self) -> Blame {
        match self {
            Self::NotAFigure { .. } | Self::File { action: "read", .. } => Blame::Request,
            Self::File { .. }
            | Self::Encode(_)
            | Self::Font(_)
            | Self::MetadataKey { .. }
            | Self::TooLarge { .. } => Blame::Failure,
        }
    }
}

/// A finished layout, ready to be drawn at any scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What the figure is called, for the SVG's `<title>`.
    title: String,
    /// Page width in points.
    width: u32,
    /// Page height in points.
    height: u32,
    background: Color,
    /// What is drawn, back to front.
    marks: Vec<Mark>,
    /// Whose some of the marks are, in the order of the marks.
    parts: Vec<Part>,
}

impl Figure {
    /// Width in points: pixels at scale 1.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in points: pixels at scale 1.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Draws the figure as pixels: `scale` pixels per point, 1 or 2 (others are clamped to these).
    pub fn to_rgb(&self, scale: u32) -> RgbImage {
        raster::rasterize(self, scale.clamp(1, 2))
    }

    /// The figure as an SVG document, with its pictures embedded and `metadata` in a `<metadata>`
    /// element.
    ///
    /// # Errors
    ///
    /// A key that PNG could not hold either, or a picture that cannot be encoded.
    pub fn to_svg(&self, metadata: &[(&str, String)]) -> Result<String, FigureError> {
        check_keys(metadata)?;
        svg::document(self, metadata)
    }

    /// The figure as the bytes of a PDF of one page, a point a point: marks as vectors, fonts embedded, and `metadata`.
    ///
    /// # Errors
    ///
    /// A key that PNG could not hold either.
    pub fn to_pdf(&self, metadata: &[(&str, String)]) -> Result<Vec<u8>, FigureError> {
        check_keys(metadata)?;
        pdf::document(self, metadata)
    }

    /// Whether numbers can be read off it where the pointer stands: its SVG document carries them.
    pub fn has_readings(&self) -> bool {
        self.parts.iter().any(|part| part.readings.is_some())
    }

    /// The figure as the bytes of a PNG at scale 2, with `metadata` as UTF-8 text chunks.
    ///
    /// # Errors
    ///
    /// A key that PNG cannot hold, or a figure of more than a gigabyte of pixels.
    pub fn to_png(&self, metadata: &[(&str, String)]) -> Result<Vec<u8>, FigureError> {
        check_keys(metadata)?;
        let width = u64::from(self.width) * u64::from(FILE_SCALE);
        let height = u64::from(self.height) * u64::from(FILE_SCALE);
        if width * height * 3 > LARGEST_RASTER {
            return Err(FigureError::TooLarge { width, height });
        }
        let holds = |test: fn(&Mark) -> bool| self.marks.iter().any(test);
        let content = if holds(|mark| matches!(mark, Mark::Picture { .. })) {
            png::Content::Photographs
        } else if holds(|mark| matches!(mark, Mark::Ground { .. })) {
            png::Content::Dots
        } else {
            png::Content::Chart
        };
        png::encode(&self.to_rgb(FILE_SCALE), FILE_SCALE, content, metadata)
    }

    /// Writes `<path>.png` (scale 2) and `<path>.svg`, and returns the two paths.
    ///
    /// `metadata` is kept in both files, in the given order: run, step, code version, whatever a
    /// reader needs to make the figure again. Each file is complete or absent: it is written under
    /// a temporary name, synced and renamed. Folders above it are created.
    ///
    /// # Errors
    ///
    /// As [`Figure::to_png`] and [`Figure::to_svg`], or a file that cannot be written.
    pub fn save(
        &self,
        path_without_ending: &Path,
        metadata: &[(&str, String)],
    ) -> Result<[PathBuf; 2], FigureError> {
        let png = self.save_png(path_without_ending, metadata)?;
        let svg = with_ending(path_without_ending, ".svg");
        write_whole(&svg, self.to_svg(metadata)?.as_bytes())?;
        Ok([png, svg])
    }

    /// Writes `<path>.png` alone and returns its path; otherwise as [`Figure::save`].
    ///
    /// # Errors
    ///
    /// As [`Figure::to_png`], or a file that cannot be written.
    pub fn save_png(
        &self,
        path_without_ending: &Path,
        metadata: &[(&str, String)],
    ) -> Result<PathBuf, FigureError> {
        let path = with_ending(path_without_ending, ".png");
        write_whole(&path, &self.to_png(metadata)?)?;
        Ok(path)
    }
}

/// The metadata of a PNG, SVG or PDF file that a [`Figure`] wrote, in the order given then.
///
/// # Errors
///
/// A file that cannot be read, or that is not a figure.
pub fn read_metadata(path: &Path) -> Result<Vec<(String, String)>, FigureError> {
    let bytes = read_file(path, MOST_PICTURE).map_err(|source| FigureError::File {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    png::metadata(&bytes)
        .or_else(|| pdf::metadata(&bytes))
        .or_else(|| svg::metadata(std::str::from_utf8(&bytes).ok()?))
        .ok_or_else(|| FigureError::NotAFigure {
            path: path.to_owned(),
        })
}

/// Appends rather than replaces: `v0.5` has no ending, and `step-000100` none either.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Refuses the keys that PNG's keyword rules forbid, for both formats alike.
fn check_keys(metadata: &[(&str, String)]) -> Result<(), FigureError> {
    for (key, _) in metadata {
        let printable = key.chars().all(|c| c == ' ' || c.is_ascii_graphic());
        if key.is_empty() || key.len() > 79 || !printable || key.trim() != *key {
            return Err(FigureError::MetadataKey {
                key: (*key).to_owned(),
            });
        }
    }
    Ok(())
}

/// Writes a file, all of it or nothing.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FigureError> {
    colorize_base::write_whole(path, bytes).map_err(|source| FigureError::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}
