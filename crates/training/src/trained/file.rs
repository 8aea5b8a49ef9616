//! A trained network as one file: safetensors, with everything that predicting needs in its metadata. `docs/models.md`
//! describes it.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

use burn::module::Module;
use safetensors::tensor::{Metadata, TensorView};
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::{TrainedError, TrainedNetwork, TrainedRun, same_weights};
use crate::backend::{self, DeviceName};
use crate::experiment::Experiment;
use crate::extractor::{ExtractorKind, WEIGHTS_FOLDER, WeightsChoice};
use crate::network::{State, Values};
use crate::runs::read_metrics;
use crate::train::{Colorizer, ExtractorWeights};
use colorize_base::{open_file, read_file};

/// Changes when an older program could misread a file. Newer files are refused.
pub const MODEL_FORMAT: u32 = 1;

/// What `format` says in every file that is a model.
const KIND: &str = "colorize-model";

/// The key of safetensors' header that is no tensor.
const METADATA: &str = "__metadata__";

/// Larger files are refused before they are read.
const MOST_BYTES: u64 = 1 << 32;

/// Larger headers are refused before they are read.
const MOST_HEADER_BYTES: u64 = 1 << 24;

const LICENSE: &str = "The program is MIT OR Apache-2.0. Weights have the license that whoever trained them gives them; the \
photographs that they were trained on, and a pretrained classifier, carry licenses of their own.";

/// Whether a file says that it is a model of this program, of whatever format and in whatever state.
pub fn is_model(path: &Path) -> bool {
    let is_file = path.symlink_metadata().is_ok_and(|it| it.is_file());
    is_file && header(path).is_some_and(|header| header[METADATA]["format"] == KIND)
}

/// The header of a safetensors file.
fn header(path: &Path) -> Option<Json> {
    let mut file = open_file(path).ok()?;
    let mut length = [0; 8];
    file.read_exact(&mut length).ok()?;
    let length = u64::from_le_bytes(length);
    if length > MOST_HEADER_BYTES {
        return None;
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).ok()?;
    serde_json::from_slice(&header).ok()
}

impl TrainedRun {
    /// The bytes of a file that holds the network and all there is to say of it; the same bytes each time.
    ///
    /// # Errors
    ///
    /// [`TrainedError::Run`] when the run's log cannot be read.
    pub fn to_file(&self) -> Result<Vec<u8>, TrainedError> {
        let tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)> = self
            .network
            .colorizer
            .state()
            .into_iter()
            .map(|(name, values)| {
                let bytes = values.numbers.iter().flat_map(|it| it.to_le_bytes());
                (name, (values.shape, bytes.collect()))
            })
            .collect();
        let experiment = self.experiment.to_toml();
        let mut metadata = self.facts()?;
        metadata.insert("checksum", checksum(&experiment, &tensors));
        metadata.insert("experiment", experiment);
        Ok(serialize(&tensors, &metadata))
    }

    /// What the metadata says, but for the experiment and the checksum.
    fn facts(&self) -> Result<BTreeMap<&'static str, String>, TrainedError> {
        let record = &self.record;
        let mut scores = BTreeMap::new();
        for (split, metric, series) in read_metrics(&self.folder)?.all() {
            let value = series.iter().find(|&&(step, _)| step == self.step);
            if let (Some(&(_, value)), "validation") = (value, split) {
                // JSON has no word for infinity.
                let value = if value.is_finite() {
                    json!(value)
                } else {
                    json!(value.to_string())
                };
                scores.insert(metric.to_owned(), value);
            }
        }
        let mut facts = BTreeMap::from([
            ("format", KIND.to_owned()),
            ("format_version", MODEL_FORMAT.to_string()),
            ("name", record.experiment.clone()),
            ("title", record.title.clone()),
            ("seed", record.seed.to_string()),
            ("identity", record.identity.clone()),
            ("step", self.step.to_string()),
            ("steps", record.steps.to_string()),
            ("dataset", record.dataset.manifest.stems()),
            ("photographs", record.dataset.train.to_string()),
            (
                "held_out_photographs",
                record.dataset.validation.to_string(),
            ),
            ("scores", json!(scores).to_string()),
            ("code", json!(record.code).to_string()),
            ("license", LICENSE.to_owned()),
        ]);
        if let Some(synthetic) = self.synthetic {
            facts.insert("synthetic", synthetic.to_string());
        }
        if let Some(session) = record.sessions.last() {
            let version = &session.environment.colorize;
            facts.insert("program", format!("colorize {version}"));
        }
        facts.extend(record.commit().map(|commit| ("commit", commit)));
        if let Some(weights) = &record.weights {
            facts.insert("extractor", self.experiment.fusion.extractor.to_string());
            facts.insert("extractor_weights", weights.identity.clone());
        }
        Ok(facts)
    }
}

