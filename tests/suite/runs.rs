//! Whole runs, tiny: training, going on, refusing, and the program's exit codes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use burn::module::{Module, ModuleVisitor, Param};
use burn::store::ModuleRecord;
use burn::tensor::Tensor;
use colorize::backend::{self, DeviceName, Devices};
use colorize::dataset::inspection::{Selection, inspect};
use colorize::dataset::{Cache, Dataset};
use colorize::evaluate::BatchNormStatistics;
use colorize::experiment::{Experiment, Overrides, Variant, resolve};
use colorize::objective::Labels;
use colorize::plan::State;
use colorize::runs::{
    Checkpoint, CheckpointPart, RunFolder, Status, read_image_scores, read_metrics,
};
use colorize::train::{
    Colorizer, Display, Division, Interrupter, Outcome, StopEarly, TrainError, Trial,
};

/// A synthetic world, an experiment on it, and a folder for its runs.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) cache: Cache,
    pub(crate) experiment: Experiment,
    pub(crate) selection: Selection,
    manifests: Vec<PathBuf>,
    variant: Variant,
}

const EXPERIMENT: &str = r#"
title = "Tiny"
dataset = { use = "world.toml", split = { validation = 0.25, seed = 0 } }
image.size = 12
color.space = "rgb"
network = { kind = "image_transformation", norm = "batch", scale = 2, residual_blocks = 1 }
train = { steps = 6, batch_size = 3, optimizer = { kind = "adam", learning_rate = 1e-3 }, checkpoint_every = 2, evaluate_every = 3, sample_every = 6, system_every_seconds = 3600 }
evaluate = { images = 4, batch_size = 3, samples = 2 }
"#;

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let experiment = folder.path().join("tiny.toml");
        fs::write(&experiment, EXPERIMENT).unwrap();
        fs::write(
            folder.path().join("world.toml"),
            "kind = \"synthetic\"\ncount = 16\nseed = 3\nsize = 24\n",
        )
        .unwrap();
        let resolved = resolve(&experiment, &Overrides::default())
            .unwrap()
            .remove(0);
        let cache = Cache {
            folder: folder.path().join("cache"),
        };
        let dataset = Dataset::read(&resolved.manifests).unwrap();
        let index = dataset.open(&cache, &|_, _| {}).unwrap();
        let records = index.select(&[]).unwrap();
        let selection = inspect(&records, &cache, &[], &|_| {})
            .usable(&resolved.experiment.dataset)
            .unwrap();
        Self {
            experiment: resolved.experiment,
            manifests: resolved.manifests,
            variant: resolved.variant,
            selection,
            cache,
            folder,
        }
    }

    pub(crate) fn trial<'a>(
        &'a self,
        experiment: &'a Experiment,
        runs: &'a Path,
        device: DeviceName,
    ) -> Trial<'a> {
        Trial {
            experiment,
            variant: &self.variant,
            seed: 0,
            device,
            selection: &self.selection,
            weights: None,
            perceptual: None,
            cache: &self.cache.folder,
            manifests: &self.manifests,
            from: None,
            runs,
            display: Display::Silent,
        }
    }

    pub(crate) fn runs(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn train(&self, name: &str) -> RunFolder {
        let runs = self.runs(name);
        let trial = self.trial(&self.experiment, &runs, DeviceName::Flex);
        assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
        trial.folder()
    }
}

/// Every number that is the same whenever a run is repeated, bit for bit.
pub(crate) fn numbers(folder: &RunFolder) -> Vec<(String, usize, u64)> {
    let log = read_metrics(folder).unwrap();
    let mut numbers = Vec::new();
    for (split, metric) in [
        ("train", "loss"),
        ("train", "classification_loss"),
        ("validation", "loss"),
        ("validation", "psnr"),
        ("validation", "psnr_luma_replaced"),
        ("validation", "psnr_gray"),
        ("validation", "colorfulness_ratio"),
    ] {
        for &(step, value) in log.series(split, metric) {
            numbers.push((format!("{split} {metric}"), step, value.to_bits()));
        }
    }
    numbers
}

