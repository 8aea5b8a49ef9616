//! One metric against another, one dot per image.

use std::collections::BTreeMap;

use super::curves::capitalized;
use super::{Context, Drawing, FigureSpec, Outline, Shown, by_image, sentences};
use crate::Needs;
use crate::evaluate::{Better, Metric};
use crate::figure::{Cloud, Reference, Scatter, scatter};
use crate::table::{digits, heading, number};

/// Across and upwards where the file names none.
const METRICS: [Metric; 2] = [Metric::ColorfulnessRatio, Metric::PsnrLumaReplaced];

pub(super) fn needs(spec: &FigureSpec, needs: &mut Needs) {
    needs.add_paired(spec.metrics(&METRICS));
    needs.add_values(spec.metrics(&METRICS));
}

pub(super) fn draw(spec: &FigureSpec, groups: &[usize], context: &Context<'_>) -> Vec<Drawing> {
    let [across, up] = spec.metrics(&METRICS)[..] else {
        return Vec::new();
    };
    let parts = context.by_jury(spec, groups);
    parts
        .into_iter()
        .map(|part| {
            let jury = context.material.jury(part.groups[0]);
            let gray = jury.and_then(|jury| jury.baselines.iter().find(|it| it.name == "gray"));
            let gray = gray.and_then(|gray| gray.values.get(up.name()));
            let content = Scatter {
                x_label: heading(across),
                y_label: heading(up),
                digits: (digits(across), digits(up)),
                clouds: part
                    .groups
                    .iter()
                    .map(|&group| Cloud {
                        run: context.name(group),
                        points: points(group, across, up, context),
                        overall: context
                            .overall(group, across)
                            .zip(context.overall(group, up)),
                    })
                    .collect(),
                x_references: if across.better() == Better::One {
                    vec![Reference {
                        label: "photographs".to_owned(),
                        value: 1.0,
                    }]
                } else {
                    Vec::new()
                },
                y_references: gray
                    .filter(|value| value.is_finite())
                    .map(|&value| Reference {
                        label: format!("no color {}", written(up, value)),
                        value,
                    })
                    .into_iter()
                    .collect(),
            };
            let default = format!("{} against {}", lower(across), lower(up));
            let title = part.title(&spec.title(&capitalized(&default)));
            let outline = Outline {
                name: part.name.clone(),
                figure: spec.name().to_owned(),
                title: title.clone(),
                caption: sentences(
                    &spec.caption,
                    "One small dot per held-out image, at the last step, averaged over seeds. One large dot per run, over all its images, as in the tables of scores.",
                ),
                alternative: format!(
                    "Clouds of dots for {} runs: {}. The table of scores gives the numbers of the large dots.",
                    content.clouds.len(),
                    default
                ),
                shown: Shown {
                    groups: part.groups.clone(),
                    all_seeds: true,
                },
            };
            outline.draw(|theme| scatter(&title, &content, theme))
        })
        .collect()
}

fn written(metric: Metric, value: f64) -> String {
    let number = number(Some(value), digits(metric));
    match metric.unit() {
        Some(unit) => format!("{number} {unit}"),
        None => number,
    }
}

/// Both metrics of every image, each the mean over seeds.
fn points(group: usize, across: Metric, up: Metric, context: &Context<'_>) -> Vec<(f64, f64)> {
    let runs = &context.material.numbers[group];
    let means = |metric: Metric| -> BTreeMap<i64, f64> {
        let mut sums: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
        for run in runs {
            for (image, value) in by_image(run.terms.get(metric.name())) {
                let sum = sums.entry(image).or_default();
                sum.0 += value;
                sum.1 += 1.0;
            }
        }
        let means = sums.into_iter();
        means
            .map(|(image, (sum, count))| (image, sum / count))
            .collect()
    };
    let upwards = means(up);
    means(across)
        .into_iter()
        .filter_map(|(image, x)| Some((x, *upwards.get(&image)?)))
        .collect()
}

fn lower(metric: Metric) -> String {
    super::curves::lower_first(metric.title())
}
