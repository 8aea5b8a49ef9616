//! The networks against PyTorch, and the backends against each other: `tests/golden/network.py` and `networks.py` made the
//! numbers.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::nn::loss::{MseLoss, Reduction};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use colorize::backend::{self, DeviceName, Precision};
use colorize::batch::Batch;
use colorize::network::{
    ImageTransformationSection, Network, NetworkSection, NormKind, Output, Upsampling, init,
};
use colorize::objective::{LabelErrors, Labels};

/// How far results may be from PyTorch's in double precision, relative to their size.
fn tolerance(device: &DeviceName) -> f64 {
    match device {
        DeviceName::Flex | DeviceName::Libtorch => 1e-4,
        // The same arithmetic, but other sums: where flex's worst answer is 0.65e-4 off, that of Mesa's lavapipe is 1.2e-4.
        DeviceName::Wgpu(_) => 2e-4,
        // cuDNN convolves with TF32's ten bits of mantissa, and no switch of that is within reach. Burn's own kernels may
        // use the same units.
        DeviceName::LibtorchCuda(_) | DeviceName::Cuda(_) => 3e-2,
    }
}

/// The same for a network: batch norm over as many values as there are photographs takes errors for differences, in PyTorch
/// as well (see `networks.py`).
fn tolerance_of(section: &NetworkSection, device: &DeviceName) -> f64 {
    let factor = match section {
        NetworkSection::Iizuka(_) => 5.0,
        _ => 1.0,
    };
    factor * tolerance(device)
}

/// The golden file: named tensors of f32, and a description.
struct Golden {
    tensors: BTreeMap<String, TensorData>,
    description: serde_json::Value,
}

impl Golden {
    /// The image transformation network.
    fn of_the_original() -> Self {
        Self::read(include_bytes!("../golden/network.safetensors"))
    }

    /// All others.
    fn of_the_others() -> Self {
        Self::read(include_bytes!("../golden/networks.safetensors"))
    }

    /// Reads a safetensors file: the header's length in eight bytes, the header in JSON, the numbers.
    fn read(file: &[u8]) -> Self {
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let (header, numbers) = file[8..].split_at(length);
        let header: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(header).unwrap();
        let description = header["__metadata__"]["description"].as_str().unwrap();
        let tensors = header
            .iter()
            .filter(|(name, _)| *name != "__metadata__")
            .map(|(name, entry)| {
                assert_eq!(entry["dtype"], "F32");
                let shape: Vec<usize> = serde_json::from_value(entry["shape"].clone()).unwrap();
                let [start, end]: [usize; 2] =
                    serde_json::from_value(entry["data_offsets"].clone()).unwrap();
                let values: Vec<f32> = numbers[start..end]
                    .chunks_exact(4)
                    .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
                    .collect();
                (name.clone(), TensorData::new(values, shape))
            })
            .collect();
        Self {
            tensors,
            description: serde_json::from_str(description).unwrap(),
        }
    }

    fn cases(self) -> Vec<Case> {
        let cases = self.description["cases"].as_object().unwrap();
        cases
            .iter()
            .map(|(name, case)| Case {
                name: name.clone(),
                section: section(case),
                input_channels: case["input_channels"].as_u64().map_or(1, whole),
                output: match (number(&case["output_channels"]), case["classes"].as_bool()) {
                    (count, Some(true)) => Output::Classes(count),
                    (count, _) => Output::Values(count),
                },
                feature_width: case["features"].as_u64().map(whole),
                tensors: self
                    .tensors
                    .iter()
                    .filter_map(|(key, value)| {
                        let key = key.strip_prefix(name)?.strip_prefix('/')?;
                        Some((key.to_owned(), value.clone()))
                    })
                    .collect(),
            })
            .collect()
    }
}

