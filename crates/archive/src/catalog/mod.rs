//! All runs as one table: what they are, their status and their results, to be filtered, sorted, grouped and compared
//! with each other. Nothing here trains, and nothing here writes into a run folder but the sweep, which removes.
//!
//! - [`Catalog`] is the table, an [`Entry`] its line, a [`Series`] what a line says of one metric. An index in the
//!   user's cache makes opening it quick; it is only a cache, and never believed without a look at the files.
//! - [`Filter`] picks lines, a [`Key`] names what they are picked and sorted by.
//! - [`Group`]s are lines that differ in the seed alone. A [`Configuration`] is what such runs have in common, and
//!   [`labels`] call them so that no two look alike.
//! - [`HeldOut`] tells which images of two groups are the same photographs, whatever their ids are.

mod configuration;
mod difference;
mod entry;
mod filter;
mod group;
mod index;
mod key;
mod name;
mod order;
mod photographs;
mod read;
#[cfg(test)]
pub(crate) mod sample;
mod series;
mod stamp;
mod sweep;
#[cfg(test)]
mod tests;
mod value;

use std::path::{Path, PathBuf};

pub use configuration::{Configuration, PointName, labels, tell_apart};
pub use difference::{Compared, Difference, DifferingKey, Measured, Sides};
pub use entry::{DatasetFacts, Entry, Facts, STANDINGS, Values};
pub use filter::{Filter, FilterError};
pub use group::{Group, Spread};
pub use key::{Fact, Key, Statistic, UnknownKey};
pub use name::NameError;
pub use order::Order;
pub use photographs::HeldOut;
pub use series::{Point, Series};
pub use sweep::{Sweep, SweepPolicy, Swept, look, size, sweep};
pub use value::Value;

use crate::runs::{RunError, Strays};
use stamp::COARSE;

/// Every run of a folder.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// The runs that can be read, by experiment, variant and seed.
    pub entries: Vec<Entry>,
    /// Those that cannot, by path.
    pub unreadable: Vec<Unreadable>,
    /// Copies of runs, which are not among the entries, and runs under other names than their own, which are.
    pub strays: Strays,
}

/// A run folder that cannot be read, or that says done and lacks its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Where it lies.
    pub path: PathBuf,
    /// Why, as a whole message.
    pub reason: String,
}

impl Catalog {
    /// Every run under `runs`. What the index in the folder `cache` knows of runs whose files are as they were is taken
    /// from there; the rest is read, and the index rewritten. No index, a damaged one or one of another version
    /// costs time and nothing else.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when `runs` exists but cannot be listed.
    pub fn open(runs: &Path, cache: &Path) -> Result<Self, RunError> {
        index::open(runs, Some(cache), COARSE)
    }

    /// The same without an index.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when `runs` exists but cannot be listed.
    pub fn read(runs: &Path) -> Result<Self, RunError> {
        index::open(runs, None, COARSE)
    }

    /// The runs that a filter lets through.
    pub fn select(&self, filter: &Filter) -> Vec<&Entry> {
        let entries = self.entries.iter();
        entries.filter(|entry| filter.matches(entry)).collect()
    }
}
