//! Labels: what photographs show, learned beside their colors.

use std::fs;

use colorize::backend::DeviceName;
use colorize::color::{Head, Space};
use colorize::dataset::Photograph;
use colorize::experiment::Experiment;
use colorize::network::NetworkSection;
use colorize::runs::{MetricTable, RunFolder, read_metrics};
use colorize::train::{Division, Interrupter, Outcome, TrainError};

use super::runs::{Bench, program};

/// The bench's experiment with the network of Iizuka et al., whose labels have this weight.
fn experiment(bench: &Bench, weight: f64) -> Experiment {
    let section = format!(r#"{{"kind": "iizuka", "scale": 1, "classification": {weight}}}"#);
    let network: NetworkSection = serde_json::from_str(&section).unwrap();
    let mut experiment = Experiment {
        network,
        ..bench.experiment.clone()
    };
    experiment.image.size = 16;
    experiment.color.space = Space::Lab;
    experiment.color.head = Head::Exact;
    experiment
}

fn trained(bench: &Bench, experiment: &Experiment) -> RunFolder {
    let runs = bench.runs("runs");
    let trial = bench.trial(experiment, &runs, DeviceName::Flex);
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    trial.folder()
}

fn series(log: &MetricTable, metric: &str) -> Vec<(usize, f64)> {
    log.series("train", metric).to_vec()
}

fn identity(bench: &Bench, experiment: &Experiment) -> String {
    let runs = bench.runs("runs");
    let trial = bench.trial(experiment, &runs, DeviceName::Flex);
    trial.identity().to_string()
}

/// Changes what the photographs of `bench` show.
fn relabel(bench: &mut Bench, change: impl FnMut(&mut Photograph)) {
    bench.selection.images.iter_mut().for_each(change);
}

#[test]
fn labels_shape_the_network_and_are_logged_beside_the_colors() {
    let bench = Bench::new();
    let folders = [0.0, 0.5].map(|weight| trained(&bench, &experiment(&bench, weight)));
    let [without, with] = folders
        .each_ref()
        .map(|folder| read_metrics(folder).unwrap());
    assert!(series(&without, "classification_loss").is_empty());
    let labels = series(&with, "classification_loss");
    assert_eq!(labels.len(), 6);
    // Of a coin's toss each, and no further from it than a few steps of a small network lead.
    assert!(labels.iter().all(|(_, loss)| (0.1..3.0).contains(loss)));
    // `loss` is that of the colors: the same before the first step, whatever the labels say, and another one afterwards.
    let [without, with] = [without, with].map(|log| series(&log, "loss"));
    assert_eq!(without[0].1.to_bits(), with[0].1.to_bits());
    assert_ne!(without[5].1.to_bits(), with[5].1.to_bits());

    let records = folders.map(|folder| folder.record().unwrap().unwrap());
    assert_eq!(records[0].dataset.labels, None);
    let labels = records[1].dataset.labels.as_ref().unwrap();
    assert!(labels.categories.len() > 1, "{labels:?}");
    assert!(labels.categories.is_sorted());
    // The hidden layer with its norm, and the one to the categories.
    let classifier = 8 * 4 + 3 * 4 + (4 + 1) * labels.categories.len();
    assert_eq!(records[1].parameters, records[0].parameters + classifier);
}

#[test]
fn a_photograph_without_labels_counts_for_its_colors_alone() {
    let mut bench = Bench::new();
    let experiment = experiment(&bench, 0.5);
    let divided = Division::of(&bench.selection, &experiment).unwrap();
    let labeled = divided.train[0].id;
    relabel(&mut bench, |photograph| {
        let is_labeled = photograph.id == labeled;
        photograph.categories = is_labeled.then_some(7).into_iter().collect();
    });
    let log = read_metrics(&trained(&bench, &experiment)).unwrap();
    assert_eq!(series(&log, "loss").len(), 6);
    let labels = series(&log, "classification_loss");
    // One of about twelve photographs, of which a step sees three.
    assert!((1..=3).contains(&labels.len()), "{labels:?}");
    assert!(labels.iter().all(|(_, loss)| loss.is_finite()));
}

#[test]
fn other_labels_are_another_trial_where_they_are_learned() {
    let mut bench = Bench::new();
    let [without, with] = [0.0, 0.5].map(|weight| experiment(&bench, weight));
    let identities = |bench: &Bench| [&without, &with].map(|it| identity(bench, it));
    let before = identities(&bench);
    assert_eq!(before, identities(&bench));
    bench.selection.images[3].categories.push(1000);
    let after = identities(&bench);
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
}

#[test]
fn labels_that_nobody_gave_are_missed_before_any_work() {
    let mut bench = Bench::new();
    relabel(&mut bench, |photograph| photograph.categories.clear());
    let with = experiment(&bench, 0.5);
    let runs = bench.runs("runs");
    let trial = bench.trial(&with, &runs, DeviceName::Flex);
    let error = trial.run(&Interrupter::new()).unwrap_err();
    assert!(matches!(error, TrainError::NoLabels { .. }), "{error}");
    assert!(!trial.folder().path().exists());
    trained(&bench, &experiment(&bench, 0.0));

    // A folder has no labels.
    let folder = bench.folder.path();
    let photos = folder.join("photos");
    fs::create_dir(&photos).unwrap();
    for number in 0..12_u32 {
        let pixel = |x, y| image::Rgb([x * 9 + number, y * 7, 90].map(|value| value as u8));
        let picture = image::RgbImage::from_fn(20, 20, pixel);
        picture.save(photos.join(format!("{number}.png"))).unwrap();
    }
    fs::write(
        folder.join("photos.toml"),
        "kind = \"folder\"\npath = \"photos\"\n",
    )
    .unwrap();
    let keys = ["network.kind=iizuka", "image.size=16", "train.steps=2"];
    let mut arguments = vec!["run", "tiny.toml", "--dataset", "photos.toml"];
    arguments.extend(keys.iter().flat_map(|key| ["--set", *key]));
    let output = program(&bench, &arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("set `network.classification = 0`"), "{said}");
    arguments.extend(["--set", "network.classification=0"]);
    let output = program(&bench, &arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
}