fn whole(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

fn number(value: &serde_json::Value) -> usize {
    whole(value.as_u64().unwrap())
}

/// The network of a case: its section, or the keys of the image transformation network.
fn section(case: &serde_json::Value) -> NetworkSection {
    if let Some(section) = case.get("section") {
        return serde_json::from_value(section.clone()).unwrap();
    }
    NetworkSection::ImageTransformation(ImageTransformationSection {
        norm: serde_json::from_value(case["norm"].clone()).unwrap(),
        scale: number(&case["scale"]),
        residual_blocks: number(&case["residual_blocks"]),
        upsampling: Upsampling::Transposed,
    })
}

/// One network, its input and what PyTorch made of it.
struct Case {
    name: String,
    section: NetworkSection,
    input_channels: usize,
    output: Output,
    feature_width: Option<usize>,
    tensors: BTreeMap<String, TensorData>,
}

impl Case {
    fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        Tensor::from_data(self.tensors[name].clone(), device)
    }

    /// The network with PyTorch's weights.
    fn network(&self, device: &Device) -> Network {
        let network = init(
            &self.section,
            self.input_channels,
            self.output,
            self.feature_width,
            0,
            device,
        );
        let network = match self.categories() {
            Some(categories) => network.learning_labels(categories, 0, device),
            None => network,
        };
        let mut loader = Loader {
            path: Vec::new(),
            weights: self.part("weight/"),
        };
        let network = network.map(&mut loader);
        let left: Vec<_> = loader.weights.keys().collect();
        assert!(left.is_empty(), "not in the network: {left:?}");
        network
    }

    fn part(&self, prefix: &str) -> BTreeMap<String, TensorData> {
        self.tensors
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())))
            .collect()
    }

    /// How many categories the network learns beside the colors, if it does.
    fn categories(&self) -> Option<usize> {
        Some(self.tensors.get("labels")?.shape()[1])
    }

    /// What the network answers to the case's input, `times` brighter, and what it says of the labels.
    fn answer(
        &self,
        network: &Network,
        times: f64,
        device: &Device,
    ) -> (Tensor<4>, Option<Tensor<2>>) {
        let features = self.feature_width.map(|_| self.tensor("features", device));
        // The golden networks end with tanh, which is the objective's here.
        let input = self.tensor::<4>("input", device).mul_scalar(times);
        let (map, logits) = network.forward_and_classify(input, features);
        (map.tanh(), logits)
    }

    /// What the labels add to the loss.
    fn of_labels(&self, logits: Tensor<2>) -> Tensor<1> {
        let labels = golden_numbers(&self.tensors["labels"]);
        let images = self.tensors["labels"].shape()[0];
        let batch = Batch {
            size: 0,
            pixels: Vec::new(),
            positions: (0..images).collect(),
            features: Vec::new(),
            labels,
        };
        let asked = Labels {
            weight: self.section.classification(),
            categories: Vec::new(),
        };
        asked.loss(&LabelErrors::of(logits, &batch).unwrap())
    }

    /// Forward, mean squared error and the loss of the labels, backward.
    fn step(&self, network: &Network, device: &Device) -> (Tensor<4>, Tensor<1>, Gradients) {
        let (output, logits) = self.answer(network, 1.0, device);
        assert_eq!(logits.is_some(), self.categories().is_some());
        let mut loss = MseLoss::new().forward(
            output.clone(),
            self.tensor("target", device),
            Reduction::Mean,
        );
        if let Some(logits) = logits {
            loss = loss + self.of_labels(logits);
        }
        let gradients = loss.backward();
        (output, loss, gradients)
    }

    /// Asserts that two tensors agree: each element to `tolerance` of itself, or of `scale` where it is smaller, and
    /// the whole in its norm.
    fn compare(&self, what: &str, found: &[f32], expected: &[f32], tolerance: f64, scale: f64) {
        assert_eq!(found.len(), expected.len(), "{}: {what}", self.name);
        let mut error_square = 0.0;
        let mut square = 0.0;
        for (index, (&found, &expected)) in found.iter().zip(expected).enumerate() {
            let [found, expected] = [f64::from(found), f64::from(expected)];
            let error = (found - expected).abs();
            assert!(
                error <= tolerance * expected.abs().max(scale),
                "{}: {what}[{index}]: {found} is not {expected}",
                self.name
            );
            error_square += error * error;
            square += expected * expected;
        }
        let floor = scale * scale * found.len() as f64;
        assert!(
            error_square.sqrt() <= tolerance * square.max(floor).sqrt(),
            "{}: {what}: norm of the error {}, of the values {}",
            self.name,
            error_square.sqrt(),
            square.sqrt()
        );
    }
}

