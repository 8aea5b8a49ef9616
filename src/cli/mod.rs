//! The command line: arguments, one file per command, messages and exit codes. Nothing is decided here that another module
//! could own.

mod bench;
mod cells;
mod check;
mod completions;
mod dataset;
mod decided;
mod diff;
mod doctor;
mod evaluate;
mod export;
mod features;
mod gc;
mod launch;
mod ls;
mod new;
mod note;
mod output;
mod pictures;
mod plan;
mod predict;
mod report;
mod reproduce;
mod run;
mod run_choice;
mod show;
mod verify;
mod verify_figure;
mod watch;
mod weights;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::command_error::{CommandError, DONE, FAILED, INTERRUPTED, WRONG_REQUEST};
use crate::{terminal, threads};

/// Train image-colorization networks from experiment files, log every number to Parquet and draw the figures
#[derive(Debug, Parser)]
#[command(name = "colorize", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train experiments: skip what is done, resume what was interrupted
    Run(run::RunArguments),
    /// Show what `run` would do: which trials are done, missing, interrupted, failed, running or stale, and the time left
    Plan(plan::PlanArguments),
    /// Train the stages of the write-up and draw their figures
    Reproduce(reproduce::ReproduceArguments),
    /// Make the tables, figures and pages of report files from the available runs
    Report(report::ReportArguments),
    /// Watch runs while they train
    Watch(watch::WatchArguments),
    /// Score a trained run on photographs, next to network-free baselines
    Evaluate(evaluate::EvaluateArguments),
    /// Colorize photographs of any size with a trained run or an exported model
    Predict(predict::PredictArguments),
    /// Compute the feature vectors of experiments with fusion ahead of training
    Features(features::FeaturesArguments),
    /// List runs, filtered, sorted and grouped over seeds
    Ls(ls::LsArguments),
    /// Show everything about one run
    Show(show::ShowArguments),
    /// Tag runs and write a remark on them, to find them by
    Note(note::NoteArguments),
    /// Compare runs, or experiments over their seeds: which settings differ, and their results
    Diff(diff::DiffArguments),
    /// Remove checkpoints that no policy keeps, and partial files that killed processes left behind
    Gc(gc::GcArguments),
    /// Export runs as CSV, JSON, Parquet, TensorBoard event files or an MLflow store, or a network as one file
    Export(export::ExportArguments),
    /// Write a commented experiment or report file to begin with
    #[command(subcommand)]
    New(new::NewCommand),
    /// Validate experiment files
    Check(check::CheckArguments),
    /// Verify what a result rests on
    #[command(subcommand)]
    Verify(verify::VerifyCommand),
    /// List, fetch, index and describe datasets
    #[command(subcommand)]
    Dataset(dataset::DatasetCommand),
    /// List and fetch the weights of pretrained networks
    #[command(subcommand)]
    Weights(weights::WeightsCommand),
    /// Time training steps on this machine: seconds, images per second, memory, and how they scale
    Bench(bench::BenchArguments),
    /// Show which devices this build can use on this machine
    Doctor,
    /// Print a completion script for a shell
    Completions(completions::CompletionsArguments),
}

/// Reads the arguments, runs the command, prints its error once, and says how it went.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and the version are told this way as well.
        Err(told) => {
            terminal::keep(told.print());
            return all_arrived(ExitCode::from(told.exit_code() as u8));
        }
    };
    let result = ready(&arguments.command).and_then(|()| match arguments.command {
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
        Command::Note(arguments) => note::run(&arguments).map(|()| ExitCode::from(DONE)),
        Command::Diff(arguments) => diff::run(&arguments).map(|()| ExitCode::from(DONE)),
        Command::Gc(arguments) => gc::run(&arguments),
        Command::Export(arguments) => export::run(&arguments).map(|()| ExitCode::from(DONE)),
        Command::New(command) => new::run(&command).map(|()| ExitCode::from(DONE)),
        Command::Check(arguments) => check::run(&arguments),
        Command::Verify(command) => verify::run(&command),
        Command::Dataset(command) => dataset::run(&command).map(|()| ExitCode::from(DONE)),
        Command::Weights(command) => weights::run(&command).map(|()| ExitCode::from(DONE)),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Doctor => doctor::run().map(|()| ExitCode::from(DONE)),
        Command::Completions(arguments) => {
            completions::run(&arguments, &mut Arguments::command());
            Ok(ExitCode::from(DONE))
        }
    });
    all_arrived(result.unwrap_or_else(|error| {
        output::error(&error);
        ExitCode::from(error.exit_code())
    }))
}

/// Makes sure, before a command that computes, that it can.
fn ready(command: &Command) -> Result<(), CommandError> {
    match command {
        Command::New(_) | Command::Completions(_) => Ok(()),
        _ => threads::ensure(),
    }
}

/// The exit code of a command, or that of a failure where the standard output lost something.
fn all_arrived(code: ExitCode) -> ExitCode {
    match terminal::lost() {
        None => code,
        Some(error) => {
            let message = format!("cannot write to the standard output: {error}");
            output::error(&CommandError::failure(message));
            ExitCode::from(FAILED)
        }
    }
}