/// Weights and running statistics that a checkpoint keeps, in the order of the network.
#[derive(Default)]
struct Weights(Vec<Vec<f32>>);

impl ModuleVisitor for Weights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(param.val().into_data().try_to_vec().unwrap());
    }
}

pub(crate) fn weights(experiment: &Experiment, folder: &RunFolder, step: usize) -> Vec<Vec<f32>> {
    let device = backend::open(&DeviceName::Flex).unwrap();
    let checkpoint = Checkpoint::at(&folder.checkpoints(), step);
    let record = ModuleRecord::load(checkpoint.part(CheckpointPart::Model)).unwrap();
    let labels = folder.record().unwrap().unwrap().dataset.labels;
    let labels = labels.and_then(|it| Labels::of(experiment, it.categories));
    let model = Colorizer::new(experiment, 99, &device).learning(labels, 99);
    let mut weights = Weights::default();
    model.load_record(record).visit(&mut weights);
    assert!(weights.0.len() > 20);
    weights.0
}

#[test]
fn a_run_leaves_everything_that_its_folder_promises() {
    let bench = Bench::new();
    let folder = bench.train("runs");
    let record = folder.record().unwrap().unwrap();
    assert_eq!(
        (record.status, record.step, record.steps),
        (Status::Done, 6, 6)
    );
    assert_eq!(record.dataset.train + record.dataset.validation, 16);
    assert_eq!(record.sessions.len(), 1);
    let resolved = fs::read_to_string(folder.experiment()).unwrap();
    assert_eq!(
        Experiment::from_toml(&resolved, &folder.experiment()).unwrap(),
        bench.experiment
    );

    let log = read_metrics(&folder).unwrap();
    let steps = |split, metric| -> Vec<usize> {
        log.series(split, metric)
            .iter()
            .map(|&(step, _)| step)
            .collect()
    };
    assert_eq!(steps("train", "loss"), [1, 2, 3, 4, 5, 6]);
    assert_eq!(steps("train", "images_per_second").len(), 6);
    assert_eq!(steps("train", "data_wait_seconds").len(), 6);
    let waited = log.series("train", "data_wait_seconds");
    assert!(waited.iter().all(|&(_, seconds)| seconds >= 0.0));
    assert_eq!(steps("validation", "loss"), [3, 6]);
    assert_eq!(steps("train", "resident_memory_bytes"), [3, 6]);

    let images = read_image_scores(&folder.image_scores(6)).unwrap();
    assert_eq!(images.height(), 4.min(record.dataset.validation));
    let psnr = images.column("psnr").unwrap().f64().unwrap();
    let mean = psnr.iter().flatten().sum::<f64>() / images.height() as f64;
    assert!((mean - log.last("validation", "psnr").unwrap()).abs() < 1e-9);

    let sample = image::open(folder.sample(6).with_extension("png")).unwrap();
    assert!(sample.width() > 300);
    assert_eq!(Checkpoint::list(&folder.checkpoints()).unwrap().len(), 2);
}

