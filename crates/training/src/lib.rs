//! Training: from photographs and an experiment to a run, and from a run back to a network.
//!
//! [`objective`] is what a network is asked, [`network`] the networks, [`extractor`] the pretrained classifiers,
//! [`perceptual`] the networks that judge pictures, [`batch`]
//! what a step sees. [`train`] puts one trial together and runs it, [`trained`] puts a trained run to use, [`timing`]
//! says how long a step takes, and [`proof`] holds two trainings together, bit by bit.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

pub mod batch;
pub mod extractor;
pub mod network;
pub mod objective;
pub mod perceptual;
pub mod proof;
pub mod timing;
pub mod train;
pub mod trained;

use colorize_archive::runs;
use colorize_backend as backend;
use colorize_dataset as dataset;
use colorize_download as download;
use colorize_experiment as experiment;
use colorize_figure as figure;
use colorize_picture::{color, evaluate, photo};
