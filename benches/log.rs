//! What logging costs a training: a million numbers noted, and the log that comes of them.
//!
//! `cargo bench --bench log [ROWS] [SECONDS]`: so many rows (1,000,000), noted as a run notes them: two a step, and those of an
//! evaluation every hundred steps, with a write to the disk every so many seconds (0.1; a run's own `train.flush_seconds` is
//! 10) and a checkpoint every 50,000 steps. Only what the noting thread does is a training's time; the thread that
//! writes has the rest.

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::ensure;
use colorize::evaluate::Metric;
use colorize::runs::{LoggedRow, MetricLog, RunFolder, read_metrics};

/// Steps from one evaluation to the next.
const EVERY: usize = 100;
/// Steps from one checkpoint to the next.
const CHECKPOINT: usize = 50_000;

fn main() -> anyhow::Result<()> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<f64>().ok());
    let rows = numbers.next().unwrap_or(1e6) as usize;
    let interval = Duration::from_secs_f64(numbers.next().unwrap_or(0.1));
    let temporary = tempfile::tempdir()?;
    let folder = RunFolder::at(temporary.path());
    let mut log = MetricLog::resume(&folder, 0, interval)?;

    let before = resident();
    let (processor, began) = (thread_seconds(), Instant::now());
    let (mut noted, mut step, mut longest) = (0, 0, 0.0_f64);
    let (mut checkpoints, mut waited) = (0, Duration::ZERO);
    while noted < rows {
        step += 1;
        let at = Instant::now();
        let seconds = began.elapsed().as_secs_f64();
        let mut push = |split, metric, value| {
            noted += 1;
            log.push(LoggedRow {
                step,
                split,
                metric,
                value,
                seconds,
            })
        };
        push("train", "loss", 1.0 / (step as f64).sqrt())?;
        push(
            "train",
            "images_per_second",
            7.5 + (step % 13) as f64 / 100.0,
        )?;
        if step % EVERY == 0 {
            for metric in Metric::ALL {
                push("validation", metric.name(), (step as f64).ln())?;
            }
        }
        longest = longest.max(at.elapsed().as_secs_f64());
        if step % CHECKPOINT == 0 {
            let at = Instant::now();
            log.end_segment(step)?;
            waited += at.elapsed();
            checkpoints += 1;
        }
    }
    let (took, processor) = (began.elapsed(), thread_seconds() - processor);
    let at = Instant::now();
    log.flush()?;
    let rest = at.elapsed().as_secs_f64();
    let grown = resident().saturating_sub(before);

    let read = read_metrics(&folder)?;
    let back: usize = read.all().map(|(_, _, series)| series.len()).sum();
    ensure!(
        back == noted,
        "{noted} rows were noted, and {back} are there"
    );
    let mut bytes = 0;
    let mut files = 0;
    for entry in fs::read_dir(folder.metrics())? {
        bytes += entry?.metadata()?.len();
        files += 1;
    }
    let noting = took.saturating_sub(waited).as_secs_f64();
    let each = 1e9 * noting / noted as f64;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{noted} rows noted in {noting:.3} s, {each:.0} ns each; the longest step {:.3} ms",
        1e3 * longest
    )?;
    writeln!(
        out,
        "{checkpoints} checkpoints waited {:.3} s for the disk, the end {rest:.3} s; {processor:.3} s of the processor in all on this thread",
        waited.as_secs_f64()
    )?;
    writeln!(
        out,
        "{files} files, {:.1} MB; memory grown by {:.1} MB",
        bytes as f64 / 1e6,
        grown as f64 / 1e6
    )?;
    Ok(())
}

/// Seconds of the processor that this thread has used; 0 where the system does not tell.
fn thread_seconds() -> f64 {
    let line = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = line
        .split(' ')
        .next()
        .and_then(|first| first.parse::<f64>().ok());
    nanoseconds.unwrap_or(0.0) / 1e9
}

/// Resident memory of this process in bytes; 0 where the system does not tell.
fn resident() -> u64 {
    let line = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = line
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    4096 * pages.unwrap_or(0)
}
