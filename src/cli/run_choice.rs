//! The run that a command works with: arguments that `evaluate` and `predict` share.

use std::path::PathBuf;

use clap::Args;

use crate::backend::DeviceName;
use crate::dataset::Cache;
use crate::runs::find_run;
use crate::trained::TrainedRun;

/// Which trained run, at which step, on which device.
#[derive(Debug, Args)]
pub(super) struct RunChoice {
    /// A run: its folder, or its name under `--runs`, such as `03-yuv` or `03-yuv/s0-0123456789`
    #[arg(value_name = "RUN")]
    run: String,
    /// Step whose checkpoint is used instead of the newest one
    #[arg(long, value_name = "N")]
    step: Option<usize>,
    /// Where to compute: `flex`, `libtorch` or `libtorch:cuda:0`
    #[arg(long, default_value = "flex")]
    device: DeviceName,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    pub(super) runs: PathBuf,
}

impl RunChoice {
    /// Finds the run and reads its network back.
    pub(super) fn open(&self, cache: &Cache) -> anyhow::Result<TrainedRun> {
        let folder = find_run(&self.runs, &self.run)?;
        let trained = TrainedRun::open(&folder, self.step, self.device, &cache.folder)?;
        Ok(trained)
    }
}