/// The variants of the enums on the way to a tensor.
const ENUMS: [&str; 7] = [
    "ImageTransformation",
    "Unet",
    "Baldassarre",
    "Zhang",
    "Iizuka",
    "Batch",
    "Instance",
];

/// A module's tensors are named by their path without the enums' names: `encode_1.norm.gamma`.
fn path_name(path: &[String]) -> String {
    path.iter()
        .map(String::as_str)
        .filter(|part| !ENUMS.contains(part))
        .collect::<Vec<_>>()
        .join(".")
}

/// Replaces parameters by those of the golden file.
struct Loader {
    path: Vec<String>,
    weights: BTreeMap<String, TensorData>,
}

impl ModuleMapper for Loader {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = path_name(&self.path);
        let Some(data) = self.weights.remove(&name) else {
            assert!(name.contains("running_"), "not in the golden file: {name}");
            return param;
        };
        param.map(|old| {
            assert_eq!(&old.shape(), data.shape(), "{name}");
            Tensor::from_data(data, &old.device()).set_require_grad(old.is_require_grad())
        })
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
}

/// Collects a module's float tensors, or their gradients, by name.
struct Collector<'a> {
    path: Vec<String>,
    gradients: Option<&'a Gradients>,
    found: BTreeMap<String, Vec<f32>>,
}

impl<'a> Collector<'a> {
    fn collect(network: &Network, gradients: Option<&'a Gradients>) -> BTreeMap<String, Vec<f32>> {
        let mut collector = Self {
            path: Vec::new(),
            gradients,
            found: BTreeMap::new(),
        };
        network.visit(&mut collector);
        collector.found
    }
}

impl ModuleVisitor for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = match self.gradients {
            None => Some(numbers(param.val())),
            Some(gradients) => param.val().grad(gradients).map(numbers),
        };
        if let Some(values) = values {
            self.found.insert(path_name(&self.path), values);
        }
    }

    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

fn golden_numbers(data: &TensorData) -> Vec<f32> {
    data.clone().try_to_vec().unwrap()
}

/// Runs `test` for every case on every device of this build and machine, with autodiff.
fn for_each_case(mut test: impl FnMut(&Case, &DeviceName, &Device)) {
    for name in backend::present() {
        let device = backend::open(&name).unwrap().autodiff();
        for golden in [Golden::of_the_original(), Golden::of_the_others()] {
            for case in golden.cases() {
                test(&case, &name, &device);
            }
        }
    }
}

#[test]
fn forward_and_gradients_are_pytorchs() {
    for_each_case(|case, name, device| {
        let tolerance = tolerance_of(&case.section, name);
        let network = case.network(device);
        let (output, loss, gradients) = case.step(&network, device);
        let expected = golden_numbers(&case.tensors["output"]);
        case.compare("output", &numbers(output), &expected, tolerance, 0.1);
        let expected = golden_numbers(&case.tensors["loss"]);
        case.compare("loss", &numbers(loss), &expected, tolerance, 0.0);

        // A relu that rounding moves across its corner changes a gradient as a whole, which a fixed tolerance takes for a
        // fault. `verify device` compares these gradients with flex, and draws again where that happens.
        if matches!(name, DeviceName::Wgpu(_)) {
            return;
        }
        let expected = case.part("gradient/");
        let found = Collector::collect(&network, Some(&gradients));
        assert_eq!(
            found.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>(),
            "{}",
            case.name
        );
        // The sums that make a gradient cancel, so its small elements are known as well as the usual one of the
        // network is; the biases in front of norms, whose gradients are zero, have no other measure.
        let all: Vec<f32> = expected.values().flat_map(golden_numbers).collect();
        let usual = (all
            .iter()
            .map(|value| f64::from(value * value))
            .sum::<f64>()
            / all.len() as f64)
            .sqrt();
        for (parameter, expected) in &expected {
            let expected = golden_numbers(expected);
            case.compare(parameter, &found[parameter], &expected, tolerance, usual);
        }
    });
}

