//! The state of a training as named values, which are compared with those of another one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use burn::store::burn_pack::{Reader, Scalar};
use burn::tensor::{Bytes, DType, Shape};
use colorize_base::quietly;

use super::ProofError;
use crate::runs::{Checkpoint, CheckpointPart};
use crate::train::{StepState, contents};

/// A value of a state.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Tensor {
        kind: DType,
        shape: Shape,
        bytes: Vec<u8>,
    },
    /// A counter, as the optimizer and the schedule of the learning rate have.
    Scalar(Scalar),
}

/// Every value of a state, by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct State(BTreeMap<String, Value>);

/// A hash of every value of a state, by name: a small stand-in for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digest(BTreeMap<String, blake3::Hash>);

impl State {
    /// The state that a witness was shown.
    pub(super) fn of_step(state: StepState) -> Result<Self, ProofError> {
        let what = format!("after step {}", state.step);
        let mut parts = state.parts;
        Self::of_parts(&what, |part| {
            let bytes = parts.remove(&part).unwrap_or_default();
            Reader::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|error| error.to_string())
        })
    }

    /// The state that a checkpoint keeps.
    pub(super) fn of_checkpoint(checkpoint: &Checkpoint) -> Result<Self, ProofError> {
        checkpoint.verify(None)?;
        let what = format!("`{}`", checkpoint.path.display());
        let read = || {
            Self::of_parts(&what, |part| {
                Reader::from_file_exact(checkpoint.part(part)).map_err(|error| error.to_string())
            })
        };
        quietly(read).unwrap_or_else(|reason| {
            Err(ProofError::State {
                what: what.clone(),
                reason,
            })
        })
    }

    fn of_parts(
        what: &str,
        open: impl FnMut(CheckpointPart) -> Result<Reader, String>,
    ) -> Result<Self, ProofError> {
        let mut state = Self::default();
        let read = contents::read(CheckpointPart::ALL, open, |name, value| {
            let value = match value {
                contents::Value::Tensor { kind, shape, bytes } => Value::Tensor {
                    kind,
                    shape,
                    bytes: bytes.to_vec(),
                },
                contents::Value::Scalar(scalar) => Value::Scalar(scalar),
            };
            state.0.insert(name, value);
        });
        match read {
            Ok(()) => Ok(state),
            Err(reason) => Err(ProofError::State {
                what: what.to_owned(),
                reason,
            }),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Bits of all values.
    pub(super) fn bits(&self) -> u64 {
        let bits = self.0.values().map(|value| match value {
            Value::Tensor { bytes, .. } => 8 * bytes.len() as u64,
            Value::Scalar(_) => 64,
        });
        bits.sum()
    }

    /// How far the numbers of all tensors are from those of `other`: the root of the sum of their squares. Infinite where the two
    /// have other tensors.
    pub(super) fn distance(&self, other: &Self) -> f64 {
        let squares = self
            .0
            .iter()
            .map(|(name, value)| match (value, other.0.get(name)) {
                (
                    Value::Tensor { kind, shape, bytes },
                    Some(Value::Tensor {
                        kind: other_kind,
                        shape: other_shape,
                        bytes: others,
                    }),
                ) if kind == other_kind && shape == other_shape => {
                    if *kind != DType::F32 {
                        return 0.0;
                    }
                    let numbers = |bytes: &[u8]| bytes.as_chunks::<4>().0.to_vec();
                    let pairs = numbers(bytes).into_iter().zip(numbers(others));
                    pairs
                        .map(|(one, other)| {
                            (f64::from(f32::from_le_bytes(one))
                                - f64::from(f32::from_le_bytes(other)))
                            .powi(2)
                        })
                        .sum()
                }
                (Value::Scalar(_), Some(Value::Scalar(_))) => 0.0,
                _ => f64::INFINITY,
            });
        squares.sum::<f64>().sqrt()
    }

    /// The hash of every value.
    pub(super) fn digest(&self) -> Digest {
        let hash = |value: &Value| {
            let mut hasher = blake3::Hasher::new();
            match value {
                Value::Tensor { kind, shape, bytes } => {
                    hasher.update(format!("{kind:?} {shape:?} ").as_bytes());
                    hasher.update(bytes);
                }
                Value::Scalar(scalar) => {
                    hasher.update(format!("{scalar:?}").as_bytes());
                }
            }
            hasher.finalize()
        };
        let values = self.0.iter();
        Digest(
            values
                .map(|(name, value)| (name.clone(), hash(value)))
                .collect(),
        )
    }

    /// The first value that `other` has otherwise and, of all that differ, the largest difference of two numbers, in words;
    /// `None` where they are equal.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let names = self.digest().differing(&other.digest());
        let first = names.first()?;
        let mut text = match (self.0.get(first), other.0.get(first)) {
            (Some(one), Some(other)) => format!("`{first}` differs: {}", one.against(other).1),
            _ => format!("only one of the states has `{first}`"),
        };
        let largest = names
            .iter()
            .filter_map(|name| {
                let (size, words) = self.0.get(name)?.against(other.0.get(name)?);
                Some((size, name, words))
            })
            .max_by(|one, other| one.0.total_cmp(&other.0));
        if let (2.., Some((_, name, words))) = (names.len(), largest) {
            let _ = write!(
                text,
                "; {} of {} values differ; the largest difference is in `{name}`: {words}",
                names.len(),
                self.len()
            );
        }
        Some(text)
    }
}

