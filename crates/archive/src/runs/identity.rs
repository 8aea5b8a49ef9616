//! Which trial this is: a hash over everything that can change a number.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::RunRecord;
use crate::experiment::Experiment;

/// Keys of an experiment that change no number: names, and how often and how long its state is kept. The manifest and the
/// names of weights are among them because their contents count instead, and metrics that are measured on request because
/// they can be measured later.
const NO_NUMBER: [&str; 17] = [
    "name",
    "title",
    "seeds",
    "dataset.use",
    "fusion.weights",
    "image.cache_memory",
    "image.cache_disk",
    "train.perceptual.weights",
    "train.from",
    "train.checkpoint_every",
    "train.retain.last",
    "train.retain.best",
    "train.retain.every",
    "train.cudnn",
    "train.flush_seconds",
    "train.system_every_seconds",
    "evaluate.metrics",
];

/// Keys of that kind that programs had which wrote older runs.
const NO_NUMBER_ONCE: [&str; 1] = ["train.keep_checkpoints"];

/// Keys that were added after runs had been made, each with the value, as JSON, that all runs before had in effect. A key
/// counts only where it differs from that value, so a new key makes no run stale. The value is frozen: it stays when the
/// key's default changes.
const ADDED: [(&str, &str); 24] = [
    ("dataset.exclude", "[]"),
    ("dataset.limit", "\"all\""),
    ("dataset.toned_below", "0.0"),
    ("network.upsampling", "\"transposed\""),
    ("augment.flip", "false"),
    ("augment.crop", "1.0"),
    ("train.from_partial", "false"),
    ("train.frozen", "[]"),
    ("train.warmup_steps", "0"),
    ("train.accumulate", "1"),
    ("train.clip_norm", "0.0"),
    ("train.clip_value", "0.0"),
    ("train.ema", "0.0"),
    ("train.perceptual.weight", "0.0"),
    ("train.perceptual.pixel", "1.0"),
    ("train.perceptual.layer", "\"relu3_3\""),
    ("train.perceptual.seed", "0"),
    ("train.stop_early.metric", "\"loss\""),
    ("train.stop_early.patience", "0"),
    ("color.classes.step", "10"),
    ("color.classes.neighbors", "5"),
    ("color.classes.sigma", "5.0"),
    ("color.classes.rebalance", "0.5"),
    ("color.classes.temperature", "0.38"),
];

/// The module whose code scores pictures. It changes no weight, so newer metrics ask for a new evaluation and not for a new
/// training: its version counts up to [`SCORING_COUNTS`], the one that runs had when it ceased to count.
const SCORING: &str = "evaluate";
const SCORING_COUNTS: u32 = 2;

/// The names of inputs that are no key of an experiment, or stand for the content of what one names.
const DATASET: &str = "dataset.content";
const LABELS: &str = "dataset.labels";
const WEIGHTS: &str = "fusion.weights";
const PERCEPTUAL_WEIGHTS: &str = "train.perceptual.weights";
const FROM: &str = "train.from";
const DEVICE_CLASS: &str = "device_class";
const CODE: &str = "code.";
const SEED: &str = "seed";

/// What a trial's identity is made of.
#[derive(Debug, Clone, Copy)]
pub struct IdentityParts<'a> {
    /// The resolved experiment.
    pub experiment: &'a Experiment,
    /// The trial's seed.
    pub seed: u64,
    /// Hash over the usable images' ids and contents.
    pub dataset: &'a str,
    /// Hash over the usable images' ids and categories; `None` where the network learns no labels.
    pub labels: Option<&'a str>,
    /// What the extractor's weights are, by content; `None` without fusion.
    pub weights: Option<&'a str>,
    /// What the weights of the perceptual loss are, by content; `None` where the loss is of pixels alone.
    pub perceptual_weights: Option<&'a str>,
    /// Where the initial weights come from; `None` from scratch.
    pub from: Option<&'a Origin>,
    /// `flex`, `libtorch` or `libtorch:cuda`: kinds of device whose arithmetic differs.
    pub device_class: &'a str,
    /// The version of every module whose code can change a number, by name.
    pub code: &'a [(&'static str, u32)],
}

/// What the initial weights of a trial are taken from. `Display` says it shortly: `run 0123456789`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// `run` and the identity of a run, or `file` and the SHA-256 of a model's file.
    pub identity: String,
    /// The same with the run's configuration, so that trials that differ in the seed alone are repetitions of one another where
    /// each starts from the run of its seed.
    pub configuration: String,
}

impl Origin {
    /// A run.
    pub fn run(identity: &str, configuration: &str) -> Self {
        Self {
            identity: format!("run {identity}"),
            configuration: format!("run {configuration}"),
        }
    }

