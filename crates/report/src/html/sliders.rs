//! Before and after, first on the page: a row of everything that was made of an image, and beneath it two versions of the
//! image, one over the other, with a movable divider.

use std::collections::{HashMap, HashSet};

use maud::{Markup, html};
use serde::Serialize;

use super::words::prose;
use super::{Picture, data};

/// A set of images, each in several versions. The reader chooses the image and any two versions of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Slider {
    /// What it is called; may be empty where there is only one.
    pub title: String,
    /// What it shows and how to read it, prose; may be empty.
    pub caption: String,
    /// The images. The row shows the first; without a script, and on paper, it stands for all. Each version of each image is carried within
    /// the page: choose a dozen, not a hundred.
    pub images: Vec<SliderImage>,
    /// The run that it opens on: the best.
    pub opens_on: String,
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
    /// Which of them is over the other at first.
    opens: usize,
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
const TRUTH: &str = "photograph";

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
            // The first run where there is none of that name; the photograph where there is no run.
            opens: places.get(self.opens_on.as_str()).copied().unwrap_or(1),
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
    let title = if slider.title.is_empty() {
        "sliders-title".to_owned()
    } else {
        format!("{id}-title")
    };
    html! {
        div.block.slider id=(id) role="group" aria-labelledby=(title) {
            @if !slider.title.is_empty() {
                h3 id=(title) { (slider.title) }
            }
            // The script keeps these in step with the slider; paper and a page without a script have the first image.
            div.stills {
                (still(first, GRAY, &first.gray, ""))
                @for version in &first.colorized {
                    (still(first, &version.run, &version.picture, &version.detail))
                }
                (still(first, TRUTH, &first.truth, ""))
            }
            (data::element(&slider.data()))
            @if !slider.caption.is_empty() {
                p.caption { (prose(&slider.caption)) }
            }
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
