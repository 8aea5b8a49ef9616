//! A research harness that trains image-colorization networks from declarative experiment files.
//!
//! An experiment file becomes an [`experiment::Experiment`]; a [`train::Trial`] is one of its seeds on one device; what
//! comes of it lies in a [`runs::RunFolder`], as Parquet tables, pictures and checkpoints. The modules, in the order in
//! which data flows:
//!
//! ```text
//! experiment -> dataset -> photo -> color -> batch -> network -> train -> runs -> report
//!                                 extractor (download) -^ evaluate -^  figure, statistics -^
//!                                                                  |-> trained
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

pub mod cli;
mod command_error;
pub mod launcher;
mod signals;
mod terminal;
mod threads;
pub mod watch;
mod work;

pub use colorize_archive::{catalog, export, plan, runs};
pub use colorize_backend as backend;
pub use colorize_dataset as dataset;
pub use colorize_download as download;
pub use colorize_experiment as experiment;
pub use colorize_figure as figure;
pub use colorize_picture::{color, evaluate, photo};
pub use colorize_report as report;
pub use colorize_statistics as statistics;
pub use colorize_training::{
    batch, extractor, network, objective, perceptual, proof, timing, train, trained,
};
