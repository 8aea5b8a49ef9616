//! Every metric and baseline against independent implementations: see `tests/golden/metrics.py`.

use std::collections::BTreeMap;

use image::RgbImage;
use serde::Deserialize;

use super::{Baseline, Differences, ImageScore, Metric, answer, ciede2000};
use crate::color::{Head, Space, lab, yuv};

#[derive(Deserialize)]
struct Golden {
    sharma: Vec<[f64; 7]>,
    colors: Vec<Color>,
    answers: Vec<Answer>,
    cases: Vec<Case>,
    baselines: Baselines,
}

#[derive(Deserialize)]
struct Color {
    rgb: [u8; 3],
    lab: [f64; 3],
    lab_of_scikit_image: [f64; 3],
    yuv: [f64; 3],
}

#[derive(Deserialize)]
struct Answer {
    lab: [f64; 3],
    rgb: [f64; 3],
}

#[derive(Deserialize)]
struct Case {
    name: String,
    width: u32,
    truth: String,
    predicted: String,
    /// Null where there is no value, or it is infinite.
    scores: BTreeMap<String, Option<f64>>,
}

#[derive(Deserialize)]
struct Baselines {
    width: u32,
    truth: String,
    mean_uv: [f64; 2],
    pictures: BTreeMap<String, String>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../../tests/golden/metrics.json")).unwrap()
}

fn picture(width: u32, hex: &str) -> RgbImage {
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap())
        .collect();
    let height = bytes.len() as u32 / 3 / width;
    RgbImage::from_raw(width, height, bytes).unwrap()
}

fn assert_near(values: [f64; 3], expected: [f64; 3], tolerance: f64) {
    for (value, expected) in values.into_iter().zip(expected) {
        assert!(
            (value - expected).abs() < tolerance,
            "{value} is not {expected}"
        );
    }
}

#[test]
fn colours() {
    for color in golden().colors {
        let rgb = color.rgb.map(|value| f64::from(value) / 255.0);
        assert_near(yuv::from_rgb(rgb), color.yuv, 1e-9);
        assert_near(yuv::to_rgb(color.yuv), rgb, 1e-8);
        assert_near(lab::from_rgb(rgb), color.lab, 1e-9);
        assert_near(lab::from_rgb(rgb), color.lab_of_scikit_image, 0.006);
        assert_near(lab::to_rgb(color.lab), rgb, 1e-6);
        let pixel = RgbImage::from_pixel(1, 1, image::Rgb(color.rgb));
        let lab::Planes { lightness, a, b } = lab::Planes::of(&pixel);
        assert_near([lightness, a, b].map(|it| it[0].into()), color.lab, 5e-4);
    }
    for answer in golden().answers {
        assert_near(lab::to_rgb(answer.lab), answer.rgb, 1e-6);
    }
}

#[test]
fn all_pairs_of_sharma() {
    let pairs = golden().sharma;
    assert_eq!(pairs.len(), 34);
    for [l1, a1, b1, l2, a2, b2, expected] in pairs {
        let difference = ciede2000([l1, a1, b1], [l2, a2, b2]);
        assert!(
            (difference - expected).abs() < 1e-4,
            "{difference} is not {expected}"
        );
        let single = |values: [f64; 3]| lab::Planes::from_iter([values.map(|value| value as f32)]);
        let fast = Differences::of(&single([l1, a1, b1]), &single([l2, a2, b2])).mean;
        // Hues that are exactly opposite can turn either way in single precision.
        let opposite = a1 * a2 + b1 * b2 < 0.0 && (a1 * b2 - b1 * a2).abs() < 1e-3;
        assert!(
            opposite || (fast - expected).abs() < 1e-3,
            "{fast} is not {expected}"
        );
    }
}

#[test]
fn every_score() {
    for case in golden().cases {
        let truth = picture(case.width, &case.truth);
        let predicted = picture(case.width, &case.predicted);
        let columns = ImageScore::of(0.0, &truth, &predicted).columns();
        // All but the loss.
        assert_eq!(case.scores.len(), columns.len() - 1);
        for (name, value) in &columns[1..] {
            match case.scores[*name] {
                None if name.starts_with("psnr") => assert_eq!(*value, f64::INFINITY),
                None => assert!(value.is_nan(), "{} {name}: {value}", case.name),
                Some(expected) => {
                    let relative = if name.starts_with("ciede2000") {
                        1e-3
                    } else {
                        1e-5
                    };
                    // Angles near 0 are rounding.
                    let absolute = if *name == "hue_error" { 1e-3 } else { 1e-9 };
                    let tolerance = relative * expected.abs() + absolute;
                    assert!(
                        (value - expected).abs() < tolerance,
                        "{} {name}: {value} is not {expected}",
                        case.name
                    );
                }
            }
        }
    }
}

/// The cases are worth something only if every metric has a value in one of them that is not trivial.
#[test]
fn every_metric_is_put_to_the_test() {
    // Those that networks measure have golden values beside their networks.
    let elsewhere = |it: &Metric| *it == Metric::Loss || Metric::ON_REQUEST.contains(it);
    for metric in Metric::ALL.into_iter().filter(|it| !elsewhere(it)) {
        let (column, _) = metric.columns();
        let tested = golden().cases.iter().any(|case| {
            case.scores[column].is_some_and(|value| value.abs() > 1e-3 && value != 1.0)
        });
        assert!(tested, "{column}");
    }
}

#[test]
fn every_baseline() {
    let golden = golden().baselines;
    let truth = picture(golden.width, &golden.truth);
    let mut baselines = vec![
        Baseline::Gray,
        Baseline::MeanChroma(golden.mean_uv),
        Baseline::EightBit,
        Baseline::Reachable {
            space: Space::Rgb,
            head: Head::Upstream,
        },
    ];
    for space in [Space::Yuv, Space::Lab] {
        baselines
            .extend([Head::Upstream, Head::Exact].map(|head| Baseline::Reachable { space, head }));
    }
    assert_eq!(baselines.len(), golden.pictures.len());
    for baseline in baselines {
        let expected = picture(golden.width, &golden.pictures[baseline.name()]);
        assert_eq!(answer(baseline, &truth), expected, "{}", baseline.name());
    }
}
