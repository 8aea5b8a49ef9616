//! A case, judged: what one device computes against what the other does.

use burn::tensor::Device;
use image::RgbImage;

use super::agreement::{Deviation, Norm, Part, Rule, beside_bias, compare};
use super::arithmetic::Arithmetic;
use super::cases::Case;
use super::learning::{Computes, Learned, Painted, Task};
use super::tensors::Tensors;
use crate::evaluate::{ImageScore, Metric};

/// How often the reference is shaken.
const SHAKES: u64 = 2;

/// A relu has a corner: where rounding moves a value across 0, a whole place more or less counts in a gradient, and no
/// tolerance that is worth its name has room for that. In 32-bit floats this is rare, and then other weights and pictures are
/// drawn: a device that is wrong is wrong again, chance is not.
const DRAWS: u64 = 4;

/// What such corners may change in a gradient, in 32-bit floats and in coarser arithmetic, where they are many; more is no chance.
const CORNER: f64 = 0.1;
const CORNERS: f64 = 1.5;

/// How far the shaken reference may be led astray by its steps, and how far their losses may differ. Otherwise a third of the steps
/// is compared.
const CERTAIN: f64 = 0.2;
const CERTAIN_LOSS: f64 = 0.02;

/// What the average of the weights is called.
const AVERAGE: &str = "averaged.";

/// A gradient that is smaller than this share of that of the kernel beside it is none.
const IDLE: f64 = 1e-4;

/// From one byte to the next.
const BYTE: f64 = 1.0 / 255.0;

/// A judged case.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) parts: Vec<Part>,
    /// How many draws it took.
    pub(super) draws: u64,
    /// How many steps were compared.
    pub(super) steps: usize,
    /// What the judged device has learned of a network, twice the same task.
    pub(super) twice: Option<[Learned; 2]>,
}

/// Judges what `found` makes of a case. `expected` computes it in 32-bit floats.
///
/// # Errors
///
/// What a device said instead of an answer.
pub(super) fn judge(
    [case, reference]: [&Case; 2],
    arithmetic: Arithmetic,
    expected: &Device,
    found: &dyn Computes,
) -> Result<Judged, String> {
    let mut draw = 0;
    loop {
        let mut task = Task::new(reference, draw, expected);
        let (learned, shaken) = loop {
            let learned = expected.learn(reference, &task)?;
            let shaken: Vec<Learned> = (0..SHAKES)
                .map(|times| expected.learn(reference, &task.shaken(arithmetic.unit(), times)))
                .collect::<Result<_, String>>()?;
            let steps = task.steps();
            if steps <= 1 || is_certain(&learned, &shaken, arithmetic) {
                break (learned, shaken);
            }
            task = task.of_steps(steps / 3);
        };
        let answer = Answer {
            found: found.learn(case, &task)?,
            expected: learned,
            shaken,
        };
        let mut parts = answer.parts(arithmetic);
        draw += 1;
        if !parts.iter().all(Part::agrees) && may_be_chance(&parts, arithmetic) && draw < DRAWS {
            continue;
        }
        if arithmetic != Arithmetic::Bf16 {
            parts.extend(painted(
                case,
                &task,
                &answer.expected,
                arithmetic,
                expected,
                found,
            )?);
        }
        let twice = match case.kind {
            "network" => Some([found.learn(case, &task)?, answer.found]),
            _ => None,
        };
        return Ok(Judged {
            parts,
            draws: draw,
            steps: task.steps(),
            twice,
        });
    }
}

/// Whether the reference still knows where its steps lead: training amplifies rounding, in some networks so much that the shaken
/// reference soon goes another way, and says nothing of a device.
fn is_certain(expected: &Learned, shaken: &[Learned], arithmetic: Arithmetic) -> bool {
    let answer = Answer {
        expected: expected.clone(),
        shaken: Vec::new(),
        found: expected.clone(),
    };
    let rule = |widest| Rule {
        norm: Norm::MeanSquare,
        times: 0.0,
        floor: widest,
        widest,
    };
    let moved = |it: &Learned| answer.moved(it, arithmetic);
    let reference = moved(expected);
    shaken.iter().all(|shaken| {
        let steps = compare("steps", &reference, &[], &moved(shaken), rule(CERTAIN));
        let losses = &expected.losses;
        let losses = compare("losses", losses, &[], &shaken.losses, rule(CERTAIN_LOSS));
        steps.agrees() && losses.agrees()
    })
}

