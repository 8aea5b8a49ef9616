use std::fs;
use std::path::Path;

use serde_json::json;

use super::*;
use crate::experiment::Experiment;
use crate::experiment::section::NetworkSection;
use crate::runs::{IdentityParts, LoggedRow, MetricLog, RunRecord};

/// A folder of runs, and an experiment of 40 steps with batches of 16.
struct Desk {
    runs: tempfile::TempDir,
    experiment: Experiment,
    dataset: &'static str,
    code: u32,
    processor: &'static str,
}

impl Desk {
    fn new() -> Self {
        let mut table: toml::Table =
            toml::from_str(include_str!("../../../experiment/src/example.toml")).unwrap();
        for (key, value) in [("name", "tiny"), ("title", "Tiny")] {
            table.insert(key.to_owned(), value.into());
        }
        table.insert("seeds".to_owned(), vec![0].into());
        table.insert("evaluate".to_owned(), toml::Table::new().into());
        let mut experiment: Experiment = table.try_into().unwrap();
        experiment.train.steps = 40;
        Self {
            runs: tempfile::tempdir().unwrap(),
            experiment,
            dataset: "d1",
            code: 2,
            processor: "fast",
        }
    }

    fn identity(&self, seed: u64) -> Identity {
        Identity::of(&IdentityParts {
            experiment: &self.experiment,
            seed,
            dataset: self.dataset,
            labels: None,
            weights: None,
            perceptual_weights: None,
            from: None,
            device_class: "flex",
            code: &[("train", self.code)],
        })
    }

    fn plan(&self, seeds: &[u64]) -> Plan {
        let variant = Variant::default();
        let wanted: Vec<Wanted<'_>> = seeds
            .iter()
            .map(|&seed| Wanted {
                experiment: &self.experiment,
                variant: &variant,
                seed,
                identity: self.identity(seed),
                after: None,
            })
            .collect();
        Plan::of(self.runs.path(), &wanted, self.processor).unwrap()
    }

    /// The only trial of a plan.
    fn trial(&self) -> Planned {
        let plan = self.plan(&[0]);
        assert_eq!(plan.trials().len(), 1);
        plan.trials()[0].clone()
    }

    /// Leaves a run of seed 0 that stands like this and took `seconds` for the 40 steps that it logged.
    fn leave(&self, status: &str, seconds: f64) -> RunFolder {
        self.leave_seed(0, status, seconds)
    }

    fn leave_seed(&self, seed: u64, status: &str, seconds: f64) -> RunFolder {
        let identity = self.identity(seed);
        let folder = RunFolder::of(self.runs.path(), &self.experiment.name, &identity);
        fs::create_dir_all(folder.path()).unwrap();
        fs::write(folder.experiment(), self.experiment.to_toml()).unwrap();
        let machine = json!({ "host": "here", "system": "", "processor": self.processor, "threads": 2, "memory_bytes": 1 });
        let record = json!({
            "format": 1, "experiment": self.experiment.name, "title": "Tiny", "seed": seed,
            "identity": identity.to_string(), "configuration": identity.configuration(),
            "status": status, "error": (status == "failed").then_some("the disk is full\nreally"),
            "step": 0, "steps": 40, "device": "flex", "device_class": "flex",
            "code": { "train": self.code }, "libraries": {},
            "dataset": {
                "manifest": "", "content_hash": self.dataset, "train": 1, "validation": 1,
                "colorless": [], "broken": {}, "missing": []
            },
            "parameters": 1,
            "sessions": [{
                "started": "2026-11-24T12:00:00Z", "ended": null, "from_step": 0, "process": 1,
                "environment": { "colorize": "0", "git": null, "machine": machine, "arguments": [] }
            }],
        });
        let record: RunRecord = serde_json::from_value(record).unwrap();
        folder.write_record(&record).unwrap();
        let mut log = MetricLog::resume(&folder, 0, std::time::Duration::from_hours(1)).unwrap();
        log.push(LoggedRow {
            step: 40,
            split: "train",
            metric: "loss",
            value: 0.5,
            seconds,
        })
        .unwrap();
        log.flush().unwrap();
        folder
    }
}

