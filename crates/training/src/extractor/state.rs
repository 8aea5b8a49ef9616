//! The numbers of a pretrained network by name: read from a file, or drawn.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::ExtractorKind;
use super::architecture::{Activation, Architecture, Block, ConvolutionShape, Role, Shortcut};

/// Keeps this stream apart from any other that is drawn from the same seed.
const DOMAIN: &[u8; 24] = b"colorize random features";

/// The ending of the one tensor of a batch norm that is not used after training.
const COUNTER: &str = ".num_batches_tracked";

/// How many tensors of a kind an error names.
const NAMED: usize = 4;

/// A tensor of a file of weights.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Values {
    pub(crate) shape: Vec<usize>,
    pub(crate) numbers: Vec<f32>,
}

/// Tensors by name, as PyTorch's `state_dict`.
#[derive(Debug, Default)]
pub(crate) struct State {
    tensors: BTreeMap<String, Values>,
}

/// What keeps tensors from being the weights of a network, by kind.
#[derive(Debug, Default)]
struct Faults {
    missing: Vec<String>,
    misshapen: Vec<String>,
    unsound: Vec<String>,
    /// The names of the tensors that there may be.
    expected: Vec<String>,
}

impl Faults {
    /// Compares a tensor, which may not be there, with what it has to be.
    fn compare(&mut self, name: String, found: Option<&Values>, shape: &[usize], role: Role) {
        match found {
            None => self.missing.push(format!("`{name}`")),
            Some(values) if values.shape != shape => {
                let fault = format!("`{name}` {:?} for {shape:?}", values.shape);
                self.misshapen.push(fault);
            }
            Some(values) => {
                let sound =
                    |&number: &f32| number.is_finite() && (role != Role::Variance || number >= 0.0);
                if !values.numbers.iter().all(sound) {
                    self.unsound.push(format!("`{name}`"));
                }
            }
        }
        self.expected.push(name);
    }

    /// All of them in words, those of `state` included that nothing asked for; `None` where there are none.
    fn said(mut self, state: &State) -> Option<String> {
        self.expected.sort_unstable();
        let unknown = state.tensors.keys();
        let unknown = unknown.filter(|name| self.expected.binary_search(name).is_err());
        let unknown = unknown.map(|name| format!("`{name}`")).collect();
        let faults: Vec<String> = [
            ("missing", self.missing),
            ("unexpected", unknown),
            ("wrong shape", self.misshapen),
            ("not finite, or a negative variance", self.unsound),
        ]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}: {}", some_of(&names)))
        .collect();
        (!faults.is_empty()).then(|| faults.join("; "))
    }
}

impl State {
    /// Adds a tensor. Counters of training batches are skipped.
    pub(crate) fn insert(&mut self, name: String, values: Values) {
        if !is_counter(&name) {
            self.tensors.insert(name, values);
        }
    }

    /// Takes a tensor out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Values> {
        self.tensors.remove(name)
    }

    /// Random weights of a classifier, the same bits everywhere, without a layer of classes.
    ///
    /// Kernels are uniform with the variance of He et al. (2015): 2 divided by the inputs of one output, and 1 divided
    /// by them where the input has passed no relu. Norms have seen a mean of 0 and a variance of 1 and do nothing, but
    /// for those that close a branch which is added to something: these divide by the root of the number of such
    /// branches. So numbers keep their size through any depth, which they would not after norms that have seen no data.
    pub(super) fn random(architecture: &Architecture<ConvolutionShape>, seed: u64) -> Self {
        let mut generator = generator(DOMAIN, seed);
        let mut state = Self::default();
        let mut draw = |convolution: &ConvolutionShape, of_relu: bool, of_norm: f64| {
            for (name, shape, role) in convolution.tensors() {
                let count = shape.iter().product();
                let numbers = match role {
                    Role::Kernel => {
                        let inputs: usize = shape[1..].iter().product();
                        let variance = if of_relu { 2.0 } else { 1.0 } / inputs as f64;
                        let limit = (3.0 * variance).sqrt();
                        (0..count).map(|_| uniform(&mut generator, limit)).collect()
                    }
                    Role::Scale => vec![of_norm as f32; count],
                    Role::Variance => vec![1.0; count],
                    Role::Shift | Role::Mean => vec![0.0; count],
                };
                state.insert(name, Values { shape, numbers });
            }
        };
        let is_relu = |activation| activation != Activation::None;
        let adds = |block: &Block<_>| !matches!(block.shortcut, Shortcut::None);
        let branches = architecture
            .blocks
            .iter()
            .filter(|block| adds(block))
            .count();
        let closing = 1.0 / (branches.max(1) as f64).sqrt();
        draw(&architecture.stem, false, 1.0);
        let mut of_relu = is_relu(architecture.stem.activation);
        for block in &architecture.blocks {
            let mut inside = of_relu;
            for (at, convolution) in block.path.iter().enumerate() {
                let closes = adds(block) && at + 1 == block.path.len();
                draw(convolution, inside, if closes { closing } else { 1.0 });
                inside = is_relu(convolution.activation);
            }
            if let Shortcut::Projection(projection) = &block.shortcut {
                draw(projection, of_relu, 1.0);
            }
            of_relu = is_relu(block.activation);
        }
        if let Some(last) = &architecture.last {
            draw(last, of_relu, 1.0);
        }
        state
    }

    /// What keeps these tensors from being the weights of the classifier; `None` when they are.
    pub(super) fn faults(&self, architecture: &Architecture<ConvolutionShape>) -> Option<String> {
        let mut faults = Faults::default();
        for convolution in architecture.convolutions() {
            for (name, shape, role) in convolution.tensors() {
                let found = self.tensors.get(&name);
                faults.compare(name, found, &shape, role);
            }
        }
        let [weight, bias] = head_names(architecture.head);
        match (self.tensors.get(&weight), self.tensors.get(&bias)) {
            (None, None) => {}
            (of_weight, of_bias) => {
                let classes = of_weight.or(of_bias).and_then(|it| it.shape.first());
                let shape = [classes.copied().unwrap_or(0).max(1), architecture.width];
                faults.compare(weight, of_weight, &shape, Role::Kernel);
                faults.compare(bias, of_bias, &shape[..1], Role::Shift);
            }
        }
        faults.said(self)
    }

    /// What keeps these tensors from being those that are expected, each with its name, its shape and its role; `None`
    /// when they are.
    pub(crate) fn faults_of(
        &self,
        expected: impl IntoIterator<Item = (String, Vec<usize>, Role)>,
    ) -> Option<String> {
        let mut faults = Faults::default();
        for (name, shape, role) in expected {
            let found = self.tensors.get(&name);
            faults.compare(name, found, &shape, role);
        }
        faults.said(self)
    }

    /// The classifier that these tensors are the weights of.
    pub(super) fn fits(&self) -> Option<ExtractorKind> {
        let mut kinds = ExtractorKind::ALL.into_iter();
        kinds.find(|kind| Architecture::of(*kind).is_some_and(|it| self.faults(&it).is_none()))
    }
}

