//! Tests of what is decoded how often, from the file of an experiment to its run.

use std::path::Path;
use std::slice;

use super::*;
use crate::backend::DeviceName;
use crate::dataset::{Cache, Squares};
use crate::experiment::{Overrides, resolve};
use crate::photo::Resize;
use crate::runs::{RunFolder, read_metrics};
use crate::train::{Display, Division, Interrupter, Outcome};
use crate::work::prepare::{Prepared, prepare, score_baselines};

const EXPERIMENT: &str = r#"
title = "Tiny"
dataset = { use = "world.toml", split = { validation = 0.25, seed = 0 } }
image.size = 12
color.space = "yuv"
network = { kind = "image_transformation", norm = "batch", scale = 2, residual_blocks = 1 }
fusion = { extractor = "resnet18", weights = "random", size = 32 }
train = { steps = 6, batch_size = 3, optimizer = { kind = "adam", learning_rate = 1e-3 }, checkpoint_every = 6, evaluate_every = 3, sample_every = 6, system_every_seconds = 3600 }
evaluate = { images = 4, batch_size = 3, samples = 2 }
"#;

/// An experiment on the synthetic world.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        write("tiny.toml", EXPERIMENT).unwrap();
        let world = "kind = \"synthetic\"\ncount = 16\nseed = 3\nsize = 24\n";
        write("world.toml", world).unwrap();
        Self { folder }
    }

    fn resolve(&self, set: &[&str]) -> Resolved {
        let overrides = Overrides {
            set: set.iter().map(ToString::to_string).collect(),
            ..Overrides::default()
        };
        let path = self.folder.path().join("tiny.toml");
        resolve(&path, &overrides).unwrap().remove(0)
    }

    /// Prepares a run in a cache of this name, as `colorize run` does.
    fn prepare(&self, resolved: Resolved, cache: &str) -> Prepared {
        let cache = Cache {
            folder: self.folder.path().join(cache),
        };
        let squares = WantedSquares::of(slice::from_ref(&resolved));
        prepare(resolved, &cache, &[], &squares).unwrap()
    }
}

/// Scores the baselines and trains; the files of both.
fn train(prepared: &Prepared, runs: &Path) -> (PathBuf, RunFolder) {
    let experiment = &prepared.resolved.experiment;
    let divided = Division::of(&prepared.selection, experiment).unwrap();
    let hash = prepared.selection.content_hash().to_hex();
    let baselines = score_baselines(experiment, "world", &divided, &hash, runs, &prepared.cache);
    let trial = prepared.trial(0, DeviceName::Flex, runs, Display::Silent);
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    (baselines.unwrap(), trial.folder())
}

/// Every loss and every score of a run, bit for bit.
fn numbers(folder: &RunFolder) -> Vec<u64> {
    let log = read_metrics(folder).unwrap();
    [("train", "loss"), ("validation", "psnr")]
        .iter()
        .flat_map(|(split, metric)| log.series(split, metric))
        .map(|(_, value)| value.to_bits())
        .collect()
}

#[test]
fn a_first_run_with_fusion_decodes_every_photograph_once() {
    let bench = Bench::new();
    let runs = |name: &str| bench.folder.path().join(name);
    let decoding = bench.prepare(bench.resolve(&["image.cache_disk=false"]), "decoding");
    let (expected_baselines, expected) = train(&decoding, &runs("decoding-runs"));
    assert!(!decoding.cache.folder.join("pixels").exists());

    let prepared = bench.prepare(bench.resolve(&[]), "cache");
    // Inspected, and from now on nothing that could be decoded.
    for photograph in &prepared.selection.images {
        std::fs::write(&photograph.path, "no photograph").unwrap();
    }
    let (baselines, folder) = train(&prepared, &runs("runs"));
    let name = |path: &Path| path.file_name().map(ToOwned::to_owned);
    assert_eq!(name(folder.path()), name(expected.path()));
    assert_eq!(numbers(&folder), numbers(&expected));
    assert_eq!(
        std::fs::read(baselines).unwrap(),
        std::fs::read(expected_baselines).unwrap()
    );
}

#[test]
fn squares_are_those_of_experiments_that_select_every_photograph() {
    let bench = Bench::new();
    let square = |size| Square {
        size,
        resize: Resize::Bilinear,
    };
    let all = [
        bench.resolve(&[]),
        bench.resolve(&["fusion.extractor=none"]),
        bench.resolve(&["image.size=16", "image.cache_disk=false"]),
        bench.resolve(&[
            "image.size=20",
            "fusion.extractor=none",
            "dataset.categories=[\"stop sign\"]",
        ]),
    ];
    let wanted = WantedSquares::of(&all);
    let everything = [square(12), square(32)];
    assert_eq!(wanted.of_photographs(&all[0]), everything);
    assert_eq!(wanted.of_photographs(&all[2]), everything);
    let of_signs = [square(12), square(32), square(20)];
    assert_eq!(wanted.of_photographs(&all[3]), of_signs);
    let elsewhere = Resolved {
        manifests: vec![PathBuf::from("elsewhere.toml")],
        ..all[0].clone()
    };
    assert_eq!(wanted.of_photographs(&elsewhere), []);
}

#[test]
fn what_was_not_asked_for_is_not_kept() {
    let bench = Bench::new();
    let resolved = bench.resolve(&[]);
    let cache = Cache {
        folder: bench.folder.path().join("cache"),
    };
    let prepared = prepare(resolved, &cache, &[], &WantedSquares::default()).unwrap();
    let square = Square::from(&prepared.resolved.experiment.image);
    let photographs = &prepared.selection.images;
    assert!(Squares::find(&cache.folder, photographs, square).is_none());
}
