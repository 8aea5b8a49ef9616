//! Parts of a network by the names that exported files have, such as `encode_1` or `residual_blocks.0.first`, and what it means
//! that some are frozen.

use std::collections::{BTreeMap, HashSet};

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

use super::norm::Norm;
use super::state::{FUSION, OF_FEATURES, OF_MAP, Place};
use super::{Network, is_running_statistic};

impl Network {
    /// The parameters that are trained, by name: kernels, biases, and the norms' scales and shifts. The fusion's kernel is two
    /// parameters.
    pub(crate) fn parameters(&self) -> BTreeMap<String, Vec<ParamId>> {
        let mut named = Named::default();
        self.visit(&mut named);
        named.parameters
    }

    /// The parameters in `parts`.
    pub(crate) fn parameters_in(&self, parts: &[String]) -> HashSet<ParamId> {
        if parts.is_empty() {
            return HashSet::new();
        }
        let named = self.parameters().into_iter();
        named
            .filter(|(name, _)| parts.iter().any(|part| is_in(name, part)))
            .flat_map(|(_, ids)| ids)
            .collect()
    }

    /// The same network, in which the batch norms in `parts` keep their running statistics as they are. That their parameters
    /// are not trained is the affair of who trains.
    #[must_use]
    pub fn with_frozen(mut self, parts: &[String]) -> Self {
        let frozen = self.parameters_in(parts);
        let norms = self.norms().into_iter();
        norms
            .filter(|norm| frozen.contains(&norm.scale()))
            .for_each(Norm::freeze);
        self
    }
}

/// Whether the tensor of this name is in a part: it is the part, or below it.
pub(crate) fn is_in(name: &str, part: &str) -> bool {
    let rest = name.strip_prefix(part);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[derive(Default)]
struct Named {
    place: Place,
    path: Vec<String>,
    parameters: BTreeMap<String, Vec<ParamId>>,
}

impl ModuleVisitor for Named {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if is_running_statistic(&self.path) {
            return;
        }
        let name = match self.place.name() {
            name if name == OF_MAP || name == OF_FEATURES => FUSION.to_owned(),
            name => name,
        };
        self.parameters.entry(name).or_default().push(param.id);
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.place.enter(name, container);
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.place.exit();
        self.path.pop();
    }
}
