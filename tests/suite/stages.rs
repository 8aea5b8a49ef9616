//! What stages 3 and 4 add: chroma, fusion, evaluation apart from training, and colouring photographs.

use std::fs;
use std::path::Path;

use colorize::backend::DeviceName;
use colorize::color::{ClassesSection, ColorSection, Gray, Head, Space, yuv};
use colorize::evaluate::BatchNormStatistics;
use colorize::experiment::Experiment;
use colorize::experiment::section::{AugmentSection, Perceptual};
use colorize::extractor::{ExtractorKind, FusionSection};
use colorize::network::{NetworkSection, NormKind};
use colorize::perceptual::PerceptualWeights;
use colorize::runs::{RunFolder, read_baselines, read_image_scores, read_metrics};
use colorize::train::BASELINE_CODE;
use colorize::train::{
    Division, ExtractorWeights, Interrupter, Loss, Optimizer, Outcome, Trial, baselines,
};
use colorize::trained::TrainedRun;
use image::{Rgb, RgbImage};

use super::runs::{Bench, numbers, program, weights};

fn trained(trial: &Trial<'_>) -> RunFolder {
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    trial.folder()
}

/// Trains `experiment` at once, and again with a stop after its first step; both have to end the same.
fn goes_on(bench: &Bench, experiment: &Experiment, name: &str) -> RunFolder {
    let extractor = extractor_weights(bench, experiment);
    let judging = PerceptualWeights::locate(experiment, None, &bench.cache.folder).unwrap();
    let runs = bench.runs(&format!("{name}-whole"));
    let trial = |runs| Trial {
        weights: extractor.as_ref(),
        perceptual: Some(&judging),
        ..bench.trial(experiment, runs, DeviceName::Flex)
    };
    let whole = trained(&trial(&runs));
    let runs = bench.runs(&format!("{name}-stopped"));
    let stopped = trial(&runs);
    let stop = Interrupter::new();
    // Feature vectors are in the cache by now; a stop that is asked for before them would end the run there.
    stop.stop(Some("asked for"));
    assert_eq!(
        stopped.run(&stop).unwrap(),
        Outcome::Interrupted { step: 1 }
    );
    let folder = trained(&stopped);
    assert_eq!(numbers(&folder), numbers(&whole), "{name}");
    assert_eq!(
        weights(experiment, &folder, 6),
        weights(experiment, &whole, 6),
        "{name}"
    );
    whole
}

fn extractor_weights(bench: &Bench, experiment: &Experiment) -> Option<ExtractorWeights> {
    ExtractorWeights::locate(&experiment.fusion, None, &bench.cache.folder).unwrap()
}

/// The bench's experiment, answering in chroma.
fn in_yuv(bench: &Bench) -> Experiment {
    let mut experiment = bench.experiment.clone();
    experiment.color.space = Space::Yuv;
    experiment
}

/// The bench's experiment, choosing among a few classes.
fn in_classes(bench: &Bench) -> Experiment {
    let mut experiment = bench.experiment.clone();
    experiment.color = ColorSection {
        space: Space::Lab,
        head: Head::Classes,
        classes: ClassesSection {
            step: 20,
            ..ClassesSection::default()
        },
        ..experiment.color
    };
    experiment
}

/// The bench's experiment, answering in chroma by the average of its weights.
fn averaged(bench: &Bench, statistics: BatchNormStatistics) -> Experiment {
    let mut experiment = in_yuv(bench);
    experiment.train.ema = 0.7;
    experiment.evaluate.batch_norm = statistics;
    experiment
}

/// The bench's experiment, learning labels beside the colors.
fn with_labels(bench: &Bench) -> Experiment {
    let mut experiment = in_yuv(bench);
    experiment.network = other_networks().swap_remove(3);
    experiment.image.size = 16;
    assert!(experiment.network.classification() > 0.0);
    experiment
}

/// The bench's experiment in chroma, with fusion.
fn with_fusion(bench: &Bench) -> Experiment {
    Experiment {
        fusion: FusionSection {
            extractor: ExtractorKind::Resnet18,
            weights: "random".to_owned(),
            size: 32,
            ..FusionSection::default()
        },
        ..in_yuv(bench)
    }
}

