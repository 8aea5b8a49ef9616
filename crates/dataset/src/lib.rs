//! Where photographs come from: manifests, the index of a dataset, selection by category, and the split.
//!
//! A [`Manifest`] says where photographs lie (COCO annotations, a plain folder, or the synthetic world), and a [`Dataset`] is
//! one of them or several. An [`Index`] is the list of its images, read from a Parquet cache that is rebuilt when the source
//! changes. [`split_of`] divides
//! images into `train` and `validation`. Only [`inspection`] opens photographs, each of them once; what it has decoded is
//! kept as [`Squares`] for those who train on it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

mod cache;
mod coco;
mod dataset;
mod error;
mod folder;
mod index;
pub mod inspection;
mod manifest;
mod passed_over;
mod photograph;
mod split;
mod squares;
mod statistics;
mod table;

pub use cache::Cache;
pub(crate) use cache::{read_table, write_table};
pub use colorize_experiment::section::{DatasetSection, Limit, SplitSection};
pub use colorize_experiment::{list_manifests, resolve_manifest};
use colorize_picture::photo;
pub use colorize_synthetic as synthetic;
pub use dataset::Dataset;
pub use error::DatasetError;
pub(crate) use folder::modified;
pub use folder::photographs_in;
pub use index::{Category, ImageRecord, Index, LostAnnotations, Part, Unlisted};
pub use manifest::{Manifest, Source};
pub use passed_over::PassedOver;
pub use photograph::Photograph;
pub use split::{Split, split_of};
pub use squares::{Square, Squares};
pub use statistics::{CategoryCount, Spread, Statistics};
