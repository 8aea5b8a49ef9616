//! `colorize verify determinism`, `resume` and `equal`, as programs.

use std::sync::Arc;

use colorize::backend::{self, DeviceName, Precision};
use colorize::experiment::Experiment;
use colorize::proof;
use colorize::runs::Checkpoint;
use colorize::train::{
    Interrupter, LearningRateSchedule, Optimizer, Outcome, Start, StartSource, TrainSection, Trial,
    Witness,
};

use crate::hostile::checkpoints::make_old;
use crate::runs::{Bench, program, weights};

fn said(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

const UNET: &str = "network.kind=unet";

/// The two objectives, every other network, and labels beside the colors, in several passes and with an average.
const OBJECTIVES_AND_NETWORKS: [&[&str]; 7] = [
    &["color.space=rgb", "color.head=upstream"],
    &["color.space=lab", "color.head=classes"],
    &["image.size=16", UNET, "network.depth=2"],
    &["image.size=16", "network.kind=baldassarre"],
    &["image.size=16", "network.kind=zhang"],
    &[
        "image.size=16",
        "network.kind=iizuka",
        "network.classification=0",
    ],
    &[
        "image.size=16",
        "network.kind=iizuka",
        "train.accumulate=2",
        "train.ema=0.5",
    ],
];

#[test]
fn a_training_is_proven_deterministic_and_resumable_on_every_device() {
    let bench = Bench::new();
    for device in backend::present() {
        if !backend::is_deterministic(&device) {
            continue;
        }
        for precision in [Precision::F32, Precision::Bf16] {
            if backend::computes(&device, precision).is_err() {
                continue;
            }
            let (device, precision) = (device.to_string(), format!("train.precision={precision}"));
            for keys in OBJECTIVES_AND_NETWORKS {
                let needs_f32 = keys.contains(&"image.size=16") && !keys.contains(&UNET);
                if needs_f32 && precision.ends_with("bf16") {
                    continue;
                }
                for proof in ["determinism", "resume"] {
                    let mut arguments = vec!["verify", proof, "tiny.toml", "--steps", "4"];
                    arguments.extend(["--device", &device, "--set", &precision]);
                    arguments.extend(keys.iter().flat_map(|key| ["--set", *key]));
                    let output = program(&bench, &arguments);
                    let said = said(&output);
                    assert_eq!(output.status.code(), Some(0), "{said}");
                    assert!(said.contains("bit-identical"), "{said}");
                    // Nothing that is compared was absent.
                    let compared = String::from_utf8_lossy(&output.stdout);
                    assert!(!compared.contains(" 0 "), "{said}");
                }
            }
        }
    }
}

/// What a step can do beside what its optimizer does.
#[derive(Debug, Clone, Copy)]
enum Beside {
    Nothing,
    Average,
    Accumulation,
    Clipping,
    All,
}

impl Beside {
    const ALL: [Self; 5] = [
        Self::Nothing,
        Self::Average,
        Self::Accumulation,
        Self::Clipping,
        Self::All,
    ];

    fn add(self, section: &mut TrainSection) {
        match self {
            Self::Nothing => {}
            Self::Average => section.ema = 0.7,
            Self::Accumulation => section.accumulate = 2,
            Self::Clipping => {
                section.clip_norm = 0.05;
                section.clip_value = 0.02;
            }
            Self::All => {
                let parts = [Self::Average, Self::Accumulation, Self::Clipping];
                for part in parts {
                    part.add(section);
                }
            }
        }
    }
}

/// Trains twice, and once more with a death after step 3; all has to be the same, bit for bit.
fn assert_proven(bench: &Bench, experiment: &Experiment, name: &str) {
    let folder = bench.runs(name);
    let trial = bench.trial(experiment, &folder, DeviceName::Flex);
    let stop = Interrupter::new();
    let verdict = proof::determinism(&trial, &folder, &stop).unwrap();
    assert!(verdict.is_ok(), "{name}: {verdict:?}");
    let whole = folder.join("first");
    let whole = Trial {
        runs: &whole,
        ..trial
    };
    let runs = folder.join("killed");
    let killed = Trial {
        runs: &runs,
        ..trial
    };
    let witness = Arc::new(Witness::new(|state| state.step < 3));
    let outcome = killed.run_witnessed(&stop, Some(witness)).unwrap();
    assert_eq!(outcome, Outcome::Interrupted { step: 2 }, "{name}");
    assert_eq!(killed.run(&stop).unwrap(), Outcome::Done, "{name}");
    let verdict = proof::runs(&whole.folder(), &killed.folder()).unwrap();
    assert!(verdict.is_ok(), "{name}: {verdict:?}");
}

fn few_steps(bench: &Bench) -> Experiment {
    let mut experiment = bench.experiment.clone();
    experiment.train.steps = 4;
    experiment.train.evaluate_every = 2;
    experiment.train.sample_every = 4;
    experiment
}

#[test]
fn every_optimizer_goes_on_to_the_same_bits_whatever_else_a_step_does() {
    let bench = Bench::new();
    for optimizer in Optimizer::all(1e-3) {
        for beside in Beside::ALL {
            let mut experiment = few_steps(&bench);
            let name = format!("{}-{beside:?}", optimizer.kind());
            experiment.train.optimizer = optimizer.clone();
            if let Optimizer::Sgd {
                momentum, nesterov, ..
            } = &mut experiment.train.optimizer
            {
                // With momentum, there is something to be forgotten.
                (*momentum, *nesterov) = (0.9, true);
            }
            beside.add(&mut experiment.train);
            assert_proven(&bench, &experiment, &name);
        }
    }
    let mut plain = few_steps(&bench);
    plain.train.optimizer = Optimizer::all(1e-3)[2].clone();
    assert_eq!(plain.train.optimizer.kind(), "sgd");
    assert_proven(&bench, &plain, "sgd-without-momentum");
}

#[test]
fn every_schedule_goes_on_to_the_same_bits_with_a_warm_up_and_without() {
    let bench = Bench::new();
    for (number, schedule) in LearningRateSchedule::ALL.into_iter().enumerate() {
        for warmup_steps in [0, 3] {
            let mut experiment = few_steps(&bench);
            experiment.train.schedule = match schedule {
                LearningRateSchedule::Step { factor, .. } => {
                    LearningRateSchedule::Step { every: 1, factor }
                }
                other => other,
            };
            experiment.train.warmup_steps = warmup_steps;
            assert_proven(&bench, &experiment, &format!("{number}-{warmup_steps}"));
        }
    }
}

#[test]
fn a_training_from_another_with_frozen_parts_goes_on_without_its_source() {
    let bench = Bench::new();
    let stop = Interrupter::new();
    let beginning = few_steps(&bench);
    for (name, average) in [("plain", 0.0), ("average", 0.7)] {
        let mut experiment = few_steps(&bench);
        experiment.train.from = "tiny".to_owned();
        experiment.train.frozen = vec!["encode_1".to_owned(), "residual_blocks".to_owned()];
        experiment.train.ema = average;
        let sources = bench.runs(&format!("{name}-sources"));
        let source = bench.trial(&beginning, &sources, DeviceName::Flex);
        assert_eq!(source.run(&stop).unwrap(), Outcome::Done);
        let start = Start::of_run("tiny", source.folder()).unwrap();
        let folder = bench.runs(name);
        let trial = Trial {
            from: Some(&start),
            ..bench.trial(&experiment, &folder, DeviceName::Flex)
        };
        let verdict = proof::determinism(&trial, &folder, &stop).unwrap();
        assert!(verdict.is_ok(), "{name}: {verdict:?}");
        let whole = folder.join("first");
        let whole = Trial {
            runs: &whole,
            ..trial
        };
        // It did start there, and what is frozen is still what it was.
        let frozen = |trial: &Trial<'_>, step| {
            let weights = weights(trial.experiment, &trial.folder(), step);
            weights[..2].to_vec()
        };
        assert_eq!(frozen(&whole, 4), frozen(&source, 4), "{name}");
        let runs = folder.join("killed");
        let killed = Trial {
            runs: &runs,
            ..trial
        };
        let witness = Arc::new(Witness::new(|state| state.step < 3));
        let outcome = killed.run_witnessed(&stop, Some(witness)).unwrap();
        assert_eq!(outcome, Outcome::Interrupted { step: 2 });
        std::fs::remove_dir_all(&sources).unwrap();
        let gone = Start {
            source: StartSource::Gone(source.folder().path().to_owned()),
            ..start.clone()
        };
        let resumed = Trial {
            from: Some(&gone),
            ..killed
        };
        assert_eq!(resumed.run(&stop).unwrap(), Outcome::Done, "{name}");
        let verdict = proof::runs(&whole.folder(), &resumed.folder()).unwrap();
        assert!(verdict.is_ok(), "{name}: {verdict:?}");
        // Without a checkpoint there is nothing to go on from.
        let other = folder.join("other");
        let other = Trial {
            runs: &other,
            ..resumed
        };
        let refused = other.run(&stop).unwrap_err().to_string();
        assert!(
            refused.contains("is gone, and there is no checkpoint"),
            "{refused}"
        );
    }
}

