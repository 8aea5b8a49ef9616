//! Which weights a classifier gets, and where they lie.

use std::path::{Path, PathBuf};

use super::architecture::Architecture;
use super::error::ExtractorError;
use super::read;
use super::state::State;
use super::{ExtractorKind, FusionSection};
use crate::download::{self, Item};

/// The folder of the fetched weights in the cache.
pub const WEIGHTS_FOLDER: &str = "weights";

/// Weights that can be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedWeights {
    /// The classifier they are for.
    pub extractor: ExtractorKind,
    /// What `fusion.weights` calls them.
    pub name: &'static str,
    /// What `colorize weights fetch` calls them.
    pub fetch: &'static str,
}

/// All weights that have a name.
pub const NAMED: &[NamedWeights] = &[
    NamedWeights {
        extractor: ExtractorKind::Resnet18,
        name: "imagenet",
        fetch: "resnet18",
    },
    NamedWeights {
        extractor: ExtractorKind::Resnet34,
        name: "imagenet",
        fetch: "resnet34",
    },
    NamedWeights {
        extractor: ExtractorKind::Resnet50,
        name: "imagenet",
        fetch: "resnet50",
    },
    NamedWeights {
        extractor: ExtractorKind::Resnet50,
        name: "imagenet_v2",
        fetch: "resnet50_v2",
    },
    NamedWeights {
        extractor: ExtractorKind::EfficientnetLite0,
        name: "imagenet",
        fetch: "efficientnet_lite0",
    },
];

impl NamedWeights {
    /// The file that is fetched.
    fn published(&self) -> Published {
        Published(self.fetch)
    }

    /// The file that is fetched: its name and its SHA-256.
    pub fn item(&self) -> &'static Item {
        self.published().item()
    }

    /// Where they lie once they have been fetched into the cache.
    pub fn path(&self, cache_folder: &Path) -> PathBuf {
        self.published().path(cache_folder)
    }
}

/// A published file of weights, by the name that `colorize weights fetch` has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Published(pub(crate) &'static str);

impl Published {
    fn item(self) -> &'static Item {
        download::find(self.0).expect("named weights are among the files that can be fetched")
    }

    /// Where it lies once it has been fetched into the cache.
    pub(crate) fn path(self, cache_folder: &Path) -> PathBuf {
        self.item().path(&cache_folder.join(WEIGHTS_FOLDER))
    }

    /// [`Self::path`], where it is.
    pub(crate) fn file(self, cache_folder: &Path) -> Result<PathBuf, ExtractorError> {
        let path = self.path(cache_folder);
        if path.exists() {
            return Ok(path);
        }
        Err(ExtractorError::Missing {
            path,
            fetch: self.0,
        })
    }

    /// Its SHA-256.
    ///
    /// # Errors
    ///
    /// When it is missing or cannot be read, or is not the file that was published.
    pub(crate) fn identify(self, cache_folder: &Path) -> Result<String, ExtractorError> {
        let path = self.file(cache_folder)?;
        let actual = read::sha256(&path)?;
        let expected = self.item().checksum.to_string();
        if actual == expected {
            return Ok(actual);
        }
        Err(ExtractorError::Checksum {
            path,
            expected,
            actual,
            fetch: self.0,
        })
    }
}

/// The weights of a classifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightsChoice {
    /// Drawn from a seed: an ablation of what pretraining brings.
    Random {
        /// The seed.
        seed: u64,
    },
    /// One of [`NAMED`].
    Named(&'static NamedWeights),
    /// Any other file.
    File(PathBuf),
}

