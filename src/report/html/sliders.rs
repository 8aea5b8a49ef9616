//! Sliders: two versions of an image, one over the other, with a divider to be moved.

use super::Picture;

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
