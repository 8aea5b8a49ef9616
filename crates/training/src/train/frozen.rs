//! Parts of a network that are not trained: `train.frozen`.
//!
//! The passes forward and backward are those of a training without frozen parts. What is frozen gets no gradient, so that the
//! optimizer neither moves nor decays it, and the running statistics of its norms stay: see
//! [`Network::with_frozen`](crate::network::Network::with_frozen).

use std::collections::{BTreeSet, HashSet};

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use colorize_base::nearest::{nearest, quoted};

use super::colorizer::Colorizer;
use crate::backend::{self, DeviceName};
use crate::experiment::Experiment;
use crate::network::{Network, is_in};

/// The gradients of `network` without those of its frozen `parts`.
pub(super) fn without_frozen(
    network: &Network,
    parts: &[String],
    gradients: GradientsParams,
) -> GradientsParams {
    if parts.is_empty() {
        return gradients;
    }
    let mut remover = Remover {
        frozen: network.parameters_in(parts),
        gradients,
    };
    network.visit(&mut remover);
    remover.gradients
}

struct Remover {
    frozen: HashSet<ParamId>,
    gradients: GradientsParams,
}

impl ModuleVisitor for Remover {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if self.frozen.contains(&param.id) {
            self.gradients.remove::<D>(param.id);
        }
    }
}

/// What is wrong with `train.frozen`, as its network shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongPart {
    /// The key to blame, such as `train.frozen[1]`.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Whether the network of `experiment` has the parts that are frozen, and any others.
///
/// # Errors
///
/// [`WrongPart`], the first one.
pub fn judge_frozen(experiment: &Experiment) -> Result<(), WrongPart> {
    let frozen = &experiment.train.frozen;
    // The names are the same on every device; without this one, the training says what is missing.
    let Some(device) = backend::open(&DeviceName::Flex)
        .ok()
        .filter(|_| !frozen.is_empty())
    else {
        return Ok(());
    };
    let network = Colorizer::new(experiment, 0, &device).network;
    let names: BTreeSet<String> = network.parameters().into_keys().collect();
    let has = |part: &String| names.iter().any(|name| is_in(name, part));
    if let Some(place) = frozen.iter().position(|part| !has(part)) {
        let parts = parts_of(&names);
        let all = quoted(parts.iter().filter(|part| is_short(part)));
        let near = nearest(&frozen[place], parts.iter().map(String::as_str)).next();
        let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        return Err(WrongPart {
            key: format!("train.frozen[{place}]"),
            message: format!("the network has no part `{}`", frozen[place]),
            help: format!("{near}parts of this network, each with all that is below it: {all}"),
        });
    }
    let is_frozen = |name: &String| frozen.iter().any(|part| is_in(name, part));
    if names.iter().all(is_frozen) {
        return Err(WrongPart {
            key: "train.frozen".to_owned(),
            message: "all of the network is frozen: nothing would be trained".to_owned(),
            help: "leave out at least one part".to_owned(),
        });
    }
    Ok(())
}

/// The parts that tensors of these names are in, themselves among them.
fn parts_of(names: &BTreeSet<String>) -> BTreeSet<String> {
    let ends = |name: &String| {
        let dots = name.match_indices('.').map(|(at, _)| at);
        let ends: Vec<usize> = dots.chain([name.len()]).collect();
        ends
    };
    let names = names.iter();
    names
        .flat_map(|name| ends(name).into_iter().map(|end| name[..end].to_owned()))
        .collect()
}

/// Whether a part is one of those that a list has to name: `residual_blocks` and `residual_blocks.0`, but nothing in them.
fn is_short(part: &str) -> bool {
    match part.split_once('.') {
        None => true,
        Some((_, rest)) => rest.parse::<usize>().is_ok(),
    }
}
