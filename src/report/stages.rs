//! The figures of the write-up's stages: each stage's last sample picture, the learning curves side by side, and what
//! stages that were judged by the same images made of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use image::RgbImage;

use super::claims::Judged;
use super::{ReportError, Scores, Summary};
use crate::color::Space;
use crate::figure::{
    Better, Comparison, ComparisonCell, ComparisonRow, Interval, IntervalGroup, Metric, Panel,
    Reference, RunName, Scale, Series, Smoothing, Theme, Verdict, VerdictNames, comparison, curves,
    intervals,
};
use crate::runs::atomic;
use crate::{evaluate, statistics};

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
            let picture = std::fs::read(&sample).map_err(|cause| ReportError::Sample {
                path: sample,
                cause: cause.into(),
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
    let series =
        |split: &'static str, metric: &'static str, is_shown: &dyn Fn(&Summary) -> bool| {
            runs.iter()
                .map(|run| Series {
                    label: run.title(),
                    // A series without points keeps the colours of the others.
                    points: run
                        .metrics
                        .series(split, metric)
                        .iter()
                        .filter(|_| is_shown(run))
                        .map(|&(step, value)| (step as f64, value))
                        .collect(),
                    ..Series::default()
                })
                .collect::<Vec<_>>()
        };
    let all = |_: &Summary| true;
    // The squared error of colours and that of chroma are not to be compared.
    let answers_in_rgb = |run: &Summary| run.experiment.color.space == Space::Rgb;
    let answers_in_chroma = |run: &Summary| !answers_in_rgb(run);
    let loss = |title: &str, is_shown: &dyn Fn(&Summary) -> bool| Panel {
        title: title.to_owned(),
        x_label: "step".to_owned(),
        y_label: "loss".to_owned(),
        scale: Scale::Log,
        smoothing: Smoothing::Mean {
            steps: SMOOTHED_STEPS,
        },
        series: series("train", "loss", is_shown),
        ..Panel::default()
    };
    let mut panels = Vec::new();
    if runs.iter().any(answers_in_rgb) {
        panels.push(loss("Training loss, answers in RGB", &answers_in_rgb));
    }
    if runs.iter().any(answers_in_chroma) {
        panels.push(loss("Training loss, answers in chroma", &answers_in_chroma));
    }
    panels.extend([
        Panel {
            title: "Held-out PSNR, luma replaced".to_owned(),
            x_label: "step".to_owned(),
            y_label: "dB".to_owned(),
            series: series("validation", "psnr_luma_replaced", &all),
            references: without_colour(runs),
            ..Panel::default()
        },
        Panel {
            title: "Held-out CIEDE2000".to_owned(),
            x_label: "step".to_owned(),
            y_label: "colour difference, lower is better".to_owned(),
            series: series("validation", "ciede2000", &all),
            ..Panel::default()
        },
        Panel {
            title: "Held-out error of UV".to_owned(),
            x_label: "step".to_owned(),
            y_label: "mean squared error".to_owned(),
            series: series("validation", "uv_mse", &all),
            ..Panel::default()
        },
        Panel {
            title: "Held-out colorfulness".to_owned(),
            x_label: "step".to_owned(),
            y_label: "ratio to the photographs'".to_owned(),
            series: series("validation", "colorfulness_ratio", &all),
            references: vec![Reference {
                label: "photographs".to_owned(),
                value: 1.0,
            }],
            ..Panel::default()
        },
    ]);
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

/// Draws what runs that were judged by the same photographs made of the samples that they share, a figure for every such
/// group of at least two.
///
/// # Errors
///
/// [`ReportError`] when a sample cannot be read or a figure not be written.
pub fn draw_comparisons(runs: &[Summary], folder: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let mut groups: Vec<(&str, Vec<i64>, Vec<&Summary>)> = Vec::new();
    for run in runs {
        let ids = sample_ids(run)?;
        let hash = run.record.dataset.content_hash.as_str();
        match groups.iter_mut().find(|(known, ..)| *known == hash) {
            Some((_, shared, group)) => {
                shared.retain(|id| ids.contains(id));
                group.push(run);
            }
            None => groups.push((hash, ids, vec![run])),
        }
    }
    groups.retain(|(_, ids, runs)| !ids.is_empty() && runs.len() > 1);
    let mut written = Vec::new();
    for (_, ids, runs) in groups {
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
        runs: RunName::numbered(runs.iter().map(|run| run.title())),
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

/// Draws what became of claims, as PNG and SVG; nothing where no claim has numbers.
///
/// # Errors
///
/// [`ReportError`] when a file cannot be written.
pub fn draw_claims(
    judged: &[Judged],
    runs: &[Summary],
    folder: &Path,
) -> Result<Vec<PathBuf>, ReportError> {
    let mut groups: Vec<(evaluate::Metric, Vec<Interval>)> = Vec::new();
    for Judged { claim, result } in judged {
        let Ok(numbers) = result else {
            continue;
        };
        let row = Interval {
            label: claim.text.clone(),
            value: numbers.comparison.difference,
            low: numbers.comparison.interval.low,
            high: numbers.comparison.interval.high,
            verdict: match numbers.verdict {
                statistics::Verdict::Supported => Verdict::Good,
                statistics::Verdict::NotDecided => Verdict::Open,
                statistics::Verdict::Contradicted => Verdict::Bad,
            },
        };
        match groups
            .iter_mut()
            .find(|(metric, _)| *metric == claim.metric)
        {
            Some((_, rows)) => rows.push(row),
            None => groups.push((claim.metric, vec![row])),
        }
    }
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let groups: Vec<IntervalGroup> = groups
        .into_iter()
        .map(|(metric, rows)| IntervalGroup {
            metric: Metric {
                name: metric.title().to_owned(),
                unit: metric.unit().unwrap_or_default().to_owned(),
                digits: digits(&rows),
                better: match metric.better() {
                    evaluate::Better::Lower => Better::Lower,
                    _ => Better::Higher,
                },
            },
            rows,
        })
        .collect();
    let title = "Claims: differences with their 95 % intervals";
    let figure = intervals(title, &groups, VerdictNames::CLAIMS, Theme::Light);
    Ok(figure
        .save(&folder.join("claims"), &provenance(runs))?
        .into())
}

/// Decimals that show the narrowest interval in two digits.
fn digits(rows: &[Interval]) -> usize {
    let narrowest = rows
        .iter()
        .map(|row| row.high - row.low)
        .filter(|width| *width > 0.0)
        .fold(f64::INFINITY, f64::min);
    if narrowest.is_finite() {
        (1.0 - narrowest.log10().floor()).clamp(0.0, 6.0) as usize
    } else {
        2
    }
}

/// The ids of the images that a run's samples show, in the order of their names.
fn sample_ids(run: &Summary) -> Result<Vec<i64>, ReportError> {
    let any = run.folder.sample_image("truth", 0);
    let folder = any.parent().unwrap_or(Path::new(""));
    let entries = std::fs::read_dir(folder).map_err(|cause| ReportError::Sample {
        path: folder.to_path_buf(),
        cause: cause.into(),
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
        .map_err(|cause| ReportError::Sample { path, cause })
}

/// PSNR of luma alone and of the prediction with its luma replaced, by image id, at the last step.
fn psnr_by_image(run: &Summary) -> Result<BTreeMap<i64, (f64, f64)>, ReportError> {
    let scores = Scores::of_run(run, run.record.steps)?;
    let values = |metric| scores.terms(metric).unwrap_or_default();
    let gray = values(evaluate::Metric::PsnrGray);
    let replaced = values(evaluate::Metric::PsnrLumaReplaced);
    Ok(gray
        .into_iter()
        .zip(replaced)
        .map(|(gray, replaced)| (gray.image, (gray.numerator, replaced.numerator)))
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
