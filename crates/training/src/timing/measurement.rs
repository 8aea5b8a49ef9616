//! What came of timing, and its form in a file: a line of JSON for each contender of each case, as all benches write it.

use serde::Serialize;
use sysinfo::System;

use super::{Contender, StepTimes};
use crate::backend::{DeviceName, Precision};

/// A contender's steps in one case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measurement {
    /// Which bench measured: `step`.
    pub bench: &'static str,
    /// Program, device and precision.
    pub who: String,
    /// Experiment, size and batch.
    pub case: String,
    /// The device.
    pub device: DeviceName,
    /// The arithmetic.
    pub precision: Precision,
    /// Threads of the processor.
    pub threads: usize,
    /// Side of the pictures, in pixels.
    pub size: usize,
    /// Pictures a step.
    pub batch: usize,
    /// Channels of the network's first layer.
    pub scale: usize,
    /// Its residual blocks.
    pub residual_blocks: usize,
    /// Its learned values.
    pub parameters: usize,
    /// Steps of the experiment's whole training.
    pub train_steps: usize,
    /// Steps that were counted, after those that warmed up.
    pub steps: usize,
    /// Seconds a step by the clock: the median.
    pub seconds: f64,
    /// The shortest.
    pub seconds_low: f64,
    /// The longest.
    pub seconds_high: f64,
    /// Pictures over the median.
    pub images_per_second: f64,
    /// Seconds of the processor a step, on all threads together: the mean.
    pub processor_seconds: f64,
    /// Peak of the process's resident memory, in bytes.
    pub memory_bytes: u64,
    /// Memory of the GPU that it held in the end, in bytes.
    pub gpu_memory_bytes: Option<u64>,
    /// How busy the machine was meanwhile: the lowest load average over a minute, which counts the contender itself.
    pub load_low: f64,
    /// The highest.
    pub load_high: f64,
}

impl Measurement {
    /// Of a contender that took `steps`, at least one, while the machine was under `load`.
    pub(super) fn of(
        case: &str,
        contender: &Contender,
        parameters: usize,
        steps: &[StepTimes],
        load: Load,
    ) -> Self {
        let experiment = &contender.experiment;
        let seconds = Median::of(steps.iter().map(|step| step.seconds).collect());
        let processor: f64 = steps.iter().map(|step| step.processor_seconds).sum();
        Self {
            bench: "step",
            who: format!("colorize {}", contender.name()),
            case: case.to_owned(),
            device: contender.device,
            precision: experiment.train.precision,
            threads: contender.threads,
            size: experiment.image.size,
            batch: experiment.train.images_per_step(),
            scale: experiment.network.first_channels(),
            residual_blocks: experiment.network.residual_blocks(),
            parameters,
            train_steps: experiment.train.steps,
            steps: steps.len(),
            seconds: seconds.median,
            seconds_low: seconds.low,
            seconds_high: seconds.high,
            images_per_second: experiment.train.images_per_step() as f64 / seconds.median,
            processor_seconds: processor / steps.len() as f64,
            memory_bytes: steps
                .iter()
                .map(|step| step.memory_bytes)
                .max()
                .unwrap_or(0),
            gpu_memory_bytes: steps.iter().filter_map(|step| step.gpu_memory_bytes).max(),
            load_low: load.low,
            load_high: load.high,
        }
    }

    /// Its device, and its precision where that is not the usual one.
    pub fn name(&self) -> String {
        name(self.device, self.precision)
    }
}

impl Contender {
    /// Its device, and its precision where that is not the usual one.
    pub fn name(&self) -> String {
        name(self.device, self.experiment.train.precision)
    }
}

fn name(device: DeviceName, precision: Precision) -> String {
    match precision {
        Precision::F32 => device.to_string(),
        Precision::Bf16 => format!("{device} {precision}"),
    }
}

/// The middle of some numbers, and their ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Median {
    /// The middle one, or halfway between the two middle ones.
    pub median: f64,
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
}

impl Median {
    /// Of `values`; all three are not numbers when there are none.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
        let last = values.len().saturating_sub(1);
        Self {
            median: f64::midpoint(at(last / 2), at(values.len() / 2)),
            low: at(0),
            high: at(last),
        }
    }
}

/// How busy the machine was: load averages over a minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// The lowest seen.
    pub low: f64,
    /// The highest.
    pub high: f64,
}

impl Load {
    /// Now; 0 where the system does not tell.
    pub fn now() -> Self {
        let one = System::load_average().one;
        Self {
            low: one,
            high: one,
        }
    }

    /// Looks again.
    pub fn look(&mut self) {
        let now = Self::now();
        self.low = self.low.min(now.low);
        self.high = self.high.max(now.high);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::standard_kinds;

    #[test]
    fn medians_of_odd_even_one_and_none() {
        let median = |values: &[f64]| Median::of(values.to_vec()).median;
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
        let all = Median::of(vec![3.0, 1.0, 2.0]);
        assert_eq!((all.low, all.high), (1.0, 3.0));
    }

    #[test]
    fn a_line_of_json_says_what_was_measured() {
        let [yuv, _] = standard_kinds();
        let contender = Contender {
            experiment: yuv,
            device: DeviceName::Libtorch,
            threads: 2,
        };
        let step = |seconds, memory_bytes| StepTimes {
            seconds,
            processor_seconds: 2.0 * seconds,
            memory_bytes,
            gpu_memory_bytes: None,
        };
        let load = Load {
            low: 0.5,
            high: 2.0,
        };
        let steps = [step(1.0, 10), step(4.0, 30), step(2.0, 20)];
        let measured = Measurement::of("yuv 256 b8", &contender, 421_014, &steps, load);
        insta::assert_snapshot!(serde_json::to_string(&measured).unwrap());
    }
}
