//! Run folders, and all that reads them without training.
//!
//! [`runs`] is the layout of a run folder: identity, lock, tables, checkpoints, environment. [`catalog`] reads all runs as
//! one table, [`plan`] says which trials are wanted and how each stands, [`export`] writes tables for other programs.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

pub mod catalog;
pub mod export;
pub mod plan;
pub mod runs;

use colorize_experiment as experiment;
use colorize_statistics as statistics;