#[test]
fn every_space_head_and_loss_trains_and_goes_on() {
    let bench = Bench::new();
    let mut losses = Vec::new();
    for space in [Space::Rgb, Space::Yuv, Space::Lab] {
        for head in [Head::Upstream, Head::Exact] {
            for loss in Loss::ALL {
                let mut experiment = bench.experiment.clone();
                experiment.color = ColorSection {
                    space,
                    head,
                    gray: Gray::Mean,
                    classes: ClassesSection::default(),
                };
                experiment.train.loss = loss;
                let name = format!("{space:?}-{head:?}-{loss:?}");
                let folder = goes_on(&bench, &experiment, &name);
                let log = read_metrics(&folder).unwrap();
                losses.push(log.last("train", "loss").unwrap().to_bits());
            }
        }
    }
    // Both heads are one in RGB, and else every choice counts.
    losses.sort_unstable();
    losses.dedup();
    assert_eq!(losses.len(), 5 * Loss::ALL.len());
}

#[test]
fn a_perceptual_loss_trains_in_every_space_and_goes_on() {
    let bench = Bench::new();
    for (space, accumulate) in [(Space::Rgb, 1), (Space::Yuv, 2), (Space::Lab, 1)] {
        let mut experiment = bench.experiment.clone();
        experiment.color.space = space;
        experiment.train.accumulate = accumulate;
        let mut losses = Vec::new();
        for weight in [0.0, 0.1, 1.0] {
            experiment.train.perceptual = Perceptual {
                weight,
                weights: "random".to_owned(),
                ..Perceptual::default()
            };
            let folder = goes_on(&bench, &experiment, &format!("{space:?}-{weight}"));
            let log = read_metrics(&folder).unwrap();
            losses.push(log.last("validation", "loss").unwrap());
        }
        assert!(losses.is_sorted() && losses[0] < losses[2], "{losses:?}");
    }
}

/// A small one of every network but the original's; the match does not compile until a new one is thought of.
fn other_networks() -> Vec<NetworkSection> {
    let sections = [
        r#"{"kind": "unet", "norm": "batch", "scale": 1, "depth": 2}"#,
        r#"{"kind": "baldassarre", "scale": 1}"#,
        r#"{"kind": "zhang", "scale": 1}"#,
        r#"{"kind": "iizuka", "scale": 1, "classification": 0.1}"#,
    ];
    let sections: Vec<NetworkSection> = sections
        .iter()
        .map(|section| serde_json::from_str(section).unwrap())
        .collect();
    for (place, section) in sections.iter().enumerate() {
        let expected = match section {
            NetworkSection::ImageTransformation(_) => usize::MAX,
            NetworkSection::Unet(_) => 0,
            NetworkSection::Baldassarre(_) => 1,
            NetworkSection::Zhang(_) => 2,
            NetworkSection::Iizuka(_) => 3,
        };
        assert_eq!(place, expected);
    }
    sections
}

#[test]
fn every_network_trains_in_every_objective_and_goes_on() {
    let bench = Bench::new();
    for network in other_networks() {
        for experiment in [in_yuv(&bench), in_classes(&bench), with_fusion(&bench)] {
            let kind = network.kind();
            if experiment.fusion.extractor != ExtractorKind::None && !network.fuses() {
                continue;
            }
            let name = format!(
                "{kind}-{:?}-{:?}",
                experiment.color.head, experiment.fusion.extractor
            );
            let mut experiment = Experiment {
                network: network.clone(),
                ..experiment
            };
            experiment.image.size = 16;
            let folder = goes_on(&bench, &experiment, &name);
            // What a run folder holds is enough to use it.
            let run =
                TrainedRun::open(&folder, None, DeviceName::Flex, &bench.cache.folder).unwrap();
            assert_eq!(run.experiment.network, network, "{name}");
        }
    }
}