/// BLAKE3 of the experiment and of every tensor, by name.
fn checksum<B: AsRef<[u8]>>(
    experiment: &str,
    tensors: &BTreeMap<String, (Vec<usize>, B)>,
) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(experiment.as_bytes());
    for (name, (_, bytes)) in tensors {
        hasher.update(name.as_bytes());
        hasher.update(bytes.as_ref());
    }
    hasher.finalize().to_hex().to_string()
}

/// A safetensors file. The library writes metadata in an order that changes from run to run, so they are added to its header
/// here, sorted.
fn serialize(
    tensors: &BTreeMap<String, (Vec<usize>, Vec<u8>)>,
    metadata: &BTreeMap<&str, String>,
) -> Vec<u8> {
    let views = tensors.iter().map(|(name, (shape, bytes))| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        (name.as_str(), view.expect("as many bytes as the shape has"))
    });
    let plain = safetensors::serialize(views, None).expect("names and shapes of a network");
    let (length, rest) = plain.split_at(8);
    let length = u64::from_le_bytes(length.try_into().expect("eight bytes"));
    let (header, data) = rest.split_at(length as usize);
    let mut header: BTreeMap<String, Json> =
        serde_json::from_slice(header).expect("safetensors' header is JSON");
    header.insert(METADATA.to_owned(), json!(metadata));
    let mut header = serde_json::to_vec(&header).expect("texts and numbers are JSON");
    // Numbers begin at a multiple of eight.
    header.resize(header.len().next_multiple_of(8), b' ');
    [&(header.len() as u64).to_le_bytes(), &header[..], data].concat()
}

impl TrainedNetwork {
    /// Reads a file that [`TrainedRun::to_file`] made. With fusion, the extractor's weights have to be the ones that the
    /// network was trained with: named ones are looked up in `cache`, others where the experiment says, or by the name of
    /// their file among the cache's weights.
    ///
    /// # Errors
    ///
    /// [`TrainedError`] when the file is no model, damaged, of a newer format, or lacks a tensor, or the device or the
    /// extractor's weights are not there.
    pub fn read(path: &Path, device_name: DeviceName, cache: &Path) -> Result<Self, TrainedError> {
        let device = backend::open(&device_name)?;
        let unusable = |reason: String| TrainedError::Model {
            path: path.to_owned(),
            reason,
        };
        let bytes = read(path)?;
        let (metadata, state) = parse(&bytes).map_err(unusable)?;
        let fact = |key: &str| {
            let fact = metadata.get(key).ok_or_else(|| {
                unusable(format!(
                    "its metadata lacks `{key}`; export the model again"
                ))
            });
            fact.map(String::as_str)
        };
        let number = |key: &str| {
            let text = fact(key)?;
            let number = text.parse::<u64>();
            number.map_err(|_| unusable(format!("its metadata's `{key}` is no number: `{text}`")))
        };
        let experiment = Experiment::from_toml(fact("experiment")?, path)?;
        let weights = weights(&experiment, || fact("extractor_weights"), cache)?;
        let seed = number("seed")?;
        let colorizer = Colorizer::new(&experiment, seed, &device)
            .valid()
            .with_state(state)
            .map_err(|faults| {
                unusable(format!(
                    "its tensors are not those of the network that it describes; {faults}"
                ))
            })?;
        Ok(Self {
            seed,
            identity: fact("identity")?.to_owned(),
            step: number("step")? as usize,
            synthetic: fact("synthetic").ok().and_then(|it| it.parse().ok()),
            experiment,
            colorizer,
            weights,
            device_name,
            device,
            cache: cache.to_path_buf(),
        })
    }
}

/// The weights and statistics in a file that [`TrainedRun::to_file`] made, and the SHA-256 of the file in hexadecimal.
///
/// # Errors
///
/// [`TrainedError`] when the file cannot be read, is no model, damaged, or of a newer format.
pub(crate) fn read_state(path: &Path) -> Result<(State, String), TrainedError> {
    let bytes = read(path)?;
    let (_, state) = parse(&bytes).map_err(|reason| TrainedError::Model {
        path: path.to_owned(),
        reason,
    })?;
    let digits = Sha256::digest(&bytes);
    let digits = digits.iter().map(|byte| format!("{byte:02x}"));
    Ok((state, digits.collect()))
}

fn read(path: &Path) -> Result<Vec<u8>, TrainedError> {
    let failed = |cause| TrainedError::Read {
        path: path.to_owned(),
        cause,
    };
    read_file(path, MOST_BYTES).map_err(failed)
}

