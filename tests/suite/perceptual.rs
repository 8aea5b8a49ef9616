//! Pictures judged by networks: the perceptual loss, and metrics that are measured on request.

use std::fs;

use colorize::backend::DeviceName;
use colorize::color::Space;
use colorize::evaluate::Metric;
use colorize::experiment::Experiment;
use colorize::experiment::section::{Perceptual, VggLayer};
use colorize::perceptual::PerceptualWeights;
use colorize::runs::{RunFolder, read_image_scores, read_metrics};
use colorize::train::{Division, Interrupter, Outcome, Trial};
use colorize::trained::TrainedRun;

use super::runs::{Bench, numbers, program};

/// The bench's experiment with a perceptual loss on random weights.
fn perceptual(bench: &Bench) -> Experiment {
    let mut experiment = bench.experiment.clone();
    experiment.color.space = Space::Yuv;
    experiment.train.perceptual = Perceptual {
        weight: 0.5,
        layer: VggLayer::Relu22,
        weights: "random".to_owned(),
        seed: 3,
        ..Perceptual::default()
    };
    experiment
}

fn located(bench: &Bench, experiment: &Experiment) -> PerceptualWeights {
    PerceptualWeights::locate(experiment, None, &bench.cache.folder).unwrap()
}

fn trained(trial: &Trial<'_>) -> RunFolder {
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    trial.folder()
}

#[test]
fn weights_of_a_perceptual_loss_are_identity_and_record() {
    let bench = Bench::new();
    let runs = bench.runs("runs");
    let identity = |experiment: &Experiment| {
        let weights = located(&bench, experiment);
        let trial = Trial {
            perceptual: Some(&weights),
            ..bench.trial(experiment, &runs, DeviceName::Flex)
        };
        trial.identity().to_string()
    };
    let experiment = perceptual(&bench);
    let mut off = experiment.clone();
    off.train.perceptual = Perceptual::default();
    let plain = bench.trial(&off, &runs, DeviceName::Flex).identity();
    // What no experiment had before counts nothing where it is not used.
    assert_eq!(identity(&off), plain.to_string());
    let mut other = experiment.clone();
    other.train.perceptual.seed = 4;
    let all = [&off, &experiment, &other].map(identity);
    assert!(all[0] != all[1] && all[1] != all[2], "{all:?}");

    let weights = located(&bench, &experiment);
    let trial = Trial {
        perceptual: Some(&weights),
        ..bench.trial(&experiment, &runs, DeviceName::Flex)
    };
    let folder = trained(&trial);
    let record = folder.record().unwrap().unwrap();
    assert!(record.has_random_weights());
    assert_eq!(record.perceptual_weights.unwrap().identity, "random-3");
    // Opened again, it is the run that its folder says, and its loss is what it was.
    let run = TrainedRun::open(&folder, None, DeviceName::Flex, &bench.cache.folder).unwrap();
    let divided = Division::of(&bench.selection, &experiment).unwrap();
    let table = run.score(&divided.held_out, None, &|_| {}).unwrap();
    let logged = read_image_scores(&folder.image_scores(6)).unwrap();
    let logged = logged.column("loss").unwrap().f64().unwrap();
    let (name, losses) = &table.metrics[0];
    assert_eq!(*name, "loss");
    for (loss, logged) in losses.iter().zip(logged.iter()) {
        assert_eq!(loss.to_bits(), logged.unwrap().to_bits());
    }
    // Without the weights there is no loss to train with, and not another one.
    let bare = bench.runs("bare");
    let refused = bench.trial(&experiment, &bare, DeviceName::Flex);
    let refused = refused.run(&Interrupter::new()).unwrap_err().to_string();
    assert!(refused.contains("train.perceptual"), "{refused}");
}

#[test]
fn metrics_on_request_are_logged_and_change_nothing_else() {
    let bench = Bench::new();
    let mut plain = bench.experiment.clone();
    plain.image.size = 32;
    // As few as a FID takes: a pass of Inception on a processor takes its time.
    plain.evaluate.images = 2;
    let mut asking = plain.clone();
    asking.evaluate.metrics = Metric::ON_REQUEST.map(|it| it.name().to_owned()).to_vec();
    asking.train.retain.best = "fid".to_owned();
    let (runs, others) = (bench.runs("plain"), bench.runs("asking"));
    let without = trained(&bench.trial(&plain, &runs, DeviceName::Flex));
    let weights = PerceptualWeights::random_metrics(&Metric::ON_REQUEST);
    let trial = Trial {
        perceptual: Some(&weights),
        ..bench.trial(&asking, &others, DeviceName::Flex)
    };
    let with = trained(&trial);
    let names: Vec<&str> = Metric::ON_REQUEST.map(Metric::name).to_vec();
    assert_eq!(numbers(&with), numbers(&without));
    // They can be measured later, so they make no other trial.
    assert_eq!(with.path().file_name(), without.path().file_name());

    let log = read_metrics(&with).unwrap();
    for name in &names {
        let series = log.series("validation", name);
        let steps: Vec<usize> = series.iter().map(|&(step, _)| step).collect();
        assert_eq!(steps, [3, 6], "{name}");
        let sound = series
            .iter()
            .all(|&(_, value)| value.is_finite() && value > 0.0);
        assert!(sound, "{name}: {series:?}");
    }
    let table = read_image_scores(&with.image_scores(6)).unwrap();
    assert!(table.column("lpips_vgg").is_ok() && table.column("fid").is_err());
    let table = read_image_scores(&without.image_scores(6)).unwrap();
    assert!(names.iter().all(|name| table.column(name).is_err()));

    // A trained run can be judged by what it was trained without, and scores the same.
    let run = TrainedRun::open(&without, None, DeviceName::Flex, &bench.cache.folder).unwrap();
    let judges = run.judges(&weights).unwrap();
    let divided = Division::of(&bench.selection, &plain).unwrap();
    let table = run
        .score(&divided.held_out, judges.as_ref(), &|_| {})
        .unwrap();
    let (name, value) = table.totals[0];
    let logged = log.last("validation", "fid").unwrap();
    assert_eq!((name, value.to_bits()), ("fid", logged.to_bits()));
}

#[test]
fn weights_that_are_not_here_are_named_before_any_work() {
    let bench = Bench::new();
    let stderr = |arguments: &[&str], code: i32| {
        let output = program(&bench, arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        said
    };
    for (set, fetch) in [
        ("evaluate.metrics=[\"lpips_alex\"]", "alexnet"),
        ("evaluate.metrics=[\"fid\"]", "inception_fid"),
        ("train.perceptual.weight=1", "vgg16"),
    ] {
        let set = ["run", "tiny.toml", "--set", "color.space=yuv", "--set", set];
        let said = stderr(&set, 2);
        let command = format!("colorize weights fetch {fetch}");
        assert!(said.contains(&command), "{said}");
    }
    assert!(!bench.folder.path().join("runs").exists());

    let folder = bench.train("runs");
    let said = stderr(&["evaluate", "tiny", "--metric", "dists"], 2);
    assert!(said.contains("colorize weights fetch vgg16"), "{said}");
    let said = stderr(&["evaluate", "tiny", "--metric", "psnr"], 2);
    assert!(said.contains("lpips_alex"), "{said}");
    // What only the run's experiment asks for is left out with a word, as whoever trained it had the weights.
    let path = folder.experiment();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("metrics = []", "metrics = [\"fid\"]")).unwrap();
    let said = stderr(&["evaluate", "tiny"], 0);
    assert!(said.contains("`fid` is left out: no weights at"), "{said}");
}
