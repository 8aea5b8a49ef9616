//! A run as a line of the table.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::read::Reader;
use super::{Fact, Key, Point, Series, Statistic, Value};
use crate::experiment::Variant;
use crate::runs::{Condition, Notes, Origin, RunError, RunFolder, RunRecord, Status};

/// The keys of a resolved experiment, dotted, with their values as JSON.
pub type Values = BTreeMap<String, String>;

/// What a run's `status` may be.
pub const STANDINGS: [&str; 4] = ["running", "interrupted", "failed", "done"];

/// A run: what it is, its status, and its results.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where it lies.
    pub folder: RunFolder,
    /// What its record says.
    pub facts: Facts,
    /// Every key of its experiment. Runs of one experiment share them.
    pub values: Arc<Values>,
    /// Every metric of every split that was logged, by split and name.
    pub series: Vec<Series>,
    /// Seconds of training up to the last logged row.
    pub seconds: f64,
    /// Whether a process works on it, as far as that can be told without watching its heart beat.
    pub at_work: bool,
}

/// What a run's record says, as far as tables need it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The experiment's name.
    pub experiment: String,
    /// The experiment's title.
    pub title: String,
    /// The trial's name, which is its folder's.
    pub trial: String,
    /// The seed.
    pub seed: u64,
    /// The identity, 64 hexadecimal digits.
    pub identity: String,
    /// The identity without the seed; empty in records of programs that did not write it.
    pub configuration: String,
    /// Where in its experiment's `[matrix]` it stands.
    pub variant: Variant,
    /// How it stands, as the record has it.
    pub status: Status,
    /// Why it failed, when it did.
    pub error: Option<String>,
    /// The last step that a checkpoint keeps.
    pub step: usize,
    /// Total steps.
    pub steps: usize,
    /// The device, by name.
    pub device: String,
    /// Its kind.
    pub device_class: String,
    /// The version of every module whose code can change a number.
    pub code: BTreeMap<String, u32>,
    /// Versions of the libraries that do the arithmetic.
    pub libraries: BTreeMap<String, String>,
    /// The photographs.
    pub dataset: DatasetFacts,
    /// The identity of the extractor's weights; `None` without fusion.
    pub weights: Option<String>,
    /// The identity of the weights of the perceptual loss; `None` where the loss is of pixels alone.
    pub perceptual_weights: Option<String>,
    /// Where the initial weights come from; `None` from scratch.
    pub from: Option<Origin>,
    /// Learned values.
    pub parameters: usize,
    /// Number of sessions.
    pub sessions: usize,
    /// When the first of them began.
    pub started: Option<Timestamp>,
    /// When the last of them ended or, where it did not, began.
    pub updated: Option<Timestamp>,
    /// The machine of the last of them.
    pub host: Option<String>,
    /// The git commit of the last of them.
    pub commit: Option<String>,
    /// Whether, in any of them, tracked files differed from the commit, or git refused to say; `None` where there was no
    /// checkout.
    pub dirty: Option<bool>,
    /// The program's version in the last of them.
    pub version: Option<String>,
    /// What people noted about it.
    pub notes: Notes,
}

/// The photographs of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetFacts {
    /// The manifest, as it was found.
    pub manifest: String,
    /// Hash over the usable images' ids and contents.
    pub content: String,
    /// Training images.
    pub train: usize,
    /// Held-out images.
    pub validation: usize,
}

impl Facts {
    pub(super) fn of(folder: &RunFolder, record: RunRecord, notes: Notes) -> Self {
        let trial = folder.path().file_name();
        let last = record.sessions.last();
        let environment = last.map(|session| &session.environment);
        let git = || {
            let sessions = record.sessions.iter();
            sessions.filter_map(|session| session.environment.git.as_ref())
        };
        Self {
            trial: trial.unwrap_or_default().to_string_lossy().into_owned(),
            sessions: record.sessions.len(),
            started: record.sessions.first().map(|session| session.started),
            updated: last.map(|session| session.ended.unwrap_or(session.started)),
            host: environment.map(|environment| environment.machine.host.clone()),
            commit: git().next_back().map(|git| git.commit.clone()),
            dirty: record
                .sessions
                .iter()
                .map(|session| &session.environment)
                .filter_map(|it| match (&it.git, &it.git_refused) {
                    (Some(git), _) => Some(git.dirty),
                    // For all that is known.
                    (None, refused) => refused.as_ref().map(|_| true),
                })
                .reduce(|one, two| one || two),
            version: environment.map(|environment| environment.colorize.clone()),
            experiment: record.experiment,
            title: record.title,
            seed: record.seed,
            identity: record.identity,
            configuration: record.configuration,
            variant: record.variant,
            status: record.status,
            error: record.error,
            step: record.step,
            steps: record.steps,
            device: record.device,
            device_class: record.device_class,
            code: record.code,
            libraries: record.libraries,
            dataset: DatasetFacts {
                manifest: record.dataset.manifest.to_string(),
                content: record.dataset.content_hash,
                train: record.dataset.train,
                validation: record.dataset.validation,
            },
            weights: record.weights.map(|weights| weights.identity),
            perceptual_weights: record.perceptual_weights.map(|weights| weights.identity),
            from: record.from.map(|from| from.origin),
            parameters: record.parameters,
            notes,
        }
    }
}

