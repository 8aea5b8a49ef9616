//! `colorize verify determinism`, `resume` and `equal`, as programs.

use std::sync::Arc;

use colorize::backend::{self, DeviceName, Precision};
use colorize::proof;
use colorize::train::{Interrupter, Trial, Witness};

use crate::runs::{Bench, program};

fn said(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

const UNET: &str = "network.kind=unet";

/// The two objectives, and every other network.
const OBJECTIVES_AND_NETWORKS: [&[&str]; 5] = [
    &["color.space=rgb", "color.head=upstream"],
    &["color.space=lab", "color.head=classes"],
    &["image.size=16", UNET, "network.depth=2"],
    &["image.size=16", "network.kind=baldassarre"],
    &["image.size=16", "network.kind=zhang"],
];

#[test]
fn a_training_is_proven_deterministic_and_resumable_on_every_device() {
    let bench = Bench::new();
    for device in backend::present() {
        if matches!(device, DeviceName::LibtorchCuda(_)) {
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
