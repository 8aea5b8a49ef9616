//! What a comparison does with images and seeds that differ.

mod golden;

use std::collections::BTreeMap;

use super::chance::Chance;
use super::*;

/// Images with ids from `first` on.
fn images(first: i64, terms: &[(f64, f64)]) -> Vec<ImageTerms> {
    (first..)
        .zip(terms)
        .map(|(image, &(numerator, denominator))| ImageTerms {
            image,
            numerator,
            denominator,
        })
        .collect()
}

/// Images with these values, ids from 0 on.
fn values(values: impl IntoIterator<Item = f64>) -> Vec<ImageTerms> {
    (0..)
        .zip(values)
        .map(|(image, value)| ImageTerms::value(image, value))
        .collect()
}

fn near(found: f64, expected: f64, tolerance: f64, what: &str) {
    let off = (found - expected).abs();
    assert!(off <= tolerance, "{what}: {found}, not {expected}");
}

/// Normal enough, and the same on every machine.
fn noise(chance: &mut Chance) -> f64 {
    let uniforms = (0..12).map(|_| chance.below(1 << 20) as f64 / f64::from(1 << 20));
    uniforms.sum::<f64>() - 6.0
}

/// Runs of three seeds on 30 images whose true mean is 0: 95 of 100 intervals should hold it.
#[test]
fn intervals_over_images_and_seeds_hold_the_truth_as_often_as_they_say() {
    let mut chance = Chance::new(99);
    let held = (0..100).filter(|_| {
        let difficulty: Vec<f64> = (0..30).map(|_| noise(&mut chance)).collect();
        let runs = (0..3).map(|_| {
            let luck = 0.3 * noise(&mut chance);
            let image = |difficulty: &f64| difficulty + luck + 0.3 * noise(&mut chance);
            values(difficulty.iter().map(image).collect::<Vec<f64>>())
        });
        let side = Side::experiment(runs.collect());
        let found = Comparison::with_value(&side, 0.0).unwrap();
        found.interval.low <= 0.0 && found.interval.high >= 0.0
    });
    let held = held.count();
    assert!((90..=99).contains(&held), "{held} of 100");
}

fn ramp(images: std::ops::Range<i64>, slope: f64) -> Vec<ImageTerms> {
    images
        .map(|image| ImageTerms::value(image, slope * (image % 7) as f64 + (image % 3) as f64))
        .collect()
}

#[test]
fn sides_are_paired_by_what_they_share() {
    let stop_signs = Side::experiment(vec![ramp(0..40, 1.0)]);
    let everything = Side::experiment(vec![ramp(20..300, 1.2)]);
    let found = Comparison::of(&stop_signs, &everything, &Matching::ById).unwrap();
    let expected = Pairing::Paired {
        images: 20,
        only_of: 20,
        only_against: 260,
    };
    assert_eq!(found.pairing, expected);
    // Over the shared images alone, whatever the others say.
    let shared = Side::experiment(vec![ramp(20..40, 1.0)]);
    let again = Comparison::of(&shared, &everything, &Matching::ById).unwrap();
    assert_eq!(found.difference, again.difference);
    assert_eq!(found.interval, again.interval);

    // Nine are too few to pair by.
    let others = Side::experiment(vec![ramp(31..300, 1.2)]);
    let found = Comparison::of(&stop_signs, &others, &Matching::ById).unwrap();
    let expected = Pairing::Unpaired {
        of: 40,
        against: 269,
        shared: Some(9),
    };
    assert_eq!(found.pairing, expected);
}

#[test]
fn ids_of_two_datasets_are_paired_only_where_the_images_are_the_same() {
    let of = Side::experiment(vec![ramp(0..40, 1.0)]);
    let against = Side::experiment(vec![ramp(0..40, 1.2)]);
    let by_id = Comparison::of(&of, &against, &Matching::ById).unwrap();

    // The same images under other ids: the same numbers.
    let renumbered = ramp(0..40, 1.2).into_iter();
    let renumbered = renumbered.map(|terms| ImageTerms {
        image: 1000 - terms.image,
        ..terms
    });
    let renumbered = Side::experiment(vec![renumbered.collect()]);
    let ids = (0..40).map(|image| (1000 - image, image)).collect();
    let found = Comparison::of(&of, &renumbered, &Matching::Only(ids)).unwrap();
    assert_eq!(found, by_id);

    // Other images under the same ids, and 12 that are the same: the others are left out.
    let ids = (0..12).map(|image| (image + 20, image)).collect();
    let found = Comparison::of(&of, &against, &Matching::Only(ids)).unwrap();
    let expected = Pairing::Paired {
        images: 12,
        only_of: 28,
        only_against: 28,
    };
    assert_eq!(found.pairing, expected);

    for (matching, shared) in [
        (Matching::Only(BTreeMap::new()), Some(0)),
        (Matching::Unknown, None),
    ] {
        let found = Comparison::of(&of, &against, &matching).unwrap();
        let expected = Pairing::Unpaired {
            of: 40,
            against: 40,
            shared,
        };
        assert_eq!(found.pairing, expected);
    }
}

