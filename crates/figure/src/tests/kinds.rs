//! Figures of the kinds that compare runs, with 0 to 40 of them, for the tests that hold for every
//! figure.

use image::RgbImage;

use super::super::*;
use super::gradient;
use super::specimens::{LONG, metric};

/// Numbers of runs that every kind is drawn with.
pub(super) const RUNS: [usize; 5] = [0, 1, 3, 12, 40];

/// Every kind with every number of runs: plain numbers in the light theme, odd ones in the dark.
pub(super) fn specimens() -> Vec<(String, Figure)> {
    let mut figures = Vec::new();
    for runs in RUNS {
        for (theme, odd) in [(Theme::Light, false), (Theme::Dark, true)] {
            let drawn = every_kind(runs, theme, odd).into_iter();
            let drawn = drawn.chain(sweeps(runs, theme, odd));
            let odd = if odd { ", odd" } else { "" };
            figures.extend(drawn.map(|(kind, figure)| (format!("{kind} {runs}{odd}"), figure)));
        }
    }
    figures
}

/// One figure of each kind.
pub(super) fn every_kind(runs: usize, theme: Theme, odd: bool) -> Vec<(&'static str, Figure)> {
    let title = if odd { LONG } else { "Title" };
    let picture = if odd {
        gradient(3, 90)
    } else {
        gradient(48, 48)
    };
    let along = [Along::Seconds, Along::Steps][usize::from(odd)];
    let panels = vec![seeds(runs, odd); 1 + runs % 3];
    vec![
        ("scatter", scatter(title, &spread(runs, odd), theme)),
        (
            "chroma histograms",
            chroma_histograms(title, &histograms(runs, odd), theme),
        ),
        ("effects", effects(title, &ablations(runs, odd), theme)),
        (
            "resources",
            resources(title, along, &measured(runs, odd), Room::Page, theme),
        ),
        ("duel", duel(title, &dueling(&picture, runs, odd), theme)),
        (
            "comparison of many",
            comparison(title, &many(&picture, runs, odd), theme),
        ),
        ("curves with bands", curves(title, &panels, theme)),
    ]
}

pub(super) fn names(runs: usize, odd: bool) -> Vec<RunName> {
    let name = |run: usize| match run % 3 {
        _ if !odd => format!("{run:02}-batchnorm"),
        0 => format!("{run} {LONG}"),
        1 => String::new(),
        _ => format!("{run}{}", LONG.replace(' ', "-")),
    };
    RunName::numbered((0..runs).map(name))
}

/// Sweeps over two keys and more, in both forms: tables, dots and lines.
pub(super) fn sweeps(points: usize, theme: Theme, odd: bool) -> Vec<(&'static str, Figure)> {
    let title = if odd { LONG } else { "Title" };
    let kinds = [
        ("sweep of cells", 2, true, SweepForm::Heat),
        ("sweep of dots", 2, false, SweepForm::Heat),
        ("sweep of lines", 4, false, SweepForm::Parallel),
        ("sweep without keys", 0, true, SweepForm::Heat),
        ("sweep over many keys", 9, true, SweepForm::Parallel),
    ];
    kinds
        .into_iter()
        .map(|(kind, keys, is_table, form)| {
            let content = swept(points, keys, is_table, odd);
            (kind, sweep(title, &content, form, theme))
        })
        .collect()
}

fn swept(points: usize, keys: usize, is_table: bool, odd: bool) -> Sweep {
    let words = |key: usize| -> Vec<String> {
        let word = |value: usize| match value {
            1 if odd => LONG.to_owned(),
            _ => format!("value {value}"),
        };
        (0..4 + key).map(word).collect()
    };
    let key = |key: usize| SweptKey {
        name: if odd {
            LONG.to_owned()
        } else {
            format!("key_{key}")
        },
        values: match (is_table, key % 3) {
            (true, _) | (false, 2) => SweptValues::Each(words(key)),
            (false, 0) => SweptValues::Along(Scale::Log),
            (false, _) => SweptValues::Along(Scale::Linear),
        },
    };
    let keys: Vec<SweptKey> = (0..keys).map(key).collect();
    let point = |point: usize| SweptPoint {
        at: keys
            .iter()
            .enumerate()
            .map(|(key, swept)| match &swept.values {
                SweptValues::Each(values) => ((point / (1 + 3 * key)) % values.len()) as f64,
                SweptValues::Along(_) if odd && point == 2 => f64::NAN,
                SweptValues::Along(_) => 1e-4 * 10_f64.powf(3.0 * noise(point + 7 * key)),
            })
            .collect(),
        value: match point {
            3 if odd => None,
            4 if odd => Some(f64::INFINITY),
            _ => Some(20.0 + 3.0 * noise(point)),
        },
        name: format!("point {point}"),
    };
    Sweep {
        points: (0..points).map(point).collect(),
        keys,
        metric: if odd {
            metric(LONG, "", 3, Better::One)
        } else {
            metric("PSNR", "dB", 2, Better::Higher)
        },
        note: if odd { LONG.to_owned() } else { String::new() },
    }
}

