//! The run that a command works with: arguments that `evaluate`, `predict` and `export model` share.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use crate::backend::DeviceName;
use crate::command_error::{CommandError, Context, Result};
use crate::dataset::Cache;
use crate::experiment::Experiment;
use crate::objective::Decode;
use crate::runs::{best_checkpoint, find_run};
use crate::trained::{TrainedNetwork, TrainedRun};
use colorize_base::{MOST_TEXT, read_text};

/// Which trained run, at which step, on which device.
#[derive(Debug, Args)]
pub(super) struct RunChoice {
    /// Run: its folder, or its name under `--runs`, such as `03-yuv` or `03-yuv/s0-0123456789`; for `predict` also a file
    /// that `export model` wrote
    #[arg(value_name = "RUN")]
    run: String,
    /// Step of the checkpoint to use instead of the newest one, or `best` for the best one by `train.retain.best`
    #[arg(long, value_name = "N|best")]
    step: Option<Step>,
    /// How classes become colors, for a run trained with `color.head = "classes"`: `mode` takes the likeliest class, `mean`
    /// the mean of all, a number between them the annealed mean of this temperature; defaults to
    /// `color.classes.temperature`
    #[arg(long, value_name = "mode|mean|T")]
    pub(super) decode: Option<Decode>,
    /// Where to compute: `flex`, `libtorch`, `libtorch:cuda:0`, `wgpu:0` or `cuda:0`
    #[arg(long, default_value = "flex")]
    pub(super) device: DeviceName,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    pub(super) runs: PathBuf,
}

impl RunChoice {
    /// Finds the run and reads its network back.
    pub(super) fn open(&self, cache: &Cache) -> Result<TrainedRun> {
        if Path::new(&self.run).is_file() {
            return Err(CommandError::request(format!(
                "`{}` is a file, and this needs a run: its folder, or its name under `{}`",
                self.run,
                self.runs.display()
            )));
        }
        let mut trained = open_run(&self.runs, &self.run, self.step, self.device, cache)?;
        if let Some(decode) = self.decode {
            trained.network = trained.network.decoded_by(decode)?;
        }
        Ok(trained)
    }

    /// The same for the network alone, which may be a file that `export model` wrote.
    pub(super) fn open_network(&self, cache: &Cache) -> Result<TrainedNetwork> {
        if Path::new(&self.run).is_file() && self.step.is_some() {
            let message = format!(
                "`{}` is a file with the weights of one step: drop `--step`",
                self.run
            );
            return Err(CommandError::request(message));
        }
        let trained = self.network(&self.run, self.step, cache)?;
        match self.decode {
            Some(decode) => Ok(trained.decoded_by(decode)?),
            None => Ok(trained),
        }
    }

    /// The newest network of another run, or that of a file, found in the same place and on the same device.
    pub(super) fn open_other(&self, run: &str, cache: &Cache) -> Result<TrainedNetwork> {
        self.network(run, None, cache)
    }

    fn network(&self, run: &str, step: Option<Step>, cache: &Cache) -> Result<TrainedNetwork> {
        let file = Path::new(run);
        if file.is_file() {
            return Ok(TrainedNetwork::read(file, self.device, &cache.folder)?);
        }
        if file.extension().is_some_and(|it| it == "safetensors") {
            return Err(CommandError::request(format!("no such file: `{run}`")));
        }
        Ok(open_run(&self.runs, run, step, self.device, cache)?.network)
    }
}

/// Finds a run by its name under `runs` and reads its network back.
pub(super) fn open_run(
    runs: &Path,
    name: &str,
    step: Option<Step>,
    device: DeviceName,
    cache: &Cache,
) -> Result<TrainedRun> {
    let folder = find_run(runs, name)?;
    let step = match step {
        Some(Step::Best) => {
            let path = folder.experiment();
            let text = read_text(&path, MOST_TEXT)
                .with_context(|| format!("cannot read `{}`", path.display()))?;
            let experiment = Experiment::from_toml(&text, &path)?;
            Some(best_checkpoint(&folder, &experiment.train.retain)?)
        }
        Some(Step::Number(step)) => Some(step),
        None => None,
    };
    Ok(TrainedRun::open(&folder, step, device, &cache.folder)?)
}

/// Which checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Number(usize),
    Best,
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("best", _) => Ok(Self::Best),
            (_, Ok(step)) => Ok(Self::Number(step)),
            _ => Err("must be a step number or `best`".to_owned()),
        }
    }
}
