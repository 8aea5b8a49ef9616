//! What the kinds that compare runs show.

use super::super::scene::Mark;
use super::super::theme::Color;
use super::super::*;
use super::kinds::{self, every_kind};
use super::specimens::metric;
use super::{compared, gradient};

fn words(figure: &Figure) -> Vec<&str> {
    let texts = figure.marks.iter().filter_map(|mark| match mark {
        Mark::Text(text) => Some(text.words.as_str()),
        _ => None,
    });
    texts.collect()
}

fn colors(figure: &Figure) -> Vec<Color> {
    let colored = figure.marks.iter().filter_map(|mark| match mark {
        Mark::Line { color, .. } | Mark::Dot { color, .. } => Some(*color),
        _ => None,
    });
    colored.collect()
}

#[test]
fn a_run_keeps_its_colour_in_every_kind() {
    for theme in [Theme::Light, Theme::Dark] {
        for runs in [3, 12] {
            for (kind, figure) in every_kind(runs, theme, false) {
                // An effect is of two runs, and a duel has two.
                let shown = match kind {
                    "effects" => 0,
                    "duel" => 2,
                    _ => runs.min(8),
                };
                for run in 0..shown {
                    let color = theme.series(run).0;
                    assert!(colors(&figure).contains(&color), "{kind} of {runs}: {run}");
                }
            }
        }
    }
    // Where a run stands does not matter, nor which others there are.
    let line = |label: &str, look: usize| Series {
        label: label.to_owned(),
        points: vec![(0.0, 1.0), (1.0, 2.0)],
        look: Some(Look::Run(look)),
        ..Series::default()
    };
    let panel = Panel {
        series: vec![line("a", 6), line("b", 2)],
        ..Panel::default()
    };
    let figure = curves("", &[panel], Theme::Light);
    let expected = [6, 2].map(|look| Theme::Light.series(look).0);
    let lines: Vec<Color> = colors(&figure);
    assert!(lines.iter().all(|color| expected.contains(color)));
    assert!(expected.iter().all(|color| lines.contains(color)));
}

#[test]
fn the_best_point_of_a_sweep_is_named_and_framed() {
    let content = Sweep {
        keys: ["scale", "norm"]
            .map(|name| SweptKey {
                name: name.to_owned(),
                values: SweptValues::Each(vec!["a".to_owned(), "b".to_owned()]),
            })
            .into(),
        metric: metric("PSNR", "dB", 2, Better::Higher),
        points: [(0.0, 0.0, 20.0), (1.0, 0.0, 22.5), (0.0, 1.0, 21.0)]
            .map(|(across, down, value)| SweptPoint {
                at: vec![across, down],
                value: Some(value),
                name: format!("{across} {down}"),
            })
            .into(),
        note: String::new(),
    };
    for theme in [Theme::Light, Theme::Dark] {
        for form in [SweepForm::Heat, SweepForm::Parallel] {
            let figure = sweep("Sweep", &content, form, theme);
            let said = words(&figure);
            assert!(said.contains(&"best: 1 0 with 22.50 dB"), "{said:?}");
            assert!(said.contains(&"PSNR in dB, higher is better"), "{said:?}");
        }
        let figure = sweep("Sweep", &content, SweepForm::Heat, theme);
        let said = words(&figure);
        assert!(
            ["20.00", "22.50", "21.00"]
                .iter()
                .all(|it| said.contains(it))
        );
        let of = |ink| move |mark: &&Mark| matches!(mark, Mark::Rectangle { color, .. } if *color == ink);
        let framed = figure.marks.iter().filter(of(theme.ink())).count();
        assert_eq!(framed, 1);
    }
}