#[test]
fn a_training_from_another_is_proven_on_every_device() {
    let bench = Bench::new();
    let second = "extends = \"tiny.toml\"\ntrain.from = \"tiny\"\ntrain.frozen = [\"encode_1\", \"decode_2.norm\"]\n";
    std::fs::write(bench.folder.path().join("second.toml"), second).unwrap();
    for device in backend::present() {
        if !backend::is_deterministic(&device) {
            continue;
        }
        let device = device.to_string();
        let output = program(&bench, &["run", "tiny.toml", "--device", &device]);
        assert!(output.status.success(), "{}", said(&output));
        for proof in ["determinism", "resume"] {
            let arguments = [
                "verify",
                proof,
                "second.toml",
                "--steps",
                "4",
                "--device",
                &device,
            ];
            let output = program(&bench, &arguments);
            let said = said(&output);
            assert_eq!(output.status.code(), Some(0), "{said}");
            assert!(said.contains("bit-identical"), "{said}");
        }
    }
}

#[test]
fn steps_are_said_once() {
    let bench = Bench::new();
    for proof in ["determinism", "resume"] {
        let arguments = ["verify", proof, "tiny.toml", "--set", "train.steps=2"];
        let output = program(&bench, &arguments);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("use `--steps` alone"), "{said}");
    }
}