#[test]
fn the_order_of_images_does_not_matter_and_nothing_is_left_to_the_clock() {
    let against = Side::baseline(ramp(0..60, 1.0));
    let forwards = ramp(0..60, 1.3);
    let backwards = forwards.iter().rev().copied().collect();
    let found = [forwards, backwards].map(|run| {
        Comparison::of(&Side::experiment(vec![run]), &against, &Matching::ById).unwrap()
    });
    assert_eq!(found[0], found[1]);
}

#[test]
fn images_without_a_value_are_left_out() {
    let mut of = ramp(0..30, 1.0);
    of[3] = ImageTerms {
        image: 3,
        numerator: 0.0,
        denominator: 0.0,
    };
    let shorter = ramp(0..29, 1.0);
    let against = Side::baseline(ramp(0..30, 0.5));
    let found = Comparison::of(
        &Side::experiment(vec![of, shorter]),
        &against,
        &Matching::ById,
    )
    .unwrap();
    let expected = Pairing::Paired {
        images: 28,
        only_of: 0,
        only_against: 2,
    };
    assert_eq!(found.pairing, expected);
}

#[test]
fn seeds_that_differ_widen_the_interval() {
    let run = |shift: f64| {
        let terms = ramp(0..50, 1.0).into_iter();
        terms
            .map(|terms| ImageTerms::value(terms.image, terms.numerator + shift))
            .collect::<Vec<_>>()
    };
    let baseline = Side::baseline(ramp(0..50, 0.9));
    let width = |shifts: &[f64]| {
        let runs = shifts.iter().map(|&shift| run(shift)).collect();
        let found = Comparison::of(&Side::experiment(runs), &baseline, &Matching::ById).unwrap();
        (found.interval.high - found.interval.low, found)
    };
    let (alone, one) = width(&[0.0]);
    assert!(one.p_value < 0.01, "{}", one.p_value);
    let (agreeing, _) = width(&[0.0, 0.0, 0.0]);
    let (differing, three) = width(&[-0.5, 0.0, 0.5]);
    near(agreeing, alone, 1e-9, "seeds that agree add nothing");
    assert!(differing > 3.0 * alone, "{differing} against {alone}");
    assert!(three.p_value > 0.05, "{}", three.p_value);
    assert_eq!((one.seeds(), three.seeds()), (Some(1), Some(3)));
    near(three.of.standard_deviation.unwrap(), 0.5, 1e-12, "seeds");
    assert_eq!(one.of.standard_deviation, None);
    assert_eq!(one.against.seeds, None);
    assert_eq!(one.verdict(Expectation::Greater, 0.0), Verdict::Supported);
    assert_eq!(
        three.verdict(Expectation::Greater, 0.0),
        Verdict::NotDecided
    );
}

/// Whatever the seeds and images, p says what the interval says: below 0.05 exactly where it leaves zero out.
#[test]
fn interval_and_p_value_never_contradict_each_other() {
    let mut chance = Chance::new(7);
    let mut decided = 0;
    for case in 0..120 {
        let images = [10, 12, 25, 100][case % 4];
        let seeds = 1 + case % 3;
        let shift = 0.1 * (case % 7) as f64;
        let difficulty: Vec<f64> = (0..images).map(|_| noise(&mut chance)).collect();
        let mut run = |shift: f64| {
            let luck = shift + 0.2 * noise(&mut chance);
            let image = |difficulty: &f64| difficulty + luck + 0.5 * noise(&mut chance);
            values(difficulty.iter().map(image).collect::<Vec<f64>>())
        };
        let of = Side::experiment((0..seeds).map(|_| run(shift)).collect());
        let against = Side::experiment(vec![run(0.0)]);
        let found = Comparison::of(&of, &against, &Matching::ById).unwrap();
        let is_apart = found.interval.low > 0.0 || found.interval.high < 0.0;
        let (interval, p) = (found.interval, found.p_value);
        assert_eq!(is_apart, p < 0.05, "case {case}: {interval:?}, p {p}");
        decided += usize::from(is_apart);
    }
    assert!((20..100).contains(&decided), "{decided}");
}

