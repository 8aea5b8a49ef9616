//! The sections of an experiment file, one file each: the type of its keys, and the rules for their values.

pub mod augment;
pub mod color;
pub mod dataset;
pub mod evaluate;
pub mod fusion;
pub mod image;
mod limit;
mod manifests;
pub mod network;
pub mod slurm;
pub mod train;

pub use augment::AugmentSection;
pub use color::{ClassesSection, ColorSection, Gray, Head, Space};
pub use dataset::{DatasetSection, SplitSection};
pub use evaluate::{BatchNormStatistics, EvaluateSection};
pub use fusion::{ExtractorKind, FusionSection, Pooling, Preprocess};
pub use image::{ImageSection, Resize};
pub use limit::Limit;
pub use manifests::Manifests;
pub use network::{
    BaldassarreSection, IizukaSection, ImageTransformationSection, NetworkCost, NetworkSection,
    NormKind, UnetSection, Upsampling, ZhangBlock, ZhangSection,
};
pub use slurm::{Gpus, SlurmSection};
pub use train::{
    LearningRateSchedule, Loss, Optimizer, Perceptual, SCRATCH, StopEarly, TrainSection, VggLayer,
};
