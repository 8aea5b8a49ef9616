//! The figures of the write-up's stages: each stage's last sample picture, the learning curves side by side, and what
//! stages that were judged by the same images made of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use image::RgbImage;

use super::{ReportError, Summary};
use crate::figure::{
    Better, Comparison, ComparisonCell, ComparisonRow, Metric, Panel, Reference, Scale, Series,
    Smoothing, Theme, comparison, curves,
};
use crate::runs::{atomic, read_image_scores};

/// Steps over which the training loss is averaged for the eye.
const SMOOTHED_STEPS: f64 = 20.0;

/// A stage's name without the number that orders it: `01-batchnorm` is `batchnorm`.
pub fn short_name(experiment: &str) -> &str {
    experiment
        .split_once('-')
        .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(experiment, |(_, name)| name)
}

/// Copies the last sample picture of every run into `folder` as `<stage>.png`.
///
/// # Errors
///
/// [`ReportError`] when a picture is missing or cannot be written.
pub fn copy_samples(runs: &[Summary], folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    runs.iter()
        .map(|run| {
            let sample = run.folder.sample(run.record.steps).with_extension("png");
            let picture = std::fs::read(&sample).map_err(|source| ReportError::Sample {
                path: sample,
                source: source.into(),
            })?;
            let path = folder.join(format!("{}.png", short_name(&run.record.experiment)));
            atomic::write(&path, &picture)?;
            Ok(path)
        })
        .collect()
}

/// Draws the learning curves of all runs into `folder`, as PNG and SVG.
///
/// # Errors
///
/// [`ReportError`] when a file cannot be written.
pub fn draw_curves(runs: &[Summary], folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let series = |split: &'static str, metric: &'static str| {
        runs.iter()
            .map(|run| Series {
                label: run.record.title.clone(),
                points: run
                    .metrics
                    .series(split, metric)
                    .iter()
                    .map(|&(step, value)| (step as f64, value))
                    .collect(),
                ..Series::default()
            })
            .collect::<Vec<_>>()
    };
    let panels = [
        Panel {
            title: "Training loss".to_owned(),
            x_label: "step".to_owned(),
            y_label: "mean squared error".to_owned(),
            scale: Scale::Log,
            smoothing: Smoothing::Mean {
                steps: SMOOTHED_STEPS,
            },
            series: series("train", "loss"),
            ..Panel::default()
        },
        Panel {
            title: "Held-out PSNR, luma replaced".to_owned(),
            x_label: "step".to_owned(),
            y_label: "dB".to_owned(),
            series: series("validation", "psnr_luma_replaced"),
            references: without_colour(runs),
            ..Panel::default()
        },
        Panel {
            title: "Held-out colorfulness".to_owned(),
            x_label: "step".to_owned(),
            y_label: "ratio to the photographs'".to_owned(),
            series: series("validation", "colorfulness_ratio"),
            references: vec![Reference {
                label: "photographs".to_owned(),
                value: 1.0,
            }],
            ..Panel::default()
        },
    ];
    let figure = curves("Learning curves of the stages", &panels, Theme::Light);
    let written = figure.save(&folder.join("curves"), &provenance(runs))?;
    Ok(written.into())
}

/// The PSNR of luma alone, once for every choice of categories.
fn without_colour(runs: &[Summary]) -> Vec<Reference> {
    let mut lines: Vec<Reference> = Vec::new();
    for run in runs {
        let categories = &run.experiment.dataset.categories;
        let which = if categories.is_empty() {
            "all images".to_owned()
        } else {
            categories.join(", ")
        };
        let label = format!("no colour, {which}");
        if let Some(value) = run.held_out("psnr_gray")
            && !lines.iter().any(|line| line.label == label)
        {
            lines.push(Reference { label, value });
        }
    }
    lines
}

/// Draws what runs that share their sample images made of them, a figure for every such group of at least two.
///
/// # Errors
///
/// [`ReportError`] when a sample cannot be read or a figure not be written.
pub fn draw_comparisons(runs: &[Summary], folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut groups: BTreeMap<Vec<i64>, Vec<&Summary>> = BTreeMap::new();
    for run in runs {
        groups.entry(sample_ids(run)?).or_default().push(run);
    }
    groups.retain(|ids, runs| !ids.is_empty() && runs.len() > 1);
    let mut written = Vec::new();
    for (ids, runs) in groups {
        let names: Vec<&str> = runs
            .iter()
            .map(|run| short_name(&run.record.experiment))
            .collect();
        let path = folder.join(format!("compare-{}", names.join("-")));
        written.extend(draw_comparison(&ids, &runs, &path)?);
    }
    Ok(written)
}

