//! What Burn's records hold, under names that two trainings share.
//!
//! Burn tells parameters apart by random numbers, and names the optimizer's moments by them. Here all have the path of their
//! parameter in the network.

use std::collections::BTreeMap;

use burn::store::burn_pack::{Reader, Scalar};
use burn::tensor::{Bytes, DType, Shape};

use crate::runs::CheckpointPart;

/// A value of a training's state. The bytes of a file are read when they are asked for.
pub(crate) enum Value {
    Tensor {
        kind: DType,
        shape: Shape,
        bytes: Bytes,
    },
    /// A counter, as the optimizer has one.
    Scalar(Scalar),
}

/// Shows every value of `parts` to `each` by its name. They are opened in the order of [`CheckpointPart::ALL`], which begins
/// with the model: it knows the paths of its parameters.
///
/// # Errors
///
/// In words what `open` or Burn says of a part.
pub(crate) fn read(
    parts: impl IntoIterator<Item = CheckpointPart>,
    mut open: impl FnMut(CheckpointPart) -> Result<Reader, String>,
    mut each: impl FnMut(String, Value),
) -> Result<(), String> {
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    for part in parts {
        let reader = open(part)?;
        let scalars = reader.scalars().clone();
        let tensors = reader.into_tensors().map_err(|error| error.to_string())?;
        for tensor in tensors {
            let (name, kind, shape, parameter, bytes) =
                tensor.into_parts().map_err(|error| error.to_string())?;
            if let (CheckpointPart::Model, Some(parameter)) = (part, parameter) {
                paths.insert(parameter.to_string(), name.clone());
            }
            let value = Value::Tensor { kind, shape, bytes };
            each(named(part, &name, &paths), value);
        }
        for (name, scalar) in scalars {
            each(named(part, &name, &paths), Value::Scalar(scalar));
        }
    }
    Ok(())
}

/// The name of a value: which part it is of, and the path of its parameter in place of Burn's number for it.
fn named(part: CheckpointPart, name: &str, paths: &BTreeMap<String, String>) -> String {
    let what = match part {
        CheckpointPart::Model => "model",
        CheckpointPart::Optimizer => "optimizer",
        CheckpointPart::Scheduler => "schedule",
    };
    let path = name
        .split_once('.')
        .and_then(|(number, field)| Some(format!("{}.{field}", paths.get(number)?)));
    format!("{what} {}", path.as_deref().unwrap_or(name))
}