#[test]
fn where_decoded_photographs_are_kept_changes_no_bit() {
    let bench = Bench::new();
    let pixels = bench.cache.folder.join("pixels");
    let mut first = None;
    for (name, cache_memory, cache_disk) in [
        ("memory", 0.25, false),
        ("decoded", 0.0, false),
        ("filling", 0.0, true),
        ("disk", 0.0, true),
        ("both", 0.25, true),
    ] {
        let mut experiment = bench.experiment.clone();
        experiment.image.cache_memory = cache_memory;
        experiment.image.cache_disk = cache_disk;
        let runs = bench.runs(name);
        let trial = bench.trial(&experiment, &runs, DeviceName::Flex);
        assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
        let folder = trial.folder();
        let expected = first.get_or_insert_with(|| folder.clone());
        assert_eq!(numbers(&folder), numbers(expected), "{name}");
        assert_eq!(
            weights(&experiment, &folder, 6),
            weights(&experiment, expected, 6),
            "{name}"
        );
        let files: Vec<u64> = fs::read_dir(&pixels).map_or(Vec::new(), |files| {
            let lengths = files.map(|file| file.unwrap().metadata().unwrap().len());
            lengths.collect()
        });
        // All photographs of the dataset in one file: their pixels, a hash and a checksum of each. Of the held-out ones
        // only those that are evaluated were asked for.
        let divided = Division::of(&bench.selection, &experiment).unwrap();
        let wanted = divided.train.len() + divided.held_out.len();
        let bytes = wanted as u64 * (3 * 12 * 12 + 36);
        let expected = if cache_disk { vec![bytes] } else { vec![] };
        assert_eq!(files, expected, "{name}");
    }
}

#[test]
fn the_same_run_again_is_done_already_and_elsewhere_the_same_to_the_bit() {
    let bench = Bench::new();
    let first = bench.train("one");
    let before = fs::read(first.path().join("run.json")).unwrap();
    let runs = bench.runs("one");
    let again = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    assert_eq!(
        again.run(&Interrupter::new()).unwrap(),
        Outcome::AlreadyDone
    );
    assert_eq!(fs::read(first.path().join("run.json")).unwrap(), before);

    let second = bench.train("two");
    assert_eq!(first.path().file_name(), second.path().file_name());
    assert_eq!(numbers(&first), numbers(&second));
    assert_eq!(
        weights(&bench.experiment, &first, 6),
        weights(&bench.experiment, &second, 6)
    );
}

#[test]
fn a_stopped_run_goes_on_to_the_same_bits() {
    let bench = Bench::new();
    // Stopped after its first step: a stop that was asked for before it began takes effect then. What falls due at
    // that step, an evaluation and a sample in the second case, is done first.
    for (name, every) in [("late", 3), ("due", 1)] {
        let mut experiment = bench.experiment.clone();
        experiment.train.evaluate_every = every;
        experiment.train.sample_every = every;
        let runs = bench.runs(&format!("{name}-whole"));
        let whole = bench.trial(&experiment, &runs, DeviceName::Flex);
        assert_eq!(whole.run(&Interrupter::new()).unwrap(), Outcome::Done);

        let runs = bench.runs(&format!("{name}-stopped"));
        let trial = bench.trial(&experiment, &runs, DeviceName::Flex);
        let stop = Interrupter::new();
        stop.stop(Some("asked for"));
        let stopped = Outcome::Interrupted { step: 1 };
        assert_eq!(trial.run(&stop).unwrap(), stopped);
        let folder = trial.folder();
        let record = folder.record().unwrap().unwrap();
        assert_eq!((record.status, record.step), (Status::Interrupted, 1));
        assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
        assert_eq!(numbers(&folder), numbers(&whole.folder()));
        assert_eq!(
            weights(&experiment, &folder, 6),
            weights(&experiment, &whole.folder(), 6)
        );
        assert_eq!(folder.record().unwrap().unwrap().sessions.len(), 2);
        let drawn = fs::read(folder.sample(6).with_extension("png")).unwrap();
        assert_eq!(
            drawn,
            fs::read(whole.folder().sample(6).with_extension("png")).unwrap()
        );
    }
}