    /// A file with this SHA-256 in hexadecimal.
    pub fn file(sha256: &str) -> Self {
        let identity = format!("file {sha256}");
        Self {
            configuration: identity.clone(),
            identity,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(shortened(&self.identity))
    }
}

/// `run` or `file`, and the first ten digits of what it is known by.
fn shortened(origin: &str) -> &str {
    let word = origin.find(' ').map_or(0, |space| space + 1);
    origin.get(..word + 10).unwrap_or(origin)
}

/// A trial's identity: 32 bytes in hexadecimal. Equal identity, equal numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    hex: String,
    configuration: String,
    seed: u64,
    inputs: Inputs,
    scoring: Option<u32>,
}

/// What an identity was made from: every key that counts with its value as JSON, `dataset.content`, `dataset.labels`,
/// `fusion.weights`, `train.perceptual.weights` and `train.from` by content, `device_class`, `code.<module>` and `seed`. Two
/// identities are compared in words by [`Inputs::changes`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs(BTreeMap<String, String>);

/// An input that differs between two identities; `Display` says it in words: `network.scale 8 → 16`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The input, such as `network.scale` or `code.train`.
    pub key: String,
    /// Its value before, as JSON or a hash; `None` where there was no such input.
    pub before: Option<String>,
    /// Its value now; `None` where there is no such input.
    pub now: Option<String>,
}

impl Identity {
    /// Hashes the parts, the experiment as a sorted list of its keys and values, so that neither the file it was
    /// written in nor the order of this program's types counts.
    pub fn of(parts: &IdentityParts<'_>) -> Self {
        let values = keys_and_values(parts.experiment)
            .into_iter()
            .filter(|(key, value)| Self::counts(key) && !is_frozen(&ADDED, key, value))
            .collect();
        Self::of_values(parts, values)
    }

    fn of_values(parts: &IdentityParts<'_>, mut values: BTreeMap<String, String>) -> Self {
        values.insert(DATASET.to_owned(), parts.dataset.to_owned());
        for (name, content) in [
            (LABELS, parts.labels),
            (WEIGHTS, parts.weights),
            (PERCEPTUAL_WEIGHTS, parts.perceptual_weights),
        ] {
            values.extend(content.map(|content| (name.to_owned(), content.to_owned())));
        }
        values.insert(DEVICE_CLASS.to_owned(), parts.device_class.to_owned());
        for (room, version) in parts.code {
            values.insert(format!("{CODE}{room}"), counted(room, *version).to_string());
        }
        if let Some(from) = parts.from {
            values.insert(FROM.to_owned(), from.configuration.clone());
        }
        let configuration = hash_of(&values);
        if let Some(from) = parts.from {
            values.insert(FROM.to_owned(), from.identity.clone());
        }
        values.insert(SEED.to_owned(), parts.seed.to_string());
        Self {
            hex: hash_of(&values),
            configuration,
            seed: parts.seed,
            inputs: Inputs(values),
            scoring: parts
                .code
                .iter()
                .find_map(|&(module, version)| (module == SCORING).then_some(version)),
        }
    }

    /// The version of the metrics' code, where it is known: it does not count.
    pub fn scoring(&self) -> Option<u32> {
        self.scoring
    }

    /// What it was made from.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Whether a key of an experiment, dotted, is a part of the identity by its value.
    pub fn counts(key: &str) -> bool {
        !NO_NUMBER.contains(&key)
    }

    /// The same hash without the seed: trials with equal configurations are repetitions of one another, and their spread
    /// is that of the seeds.
    pub fn configuration(&self) -> &str {
        &self.configuration
    }

    /// The trial's name, which is its folder's: `s<seed>-<first ten hexadecimal digits>`.
    pub fn trial(&self) -> String {
        format!("s{}-{}", self.seed, &self.hex[..10])
    }
}

/// Whether a key is one that was added later, with the value that runs before it had in effect.
fn is_frozen(added: &[(&str, &str)], key: &str, value: &str) -> bool {
    added.contains(&(key, value))
}

/// A module's version, as far as it counts.
fn counted(module: &str, version: u32) -> u32 {
    if module == SCORING {
        version.min(SCORING_COUNTS)
    } else {
        version
    }
}

fn hash_of(values: &BTreeMap<String, String>) -> String {
    let texts = values.iter().flat_map(|(key, value)| [key, value]);
    hash(texts.map(String::as_str)).to_hex().to_string()
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.hex)
    }
}

