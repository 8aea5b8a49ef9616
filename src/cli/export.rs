//! `colorize export`: runs for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use colorize_base::counted;

use super::run_choice::{Step, open_run};
use super::{ls, output};
use crate::backend::DeviceName;
use crate::catalog::Catalog;
use crate::command_error::{CommandError, Result};
use crate::dataset::Cache;
use crate::export::{self, Place, Table, TableFormat};
use crate::trained::is_model;

/// Arguments of `colorize export`.
#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// What to write: one table, `all` of each run for TensorBoard and MLflow, or the `model` of one run
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
    /// Which runs, as for `ls`, all by default; for `model` the run, as for `predict`
    #[arg(
        value_name = "FILTER|RUN",
        default_value = "",
        hide_default_value = true
    )]
    filter: String,
    /// Output format; a `model` has only one
    #[arg(long, value_enum, required_if_eq_any = [("what", "runs"), ("what", "metrics"), ("what", "images"), ("what", "all")])]
    format: Option<Format>,
    /// With `model`: step of the checkpoint instead of the newest one, or `best` for the best one by `train.retain.best`
    #[arg(long, value_name = "N|best")]
    step: Option<Step>,
    /// File or, for TensorBoard and MLflow, folder to write
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// Name of the MLflow experiment that holds the runs; defaults to the name of the folder `--out`
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Overwrite an earlier export
    #[arg(long)]
    force: bool,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// One row per run: facts, experiment, last, best and mean of each metric
    Runs,
    /// One row per logged number
    Metrics,
    /// One row per evaluated image
    Images,
    /// Everything, for `tensorboard` and `mlflow`
    All,
    /// The network of one run as a safetensors file, for `predict` and PyTorch
    Model,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated values; NaN, inf and -inf for numbers that are not finite
    Csv,
    /// An array of objects, one per line
    Json,
    /// Parquet
    Parquet,
    /// TensorBoard event files, one folder per run
    Tensorboard,
    /// An MLflow file store
    Mlflow,
}

/// Exports runs.
pub(super) fn run(arguments: &ExportArguments) -> Result<()> {
    if arguments.what == What::Model {
        return model(arguments);
    }
    let what = kind(arguments)?;
    ls::check_folder(&arguments.runs)?;
    let place = Place::new(&arguments.out, arguments.force);
    place.check()?;
    let catalog = Catalog::open(&arguments.runs, &Cache::of_user()?.folder)?;
    output::strays(&catalog.strays);
    if let Some(unreadable) = catalog.unreadable.first() {
        // Nobody would notice a gap in an export.
        return Err(CommandError::failure(format!(
            "cannot export because a run cannot be read: {}; move it away first",
            unreadable.reason
        )));
    }
    let runs = ls::pick(&catalog, &arguments.filter)?;
    if runs.is_empty() {
        let all = catalog.entries.len();
        let message = match arguments.filter.as_str() {
            "" => format!("there are no runs in `{}`", arguments.runs.display()),
            filter => format!("`{filter}` matches none of the {all} runs"),
        };
        return Err(CommandError::request(message));
    }
    let out = arguments.out.display();
    let of = counted(runs.len(), "run");
    match what {
        Kind::Table(table, format) => {
            let rows = export::table(table, format, &runs, &place)?;
            let rows = counted(rows, "row");
            output::line(&format!("{out}: {rows} from {of}"));
        }
        Kind::Tensorboard => {
            let values = export::tensorboard(&runs, &place)?;
            output::line(&format!("{out}: {values} values and pictures from {of}"));
            output::line(&format!("open it with `tensorboard --logdir {out}`"));
        }
        Kind::Mlflow => {
            let name = experiment_name(arguments)?;
            let values = export::mlflow(&runs, &name, &place)?;
            output::line(&format!(
                "{out}: {values} values from {of} in the experiment `{name}`"
            ));
            output::line(&format!(
                "open it with `MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri {out}`, or import it into a database with `mlflow migrate-filestore`"
            ));
        }
    }
    Ok(())
}

/// Writes the network of one run.
fn model(arguments: &ExportArguments) -> Result<()> {
    if arguments.format.is_some() || arguments.name.is_some() {
        let message = "a model is always a safetensors file: drop `--format` and `--name`";
        return Err(CommandError::request(message));
    }
    if arguments.filter.is_empty() {
        let message = "which run? `colorize export model RUN --out FILE`; `colorize ls` lists them";
        return Err(CommandError::request(message));
    }
    let place = Place::of(&arguments.out, arguments.force, is_model);
    place.check()?;
    let trained = open_run(
        &arguments.runs,
        &arguments.filter,
        arguments.step,
        DeviceName::Flex,
        &Cache::of_user()?,
    )?;
    place.write(&trained.to_file()?)?;
    let out = arguments.out.display();
    output::line(&format!(
        "{out}: {} s{} at step {}",
        trained.experiment.name, trained.seed, trained.step
    ));
    output::line(&format!(
        "color photographs with `colorize predict {out} PHOTO ... --out DIR`"
    ));
    Ok(())
}

/// What MLflow's experiment is called.
fn experiment_name(arguments: &ExportArguments) -> Result<String, CommandError> {
    let folder = || {
        let whole = std::path::absolute(&arguments.out).ok()?;
        Some(whole.file_name()?.to_string_lossy().into_owned())
    };
    let name = arguments.name.clone().or_else(folder).unwrap_or_default();
    if name.trim().is_empty() {
        let message = "the MLflow experiment needs a name: pass `--name NAME`";
        return Err(CommandError::request(message.to_owned()));
    }
    Ok(name)
}

enum Kind {
    Table(Table, TableFormat),
    Tensorboard,
    Mlflow,
}

fn kind(arguments: &ExportArguments) -> Result<Kind, CommandError> {
    if arguments.name.is_some() && arguments.format != Some(Format::Mlflow) {
        let message =
            "`--name` works only with `--format mlflow`: no other format has a named experiment";
        return Err(CommandError::request(message.to_owned()));
    }
    if arguments.step.is_some() {
        let message = "`--step` works only with `model`: tables hold all steps";
        return Err(CommandError::request(message));
    }
    let format = match arguments.format {
        Some(Format::Csv) => TableFormat::Csv,
        Some(Format::Json) => TableFormat::Json,
        Some(Format::Parquet) => TableFormat::Parquet,
        Some(Format::Tensorboard | Format::Mlflow) if arguments.what != What::All => {
            return Err(CommandError::request(
                "TensorBoard and MLflow take whole runs, not one table: use `all`".to_owned(),
            ));
        }
        Some(Format::Tensorboard) => return Ok(Kind::Tensorboard),
        Some(Format::Mlflow) => return Ok(Kind::Mlflow),
        None => return Err(CommandError::request("a table needs a `--format`")),
    };
    let table = match arguments.what {
        What::Runs => Table::Runs,
        What::Metrics => Table::Metrics,
        What::Images => Table::Images,
        What::All | What::Model => {
            return Err(CommandError::request(
                "a file of this format holds one table: use `runs`, `metrics` or `images`"
                    .to_owned(),
            ));
        }
    };
    Ok(Kind::Table(table, format))
}
