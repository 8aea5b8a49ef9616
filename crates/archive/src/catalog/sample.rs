//! Runs for tests: whole folders with a log and no training.

use std::path::Path;
use std::time::Duration;

use crate::experiment::{Experiment, Variant};
use crate::runs::{
    DatasetRecord, Environment, FORMAT, Identity, IdentityParts, LoggedRow, Machine, MetricLog,
    RunFolder, RunRecord, Session, Status,
};

/// An experiment of a name; `[0, 1, 2]` are its seeds.
pub(crate) fn experiment(name: &str) -> Experiment {
    let mut table: toml::Table =
        toml::from_str(include_str!("../../../experiment/src/example.toml")).unwrap();
    table.insert("name".to_owned(), name.into());
    table.insert("title".to_owned(), name.into());
    table.insert("seeds".to_owned(), vec![0, 1, 2].into());
    table.insert("evaluate".to_owned(), toml::Table::new().into());
    table.try_into().unwrap()
}

/// A record of `experiment` that says that it is done.
pub(crate) fn record(experiment: &Experiment, seed: u64) -> (Identity, RunRecord) {
    let identity = Identity::of(&IdentityParts {
        experiment,
        seed,
        dataset: "d1",
        labels: None,
        weights: None,
        perceptual_weights: None,
        from: None,
        device_class: "flex",
        code: &[("train", 2)],
    });
    let began = "2026-11-20T10:00:00Z".parse().unwrap();
    let record = RunRecord {
        format: FORMAT,
        experiment: experiment.name.clone(),
        title: experiment.title.clone(),
        seed,
        identity: identity.to_string(),
        configuration: identity.configuration().to_owned(),
        variant: Variant::default(),
        status: Status::Done,
        error: None,
        stopped_early: None,
        step: 7,
        steps: 7,
        device: "flex".to_owned(),
        device_class: "flex".to_owned(),
        code: [("train".to_owned(), 2)].into(),
        libraries: [("burn".to_owned(), "0.22.1".to_owned())].into(),
        dataset: DatasetRecord {
            manifest: "world.toml".into(),
            synthetic: None,
            content_hash: "d1".to_owned(),
            labels: None,
            train: 90,
            validation: 10,
            excluded: Vec::new(),
            colorless: Vec::new(),
            toned: Vec::new(),
            broken: [].into(),
            missing: Vec::new(),
            copies: Vec::new(),
        },
        weights: None,
        perceptual_weights: None,
        from: None,
        parameters: 1_000,
        sessions: vec![Session {
            started: began,
            ended: Some(began + Duration::from_mins(1)),
            from_step: 0,
            process: 1,
            threads: Some(2),
            peak_memory_bytes: None,
            environment: Environment {
                colorize: "0.1.0".to_owned(),
                build: None,
                git: None,
                git_refused: None,
                machine: Machine {
                    host: "bench".to_owned(),
                    system: "Linux".to_owned(),
                    processor: "a processor".to_owned(),
                    instructions: Vec::new(),
                    threads: 2,
                    memory_bytes: 1 << 34,
                    gpus: Vec::new(),
                    gpu_driver: None,
                },
                arguments: vec!["colorize".to_owned()],
            },
        }],
    };
    (identity, record)
}

/// A run whose log holds `(step, psnr)`.
pub(crate) fn write(
    runs: &Path,
    name: &str,
    seed: u64,
    rows: impl Iterator<Item = (usize, f64)>,
) -> RunFolder {
    let experiment = experiment(name);
    let (identity, record) = record(&experiment, seed);
    let folder = RunFolder::of(runs, name, &identity);
    let mut log = MetricLog::resume(&folder, 0, Duration::from_hours(1)).unwrap();
    for (step, value) in rows {
        log.push(LoggedRow {
            step,
            split: "validation",
            metric: "psnr",
            value,
            seconds: step as f64,
        })
        .unwrap();
    }
    log.flush().unwrap();
    std::fs::write(folder.experiment(), experiment.to_toml()).unwrap();
    folder.write_record(&record).unwrap();
    folder
}