#[test]
fn running_statistics_are_keras_and_serve_after_training() {
    for_each_case(|case, name, device| {
        let tolerance = tolerance_of(&case.section, name);
        let network = case.network(device);
        for update in [0.0, 1.0, 2.0] {
            case.answer(&network, 1.0 - 0.2 * update, device);
        }
        // As a checkpoint written now would hold them.
        let found = Collector::collect(&network, None);
        let expected = case.part("statistic/");
        assert_eq!(
            expected.is_empty(),
            case.section.norm() != Some(NormKind::Batch),
            "{}",
            case.name
        );
        for (statistic, expected) in &expected {
            let expected = golden_numbers(expected);
            case.compare(statistic, &found[statistic], &expected, tolerance, 0.01);
        }

        let plain = device.clone().without_autodiff();
        let (output, _) = case.answer(&network.valid(), 1.0, &plain);
        let expected = golden_numbers(&case.tensors["output_after_training"]);
        case.compare(
            "output after training",
            &numbers(output),
            &expected,
            tolerance,
            0.1,
        );
    });
}

#[test]
fn the_first_steps_of_adam_are_pytorchs_and_repeat_bit_for_bit() {
    let mut on_flex = BTreeMap::new();
    for_each_case(|case, name, device| {
        let train = || {
            let mut network = case.network(device);
            let mut optimizer = AdamConfig::new().with_epsilon(1e-7).init();
            (0..5)
                .map(|_| {
                    let (_, loss, gradients) = case.step(&network, device);
                    let gradients = GradientsParams::from_grads(gradients, &network);
                    network = optimizer.step(1e-3, network.clone(), gradients);
                    numbers(loss)[0]
                })
                .collect::<Vec<f32>>()
        };
        let losses = train();
        let expected = golden_numbers(&case.tensors["adam_losses"]);
        let tolerance = tolerance_of(&case.section, name);
        case.compare("losses", &losses, &expected, tolerance, 0.0);
        let flex = on_flex
            .entry(case.name.clone())
            .or_insert_with(|| losses.clone());
        case.compare("losses on flex", &losses, flex, tolerance, 0.0);
        if backend::is_deterministic(name) {
            assert_eq!(losses, train(), "{}", case.name);
        }
    });
}

#[test]
fn in_bfloat16_the_first_steps_are_nearly_pytorchs() {
    for_each_case(|case, name, device| {
        if case.section.needs_f32().is_some() || backend::computes(name, Precision::Bf16).is_err() {
            return;
        }
        let train = |precision| {
            let mut network = case.network(device).with_precision(precision);
            let mut optimizer = AdamConfig::new().with_epsilon(1e-7).init();
            let losses: Vec<f32> = (0..5)
                .map(|_| {
                    let (_, loss, gradients) = case.step(&network, device);
                    let gradients = GradientsParams::from_grads(gradients, &network);
                    network = optimizer.step(1e-3, network.clone(), gradients);
                    numbers(loss)[0]
                })
                .collect();
            // Weights and statistics are 32-bit floats: the collector reads nothing else.
            (losses, Collector::collect(&network, None))
        };
        let (losses, weights) = train(Precision::Bf16);
        let expected = golden_numbers(&case.tensors["adam_losses"]);
        case.compare("losses", &losses, &expected, 0.02, 0.0);
        assert_ne!(losses, train(Precision::F32).0, "{}", case.name);
        if backend::is_deterministic(name) {
            assert_eq!((losses, weights), train(Precision::Bf16), "{}", case.name);
        }
    });
}

