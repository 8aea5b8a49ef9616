//! A network's numbers by name, with the names and layouts of PyTorch's `state_dict`: what a file of one network holds.

use std::collections::BTreeMap;
use std::fmt;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

use super::Network;

/// How many tensors of a kind an error names.
const NAMED: usize = 4;

/// The fusion layer as PyTorch has it: one 1x1 convolution over the concatenation of map and vector.
pub(super) const FUSION: &str = "fusion.weight";

/// Its share of the map, `[channels_out, channels]`, as [`super::fusion::Fusion`] keeps it.
pub(super) const OF_MAP: &str = "fusion.map";

/// Its share of the vector, `[width, channels_out]`.
pub(super) const OF_FEATURES: &str = "fusion.features";

/// How the names of layers begin that say the labels: what they learn shapes the network, but nobody asks them afterwards.
const OF_LABELS: &str = "classifier.";

/// A tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers, the last dimension fastest.
    pub numbers: Vec<f32>,
}

/// Tensors by name.
pub type State = BTreeMap<String, Values>;

impl Network {
    /// Every weight and running statistic but those of the layers that only [say labels](Network::learning_labels). Kernels are `[out, in, height, width]`, those of transposed convolutions
    /// `[in, out, height, width]`.
    ///
    /// # Panics
    ///
    /// When a tensor cannot be read from its device.
    pub fn state(&self) -> State {
        let mut collector = Collector::default();
        self.visit(&mut collector);
        let mut state = collector.state;
        state.retain(|name, _| !name.starts_with(OF_LABELS));
        if let (Some(map), Some(features)) = (state.remove(OF_MAP), state.remove(OF_FEATURES)) {
            state.insert(FUSION.to_owned(), join(&map, &features));
        }
        state
    }

    /// The same network with other numbers.
    ///
    /// # Errors
    ///
    /// In words what is missing from `state`, superfluous in it, of another shape, or not finite.
    pub fn with_state(self, state: State) -> Result<Self, String> {
        let misfit = Misfit::of(&self.state(), &state);
        if misfit.is_empty() {
            Ok(self.load(state))
        } else {
            Err(misfit.to_string())
        }
    }

    /// The same network with those numbers of `state` that fit it, and what does not, where anything does not.
    ///
    /// # Errors
    ///
    /// In words why nothing of it can be taken: nothing fits, or numbers are not finite.
    pub fn with_some_of(self, mut state: State) -> Result<(Self, Option<Misfit>), String> {
        let own = self.state();
        let misfit = Misfit::of(&own, &state);
        if !misfit.unsound.is_empty() {
            return Err(misfit.to_string());
        }
        state.retain(|name, values| own.get(name).is_some_and(|it| it.shape == values.shape));
        if state.is_empty() {
            return Err(format!("nothing fits; {misfit}"));
        }
        Ok((self.load(state), Some(misfit).filter(|it| !it.is_empty())))
    }

    /// The same network with the numbers of `state`, which fit it.
    fn load(self, mut state: State) -> Self {
        if let Some(kernel) = state.remove(FUSION) {
            let (map, features) = split(&kernel);
            state.insert(OF_MAP.to_owned(), map);
            state.insert(OF_FEATURES.to_owned(), features);
        }
        let mut loader = Loader {
            place: Place::default(),
            state,
        };
        self.map(&mut loader)
    }
}

/// What keeps tensors from being the numbers of a network. `Display` names the first few of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Misfit {
    /// The network has them, the tensors do not.
    missing: Vec<String>,
    /// They have another shape, which is told.
    misshapen: Vec<String>,
    /// They hold numbers that are none.
    unsound: Vec<String>,
    /// The network does not have them.
    unknown: Vec<String>,
}

impl Misfit {
    /// What keeps `found` from being the numbers of a network that has `expected`.
    fn of(expected: &State, found: &State) -> Self {
        let mut misfit = Self::default();
        for (name, Values { shape, .. }) in expected {
            match found.get(name) {
                None => misfit.missing.push(format!("`{name}`")),
                Some(values) if values.shape != *shape => {
                    let text = format!("`{name}` {:?} for {shape:?}", values.shape);
                    misfit.misshapen.push(text);
                }
                Some(values) if !values.numbers.iter().all(|number| number.is_finite()) => {
                    misfit.unsound.push(format!("`{name}`"));
                }
                Some(_) => {}
            }
        }
        let unknown = found.keys().filter(|name| !expected.contains_key(*name));
        misfit.unknown = unknown.map(|name| format!("`{name}`")).collect();
        misfit
    }

