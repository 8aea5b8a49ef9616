//! All integration tests in one binary, which links once.

#![allow(clippy::unwrap_used, clippy::float_cmp, missing_docs)]

mod architecture;
mod bench;
mod content;
mod crash;
mod decided;
mod device;
mod experiment;
mod extractor;
mod figures;
mod halving;
mod hostile;
mod labels;
mod memory;
mod models;
mod network;
mod perceptual;
mod plan;
mod proofs;
mod report;
mod runs;
mod squares;
mod stages;
mod starts;
mod terminal;
mod tracking;