#[test]
fn initial_weights_depend_on_the_seed_and_not_on_the_device() {
    let section = NetworkSection::ImageTransformation(ImageTransformationSection {
        norm: NormKind::Batch,
        scale: 3,
        residual_blocks: 2,
        upsampling: Upsampling::Transposed,
    });
    let weights = |name: &DeviceName, autodiff: bool, seed| {
        let device = backend::open(name).unwrap();
        let device = if autodiff { device.autodiff() } else { device };
        Collector::collect(
            &init(&section, 1, Output::Values(2), None, seed, &device),
            None,
        )
    };
    let reference = weights(&DeviceName::Flex, false, 5);
    for name in backend::present() {
        for autodiff in [false, true] {
            assert_eq!(weights(&name, autodiff, 5), reference, "{name}");
        }
    }
    assert_ne!(weights(&DeviceName::Flex, false, 6), reference);

    for (parameter, values) in &reference {
        match parameter.rsplit('.').next().unwrap() {
            "weight" => {
                // Glorot's bound for the kernels whose fans are written out here.
                let limit = match parameter.as_str() {
                    "encode_1.convolution.weight" => (6.0_f64 / ((1 + 3) * 81) as f64).sqrt(),
                    "encode_3.convolution.weight" | "decode_1.convolution.weight" => {
                        (6.0_f64 / ((6 + 12) * 9) as f64).sqrt()
                    }
                    "decode_3.convolution.weight" => (6.0_f64 / ((3 + 2) * 81) as f64).sqrt(),
                    _ => continue,
                };
                let largest = values
                    .iter()
                    .fold(0.0, |most: f32, value| most.max(value.abs()));
                let largest = f64::from(largest) / limit;
                assert!((0.99..=1.0).contains(&largest), "{parameter}: {largest}");
            }
            "bias" | "beta" | "running_mean" => assert!(values.iter().all(|value| *value == 0.0)),
            "gamma" | "running_var" => assert!(values.iter().all(|value| *value == 1.0)),
            other => panic!("unknown parameter {other}"),
        }
    }
}

#[test]
fn parameters_are_as_many_as_in_pytorch() {
    let device = backend::open(&DeviceName::Flex).unwrap();
    let count = |section: &str, output, feature_width| {
        let section: NetworkSection = serde_json::from_str(section).unwrap();
        init(&section, 1, output, feature_width, 0, &device).parameter_count()
    };
    let original =
        r#"{"kind": "image_transformation", "norm": "batch", "scale": 16, "residual_blocks": 5}"#;
    let expected = number(&Golden::of_the_original().description["parameters_at_scale_16"]);
    assert_eq!(count(original, Output::Values(2), None), expected);
    assert_eq!(expected, 421_014);

    // At the papers' sizes; every key but the norm is a default.
    let expected = &Golden::of_the_others().description["parameters"];
    let unet = r#"{"kind": "unet", "norm": "batch", "scale": 16}"#;
    let iizuka: NetworkSection = serde_json::from_str(r#"{"kind": "iizuka"}"#).unwrap();
    let labeled = init(&iizuka, 1, Output::Values(2), None, 0, &device)
        .learning_labels(80, 0, &device)
        .parameter_count();
    for (kind, found) in [
        ("unet", count(unet, Output::Values(2), None)),
        (
            "baldassarre",
            count(r#"{"kind": "baldassarre"}"#, Output::Values(2), Some(1000)),
        ),
        (
            "zhang",
            count(r#"{"kind": "zhang"}"#, Output::Classes(313), None),
        ),
        ("iizuka", labeled),
    ] {
        assert_eq!(found, number(&expected[kind]), "{kind}");
    }
}

#[test]
fn initial_weights_of_every_network_are_the_same_on_every_device() {
    for case in Golden::of_the_others().cases() {
        let weights = |name: &DeviceName, seed| {
            let device = backend::open(name).unwrap();
            let (output, width) = (case.output, case.feature_width);
            Collector::collect(&init(&case.section, 1, output, width, seed, &device), None)
        };
        let reference = weights(&DeviceName::Flex, 5);
        for name in backend::present() {
            assert_eq!(weights(&name, 5), reference, "{}: {name}", case.name);
        }
        assert_ne!(weights(&DeviceName::Flex, 6), reference, "{}", case.name);
    }
}