    fn kinds(&self) -> [(&'static str, &[String]); 4] {
        [
            ("missing", &self.missing),
            ("of the wrong shape", &self.misshapen),
            ("not finite", &self.unsound),
            ("unknown", &self.unknown),
        ]
    }

    fn is_empty(&self) -> bool {
        self.kinds().iter().all(|(_, names)| names.is_empty())
    }

    /// How many tensors of the network are not among those that were found, or do not fit it.
    pub fn count(&self) -> usize {
        self.missing.len() + self.misshapen.len()
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = self.kinds().into_iter();
        let said: Vec<String> = kinds
            .filter(|(_, names)| !names.is_empty())
            .map(|(kind, names)| {
                let more = match names.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let named = &names[..names.len().min(NAMED)];
                format!("{kind}: {}{more}", named.join(", "))
            })
            .collect();
        formatter.write_str(&said.join("; "))
    }
}

/// `[channels_out, channels + width, 1, 1]` of both shares.
fn join(map: &Values, features: &Values) -> Values {
    let [out, channels] = [map.shape[0], map.shape[1]];
    let width = features.shape[0];
    let numbers = (0..out).flat_map(|row| {
        let of_features = (0..width).map(move |column| features.numbers[column * out + row]);
        let of_map = &map.numbers[row * channels..(row + 1) * channels];
        of_map.iter().copied().chain(of_features)
    });
    Values {
        numbers: numbers.collect(),
        shape: vec![out, channels + width, 1, 1],
    }
}

/// The shares of a kernel that [`join`] made: as many channels go in as come out.
fn split(kernel: &Values) -> (Values, Values) {
    let [out, both] = [kernel.shape[0], kernel.shape[1]];
    let rows = || kernel.numbers.chunks_exact(both);
    let map = rows().flat_map(|row| &row[..out]).copied().collect();
    let features = (out..both).flat_map(|column| rows().map(move |row| row[column]));
    (
        Values {
            shape: vec![out, out],
            numbers: map,
        },
        Values {
            shape: vec![both - out, out],
            numbers: features.collect(),
        },
    )
}

/// Where in a network a visitor is. Variants of enums have no part in names: they are told by the experiment.
#[derive(Default)]
pub(crate) struct Place(Vec<Option<String>>);

impl Place {
    pub(crate) fn enter(&mut self, name: &str, container: &str) {
        let is_variant = container.starts_with("Enum:");
        self.0.push((!is_variant).then(|| name.to_owned()));
    }

    pub(crate) fn exit(&mut self) {
        self.0.pop();
    }

    /// Its name in PyTorch, where scale and shift of a norm are called as kernel and bias of a convolution are.
    pub(crate) fn name(&self) -> String {
        let parts: Vec<&str> = self
            .0
            .iter()
            .flatten()
            .map(|part| match part.as_str() {
                "gamma" => "weight",
                "beta" => "bias",
                other => other,
            })
            .collect();
        parts.join(".")
    }
}

#[derive(Default)]
struct Collector {
    place: Place,
    state: State,
}

impl ModuleVisitor for Collector {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let values = Values {
            shape: tensor.dims().to_vec(),
            numbers: tensor
                .into_data()
                .try_to_vec()
                .expect("weights are 32-bit floats"),
        };
        self.state.insert(self.place.name(), values);
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.place.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.place.exit();
    }
}

struct Loader {
    place: Place,
    state: State,
}

impl ModuleMapper for Loader {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(Values { shape, numbers }) = self.state.remove(&self.place.name()) else {
            return param;
        };
        let device = param.lazy_device();
        param.map(|old| {
            let new = Tensor::from_data(TensorData::new(numbers, shape), &device);
            // What is trained goes on to be.
            new.set_require_grad(old.is_require_grad())
        })
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.place.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.place.exit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{self, DeviceName};
    use crate::network::{
        ImageTransformationSection, NetworkSection, NormKind, Output, Upsampling, init,
    };

    fn network(norm: NormKind, feature_width: Option<usize>, seed: u64) -> Network {
        let section = NetworkSection::ImageTransformation(ImageTransformationSection {
            norm,
            scale: 2,
            residual_blocks: 1,
            upsampling: Upsampling::Transposed,
        });
        let device = backend::open(&DeviceName::Flex).unwrap();
        init(&section, 1, Output::Values(2), feature_width, seed, &device)
    }

