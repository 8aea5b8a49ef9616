//! Which trial this is: a hash over everything that can change a number.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::RunRecord;
use crate::experiment::Experiment;

/// Keys of an experiment that change no number: names, and how often and how long its state is kept. The manifest and the
/// name of the weights are among them because their contents count instead.
const NO_NUMBER: [&str; 11] = [
    "name",
    "title",
    "seeds",
    "dataset.use",
    "fusion.weights",
    "train.checkpoint_every",
    "train.retain.last",
    "train.retain.best",
    "train.retain.every",
    "train.flush_seconds",
    "train.system_every_seconds",
];

/// Keys of that kind that programs had which wrote older runs.
const NO_NUMBER_ONCE: [&str; 1] = ["train.keep_checkpoints"];

/// The names of inputs that are no key of an experiment, or stand for the content of what one names.
const DATASET: &str = "dataset.content";
const WEIGHTS: &str = "fusion.weights";
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
    inputs: Inputs,
}

/// What an identity was made from: every key that counts with its value as JSON, `dataset.content` and `fusion.weights` by
/// content, `device_class`, `code.<room>` and `seed`. Two identities are compared in words by [`Inputs::changes`].
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
            .filter(|(key, _)| Self::counts(key))
            .collect();
        Self::of_values(parts, values)
    }

    fn of_values(parts: &IdentityParts<'_>, mut values: BTreeMap<String, String>) -> Self {
        values.insert(DATASET.to_owned(), parts.dataset.to_owned());
        if let Some(weights) = parts.weights {
            values.insert(WEIGHTS.to_owned(), weights.to_owned());
        }
        values.insert(DEVICE_CLASS.to_owned(), parts.device_class.to_owned());
        for (room, version) in parts.code {
            values.insert(format!("{CODE}{room}"), version.to_string());
        }
        let configuration = hash_of(&values);
        values.insert(SEED.to_owned(), parts.seed.to_string());
        Self {
            hex: hash_of(&values),
            configuration,
            seed: parts.seed,
            inputs: Inputs(values),
        }
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
        values.retain(|key, _| Identity::counts(key) && !NO_NUMBER_ONCE.contains(&key.as_str()));
        values.insert(DATASET.to_owned(), record.dataset.content_hash.clone());
        if let Some(weights) = &record.weights {
            values.insert(WEIGHTS.to_owned(), weights.identity.clone());
        }
        values.insert(DEVICE_CLASS.to_owned(), record.device_class.clone());
        for (room, version) in &record.code {
            values.insert(format!("{CODE}{room}"), version.to_string());
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
            (WEIGHTS, Some(_), Some(_)) => formatter.write_str("weights changed"),
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
                write!(formatter, "{key} is gone: {}", plain(before))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Other values for text keys; which of them a key takes, its type decides.
    const TEXTS: [&str; 14] = [
        "other",
        "yuv",
        "rgb",
        "exact",
        "luma",
        "batch",
        "instance",
        "bilinear_antialias",
        "resnet18",
        "average",
        "caffe",
        "huber",
        "cosine",
        "running",
    ];

    fn example() -> Experiment {
        let mut table: toml::Table =
            toml::from_str(include_str!("../experiment/example.toml")).unwrap();
        for (key, value) in [("name", "tiny"), ("title", "Tiny")] {
            table.insert(key.to_owned(), value.into());
        }
        table.insert("seeds".to_owned(), vec![0].into());
        table.insert("evaluate".to_owned(), toml::Table::new().into());
        table.try_into().unwrap()
    }

    fn identity(experiment: &Experiment) -> Identity {
        Identity::of(&parts(experiment))
    }

    fn parts(experiment: &Experiment) -> IdentityParts<'_> {
        IdentityParts {
            experiment,
            seed: 0,
            dataset: "d1",
            weights: None,
            device_class: "flex",
            code: &[("train", 2)],
        }
    }

    /// The experiment with another value at `key`; `None` where its type has only this one.
    fn altered(experiment: &Experiment, key: &str) -> Option<Experiment> {
        let whole = serde_json::to_value(experiment).unwrap();
        let pointer = format!("/{}", key.replace('.', "/"));
        let before = whole.pointer(&pointer).unwrap().clone();
        let others: Vec<Value> = match &before {
            Value::Bool(value) => vec![(!value).into()],
            Value::Number(number) if number.is_f64() => {
                vec![(number.as_f64().unwrap() / 2.0).into()]
            }
            Value::Number(number) => vec![(number.as_u64().unwrap() + 4).into()],
            Value::String(_) => TEXTS.map(Value::from).to_vec(),
            Value::Array(_) => vec![vec![7].into(), vec!["cow"].into()],
            other => panic!("{key} is {other}"),
        };
        others
            .into_iter()
            .filter(|other| *other != before)
            .find_map(|other| {
                let mut whole = whole.clone();
                *whole.pointer_mut(&pointer).unwrap() = other;
                serde_json::from_value(whole).ok()
            })
    }

    #[test]
    fn every_key_is_counted_or_known_to_change_no_number() {
        let experiment = example();
        let before = identity(&experiment);
        let mut single = Vec::new();
        let mut ignored = Vec::new();
        for key in keys_and_values(&experiment).keys() {
            let Some(other) = altered(&experiment, key) else {
                assert!(before.inputs.0.contains_key(key), "{key}");
                single.push(key.clone());
                continue;
            };
            let now = identity(&other);
            if Identity::counts(key) {
                assert_ne!(before.to_string(), now.to_string(), "{key}");
                assert_ne!(before.configuration(), now.configuration(), "{key}");
                let changes = before.inputs.changes(&now.inputs);
                assert_eq!(changes.len(), 1, "{key}");
                assert_eq!(changes[0].key, *key);
            } else {
                assert_eq!(before, now, "{key}");
                ignored.push(key.clone());
            }
        }
        // Until there is a second one.
        assert_eq!(
            single,
            ["network.kind", "train.optimizer.kind", "train.precision"]
        );
        let mut known = NO_NUMBER.map(str::to_owned);
        known.sort();
        assert_eq!(ignored, known, "a key on the list that no experiment has");
    }

    #[test]
    fn what_is_no_key_counts_too_and_is_told_in_words() {
        let mut experiment = example();
        experiment.fusion.extractor = crate::extractor::ExtractorKind::Resnet18;
        let before = Identity::of(&IdentityParts {
            weights: Some("w1"),
            ..parts(&experiment)
        });
        let words = |parts: IdentityParts<'_>| {
            let now = Identity::of(&parts);
            assert_ne!(before, now);
            let changes = before.inputs.changes(&now.inputs);
            changes.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let same = IdentityParts {
            weights: Some("w1"),
            ..parts(&experiment)
        };
        let seed = IdentityParts { seed: 1, ..same };
        assert_eq!(words(seed), ["seed 0 → 1"]);
        assert_eq!(Identity::of(&seed).configuration(), before.configuration());
        assert_eq!(
            words(IdentityParts {
                dataset: "d2",
                ..same
            }),
            ["dataset content changed"]
        );
        assert_eq!(
            words(IdentityParts {
                weights: Some("w2"),
                ..same
            }),
            ["weights changed"]
        );
        let device = IdentityParts {
            device_class: "libtorch",
            ..same
        };
        assert_eq!(words(device), ["device class flex → libtorch"]);
        let code = [("photo", 1), ("train", 3)];
        assert_eq!(
            words(IdentityParts {
                code: &code,
                ..same
            }),
            ["code.photo is new: 1", "code of train 2 → 3"]
        );
        assert_eq!(words(parts(&experiment)), ["fusion.weights is gone: w1"]);
        let mut other = experiment.clone();
        other.network.scale = 8;
        other.train.loss = crate::train::Loss::Huber;
        assert_eq!(
            words(IdentityParts {
                experiment: &other,
                ..same
            }),
            ["network.scale 16 → 8", "train.loss mse → huber"]
        );
    }

    #[test]
    fn a_run_folder_keeps_what_its_identity_was_made_from() {
        let mut experiment = example();
        experiment.train.flush_seconds = 3.0;
        let identity = identity(&experiment);
        let record: RunRecord = serde_json::from_value(serde_json::json!({
            "format": 1, "experiment": "tiny", "title": "Tiny", "seed": 0, "identity": identity.to_string(),
            "status": "done", "error": null, "step": 1, "steps": 1, "device": "flex", "device_class": "flex",
            "code": { "train": 2 }, "libraries": {},
            "dataset": {
                "manifest": "", "content_hash": "d1", "train": 1, "validation": 1,
                "colorless": [], "broken": {}, "missing": []
            },
            "parameters": 1, "sessions": [],
        }))
        .unwrap();
        let table = toml::from_str(&experiment.to_toml()).unwrap();
        assert_eq!(Inputs::of_run(&record, &table), identity.inputs);
    }
}