impl WeightsChoice {
    /// What the section asks for. `path` is where the file lies when `weights` is a path: whoever resolved the
    /// experiment knows what it is relative to.
    ///
    /// # Errors
    ///
    /// When there is no extractor, or no weights of that name for it.
    pub fn of(section: &FusionSection, path: Option<&Path>) -> Result<Self, ExtractorError> {
        let extractor = section.extractor;
        if extractor == ExtractorKind::None {
            return Err(ExtractorError::NoExtractor);
        }
        if let Some(path) = path {
            return Ok(Self::File(path.to_owned()));
        }
        if section.weights == "random" {
            return Ok(Self::Random { seed: section.seed });
        }
        let names = || NAMED.iter().filter(|named| named.extractor == extractor);
        match names().find(|named| named.name == section.weights) {
            Some(named) => Ok(Self::Named(named)),
            None => Err(ExtractorError::UnknownWeights {
                network: extractor.name(),
                given: section.weights.clone(),
                legal: names()
                    .map(|named| named.name)
                    .chain(["random"])
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }

    /// The file that holds them; `None` for random ones.
    pub fn path(&self, cache_folder: &Path) -> Option<PathBuf> {
        match self {
            Self::Random { .. } => None,
            Self::Named(named) => Some(named.path(cache_folder)),
            Self::File(path) => Some(path.clone()),
        }
    }

    /// What tells these weights from all others: the SHA-256 of their file, or `random-` and the seed.
    ///
    /// # Errors
    ///
    /// When the file is missing or cannot be read, or is not the published one of that name.
    pub fn identify(&self, cache_folder: &Path) -> Result<String, ExtractorError> {
        match self {
            Self::Random { seed } => Ok(random_identity(*seed)),
            Self::Named(named) => named.published().identify(cache_folder),
            Self::File(path) => read::sha256(path),
        }
    }

    /// The tensors themselves, which are all there and have the right shapes.
    pub(super) fn read(
        &self,
        extractor: ExtractorKind,
        cache_folder: &Path,
    ) -> Result<State, ExtractorError> {
        let architecture = Architecture::of(extractor).ok_or(ExtractorError::NoExtractor)?;
        let path = match self {
            Self::Random { seed } => return Ok(State::random(&architecture, *seed)),
            Self::Named(named) => named.published().file(cache_folder)?,
            Self::File(path) => path.clone(),
        };
        let state = read::tensors(&path, |_| true)?;
        match state.faults(&architecture) {
            None => Ok(state),
            Some(faults) => {
                let faults = match state.fits() {
                    Some(other) => {
                        format!("they belong to `{other}`: set `fusion.extractor = \"{other}\"`")
                    }
                    None => faults,
                };
                Err(ExtractorError::DoesNotFit {
                    path,
                    network: extractor.name(),
                    faults,
                })
            }
        }
    }
}

/// What tells weights that are drawn from a seed from all others.
pub(crate) fn random_identity(seed: u64) -> String {
    format!("random-{seed}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(extractor: ExtractorKind, weights: &str) -> FusionSection {
        FusionSection {
            extractor,
            weights: weights.to_owned(),
            seed: 7,
            ..FusionSection::default()
        }
    }

    #[test]
    fn a_section_says_which_weights() {
        let of = |extractor, weights| WeightsChoice::of(&section(extractor, weights), None);
        assert_eq!(
            of(ExtractorKind::Resnet18, "random").unwrap(),
            WeightsChoice::Random { seed: 7 }
        );
        for named in NAMED {
            assert_eq!(
                of(named.extractor, named.name).unwrap(),
                WeightsChoice::Named(named)
            );
        }
        let here = Path::new("here.pth");
        let choice = WeightsChoice::of(&section(ExtractorKind::Resnet18, "x.pth"), Some(here));
        assert_eq!(choice.unwrap(), WeightsChoice::File(here.to_owned()));
        assert_eq!(
            of(ExtractorKind::Resnet50, "imagenet2")
                .unwrap_err()
                .to_string(),
            "unknown weights for `resnet50`: `imagenet2`; use `imagenet`, `imagenet_v2`, `random`, or the path of a `.pth` or `.safetensors` file"
        );
        assert!(of(ExtractorKind::Resnet18, "imagenet_v2").is_err());
        assert_eq!(
            of(ExtractorKind::None, "imagenet").unwrap_err().to_string(),
            "no extractor is chosen: set `fusion.extractor`"
        );
    }

    #[test]
    fn named_weights_are_the_published_ones_or_none() {
        let cache = tempfile::tempdir().unwrap();
        let named = NAMED
            .iter()
            .find(|named| named.fetch == "resnet50_v2")
            .unwrap();
        let choice = WeightsChoice::Named(named);
        let message = choice.identify(cache.path()).unwrap_err().to_string();
        let path = cache.path().join("weights/resnet50-11ad3fa6.pth");
        assert_eq!(
            message,
            format!(
                "no weights at `{}`: run `colorize weights fetch resnet50_v2`",
                path.display()
            )
        );
        std::fs::create_dir(cache.path().join("weights")).unwrap();
        std::fs::write(&path, b"abc").unwrap();
        let message = choice.identify(cache.path()).unwrap_err().to_string();
        // The standard's own example of SHA-256.
        assert_eq!(
            message,
            format!(
                "`{}` is not the file that was published: its SHA-256 is ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad, not 11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca; delete it and run `colorize weights fetch resnet50_v2`",
                path.display()
            )
        );
        let given = WeightsChoice::File(path);
        assert!(
            given
                .identify(cache.path())
                .unwrap()
                .starts_with("ba7816bf8f01cfea")
        );
    }
}
