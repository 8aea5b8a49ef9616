//! Sliders: two versions of an image, one over the other, with a movable divider.

use std::collections::{HashMap, HashSet};

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

use super::Picture;
use super::words::prose;

/// A set of images, each in several versions. The reader chooses the image and any two versions of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Slider {
    /// What it is called.
    pub title: String,
    /// What it shows and how to read it, prose; may be empty.
    pub caption: String,
    /// The images. Without a script, and on paper, the first stands for all. Each version of each image is carried within
    /// the page: choose a dozen, not a hundred.
    pub images: Vec<SliderImage>,
}

/// An image.
#[derive(Debug, Clone, PartialEq)]
pub struct SliderImage {
    /// Its name, as the list of images shows it.
    pub name: String,
    /// What the network was given.
    pub gray: Picture,
    /// What the runs made of it; those that have no such image are left out.
    pub colorized: Vec<Version>,
    /// The photograph.
    pub truth: Picture,
}

/// What a run made of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// The run, as the list of versions shows it: the same for all images of a slider.
    pub run: String,
    /// The picture.
    pub picture: Picture,
    /// Its score in small print: "22.4 dB"; may be empty.
    pub detail: String,
}

/// What the script is given of a slider.
#[derive(Serialize)]
struct Data<'a> {
    /// The names of all versions, in the order of the lists.
    versions: Vec<&'a str>,
    images: Vec<DataImage<'a>>,
}

#[derive(Serialize)]
struct DataImage<'a> {
    name: &'a str,
    /// By the place of their name in `versions`; `None` where this image has no such version.
    pictures: Vec<Option<DataPicture<'a>>>,
}

#[derive(Serialize)]
struct DataPicture<'a> {
    address: String,
    width: u32,
    height: u32,
    detail: &'a str,
}

impl<'a> DataPicture<'a> {
    fn of(picture: &Picture, detail: &'a str) -> Self {
        let (width, height) = picture.size();
        Self {
            address: picture.address(),
            width,
            height,
            detail,
        }
    }
}

const GRAY: &str = "gray";
const TRUTH: &str = "truth";

impl Slider {
    /// Its runs, each once, in the order in which they come up.
    fn runs(&self) -> Vec<&str> {
        let mut seen = HashSet::new();
        let versions = self.images.iter().flat_map(|image| &image.colorized);
        versions
            .map(|version| version.run.as_str())
            .filter(|run| seen.insert(*run))
            .collect()
    }

    fn data(&self) -> Data<'_> {
        let runs = self.runs();
        let places: HashMap<&str, usize> = runs.iter().copied().zip(1..).collect();
        let images = self.images.iter().map(|image| {
            let mut pictures: Vec<_> = (0..runs.len() + 2).map(|_| None).collect();
            pictures[0] = Some(DataPicture::of(&image.gray, ""));
            for version in &image.colorized {
                pictures[places[version.run.as_str()]] =
                    Some(DataPicture::of(&version.picture, &version.detail));
            }
            pictures[runs.len() + 1] = Some(DataPicture::of(&image.truth, ""));
            DataImage {
                name: &image.name,
                pictures,
            }
        });
        Data {
            images: images.collect(),
            versions: [GRAY]
                .into_iter()
                .chain(runs.iter().copied())
                .chain([TRUTH])
                .collect(),
        }
    }
}

/// Whether there is an image to show.
pub(super) fn has_any(sliders: &[Slider]) -> bool {
    sliders.iter().any(|slider| !slider.images.is_empty())
}

/// The sliders.
pub(super) fn section(sliders: &[Slider]) -> Markup {
    html! {
        @if has_any(sliders) {
            section id="sliders" aria-labelledby="sliders-title" {
                h2 id="sliders-title" { "Before and after" }
                @for (number, slider) in (1..).zip(sliders) {
                    @if let Some(first) = slider.images.first() {
                        (block(number, slider, first))
                    }
                }
            }
        }
    }
}

fn block(number: usize, slider: &Slider, first: &SliderImage) -> Markup {
    let id = format!("slider-{number}");
    html! {
        div.block.slider id=(id) role="group" aria-labelledby={ (id) "-title" } {
            h3 id={ (id) "-title" } { (slider.title) }
            @if !slider.caption.is_empty() {
                p.caption { (prose(&slider.caption)) }
            }
            // The script puts the slider in the place of these; paper and a page without a script keep them.
            div.stills {
                (still(first, GRAY, &first.gray, ""))
                @for version in first.colorized.iter().take(1) {
                    (still(first, &version.run, &version.picture, &version.detail))
                }
                (still(first, TRUTH, &first.truth, ""))
            }
            script type="application/json" { (PreEscaped(json(&slider.data()))) }
        }
    }
}

fn still(image: &SliderImage, version: &str, picture: &Picture, detail: &str) -> Markup {
    html! {
        figure {
            (picture.image("", &format!("{}: {version}", image.name)))
            figcaption {
                bdi { (version) }
                @if !detail.is_empty() { " " small { (detail) } }
            }
        }
    }
}

/// JSON that can stand within a `script` element: no text in it can end the element or begin a comment.
fn json(data: &Data<'_>) -> String {
    // Structures of texts and numbers: there is nothing that could not be written.
    let json = serde_json::to_string(data).unwrap_or_default();
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}
