//! The keys of an experiment once its parents are merged in, and reading them to the end whatever is wrong.

use std::sync::OnceLock;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::section::{
    AugmentSection, ColorSection, DatasetSection, EvaluateSection, FusionSection, ImageSection,
    LearningRateSchedule, Loss, NetworkSection, Optimizer, SlurmSection, TrainSection,
};

use super::Experiment;
use super::claim::WrittenClaim;
use super::explain::{dotted, example, explain, sample};
use super::problem::{Fault, Problem};
use super::read::{Mismatch, read};
use super::tree::Node;
use colorize_base::nearest::nearest;

/// An experiment's keys as a file may write them, once its parents are merged in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(rename = "extends")]
    _extends: Option<IgnoredAny>,
    name: Option<String>,
    title: Option<String>,
    #[serde(default = "default_seeds")]
    seeds: Vec<u64>,
    dataset: DatasetSection,
    image: ImageSection,
    color: ColorSection,
    network: NetworkSection,
    #[serde(default)]
    fusion: FusionSection,
    #[serde(default)]
    augment: AugmentSection,
    train: TrainSection,
    #[serde(default)]
    evaluate: EvaluateSection,
    #[serde(default)]
    pub(super) slurm: SlurmSection,
    #[serde(default)]
    claims: Vec<WrittenClaim>,
    #[serde(rename = "quick")]
    _quick: Option<IgnoredAny>,
    #[serde(rename = "matrix")]
    _matrix: Option<IgnoredAny>,
    #[serde(rename = "sweep")]
    _sweep: Option<IgnoredAny>,
}

fn default_seeds() -> Vec<u64> {
    vec![0]
}

impl Written {
    /// The complete experiment and its claims as written; `stem` is its file's name without the ending.
    pub(super) fn complete(self, stem: &str) -> (Experiment, Vec<WrittenClaim>) {
        let name = self.name.unwrap_or_else(|| stem.to_string());
        let experiment = Experiment {
            title: self.title.unwrap_or_else(|| name.clone()),
            name,
            seeds: self.seeds,
            dataset: self.dataset,
            image: self.image,
            color: self.color,
            network: self.network,
            fusion: self.fusion,
            augment: self.augment,
            train: self.train,
            evaluate: self.evaluate,
        };
        (experiment, self.claims)
    }
}

/// What reading a tree brought to light.
pub(super) struct Found {
    pub(super) problems: Vec<Problem>,
    /// The paths of the values that were replaced so that reading could continue.
    replaced: Vec<Vec<String>>,
    /// The paths of keys that were left out because they belong to a kind that a heir has changed.
    pub(super) left_behind: Vec<Vec<String>>,
}

impl Found {
    /// The sections that hold a replaced value.
    pub(super) fn sections(&self) -> Vec<&str> {
        self.replaced.iter().map(|path| path[0].as_str()).collect()
    }
}

/// Reads `tree` to the end, whatever is wrong on the way: a value that is refused is reported and then replaced by
/// the example's, or left out where the example has none.
pub(super) fn read_all<T: DeserializeOwned>(tree: &Node) -> (Option<T>, Found) {
    read_all_of(tree, known_keys())
}

/// Each is found by reading everything once more, and nobody reads a thousand of them.
const MOST_PROBLEMS: usize = 100;

/// [`read_all`] of a file whose keys elsewhere are `known`, dotted.
pub(super) fn read_all_of<T: DeserializeOwned>(
    tree: &Node,
    known: &[String],
) -> (Option<T>, Found) {
    let mut tree = tree.clone();
    let mut found = Found {
        problems: Vec::new(),
        replaced: Vec::new(),
        left_behind: Vec::new(),
    };
    // Keys that are there under a wrong name, and so not missing.
    let mut misspelt = Vec::new();
    let value = loop {
        let refusal = match read::<T>(&tree) {
            Ok(value) => break Some(value),
            Err(refusal) => refusal,
        };
        if refusal.path.is_empty() || found.replaced.contains(&refusal.path) {
            break None;
        }
        let is_unknown = matches!(refusal.mismatch, Mismatch::UnknownKey { .. });
        if is_unknown
            && tree
                .get(&refusal.path)
                .is_some_and(|node| node.of_former_kind)
        {
            tree.put(&refusal.path, None);
            found.left_behind.push(refusal.path);
            continue;
        }
        let mut problem = explain(&refusal, &tree, known);
        problem.from_quick = tree
            .get(&refusal.path)
            .is_some_and(|node| node.layer.is_quick());
        if found.problems.len() + 1 == MOST_PROBLEMS {
            let note = format!("these are the first {MOST_PROBLEMS} problems: there may be more");
            found.problems.push(problem.note(note));
            break None;
        }
        found.problems.push(problem);
        let mut place = refusal.path.clone();
        // Which keys a table of an unknown kind has nobody knows, and one that lacks a key of its kind cannot be completed: there
        // the whole table is replaced, but no section, and no element of an array, whose neighbors would change their names.
        let is_table_within = place.len() > 2 && !place.iter().any(|part| part.starts_with('['));
        let replacement = match &refusal.mismatch {
            Mismatch::UnknownValue { .. }
                if is_table_within && place.last().is_some_and(|key| key == "kind") =>
            {
                place.pop();
                sample(&place)
            }
            Mismatch::MissingKey(_) if is_table_within && sample(&place).is_none() => {
                place.pop();
                sample(&place)
            }
            Mismatch::UnknownKey { key, legal } => {
                let above = &refusal.path[..refusal.path.len() - 1];
                let meant = nearest(key, legal.iter().copied())
                    .next()
                    .map(str::to_string);
                misspelt.extend(meant.map(|meant| dotted(&[above, &[meant]].concat())));
                None
            }
            _ => sample(&refusal.path),
        };
        tree.put(&place, replacement);
        found.replaced.push(refusal.path);
    };
    found.problems.retain(|problem| match problem.fault() {
        Fault::MissingKey(key) | Fault::MissingSection(key) => !misspelt.contains(key),
        _ => true,
    });
    (value, found)
}

/// Every key that an experiment can have, dotted: those of the smallest one once it is complete, and those of every kind that
/// its tables can be of.
pub fn known_keys() -> &'static [String] {
    static KEYS: OnceLock<Vec<String>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let mut keys = Vec::new();
        if let Ok(written) = read::<Written>(&example()) {
            let (experiment, _) = written.complete("");
            collect("", &experiment, &mut keys);
        }
        for optimizer in Optimizer::all(1.0) {
            collect("train.optimizer.", &optimizer, &mut keys);
        }
        for schedule in LearningRateSchedule::ALL {
            collect("train.schedule.", &schedule, &mut keys);
        }
        for loss in Loss::ALL {
            collect("train.loss.", &loss, &mut keys);
        }
        keys
    })
}

/// Adds the keys of `section` and of the tables in it, each after `prefix`, that are not among `keys`.
fn collect(prefix: &str, section: &impl Serialize, keys: &mut Vec<String>) {
    let mut open: Vec<(String, toml::Table)> = toml::Table::try_from(section)
        .map(|table| (prefix.to_owned(), table))
        .into_iter()
        .collect();
    while let Some((prefix, table)) = open.pop() {
        for (key, value) in table {
            let key = format!("{prefix}{key}");
            if let toml::Value::Table(table) = value {
                open.push((format!("{key}."), table));
            } else if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
}