#[test]
fn what_the_interval_covers_is_said() {
    let side = |seeds: usize| Side::experiment(vec![ramp(0..20, 1.0); seeds]);
    let baseline = Side::baseline(ramp(0..20, 2.0));
    let mut text = String::new();
    for found in [
        Comparison::of(&baseline, &baseline, &Matching::ById),
        Comparison::of(&side(1), &baseline, &Matching::ById),
        Comparison::of(&side(4), &baseline, &Matching::ById),
        Comparison::of(&side(1), &side(1), &Matching::ById),
        Comparison::of(&side(3), &side(1), &Matching::ById),
        Comparison::of(&side(3), &side(2), &Matching::ById),
        Comparison::with_value(&side(5), 1.0),
    ] {
        text.push_str(&found.unwrap().coverage());
        text.push('\n');
    }
    insta::assert_snapshot!(text, @r"
    the interval and p cover the choice of images; nothing was trained
    one seed: the interval and p cover only the choice of images, and another seed may give another result
    the interval and p cover the choice of images and 4 seeds
    one seed per side: the interval and p cover only the choice of images, and another seed may give another result
    the interval and p cover the choice of images and the 3 seeds of one side; the other side has one seed, and another may give another result
    the interval and p cover the choice of images and 3 seeds against 2
    the interval and p cover the choice of images and 5 seeds
    ");
}

#[test]
fn sides_that_are_the_same_differ_by_nothing() {
    let side = Side::experiment(vec![ramp(0..20, 1.0)]);
    let found = Comparison::of(&side, &side, &Matching::ById).unwrap();
    assert_eq!(found.difference, 0.0);
    assert_eq!(
        found.interval,
        Interval {
            low: 0.0,
            high: 0.0
        }
    );
    assert_eq!((found.p_value, found.effect), (1.0, None));
    assert_eq!(
        found.verdict(Expectation::Greater, 0.0),
        Verdict::Contradicted
    );
    assert_eq!(found.verdict(Expectation::Equal, 0.1), Verdict::Supported);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let good = Side::baseline(ramp(0..20, 1.0));
    let refuse = |runs: Vec<Vec<ImageTerms>>| {
        let error = Comparison::of(&Side::experiment(runs), &good, &Matching::ById).unwrap_err();
        error.to_string()
    };
    let with = |terms: ImageTerms| {
        let mut run = ramp(0..20, 1.0);
        run.push(terms);
        vec![run]
    };
    let terms = |image, numerator, denominator| ImageTerms {
        image,
        numerator,
        denominator,
    };
    let mut text = String::new();
    for message in [
        refuse(Vec::new()),
        refuse(vec![Vec::new()]),
        refuse(vec![ramp(0..9, 1.0)]),
        refuse(vec![ramp(0..30, 1.0), ramp(25..60, 1.0)]),
        refuse(with(terms(33, f64::INFINITY, 1.0))),
        refuse(with(terms(33, 1.0, f64::NAN))),
        refuse(with(terms(33, 1.0, -1.0))),
        refuse(with(terms(3, 1.0, 1.0))),
        refuse(vec![images(0, &[(1.0, 0.0); 20])]),
        Comparison::with_value(&good, f64::NAN)
            .unwrap_err()
            .to_string(),
    ] {
        text.push_str(&message);
        text.push('\n');
    }
    insta::assert_snapshot!(text, @r"
    one side has no runs
    too few images with a value: 0; an interval needs at least 10
    too few images with a value: 9; an interval needs at least 10
    too few images with a value: 5; an interval needs at least 10
    image 33 has an infinite value, such as the PSNR of a picture without any error, so there is no mean over images; compare by a metric that is finite, such as `ciede2000` or `uv_mse`
    the terms of image 33 are not finite: 1 / NaN
    image 33 has a negative denominator
    image 3 appears twice in one run
    too few images with a value: 0; an interval needs at least 10
    the value to compare with is not finite: NaN
    ");
}

#[test]
fn pairings_are_told() {
    let text = [
        Pairing::Paired {
            images: 57,
            only_of: 0,
            only_against: 0,
        },
        Pairing::Paired {
            images: 57,
            only_of: 0,
            only_against: 943,
        },
        Pairing::Unpaired {
            of: 57,
            against: 1000,
            shared: Some(6),
        },
        Pairing::Unpaired {
            of: 20,
            against: 20,
            shared: Some(0),
        },
        Pairing::Unpaired {
            of: 20,
            against: 20,
            shared: None,
        },
        Pairing::OneSided { images: 100 },
    ]
    .map(|pairing| pairing.to_string())
    .join("\n");
    insta::assert_snapshot!(text, @r"
    paired over 57 images
    paired over 57 images, leaving out 0 and 943 that the other side lacks
    unpaired, 57 images against 1000, 6 of them shared
    unpaired, 20 images against 20: they are different photographs
    unpaired, 20 images against 20: which photographs they share is unknown, because the contents of one side are not recorded
    over 100 images
    ");
}