/// Metadata and tensors, or in words what is wrong.
fn parse(bytes: &[u8]) -> Result<(HashMap<String, String>, State), String> {
    let (_, header): (usize, Metadata) = SafeTensors::read_metadata(bytes)
        .map_err(|error| format!("it is no safetensors file, or a damaged one: {error}"))?;
    let metadata = header.metadata().clone().unwrap_or_default();
    if metadata.get("format").is_none_or(|format| format != KIND) {
        return Err(
            "it is a safetensors file, but not one that `colorize export model` wrote".to_owned(),
        );
    }
    let version = metadata.get("format_version").map_or("", String::as_str);
    match version.parse::<u32>() {
        Ok(MODEL_FORMAT) => {}
        Ok(newer) if newer > MODEL_FORMAT => {
            return Err(format!(
                "its format is {newer}, but this program reads {MODEL_FORMAT}: use a newer version of colorize"
            ));
        }
        _ => return Err(format!("its `format_version` is `{version}`")),
    }
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| format!("it is truncated or damaged: {error}"))?;
    let mut state = State::new();
    let mut tensors = BTreeMap::new();
    for (name, tensor) in file.iter() {
        if tensor.dtype() != Dtype::F32 {
            return Err(format!(
                "tensor `{name}` has type {:?}, but must be F32",
                tensor.dtype()
            ));
        }
        let numbers = tensor.data().as_chunks().0.iter();
        let values = Values {
            shape: tensor.shape().to_vec(),
            numbers: numbers.map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        };
        state.insert(name.to_owned(), values);
        tensors.insert(name.to_owned(), (tensor.shape().to_vec(), tensor.data()));
    }
    let experiment = metadata.get("experiment").map_or("", String::as_str);
    // Absent where somebody changed the weights on purpose.
    let expected = metadata.get("checksum");
    if expected.is_some_and(|expected| checksum(experiment, &tensors) != *expected) {
        return Err(
            "it has changed since it was written: its checksum does not match; export it again"
                .to_owned(),
        );
    }
    Ok((metadata, state))
}

/// The extractor's weights whose identity the file names.
fn weights<'a>(
    experiment: &Experiment,
    trained: impl FnOnce() -> Result<&'a str, TrainedError>,
    cache: &Path,
) -> Result<Option<ExtractorWeights>, TrainedError> {
    let section = &experiment.fusion;
    if section.extractor == ExtractorKind::None {
        return Ok(None);
    }
    let trained = trained()?;
    let is_named = WeightsChoice::of(section, None).is_ok();
    let path = (!is_named).then(|| {
        let written = PathBuf::from(&section.weights);
        let name = written.file_name().unwrap_or_default();
        let cached = cache.join(WEIGHTS_FOLDER).join(name);
        if written.is_file() { written } else { cached }
    });
    let found = ExtractorWeights::locate(section, path.as_deref(), cache)?;
    same_weights(experiment, found, trained, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(change: impl FnOnce(&mut BTreeMap<&str, String>)) -> Vec<u8> {
        let tensors = BTreeMap::from([("a".to_owned(), (vec![2], vec![0; 8]))]);
        let mut metadata = BTreeMap::from([
            ("format", KIND.to_owned()),
            ("format_version", "1".to_owned()),
            ("checksum", checksum("", &tensors)),
        ]);
        change(&mut metadata);
        serialize(&tensors, &metadata)
    }

    #[test]
    fn what_is_written_is_a_safetensors_file_of_the_same_bytes_each_time() {
        let bytes = file(|_| {});
        assert_eq!(bytes, file(|_| {}));
        let (metadata, state) = parse(&bytes).unwrap();
        assert_eq!(metadata["format"], KIND);
        assert_eq!(state["a"].shape, [2]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        assert!(!is_model(&path) && !is_model(folder.path()));
        std::fs::write(&path, &bytes).unwrap();
        assert!(is_model(&path));
        std::fs::write(&path, "my thesis").unwrap();
        assert!(!is_model(&path));
    }

    #[test]
    fn what_is_no_model_is_refused_with_its_reason() {
        let refused = |bytes: &[u8]| parse(bytes).unwrap_err();
        let thesis = refused(b"my thesis is not a model");
        assert!(thesis.starts_with("it is no safetensors file"), "{thesis}");
        let other = file(|metadata| {
            metadata.remove("format");
        });
        assert!(refused(&other).contains("not one that `colorize export model` wrote"));
        let newer = file(|metadata| {
            metadata.insert("format_version", "2".to_owned());
        });
        assert!(refused(&newer).contains("use a newer version of colorize"));
        let mut bytes = file(|_| {});
        let last = bytes.len() - 1;
        let cut = refused(&bytes[..last]);
        assert!(cut.contains("damaged"), "{cut}");
        bytes[last] ^= 1;
        assert!(refused(&bytes).contains("its checksum does not match"));
        let mut own = file(|metadata| {
            metadata.remove("checksum");
        });
        let last = own.len() - 1;
        own[last] ^= 1;
        assert!(parse(&own).is_ok());
    }
}
