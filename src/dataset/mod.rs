//! Where photographs come from: manifests, the index of a dataset, selection by category, and the split.
//!
//! A [`Manifest`] says where a dataset lies (COCO annotations, a plain folder, or the synthetic world). An [`Index`]
//! is the list of its images, read from a Parquet cache that is rebuilt when the source changes. [`split_of`] divides
//! images into `train` and `validation`. Nothing here opens a photograph.

mod cache;
mod coco;
mod error;
mod folder;
mod index;
mod manifest;
mod nearest;
mod resolve;
pub mod section;
mod split;
mod statistics;
mod table;

pub use cache::Cache;
pub(crate) use cache::{keyed_name, read_table, write_table};
pub use colorize_synthetic as synthetic;
pub use error::DatasetError;
pub(crate) use folder::modified;
pub use index::{Category, ImageRecord, Index};
pub use manifest::{Manifest, Source};
pub use resolve::{list_manifests, resolve_manifest};
pub use section::{DatasetSection, SplitSection};
pub use split::{Split, split_of};
pub use statistics::{CategoryCount, Spread, Statistics};