    #[test]
    fn every_number_is_read_back_and_has_its_name_in_pytorch() {
        for norm in [NormKind::Batch, NormKind::Instance] {
            for width in [None, Some(3)] {
                let written = network(norm, width, 1).state();
                let other = network(norm, width, 2);
                assert_ne!(other.state(), written);
                let read = other.with_state(written.clone()).unwrap();
                assert_eq!(read.state(), written);
            }
        }
        let state = network(NormKind::Batch, Some(3), 1).state();
        let shape = |name: &str| state[name].shape.clone();
        assert_eq!(shape("encode_2.convolution.weight"), [4, 2, 3, 3]);
        assert_eq!(shape("decode_1.convolution.weight"), [8, 4, 3, 3]);
        assert_eq!(
            shape("residual_blocks.0.second.convolution.weight"),
            [8, 8, 3, 3]
        );
        assert_eq!(shape("decode_3.norm.running_var"), [2]);
        assert_eq!(shape("encode_1.norm.weight"), [2]);
        assert_eq!(shape("fusion.weight"), [8, 11, 1, 1]);
        // 8 layers of a kernel, a bias and a norm of four, and the fusion.
        assert_eq!(state.len(), 8 * 6 + 2);
    }

    #[test]
    fn the_fusion_is_a_convolution_over_map_and_vector() {
        let map = Values {
            shape: vec![2, 2],
            numbers: vec![1.0, 2.0, 3.0, 4.0],
        };
        let features = Values {
            shape: vec![3, 2],
            numbers: vec![5.0, 6.0, 7.0, 8.0, 9.0, 10.0],
        };
        let kernel = join(&map, &features);
        assert_eq!(
            kernel.numbers,
            [1.0, 2.0, 5.0, 7.0, 9.0, 3.0, 4.0, 6.0, 8.0, 10.0]
        );
        assert_eq!(split(&kernel), (map, features));
    }

    #[test]
    fn what_fits_is_taken_and_the_rest_stays() {
        let [own, other] = [1, 2].map(|seed| network(NormKind::Batch, None, seed));
        let before = own.state();
        let mut state = other.state();
        state.remove("encode_1.norm.bias");
        state.get_mut("encode_2.convolution.weight").unwrap().shape[0] = 5;
        state.insert(
            "head.weight".to_owned(),
            before["encode_1.norm.weight"].clone(),
        );
        let (mixed, misfit) = own.clone().with_some_of(state).unwrap();
        let misfit = misfit.unwrap();
        assert_eq!(misfit.count(), 2);
        assert_eq!(
            misfit.to_string(),
            "missing: `encode_1.norm.bias`; of the wrong shape: `encode_2.convolution.weight` [5, 2, 3, 3] for [4, 2, 3, 3]; \
             unknown: `head.weight`"
        );
        for (name, values) in mixed.state() {
            let kept = ["encode_1.norm.bias", "encode_2.convolution.weight"];
            let from = if kept.contains(&name.as_str()) {
                &before[&name]
            } else {
                &other.state()[&name]
            };
            assert_eq!(values, *from, "{name}");
        }
        let (_, whole) = own.clone().with_some_of(other.state()).unwrap();
        assert_eq!(whole, None);
        let alien = [("a.weight".to_owned(), before["encode_1.norm.bias"].clone())];
        let refused = own.with_some_of(alien.into()).unwrap_err();
        assert!(refused.starts_with("nothing fits; missing: "), "{refused}");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let network = network(NormKind::Batch, None, 1);
        let mut state = network.state();
        let bias = state.remove("encode_1.convolution.bias").unwrap();
        state.insert("encode_1.convolution.biases".to_owned(), bias);
        state.get_mut("encode_2.norm.bias").unwrap().shape = vec![1, 4];
        state.get_mut("encode_3.norm.bias").unwrap().numbers[0] = f32::NAN;
        assert_eq!(
            network.with_state(state).unwrap_err(),
            "missing: `encode_1.convolution.bias`; of the wrong shape: `encode_2.norm.bias` [1, 4] for [4]; not finite: \
             `encode_3.norm.bias`; unknown: `encode_1.convolution.biases`"
        );
    }
}