fn checkpoint(folder: &RunFolder, step: usize) {
    fs::create_dir_all(folder.checkpoints().join(format!("step-{step:06}"))).unwrap();
}

#[test]
fn a_trial_stands_as_its_folder_says() {
    let desk = Desk::new();
    assert_eq!(desk.trial().state, State::Missing);
    let folder = desk.leave("running", 1.0);
    let killed = |step| State::Interrupted { step, killed: true };
    assert_eq!(desk.trial().state, killed(0));
    checkpoint(&folder, 20);
    assert_eq!(desk.trial().state, killed(20));
    assert_eq!(desk.trial().steps_left(), 20);

    let lock = folder.lock().unwrap();
    let State::Running {
        step,
        process,
        here,
        ..
    } = desk.trial().state
    else {
        panic!("{:?}", desk.trial().state);
    };
    assert_eq!((step, process, here), (40, std::process::id(), true));
    drop(lock);
    assert_eq!(desk.trial().state, killed(20));

    desk.leave("interrupted", 1.0);
    let stopped = State::Interrupted {
        step: 20,
        killed: false,
    };
    assert_eq!(desk.trial().state, stopped);
    desk.leave("failed", 1.0);
    let State::Failed { step: 20, reason } = desk.trial().state else {
        panic!("{:?}", desk.trial().state);
    };
    assert!(reason.starts_with("the disk is full"));
    desk.leave("done", 1.0);
    assert_eq!(desk.trial().state, State::Done);
    fs::write(folder.path().join("run.json"), "{").unwrap();
    assert!(matches!(desk.trial().state, State::Failed { step: 0, .. }));
}

#[test]
fn missing_comes_before_interrupted_and_interrupted_before_failed() {
    let desk = Desk::new();
    desk.leave_seed(0, "failed", 1.0);
    desk.leave_seed(1, "interrupted", 1.0);
    desk.leave_seed(2, "done", 1.0);
    let running = desk.leave_seed(4, "running", 1.0);
    let _lock = running.lock().unwrap();
    let plan = desk.plan(&[0, 1, 2, 3, 4, 3]);
    assert_eq!(plan.trials().len(), 5, "a trial is planned once");
    let seeds: Vec<u64> = plan.to_do().iter().map(|trial| trial.seed).collect();
    assert_eq!(seeds, [3, 1, 0]);
    let counts = Counts {
        done: 1,
        missing: 1,
        interrupted: 1,
        failed: 1,
        running: 1,
        stopped: 0,
        stale: 0,
    };
    assert_eq!(plan.counts(), counts);
    let name = plan.trials()[3].name();
    assert_eq!(plan.find(&name), Some(&plan.trials()[3]));
}

#[test]
fn a_trial_comes_after_the_one_whose_weights_it_starts_from() {
    let desk = Desk::new();
    desk.leave_seed(0, "failed", 1.0);
    let variant = Variant::default();
    let name = |seed| format!("tiny/{}", desk.identity(seed).trial());
    // 2 starts from 1, which starts from 0; 3 starts from what is done.
    desk.leave_seed(4, "done", 1.0);
    let after = [
        (4, None),
        (3, Some(4)),
        (2, Some(1)),
        (1, Some(0)),
        (0, None),
    ];
    let wanted: Vec<Wanted<'_>> = after
        .into_iter()
        .map(|(seed, after)| Wanted {
            experiment: &desk.experiment,
            variant: &variant,
            seed,
            identity: desk.identity(seed),
            after: after.map(name),
        })
        .collect();
    let plan = Plan::of(desk.runs.path(), &wanted, "fast").unwrap();
    let seeds: Vec<u64> = plan.to_do().iter().map(|trial| trial.seed).collect();
    assert_eq!(seeds, [3, 0, 1, 2]);
    let waits_for = |seed| {
        let trial = plan.find(&name(seed)).unwrap();
        plan.waits_for(trial).map(|source| source.seed)
    };
    assert_eq!([0, 1, 2, 3].map(waits_for), [None, Some(0), Some(1), None]);
}