#[test]
fn of_forty_lines_eight_are_named_and_the_others_counted() {
    let line = |run: usize| Series {
        label: format!("run {run:02}"),
        points: vec![(0.0, 0.0), (1.0, run as f64)],
        ..Series::default()
    };
    let panel = |runs: usize| Panel {
        series: (0..runs).map(line).collect(),
        ..Panel::default()
    };
    let figure = curves("", &[panel(40)], Theme::Light);
    let mut named: Vec<&str> = words(&figure);
    named.retain(|words| words.starts_with("run "));
    named.sort_unstable();
    let expected = ["00", "01", "02", "03", "36", "37", "38", "39"];
    assert_eq!(named, expected.map(|number| format!("run {number}")));
    assert!(words(&figure).contains(&"32 other runs, between these at the end"));

    let figure = curves("", &[panel(12)], Theme::Light);
    let named = words(&figure)
        .into_iter()
        .filter(|words| words.starts_with("run "));
    assert_eq!(named.count(), 12);

    // A caller's choice stands.
    let mut chosen = panel(30);
    for series in &mut chosen.series[1..] {
        series.look = Some(Look::Rest);
    }
    let figure = curves("", &[chosen], Theme::Light);
    assert!(words(&figure).contains(&"run 00"));
    assert!(words(&figure).contains(&"29 other runs"));
}