/// Between 0 and 1, without any order that shows.
fn noise(number: usize) -> f64 {
    (number as f64 * 12.9898)
        .sin()
        .mul_add(43_758.545, 0.0)
        .rem_euclid(1.0)
}

fn spread(runs: usize, odd: bool) -> Scatter {
    let clouds = names(runs, odd).into_iter().enumerate().map(|(run, name)| {
        let point = |image: usize| {
            let (x, y) = (noise(image * 7 + run), noise(image * 13 + 3 * run + 1));
            match image {
                5 if odd => (f64::NAN, 1.0),
                6 if odd => (1e150, f64::INFINITY),
                7 if odd => (1e6, -1e6),
                _ => (0.4 + x, 18.0 + 6.0 * y),
            }
        };
        let count = if odd && run % 4 == 1 { 0 } else { 60 };
        Cloud {
            run: name,
            points: (0..count).map(point).collect(),
            overall: (count > 0).then_some({
                if odd {
                    (f64::INFINITY, 1.0)
                } else {
                    (0.9, 21.0)
                }
            }),
        }
    });
    let line = |label: &str, value: f64| Reference {
        label: label.to_owned(),
        value,
    };
    Scatter {
        x_label: if odd {
            LONG.repeat(3)
        } else {
            "colorfulness".to_owned()
        },
        y_label: if odd {
            LONG.repeat(3)
        } else {
            "PSNR (dB)".to_owned()
        },
        digits: (3, 2),
        clouds: clouds.collect(),
        x_references: vec![line(if odd { LONG } else { "photographs" }, 1.0)],
        y_references: vec![line("no color", if odd { f64::NAN } else { 20.2 })],
    }
}

fn histograms(runs: usize, odd: bool) -> ChromaHistograms {
    let limit = if odd {
        [110.0, f64::NAN]
    } else {
        [0.436, 0.615]
    };
    let counted = |pixels: usize, width: f64| {
        let mut counts = ChromaCounts::new(limit);
        for pixel in 0..pixels {
            let [x, y] = [0, 1].map(|step| noise(2 * pixel + step) + noise(pixel + step) - 1.0);
            counts.add([x * width, y * width]);
        }
        counts
    };
    let runs = names(runs, odd).into_iter().enumerate().map(|(run, name)| {
        let pixels = if odd && run % 2 == 0 { 0 } else { 400 };
        (name, counted(pixels, 0.1 + 0.01 * run as f64))
    });
    ChromaHistograms {
        channels: if odd {
            [LONG.to_owned(), LONG.to_owned()]
        } else {
            ["U".to_owned(), "V".to_owned()]
        },
        color: |[x, y]| [128, (128.0 + 100.0 * x) as u8, (128.0 + 100.0 * y) as u8],
        truth: counted(if odd { 1 } else { 500 }, if odd { 1e9 } else { 0.3 }),
        runs: runs.collect(),
        images: if odd { 1 } else { 97 },
    }
}

fn ablations(runs: usize, odd: bool) -> Effects {
    let verdicts = [Verdict::Good, Verdict::Open, Verdict::Bad];
    let metrics = if odd {
        vec![
            metric(LONG, LONG, 6, Better::Lower),
            metric("", "", 0, Better::Higher),
            metric("memory", "B", 0, Better::Lower),
            metric("PSNR", "dB", 2, Better::Higher),
        ]
    } else {
        vec![
            metric("PSNR", "dB", 2, Better::Higher),
            metric("CIEDE2000", "", 2, Better::Lower),
            metric("Colorfulness", "ratio", 3, Better::Higher),
        ]
    };
    let row = |number: usize| {
        let effect = |column: usize| {
            let value = noise(number * 5 + column) - 0.5;
            let size = if odd && column == 2 { 3e9 } else { 1.0 };
            let low = if odd && number == 2 {
                f64::NAN
            } else {
                value - 0.2
            };
            let high = if odd && number == 3 {
                f64::INFINITY
            } else {
                value + 0.1
            };
            (!odd || !(number + column).is_multiple_of(5)).then_some(Effect {
                value: value * size,
                low: low * size,
                high: high * size,
                verdict: verdicts[number % 3],
            })
        };
        EffectRow {
            label: if odd {
                format!("{number} {LONG}")
            } else {
                format!("norm={number}")
            },
            effects: (0..metrics.len() - usize::from(odd)).map(effect).collect(),
        }
    };
    let group = |name: &str, rows: std::ops::Range<usize>| EffectGroup {
        parent: name.to_owned(),
        note: if odd {
            LONG.repeat(4)
        } else {
            "97 images x 3 seeds".to_owned()
        },
        rows: rows.map(row).collect(),
    };
    Effects {
        groups: match runs {
            0 => Vec::new(),
            _ if odd => vec![group(&LONG.repeat(5), 0..runs), group("", 0..0)],
            _ => vec![
                group("02-stopsigns", 0..runs / 2),
                group("03-yuv", runs / 2..runs),
            ],
        },
        metrics,
    }
}