#[test]
fn a_stale_trial_says_what_changed_since() {
    let mut desk = Desk::new();
    desk.leave("done", 1.0);
    let words = |desk: &Desk| -> Option<Vec<String>> {
        let trial = desk.trial();
        assert_eq!(trial.state, State::Missing);
        let changes = trial.stale?.changes;
        Some(changes.iter().map(ToString::to_string).collect())
    };
    let NetworkSection::ImageTransformation(network) = &mut desk.experiment.network else {
        panic!("the example has the network of the original");
    };
    network.scale = 8;
    assert_eq!(words(&desk).unwrap(), ["network.scale 16 → 8"]);
    desk.dataset = "d2";
    desk.code = 3;
    assert_eq!(
        words(&desk).unwrap(),
        [
            "code of train 2 → 3",
            "dataset content changed",
            "network.scale 16 → 8"
        ]
    );
    // Of two runs from before, the one that is nearer.
    desk.leave("done", 1.0);
    desk.experiment.train.steps = 50;
    assert_eq!(words(&desk).unwrap(), ["train.steps 40 → 50"]);
    // Seeds are trials of their own, and so are experiments of another name.
    let plan = desk.plan(&[1]);
    assert_eq!(plan.trials()[0].stale, None);
    desk.experiment.name = "other".to_owned();
    assert_eq!(words(&desk), None);
}

#[test]
fn two_points_that_would_be_one_run_are_refused() {
    let desk = Desk::new();
    let [first, second] = ["5", "10"]
        .map(|every| Variant::new([("train.checkpoint_every".to_owned(), every.to_owned())]));
    let wanted = [&first, &second].map(|variant| Wanted {
        experiment: &desk.experiment,
        variant,
        seed: 0,
        identity: desk.identity(0),
        after: None,
    });
    let error = Plan::of(desk.runs.path(), &wanted, "fast").unwrap_err();
    insta::assert_snapshot!(error, @"`tiny` has the same trial under two names, `checkpoint_every=5` and `checkpoint_every=10`: their differences do not change the result; remove one of them from `[matrix]` or `[sweep]`");
}

#[test]
fn times_come_from_the_runs_that_are_nearest() {
    let mut desk = Desk::new();
    assert_eq!(desk.trial().estimate, None);
    // Another experiment with the same network: 40 steps in 80 seconds.
    desk.experiment.name = "neighbour".to_owned();
    desk.dataset = "d0";
    desk.leave("done", 80.0);
    desk.experiment.name = "tiny".to_owned();
    let estimate = |desk: &Desk| {
        let estimate = desk.trial().estimate?;
        Some((estimate.seconds, estimate.from, estimate.runs))
    };
    desk.dataset = "d1";
    assert_eq!(estimate(&desk), Some((80.0, Source::Network, 1)));
    // The same experiment before the dataset changed.
    desk.dataset = "d2";
    desk.leave("done", 60.0);
    desk.dataset = "d1";
    assert_eq!(estimate(&desk), Some((60.0, Source::Experiment, 1)));
    // Other seeds; the median of two lies between them.
    desk.leave_seed(1, "done", 40.0);
    desk.leave_seed(2, "interrupted", 20.0);
    assert_eq!(estimate(&desk), Some((30.0, Source::Configuration, 2)));
    // What has a checkpoint has less to do.
    let folder = desk.leave("interrupted", 30.0);
    checkpoint(&folder, 30);
    assert_eq!(estimate(&desk), Some((7.5, Source::Configuration, 3)));
    let (seconds, unknown) = desk.plan(&[0, 3]).seconds_left();
    assert_eq!((seconds, unknown), (37.5, 0));
    // Neither a wider network nor another processor says anything.
    desk.processor = "slow";
    assert_eq!(estimate(&desk), None);
    desk.processor = "fast";
    let NetworkSection::ImageTransformation(network) = &mut desk.experiment.network else {
        panic!("the example has the network of the original");
    };
    network.scale = 32;
    assert_eq!(estimate(&desk), None);
    assert_eq!(desk.plan(&[0]).seconds_left(), (0.0, 1));
}

#[test]
fn a_folder_of_runs_that_is_not_there_is_no_error() {
    let desk = Desk::new();
    let plan = Plan::of(Path::new("/nowhere/at/all"), &[], "fast").unwrap();
    assert!(plan.trials().is_empty() && plan.to_do().is_empty());
    assert!(desk.plan(&[]).find("tiny/s0-0").is_none());
}
