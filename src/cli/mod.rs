//! The command line: arguments, one file a command, messages and exit codes. Nothing is decided here that another room
//! could own.

mod bench;
mod cells;
mod check;
mod dataset;
mod diff;
mod doctor;
mod evaluate;
mod export;
mod features;
mod gc;
mod jobs;
mod launch;
mod ls;
mod output;
mod pictures;
mod plan;
mod predict;
mod prepare;
mod report;
mod reproduce;
mod run;
mod run_choice;
mod show;
mod verify;
mod verify_figure;
mod watch;
mod weights;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::backend::BackendError;
use crate::catalog::{FilterError, NameError};
use crate::dataset::DatasetError;
use crate::experiment::ExperimentError;
use crate::export::ExportError;
use crate::extractor::ExtractorError;
use crate::figure::FigureError;
use crate::launcher::LauncherError;
use crate::plan::PlanError;
use crate::proof::ProofError;
use crate::report::ReportError;
use crate::runs::RunError;
use crate::train::TrainError;
use crate::trained::TrainedError;

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
    /// Show what `run` would do: what is done, missing, interrupted, failed, running or stale, and how long it may take
    Plan(plan::PlanArguments),
    /// Train the stages of the write-up and draw their figures
    Reproduce(reproduce::ReproduceArguments),
    /// Make the tables, figures and pages of report files from the runs that are there
    Report(report::ReportArguments),
    /// Look at runs while they are trained
    Watch(watch::WatchArguments),
    /// Score a trained run on photographs, beside what no network is needed for
    Evaluate(evaluate::EvaluateArguments),
    /// Colour photographs of any size with a trained run
    Predict(predict::PredictArguments),
    /// Compute the feature vectors of experiments with fusion before they are trained
    Features(features::FeaturesArguments),
    /// List runs: filtered, sorted, seeds put together
    Ls(ls::LsArguments),
    /// Show everything of one run
    Show(show::ShowArguments),
    /// Show what differs between runs, or between experiments with their seeds, and what they came to
    Diff(diff::DiffArguments),
    /// Remove checkpoints that no policy keeps, and what killed processes left half written
    Gc(gc::GcArguments),
    /// Hand runs on: as CSV, JSON, Parquet, TensorBoard event files or an MLflow store
    Export(export::ExportArguments),
    /// Validate experiment files
    Check(check::CheckArguments),
    /// Look closely at what a result rests on
    #[command(subcommand)]
    Verify(verify::VerifyCommand),
    /// List, fetch, index and describe datasets
    #[command(subcommand)]
    Dataset(dataset::DatasetCommand),
    /// List and fetch pretrained classifiers
    #[command(subcommand)]
    Weights(weights::WeightsCommand),
    /// Time training steps on this machine: seconds, images per second, memory, and how they grow
    Bench(bench::BenchArguments),
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
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Reproduce(arguments) => reproduce::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Watch(arguments) => watch::run(&arguments).map(|()| ExitCode::from(DONE)),
        Command::Evaluate(arguments) => evaluate::run(&arguments).map(|()| ExitCode::from(DONE)),
        Command::Predict(arguments) => predict::run(&arguments),
        Command::Features(arguments) => features::run(&arguments),
        Command::Ls(arguments) => ls::run(&arguments),
        Command::Show(arguments) => show::run(&arguments).map(|()| ExitCode::from(DONE)),
        Command::Diff(arguments) => diff::run(&arguments).map(|()| ExitCode::from(DONE)),
        Command::Gc(arguments) => gc::run(&arguments),
        Command::Export(arguments) => export::run(&arguments).map(|()| ExitCode::from(DONE)),
        Command::Check(arguments) => check::run(&arguments),
        Command::Verify(command) => verify::run(&command),
        Command::Dataset(command) => dataset::run(&command).map(|()| ExitCode::from(DONE)),
        Command::Weights(command) => weights::run(&command).map(|()| ExitCode::from(DONE)),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Doctor => doctor::run().map(|()| ExitCode::from(DONE)),
    };
    result.unwrap_or_else(|error| {
        output::error(&error);
        ExitCode::from(exit_code(&error))
    })
}

/// A request that cannot be met as it is written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct RequestError(String);

/// What an error means to a script.
fn exit_code(error: &anyhow::Error) -> u8 {
    if error.chain().any(is_wrong_request) {
        WRONG_REQUEST
    } else {
        FAILED
    }
}

/// Whether the user can mend it by asking otherwise. Errors that only pass another one on are looked into: they do not
/// appear in the chain themselves.
fn is_wrong_request(cause: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(error) = cause.downcast_ref::<TrainError>() {
        return match error {
            TrainError::Device(_) => true,
            TrainError::Extractor(error) => is_wrong_request(error),
            _ => false,
        };
    }
    if let Some(ProofError::Train(error)) = cause.downcast_ref::<ProofError>() {
        return is_wrong_request(error);
    }
    if let Some(error) = cause.downcast_ref::<TrainedError>() {
        return match error {
            TrainedError::Device(_) | TrainedError::OtherWeights { .. } => true,
            TrainedError::Extractor(error) => is_wrong_request(error),
            TrainedError::Photographs(error) => is_wrong_request(error),
            TrainedError::Run(error) => is_wrong_request(error),
            _ => false,
        };
    }
    if let Some(error) = cause.downcast_ref::<ExtractorError>() {
        return matches!(
            error,
            ExtractorError::NoExtractor
                | ExtractorError::UnknownWeights { .. }
                | ExtractorError::Missing { .. }
                | ExtractorError::Checksum { .. }
                | ExtractorError::NotWeights { .. }
                | ExtractorError::DoesNotFit { .. }
                | ExtractorError::NoClasses { .. }
        );
    }
    if let Some(error) = cause.downcast_ref::<ReportError>() {
        return match error {
            ReportError::File(_)
            | ReportError::NoRuns { .. }
            | ReportError::NotAReport(_)
            | ReportError::NoOrigin(_) => true,
            ReportError::Run(error) => is_wrong_request(error),
            ReportError::Figure(error) => is_wrong_request(error),
            ReportError::Sample { .. } => false,
        };
    }
    if let Some(error) = cause.downcast_ref::<FigureError>() {
        return matches!(
            error,
            FigureError::NotAFigure { .. } | FigureError::File { action: "read", .. }
        );
    }
    if let Some(error) = cause.downcast_ref::<RunError>() {
        return matches!(
            error,
            RunError::NotFound { .. } | RunError::Ambiguous { .. } | RunError::NoCheckpoint { .. }
        );
    }
    if let Some(error) = cause.downcast_ref::<ExportError>() {
        return matches!(error, ExportError::Exists(_) | ExportError::NotOurs(_));
    }
    if let Some(error) = cause.downcast_ref::<PlanError>() {
        return match error {
            PlanError::SameTrial { .. } => true,
            PlanError::Run(error) => is_wrong_request(error),
        };
    }
    if let Some(error) = cause.downcast_ref::<LauncherError>() {
        return match error {
            LauncherError::NoSlurm { .. } | LauncherError::Path { .. } => true,
            LauncherError::Runs(error) => is_wrong_request(error),
            _ => false,
        };
    }
    cause.is::<ExperimentError>()
        || cause.is::<DatasetError>()
        || cause.is::<BackendError>()
        || cause.is::<FilterError>()
        || cause.is::<NameError>()
        || cause.is::<RequestError>()
}
