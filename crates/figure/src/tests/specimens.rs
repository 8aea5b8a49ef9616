//! Figures of the newer kinds, plain and odd, for the tests that hold for every figure.

use image::RgbImage;

use super::super::*;
use super::gradient;

/// Words that no figure has room for.
pub(super) const LONG: &str =
    "a very long name that no figure has room for, and that goes on and on and on";

/// Channels, strips, galleries and intervals, each with a name for messages.
pub(super) fn specimens() -> Vec<(String, Figure)> {
    let mut figures = Vec::new();
    for theme in [Theme::Light, Theme::Dark] {
        for (width, height) in [(0, 0), (1, 1), (3, 200), (24, 24), (256, 256), (300, 100)] {
            let picture = gradient(width, height);
            let name =
                |kind: &str, of: usize| format!("{kind} {width} x {height}, {of}, {theme:?}");
            for rows in [0, 1, 3] {
                let words = ["", "Iteration 10000", LONG][rows % 3];
                let values = values(width, height);
                let content = channel_rows(&picture, &values, rows);
                figures.push((name("channels", rows), channels(words, &content, theme)));
            }
            for tiles in [0, 1, 3, 10, 12] {
                let tile = Tile {
                    picture: &picture,
                    caption: (tiles != 10).then(|| LONG[..tiles * 6].to_owned()),
                };
                let figure = gallery("Iteration 10000", &vec![tile; tiles], 4, theme);
                figures.push((name("gallery", tiles), figure));
            }
            for columns in [0, 1, 6, 40] {
                figures.push((
                    name("strip", columns),
                    ragged_strip(&picture, columns, theme),
                ));
            }
        }
        for rows in [0, 1, 3, 12, 40] {
            for groups in [0, 1, 3] {
                let groups = vec![plain_group(rows); groups];
                let figure = intervals("Claims", &groups, VerdictNames::CLAIMS, theme);
                figures.push((format!("{} intervals of {rows}", groups.len()), figure));
            }
        }
        let figure = intervals(LONG, &odd_groups(), VerdictNames::DIFFERENCES, theme);
        figures.push(("odd intervals".to_owned(), figure));
    }
    figures
}

/// As many values as the size has pixels, some beyond any range and some no numbers.
fn values(width: u32, height: u32) -> Vec<f32> {
    let odd = [0.1, -0.2, 0.0, 0.436, 2.0, f32::NAN, f32::INFINITY, -0.05];
    let pixels = (width * height) as usize;
    odd.into_iter().cycle().take(pixels).collect()
}

fn channel_rows<'a>(picture: &'a RgbImage, values: &'a [f32], rows: usize) -> Channels<'a> {
    let (width, height) = picture.dimensions();
    let plane = |width: u32| Plane {
        width,
        height,
        values,
    };
    let row = ChannelsRow {
        truth: picture,
        luma: picture,
        chroma_truth: [plane(width), plane(width)],
        // The second is not as large as it says.
        chroma_predicted: [plane(width), plane(width + 1)],
        colorized: picture,
        caption: (rows != 1).then(|| LONG.repeat(rows)),
    };
    let scale = |name: &str, limit: f64, below: &str, above: &str| ChromaScale {
        name: name.to_owned(),
        limit,
        below: below.to_owned(),
        above: above.to_owned(),
    };
    let chroma = match rows {
        0 => [scale("a", 110.0, "", ""), scale("b", 110.0, "", "")],
        1 => [
            scale("U", 0.436, "yellow", "blue"),
            scale("V", 0.615, "green", "red"),
        ],
        _ => [
            scale(LONG, 1e15, LONG, LONG),
            scale("", f64::NAN, "", "red"),
        ],
    };
    Channels {
        luma: ["L", "Y", LONG][rows % 3].to_owned(),
        chroma,
        rows: vec![row; rows],
    }
}

/// Rows of unlike lengths with gaps, and fewer headings than columns.
fn ragged_strip(picture: &RgbImage, columns: usize, theme: Theme) -> Figure {
    let cell = |column: usize| ComparisonCell {
        picture: Ok(picture),
        value: (!column.is_multiple_of(3)).then_some(column as f64),
    };
    let rows = (0..columns.min(3)).map(|row| {
        let length = columns - row.min(columns - 1);
        StripRow {
            name: LONG[..row * 30].to_owned(),
            cells: (0..length)
                .map(|column| (column != 2 * row).then(|| cell(column)))
                .collect(),
        }
    });
    let content = Strip {
        columns: (0..columns / 2)
            .map(|step| format!("Step {}", step * 12_345))
            .collect(),
        metric: (columns != 6).then(|| metric("PSNR", "dB", 2, Better::Higher)),
        rows: rows.collect(),
    };
    strip(&LONG[..columns], &content, theme)
}

pub(super) fn metric(name: &str, unit: &str, digits: usize, better: Better) -> Metric {
    Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        digits,
        better,
    }
}

/// Differences of all verdicts, with labels of one line and of two.
pub(super) fn plain_group(rows: usize) -> IntervalGroup {
    let verdicts = [Verdict::Good, Verdict::Open, Verdict::Bad];
    let row = |number: usize| {
        let value = (number as f64 * 0.7).sin();
        let label = if number % 4 == 3 {
            LONG
        } else {
            "average pool"
        };
        Interval {
            label: format!("{number} {label}"),
            value,
            low: value - 0.3,
            high: value + 0.2,
            expected: [(0.1, f64::INFINITY), (f64::NEG_INFINITY, 0.0), (-0.5, 0.5)][number % 3],
            verdict: verdicts[number % 3],
        }
    };
    IntervalGroup {
        metric: metric("PSNR", "dB", 2, Better::Higher),
        rows: (0..rows).map(row).collect(),
    }
}

fn odd_groups() -> Vec<IntervalGroup> {
    let row = |label: &str, [value, low, high]: [f64; 3], verdict: Verdict| Interval {
        label: label.to_owned(),
        value,
        low,
        high,
        expected: [
            (f64::NAN, f64::INFINITY),
            (1e200, f64::INFINITY),
            (-1e-9, 2.0),
        ][label.len() % 3],
        verdict,
    };
    let (nan, infinity) = (f64::NAN, f64::INFINITY);
    let unbroken = LONG.replace(' ', "-");
    let odd = vec![
        row("one seed", [3.0, nan, nan], Verdict::Open),
        row("", [nan, nan, nan], Verdict::Bad),
        row("a\nb\u{0}", [1.0, -infinity, infinity], Verdict::Open),
        row("turned about", [infinity, 2.0, -1.0], Verdict::Good),
        row(&unbroken, [0.0, 0.0, 0.0], Verdict::Bad),
    ];
    let large = vec![
        row("large", [3.2e9, 3.1e9, 3.3e9], Verdict::Bad),
        row("beyond drawing", [1e120, 0.0, 1.0], Verdict::Open),
    ];
    let group = |metric: Metric, rows: Vec<Interval>| IntervalGroup { metric, rows };
    vec![
        group(metric(LONG, LONG, 2, Better::Lower), odd),
        group(metric("memory", "B", 0, Better::Lower), large),
        group(
            metric("tiny", "", 9, Better::Higher),
            vec![row("tiny", [-3.2e-7, -3.3e-7, -3.1e-7], Verdict::Bad)],
        ),
        group(
            metric("", "", 0, Better::Higher),
            vec![row("", [0.0; 3], Verdict::Open)],
        ),
        group(metric("none", "", 0, Better::Higher), Vec::new()),
    ]
}
