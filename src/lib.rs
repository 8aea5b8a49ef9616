//! A research harness that trains image-colorization networks from declarative experiment files.
//!
//! An experiment file becomes an [`experiment::Experiment`]; a [`train::Trial`] is one of its seeds on one device; what
//! comes of it lies in a [`runs::RunFolder`], as Parquet tables, pictures and checkpoints. The rooms, in the order in
//! which data flows:
//!
//! ```text
//! experiment -> dataset -> photo -> color -> batch -> network -> train -> runs -> report
//!                                 extractor (download) -^ evaluate -^  figure, statistics -^
//!                                                                  |-> trained
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

pub mod backend;
pub mod batch;
pub mod catalog;
pub mod cli;
pub mod color;
pub mod dataset;
pub mod evaluate;
pub mod experiment;
pub mod export;
pub mod extractor;
pub mod launcher;
pub mod network;
pub mod photo;
pub mod plan;
pub mod proof;
pub mod report;
pub mod runs;
pub mod timing;
pub mod train;
pub mod trained;
pub mod watch;

pub use colorize_download as download;
pub use colorize_figure as figure;
pub use colorize_statistics as statistics;