#[test]
fn varied_photographs_train_and_go_on() {
    let bench = Bench::new();
    let plain = in_yuv(&bench);
    let mut losses = Vec::new();
    for (flip, crop) in [(false, 1.0), (true, 1.0), (false, 0.75), (true, 0.75)] {
        for experiment in [&plain, &in_classes(&bench), &with_fusion(&bench)] {
            let experiment = Experiment {
                augment: AugmentSection { flip, crop },
                ..experiment.clone()
            };
            let name = format!("{:?}-{flip}-{crop}", experiment.color.head);
            let name = format!("{name}-{:?}", experiment.fusion.extractor);
            let folder = goes_on(&bench, &experiment, &name);
            let log = read_metrics(&folder).unwrap();
            losses.push(log.last("train", "loss").unwrap().to_bits());
        }
    }
    // Each of them counts.
    losses.sort_unstable();
    losses.dedup();
    assert_eq!(losses.len(), 12);
}

#[test]
fn classes_train_go_on_and_are_weighted_by_what_is_rare() {
    let bench = Bench::new();
    let experiment = in_classes(&bench);
    let folder = goes_on(&bench, &experiment, "classes");
    let log = fs::read_to_string(folder.path().join("log.txt")).unwrap();
    assert!(log.contains("of 76 classes occur in "), "{log}");
    let fused = Experiment {
        fusion: with_fusion(&bench).fusion,
        ..experiment.clone()
    };
    goes_on(&bench, &fused, "classes-fusion");

    // The weights are in the checkpoint, bit for bit those of before the first step, and their expectation is 1.
    let class_weights = |step| {
        let weights = weights(&experiment, &folder, step);
        let mut found = weights.into_iter().filter(|tensor| tensor.len() == 76);
        // The head's bias comes first.
        found.nth(1).unwrap()
    };
    let (fourth, last) = (class_weights(4), class_weights(6));
    assert_eq!(fourth, last);
    assert!(last.iter().any(|&weight| weight > 2.0));
    assert!(last.iter().any(|&weight| weight < 0.9));
    let mut same = experiment.clone();
    same.color.classes.rebalance = 1.0;
    let runs = bench.runs("same");
    let folder = trained(&bench.trial(&same, &runs, DeviceName::Flex));
    let weights = weights(&same, &folder, 6);
    let alike = weights.iter().filter(|tensor| tensor.len() == 76).nth(1);
    assert!(
        alike
            .unwrap()
            .iter()
            .all(|weight| (weight - 1.0).abs() < 1e-6)
    );
}

#[test]
fn classes_are_decoded_otherwise_without_training() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    photographs(&folder.join("photos"));
    let run = |arguments: &[&str]| program(&bench, arguments);
    let said = |output: std::process::Output| String::from_utf8(output.stderr).unwrap();
    let classes = [
        "--set",
        "color.space=lab",
        "--set",
        "color.head=classes",
        "--set",
        "color.classes.step=20",
    ];
    let mut train = vec!["run", "tiny.toml"];
    train.extend_from_slice(&classes);
    assert_eq!(run(&train).status.code(), Some(0));
    let mut pictures = Vec::new();
    let mut tables = Vec::new();
    for decode in ["", "mode", "mean", "0.2", "0.38"] {
        let out = format!("out-{decode}");
        let mut predict = vec!["predict", "tiny", "photos/wide.png", "--out", &out];
        let mut evaluate = vec!["evaluate", "tiny"];
        if !decode.is_empty() {
            predict.extend(["--decode", decode]);
            evaluate.extend(["--decode", decode]);
        }
        assert_eq!(run(&predict).status.code(), Some(0));
        pictures.push(fs::read(folder.join(&out).join("wide.png")).unwrap());
        let output = run(&evaluate);
        assert_eq!(output.status.code(), Some(0));
        let said = String::from_utf8(output.stdout).unwrap();
        let table = said.split("One row per image: ").nth(1).unwrap();
        tables.push(table.lines().next().unwrap().to_owned());
        let is_named = said.contains(&format!("decoded by {decode}"));
        assert_eq!(is_named, !decode.is_empty(), "{said}");
    }
    // The last is what it was trained to.
    assert_eq!(pictures[0], pictures[4]);
    pictures.sort_unstable();
    pictures.dedup();
    assert_eq!(pictures.len(), 4);
    // Each has a table of its own.
    tables.sort_unstable();
    tables.dedup();
    assert_eq!(tables.len(), 5);

    for (arguments, expected) in [
        (
            ["--decode", "warm"],
            "must be `mode`, `mean`, or a temperature above 0 and at most 1",
        ),
        (
            ["--decode", "0"],
            "must be `mode`, `mean`, or a temperature above 0 and at most 1",
        ),
    ] {
        let mut evaluate = vec!["evaluate", "tiny"];
        evaluate.extend(arguments);
        let output = run(&evaluate);
        assert_eq!(output.status.code(), Some(2));
        let said = said(output);
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(
        run(&["run", "tiny.toml", "--runs", "regression"])
            .status
            .code(),
        Some(0)
    );
    for command in [
        vec!["evaluate", "tiny", "--runs", "regression"],
        vec![
            "predict",
            "tiny",
            "photos/wide.png",
            "--out",
            "no",
            "--runs",
            "regression",
        ],
    ] {
        let output = run(&[command, vec!["--decode", "mode"]].concat());
        assert_eq!(output.status.code(), Some(2));
        let said = said(output);
        assert!(said.contains("nothing to decode"), "{said}");
        assert!(said.contains("`color.head = \"upstream\"`"), "{said}");
    }
}