#[test]
fn two_runs_that_differ_are_told_apart_by_the_first_row() {
    let bench = Bench::new();
    for (seed, runs) in [("0", "one"), ("0", "same"), ("1", "other")] {
        let output = program(
            &bench,
            &["run", "tiny.toml", "--seed", seed, "--runs", runs],
        );
        assert!(output.status.success());
    }
    let folder = |runs: &str| {
        let found = colorize::runs::find_runs(&bench.runs(runs)).unwrap().runs;
        found[0].path().to_str().unwrap().to_owned()
    };
    let [one, same, other] = ["one", "same", "other"].map(folder);
    let equal = program(&bench, &["verify", "equal", &one, &same]);
    assert_eq!(equal.status.code(), Some(0), "{}", said(&equal));
    let different = program(&bench, &["verify", "equal", &one, &other]);
    assert_eq!(different.status.code(), Some(1));
    let text = said(&different);
    assert!(
        text.contains("the first metric row that differs is `train loss` at step 1"),
        "{text}"
    );
}

#[test]
fn a_training_that_differs_is_found_out_to_the_tensor() {
    let bench = Bench::new();
    let folder = bench.folder.path().join("proof");
    let trial = bench.trial(&bench.experiment, &folder, DeviceName::Flex);
    // The second training goes on from step 2 of another one.
    let runs = bench.runs("other");
    let other = Trial {
        seed: 1,
        runs: &runs,
        ..trial
    };
    let witness = Witness::new(|state| state.step < 3);
    let stop = Interrupter::new();
    other.run_witnessed(&stop, Some(Arc::new(witness))).unwrap();
    let second = folder.join("second/tiny").join(trial.identity().trial());
    std::fs::create_dir_all(second.parent().unwrap()).unwrap();
    std::fs::rename(other.folder().path(), &second).unwrap();
    // A checkpoint that says whose it is would not be taken: these are as programs left them that did not write it.
    for checkpoint in Checkpoint::list(&second.join("checkpoints")).unwrap() {
        make_old(&checkpoint);
    }
    let verdict = proof::determinism(&trial, &folder, &stop).unwrap();
    let difference = verdict.unwrap_err().to_string();
    assert!(
        difference.starts_with("after step 3, `model network.ImageTransformation."),
        "{difference}"
    );
    assert!(difference.contains(" numbers, by at most "), "{difference}");
}

#[test]
fn wrong_requests_are_refused() {
    let bench = Bench::new();
    for (arguments, reason) in [
        (["resume", "--steps", "1"], "at least 2"),
        (["determinism", "--steps", "0"], "at least 1"),
        (["resume", "--kill-after", "3"], "above 8"),
        (
            ["determinism", "--set", "train.retain.best=prettiest"],
            "`train.retain.best` must be",
        ),
        (
            ["determinism", "--set", "train.keep_checkpoints=3"],
            "renamed to `train.retain.last`",
        ),
    ] {
        let output = program(
            &bench,
            &[
                "verify",
                arguments[0],
                "tiny.toml",
                arguments[1],
                arguments[2],
            ],
        );
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(reason), "{said}");
    }
}
