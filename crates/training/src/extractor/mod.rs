//! Pretrained classifiers, and what they make of a gray photograph: one vector.
//!
//! A [`FusionSection`] says which. [`WeightsChoice`] is where its weights come from, [`Extractor`] the classifier with
//! them, and [`compute`] its vectors for many photographs, from the cache where they are known.

pub(crate) mod architecture;
mod cache;
pub(crate) mod classifier;
mod efficientnet_lite;
mod error;
mod features;
pub mod preprocess;
pub(crate) mod read;
mod resnet;
mod shuffle;
pub(crate) mod state;
mod table;
mod verify;
pub(crate) mod weights;

pub use self::architecture::layout;
pub use self::cache::FeatureKey;
pub use self::classifier::Extractor;
pub use self::error::ExtractorError;
pub use self::features::{FeatureRequest, Features, compute};
pub use self::shuffle::derangement;
pub use self::verify::{Answer, Guess, verify};
pub use self::weights::{NAMED, NamedWeights, WEIGHTS_FOLDER, WeightsChoice};
pub use colorize_experiment::section::{ExtractorKind, FusionSection, Pooling, Preprocess};

/// Changes when the same weights would make other vectors of the same photograph.
pub const VERSION: u32 = 2;