/// What both have learned.
struct Answer {
    expected: Learned,
    shaken: Vec<Learned>,
    found: Learned,
}

impl Answer {
    fn parts(&self, arithmetic: Arithmetic) -> Vec<Part> {
        let unit = arithmetic.unit();
        let of = |part, tensors: &dyn Fn(&Learned) -> Tensors, rule| {
            let shaken: Vec<Tensors> = self.shaken.iter().map(tensors).collect();
            let [expected, found] = [&self.expected, &self.found].map(tensors);
            compare(part, &expected, &shaken, &found, rule)
        };
        let floor = 8.0 * unit + 1e-5;
        let [forward, gradients] = if arithmetic == Arithmetic::F32 {
            let strict = Rule {
                norm: Norm::Largest,
                times: 10.0,
                floor,
                widest: 0.5,
            };
            [strict; 2]
        } else {
            // A device rounds every map, forward and backward, and not the weights alone. And a gradient is a sum of terms of
            // either sign, of which the corners of relus add and drop some: libtorch's in bfloat16 are up to six times as far off
            // as the shaken ones, and by a third of their size. What is left is that a fault of a gradient's own size shows.
            [
                Rule {
                    norm: Norm::Largest,
                    times: 20.0,
                    floor,
                    widest: 0.5,
                },
                Rule {
                    norm: Norm::MeanSquare,
                    times: 12.0,
                    floor,
                    widest: 0.8,
                },
            ]
        };
        // Over several steps, corners are no exception: the mean has room for them.
        let steps = Rule {
            norm: Norm::MeanSquare,
            times: 4.0,
            floor: 8.0 * unit + 2e-2,
            widest: 0.9,
        };
        let losses = Rule {
            times: 8.0,
            floor: 8.0 * unit + 1e-3,
            widest: 0.2,
            ..steps
        };
        vec![
            of("forward", &|it| it.forward.clone(), forward),
            of("gradients", &|it| it.gradients.clone(), gradients),
            of("steps", &|it| self.moved(it, arithmetic), steps),
            of("losses", &|it| it.losses.clone(), losses),
        ]
    }

    /// What the steps moved, as it is compared.
    fn moved(&self, learned: &Learned, arithmetic: Arithmetic) -> Tensors {
        let moved = self.with_a_direction(&learned.moved);
        if arithmetic == Arithmetic::F32 {
            moved
        } else {
            together(moved)
        }
    }

    /// What was moved, without biases whose gradient is rounding alone because a norm takes away what they add: an optimizer that
    /// divides gradients by their size moves those by chance.
    fn with_a_direction(&self, moved: &Tensors) -> Tensors {
        let gradients = &self.expected.gradients;
        let mut moved = moved.clone();
        moved.retain(|name, _| {
            let name = name.strip_prefix(AVERAGE).unwrap_or(name);
            let own = gradients.get(name).map(|values| Norm::Largest.of(values));
            let beside = beside_bias(gradients, name, Norm::Largest);
            own.zip(beside)
                .is_none_or(|(own, beside)| own > IDLE * beside)
        });
        moved
    }
}

/// Whether all that disagrees are gradients, or in 32-bit floats what steps made of them, and those by no more than corners.
fn may_be_chance(parts: &[Part], arithmetic: Arithmetic) -> bool {
    let (most, of): (f64, &[&str]) = if arithmetic == Arithmetic::F32 {
        (CORNER, &["gradients", "steps"])
    } else {
        (CORNERS, &["gradients"])
    };
    let is_corner = |it: &Deviation| it.error <= most;
    let mut disagreeing = parts.iter().filter(|part| !part.agrees());
    disagreeing.all(|part| of.contains(&part.part) && part.beyond.iter().all(is_corner))
}

