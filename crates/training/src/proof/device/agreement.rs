//! Whether tensors of one device are those of another, but for rounding.
//!
//! How far two correct devices may be apart depends on what is computed: a gradient that is the small difference of large
//! sums has few correct digits, and after ten steps there are fewer. So the tolerance is measured. By backward error
//! analysis, what a device computes with rounding is what exact arithmetic computes with slightly other weights. The
//! reference therefore computes everything again with every weight changed by at most one rounding of the arithmetic that is
//! judged ("shaken"). How far this moves a tensor is how uncertain it is, and a device may be a few times as far off.

use serde::Serialize;

use super::tensors::Tensors;

/// How the distance of two tensors is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Norm {
    /// The largest difference of two numbers.
    Largest,
    /// The root of their mean square, for what single numbers may differ in by chance.
    MeanSquare,
}

/// What differences are permitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    pub(super) norm: Norm,
    /// How many times as far as the shaken reference.
    pub(super) times: f64,
    /// No tolerance is wider than this, however uncertain the tensor is.
    pub(super) widest: f64,
    /// What is permitted in any case, relative to the size of the tensor: sums of many terms, which the weights do not show.
    pub(super) floor: f64,
}

/// How far a tensor is from the reference, relative to its size, and how far it may be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deviation {
    /// Its name.
    pub tensor: String,
    /// The difference over the size of the reference.
    pub error: f64,
    /// How large that may be.
    pub allowed: f64,
}

impl Deviation {
    /// The share of the tolerance that is used up; above 1 is a failure.
    pub fn share(&self) -> f64 {
        if self.error == 0.0 {
            0.0
        } else if self.error.is_finite() {
            self.error / self.allowed
        } else {
            f64::INFINITY
        }
    }
}

/// The result of comparing the tensors of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// What they are: `gradients`.
    pub part: &'static str,
    /// How many.
    pub tensors: usize,
    /// The one that uses up most of its tolerance.
    pub worst: Option<Deviation>,
    /// Those beyond their tolerance.
    pub beyond: Vec<Deviation>,
}

impl Part {
    /// Of all deviations of a kind.
    pub(super) fn of(part: &'static str, deviations: Vec<Deviation>) -> Self {
        let worst = deviations
            .iter()
            .max_by(|one, other| one.share().total_cmp(&other.share()));
        Self {
            part,
            tensors: deviations.len(),
            worst: worst.cloned(),
            beyond: deviations
                .into_iter()
                .filter(|it| it.share() > 1.0)
                .collect(),
        }
    }

    /// Whether every tensor is within its tolerance.
    pub fn agrees(&self) -> bool {
        self.beyond.is_empty()
    }
}

/// Compares `found` with the `reference`, which was also computed with shaken weights.
pub(super) fn compare(
    part: &'static str,
    reference: &Tensors,
    shaken: &[Tensors],
    found: &Tensors,
    rule: Rule,
) -> Part {
    let mut deviations: Vec<Deviation> = reference
        .iter()
        .map(|(name, expected)| {
            let size = size(reference, name, rule.norm);
            let from = |other: &Tensors| {
                let values = other.get(name).map(Vec::as_slice);
                relative(rule.norm.distance(expected, values), size)
            };
            let moved = shaken.iter().map(from).fold(0.0, f64::max);
            Deviation {
                tensor: name.clone(),
                error: from(found),
                allowed: (rule.times * moved + rule.floor).min(rule.widest),
            }
        })
        .collect();
    let unknown = found.keys().filter(|name| !reference.contains_key(*name));
    deviations.extend(unknown.map(|name| Deviation {
        tensor: name.clone(),
        error: f64::INFINITY,
        allowed: 0.0,
    }));
    Part::of(part, deviations)
}

fn relative(distance: f64, size: f64) -> f64 {
    if distance == 0.0 {
        0.0
    } else {
        distance / size
    }
}

/// The size that an error in a tensor is relative to: its own, or that of the kernel beside a bias where this is larger. A
/// norm takes away what the bias before it adds, so the gradient of such a bias is 0 but for the rounding of sums that are as
/// large as those in the gradient of the kernel.
fn size(tensors: &Tensors, name: &str, norm: Norm) -> f64 {
    let own = norm.of(&tensors[name]);
    beside_bias(tensors, name, norm).map_or(own, |beside| own.max(beside))
}

/// The size of the largest tensor beside the bias of this name, which the fusion has several of; `None` for what is no bias.
pub(super) fn beside_bias(tensors: &Tensors, name: &str, norm: Norm) -> Option<f64> {
    let layer = name.strip_suffix("bias")?;
    let others = tensors.range(layer.to_owned()..);
    others
        .take_while(|(other, _)| other.starts_with(layer))
        .filter(|(other, _)| *other != name && !other[layer.len()..].contains('.'))
        .map(|(_, values)| norm.of(values))
        .reduce(f64::max)
}

