//! Experiments: what a TOML file says, and what it means once nothing is left open.
//!
//! Three types, from the file to the run. A file *as written* is TOML with the place of every key: it may extend a
//! parent, and leave out what has a default. [`resolve`] merges it with its parents, its `[quick]` and the command line's
//! [`Overrides`], and judges the whole, at every point of its `[matrix]` or `[sweep]`. [`Resolved`] is the outcome, one a point, with the
//! places kept, so that an error found later can still be drawn where its cause was written; the [`Experiment`] in it is complete and knows of no file: it is
//! what a run is made from, and what its folder keeps.
//!
//! A file may also state [`Claim`]s: what the experiment should show. They change no number, so they are beside the
//! experiment and not in it.
//!
//! [`Outline`] reads of a file only what a report needs of it, and [`Document`] reads files of other modules, such as a report
//! itself, with the same care.
//!
//! Every section has a file in [`section`], with the type of its keys and the rules for their values. What those values
//! name, and other modules compute with, stands beside them: devices, precisions, metrics, baselines and the policy by which
//! checkpoints stay. Nothing here computes.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

mod baseline;
mod categories;
mod claim;
mod cost;
mod device_name;
mod document;
mod explain;
mod file;
mod halving;
mod judge;
mod layers;
mod manifest;
mod matrix;
mod metric;
mod neighbours;
mod outline;
mod overridden;
mod overrides;
mod precision;
mod problem;
mod read;
mod resolve;
mod retention;
mod search;
pub mod section;
mod source;
mod start;
mod tree;
mod variant;
mod weights;
mod written;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use self::section::{
    AugmentSection, ColorSection, DatasetSection, EvaluateSection, FusionSection, ImageSection,
    NetworkSection, SlurmSection, TrainSection,
};

pub use baseline::Baseline;
pub use claim::{Against, Claim, WrittenClaim};
pub use colorize_statistics::Better;
pub use cost::{ADDRESSABLE, Cost};
pub use device_name::{DeviceName, Devices, UnknownDevice};
pub use document::Document;
pub use halving::Halving;
pub use manifest::{UnknownManifest, list_manifests, resolve_manifest};
pub use metric::{MachineMetric, Metric, Properties, TrainingMetric};
pub use neighbours::{experiments_in, find_neighbour};
pub use outline::Outline;
pub use overridden::{Overridden, Stated};
pub use overrides::Overrides;
pub use precision::{Cudnn, Precision};
pub use problem::{ExperimentError, Fault, Problem};
pub use resolve::{check_names, resolve};
pub use retention::Retention;
pub use start::StartsFrom;
pub use tree::Layer;
pub use variant::Variant;
pub use written::known_keys;

/// A complete experiment: every value decided and judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Names the folder of its runs: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it shows, for tables and pictures.
    pub title: String,
    /// Each seed is a run of its own; at least one, none twice, at most 2^63 - 1.
    pub seeds: Vec<u64>,
    /// The photographs.
    pub dataset: DatasetSection,
    /// Their size.
    pub image: ImageSection,
    /// What the network is given and has to say.
    pub color: ColorSection,
    /// The network.
    pub network: NetworkSection,
    /// What a pretrained classifier adds to it.
    #[serde(default)]
    pub fusion: FusionSection,
    /// How training photographs are varied.
    #[serde(default)]
    pub augment: AugmentSection,
    /// The training.
    pub train: TrainSection,
    /// What is measured.
    pub evaluate: EvaluateSection,
}

/// An experiment with the places that its values come from.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The complete experiment.
    pub experiment: Experiment,
    /// Where each of its values was written.
    pub origins: Origins,
    /// The file it was read from.
    pub path: PathBuf,
    /// The dataset's manifests, in their order: files that exist, each once, at least one.
    pub manifests: Vec<PathBuf>,
    /// The file that `fusion.weights` names, which exists; `None` where it holds a name or where there is no extractor.
    pub weights: Option<PathBuf>,
    /// The file that `train.perceptual.weights` names, which exists; `None` where it holds a name or where the loss is of
    /// pixels alone.
    pub perceptual_weights: Option<PathBuf>,
    /// What `train.from` means, which need not exist; `None` where the weights come from nothing.
    pub from: Option<StartsFrom>,
    /// What the file claims, its own claims and not its parents'.
    pub claims: Vec<Claim>,
    /// Where in the file's `[matrix]` or `[sweep]` it stands.
    pub variant: Variant,
    /// Which of the points of its `[sweep]` are trained to the end; `None` where all are.
    pub halving: Option<Halving>,
    /// What its trials need of a cluster.
    pub slurm: SlurmSection,
    /// What a user should know of the request and cannot see in the experiment, such as a category that is named twice.
    pub notes: Vec<String>,
}

/// Where each value of an experiment was written; [`Resolved::error_at`] draws from it.
#[derive(Debug, Clone)]
pub struct Origins(tree::Node);

impl Experiment {
    /// The experiment as TOML, every value written out; [`Self::from_toml`] reads the same back.
    ///
    /// # Panics
    ///
    /// When a seed exceeds 2^63 - 1, where TOML's whole numbers end; [`resolve`] and [`Self::from_toml`] admit none.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("every value of a judged experiment is one of TOML's")
    }

    /// Reads what [`Self::to_toml`] wrote; `path` is where `text` stands, for messages.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, as for a file that a user wrote: nothing is merged and nothing looked up.
    pub fn from_toml(text: &str, path: &Path) -> Result<Self, ExperimentError> {
        resolve::read_resolved(text, path, &Overrides::default())
    }

    /// The same with other values, judged again. Nothing is looked up, no dataset and no weights.
    ///
    /// # Errors
    ///
    /// All that is wrong with it then.
    pub fn with(&self, overrides: &Overrides) -> Result<Self, ExperimentError> {
        resolve::read_resolved(&self.to_toml(), Path::new(&self.name), overrides)
    }
}

#[cfg(test)]
mod tests;
