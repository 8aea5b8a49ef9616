//! The classifiers against PyTorch, and what is made of other people's files: `tests/golden/extractor.py` made the
//! numbers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};
use colorize::backend::{self, DeviceName};
use colorize::download;
use colorize::extractor::{
    Extractor, ExtractorError, ExtractorKind, NAMED, Pooling, WeightsChoice, layout,
};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

#[test]
fn a_file_that_claims_more_than_it_holds_is_refused_before_memory_is_taken() {
    let choice = WeightsChoice::File(golden("claims_much.pth"));
    let device = backend::open(&DeviceName::Flex).unwrap();
    let cache = Path::new("no cache");
    let error = Extractor::load(ExtractorKind::Resnet18, &choice, cache, &device).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("claims more numbers than a file of"),
        "{text}"
    );
}

/// How far results may be from PyTorch's in double precision, relative to the largest.
fn tolerance(device: &DeviceName) -> f64 {
    match device {
        // wgpu is held to the same as the other 32-bit floats.
        DeviceName::Flex | DeviceName::Libtorch | DeviceName::Wgpu(_) => 1e-4,
        // cuDNN convolves with TF32's ten bits of mantissa, and no switch of that is within reach. Burn's own kernels may
        // use the same units.
        DeviceName::LibtorchCuda(_) | DeviceName::Cuda(_) => 3e-2,
    }
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// The golden script's numbers on [0, 1): FNV-1a of the name, then the last steps of `MurmurHash3`.
fn units(name: &str, count: usize) -> impl Iterator<Item = f64> {
    let seed = name.bytes().fold(0x811c_9dc5_u32, |seed, byte| {
        (seed ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (0..count as u32).map(move |index| {
        let mut x = index.wrapping_mul(0x9e37_79b9) ^ seed;
        x ^= x >> 16;
        x = x.wrapping_mul(0x85eb_ca6b);
        x ^= x >> 13;
        x = x.wrapping_mul(0xc2b2_ae35);
        x ^= x >> 16;
        f64::from(x) / 2.0_f64.powi(32)
    })
}

/// The golden script's weights.
fn weights(name: &str, shape: &[usize]) -> Vec<f32> {
    let count: usize = shape.iter().product();
    let limit = (6.0 / (count / shape[0]) as f64).sqrt();
    let value = |unit: f64| {
        if shape.len() > 1 {
            (2.0 * unit - 1.0) * limit
        } else if name.ends_with("running_var") {
            0.5 + unit
        } else if name.ends_with(".weight") {
            0.5 + 0.75 * unit
        } else {
            0.4 * (2.0 * unit - 1.0)
        }
    };
    units(name, count).map(|unit| value(unit) as f32).collect()
}

/// The tensors of a classifier with `classes` classes, by name.
fn state(kind: ExtractorKind, classes: usize) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let head = match kind {
        ExtractorKind::EfficientnetLite0 => "_fc",
        _ => "fc",
    };
    let mut tensors = layout(kind);
    tensors.push((format!("{head}.weight"), vec![classes, kind.width()]));
    tensors.push((format!("{head}.bias"), vec![classes]));
    tensors
        .into_iter()
        .map(|(name, shape)| {
            let numbers = weights(&name, &shape);
            (name, (shape, numbers))
        })
        .collect()
}

fn write(path: &Path, state: &BTreeMap<String, (Vec<usize>, Vec<f32>)>) {
    let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = state
        .iter()
        .map(|(name, (shape, numbers))| {
            let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
            (name, shape, bytes.collect())
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, (*shape).clone(), bytes).unwrap();
        (name.as_str(), view)
    });
    std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

fn load(
    kind: ExtractorKind,
    path: &Path,
    device: &DeviceName,
) -> Result<Extractor, ExtractorError> {
    let device = backend::open(device).unwrap();
    let weights = WeightsChoice::File(path.to_owned());
    Extractor::load(kind, &weights, Path::new("no cache"), &device)
}

#[test]
fn features_and_logits_are_those_of_pytorch() {
    let file = std::fs::read(golden("extractor.safetensors")).unwrap();
    let expected = SafeTensors::deserialize(&file).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let picture: Vec<f32> = units("picture", 3 * 70 * 50)
        .map(|unit| (6.0 * unit - 3.0) as f32)
        .collect();
    let mut compared = 0;
    for kind in ExtractorKind::ALL {
        write(&path, &state(kind, 1000));
        for name in backend::present() {
            let extractor = load(kind, &path, &name).unwrap();
            let data = TensorData::new(picture.clone(), [1, 3, 70, 50]);
            let input = Tensor::from_data(data, extractor.device());
            for (what, actual) in [
                ("max", extractor.features(input.clone(), Pooling::Max)),
                (
                    "average",
                    extractor.features(input.clone(), Pooling::Average),
                ),
                ("logits", extractor.logits(input.clone()).unwrap()),
            ] {
                let actual: Vec<f32> = actual.try_into_vec_as().unwrap();
                let tensor = expected.tensor(&format!("{kind}/{what}")).unwrap();
                let expected: Vec<f32> = tensor
                    .data()
                    .as_chunks()
                    .0
                    .iter()
                    .map(|bytes| f32::from_le_bytes(*bytes))
                    .collect();
                assert_eq!(actual.len(), expected.len());
                let largest = expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
                let pairs = actual.iter().zip(&expected);
                let error = pairs.fold(0.0_f32, |error, (a, b)| error.max((a - b).abs()));
                let relative = f64::from(error / largest);
                assert!(
                    relative < tolerance(&name),
                    "{kind} {what} on {name}: {relative:e}"
                );
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 12 * backend::present().len());
}

#[test]
fn weights_that_do_not_fit_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let refused = |kind, path: &Path| load(kind, path, &DeviceName::Flex).unwrap_err().to_string();
    let kind = ExtractorKind::Resnet18;
    let shown = path.display();

    let mut changed = state(kind, 10);
    changed.insert("layer5.weight".into(), (vec![1], vec![0.0]));
    changed.remove("layer4.1.bn2.running_mean");
    changed.insert("bn1.bias".into(), (vec![2, 32], vec![0.0; 64]));
    write(&path, &changed);
    assert_eq!(
        refused(kind, &path),
        format!(
            "the weights in `{shown}` do not fit `resnet18`: missing: `layer4.1.bn2.running_mean`; unexpected: `layer5.weight`; wrong shape: `bn1.bias` [2, 32] for [64]"
        )
    );
    write(&path, &state(kind, 10));
    assert_eq!(
        refused(ExtractorKind::Resnet50, &path),
        format!(
            "the weights in `{shown}` do not fit `resnet50`: they belong to `resnet18`: set `fusion.extractor = \"resnet18\"`"
        )
    );
    let extractor = load(kind, &path, &DeviceName::Flex).unwrap();
    assert_eq!(extractor.classes(), Some(10));

    for file in ["extractor_small.pth", "extractor_small_until_2020.pth"] {
        let message = refused(kind, &golden(file));
        // The counter of the norm is passed over.
        assert!(message.contains("and 96 more; wrong shape: "), "{message}");
        assert!(
            message.ends_with("`conv1.weight` [2, 3, 1, 1] for [64, 3, 7, 7]"),
            "{message}"
        );
    }
    let message = refused(kind, &golden("extractor_halves.pth"));
    assert!(
        message.ends_with("has type F16, but must be F32"),
        "{message}"
    );
}

#[test]
fn files_that_hold_no_weights_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pth");
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let error = load(ExtractorKind::Resnet18, &path, &DeviceName::Flex).unwrap_err();
        let start = format!("cannot read weights from `{}`: ", path.display());
        error.to_string().strip_prefix(&start).unwrap().to_owned()
    };
    assert_eq!(refused(b""), "the file is empty");
    assert_eq!(
        refused(b"\n<!DOCTYPE html><html>Not found</html>"),
        "it is a web page: the download went wrong"
    );
    assert_eq!(
        refused(b"0.1 0.2 0.3"),
        "it is neither a PyTorch checkpoint nor a safetensors file"
    );
    // `os.system("touch <marker>")` as a pickle: it is read and not run.
    let marker = folder.path().join("marker");
    let command = format!("touch {}", marker.display());
    let mut pickle = b"\x80\x02cos\nsystem\nX".to_vec();
    pickle.extend((command.len() as u32).to_le_bytes());
    pickle.extend(command.as_bytes());
    pickle.extend(b"\x85R.");
    let message = refused(&pickle);
    assert!(
        message.starts_with("truncated, damaged, or not a PyTorch checkpoint: "),
        "{message}"
    );
    assert!(!marker.exists());

    let error = load(ExtractorKind::Resnet18, folder.path(), &DeviceName::Flex).unwrap_err();
    assert!(error.to_string().ends_with(": it is a folder"), "{error}");
    let error = load(
        ExtractorKind::Resnet18,
        &folder.path().join("x.pth"),
        &DeviceName::Flex,
    );
    assert!(matches!(error, Err(ExtractorError::Read { .. })));
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pth");
    let mut tried = 0;
    for file in [
        "extractor_small.pth",
        "extractor_small_until_2020.pth",
        "extractor.safetensors",
    ] {
        let bytes = std::fs::read(golden(file)).unwrap();
        let step = (bytes.len() / 400).max(1);
        for end in (0..bytes.len()).step_by(step) {
            std::fs::write(&path, &bytes[..end]).unwrap();
            let error = load(ExtractorKind::Resnet18, &path, &DeviceName::Flex).unwrap_err();
            let is_unreadable = matches!(error, ExtractorError::NotWeights { .. });
            assert!(is_unreadable, "{file} cut at {end}: {error}");
            tried += 1;
        }
    }
    assert!(tried >= 1200, "{tried}");
}

#[test]
fn a_file_with_a_wrong_byte_anywhere_is_no_catastrophe() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pth");
    for file in [
        "extractor_small.pth",
        "extractor_small_until_2020.pth",
        "extractor.safetensors",
    ] {
        let bytes = std::fs::read(golden(file)).unwrap();
        // All of the small ones, and the header of the large one.
        for at in 0..bytes.len().min(2500) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            std::fs::write(&path, damaged).unwrap();
            let error = load(ExtractorKind::Resnet18, &path, &DeviceName::Flex).unwrap_err();
            let message = error.to_string();
            assert!(!message.contains("panicked"), "{file} byte {at}: {message}");
        }
    }
}

#[test]
fn named_weights_are_those_that_can_be_fetched() {
    let published = [
        ("resnet18", "resnet18-f37072fd.pth", "f37072fd"),
        ("resnet34", "resnet34-b627a593.pth", "b627a593"),
        ("resnet50", "resnet50-0676ba61.pth", "0676ba61"),
        ("resnet50_v2", "resnet50-11ad3fa6.pth", "11ad3fa6"),
        (
            "efficientnet_lite0",
            "efficientnet-lite0-57934424.pth",
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
    ];
    assert_eq!(NAMED.len(), 5);
    for (named, (fetch, file_name, sha256)) in NAMED.iter().zip(published) {
        let item = download::find(named.fetch).unwrap();
        assert_eq!((named.fetch, named.item()), (fetch, item));
        assert_eq!(item.file_name, file_name);
        assert!(
            item.checksum.to_string().starts_with(sha256),
            "{}",
            named.fetch
        );
    }
}
