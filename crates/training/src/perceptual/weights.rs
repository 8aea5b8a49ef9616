//! Which weights the perceptual networks of a run get, and where they lie.

use std::path::{Path, PathBuf};

use super::stack::StackKind;
use super::{dists, inception, lpips};
use crate::evaluate::Metric;
use crate::experiment::Experiment;
use crate::experiment::section::Perceptual;
use crate::extractor::ExtractorError;
use crate::extractor::architecture::Role;
use crate::extractor::read;
use crate::extractor::state::{State, Values};
use crate::extractor::weights::{Published, random_identity};
use crate::runs::WeightsRecord;

/// What `train.perceptual.weights` calls the published weights of VGG-16.
const IMAGENET: &str = "imagenet";

/// What it calls weights that are drawn from `train.perceptual.seed`.
const RANDOM: &str = "random";

/// A file of weights of a perceptual network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NetworkFile {
    /// A classifier's convolutions.
    Stack(StackKind),
    /// What LPIPS learned for its maps.
    Lpips(StackKind),
    /// What DISTS learned.
    Dists,
    /// The network of the FID.
    Inception,
}

impl NetworkFile {
    /// The files that `metric` needs; none for one that is measured on pixels.
    pub(super) fn of(metric: Metric) -> &'static [Self] {
        use StackKind::{Alexnet, Vgg16};
        match metric {
            Metric::LpipsAlex => &[Self::Stack(Alexnet), Self::Lpips(Alexnet)],
            Metric::LpipsVgg => &[Self::Stack(Vgg16), Self::Lpips(Vgg16)],
            Metric::Dists => &[Self::Stack(Vgg16), Self::Dists],
            Metric::Fid => &[Self::Inception],
            _ => &[],
        }
    }

    fn published(self) -> Published {
        Published(match self {
            Self::Stack(kind) => kind.name(),
            Self::Lpips(StackKind::Alexnet) => "lpips_alex",
            Self::Lpips(StackKind::Vgg16) => "lpips_vgg",
            Self::Dists => "dists",
            Self::Inception => "inception_fid",
        })
    }

    fn tensors(self) -> Vec<(String, Vec<usize>, Role)> {
        match self {
            Self::Stack(kind) => kind.tensors(),
            Self::Lpips(kind) => lpips::tensors(kind),
            Self::Dists => dists::tensors(),
            Self::Inception => inception::tensors(),
        }
    }

    /// Its tensors, which are all there and have the right shapes; the layers of a classifier that tell the classes are not
    /// read.
    pub(super) fn read(self, path: &Path) -> Result<State, ExtractorError> {
        let of_classes = |name: &str| name.starts_with("classifier.") || name.starts_with("fc.");
        let state = read::tensors(path, |name| !of_classes(name))?;
        match state.faults_of(self.tensors()) {
            None => Ok(state),
            Some(faults) => Err(ExtractorError::DoesNotFit {
                path: path.to_owned(),
                network: self.published().0,
                faults,
            }),
        }
    }

    /// Tensors drawn from a seed: their numbers mean nothing, and need no file.
    fn random(self, seed: u64) -> State {
        if let Self::Stack(kind) = self {
            return kind.random(seed);
        }
        let mut state = State::default();
        for (at, (name, shape, role)) in self.tensors().into_iter().enumerate() {
            let count: usize = shape.iter().product();
            let inputs = shape[1..].iter().product::<usize>().max(1) as f32;
            let number = |place: usize| {
                let place = (place * 37 + at + seed as usize) % 101;
                (place as f32 / 50.0 - 1.0) * (6.0 / inputs).sqrt()
            };
            let numbers = match role {
                // What was learned of channels is never negative.
                Role::Kernel if self != Self::Inception => vec![1.0 / inputs; count],
                Role::Kernel => (0..count).map(number).collect(),
                Role::Scale | Role::Variance => vec![1.0; count],
                Role::Shift | Role::Mean => vec![0.0; count],
            };
            state.insert(name, Values { shape, numbers });
        }
        state
    }
}

/// The weights of `train.perceptual`, found and identified.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LossWeights {
    choice: Choice,
    identity: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    Random { seed: u64 },
    Published,
    File(PathBuf),
}

/// The weights of the networks that a run judges pictures with, found and identified: those of its loss, and those of the
/// metrics in `evaluate.metrics`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PerceptualWeights {
    loss: Option<LossWeights>,
    metrics: Vec<Metric>,
    cache: PathBuf,
    /// Draws the weights of metrics instead of reading them, for tests.
    is_random: bool,
}