/// Whether the tensor counts training batches, and is of no other use.
pub(super) fn is_counter(name: &str) -> bool {
    name.ends_with(COUNTER)
}

/// Kernel `[classes, width]` and bias `[classes]` of the linear layer `head`.
pub(super) fn head_names(head: &str) -> [String; 2] {
    [format!("{head}.weight"), format!("{head}.bias")]
}

fn some_of(names: &[String]) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The stream of a seed that `domain` keeps apart from every other that is drawn from it.
pub(crate) fn generator(domain: &[u8; 24], seed: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..].copy_from_slice(domain);
    ChaCha8Rng::from_seed(key)
}

/// A number in [-limit, limit).
pub(crate) fn uniform(generator: &mut ChaCha8Rng, limit: f64) -> f32 {
    let unit = f64::from(generator.next_u32() >> 8) / f64::from(1_u32 << 24);
    ((2.0 * unit - 1.0) * limit) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(kind: ExtractorKind, seed: u64) -> State {
        State::random(&Architecture::of(kind).unwrap(), seed)
    }

    #[test]
    fn random_weights_fit_their_classifier_and_no_other() {
        for kind in ExtractorKind::ALL {
            assert_eq!(random(kind, 0).fits(), Some(kind));
        }
    }

    #[test]
    fn random_kernels_repeat_and_have_hes_variance() {
        let draw = |seed| {
            let mut state = random(ExtractorKind::Resnet18, seed);
            state.take("layer4.1.conv2.weight").unwrap().numbers
        };
        let numbers = draw(3);
        assert_eq!(numbers, draw(3));
        assert_ne!(numbers, draw(4));
        let squares = numbers.iter().map(|&it| f64::from(it * it)).sum::<f64>();
        let variance = squares / numbers.len() as f64;
        let expected = 2.0 / (512.0 * 9.0);
        assert!((variance / expected - 1.0).abs() < 0.01, "{variance}");
        // Written down once, so that a later version cannot quietly draw others.
        let stem = random(ExtractorKind::Resnet18, 0)
            .take("conv1.weight")
            .unwrap();
        assert_eq!(stem.numbers[..2], [0.107_073_44, -0.100_929_82]);
    }

    #[test]
    fn every_kind_of_fault_is_named() {
        let architecture = Architecture::of(ExtractorKind::Resnet18).unwrap();
        let faults = |change: &dyn Fn(&mut State)| {
            let mut state = random(ExtractorKind::Resnet18, 0);
            change(&mut state);
            state.faults(&architecture)
        };
        let values = |shape: &[usize], number| Values {
            shape: shape.to_vec(),
            numbers: vec![number; shape.iter().product()],
        };
        assert_eq!(faults(&|_| ()), None);
        let found = faults(&|state| drop(state.take("bn1.weight")));
        assert_eq!(found.unwrap(), "missing: `bn1.weight`");
        let found = faults(&|state| state.insert("bn9.weight".into(), values(&[1], 0.0)));
        assert_eq!(found.unwrap(), "unexpected: `bn9.weight`");
        let found = faults(&|state| state.insert("bn1.weight".into(), values(&[65], 0.0)));
        assert_eq!(found.unwrap(), "wrong shape: `bn1.weight` [65] for [64]");
        let unsound = "not finite, or a negative variance: ";
        let found = faults(&|state| state.insert("bn1.weight".into(), values(&[64], f32::NAN)));
        assert_eq!(found.unwrap(), format!("{unsound}`bn1.weight`"));
        let found = faults(&|state| state.insert("bn1.running_var".into(), values(&[64], -1.0)));
        assert_eq!(found.unwrap(), format!("{unsound}`bn1.running_var`"));
        let found = faults(&|state| state.insert("fc.bias".into(), values(&[1000], 0.0)));
        assert_eq!(found.unwrap(), "missing: `fc.weight`");
        let found = faults(&|state| {
            state.insert("fc.weight".into(), values(&[10, 512], 0.0));
            state.insert("fc.bias".into(), values(&[11], 0.0));
        });
        assert_eq!(found.unwrap(), "wrong shape: `fc.bias` [11] for [10]");
        let counter = "bn1.num_batches_tracked".to_owned();
        assert_eq!(
            faults(&|state| state.insert(counter.clone(), values(&[], 1.0))),
            None
        );
        let other = random(ExtractorKind::Resnet50, 0)
            .faults(&architecture)
            .unwrap();
        assert!(other.contains(" more; "), "{other}");
    }
}
