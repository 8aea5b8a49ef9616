//! All photographs of a `predict` in one figure.

use std::path::Path;

use image::RgbImage;

use super::{mark, name};
use crate::cli::output;
use crate::command_error::Result;
use crate::figure::{ComparisonCell, Strip, StripRow, Theme, strip};
use crate::runs::atomic;
use crate::trained::TrainedNetwork;

/// The longest side of a picture in a figure, in pixels.
const LARGEST_SHOWN: u32 = 288;

/// What the figure shows of a photograph.
pub(super) struct Shown {
    pub(super) name: String,
    /// The photograph, its gray, what the other runs make of it, and the colorized picture.
    pub(super) pictures: Vec<RgbImage>,
}

/// The picture at the size that a figure shows at most.
pub(super) fn small(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let longest = width.max(height).max(1);
    if longest <= LARGEST_SHOWN {
        return picture.clone();
    }
    let scaled =
        |side: u32| (u64::from(side) * u64::from(LARGEST_SHOWN) / u64::from(longest)).max(1);
    image::imageops::thumbnail(picture, scaled(width) as u32, scaled(height) as u32)
}

/// One figure of all photographs, a column for each.
pub(super) fn draw(
    trained: &TrainedNetwork,
    beside: &[TrainedNetwork],
    shown: &[Shown],
    path: &Path,
) -> Result<()> {
    let title = |trained: &TrainedNetwork| trained.experiment.title.clone();
    let mut names = vec!["Photograph".to_owned(), "Grayscale".to_owned()];
    if beside.is_empty() {
        names.push("Colorized".to_owned());
    } else {
        names.extend(beside.iter().chain([trained]).map(title));
    }
    let rows = names.into_iter().enumerate().map(|(row, name)| StripRow {
        name,
        cells: shown
            .iter()
            .map(|shown| {
                Some(ComparisonCell {
                    picture: Ok(&shown.pictures[row]),
                    value: None,
                })
            })
            .collect(),
    });
    let content = Strip {
        // Names of files are read more easily with spaces.
        columns: shown
            .iter()
            .map(|shown| shown.name.replace('_', " "))
            .collect(),
        metric: None,
        rows: rows.collect(),
    };
    let TrainedNetwork {
        experiment,
        seed,
        identity,
        step,
        ..
    } = trained;
    let title = if beside.is_empty() {
        format!("{}, step {step}", experiment.title)
    } else {
        "The same photographs, colored by several networks".to_owned()
    };
    let others: Vec<String> = beside.iter().map(name).collect();
    let metadata = [
        // As in the pictures themselves.
        ("Comment", mark::text(&name(trained))),
        ("run", format!("{} s{seed} {identity}", experiment.name)),
        ("step", step.to_string()),
        ("beside", others.join(", ")),
    ];
    let figure = strip(&title, &content, Theme::Light);
    atomic::write(path, &figure.to_png(&metadata)?)?;
    output::line(&format!("figure: {}", path.display()));
    Ok(())
}
