//! The run that a command works with: arguments that `evaluate` and `predict` share.

use crate::command_error::{Context, Result};
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::backend::DeviceName;
use crate::dataset::Cache;
use crate::experiment::Experiment;
use crate::objective::Decode;
use crate::runs::{best_checkpoint, find_run};
use crate::trained::TrainedRun;

/// Which trained run, at which step, on which device.
#[derive(Debug, Args)]
pub(super) struct RunChoice {
    /// Run: its folder, or its name under `--runs`, such as `03-yuv` or `03-yuv/s0-0123456789`
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
    /// Where to compute: `flex`, `libtorch` or `libtorch:cuda:0`
    #[arg(long, default_value = "flex")]
    pub(super) device: DeviceName,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    pub(super) runs: PathBuf,
}

impl RunChoice {
    /// Finds the run and reads its network back.
    pub(super) fn open(&self, cache: &Cache) -> Result<TrainedRun> {
        let folder = find_run(&self.runs, &self.run)?;
        let step = match self.step {
            Some(Step::Best) => {
                let path = folder.experiment();
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("cannot read `{}`", path.display()))?;
                let experiment = Experiment::from_toml(&text, &path)?;
                Some(best_checkpoint(&folder, &experiment.train.retain)?)
            }
            Some(Step::Number(step)) => Some(step),
            None => None,
        };
        let trained = TrainedRun::open(&folder, step, self.device, &cache.folder)?;
        match self.decode {
            Some(decode) => Ok(trained.decoded_by(decode)?),
            None => Ok(trained),
        }
    }
}

/// Which checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
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