#[test]
fn effects_are_sorted_by_what_is_better() {
    let row = |label: &str, values: [Option<f64>; 2]| EffectRow {
        label: label.to_owned(),
        effects: values
            .map(|value| {
                value.map(|value| Effect {
                    value,
                    low: value - 0.5,
                    high: value + 0.5,
                    verdict: Verdict::Open,
                })
            })
            .to_vec(),
    };
    let order = |better: Better| {
        let content = Effects {
            metrics: vec![
                metric("first", "dB", 1, better),
                metric("second", "", 1, Better::Higher),
            ],
            groups: vec![EffectGroup {
                parent: "02-stopsigns".to_owned(),
                note: String::new(),
                rows: vec![
                    row("none", [None, Some(9.0)]),
                    row("low", [Some(-1.0), None]),
                    row("high", [Some(2.0), Some(0.0)]),
                    row("middle", [Some(0.5), Some(1.0)]),
                ],
            }],
        };
        let figure = effects("", &content, Theme::Light);
        let words = words(&figure);
        for expected in ["against 02-stopsigns", "+2.0", "[+1.5, +2.5]", "–"] {
            assert!(words.contains(&expected), "{expected} in {words:?}");
        }
        let labels = ["none", "low", "high", "middle"];
        let shown = words.into_iter().filter(|words| labels.contains(words));
        shown.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(order(Better::Higher), ["high", "middle", "low", "none"]);
    assert_eq!(order(Better::Lower), ["low", "middle", "high", "none"]);
}

#[test]
fn the_best_of_forty_runs_is_bold_once() {
    let picture = gradient(48, 48);
    let values: Vec<f64> = (0..40).map(|run| 20.0 + f64::from(run)).collect();
    let content = compared(&picture, 40, &values);
    let figure = comparison("", &content, Theme::Light);
    let bold = figure.marks.iter().filter_map(|mark| match mark {
        Mark::Text(text) if text.weight == text::Weight::Bold => Some(text.words.as_str()),
        _ => None,
    });
    assert_eq!(bold.collect::<Vec<_>>(), ["59.00 dB"]);
    let truths = words(&figure)
        .into_iter()
        .filter(|words| *words == "Ground truth");
    assert_eq!(truths.count(), 5, "one for each block of eight");
    assert!(figure.width() < 1300, "{}", figure.width());
}

#[test]
fn units_suit_the_largest_value() {
    let named = kinds::names(1, false);
    let shown = |seconds: f64, bytes: f64| -> Vec<String> {
        let panel = ResourcePanel {
            title: String::new(),
            resource: Resource::Memory,
            smoothing: Smoothing::None,
            lines: vec![(named[0].clone(), vec![(0.0, 0.0), (seconds, bytes)])],
        };
        let figure = resources("", Along::Seconds, &[panel], Room::Page, Theme::Light);
        words(&figure).into_iter().map(str::to_owned).collect()
    };
    let contains = |words: &[String], expected: &[&str]| {
        for expected in expected {
            assert!(
                words.iter().any(|words| words == expected),
                "{expected} in {words:?}"
            );
        }
    };
    contains(
        &shown(40.0, 4e6),
        &["seconds of training", "MB", "40", "4.0"],
    );
    contains(
        &shown(7200.0, 3e9),
        &["hours of training", "GB", "2.0", "3.0"],
    );
    contains(
        &shown(600.0, 900.0),
        &["minutes of training", "bytes", "10"],
    );
}

#[test]
fn a_plane_shows_pixels_where_their_chroma_is() {
    let mut truth = ChromaCounts::new([0.436, 0.615]);
    // Most pixels are gray, a few lie right of it and above.
    (0..99).for_each(|_| truth.add([0.0, 0.0]));
    truth.add([0.3, 0.5]);
    let content = ChromaHistograms {
        channels: ["U".to_owned(), "V".to_owned()],
        color: |[u, v]| {
            [
                255,
                if u > 0.0 { 255 } else { 0 },
                if v > 0.0 { 255 } else { 0 },
            ]
        },
        truth,
        images: 1,
        runs: Vec::new(),
    };
    let figure = chroma_histograms("", &content, Theme::Light);
    let plane = figure
        .marks
        .iter()
        .find_map(|mark| match mark {
            Mark::Ground { picture, .. } => Some(picture),
            _ => None,
        })
        .expect("a plane");
    let (width, height) = plane.dimensions();
    // The frame: its corners have the signs of their chroma.
    let corners = [
        (0, 0),
        (width - 1, 0),
        (0, height - 1),
        (width - 1, height - 1),
    ];
    let corners = corners.map(|(x, y)| plane.get_pixel(x, y).0);
    assert_eq!(
        corners,
        [[255, 0, 255], [255, 255, 255], [255, 0, 0], [255, 255, 0]]
    );
    // Blue: the two bins, the rarer paler, right of the other and above.
    let blue = |pixel: &image::Rgb<u8>| i32::from(pixel[2]) - i32::from(pixel[0]) > 20;
    let bins = plane.enumerate_pixels().filter(|(.., pixel)| blue(pixel));
    let (pale, dark): (Vec<_>, Vec<_>) = bins.partition(|(.., pixel)| pixel[2] > 200);
    assert!(!pale.is_empty() && pale.len() == dark.len());
    assert!(pale[0].0 > dark[0].0 && pale[0].1 < dark[0].1);
}

#[test]
fn what_a_scatter_leaves_out_is_counted() {
    let mut points: Vec<(f64, f64)> = (0..400)
        .map(|image| (1.0 + 0.01 * f64::from(image % 20), f64::from(image % 21)))
        .collect();
    points.push((50.0, 10.0));
    points.push((f64::NAN, 10.0));
    let cloud = Cloud {
        run: kinds::names(1, false).remove(0),
        points,
        overall: None,
    };
    let content = Scatter {
        clouds: vec![cloud],
        ..Scatter::default()
    };
    let figure = scatter("", &content, Theme::Light);
    let notes = words(&figure).join("; ");
    assert!(
        notes.contains("left out: 1 image without both numbers"),
        "{notes}"
    );
    assert!(
        notes.contains("1 image beyond the axes at their edges"),
        "{notes}"
    );
}

#[test]
fn long_logs_and_many_dots_make_small_documents() {
    let value = |step: usize| ((step * 7919) % 1009) as f64 / 1009.0;
    let line = |run: usize| Series {
        label: format!("run {run}"),
        points: (0..10_000)
            .map(|step| (step as f64, value(step * (run + 1))))
            .collect(),
        ..Series::default()
    };
    let panel = Panel {
        series: (0..3).map(line).collect(),
        smoothing: Smoothing::Mean { steps: 100.0 },
        ..Panel::default()
    };
    let document = curves("", &[panel], Theme::Light).to_svg(&[]).expect("svg");
    assert!(document.len() < 300_000, "{} bytes", document.len());

    let cloud = |name: RunName| Cloud {
        run: name,
        points: (0..10_000)
            .map(|image| (value(image), value(3 * image + 1)))
            .collect(),
        overall: Some((0.5, 0.5)),
    };
    let content = Scatter {
        clouds: kinds::names(3, false).into_iter().map(cloud).collect(),
        ..Scatter::default()
    };
    let document = scatter("", &content, Theme::Light)
        .to_svg(&[])
        .expect("svg");
    assert!(document.len() < 3_000_000, "{} bytes", document.len());
    assert!(document.matches("<circle").count() < 20);
}
