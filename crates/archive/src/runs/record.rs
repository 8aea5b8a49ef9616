//! `run.json`: what a run is and how it stands.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Environment, Identity, Origin};
use crate::experiment::Variant;
use crate::experiment::section::{Manifests, StopEarly};

/// Changes when `run.json` changes in a way that an older program could misread.
pub const FORMAT: u32 = 1;

/// Digits of a commit that tables show.
const COMMIT_DIGITS: usize = 10;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A process works on it, or died silently: the lock tells which.
    Running,
    /// Stopped on request, after a checkpoint.
    Interrupted,
    /// Stopped by an error, which [`RunRecord::error`] tells.
    Failed,
    /// All steps are done.
    Done,
}

impl std::fmt::Display for Status {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Done => "done",
        })
    }
}

/// The photographs of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetRecord {
    /// The manifest, as it was found; an array of several.
    pub manifest: Manifests,
    /// Whether these are scenes that the program paints itself; absent in records of programs that did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthetic: Option<bool>,
    /// Hash over the usable images' ids and contents.
    pub content_hash: String,
    /// What the usable images show, where the network learns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelsRecord>,
    /// Training images.
    pub train: usize,
    /// Images held out, before `evaluate.images` limits them.
    pub validation: usize,
    /// Photographs that show a category of `dataset.exclude`, which were left out; none in records of programs that did not
    /// have that key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// Photographs without color, which were skipped.
    pub colorless: Vec<String>,
    /// Photographs with one hue only, which were skipped; none in records of programs that did not look for them.
    #[serde(default)]
    pub toned: Vec<String>,
    /// Photographs that cannot be decoded, and why.
    pub broken: BTreeMap<String, String>,
    /// Photographs that the annotations name and the folder lacks.
    pub missing: Vec<String>,
    /// Photographs that were skipped because their bytes are those of another one; none in records of programs that
    /// trained on copies.
    #[serde(default)]
    pub copies: Vec<CopyRecord>,
}

/// What a network learned to tell beside the colors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelsRecord {
    /// Hash over the usable images' ids and categories.
    pub content_hash: String,
    /// The categories that the training images show, by the dataset's ids and in their order: one value each of the network's
    /// classifier.
    pub categories: Vec<i64>,
}

/// A photograph that was skipped because its bytes are those of another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyRecord {
    /// The copy's id.
    pub image_id: i64,
    /// The copy's file.
    pub file_name: String,
    /// The id of the photograph that stays.
    pub of_image_id: i64,
    /// Its file.
    pub of_file_name: String,
}

/// Weights of another network that a run uses: those of its extractor, or of its perceptual loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightsRecord {
    /// SHA-256 of their file in hexadecimal, or `random-` and the seed.
    pub identity: String,
    /// Where the file was; absent where they are random.
    pub path: Option<String>,
}

/// Where the initial weights of a run come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromRecord {
    /// What `train.from` says.
    pub written: String,
    /// The run's folder, or the file, where it was.
    pub path: String,
    /// What it is.
    #[serde(flatten)]
    pub origin: Origin,
}

/// One session: the work of one process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// When it began.
    pub started: Timestamp,
    /// When it ended; absent while it works, or when it was killed.
    pub ended: Option<Timestamp>,
    /// The checkpoint that it went on from; 0 is the beginning.
    pub from_step: usize,
    /// Process number.
    pub process: u32,
    /// Threads that the device computed with on the processor; absent in records of programs that did not write it.
    #[serde(default)]
    pub threads: Option<usize>,
    /// The most memory that the process had been resident in by the end of the session, in bytes; absent while it works,
    /// and where the system does not keep count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
    /// Code and machine.
    pub environment: Environment,
}

/// That a run ended before the last step of its experiment, as `train.stop_early` wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedEarly {
    /// Steps that it would have had.
    pub planned: usize,
    /// The metric that had not improved.
    pub metric: String,
    /// In so many evaluations.
    pub patience: usize,
    /// The step of its best value.
    pub best: usize,
}