#[test]
fn a_damaged_run_goes_on_to_the_same_bits() {
    let bench = Bench::new();
    let whole = bench.train("whole");

    // As a killed process leaves it: the record says that it runs, the newest checkpoint is cut short, and rows and
    // half a checkpoint lie about that nobody will finish.
    let folder = bench.train("killed");
    let newest = Checkpoint::at(&folder.checkpoints(), 6);
    let model = newest.part(CheckpointPart::Model);
    let bytes = fs::read(&model).unwrap();
    fs::write(&model, &bytes[..bytes.len() - 1]).unwrap();
    let partial = folder.checkpoints().join(".partial-000006");
    fs::create_dir(&partial).unwrap();
    fs::write(partial.join("model.bpk"), "half").unwrap();
    let mut record = folder.record().unwrap().unwrap();
    record.status = Status::Running;
    folder.write_record(&record).unwrap();
    let runs = bench.runs("killed");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    assert_eq!(numbers(&folder), numbers(&whole));
    assert_eq!(
        weights(&bench.experiment, &folder, 6),
        weights(&bench.experiment, &whole, 6)
    );
    let log = fs::read_to_string(folder.log()).unwrap();
    assert!(
        log.contains("falling back to the previous checkpoint"),
        "{log}"
    );
    assert!(!partial.exists());
}

#[test]
fn a_loss_that_is_not_finite_stops_the_run_and_names_the_last_good_checkpoint() {
    let bench = Bench::new();
    let mut experiment = bench.experiment.clone();
    // The first step makes the weights infinite, so the second loss is not a number.
    experiment.train.optimizer = experiment.train.optimizer.at_rate(1e38);
    experiment.train.checkpoint_every = 1;
    let runs = bench.runs("runs");
    let trial = bench.trial(&experiment, &runs, DeviceName::Flex);
    let stop = Interrupter::new();
    let error = trial.run(&stop).unwrap_err();
    // The trials that come after it are not stopped.
    assert!(!stop.should_stop());
    let TrainError::NonFinite { step, checkpoint } = error else {
        panic!("{error}");
    };
    assert!(checkpoint < step, "{checkpoint} {step}");
    let record = trial.folder().record().unwrap().unwrap();
    assert_eq!(record.status, Status::Failed);
    assert!(record.error.unwrap().contains("not finite at step"));
}

#[test]
fn a_run_that_ends_early_is_done_and_says_why() {
    let bench = Bench::new();
    let mut experiment = bench.experiment.clone();
    // Steps so short that no pixel changes.
    experiment.train.optimizer = experiment.train.optimizer.at_rate(1e-30);
    experiment.train.steps = 40;
    experiment.train.evaluate_every = 2;
    experiment.train.checkpoint_every = 40;
    experiment.train.sample_every = 40;
    experiment.train.stop_early = StopEarly {
        metric: "psnr".to_owned(),
        patience: 2,
    };
    experiment.evaluate.batch_norm = BatchNormStatistics::Recomputed;
    let runs = bench.runs("runs");
    let trial = bench.trial(&experiment, &runs, DeviceName::Flex);
    let early = Outcome::StoppedEarly { step: 6, best: 2 };
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), early);
    let folder = trial.folder();
    let record = folder.record().unwrap().unwrap();
    assert_eq!(
        (record.status, record.step, record.steps),
        (Status::Done, 6, 6)
    );
    let stopped = record.stopped_early.clone().unwrap();
    assert_eq!((stopped.planned, stopped.best), (40, 2));
    assert_eq!(folder.lacks(&record).unwrap(), None);
    assert!(folder.sample(6).with_extension("png").is_file());
    assert_eq!(
        trial.run(&Interrupter::new()).unwrap(),
        Outcome::AlreadyDone
    );
    assert_eq!(State::of(&folder).unwrap(), State::Done);

    // Who dies between the last checkpoint and the last word of the run has nothing left to train.
    let mut killed = record.clone();
    killed.status = Status::Running;
    killed.steps = 40;
    killed.stopped_early = None;
    folder.write_record(&killed).unwrap();
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), early);
    let again = folder.record().unwrap().unwrap();
    assert_eq!(
        (again.status, again.steps, again.stopped_early),
        (Status::Done, 6, record.stopped_early)
    );
    let log = read_metrics(&folder).unwrap();
    assert_eq!(log.series("train", "loss").len(), 6);
}

