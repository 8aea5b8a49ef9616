//! Memory and speed over the steps.

use super::{Context, Drawing, FigureSpec, Outline, Shown, sentences};
use crate::Needs;
use crate::evaluate::MachineMetric;
use crate::figure::{Along, Resource, ResourcePanel, RunName, Smoothing, resources};

/// Steps over which the speed is averaged for the eye where the file says nothing.
const SMOOTHED_STEPS: f64 = 20.0;

/// What is shown.
const LOGGED: [MachineMetric; 3] = [
    MachineMetric::ImagesPerSecond,
    MachineMetric::ResidentMemory,
    MachineMetric::GpuMemory,
];

pub(super) fn needs(needs: &mut Needs) {
    for metric in LOGGED {
        needs.add_series("train", metric.name());
    }
}

pub(super) fn draw(spec: &FigureSpec, groups: &[usize], context: &Context<'_>) -> Vec<Drawing> {
    let smooth = spec.smooth.unwrap_or(SMOOTHED_STEPS);
    let panels: Vec<ResourcePanel> = LOGGED
        .into_iter()
        .filter_map(|metric| {
            let lines: Vec<(RunName, Vec<(f64, f64)>)> = groups
                .iter()
                .map(|&group| (context.name(group), points(group, metric.name(), context)))
                .filter(|(_, points)| !points.is_empty())
                .collect();
            let is_speed = metric == MachineMetric::ImagesPerSecond;
            (!lines.is_empty()).then(|| ResourcePanel {
                title: metric.properties().title.to_owned(),
                resource: if is_speed {
                    Resource::Measured {
                        unit: metric.unit().to_owned(),
                    }
                } else {
                    Resource::Memory
                },
                smoothing: if is_speed && smooth > 0.0 {
                    Smoothing::Mean { steps: smooth }
                } else {
                    Smoothing::None
                },
                lines,
            })
        })
        .collect();
    if panels.is_empty() {
        return Vec::new();
    }
    let title = spec.title("Speed and memory of training");
    let outline = Outline {
        name: spec.name().to_owned(),
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(
            &spec.caption,
            "The first seed of each run. Speed covers training steps only, and depends on what else the machine was doing.",
        ),
        alternative: format!(
            "{} panels of lines over training steps. The table of training facts gives the numbers.",
            panels.len()
        ),
        shown: Shown {
            groups: groups.to_vec(),
            all_seeds: false,
        },
    };
    vec![
        outline
            .draw_for_phones(|room, theme| resources(&title, Along::Steps, &panels, room, theme)),
    ]
}

fn points(group: usize, metric: &str, context: &Context<'_>) -> Vec<(f64, f64)> {
    let key = ("train".to_owned(), metric.to_owned());
    let run = context.material.numbers[group].first();
    let series = run.and_then(|run| run.series.get(&key));
    series.cloned().unwrap_or_default()
}