impl Entry {
    /// Reads a run.
    ///
    /// # Errors
    ///
    /// [`RunError`] when one of its files is damaged or missing.
    pub fn read(folder: &RunFolder) -> Result<Self, RunError> {
        Reader::default().entry(folder.clone())
    }

    /// How it stands. A run whose record says that it is running, and which no process has, was killed: it is interrupted.
    pub fn status(&self) -> Status {
        Condition::of(self.facts.status, self.at_work).status()
    }

    /// Asks the lock. Nothing that is kept can answer: a process may die at any time.
    pub(super) fn see_who_works(&mut self) {
        let is_done = self.facts.status == Status::Done;
        self.at_work = !is_done && self.folder.holder().is_ok_and(|holder| holder.is_at_work());
    }

    /// `03-yuv norm=batch`: the experiment and, with a matrix, where in it.
    pub fn label(&self) -> String {
        let Facts {
            experiment,
            variant,
            ..
        } = &self.facts;
        if variant.is_empty() {
            return experiment.clone();
        }
        format!("{experiment} {variant}")
    }

    /// What it shares with the runs that differ from it in the seed alone. A run of a program that noted no configuration
    /// stands alone.
    pub fn seat(&self) -> &str {
        match self.facts.configuration.as_str() {
            "" => &self.facts.identity,
            configuration => configuration,
        }
    }

    /// The seeds that its experiment plans, its own among them.
    pub fn planned_seeds(&self) -> Vec<u64> {
        let planned = self.values.get("seeds");
        let mut seeds: Vec<u64> = planned
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default();
        if !seeds.contains(&self.facts.seed) {
            seeds.push(self.facts.seed);
        }
        seeds
    }

    /// One metric of one split; `None` when it was never logged.
    pub fn series(&self, split: &str, metric: &str) -> Option<&Series> {
        let mut all = self.series.iter();
        all.find(|series| series.metric == metric && series.split == split)
    }

    /// The last value of a metric on held-out images.
    pub fn held_out(&self, metric: &str) -> Option<f64> {
        Some(self.series("validation", metric)?.last.value)
    }

    /// A number over a metric's values; `None` when there are none, or none is the best.
    pub fn statistic(&self, statistic: Statistic, split: &str, metric: &str) -> Option<f64> {
        let series = self.series(split, metric)?;
        match statistic {
            Statistic::Last => Some(series.last.value),
            Statistic::Mean => Some(series.mean),
            Statistic::Best => series.best().map(|Point { value, .. }| value),
        }
    }

    /// What stands under a key.
    pub fn value(&self, key: &Key) -> Value {
        match key {
            Key::Fact(fact) => self.fact(*fact),
            Key::Experiment(key) => match self.values.get(key) {
                Some(json) => Value::of_json(json),
                None => Value::Missing,
            },
            Key::Code(room) => match self.facts.code.get(room) {
                Some(&version) => Value::Number(f64::from(version)),
                None => Value::Missing,
            },
            Key::Metric {
                statistic,
                split,
                metric,
            } => self.statistic(*statistic, split, metric).into(),
        }
    }

    /// Seconds since it was last active, as far as its record tells.
    pub fn age(&self, now: Timestamp) -> Option<f64> {
        let updated = self.facts.updated?;
        Some(now.duration_since(updated).as_secs_f64())
    }

    fn fact(&self, fact: Fact) -> Value {
        let facts = &self.facts;
        let time = |time: Option<Timestamp>| match time {
            Some(time) => Value::Text(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            None => Value::Missing,
        };
        match fact {
            Fact::Experiment => facts.experiment.as_str().into(),
            Fact::Title => facts.title.as_str().into(),
            Fact::Trial => facts.trial.as_str().into(),
            Fact::Variant => Value::Text(facts.variant.to_string()),
            Fact::Seed => Value::Number(facts.seed as f64),
            Fact::Status => Value::Text(self.status().to_string()),
            Fact::Error => facts.error.as_deref().into(),
            Fact::Step => facts.step.into(),
            Fact::Steps => facts.steps.into(),
            Fact::Age => self.age(Timestamp::now()).into(),
            Fact::Seconds => Value::Number(self.seconds),
            Fact::Started => time(facts.started),
            Fact::Updated => time(facts.updated),
            Fact::Device => facts.device.as_str().into(),
            Fact::DeviceClass => facts.device_class.as_str().into(),
            Fact::Host => facts.host.as_deref().into(),
            Fact::Commit => facts.commit.as_deref().into(),
            Fact::Dirty => facts.dirty.map_or(Value::Missing, Value::Flag),
            Fact::Version => facts.version.as_deref().into(),
            Fact::Identity => facts.identity.as_str().into(),
            Fact::Configuration => facts.configuration.as_str().into(),
            Fact::Manifest => facts.dataset.manifest.as_str().into(),
            Fact::Content => facts.dataset.content.as_str().into(),
            Fact::TrainImages => facts.dataset.train.into(),
            Fact::ValidationImages => facts.dataset.validation.into(),
            Fact::Weights => facts.weights.as_deref().into(),
            Fact::Parameters => facts.parameters.into(),
            Fact::Sessions => facts.sessions.into(),
            Fact::Tags if facts.notes.tags.is_empty() => Value::Missing,
            Fact::Tags => Value::Text(facts.notes.tags_as_text()),
            Fact::Note => facts.notes.note.as_deref().into(),
        }
    }
}
