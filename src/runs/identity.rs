//! Which trial this is: a hash over everything that can change a number.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::experiment::Experiment;

/// Keys of an experiment that change no number: names, and how often and how long its state is kept. The manifest and the
/// name of the weights are among them because their contents count instead.
const NO_NUMBER: [&str; 9] = [
    "name",
    "title",
    "seeds",
    "dataset.use",
    "fusion.weights",
    "train.checkpoint_every",
    "train.keep_checkpoints",
    "train.flush_seconds",
    "train.system_every_seconds",
];

/// What a trial's identity is made of.
#[derive(Debug, Clone, Copy)]
pub struct IdentityParts<'a> {
    /// The resolved experiment.
    pub experiment: &'a Experiment,
    /// The trial's seed.
    pub seed: u64,
    /// Hash over the usable images' ids and contents.
    pub dataset: &'a str,
    /// What the extractor's weights are, by content; `None` without fusion.
    pub weights: Option<&'a str>,
    /// `flex`, `libtorch` or `libtorch:cuda`: kinds of device whose arithmetic differs.
    pub device_class: &'a str,
    /// The version of every room whose code can change a number, by name.
    pub code: &'a [(&'static str, u32)],
}

/// A trial's identity: 32 bytes in hexadecimal. Equal identity, equal numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    hex: String,
    configuration: String,
    seed: u64,
}

impl Identity {
    /// Hashes the parts, the experiment as a sorted list of its keys and values, so that neither the file it was
    /// written in nor the order of this program's types counts.
    pub fn of(parts: &IdentityParts<'_>) -> Self {
        let values = keys_and_values(parts.experiment)
            .into_iter()
            .filter(|(key, _)| !NO_NUMBER.contains(&key.as_str()))
            .collect();
        Self::of_values(parts, values)
    }

    fn of_values(parts: &IdentityParts<'_>, mut values: BTreeMap<String, String>) -> Self {
        values.insert("dataset.content".to_owned(), parts.dataset.to_owned());
        if let Some(weights) = parts.weights {
            values.insert("fusion.weights".to_owned(), weights.to_owned());
        }
        values.insert("device_class".to_owned(), parts.device_class.to_owned());
        for (room, version) in parts.code {
            values.insert(format!("code.{room}"), version.to_string());
        }
        let hash_of = |values: &BTreeMap<String, String>| {
            let texts = values.iter().flat_map(|(key, value)| [key, value]);
            hash(texts.map(String::as_str)).to_hex().to_string()
        };
        let configuration = hash_of(&values);
        values.insert("seed".to_owned(), parts.seed.to_string());
        Self {
            hex: hash_of(&values),
            configuration,
            seed: parts.seed,
        }
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

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.hex)
    }
}

/// One hash over several texts, in their order.
pub(super) fn hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        // Lengths keep two neighbours from passing for others.
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize()
}

/// Every key of a resolved experiment with its value as JSON, by dotted key.
pub fn keys_and_values(experiment: &Experiment) -> BTreeMap<String, String> {
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
