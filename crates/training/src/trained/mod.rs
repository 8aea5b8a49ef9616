//! Trained runs, put to use: [`TrainedRun::open`] reads a run's network back, [`TrainedRun::score`] judges it by any
//! photographs ([`Known`] tells which of them it was trained on), [`TrainedRun::scored_pictures`] makes the pictures that were
//! judged, and [`TrainedNetwork::paint`] colorizes a photograph of any size by what [`TrainedNetwork::chroma`] says of it.
//!
//! [`TrainedRun::to_file`] makes one file of a run's network, and [`TrainedNetwork::read`] reads such a file: it needs no
//! run folder.

mod file;
mod known;
mod photographs;
mod pictures;
mod score;

pub(crate) use file::read_state;
pub use file::{MODEL_FORMAT, is_model};
pub use known::Known;
pub use photographs::ChromaPlanes;
pub use pictures::ScoredPicture;

use colorize_base::{Blame, Blamed, MOST_TEXT, read_text};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::Device;

use crate::backend::{self, BackendError, DeviceName};
use crate::color::Head;
use crate::dataset::Dataset;
use crate::experiment::{Experiment, ExperimentError};
use crate::extractor::{ExtractorError, WeightsChoice};
use crate::objective::{Decode, Labels};
use crate::perceptual::{Judges, PerceptualWeights};
use crate::photo::PhotoError;
use crate::runs::{Checkpoint, Inputs, RunError, RunFolder, RunRecord};
use crate::train::{Colorizer, ExtractorWeights, Fusing, TrainError, with_weights};

/// Why a trained run cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrainedError {
    /// The run folder holds nothing that can be used.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Its `experiment.toml` is not what this program writes.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// The device is not available.
    #[error(transparent)]
    Device(#[from] BackendError),
    /// The extractor or its weights are not available.
    #[error(transparent)]
    Extractor(#[from] ExtractorError),
    /// The extractor's weights are not those that the run was trained with.
    #[error(
        "the run was trained with other weights of `{network}`: {trained}, but the weights found are {found}; put the original weights at `{}`",
        path.display()
    )]
    OtherWeights {
        /// The network whose weights they are.
        network: &'static str,
        /// SHA-256 of the weights of the run.
        trained: String,
        /// SHA-256 of the weights that were found.
        found: String,
        /// Where they were looked for.
        path: PathBuf,
    },
    /// The run's answers are colors already.
    #[error(
        "nothing to decode: the run was trained with `color.head = \"{}\"`, and its network answers with colors and not with \
         classes; leave out `--decode`",
        .head.name()
    )]
    NoClasses {
        /// How its network answers.
        head: Head,
    },
    /// The photographs cannot be divided or read.
    #[error(transparent)]
    Photographs(#[from] TrainError),
    /// A photograph cannot be decoded.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// A file is no model, or not one that this program can use.
    #[error("cannot use `{}` as a model: {reason}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system refused to read a model.
    #[error("cannot read `{}`: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What it said.
        cause: std::io::Error,
    },
}

impl Blamed for TrainedError {
    fn blame(&self) -> Blame {
        match self {
            Self::Run(error) => error.blame(),
            Self::Experiment(error) => error.blame(),
            Self::Device(error) => error.blame(),
            Self::Extractor(error) => error.blame(),
            Self::Photographs(error) => error.blame(),
            Self::Photo(error) => error.blame(),
            Self::Read { cause, .. } => cause.blame(),
            Self::OtherWeights { .. } | Self::Model { .. } | Self::NoClasses { .. } => {
                Blame::Request
            }
        }
    }
}

/// A run's network, and where it comes from.
#[derive(Debug)]
pub struct TrainedRun {
    /// Where the run lies.
    pub folder: RunFolder,
    /// What it is.
    pub record: RunRecord,
    /// Its network.
    pub network: TrainedNetwork,
}

/// What a network can do, a run can do with its network.
impl Deref for TrainedRun {
    type Target = TrainedNetwork;

