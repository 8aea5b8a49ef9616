//! Against `SciPy` and statsmodels.

use serde::Deserialize;

use super::super::*;
use super::{images, near, values};

/// Made by `tests/golden/comparisons.py`.
#[derive(Deserialize)]
struct Golden {
    descriptions: Vec<Described>,
    corrections: Vec<Corrected>,
    paired: Vec<Case>,
    unpaired: Vec<Case>,
    values: Vec<Case>,
    seeds: Vec<Trained>,
}

#[derive(Deserialize)]
struct Described {
    values: Vec<f64>,
    mean: f64,
    standard_deviation: f64,
    interval: [f64; 2],
}

#[derive(Deserialize)]
struct Corrected {
    p_values: Vec<f64>,
    corrected: Vec<f64>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    of: Vec<(f64, f64)>,
    #[serde(default)]
    against: Vec<(f64, f64)>,
    value: Option<f64>,
    difference: f64,
    interval: [f64; 2],
    p_value: f64,
    effect: f64,
}

#[derive(Deserialize)]
struct Trained {
    name: String,
    images: usize,
    seeds: Vec<f64>,
    value: f64,
    interval: [f64; 2],
    p_value: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../../tests/golden/comparisons.json")).unwrap()
}

#[test]
fn descriptions_are_scipys() {
    for case in golden().descriptions {
        let found = Description::of(&case.values).unwrap();
        assert_eq!(found.count, case.values.len());
        near(found.mean, case.mean, 1e-12, "mean");
        let deviation = found.standard_deviation.unwrap();
        near(deviation, case.standard_deviation, 1e-12, "deviation");
        let interval = found.interval.unwrap();
        near(interval.low, case.interval[0], 1e-9, "low");
        near(interval.high, case.interval[1], 1e-9, "high");
    }
    assert_eq!(Description::of(&[]), None);
    let single = Description::of(&[3.0]).unwrap();
    assert_eq!((single.count, single.mean), (1, 3.0));
    assert_eq!((single.standard_deviation, single.interval), (None, None));
}

#[test]
fn corrections_are_those_of_statsmodels() {
    for case in golden().corrections {
        let found = holm(&case.p_values);
        assert_eq!(found.len(), case.corrected.len());
        for (found, expected) in found.into_iter().zip(case.corrected) {
            near(found, expected, 1e-12, "corrected");
        }
    }
    assert_eq!(holm(&[]), [0.0; 0]);
}

/// What is exact must agree; what is drawn may be off by four times what two such draws differ by.
fn agrees(found: &Comparison, case: &Case) {
    let name = &case.name;
    near(found.difference, case.difference, 1e-9, name);
    near(found.effect.unwrap(), case.effect, 1e-9, name);
    // Of twice a share of the resamples.
    let tolerance = 4.0 * (2.0 * case.p_value / RESAMPLES as f64).sqrt() + 1e-3;
    near(found.p_value, case.p_value, tolerance, name);
    let tolerance = 0.03 * (case.interval[1] - case.interval[0]);
    near(found.interval.low, case.interval[0], tolerance, name);
    near(found.interval.high, case.interval[1], tolerance, name);
}

#[test]
fn paired_images_are_compared_as_scipy_does() {
    for case in golden().paired {
        let of = Side::experiment(vec![images(0, &case.of)]);
        let against = Side::experiment(vec![images(0, &case.against)]);
        let found = Comparison::of(&of, &against, &Matching::ById).unwrap();
        let expected = Pairing::Paired {
            images: case.of.len(),
            only_of: 0,
            only_against: 0,
        };
        assert_eq!(found.pairing, expected);
        agrees(&found, &case);
    }
}

#[test]
fn unpaired_images_are_compared_as_scipy_does() {
    for case in golden().unpaired {
        let of = Side::experiment(vec![images(0, &case.of)]);
        let against = Side::baseline(images(1000, &case.against));
        let found = Comparison::of(&of, &against, &Matching::ById).unwrap();
        let expected = Pairing::Unpaired {
            of: case.of.len(),
            against: case.against.len(),
            shared: Some(0),
        };
        assert_eq!(found.pairing, expected);
        agrees(&found, &case);
    }
}

#[test]
fn images_are_held_against_a_number_as_scipy_does() {
    for case in golden().values {
        let of = Side::experiment(vec![images(0, &case.of)]);
        let found = Comparison::with_value(&of, case.value.unwrap()).unwrap();
        let images = case.of.len();
        assert_eq!(found.pairing, Pairing::OneSided { images });
        agrees(&found, &case);
    }
}

#[test]
fn where_images_are_alike_seeds_get_students_interval() {
    for case in golden().seeds {
        let run = |seed: &f64| values(vec![*seed; case.images]);
        let runs = case.seeds.iter().map(run).collect();
        let found = Comparison::with_value(&Side::experiment(runs), case.value).unwrap();
        assert_eq!(found.seeds(), Some(case.seeds.len()));
        // Between steps of a 10,000th, the tails of one degree of freedom are far apart.
        let tolerance = 4e-3 * (case.interval[1] - case.interval[0]);
        near(found.interval.low, case.interval[0], tolerance, &case.name);
        near(found.interval.high, case.interval[1], tolerance, &case.name);
        near(found.p_value, case.p_value, 2e-3, &case.name);
    }
}