fn measured(runs: usize, odd: bool) -> Vec<ResourcePanel> {
    let panel = |title: &str, resource: Resource, size: f64| ResourcePanel {
        title: title.to_owned(),
        resource,
        smoothing: if odd {
            Smoothing::None
        } else {
            Smoothing::Mean { steps: 900.0 }
        },
        lines: names(runs, odd)
            .into_iter()
            .enumerate()
            .map(|(run, name)| {
                let value = |at: usize| match (odd, at) {
                    (true, 3) => f64::NAN,
                    (true, 4) => -size,
                    _ => size * (1.0 + noise(at + 9 * run)),
                };
                (
                    name,
                    (0..30).map(|at| (at as f64 * 311.0, value(at))).collect(),
                )
            })
            .collect(),
    };
    let speed = Resource::Measured {
        unit: if odd {
            LONG.to_owned()
        } else {
            "images/s".to_owned()
        },
    };
    vec![
        panel("Resident memory", Resource::Memory, 1.2e9),
        panel("Speed", speed, 40.0),
        panel("Processor", Resource::Share, 0.5),
    ]
}

fn dueling(picture: &RgbImage, rows: usize, odd: bool) -> Duel<'_> {
    let row = |number: usize| {
        let cell = |value: f64| ComparisonCell {
            picture: Ok(picture),
            value: (!odd || number.is_multiple_of(2)).then_some(value),
        };
        DuelRow {
            name: if odd {
                LONG.to_owned()
            } else {
                format!("{number:012}.jpg")
            },
            gray: (!odd).then_some(picture),
            first: Some(cell(24.0 - number as f64)),
            second: (!odd || !number.is_multiple_of(3)).then(|| cell(f64::INFINITY)),
            truth: Some(picture),
        }
    };
    let mut names = names(2, odd);
    let second = names.pop().expect("two names");
    let first = names.pop().expect("two names");
    Duel {
        runs: [first, second],
        metric: metric("PSNR", if odd { LONG } else { "dB" }, 2, Better::Higher),
        ahead: (0..rows.min(4)).map(row).collect(),
        behind: (0..rows.min(4))
            .take(if odd { 1 } else { 4 })
            .map(row)
            .collect(),
        images: 97,
        counts: [60, 37],
        pictures: if odd { LONG.to_owned() } else { String::new() },
    }
}

fn many(picture: &RgbImage, runs: usize, odd: bool) -> Comparison<'_> {
    let cell = |run: usize| ComparisonCell {
        picture: Ok(picture),
        value: (!odd || !run.is_multiple_of(4)).then(|| 20.0 + noise(run)),
    };
    let row = |number: usize| ComparisonRow {
        name: if odd {
            LONG.to_owned()
        } else {
            format!("{number}.jpg")
        },
        truth: picture,
        gray: cell(1),
        colorized: (0..runs)
            .map(|run| (!odd || !run.is_multiple_of(3)).then(|| cell(run)))
            .collect(),
    };
    Comparison {
        runs: names(runs, odd),
        metric: metric("PSNR", "dB", 2, Better::Higher),
        pictures: if odd { LONG.repeat(3) } else { String::new() },
        rows: (0..2).map(row).collect(),
    }
}

/// Means over seeds with their bands.
fn seeds(runs: usize, odd: bool) -> Panel {
    let series = names(runs, odd).into_iter().enumerate().map(|(run, name)| {
        let value = |step: usize| 18.0 + noise(run) + (step as f64).ln_1p();
        Series {
            label: name.label,
            points: (0..25).map(|step| (step as f64, value(step))).collect(),
            band: (0..25)
                .map(|step| (step as f64, value(step) - 0.4, value(step) + 0.3))
                .collect(),
            look: Some(if odd && run > 4 {
                Look::Rest
            } else {
                name.look
            }),
        }
    });
    Panel {
        title: "Held-out PSNR".to_owned(),
        x_label: "step".to_owned(),
        y_label: "PSNR (dB)".to_owned(),
        band: if odd {
            LONG.repeat(4)
        } else {
            "lowest to highest of 3 seeds".to_owned()
        },
        from_zero: odd,
        smoothing: if odd {
            Smoothing::Mean { steps: 4.0 }
        } else {
            Smoothing::None
        },
        series: series.collect(),
        ..Panel::default()
    }
}