impl Value {
    /// How far this is from `other`, as a size and in words.
    fn against(&self, other: &Self) -> (f64, String) {
        match (self, other) {
            (
                Self::Tensor { kind, shape, bytes },
                Self::Tensor {
                    kind: other_kind,
                    shape: other_shape,
                    bytes: other_bytes,
                },
            ) if kind == other_kind && shape == other_shape => {
                if *kind == DType::F32 {
                    farthest(bytes, other_bytes, shape)
                } else {
                    let differing = bytes
                        .iter()
                        .zip(other_bytes)
                        .filter(|(one, other)| one != other);
                    let count = differing.count();
                    (count as f64, format!("{count} of {} bytes", bytes.len()))
                }
            }
            (Self::Scalar(one), Self::Scalar(other)) => (1.0, format!("{one:?} vs. {other:?}")),
            _ => (f64::INFINITY, "different shape or type".to_owned()),
        }
    }
}

/// The largest difference of two arrays of 32-bit numbers, and where it is.
fn farthest(one: &[u8], other: &[u8], shape: &Shape) -> (f64, String) {
    let numbers = |bytes: &[u8]| -> Vec<f32> {
        let words = bytes.as_chunks::<4>().0.iter();
        words.map(|word| f32::from_le_bytes(*word)).collect()
    };
    let (one, other) = (numbers(one), numbers(other));
    let differing: Vec<usize> = (0..one.len().min(other.len()))
        .filter(|&at| one[at].to_bits() != other[at].to_bits())
        .collect();
    let apart = |at: usize| {
        let apart = (f64::from(one[at]) - f64::from(other[at])).abs();
        // Not a number against a number is as far apart as can be.
        if apart.is_nan() { f64::INFINITY } else { apart }
    };
    let Some(at) = differing
        .iter()
        .copied()
        .max_by(|&one, &other| apart(one).total_cmp(&apart(other)))
    else {
        return (0.0, "different length".to_owned());
    };
    let mut place = Vec::new();
    let mut rest = at;
    for &length in shape.iter().rev() {
        place.push(rest % length);
        rest /= length;
    }
    place.reverse();
    (
        apart(at),
        format!(
            "{} of {} numbers, by at most {:e} at {place:?}: {:?} vs. {:?}",
            differing.len(),
            one.len(),
            apart(at),
            one[at],
            other[at]
        ),
    )
}

impl Digest {
    /// The names of values that `other` has otherwise, or that only one of them has, sorted.
    pub(super) fn differing(&self, other: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        names
            .into_iter()
            .filter(|name| self.0.get(*name) != other.0.get(*name))
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: &[f32], shape: [usize; 2]) -> Value {
        Value::Tensor {
            kind: DType::F32,
            shape: Shape::new(shape),
            bytes: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        }
    }

    fn state(values: [(&str, Value); 3]) -> State {
        State(values.map(|(name, value)| (name.to_owned(), value)).into())
    }

    #[test]
    fn the_first_and_the_largest_difference_are_named() {
        let numbers = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let one = state([
            ("model a", tensor(&numbers, [2, 3])),
            ("model b", tensor(&numbers, [3, 2])),
            ("optimizer a.time", Value::Scalar(Scalar::Int(3))),
        ]);
        assert_eq!(one.difference(&one), None);
        let mut other = one.clone();
        // A zero with a sign is another bit, and the last number of b is a half more.
        other.0.insert(
            "model a".to_owned(),
            tensor(&[-0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [2, 3]),
        );
        insta::assert_snapshot!(
            one.difference(&other).unwrap(),
            @"`model a` differs: 1 of 6 numbers, by at most 0e0 at [0, 0]: 0.0 vs. -0.0"
        );
        other.0.insert(
            "model b".to_owned(),
            tensor(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.5], [3, 2]),
        );
        insta::assert_snapshot!(
            one.difference(&other).unwrap(),
            @"`model a` differs: 1 of 6 numbers, by at most 0e0 at [0, 0]: 0.0 vs. -0.0; 2 of 3 values differ; the largest difference is in `model b`: 1 of 6 numbers, by at most 5e-1 at [2, 1]: 5.0 vs. 5.5"
        );
        assert_eq!(one.distance(&one), 0.0);
        assert_eq!(one.distance(&other), 0.5);
        let mut fewer = one.clone();
        fewer.0.remove("model a");
        assert_eq!(one.distance(&fewer), f64::INFINITY);
        assert_eq!(
            one.difference(&fewer).unwrap(),
            "only one of the states has `model a`"
        );
    }
}
