//! What the training costs the machine: processor, memory, GPU and energy, sampled on a thread of its own.
//!
//! A sample is a handful of reads from `/proc`, `/sys` and the GPU's driver. What cannot be read has no row: a machine
//! without a GPU, a driver that does not know the process, a counter that only root may read.

mod energy;
mod gpu;
mod process;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use self::energy::EnergyCounters;
use self::gpu::Gpu;
use self::process::ProcessGauge;
use super::logger::SharedLog;
use crate::backend::{self, DeviceName};
use crate::evaluate::MachineMetric;
use crate::runs::RunLog;

/// Where Linux shows the energy counters of processors.
const POWERCAP: &str = "/sys/class/powercap";

/// One number of the machine.
type Reading = (MachineMetric, f64);

/// A thread that logs the machine's numbers every few seconds and whenever it is asked to. Dropped, it ends.
pub(super) struct SystemSampler {
    /// Asks for a sample; the thread answers when it is noted. `None` once the thread is to end.
    ask: Option<Sender<Sender<()>>>,
    thread: Option<JoinHandle<()>>,
    step: Arc<AtomicUsize>,
}

impl SystemSampler {
    /// Starts the thread: a sample every `interval`, of a process that computes on `device`, at the step that
    /// [`Self::at`] told last. What cannot be read is noted in `diary`, once.
    pub(super) fn start(
        device: DeviceName,
        interval: Duration,
        step: usize,
        log: &SharedLog,
        diary: &RunLog,
    ) -> Self {
        let gauges = Gauges::open(device, Path::new(POWERCAP), diary);
        let step = Arc::new(AtomicUsize::new(step));
        let (ask, asked) = channel();
        let at = Arc::clone(&step);
        let log = log.clone();
        let thread = thread::Builder::new()
            .name("system metrics".to_owned())
            .spawn(move || sample_until_dropped(gauges, interval, &at, &log, &asked));
        if let Err(error) = &thread {
            diary.line(&format!(
                "no system metrics: cannot start their thread: {error}"
            ));
        }
        Self {
            ask: Some(ask),
            thread: thread.ok(),
            step,
        }
    }

    /// The step at hand from now on.
    pub(super) fn at(&self, step: usize) {
        self.step.store(step, Ordering::Relaxed);
    }

    /// Takes a sample now; it is in the log when this returns.
    pub(super) fn sample(&self) {
        let (answer, answered) = channel();
        // A thread that could not be started neither hears nor answers: then there are no rows, and the diary says why.
        if let Some(ask) = &self.ask
            && ask.send(answer).is_ok()
        {
            let _ = answered.recv();
        }
    }
}

impl Drop for SystemSampler {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn sample_until_dropped(
    mut gauges: Gauges,
    interval: Duration,
    step: &AtomicUsize,
    log: &SharedLog,
    asked: &Receiver<Sender<()>>,
) {
    let mut last = Instant::now();
    loop {
        let request = asked.recv_timeout(interval.saturating_sub(last.elapsed()));
        if matches!(request, Err(RecvTimeoutError::Disconnected)) {
            return;
        }
        last = Instant::now();
        let step = step.load(Ordering::Relaxed);
        for (metric, value) in gauges.read() {
            log.push(step, "train", metric.name(), value);
        }
        if let Ok(answer) = request {
            // Whoever asked may be gone.
            let _ = answer.send(());
        }
    }
}

/// Bytes of its GPU that this process holds, or where the driver does not tell processes apart all of them together; `None`
/// for a device that CUDA does not reach, and where there is no driver to ask. What libtorch has once taken it keeps, so
/// after a step this is the step's peak, and a few hundred megabytes of CUDA's own.
pub fn held_gpu_memory(device: DeviceName) -> Option<u64> {
    let readings = Gpu::open(backend::cuda_index(&device)?).ok()?.read();
    let of = |wanted| readings.iter().find(|&&(metric, _)| metric == wanted);
    of(MachineMetric::GpuMemory)
        .or_else(|| of(MachineMetric::GpuMemoryUsed))
        .map(|&(_, bytes)| bytes as u64)
}

/// Bytes of memory that a GPU has; `None` for a device that CUDA does not reach, and where there is no driver to ask.
pub fn whole_gpu_memory(device: DeviceName) -> Option<u64> {
    Gpu::open(backend::cuda_index(&device)?)
        .ok()?
        .whole_memory()
}

/// All that is read.
struct Gauges {
    process: ProcessGauge,
    energy: EnergyCounters,
    gpu: Option<Gpu>,
}

impl Gauges {
    fn open(device: DeviceName, powercap: &Path, diary: &RunLog) -> Self {
        let gpu = backend::cuda_index(&device).and_then(|index| {
            Gpu::open(index)
                .map_err(|reason| diary.line(&format!("no system metrics of the GPU: {reason}")))
                .ok()
        });
        Self {
            process: ProcessGauge::new(),
            energy: EnergyCounters::open(powercap),
            gpu,
        }
    }

    fn read(&mut self) -> Vec<Reading> {
        let mut readings = self.process.read();
        let joules = self.energy.joules();
        readings.extend(joules.map(|joules| (MachineMetric::ProcessorEnergy, joules)));
        readings.extend(self.gpu.iter_mut().flat_map(Gpu::read));
        readings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::{MetricLog, MetricTable, RunFolder, read_metrics};
    use burn_train::Interrupter;

    fn logged(interval: Duration, work: impl FnOnce(&SystemSampler)) -> Vec<(usize, f64)> {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(root.path());
        let log = MetricLog::resume(&folder, 0, Duration::from_hours(1)).unwrap();
        let log = SharedLog::new(log, &MetricTable::default(), None, Interrupter::new());
        let diary = RunLog::open(&root.path().join("log.txt")).unwrap();
        let sampler = SystemSampler::start(DeviceName::Flex, interval, 3, &log, &diary);
        work(&sampler);
        drop(sampler);
        log.flush();
        let table = read_metrics(&folder).unwrap();
        for absent in [MachineMetric::GpuUtilization, MachineMetric::GpuMemory] {
            assert!(table.series("train", absent.name()).is_empty());
        }
        let available = MachineMetric::SystemMemoryAvailable.name();
        assert!(
            table
                .last("train", available)
                .is_none_or(|bytes| bytes > 0.0)
        );
        table
            .series("train", MachineMetric::ResidentMemory.name())
            .to_vec()
    }

    #[test]
    fn a_sample_is_taken_when_asked_for_and_is_in_the_log_at_once() {
        let rows = logged(Duration::MAX, |sampler| {
            sampler.sample();
            sampler.at(7);
            sampler.sample();
        });
        let steps: Vec<usize> = rows.iter().map(|&(step, _)| step).collect();
        assert_eq!(steps, [3, 7]);
        assert!(rows.iter().all(|&(_, bytes)| bytes > 1e6), "{rows:?}");
    }

    #[test]
    fn the_interval_alone_is_enough_and_nobody_has_to_ask() {
        // The first answer comes after any number of samples of its own: the thread hears while it counts.
        let rows = logged(Duration::ZERO, SystemSampler::sample);
        assert!(!rows.is_empty());
    }

    #[test]
    fn a_sampler_that_nobody_asks_ends_when_it_is_dropped() {
        assert!(logged(Duration::from_hours(1), |_| {}).is_empty());
    }
}