impl Inputs {
    /// What a run's identity was made from, as its folder keeps it: `experiment` is its resolved experiment as it stands in
    /// the folder, whichever program wrote it.
    pub fn of_run(record: &RunRecord, experiment: &toml::Table) -> Self {
        let mut values = BTreeMap::new();
        let value = serde_json::to_value(experiment).unwrap_or_default();
        flatten(&value, String::new(), &mut values);
        values.retain(|key, value| {
            Identity::counts(key)
                && !NO_NUMBER_ONCE.contains(&key.as_str())
                && !is_frozen(&ADDED, key, value)
        });
        values.insert(DATASET.to_owned(), record.dataset.content_hash.clone());
        if let Some(labels) = &record.dataset.labels {
            values.insert(LABELS.to_owned(), labels.content_hash.clone());
        }
        for (name, weights) in [
            (WEIGHTS, &record.weights),
            (PERCEPTUAL_WEIGHTS, &record.perceptual_weights),
        ] {
            let identity = weights.as_ref().map(|weights| weights.identity.clone());
            values.extend(identity.map(|identity| (name.to_owned(), identity)));
        }
        if let Some(from) = &record.from {
            values.insert(FROM.to_owned(), from.origin.identity.clone());
        }
        values.insert(DEVICE_CLASS.to_owned(), record.device_class.clone());
        for (room, version) in &record.code {
            values.insert(format!("{CODE}{room}"), counted(room, *version).to_string());
        }
        values.insert(SEED.to_owned(), record.seed.to_string());
        Self(values)
    }

    /// The identity that is made from them, in hexadecimal.
    pub fn identity(&self) -> String {
        hash_of(&self.0)
    }

    /// Keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The kind of device.
    pub fn device_class(&self) -> &str {
        self.0.get(DEVICE_CLASS).map_or("", String::as_str)
    }

    /// What differs between these inputs, which are those of an older run, and those of `now`, by key.
    pub fn changes(&self, now: &Self) -> Vec<Change> {
        let keys: BTreeSet<&String> = self.0.keys().chain(now.0.keys()).collect();
        keys.into_iter()
            .filter(|key| self.0.get(*key) != now.0.get(*key))
            .map(|key| Change {
                key: key.clone(),
                before: self.0.get(key).cloned(),
                now: now.0.get(key).cloned(),
            })
            .collect()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_str();
        match (key, &self.before, &self.now) {
            (DATASET, ..) => formatter.write_str("dataset content changed"),
            (LABELS, Some(_), Some(_)) => formatter.write_str("labels of the dataset changed"),
            (WEIGHTS, Some(_), Some(_)) => formatter.write_str("weights changed"),
            (PERCEPTUAL_WEIGHTS, Some(_), Some(_)) => {
                formatter.write_str("weights of the perceptual loss changed")
            }
            (FROM, Some(before), Some(now)) => write!(
                formatter,
                "{key} is another: {} → {}",
                shortened(before),
                shortened(now)
            ),
            (FROM, None, Some(now)) => write!(formatter, "{key} is new: {}", shortened(now)),
            (FROM, Some(before), None) => {
                write!(formatter, "{key} was removed: {}", shortened(before))
            }
            (_, Some(before), Some(now)) => {
                let name = match key.strip_prefix(CODE) {
                    Some(room) => format!("code of {room}"),
                    None => key.replace('_', if key == DEVICE_CLASS { " " } else { "_" }),
                };
                write!(formatter, "{name} {} → {}", plain(before), plain(now))
            }
            (_, None, Some(now)) => write!(formatter, "{key} is new: {}", plain(now)),
            (_, before, None) => {
                let before = before.as_deref().unwrap_or_default();
                write!(formatter, "{key} was removed: {}", plain(before))
            }
        }
    }
}

/// A JSON value as a person writes it: text without its quotes.
fn plain(json: &str) -> String {
    serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned())
}

/// One hash over several texts, in their order.
pub(super) fn hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        // Lengths keep two neighbors from passing for others.
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize()
}

/// Every key of a resolved experiment with its value as JSON, by dotted key. A table that was read from one does as well.
pub fn keys_and_values(experiment: &impl Serialize) -> BTreeMap<String, String> {
    let value =
        serde_json::to_value(experiment).expect("sections hold only numbers, strings and tables");
    let mut flat = BTreeMap::new();
    flatten(&value, String::new(), &mut flat);
    flat
}

fn flatten(value: &Value, key: String, flat: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(table) => {
            for (name, value) in table {
                let separator = if key.is_empty() { "" } else { "." };
                flatten(value, format!("{key}{separator}{name}"), flat);
            }
        }
        value => {
            flat.insert(key, value.to_string());
        }
    }
}

#[cfg(test)]
mod tests;
