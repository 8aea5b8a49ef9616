//! Feature vectors for a run with fusion: from the cache, or computed before the run.

use std::path::Path;

use burn::tensor::Device;

use crate::backend::{self, DeviceName};
use crate::batch::FeatureRows;
use crate::dataset::Photograph;
use crate::experiment::Experiment;
use crate::extractor::{
    self, ExtractorError, ExtractorKind, FeatureRequest, FusionSection, WeightsChoice,
};
use crate::runs::WeightsRecord;

/// An extractor's weights, found and identified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractorWeights {
    choice: WeightsChoice,
    identity: String,
}

impl ExtractorWeights {
    /// The weights that a `[fusion]` section asks for; `None` without fusion. `path` is the file where the section names
    /// one, `cache` the folder of the cache, where weights with a name lie. The file is read once, for its SHA-256.
    ///
    /// # Errors
    ///
    /// [`ExtractorError`] when the weights have no such name, or are not here, or not the published ones.
    pub fn locate(
        section: &FusionSection,
        path: Option<&Path>,
        cache: &Path,
    ) -> Result<Option<Self>, ExtractorError> {
        if section.extractor == ExtractorKind::None {
            return Ok(None);
        }
        let choice = WeightsChoice::of(section, path)?;
        let identity = choice.identify(cache)?;
        Ok(Some(Self { choice, identity }))
    }

    /// What tells them from all others: the SHA-256 of their file, or `random-` and the seed.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// What a run's record says of them.
    pub(super) fn record(&self, cache: &Path) -> WeightsRecord {
        let path = self.choice.path(cache);
        WeightsRecord {
            identity: self.identity.clone(),
            path: path.map(|path| path.display().to_string()),
        }
    }
}

/// What feature vectors are made with, beside the experiment.
#[derive(Debug, Clone, Copy)]
pub struct Fusing<'a> {
    /// The extractor's weights.
    pub weights: &'a ExtractorWeights,
    /// Where it computes, by name.
    pub device_name: DeviceName,
    /// Where it computes, without autodiff.
    pub device: &'a Device,
    /// The folder of the cache.
    pub cache: &'a Path,
}

/// Feature vectors, and how they were come by.
#[derive(Debug, Clone, PartialEq)]
pub struct Fused<const GROUPS: usize> {
    /// The vectors of each group.
    pub rows: [FeatureRows; GROUPS],
    /// Photographs that had to pass the classifier.
    pub computed: usize,
    /// Those that were known from the cache.
    pub known: usize,
    /// What a person should know, such as damaged files in the cache.
    pub warnings: Vec<String>,
}

/// The vectors of groups of photographs, in their order; where the experiment shuffles them, in another one within each
/// group. What the cache lacks is computed; `progress` is told how many photographs are done. The classifier is gone from
/// memory afterwards.
///
/// # Errors
///
/// [`ExtractorError`] when the weights do not fit, a photograph has become unreadable, or `should_stop` says so.
pub fn feature_rows<const GROUPS: usize>(
    experiment: &Experiment,
    fusing: &Fusing<'_>,
    groups: [&[Photograph]; GROUPS],
    progress: &dyn Fn(usize),
    should_stop: &dyn Fn() -> bool,
) -> Result<Fused<GROUPS>, ExtractorError> {
    let section = &experiment.fusion;
    let photographs: Vec<&Photograph> = groups.iter().copied().flatten().collect();
    let request = FeatureRequest {
        extractor: section.extractor,
        weights: fusing.weights.choice.clone(),
        pooling: section.pooling,
        preprocess: section.preprocess,
        size: section.size,
        resize: experiment.image.resize,
        device_class: backend::device_class(&fusing.device_name).to_owned(),
        cache_folder: fusing.cache.to_path_buf(),
    };
    let mut found =
        extractor::compute(&request, &photographs, fusing.device, progress, should_stop)?;
    let width = found.width;
    // From the last group to the first, so that each takes the end of what is left.
    let mut rows = groups.map(|_| FeatureRows::default());
    for (rows, group) in rows.iter_mut().zip(groups).rev() {
        let start = found.values.len() - group.len() * width;
        let values = found.values.split_off(start);
        let values = if section.shuffle {
            extractor::derangement(section.seed, group.len())
                .into_iter()
                .flat_map(|position| &values[position * width..(position + 1) * width])
                .copied()
                .collect()
        } else {
            values
        };
        *rows = FeatureRows { width, values };
    }
    Ok(Fused {
        rows,
        computed: found.computed,
        known: found.known,
        warnings: found.warnings,
    })
}