    fn deref(&self) -> &TrainedNetwork {
        &self.network
    }
}

/// A trained network, in inference mode.
#[derive(Debug)]
pub struct TrainedNetwork {
    /// What was trained.
    pub experiment: Experiment,
    /// The seed of the run.
    pub seed: u64,
    /// The identity of the run, 64 hexadecimal digits.
    pub identity: String,
    /// The step whose weights these are.
    pub step: usize,
    /// Whether it saw nothing but scenes that the program paints itself; `None` where nobody knows any more.
    pub synthetic: Option<bool>,
    colorizer: Colorizer,
    weights: Option<ExtractorWeights>,
    device_name: DeviceName,
    device: Device,
    cache: PathBuf,
}

impl TrainedRun {
    /// Reads the weights of `step`, or of the newest sound checkpoint. For a run with fusion the extractor's weights
    /// have to be the ones that it was trained with. `cache` is the folder of weights and feature vectors.
    ///
    /// # Errors
    ///
    /// [`TrainedError`] when the folder is no run of this program, has no such checkpoint, or the device or the
    /// extractor's weights are not there.
    pub fn open(
        folder: &RunFolder,
        step: Option<usize>,
        device_name: DeviceName,
        cache: &Path,
    ) -> Result<Self, TrainedError> {
        let device = backend::open(&device_name)?;
        let Model {
            record,
            experiment,
            checkpoint,
            colorizer,
        } = Model::of(folder, step, &device)?;
        let weights = weights(&experiment, &record, cache)?;
        let synthetic = record.dataset.synthetic.or_else(|| {
            let names = record.dataset.manifest.names().iter();
            let paths: Vec<PathBuf> = names.map(PathBuf::from).collect();
            Some(Dataset::read(&paths).ok()?.is_synthetic())
        });
        Ok(Self {
            network: TrainedNetwork {
                experiment,
                seed: record.seed,
                identity: record.identity.clone(),
                step: checkpoint.step,
                synthetic,
                colorizer,
                weights,
                device_name,
                device,
                cache: cache.to_path_buf(),
            },
            folder: folder.clone(),
            record,
        })
    }
}

/// What a run folder says of a network, and the network.
pub(crate) struct Model {
    pub(crate) record: RunRecord,
    experiment: Experiment,
    pub(crate) checkpoint: Checkpoint,
    /// In inference mode.
    pub(crate) colorizer: Colorizer,
}

impl Model {
    /// The network of `step`, or of the newest sound checkpoint. An extractor is not looked for.
    ///
    /// # Errors
    ///
    /// As [`TrainedRun::open`].
    pub(crate) fn of(
        folder: &RunFolder,
        step: Option<usize>,
        device: &Device,
    ) -> Result<Self, TrainedError> {
        let no_run = |reason: &str| RunError::Record {
            path: folder.path().to_path_buf(),
            reason: reason.to_owned(),
        };
        let record = folder
            .record()?
            .ok_or_else(|| no_run("`run.json` is missing"))?;
        let path = folder.experiment();
        let text = read_text(&path, MOST_TEXT)
            .map_err(|error| no_run(&format!("`{}` {error}", path.display())))?;
        let experiment = Experiment::from_toml(&text, &path)?;
        let inputs = toml::from_str(&text).map(|table| Inputs::of_run(&record, &table));
        if inputs.is_ok_and(|inputs| inputs.identity() != record.identity) {
            return Err(RunError::Edited {
                path,
                identity: record.identity,
            }
            .into());
        }
        let checkpoint = checkpoint(folder, &record.identity, step)?;
        // What it learned beside the colors is a part of the checkpoint, and is not asked any more.
        let labels = record.dataset.labels.as_ref();
        let labels = labels.and_then(|it| Labels::of(&experiment, it.categories.clone()));
        let untrained =
            Colorizer::new(&experiment, record.seed, device).learning(labels, record.seed);
        let colorizer = with_weights(untrained, &checkpoint)?.valid();
        Ok(Self {
            record,
            experiment,
            checkpoint,
            colorizer,
        })
    }
}