/// What `run.json` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`FORMAT`] of the program that wrote it.
    pub format: u32,
    /// The experiment's name.
    pub experiment: String,
    /// The experiment's title.
    pub title: String,
    /// The trial's seed.
    pub seed: u64,
    /// The trial's identity, 64 hexadecimal digits.
    pub identity: String,
    /// The identity without the seed, 64 hexadecimal digits; empty in records of programs that did not write it.
    #[serde(default)]
    pub configuration: String,
    /// Where in its experiment's `[matrix]` it stands; empty without one.
    #[serde(default)]
    pub variant: Variant,
    /// How it stands.
    pub status: Status,
    /// Why it failed, when it did.
    pub error: Option<String>,
    /// Why it ended before the last step of its experiment; absent where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_early: Option<StoppedEarly>,
    /// The last step that a checkpoint keeps.
    pub step: usize,
    /// Total steps; of a run that ended early, those that it took.
    pub steps: usize,
    /// The device, by name.
    pub device: String,
    /// Its kind; devices of one kind do the same arithmetic.
    pub device_class: String,
    /// The version of every module whose code can change a number.
    pub code: BTreeMap<String, u32>,
    /// Versions of the libraries that do the arithmetic.
    pub libraries: BTreeMap<String, String>,
    /// The photographs.
    pub dataset: DatasetRecord,
    /// The extractor's weights; absent without fusion.
    #[serde(default)]
    pub weights: Option<WeightsRecord>,
    /// The weights of the perceptual loss; absent where the loss is of pixels alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perceptual_weights: Option<WeightsRecord>,
    /// Where the initial weights come from; absent from scratch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<FromRecord>,
    /// Learned values, without running statistics.
    pub parameters: usize,
    /// Every session, oldest first.
    pub sessions: Vec<Session>,
}

impl RunRecord {
    /// Whether a network that it uses has random weights, and has learned nothing.
    pub fn has_random_weights(&self) -> bool {
        let mut weights = [&self.weights, &self.perceptual_weights]
            .into_iter()
            .flatten();
        weights.any(|weights| weights.path.is_none())
    }

    /// Notes that it ended after `step` by the rule `stop`, whose metric was best at the step `best`: these are all steps that it
    /// will ever have.
    pub fn stop_early(&mut self, step: usize, best: usize, stop: &StopEarly) {
        self.stopped_early = Some(StoppedEarly {
            planned: self.steps,
            metric: stop.metric.clone(),
            patience: stop.patience,
            best,
        });
        self.steps = step;
    }

    /// Whether all its steps are done.
    pub fn is_finished(&self) -> bool {
        self.step >= self.steps
    }

    /// What is wrong with the log of a run that says that it is done, in words; `None` where nothing is, and where it is not
    /// done. Its log holds `rows` in all, and a loss of the training at the steps `losses`: at each step one.
    pub fn lacks_of_log(&self, rows: usize, mut losses: Vec<usize>) -> Option<String> {
        if !self.is_finished() {
            return None;
        }
        if rows == 0 {
            return Some(says_done_but("its metrics are missing"));
        }
        if losses.is_empty() {
            return None;
        }
        losses.sort_unstable();
        let twice = losses.windows(2).find(|pair| pair[0] == pair[1]);
        let what = match twice {
            Some(step) => format!("its metrics have the rows of step {} twice", step[0]),
            None if losses.len() < self.steps => format!(
                "its metrics lack {} of its {} steps",
                self.steps - losses.len(),
                self.steps
            ),
            None if losses.len() > self.steps || losses.last() != Some(&self.steps) => {
                format!(
                    "its metrics have rows of other steps than 1 to {}",
                    self.steps
                )
            }
            None => return None,
        };
        Some(says_done_but(&what))
    }

    /// The version of the metrics' code that scored its images, where that is older than `now`'s: the weights are what they
    /// would be today, and the scores are not.
    pub fn outdated_scores(&self, now: &Identity) -> Option<u32> {
        let scored = self.code.get("evaluate").copied()?;
        now.scoring().filter(|&now| scored < now).map(|_| scored)
    }

    /// Whether tracked files differed from the commit in any of its sessions, so that the commit alone does not say which
    /// code made its numbers. Not dirty where there was no checkout.
    pub fn is_dirty(&self) -> bool {
        let mut states = self
            .sessions
            .iter()
            .filter_map(|session| session.environment.git.as_ref());
        states.any(|git| git.dirty)
    }

    /// The commit of its last session in ten digits, with `+` behind it when [`Self::is_dirty`]; `None` where it was started
    /// outside a checkout.
    pub fn commit(&self) -> Option<String> {
        let mut sessions = self.sessions.iter().rev();
        let git = sessions.find_map(|session| session.environment.git.as_ref())?;
        let digits = git.commit.get(..COMMIT_DIGITS).unwrap_or(&git.commit);
        let mark = if self.is_dirty() { "+" } else { "" };
        Some(format!("{digits}{mark}"))
    }
}

/// What there is to say of a run that is done and lacks `what`.
pub(super) fn says_done_but(what: &str) -> String {
    format!(
        "says done, but {what}: restore the files from a copy, or move the folder away and train it again"
    )
}
