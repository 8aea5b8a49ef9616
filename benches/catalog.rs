//! How long it takes to list ten thousand runs: without an index, and with one.
//!
//! `cargo bench --bench catalog [RUNS] [ROWS] [FILES]` makes that many runs (10,000), each with that many logged rows (1,000) in
//! that many files (2), in a temporary folder that is removed at the end. The logs are written by the program's own writer,
//! fifty different ones, and copied; every run has a record and a seed of its own, and three seeds share an experiment.
//! Set `KEEP` to a folder to keep the runs there, and to use what is there already.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use colorize::catalog::{Catalog, Entry, Filter, Group, Key};
use colorize::evaluate::Metric;
use colorize::experiment::section::NetworkSection;
use colorize::experiment::{Experiment, Overrides, Variant, resolve};
use colorize::runs::{
    DatasetRecord, Environment, FORMAT, Identity, IdentityParts, LoggedRow, MetricLog, RunFolder,
    RunRecord, Session, Status,
};

/// Logs that differ.
const LOGS: usize = 50;

/// Metrics of a step of training, and of an evaluation.
const TRAINING: [&str; 2] = ["loss", "images_per_second"];
const EVERY: usize = 50;

fn main() -> anyhow::Result<()> {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<usize>().ok());
    let count = numbers.next().unwrap_or(10_000);
    let rows = numbers.next().unwrap_or(1_000);
    let files = numbers.next().unwrap_or(2);
    let temporary = tempfile::tempdir()?;
    let kept = std::env::var_os("KEEP").map(std::path::PathBuf::from);
    let runs = kept.unwrap_or_else(|| temporary.path().join("runs"));
    let cache = temporary.path().join("cache");
    let mut out = std::io::stdout();
    if !runs.is_dir() {
        let began = Instant::now();
        make(&runs, count, rows, files)?;
        writeln!(
            out,
            "made {count} runs of {rows} rows in {files} files: {:.1} s",
            began.elapsed().as_secs_f64()
        )?;
    }
    // Young files are not trusted: a change could hide behind their times.
    std::thread::sleep(Duration::from_secs(3));
    let mut list = |name: &str| -> anyhow::Result<()> {
        let began = Instant::now();
        let catalog = Catalog::open(&runs, &cache)?;
        let opened = began.elapsed();
        let filter = Filter::parse("metric:psnr > 4.5 and network.scale >= 8")?;
        let picked: Vec<&Entry> = catalog.select(&filter);
        let groups = Group::of(&picked, &catalog.entries);
        let key = Key::held_out(Metric::Psnr);
        let spreads = groups.iter().filter_map(|group| group.spread(&key)).count();
        writeln!(
            out,
            "{name:<20} {:.2} s, of it {:.2} s to open: {} runs, {} picked, {spreads} groups, {} unreadable",
            began.elapsed().as_secs_f64(),
            opened.as_secs_f64(),
            catalog.entries.len(),
            picked.len(),
            catalog.unreadable.len()
        )?;
        Ok(())
    };
    list("without an index")?;
    for _ in 0..3 {
        list("with an index")?;
    }
    Ok(())
}

fn make(runs: &Path, count: usize, rows: usize, files: usize) -> anyhow::Result<()> {
    let overrides = Overrides::default();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/02-stopsigns.toml");
    let resolved = resolve(&path, &overrides)?.into_iter().next();
    let base = resolved.context("the file holds no experiment")?.experiment;
    let logs = tempfile::tempdir()?;
    let logs: Vec<RunFolder> = (0..LOGS)
        .map(|log| RunFolder::at(logs.path().join(log.to_string())))
        .collect();
    for (index, folder) in logs.iter().enumerate() {
        write_log(folder, index, rows, files)?;
    }
    let environment = Environment::observe().environment;
    for run in 0..count {
        let mut experiment = base.clone();
        experiment.name = format!("experiment-{:04}", run / 3 / 20);
        experiment.seeds = vec![0, 1, 2];
        // Twenty configurations an experiment, and no two alike.
        let NetworkSection::ImageTransformation(network) = &mut experiment.network else {
            panic!("the example has the network of the original");
        };
        network.scale = [4, 8, 16, 32][run / 3 % 4];
        let rate = 1e-3 / (1 + run / 3) as f64;
        experiment.train.optimizer = experiment.train.optimizer.at_rate(rate);
        write_run(
            runs,
            &experiment,
            (run % 3) as u64,
            rows,
            &environment,
            &logs[run % LOGS],
        )?;
    }
    Ok(())
}

