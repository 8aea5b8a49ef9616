//! The command line: arguments, one file a command, messages and exit codes. Nothing is decided here that another room
//! could own.

mod check;
mod dataset;
mod doctor;
mod output;
mod prepare;
mod reproduce;
mod run;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::backend::BackendError;
use crate::dataset::DatasetError;
use crate::experiment::ExperimentError;
use crate::train::TrainError;

/// Trains image-colorization networks from experiment files, logs every number to Parquet and draws the figures.
#[derive(Debug, Parser)]
#[command(name = "colorize", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train experiments; what is done already is left alone, what was interrupted goes on
    Run(run::RunArguments),
    /// Train the stages of the write-up and draw their figures
    Reproduce(reproduce::ReproduceArguments),
    /// Validate experiment files
    Check(check::CheckArguments),
    /// List, index and describe datasets
    #[command(subcommand)]
    Dataset(dataset::DatasetCommand),
    /// Show what this build can compute with on this machine
    Doctor,
}

/// Done.
const DONE: u8 = 0;
/// Failed.
const FAILED: u8 = 1;
/// The request was wrong: arguments, TOML, a missing file, a device that is not there.
const WRONG_REQUEST: u8 = 2;
/// Interrupted after a checkpoint.
const INTERRUPTED: u8 = 130;

/// Reads the arguments, runs the command, prints its error once, and says how it went.
pub fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Reproduce(arguments) => reproduce::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Dataset(command) => dataset::run(&command).map(|()| ExitCode::from(DONE)),
        Command::Doctor => doctor::run().map(|()| ExitCode::from(DONE)),
    };
    result.unwrap_or_else(|error| {
        output::error(&error);
        ExitCode::from(exit_code(&error))
    })
}

/// What an error means to a script.
fn exit_code(error: &anyhow::Error) -> u8 {
    let is_wrong_request = error.chain().any(|cause| {
        cause.is::<ExperimentError>()
            || cause.is::<DatasetError>()
            || cause.is::<BackendError>()
            || matches!(cause.downcast_ref(), Some(TrainError::Device(_)))
    });
    if is_wrong_request {
        WRONG_REQUEST
    } else {
        FAILED
    }
}
