//! Trainings that start from others, as programs: which run is meant, in what order they are trained, and what is refused.

use std::fs;

use colorize::runs::{RunFolder, RunRecord, find_runs};
use serde_json::Value;

use super::runs::{Bench, program};

const SECOND: &str = "extends = \"tiny.toml\"\ntitle = \"Second\"\ntrain.from = \"tiny\"\n";

fn bench(files: &[(&str, &str)]) -> Bench {
    let bench = Bench::new();
    for (name, text) in files {
        fs::write(bench.folder.path().join(name), text).unwrap();
    }
    bench
}

/// What the program says, and that it ends with this code.
fn says(bench: &Bench, code: i32, arguments: &[&str]) -> String {
    let output = program(bench, arguments);
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

fn plan(bench: &Bench, arguments: &[&str]) -> Vec<Value> {
    let output = program(bench, &[&["plan", "--json"], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    plan["trials"].as_array().unwrap().clone()
}

fn states(plan: &[Value]) -> Vec<&str> {
    let states = plan.iter().map(|trial| trial["state"].as_str().unwrap());
    states.collect()
}

/// The runs of an experiment, by seed.
fn runs(bench: &Bench, experiment: &str) -> Vec<(RunFolder, RunRecord)> {
    let found = find_runs(&bench.runs("runs")).unwrap().runs.into_iter();
    let mut runs: Vec<_> = found
        .map(|folder| (folder.clone(), folder.record().unwrap().unwrap()))
        .filter(|(_, record)| record.experiment == experiment)
        .collect();
    runs.sort_by_key(|(_, record)| record.seed);
    runs
}

#[test]
fn a_curriculum_is_one_command_and_survives_its_source() {
    let bench = bench(&[("second.toml", SECOND)]);
    let said = says(&bench, 2, &["run", "second.toml"]);
    for expected in [
        "second.toml:3:14",
        "`second` starts from `tiny`, and `runs` has no run of that name of seed 0",
        "train it first: `colorize run tiny --seed 0`, with the same `--quick` and `--set`",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let both = ["second.toml", "tiny.toml"];
    let planned = plan(&bench, &both);
    assert_eq!(states(&planned), ["missing", "missing"]);
    assert_eq!(planned[0]["after"], planned[1]["name"]);
    assert_eq!(planned[1]["after"], Value::Null);
    says(&bench, 0, &["run", "second.toml", "tiny.toml"]);
    assert_eq!(states(&plan(&bench, &both)), ["done", "done"]);
    // The folder of runs says the same as the plan.
    assert_eq!(states(&plan(&bench, &["second.toml"])), ["done"]);
    let (tiny, second) = (runs(&bench, "tiny"), runs(&bench, "second"));
    assert_eq!((tiny.len(), second.len()), (1, 1));
    let from = second[0].1.from.clone().unwrap();
    assert_eq!(from.origin.identity, format!("run {}", tiny[0].1.identity));
    assert_eq!(from.written, "tiny");
    let log = fs::read_to_string(second[0].0.log()).unwrap();
    assert!(log.contains("the initial weights are the "), "{log}");
    let shown = says(&bench, 0, &["show", "second"]);
    assert!(shown.contains(&format!("{} (", from.origin)), "{shown}");

    // Another source makes another run, and it is said why.
    let changed = ["--set", "train.batch_size=2"];
    let arguments = [&["plan", "second.toml", "tiny.toml"], &changed[..]].concat();
    let said = says(&bench, 0, &arguments);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("train.from is another: run"), "{said}");
    // It is not the run that is there.
    let said = says(&bench, 2, &["run", "second.toml", "--seed", "5"]);
    assert!(said.contains("no run of that name of seed 5"), "{said}");

    fs::remove_dir_all(bench.runs("runs/tiny")).unwrap();
    assert_eq!(states(&plan(&bench, &["second.toml"])), ["done"]);
    let checkpoints = second[0].0.checkpoints();
    fs::remove_dir_all(&checkpoints).unwrap();
    let record = second[0].0.path().join("run.json");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replace("\"done\"", "\"interrupted\"")).unwrap();
    says(&bench, 2, &["run", "second.toml"]);
}

#[test]
fn every_seed_starts_from_its_own_run_also_side_by_side() {
    let bench = bench(&[("second.toml", SECOND)]);
    let seeds = ["--seed", "0", "--seed", "1", "--jobs", "2"];
    let arguments = [&["run", "second.toml", "tiny.toml"], &seeds[..]].concat();
    says(&bench, 0, &arguments);
    let (tiny, second) = (runs(&bench, "tiny"), runs(&bench, "second"));
    assert_eq!((tiny.len(), second.len()), (2, 2));
    for ((_, source), (_, record)) in tiny.iter().zip(&second) {
        let from = &record.from.as_ref().unwrap().origin;
        assert_eq!(from.identity, format!("run {}", source.identity));
    }
    // They are repetitions of one another.
    assert_eq!(second[0].1.configuration, second[1].1.configuration);
    assert_ne!(second[0].1.identity, second[1].1.identity);

    // Of several runs of one seed one has to be named, and a present trial is meant before any of them.
    says(&bench, 0, &["run", "tiny.toml", "--set", "train.steps=2"]);
    let said = says(&bench, 2, &["plan", "second.toml"]);
    assert!(said.contains("`tiny` may be any of several runs"), "{said}");
    let named = format!(
        "train.from=tiny/{}",
        tiny[0].0.path().file_name().unwrap().display()
    );
    let named = plan(&bench, &["second.toml", "--set", &named]);
    assert_eq!(states(&named), ["done"]);
    let folder = format!("train.from={}", tiny[0].0.path().display());
    assert_eq!(
        states(&plan(&bench, &["second.toml", "--set", &folder])),
        ["done"]
    );
    assert_eq!(
        states(&plan(&bench, &["second.toml", "tiny.toml"])),
        ["done", "done"]
    );
}

#[test]
fn a_source_that_fails_leaves_what_starts_from_it() {
    let bench = bench(&[("second.toml", SECOND)]);
    let failing = [
        "--set",
        "train.optimizer.learning_rate=1e38",
        "--keep-going",
    ];
    for jobs in ["1", "2"] {
        let arguments = [
            &["run", "second.toml", "tiny.toml", "--jobs", jobs],
            &failing[..],
        ]
        .concat();
        let said = says(&bench, 1, &arguments);
        let expected = "second s0  failed: it starts from tiny s0, which is not done";
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(runs(&bench, "second").len(), 0);
    let said = says(
        &bench,
        2,
        &[
            "run",
            "second.toml",
            "--set",
            "train.optimizer.learning_rate=1e38",
        ],
    );
    assert!(said.contains("which is not done"), "{said}");
}

#[test]
fn weights_of_a_file_fit_or_are_named() {
    let bench = bench(&[]);
    says(&bench, 0, &["run", "tiny.toml"]);
    says(
        &bench,
        0,
        &["export", "model", "tiny", "--out", "tiny.safetensors"],
    );
    let run = |code: i32, keys: &[&str]| {
        let mut arguments = vec!["run", "tiny.toml", "--runs", "others"];
        for key in [&["train.from=tiny.safetensors"], keys].concat() {
            arguments.extend(["--set", key]);
        }
        says(&bench, code, &arguments)
    };
    run(0, &[]);
    // The same file elsewhere is the same run.
    fs::rename(
        bench.runs("tiny.safetensors"),
        bench.runs("moved.safetensors"),
    )
    .unwrap();
    let moved = [
        "tiny.toml",
        "--runs",
        "others",
        "--set",
        "train.from=moved.safetensors",
    ];
    assert_eq!(states(&plan(&bench, &moved)), ["done"]);
    // And without it as well.
    let gone = [
        "tiny.toml",
        "--runs",
        "others",
        "--set",
        "train.from=tiny.safetensors",
    ];
    assert_eq!(states(&plan(&bench, &gone)), ["done"]);
    let said = run(2, &["train.steps=7"]);
    assert!(said.contains("no such file: `"), "{said}");
    fs::rename(
        bench.runs("moved.safetensors"),
        bench.runs("tiny.safetensors"),
    )
    .unwrap();

    let larger = ["image.size=20", "network.residual_blocks=2"];
    let said = run(2, &larger);
    for expected in [
        "cannot start from `tiny.safetensors`: the tensors of `",
        "missing: `residual_blocks.1.first.convolution.bias`",
        "`train.from_partial = true` takes those that fit",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let said = run(0, &[&larger[..], &["train.from_partial=true"]].concat());
    assert!(
        said.contains("12 tensors are as from scratch; missing: `residual_blocks.1"),
        "{said}"
    );
    let said = run(2, &["network.scale=3"]);
    assert!(
        said.contains("of the wrong shape: `decode_1.convolution.bias` [4] for [6]"),
        "{said}"
    );
    fs::write(bench.runs("tiny.safetensors"), "text").unwrap();
    let said = run(2, &[]);
    assert!(said.contains("it is no safetensors file"), "{said}");
}

#[test]
fn what_cannot_be_is_refused() {
    let one = "extends = \"tiny.toml\"\ntrain.from = \"two\"\n";
    let two = "extends = \"tiny.toml\"\ntrain.from = \"one\"\n";
    let grid = "extends = \"tiny.toml\"\n[matrix]\ntrain.steps = [2, 3]\n";
    let of_grid = "extends = \"tiny.toml\"\ntrain.from = \"grid\"\n";
    let files = [
        ("one.toml", one),
        ("two.toml", two),
        ("grid.toml", grid),
        ("of_grid.toml", of_grid),
    ];
    let bench = bench(&files);
    let said = says(&bench, 2, &["plan", "one.toml", "two.toml"]);
    assert!(
        said.contains("experiments start from one another: `one`, `two`"),
        "{said}"
    );
    let said = says(
        &bench,
        2,
        &["plan", "tiny.toml", "--set", "train.from=tiny"],
    );
    assert!(
        said.contains("experiments start from one another: `tiny`"),
        "{said}"
    );
    let said = says(&bench, 2, &["plan", "of_grid.toml", "grid.toml"]);
    assert!(
        said.contains("`grid` has several trials of seed 0"),
        "{said}"
    );
    for command in ["run", "check"] {
        let frozen = "train.frozen=[\"encode_1\", \"encoder\"]";
        let said = says(&bench, 2, &[command, "tiny.toml", "--set", frozen]);
        assert!(said.contains("the network has no part `encoder`"), "{said}");
        assert!(said.contains("`residual_blocks.0`"), "{said}");
    }
}