/// All weights as one tensor, and all statistics as another: where few digits are left, optimizers that look at signs alone move
/// single numbers by chance.
fn together(tensors: Tensors) -> Tensors {
    let mut together = Tensors::new();
    for (name, values) in tensors {
        let is_statistic = name.contains("running_");
        let kind = if is_statistic {
            "all statistics"
        } else {
            "all weights"
        };
        let all = together.entry(kind.to_owned()).or_default();
        all.extend(values);
    }
    together
}

/// Judges pictures, and what they score, made with the weights that the reference has learned.
fn painted(
    case: &Case,
    task: &Task,
    learned: &Learned,
    arithmetic: Arithmetic,
    expected: &Device,
    found: &dyn Computes,
) -> Result<[Part; 2], String> {
    let trained = Task {
        start: learned.state.clone(),
        ..task.clone()
    };
    let reference = expected.paint(case, &trained)?;
    let shaken: Vec<Painted> = (0..SHAKES)
        .map(|times| expected.paint(case, &trained.shaken(arithmetic.unit(), times)))
        .collect::<Result<_, String>>()?;
    // As in training: whoever rounds every map is farther off than the shaken weights.
    let times = if arithmetic == Arithmetic::F32 {
        4.0
    } else {
        12.0
    };
    let found = found.paint(case, &trained)?;
    Ok([
        pictures(&reference, &shaken, &found, times),
        scores(&reference, &shaken, &found, times),
    ])
}

/// A pixel may be on the other side of the border between two bytes, which is no error; what is beyond that may be as little as
/// half a byte.
fn pictures(reference: &Painted, shaken: &[Painted], found: &Painted, times: f64) -> Part {
    let apart = |one: &RgbImage, other: Option<&RgbImage>| {
        let Some(other) = other.filter(|other| other.dimensions() == one.dimensions()) else {
            return f64::INFINITY;
        };
        let bytes = one.as_raw().iter().zip(other.as_raw());
        let most = bytes.map(|(one, other)| one.abs_diff(*other)).max();
        f64::from(most.unwrap_or(0)) * BYTE
    };
    let each = reference.pictures.iter().enumerate();
    let deviations = each.map(|(at, picture)| {
        let moved = shaken.iter().map(|it| apart(picture, it.pictures.get(at)));
        Deviation {
            tensor: format!("picture {}", at + 1),
            error: (apart(picture, found.pictures.get(at)) - BYTE).max(0.0),
            allowed: BYTE / 2.0 + times * moved.fold(0.0, f64::max),
        }
    });
    Part::of("pictures", deviations.collect())
}

/// Every metric on pixels may differ in the last digit that tables show.
fn scores(reference: &Painted, shaken: &[Painted], found: &Painted, times: f64) -> Part {
    let over = |scores: &[ImageScore], metric: Metric| {
        Metric::over(scores.iter().map(|score| score.terms(metric)))
    };
    let metrics = Metric::ALL
        .into_iter()
        .filter(|metric| !metric.is_on_request());
    let deviations = metrics.map(|metric| {
        let expected = over(&reference.scores, metric);
        let apart = |other: &Painted| match (expected, over(&other.scores, metric)) {
            (one, other) if one == other => 0.0,
            (Some(one), Some(other)) if (one - other).is_finite() => (one - other).abs(),
            _ => f64::INFINITY,
        };
        let moved = shaken.iter().map(apart).fold(0.0, f64::max);
        let digit = 0.1_f64.powi(metric.digits() as i32);
        let size = expected.map_or(1.0, |value| value.abs().max(digit));
        Deviation {
            tensor: metric.name().to_owned(),
            error: apart(found) / size,
            allowed: (digit + times * moved) / size,
        }
    });
    Part::of("scores", deviations.collect())
}