impl TrainedNetwork {
    /// The same network, its answers decoded otherwise than it was trained to; nothing is learned anew.
    ///
    /// # Errors
    ///
    /// [`TrainedError::NoClasses`] when its network does not choose among classes.
    pub fn decoded_by(self, decode: Decode) -> Result<Self, TrainedError> {
        let head = self.experiment.color.head;
        let colorizer = self.colorizer.decoded_by(decode);
        let colorizer = colorizer.ok_or(TrainedError::NoClasses { head })?;
        Ok(Self { colorizer, ..self })
    }

    /// The networks of metrics that are measured on request, where this one computes; `None` without any.
    ///
    /// # Errors
    ///
    /// [`TrainedError::Extractor`] when their weights cannot be read.
    pub fn judges(&self, weights: &PerceptualWeights) -> Result<Option<Judges>, TrainedError> {
        Ok(Judges::load(weights, &self.device)?)
    }

    /// Where the network's feature vectors come from; `None` without fusion.
    fn fusing(&self) -> Option<Fusing<'_>> {
        self.weights.as_ref().map(|weights| Fusing {
            weights,
            device_name: self.device_name,
            device: &self.device,
            cache: &self.cache,
        })
    }
}

/// The weights that a run was trained with.
fn weights(
    experiment: &Experiment,
    record: &RunRecord,
    cache: &Path,
) -> Result<Option<ExtractorWeights>, TrainedError> {
    let Some(trained) = &record.weights else {
        return Ok(None);
    };
    let path = trained.path.as_ref().map(PathBuf::from);
    // A name is looked up in the cache of today; a file where it was.
    let is_named = WeightsChoice::of(&experiment.fusion, None).is_ok();
    let file = path.as_deref().filter(|_| !is_named);
    let found = ExtractorWeights::locate(&experiment.fusion, file, cache)?;
    same_weights(experiment, found, &trained.identity, path)
}

/// What was found, if it is what was trained with; `path` is where it was looked for.
fn same_weights(
    experiment: &Experiment,
    found: Option<ExtractorWeights>,
    trained: &str,
    path: Option<PathBuf>,
) -> Result<Option<ExtractorWeights>, TrainedError> {
    match found {
        Some(found) if found.identity() != trained => Err(TrainedError::OtherWeights {
            network: experiment.fusion.extractor.name(),
            trained: trained.to_owned(),
            found: found.identity().to_owned(),
            path: path.unwrap_or_default(),
        }),
        found => Ok(found),
    }
}

/// The checkpoint of `step`, or the newest that is sound.
fn checkpoint(
    folder: &RunFolder,
    identity: &str,
    step: Option<usize>,
) -> Result<Checkpoint, RunError> {
    if let Some(step) = step {
        let checkpoint = Checkpoint::at(&folder.checkpoints(), step);
        if !checkpoint.path.is_dir() {
            let steps: Vec<String> = Checkpoint::list(&folder.checkpoints())?
                .iter()
                .map(|checkpoint| checkpoint.step.to_string())
                .collect();
            return Err(RunError::NoCheckpoint {
                path: folder.path().to_path_buf(),
                reason: if steps.is_empty() {
                    "none exist".to_owned()
                } else {
                    format!("none for step {step}; available: {}", steps.join(", "))
                },
            });
        }
        checkpoint.verify(Some(identity))?;
        return Ok(checkpoint);
    }
    let (checkpoint, damaged) = folder.latest_checkpoint(Some(identity))?;
    checkpoint.ok_or_else(|| {
        let reasons: Vec<String> = damaged.iter().map(ToString::to_string).collect();
        RunError::NoCheckpoint {
            path: folder.path().to_path_buf(),
            reason: if reasons.is_empty() {
                "none exist".to_owned()
            } else {
                reasons.join("; ")
            },
        }
    })
}