#[test]
fn fusion_trains_goes_on_and_depends_on_its_vectors() {
    let bench = Bench::new();
    let experiment = with_fusion(&bench);
    let folder = goes_on(&bench, &experiment, "fusion");
    let record = folder.record().unwrap().unwrap();
    let identity = record.weights.unwrap().identity;
    assert!(identity.starts_with("random"), "{identity}");
    // The stopped run found every vector in the cache.
    let stopped = bench.runs("fusion-stopped").join("tiny");
    let stopped = fs::read_dir(stopped).unwrap().next().unwrap().unwrap();
    let log = fs::read_to_string(stopped.path().join("log.txt")).unwrap();
    assert!(
        log.contains("0 feature vectors computed and 16 cached"),
        "{log}"
    );

    let mut shuffled = experiment.clone();
    shuffled.fusion.shuffle = true;
    let other = goes_on(&bench, &shuffled, "shuffled");
    assert_ne!(folder.path().file_name(), other.path().file_name());
    assert_ne!(numbers(&folder), numbers(&other));
}

#[test]
fn what_is_said_of_memory_and_statistics_changes_no_training() {
    let bench = Bench::new();
    let runs = bench.runs("runs");
    let losses = |experiment: &Experiment| -> Vec<u64> {
        let folder = trained(&bench.trial(experiment, &runs, DeviceName::Flex));
        let log = read_metrics(&folder).unwrap();
        let losses = log.series("train", "loss").iter();
        losses.map(|(_, loss)| loss.to_bits()).collect()
    };
    let experiment = in_yuv(&bench);
    let mut running = experiment.clone();
    running.evaluate.batch_norm = BatchNormStatistics::Running;
    let mut frugal = experiment.clone();
    frugal.train.gradient_checkpointing = true;
    let plain = losses(&experiment);
    assert_eq!(plain, losses(&running));
    assert_eq!(plain, losses(&frugal));
}

#[test]
fn a_trained_run_scores_again_what_it_scored() {
    let bench = Bench::new();
    for (name, experiment) in [
        ("yuv", in_yuv(&bench)),
        ("fusion", with_fusion(&bench)),
        ("classes", in_classes(&bench)),
        ("labels", with_labels(&bench)),
        ("average", averaged(&bench, BatchNormStatistics::Recomputed)),
        (
            "average-running",
            averaged(&bench, BatchNormStatistics::Running),
        ),
    ] {
        let extractor = extractor_weights(&bench, &experiment);
        let runs = bench.runs(name);
        let trial = Trial {
            weights: extractor.as_ref(),
            ..bench.trial(&experiment, &runs, DeviceName::Flex)
        };
        let folder = trained(&trial);
        let trained =
            TrainedRun::open(&folder, None, DeviceName::Flex, &bench.cache.folder).unwrap();
        let divided = Division::of(&bench.selection, &experiment).unwrap();
        let table = trained.score(&divided.held_out, None, &|_| {}).unwrap();
        let logged = read_image_scores(&folder.image_scores(6)).unwrap();
        for (metric, values) in &table.metrics {
            let column = logged.column(metric).unwrap().f64().unwrap();
            for (value, logged) in values.iter().zip(column.iter()) {
                let logged = logged.unwrap();
                assert_eq!(value.to_bits(), logged.to_bits(), "{name} {metric}");
            }
        }
    }
}