#[test]
fn every_backend_begins_alike() {
    let bench = Bench::new();
    let losses: Vec<(DeviceName, Vec<f64>)> = backend::present()
        .into_iter()
        .filter(|device| backend::cuda_index(device).is_none())
        .map(|device| {
            let runs = bench.runs(&device.to_string());
            let trial = bench.trial(&bench.experiment, &runs, device);
            trial.run(&Interrupter::new()).unwrap();
            let log = read_metrics(&trial.folder()).unwrap();
            let losses = log.series("train", "loss");
            (device, losses.iter().map(|&(_, loss)| loss).collect())
        })
        .collect();
    let (_, flex) = &losses[0];
    assert!(flex.iter().all(|loss| loss.is_finite() && *loss > 0.0));
    for (device, others) in &losses {
        for (loss, other) in flex.iter().zip(others) {
            assert!(
                (loss - other).abs() <= 1e-4 * loss,
                "{device}: {loss} {other}"
            );
        }
    }
}

pub(crate) fn program(bench: &Bench, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_colorize"))
        .args(arguments)
        .current_dir(bench.folder.path())
        .env("COLORIZE_CACHE", bench.folder.path().join("cache"))
        .output()
        .unwrap()
}

#[test]
fn exit_codes_say_how_it_went() {
    let bench = Bench::new();
    let code = |arguments: &[&str]| program(&bench, arguments).status.code();
    assert_eq!(
        code(&["run", "tiny.toml", "--set", "train.steps=2"]),
        Some(0)
    );
    assert_eq!(
        code(&["run", "tiny.toml", "--set", "train.steps=0"]),
        Some(2)
    );
    assert_eq!(code(&["run", "absent.toml"]), Some(2));
    assert_eq!(code(&["run", "tiny.toml", "--device", "abacus"]), Some(2));
    let short = ["run", "tiny.toml", "--set", "train.precision=bf16"];
    assert_eq!(code(&short), Some(2));
    assert_eq!(code(&["run"]), Some(2));
    assert_eq!(code(&["check", "tiny.toml"]), Some(0));
    assert_eq!(code(&["doctor"]), Some(0));
    let lost = "dataset.split.validation=0.0001";
    assert_eq!(code(&["run", "tiny.toml", "--set", lost]), Some(2));
}

#[test]
fn trials_in_parallel_get_every_gpu_of_a_kind_or_hear_that_there_is_none() {
    let bench = Bench::new();
    let mut arguments = vec!["run", "tiny.toml", "--jobs", "2", "--set", "train.steps=1"];
    arguments.extend(["--seed", "0", "--seed", "1", "--device"]);
    for first in DeviceName::KINDS {
        let devices = Devices::Every(first).to_string();
        let output = program(&bench, &[&arguments[..], &[&devices]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        if first.numbered(1) == first {
            assert!(
                said.contains(&format!("unknown device `{devices}`")),
                "{said}"
            );
        } else if !backend::present().contains(&first) {
            assert!(said.contains(&format!("device `{first}` ")), "{said}");
        } else {
            assert_eq!(output.status.code(), Some(0), "{said}");
            continue;
        }
        assert_eq!(output.status.code(), Some(2), "{said}");
    }
}

#[test]
fn a_category_that_does_not_exist_is_shown_where_it_was_written() {
    let bench = Bench::new();
    let output = program(
        &bench,
        &[
            "run",
            "tiny.toml",
            "--set",
            "dataset.categories=[\"stop sing\"]",
        ],
    );
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("no category `stop sing`"), "{text}");
    assert!(text.contains("`stop sign`"), "{text}");
    assert!(text.contains("--set dataset.categories"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_second_process_on_the_same_trial_is_refused() {
    let bench = Bench::new();
    let runs = bench.runs("runs");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let _lock = trial.folder().lock().unwrap();
    let error = trial.run(&Interrupter::new()).unwrap_err();
    assert!(error.to_string().contains("another process"), "{error}");
}
