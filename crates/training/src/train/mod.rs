//! Training: one trial from its resolved experiment to its run folder, driven by burn-train.
//!
//! [`Trial::run`] is the way in. burn-train's learner, metrics, event processor, checkpointers, interrupter and
//! dashboard do the work; what is ours is the loop ([`schedule`]: evaluation, samples and checkpoints fall due at
//! steps, not at epochs), the Parquet log ([`logger`]), checkpoints that are complete or absent ([`checkpoints`]), and
//! the progress on the terminal ([`progress`]).

mod average;
mod baselines;
mod checkpoints;
mod colorizer;
pub(crate) mod contents;
mod costs;
mod counter;
mod division;
mod frozen;
mod fusing;
#[cfg(test)]
mod golden;
mod gradients;
mod launch;
mod logger;
mod metrics;
mod optimizer;
mod outcome;
mod progress;
mod rate;
mod restore;
mod samples;
mod schedule;
mod scores;
mod session;
mod shortage;
mod start;
mod step;
mod stepper;
mod system;
mod trial;
mod witness;

pub use baselines::{BASELINE_CODE, baselines};
pub use burn_train::Interrupter;
pub use colorize_experiment::section::{
    LearningRateSchedule, Loss, Optimizer, StopEarly, TrainSection,
};
pub use colorizer::{ChromaPlanes, Colorized, Colorizer, HeldOutItem};
pub use counter::Counter;
pub use division::{Division, photograph_rows};
pub use frozen::{WrongPart, judge_frozen};
pub use fusing::{ExtractorWeights, Fused, Fusing, feature_rows};
pub use outcome::{Outcome, TrainError};
pub use progress::Display;
pub(crate) use restore::with_weights;
pub use scores::image_scores;
pub use shortage::Shortage;
pub use start::{Start, StartSource};
pub use step::TrainItem;
pub use stepper::Stepper;
pub use system::{held_gpu_memory, whole_gpu_memory};
pub use trial::Trial;
pub use witness::{StepState, Witness};

/// Changes when the same experiment would be trained otherwise.
pub const VERSION: u32 = 2;