#[test]
fn an_average_changes_every_answer_and_no_training() {
    let bench = Bench::new();
    for statistics in [
        BatchNormStatistics::Recomputed,
        BatchNormStatistics::Running,
    ] {
        let averaged = averaged(&bench, statistics);
        let mut plain = averaged.clone();
        plain.train.ema = 0.0;
        let runs = bench.runs(&format!("{statistics:?}"));
        let [averaged, plain] = [averaged, plain].map(|experiment| {
            let folder = trained(&bench.trial(&experiment, &runs, DeviceName::Flex));
            read_metrics(&folder).unwrap()
        });
        assert_eq!(
            averaged.series("train", "loss"),
            plain.series("train", "loss")
        );
        assert_ne!(
            averaged.series("validation", "loss"),
            plain.series("validation", "loss")
        );
    }
}

#[test]
fn accumulated_steps_see_the_images_of_a_larger_batch() {
    let bench = Bench::new();
    let runs = bench.runs("runs");
    let log = |batch_size, accumulate| {
        let mut experiment = in_yuv(&bench);
        // Instance norm does not ask which images are in one pass.
        let NetworkSection::ImageTransformation(network) = &mut experiment.network else {
            panic!("the bench has the network of the original");
        };
        network.norm = NormKind::Instance;
        // Adam would make a step of the rounding error where a gradient is zero.
        experiment.train.optimizer = Optimizer::Sgd {
            learning_rate: 0.1,
            momentum: 0.0,
            nesterov: false,
            weight_decay: 0.0,
        };
        experiment.train.batch_size = batch_size;
        experiment.train.accumulate = accumulate;
        let folder = trained(&bench.trial(&experiment, &runs, DeviceName::Flex));
        read_metrics(&folder).unwrap()
    };
    let (whole, parts, other) = (log(4, 1), log(2, 2), log(2, 1));
    for (split, metric) in [("train", "loss"), ("validation", "psnr")] {
        let series = whole.series(split, metric).iter();
        for ((step, whole), (_, parts)) in series.zip(parts.series(split, metric)) {
            assert!(
                (whole / parts - 1.0).abs() < 1e-3,
                "{metric} at {step}: {whole} and {parts}"
            );
        }
    }
    assert_ne!(other.series("train", "loss"), whole.series("train", "loss"));
}

#[test]
fn baselines_are_scored_once_for_all_runs_on_the_same_images() {
    let bench = Bench::new();
    let divided = Division::of(&bench.selection, &bench.experiment).unwrap();
    let hash = bench.selection.content_hash().to_hex();
    let runs = bench.runs("runs");
    let score = |experiment: &Experiment| {
        baselines(
            experiment,
            &divided,
            &hash,
            &runs,
            &bench.cache.folder,
            &|_, _| {},
        )
        .unwrap()
    };
    let path = score(&bench.experiment);
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    assert_eq!(score(&in_yuv(&bench)), path);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
    let mut larger = bench.experiment.clone();
    larger.image.size = 16;
    assert_ne!(score(&larger), path);

    let tables = read_baselines(&path).unwrap();
    let mean = |name: &str, metric: &str| {
        let (_, table) = tables.iter().find(|(found, _)| found == name).unwrap();
        let column = table.column(metric).unwrap().f64().unwrap();
        column.iter().flatten().sum::<f64>() / column.len() as f64
    };
    assert_eq!(mean("gray", "colorfulness"), 0.0);
    assert!(mean("mean_chroma", "uv_mse") < mean("gray", "uv_mse"));
    assert!(mean("eight_bit", "psnr") > 45.0);
    assert!(BASELINE_CODE.iter().any(|(room, _)| *room == "evaluate"));
}

