//! A gallery: held-out images as thumbnails, sorted by any metric, two versions of each side by side.
//!
//! All versions of an image are one strip, because a JPEG's tables weigh as much as a small picture. The script cuts the
//! strips, and finds the errors by their pixels. Paper and a page without a script show the first few strips whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use serde::Serialize;

use super::words::prose;
use super::{Picture, data};
use crate::evaluate::Better;

/// Held-out images that the same runs were judged by.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gallery {
    /// Which images: `All categories`, `Stop sign`.
    pub title: String,
    /// How many are shown of how many, and what the pictures are, prose.
    pub caption: String,
    /// The runs, by the names that the page gives them.
    pub runs: Vec<String>,
    /// The place of the best of them, which is shown at first.
    pub best: usize,
    /// What the images can be sorted by.
    pub metrics: Vec<GalleryMetric>,
    /// What the images can be chosen by: names of categories.
    pub categories: Vec<String>,
    /// The images, in the order in which they are shown at first.
    pub images: Vec<GalleryImage>,
}

/// A metric of a gallery.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GalleryMetric {
    /// Its heading, with its unit.
    pub name: String,
    /// Decimals that are shown.
    pub digits: usize,
    /// Which way it improves.
    pub better: Better,
}

/// An image of a gallery.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GalleryImage {
    /// Its name.
    pub name: String,
    /// The bytes of a JPEG file: the photograph, the same without color, and what each run made of it, left to right and
    /// equally wide. The place of a picture that is missing is empty.
    pub strip: Vec<u8>,
    /// Width of each of them in pixels.
    pub width: u32,
    /// Height.
    pub height: u32,
    /// The categories that it shows, by their places in [`Gallery::categories`].
    pub shows: Vec<usize>,
    /// For every run whether its picture is there.
    pub has: Vec<bool>,
    /// For every run its scores, by metric.
    pub scores: Vec<Vec<Option<f64>>>,
}

/// Strips that paper and a page without a script show.
const STRIPS: usize = 4;

/// Versions before the first run.
const VERSIONS: [&str; 2] = ["photograph", "gray"];

#[derive(Serialize)]
struct Data<'a> {
    title: &'a str,
    versions: Vec<&'a str>,
    best: usize,
    metrics: Vec<DataMetric<'a>>,
    categories: &'a [String],
    images: Vec<DataImage<'a>>,
}

#[derive(Serialize)]
struct DataMetric<'a> {
    name: &'a str,
    digits: usize,
    /// What is better: `higher`, `lower`, `one`, or nothing.
    way: &'static str,
}

#[derive(Serialize)]
struct DataImage<'a> {
    name: &'a str,
    strip: String,
    width: u32,
    height: u32,
    shows: &'a [usize],
    has: &'a [bool],
    scores: Vec<Vec<Option<f64>>>,
}

impl Gallery {
    fn data(&self) -> Data<'_> {
        let metrics = self.metrics.iter();
        let images = self.images.iter();
        Data {
            title: &self.title,
            versions: self.versions().collect(),
            best: VERSIONS.len() + self.best,
            metrics: metrics
                .map(|metric| DataMetric {
                    name: &metric.name,
                    digits: metric.digits,
                    way: match metric.better {
                        Better::Higher => "higher",
                        Better::Lower => "lower",
                        Better::One => "one",
                        Better::Photographs | Better::Neither => "",
                    },
                })
                .collect(),
            categories: &self.categories,
            images: images
                .map(|image| DataImage {
                    name: &image.name,
                    strip: STANDARD.encode(&image.strip),
                    width: image.width,
                    height: image.height,
                    shows: &image.shows,
                    has: &image.has,
                    scores: image.scores.iter().map(|run| self.rounded(run)).collect(),
                })
                .collect(),
        }
    }

    fn versions(&self) -> impl Iterator<Item = &str> {
        let runs = self.runs.iter().map(String::as_str);
        VERSIONS.into_iter().chain(runs)
    }

    /// Scores to one digit more than is shown: thousands of long numbers weigh as much as pictures.
    fn rounded(&self, scores: &[Option<f64>]) -> Vec<Option<f64>> {
        let both = scores.iter().zip(&self.metrics);
        both.map(|(score, metric)| {
            let score = score.filter(|score| score.is_finite())?;
            format!("{score:.digits$}", digits = metric.digits + 1)
                .parse()
                .ok()
        })
        .collect()
    }
}

/// Whether there is an image to show.
pub(super) fn has_any(galleries: &[Gallery]) -> bool {
    galleries.iter().any(|gallery| !gallery.images.is_empty())
}

/// The galleries.
pub(super) fn section(galleries: &[Gallery]) -> Markup {
    html! {
        @if has_any(galleries) {
            section id="gallery" aria-labelledby="gallery-title" {
                h2 id="gallery-title" { "Gallery" }
                @for gallery in galleries.iter().filter(|gallery| !gallery.images.is_empty()) {
                    div.block.gallery {
                        h3 { (gallery.title) }
                        p.caption { (prose(&gallery.caption)) }
                        (strips(gallery))
                        (data::element(&gallery.data()))
                    }
                }
            }
        }
    }
}

/// The first images, whole.
fn strips(gallery: &Gallery) -> Markup {
    let versions: Vec<&str> = gallery.versions().collect();
    html! {
        div.strips {
            p.note {
                "The first images, from left to right: "
                @for (place, version) in versions.iter().enumerate() {
                    @if place > 0 { ", " }
                    bdi { (version) }
                }
                "."
            }
            @for image in gallery.images.iter().take(STRIPS) {
                @let picture = Picture::Jpeg {
                    bytes: image.strip.clone(),
                    width: image.width * versions.len() as u32,
                    height: image.height,
                };
                figure {
                    (picture.image("", &format!("{}: {}", image.name, versions.join(", "))))
                    figcaption { bdi { (image.name) } }
                }
            }
        }
    }
}