impl Norm {
    pub(super) fn of(self, values: &[f32]) -> f64 {
        self.fold(values.iter().map(|&value| f64::from(value)))
    }

    /// How far two tensors are apart: infinitely where one is missing, has another size, or is not all numbers.
    fn distance(self, expected: &[f32], found: Option<&[f32]>) -> f64 {
        let Some(found) = found.filter(|found| found.len() == expected.len()) else {
            return f64::INFINITY;
        };
        let pairs = expected.iter().zip(found);
        if pairs.clone().any(|(one, other)| !(one - other).is_finite()) {
            return f64::INFINITY;
        }
        self.fold(pairs.map(|(&one, &other)| f64::from(one) - f64::from(other)))
    }

    fn fold(self, values: impl ExactSizeIterator<Item = f64>) -> f64 {
        match self {
            Self::Largest => values.map(f64::abs).fold(0.0, f64::max),
            Self::MeanSquare => {
                let count = values.len().max(1) as f64;
                (values.map(|value| value * value).sum::<f64>() / count).sqrt()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        norm: Norm::Largest,
        times: 10.0,
        floor: 1e-5,
        widest: 0.5,
    };

    fn tensors(values: &[(&str, &[f32])]) -> Tensors {
        let owned = values.iter();
        owned
            .map(|&(name, values)| (name.to_owned(), values.to_vec()))
            .collect()
    }

    fn judged(reference: &Tensors, shaken: &Tensors, found: &Tensors) -> Part {
        compare(
            "tensors",
            reference,
            std::slice::from_ref(shaken),
            found,
            RULE,
        )
    }

    #[test]
    fn a_tensor_may_be_ten_times_as_far_off_as_the_shaken_reference() {
        let reference = tensors(&[("a", &[1.0, -2.0])]);
        let shaken = tensors(&[("a", &[1.002, -2.0])]);
        let near = tensors(&[("a", &[1.0, -2.019])]);
        let far = tensors(&[("a", &[1.021, -2.0])]);
        assert!(judged(&reference, &shaken, &near).agrees());
        let part = judged(&reference, &shaken, &far);
        assert_eq!((part.tensors, part.beyond.len()), (1, 1));
        let worst = part.worst.unwrap();
        assert!((worst.error - 0.0105).abs() < 1e-6, "{worst:?}");
        assert!((worst.allowed - 0.01001).abs() < 1e-6, "{worst:?}");
    }

    #[test]
    fn what_is_missing_superfluous_misshapen_or_no_number_is_beyond_every_tolerance() {
        let reference = tensors(&[("a", &[1.0, 2.0]), ("b", &[1.0])]);
        let mut wild = reference.clone();
        // However uncertain it is.
        wild.insert("a".to_owned(), vec![-50.0, 9.0]);
        for (name, values) in [
            ("a", Some(vec![1.0])),
            ("a", Some(vec![1.0, f32::NAN])),
            ("a", Some(vec![f32::INFINITY, 2.0])),
            ("a", None),
            ("c", Some(vec![1.0])),
        ] {
            let mut found = reference.clone();
            match values {
                Some(values) => found.insert(name.to_owned(), values),
                None => found.remove(name),
            };
            let part = judged(&reference, &wild, &found);
            assert_eq!(part.beyond.len(), 1, "{name}: {part:?}");
            assert_eq!(part.beyond[0].tensor, name);
        }
        // No uncertainty makes the opposite right.
        let opposite = tensors(&[("a", &[-1.0, -2.0]), ("b", &[1.0])]);
        assert!(!judged(&reference, &wild, &opposite).agrees());
        // A reference that is no number agrees with nothing.
        let broken = tensors(&[("a", &[f32::NAN])]);
        assert!(!judged(&broken, &broken, &broken).agrees());
    }

    #[test]
    fn a_bias_without_an_effect_is_held_against_its_kernel() {
        let reference = tensors(&[("x.bias", &[1e-9, -2e-9]), ("x.weight", &[0.5, 1.0])]);
        let found = tensors(&[("x.bias", &[-3e-9, 4e-9]), ("x.weight", &[0.5, 1.0])]);
        assert!(judged(&reference, &reference, &found).agrees());
        let wrong = tensors(&[("x.bias", &[1e-3, 0.0]), ("x.weight", &[0.5, 1.0])]);
        assert!(!judged(&reference, &reference, &wrong).agrees());
    }

    #[test]
    fn the_mean_square_forgives_a_single_number() {
        let mut values = vec![1.0_f32; 1000];
        let reference = tensors(&[("a", &values)]);
        values[7] = 1.01;
        let found = tensors(&[("a", &values)]);
        let rule = |norm| Rule {
            norm,
            floor: 1e-3,
            ..RULE
        };
        let same = std::slice::from_ref(&reference);
        let judged = |norm| compare("a", &reference, same, &found, rule(norm));
        assert!(judged(Norm::MeanSquare).agrees());
        assert!(!judged(Norm::Largest).agrees());
    }
}