impl PerceptualWeights {
    /// What the experiment asks for. `path` is where the file of `train.perceptual.weights` lies when it names one, `cache`
    /// the folder of the cache, where published weights lie. Every file is read once, for its SHA-256.
    ///
    /// # Errors
    ///
    /// [`ExtractorError`] when weights have no such name, or are not here, or not the published ones.
    pub fn locate(
        experiment: &Experiment,
        path: Option<&Path>,
        cache: &Path,
    ) -> Result<Self, ExtractorError> {
        let loss = Self::of_loss(&experiment.train.perceptual, path, cache)?;
        let metrics = Self::of_metrics(&experiment.evaluate.on_request(), cache)?;
        Ok(Self { loss, ..metrics })
    }

    /// Those of these metrics alone.
    ///
    /// # Errors
    ///
    /// As [`Self::locate`].
    pub fn of_metrics(metrics: &[Metric], cache: &Path) -> Result<Self, ExtractorError> {
        let mut files: Vec<&NetworkFile> = Vec::new();
        for file in metrics.iter().flat_map(|&metric| NetworkFile::of(metric)) {
            if !files.contains(&file) {
                file.published().identify(cache)?;
                files.push(file);
            }
        }
        Ok(Self {
            metrics: metrics.to_vec(),
            cache: cache.to_owned(),
            ..Self::default()
        })
    }

    /// Those of these metrics drawn at random, for tests: no file is read, and the numbers mean nothing.
    pub fn random_metrics(metrics: &[Metric]) -> Self {
        Self {
            metrics: metrics.to_vec(),
            is_random: true,
            ..Self::default()
        }
    }

    /// The weights of the loss alone; of no loss, nothing.
    ///
    /// # Errors
    ///
    /// As [`Self::locate`].
    pub fn of_loss_alone(
        section: &Perceptual,
        path: Option<&Path>,
        cache: &Path,
    ) -> Result<Self, ExtractorError> {
        Ok(Self {
            loss: Self::of_loss(section, path, cache)?,
            cache: cache.to_owned(),
            ..Self::default()
        })
    }

    fn of_loss(
        section: &Perceptual,
        path: Option<&Path>,
        cache: &Path,
    ) -> Result<Option<LossWeights>, ExtractorError> {
        if !section.is_on() {
            return Ok(None);
        }
        let file = NetworkFile::Stack(StackKind::Vgg16).published();
        let (choice, identity) = match (path, section.weights.as_str()) {
            (Some(path), _) => (Choice::File(path.to_owned()), read::sha256(path)?),
            (None, RANDOM) => {
                let seed = section.seed;
                (Choice::Random { seed }, random_identity(seed))
            }
            (None, IMAGENET) => (Choice::Published, file.identify(cache)?),
            (None, given) => {
                return Err(ExtractorError::UnknownWeights {
                    network: StackKind::Vgg16.name(),
                    given: given.to_owned(),
                    legal: format!("`{IMAGENET}`, `{RANDOM}`"),
                });
            }
        };
        Ok(Some(LossWeights { choice, identity }))
    }

    /// What tells the weights of the loss from all others: the SHA-256 of their file, or `random-` and the seed; `None`
    /// where the loss is of pixels alone.
    pub fn loss_identity(&self) -> Option<&str> {
        self.loss.as_ref().map(|loss| loss.identity.as_str())
    }

    /// What a run's record says of the weights of its loss.
    pub(crate) fn loss_record(&self) -> Option<WeightsRecord> {
        let loss = self.loss.as_ref()?;
        let path = match &loss.choice {
            Choice::Random { .. } => None,
            Choice::Published => {
                let file = NetworkFile::Stack(StackKind::Vgg16).published();
                Some(file.path(&self.cache))
            }
            Choice::File(path) => Some(path.clone()),
        };
        Some(WeightsRecord {
            identity: loss.identity.clone(),
            path: path.map(|path| path.display().to_string()),
        })
    }

    /// The metrics.
    pub(super) fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The tensors of a file that one of the metrics needs.
    pub(super) fn read(&self, file: NetworkFile) -> Result<State, ExtractorError> {
        if self.is_random {
            return Ok(file.random(0));
        }
        file.read(&file.published().file(&self.cache)?)
    }

    /// The tensors of VGG-16 for the loss.
    ///
    /// # Errors
    ///
    /// [`ExtractorError`] when they cannot be read, or were never located.
    pub(super) fn read_for_loss(&self) -> Result<State, ExtractorError> {
        let file = NetworkFile::Stack(StackKind::Vgg16);
        match self.loss.as_ref().map(|loss| &loss.choice) {
            None => Err(ExtractorError::NotLocated),
            Some(Choice::Random { seed }) => Ok(file.random(*seed)),
            Some(Choice::Published) => file.read(&file.published().file(&self.cache)?),
            Some(Choice::File(path)) => file.read(path),
        }
    }
}

/// Whether the text names weights of the loss, and is no path.
pub(crate) fn is_name(weights: &str) -> bool {
    [IMAGENET, RANDOM].contains(&weights)
}