/// Photographs of several shapes, one of them broken, in a folder with a folder in it.
fn photographs(folder: &Path) {
    fs::create_dir_all(folder.join("more")).unwrap();
    let picture = |width, height| {
        RgbImage::from_fn(width, height, |x, y| {
            Rgb([(x * 5) as u8, (y * 7) as u8, (x + y) as u8])
        })
    };
    picture(61, 23).save(folder.join("wide.png")).unwrap();
    picture(9, 40).save(folder.join("more/tall.png")).unwrap();
    picture(1, 1).save(folder.join("pixel.png")).unwrap();
    fs::write(folder.join("broken.jpg"), "no photograph").unwrap();
    fs::write(folder.join("notes.txt"), "left alone").unwrap();
}

#[test]
fn photographs_of_any_shape_are_coloured_and_nothing_is_overwritten() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    photographs(&folder.join("photos"));
    let run = |arguments: &[&str]| program(&bench, arguments);
    let train = |more: &[&str]| {
        let mut arguments = vec!["run", "tiny.toml", "--set", "train.steps=2"];
        arguments.extend_from_slice(more);
        assert_eq!(run(&arguments).status.code(), Some(0));
    };
    for space in ["rgb", "yuv", "lab"] {
        let runs = format!("runs-{space}");
        let color = format!("color.space={space}");
        train(&["--set", &color, "--runs", &runs]);
        let out = format!("out-{space}");
        let predict = ["predict", "tiny", "photos", "--runs", &runs, "--out", &out];
        let output = run(&predict);
        // One photograph is broken: the others are done, and the exit code tells.
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("broken.jpg"), "{said}");
        for (name, size) in [
            ("wide.png", (61, 23)),
            ("more/tall.png", (9, 40)),
            ("pixel.png", (1, 1)),
        ] {
            let original = image::open(folder.join("photos").join(name))
                .unwrap()
                .into_rgb8();
            let colored = image::open(folder.join(&out).join(name))
                .unwrap()
                .into_rgb8();
            assert_eq!(colored.dimensions(), size);
            if space == "yuv" {
                // Luma stays where no channel had to be clipped.
                for (before, after) in original.pixels().zip(colored.pixels()) {
                    let luma = |pixel: &Rgb<u8>| yuv::from_rgb(pixel.0.map(f64::from))[0];
                    if after.0.iter().all(|value| (1..255).contains(value)) {
                        assert!((luma(before) - luma(after)).abs() < 1.0, "{name}");
                    }
                }
            }
        }
        assert_eq!(run(&predict).status.code(), Some(2));
        let mut forced = predict.to_vec();
        forced.extend_from_slice(&["--force", "--side-by-side", "--format", "jpeg"]);
        let figure = format!("sheet-{space}.png");
        forced.extend_from_slice(&["--figure", &figure]);
        assert_eq!(run(&forced).status.code(), Some(1));
        // A column for each photograph that can be decoded, three rows of pictures.
        let sheet = image::open(folder.join(&figure)).unwrap();
        assert!(sheet.width() > 3 * 72 && sheet.height() > 3 * 72);
        forced.retain(|argument| *argument != "--force");
        assert_eq!(
            run(&forced).status.code(),
            Some(2),
            "{figure} is not overwritten"
        );
        let joined = image::open(folder.join(&out).join("more/tall.jpg")).unwrap();
        assert!(joined.width() > 27, "{}", joined.width());
    }

    assert_eq!(
        run(&[
            "predict",
            "none",
            "photos",
            "--runs",
            "runs-yuv",
            "--out",
            "elsewhere"
        ])
        .status
        .code(),
        Some(2)
    );
    assert!(!folder.join("elsewhere").exists());
    let output = run(&["evaluate", "tiny", "--runs", "runs-yuv", "--split", "all"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("mean_chroma"), "{said}");
}

#[test]
fn weights_that_are_not_here_stop_before_any_work() {
    let bench = Bench::new();
    let output = program(
        &bench,
        &["run", "tiny.toml", "--set", "fusion.extractor=resnet18"],
    );
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("colorize weights fetch resnet18"), "{said}");
    assert!(!bench.folder.path().join("runs").exists());
}