fn write_log(folder: &RunFolder, index: usize, rows: usize, files: usize) -> anyhow::Result<()> {
    let mut log = MetricLog::resume(folder, 0, Duration::from_hours(1))?;
    let mut written = 0;
    let mut step = 0;
    let mut ended = 0;
    while written < rows {
        step += 1;
        let mut metrics: Vec<(&'static str, &str)> =
            TRAINING.map(|metric| ("train", metric)).into();
        if step % EVERY == 0 {
            metrics.extend(Metric::ALL.map(|metric| ("validation", metric.name())));
        }
        for (split, metric) in metrics {
            let wobble = ((step * 7_919 + index * 104_729 + metric.len()) % 1_000) as f64 / 1_000.0;
            log.push(LoggedRow {
                step,
                split,
                metric,
                value: 30.0 / (1.0 + step as f64).ln() + wobble,
                seconds: step as f64 * 0.37,
            })?;
            written += 1;
        }
        if written * files / rows > ended {
            ended = written * files / rows;
            log.end_segment(step)?;
        }
    }
    log.flush()?;
    Ok(())
}

fn write_run(
    runs: &Path,
    experiment: &Experiment,
    seed: u64,
    rows: usize,
    environment: &Environment,
    log: &RunFolder,
) -> anyhow::Result<()> {
    let code: Vec<(&'static str, u32)> = vec![("train", 2), ("network", 2), ("color", 2)];
    let identity = Identity::of(&IdentityParts {
        experiment,
        seed,
        dataset: "0123456789abcdef",
        labels: None,
        weights: None,
        perceptual_weights: None,
        from: None,
        device_class: "flex",
        code: &code,
    });
    let folder = RunFolder::of(runs, &experiment.name, &identity);
    std::fs::create_dir_all(folder.metrics())?;
    for file in std::fs::read_dir(log.metrics())? {
        let file = file?;
        std::fs::copy(file.path(), folder.metrics().join(file.file_name()))?;
    }
    let started = jiff::Timestamp::now();
    let record = RunRecord {
        format: FORMAT,
        experiment: experiment.name.clone(),
        title: experiment.title.clone(),
        seed,
        identity: identity.to_string(),
        configuration: identity.configuration().to_owned(),
        variant: Variant::new([(
            "network.scale".to_owned(),
            experiment.network.first_channels().to_string(),
        )]),
        status: Status::Done,
        error: None,
        stopped_early: None,
        step: rows,
        steps: rows,
        device: "flex".to_owned(),
        device_class: "flex".to_owned(),
        code: code
            .iter()
            .map(|(room, version)| ((*room).to_owned(), *version))
            .collect(),
        libraries: [("burn".to_owned(), "0.22.1".to_owned())].into(),
        dataset: DatasetRecord {
            manifest: "coco.toml".into(),
            synthetic: None,
            content_hash: "0123456789abcdef".to_owned(),
            labels: None,
            train: 900,
            validation: 100,
            excluded: Vec::new(),
            colorless: Vec::new(),
            toned: Vec::new(),
            broken: std::collections::BTreeMap::new(),
            missing: Vec::new(),
            copies: Vec::new(),
        },
        weights: None,
        perceptual_weights: None,
        from: None,
        parameters: 10_000,
        sessions: vec![Session {
            started,
            ended: Some(started),
            from_step: 0,
            process: 1,
            threads: Some(2),
            peak_memory_bytes: None,
            environment: environment.clone(),
        }],
    };
    // Plainly, without waiting for the disk: ten thousand of them would take minutes.
    std::fs::write(folder.experiment(), experiment.to_toml())?;
    std::fs::write(
        folder.path().join("run.json"),
        serde_json::to_vec_pretty(&record)?,
    )?;
    Ok(())
}