fn draw_comparison(
    ids: &[i64],
    runs: &[&Summary],
    path: &Path,
) -> Result<[PathBuf; 2], ReportError> {
    let scores = runs
        .iter()
        .map(|run| psnr_by_image(run))
        .collect::<Result<Vec<_>, _>>()?;
    let mut pictures = Vec::new();
    for &id in ids {
        let truth = open_sample(runs[0], "truth", id)?;
        let gray = open_sample(runs[0], "gray", id)?;
        let colorized = runs
            .iter()
            .map(|run| open_sample(run, &format!("step-{:06}", run.record.steps), id))
            .collect::<Result<Vec<_>, _>>()?;
        pictures.push((id, truth, gray, colorized));
    }
    let rows = pictures
        .iter()
        .map(|(id, truth, gray, colorized)| ComparisonRow {
            name: id.to_string(),
            truth,
            gray: ComparisonCell {
                picture: gray,
                value: scores[0].get(id).map(|scores| scores.0),
            },
            colorized: colorized
                .iter()
                .zip(&scores)
                .map(|(picture, scores)| {
                    Some(ComparisonCell {
                        picture,
                        value: scores.get(id).map(|scores| scores.1),
                    })
                })
                .collect(),
        })
        .collect();
    let content = Comparison {
        runs: runs.iter().map(|run| run.record.title.clone()).collect(),
        metric: Metric {
            name: "PSNR, luma replaced".to_owned(),
            unit: "dB".to_owned(),
            digits: 2,
            better: Better::Higher,
        },
        rows,
    };
    let owned: Vec<Summary> = runs.iter().map(|run| (*run).clone()).collect();
    let figure = comparison("The same held-out images", &content, Theme::Light);
    Ok(figure.save(path, &provenance(&owned))?)
}

/// The ids of the images that a run's samples show, in the order of their names.
fn sample_ids(run: &Summary) -> Result<Vec<i64>, ReportError> {
    let any = run.folder.sample_image("truth", 0);
    let folder = any.parent().unwrap_or(Path::new(""));
    let entries = std::fs::read_dir(folder).map_err(|source| ReportError::Sample {
        path: folder.to_path_buf(),
        source: source.into(),
    })?;
    let mut ids: Vec<i64> = entries
        .flatten()
        .filter_map(|entry| entry.path().file_stem()?.to_str()?.parse().ok())
        .collect();
    ids.sort_unstable();
    Ok(ids)
}

fn open_sample(run: &Summary, kind: &str, id: i64) -> Result<RgbImage, ReportError> {
    let path = run.folder.sample_image(kind, id);
    image::open(&path)
        .map(image::DynamicImage::into_rgb8)
        .map_err(|source| ReportError::Sample { path, source })
}

/// PSNR of luma alone and of the prediction with its luma replaced, by image id, at the last step.
fn psnr_by_image(run: &Summary) -> Result<BTreeMap<i64, (f64, f64)>, ReportError> {
    let path = run.folder.image_scores(run.record.steps);
    let table = read_image_scores(&path)?;
    let column = |name: &str| {
        table
            .column(name)
            .and_then(|column| column.f64().cloned())
            .map_err(|source| ReportError::Table {
                path: path.clone(),
                source,
            })
    };
    let (gray, replaced) = (column("psnr_gray")?, column("psnr_luma_replaced")?);
    let ids = table
        .column("image_id")
        .and_then(|column| column.i64().cloned())
        .map_err(|source| ReportError::Table {
            path: path.clone(),
            source,
        })?;
    Ok(ids
        .iter()
        .zip(gray.iter().zip(replaced.iter()))
        .filter_map(|(id, (gray, replaced))| Some((id?, (gray?, replaced?))))
        .collect())
}

/// What a figure says of where it comes from.
fn provenance(runs: &[Summary]) -> Vec<(&'static str, String)> {
    let identities: Vec<&str> = runs
        .iter()
        .map(|run| run.record.identity.as_str())
        .collect();
    vec![
        ("runs", identities.join(" ")),
        ("colorize", env!("CARGO_PKG_VERSION").to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn a_stage_loses_its_number_and_nothing_else() {
        assert_eq!(short_name("01-batchnorm"), "batchnorm");
        assert_eq!(short_name("two-words"), "two-words");
        assert_eq!(short_name("plain"), "plain");
    }
}
