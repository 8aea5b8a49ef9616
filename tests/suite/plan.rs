//! Plans of tiny trials: what is left to do, by whom it is done, and that it is done once.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use colorize::backend::DeviceName;
use colorize::runs::{RunFolder, RunRecord, find_runs};
use colorize::train::{Interrupter, Outcome};
use serde_json::Value;

use super::runs::{Bench, numbers, program, weights};

const GRID: &str = r#"
extends = "tiny.toml"

[matrix]
network.norm = ["batch", "instance"]
train.loss = ["mse", "huber"]
"#;

fn bench(files: &[(&str, &str)]) -> Bench {
    let bench = Bench::new();
    for (name, text) in files {
        fs::write(bench.folder.path().join(name), text).unwrap();
    }
    bench
}

fn succeed(bench: &Bench, arguments: &[&str]) -> Output {
    let output = program(bench, arguments);
    assert!(output.status.success(), "{output:?}");
    output
}

fn plan(bench: &Bench, arguments: &[&str]) -> Value {
    let arguments = [&["plan", "--json"], arguments].concat();
    serde_json::from_slice(&succeed(bench, &arguments).stdout).unwrap()
}

fn states(plan: &Value) -> Vec<&str> {
    let trials = plan["trials"].as_array().unwrap();
    trials
        .iter()
        .map(|trial| trial["state"].as_str().unwrap())
        .collect()
}

fn records(bench: &Bench) -> Vec<RunRecord> {
    let found = find_runs(&bench.runs("runs")).unwrap().runs;
    let records = found.iter().map(|run| run.record().unwrap().unwrap());
    records.collect()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_plan_before_and_after() {
    let bench = bench(&[("grid.toml", GRID)]);
    let before = succeed(&bench, &["plan", "grid.toml", "--seed", "3", "--seed", "0"]);
    insta::assert_snapshot!(String::from_utf8_lossy(&before.stdout));
    assert!(!bench.runs("runs").exists(), "a plan writes nothing");

    let only = ["--set", "network.norm=batch", "--set", "train.loss=mse"];
    succeed(&bench, &[&["run", "grid.toml"][..], &only].concat());
    let plan = plan(&bench, &["grid.toml"]);
    assert_eq!(states(&plan), ["done", "missing", "missing", "missing"]);
    let trials = plan["trials"].as_array().unwrap();
    let known: Vec<bool> = trials
        .iter()
        .map(|trial| !trial["estimate"].is_null())
        .collect();
    // Of batch norm something is known now.
    assert_eq!(known, [false, true, false, false]);
    assert_eq!(trials[1]["estimate"]["from"], "experiment");
    assert_eq!(trials[1]["variant"]["train.loss"], "huber");
    assert_eq!(plan["seconds_unknown_of"], 2);
    let record = &records(&bench)[0];
    assert_eq!(record.variant.to_string(), "norm=batch loss=mse");
    assert!(record.sessions[0].threads.unwrap() >= 1);
}

#[test]
fn a_claim_that_cannot_be_judged_is_named_with_the_reason() {
    let other = r#"
extends = "tiny.toml"

[[claims]]
text = "Better than the plain one."
metric = "psnr"
against = "tiny"
expect = "greater"
"#;
    let bench = bench(&[("other.toml", other)]);
    let output = succeed(&bench, &["run", "other.toml", "--set", "train.steps=2"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("open: Better than the plain one."), "{text}");
    assert!(
        text.contains("`tiny` has no finished run among those requested"),
        "{text}"
    );
}

#[test]
fn a_renamed_run_and_one_that_lost_its_log_are_named_by_a_plan() {
    let bench = Bench::new();
    succeed(&bench, &["run", "tiny.toml", "--set", "train.steps=2"]);
    let arguments = ["plan", "tiny.toml", "--set", "train.steps=2"];
    let run = &find_runs(&bench.runs("runs")).unwrap().runs[0];
    fs::remove_dir_all(run.metrics()).unwrap();
    let text = succeed(&bench, &arguments).stdout;
    let text = String::from_utf8_lossy(&text);
    assert!(
        text.contains("says done, but its metrics are missing"),
        "{text}"
    );
    fs::rename(run.path(), run.path().with_file_name("mine")).unwrap();
    let output = succeed(&bench, &arguments);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("stored under a different name, `runs/tiny/mine`: move it back"),
        "{text}"
    );
    let text = errors(&output);
    assert!(
        text.contains("1 run is stored under a different name: `runs/tiny/mine`"),
        "{text}"
    );
}

#[test]
fn several_processes_do_every_trial_once() {
    let bench = bench(&[("grid.toml", GRID)]);
    let workers: Vec<_> = (0..3)
        .map(|_| {
            Command::new(env!("CARGO_BIN_EXE_colorize"))
                .args(["run", "grid.toml", "--set", "train.steps=3"])
                .current_dir(bench.folder.path())
                .env("COLORIZE_CACHE", bench.folder.path().join("cache"))
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for worker in workers {
        let output = worker.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", errors(&output));
    }
    let records = records(&bench);
    assert_eq!(records.len(), 4);
    for record in records {
        assert_eq!(record.status, colorize::runs::Status::Done);
        assert_eq!(record.sessions.len(), 1);
    }
}

#[test]
fn trials_side_by_side_are_processes_of_their_own() {
    let bench = bench(&[("grid.toml", GRID)]);
    let command = ["run", "grid.toml", "--jobs", "4", "--set", "train.steps=3"];
    let output = succeed(&bench, &command);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(table.matches(" done ").count(), 4, "{table}");
    let records = records(&bench);
    let processes: Vec<u32> = records
        .iter()
        .map(|record| record.sessions[0].process)
        .collect();
    assert_eq!(processes.len(), 4);
    assert!(
        processes
            .iter()
            .all(|process| { processes.iter().filter(|other| *other == process).count() == 1 })
    );
    // Each run says the command that a person can give again, and not that of its process.
    for record in &records {
        assert_eq!(record.sessions[0].environment.arguments[1..], command);
    }
    let again = program(&bench, &command);
    assert_eq!(errors(&again).matches("already done").count(), 4);
}

#[test]
fn a_failure_ends_the_work_or_is_listed_at_its_end() {
    let bench = bench(&[(
        "rates.toml",
        "extends = \"tiny.toml\"\ntrain.checkpoint_every = 1\n[matrix]\ntrain.optimizer.learning_rate = [1e38, 1e-3]\n",
    )]);
    for jobs in ["1", "2"] {
        let runs = format!("runs-{jobs}");
        let run = ["run", "rates.toml", "--runs", &runs, "--jobs", jobs];
        if jobs == "1" {
            let first = program(&bench, &run);
            assert_eq!(first.status.code(), Some(1), "{}", errors(&first));
            assert!(
                errors(&first)
                    .contains("error: rates learning_rate=1e38 s0: the loss is not finite")
            );
            assert_eq!(
                states(&plan(&bench, &["rates.toml", "--runs", &runs])),
                ["failed", "missing"]
            );
        }
        let second = program(&bench, &[&run[..], &["--keep-going"]].concat());
        assert_eq!(second.status.code(), Some(1), "{}", errors(&second));
        let said = errors(&second);
        assert!(
            said.contains("rates learning_rate=1e38 s0  failed: the loss is not finite"),
            "{said}"
        );
        let plan = plan(&bench, &["rates.toml", "--runs", &runs]);
        assert_eq!(states(&plan), ["failed", "done"]);
        let reason = plan["trials"][0]["reason"].as_str().unwrap();
        assert!(reason.contains("not finite"), "{reason}");
    }
    let both = program(
        &bench,
        &["run", "rates.toml", "--keep-going", "--fail-fast"],
    );
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn a_stopped_trial_goes_on_after_the_missing_ones() {
    let bench = bench(&[]);
    let runs = bench.runs("runs");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let stop = Interrupter::new();
    stop.stop(Some("asked for"));
    assert_eq!(trial.run(&stop).unwrap(), Outcome::Interrupted { step: 1 });
    let seeds = ["tiny.toml", "--seed", "0", "--seed", "1"];
    let before = plan(&bench, &seeds);
    assert_eq!(states(&before), ["interrupted", "missing"]);
    assert_eq!(before["trials"][0]["step"], 1);
    let output = succeed(&bench, &[&["run"], &seeds[..]].concat());
    let said = errors(&output);
    let done = |label: &str| said.find(&format!("{label}  done")).unwrap();
    assert!(done("tiny s1") < done("tiny s0"), "{said}");
    assert_eq!(records(&bench)[0].sessions.len(), 2);
    assert_eq!(states(&plan(&bench, &seeds)), ["done", "done"]);
}

#[test]
fn one_trial_of_a_plan_can_be_asked_for_and_stops_when_its_input_ends() {
    let bench = bench(&[("grid.toml", GRID)]);
    let whole = plan(&bench, &["grid.toml"]);
    let name = whole["trials"][2]["name"].as_str().unwrap();
    let only = ["run", "grid.toml", "--only", name, "--threads", "1"];
    let stopped = program(&bench, &[&only[..], &["--until-input-ends"]].concat());
    assert_eq!(stopped.status.code(), Some(130), "{}", errors(&stopped));
    succeed(&bench, &only);
    assert_eq!(
        states(&plan(&bench, &["grid.toml"])),
        ["missing", "missing", "done", "missing"]
    );
    let sessions = &records(&bench)[0].sessions;
    assert_eq!(sessions.last().unwrap().threads, Some(1));
    let wrong = program(
        &bench,
        &["run", "grid.toml", "--only", "grid/s0-0000000000"],
    );
    assert_eq!(wrong.status.code(), Some(2));
    assert!(errors(&wrong).contains("the plan has no trial `grid/s0-0000000000`"));
}

#[test]
fn a_stale_trial_says_why() {
    let bench = bench(&[]);
    succeed(&bench, &["run", "tiny.toml", "--set", "train.steps=1"]);
    let changed = [
        "tiny.toml",
        "--set",
        "network.scale=3",
        "--set",
        "train.steps=1",
    ];
    let plan = plan(&bench, &changed);
    assert_eq!(states(&plan), ["missing"]);
    assert_eq!(
        plan["trials"][0]["stale"]["changes"][0],
        "network.scale 2 → 3"
    );
    assert_eq!(plan["counts"]["stale"], 1);
    let said = succeed(&bench, &[&["plan"], &changed[..]].concat());
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(
        said.contains("stale: an earlier run exists (network.scale 2 → 3"),
        "{said}"
    );
}

/// Leaves a claim of a process on another machine in the folder of a trial.
fn claim_elsewhere(bench: &Bench, trial: &Value) -> PathBuf {
    let folder = bench.folder.path().join(trial["folder"].as_str().unwrap());
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(".claim-1");
    let claim = r#"{"process":{"host":"node7","boot":"b","space":"s","number":12,"began":1},"token":"t","since":"2026-11-24T12:00:00Z","after":null,"buries":false}"#;
    fs::write(&path, format!("{claim}\n..")).unwrap();
    path
}

#[test]
fn an_owner_on_another_machine_is_respected_while_it_lives() {
    let bench = bench(&[]);
    let seeds = ["tiny.toml", "--seed", "0", "--seed", "1"];
    let claim = claim_elsewhere(&bench, &plan(&bench, &seeds)["trials"][0]);
    let before = plan(&bench, &seeds);
    assert_eq!(states(&before), ["running", "missing"]);
    assert_eq!(
        (&before["trials"][0]["host"], &before["trials"][0]["here"]),
        (&"node7".into(), &false.into())
    );

    let is_over = AtomicBool::new(false);
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            // Its heart beats, if a little fast.
            while !is_over.load(Ordering::Relaxed) {
                let mut file = OpenOptions::new().append(true).open(&claim).unwrap();
                file.write_all(b".").unwrap();
                std::thread::yield_now();
            }
        });
        let output = program(&bench, &[&["run"], &seeds[..]].concat());
        is_over.store(true, Ordering::Relaxed);
        output
    });
    let said = errors(&output);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("tiny s0  left to process 12 on node7"),
        "{said}"
    );
    assert_eq!(states(&plan(&bench, &seeds)), ["running", "done"]);

    // It falls silent, and is dead after a while.
    let output = succeed(&bench, &[&["run", "--patience", "0"], &seeds[..]].concat());
    assert!(
        errors(&output).contains("tiny s0  done"),
        "{}",
        errors(&output)
    );
    let after = plan(&bench, &seeds);
    assert_eq!(states(&after), ["done", "done"]);
    let folder = bench
        .folder
        .path()
        .join(after["trials"][0]["folder"].as_str().unwrap());
    let diary = fs::read_to_string(folder.join("log.txt")).unwrap();
    assert!(
        diary.contains("taken over from process 12 on node7"),
        "{diary}"
    );
}

#[test]
fn keys_that_are_not_counted_change_no_number() {
    let bench = bench(&[]);
    let train = |name: &str, change: &[(&str, Value)]| -> RunFolder {
        let mut whole = serde_json::to_value(&bench.experiment).unwrap();
        for (pointer, value) in change {
            *whole.pointer_mut(pointer).unwrap() = value.clone();
        }
        let experiment = serde_json::from_value(whole).unwrap();
        let runs = bench.runs(name);
        let trial = bench.trial(&experiment, &runs, DeviceName::Flex);
        assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
        trial.folder()
    };
    let one = train("one", &[]);
    let changes = [
        ("/name", "other".into()),
        ("/title", "Other".into()),
        ("/seeds", vec![0, 5].into()),
        ("/dataset/use", "elsewhere.toml".into()),
        ("/fusion/weights", "random".into()),
        ("/train/checkpoint_every", 1.into()),
        ("/train/retain/last", 1.into()),
        ("/train/flush_seconds", 0.001.into()),
    ];
    let other = train("two", &changes);
    assert_eq!(one.path().file_name(), other.path().file_name());
    assert_eq!(numbers(&one), numbers(&other));
    let last = bench.experiment.train.steps;
    assert_eq!(
        weights(&bench.experiment, &one, last),
        weights(&bench.experiment, &other, last)
    );
    assert!(Path::new(other.path()).ends_with(format!(
        "other/{}",
        one.path().file_name().unwrap().display()
    )));
}

#[test]
fn a_files_own_rate_makes_another_trial_under_quick() {
    let bench = bench(&[
        (
            "parent.toml",
            "extends = \"tiny.toml\"\n[quick.train]\nsteps = 2\noptimizer.learning_rate = 4e-3\n",
        ),
        (
            "half.toml",
            "extends = \"parent.toml\"\ntrain.optimizer.learning_rate = 5e-4\n",
        ),
        ("same.toml", "extends = \"parent.toml\"\n"),
    ]);
    let files = ["parent.toml", "half.toml", "same.toml"];
    let output = succeed(
        &bench,
        &[&["plan", "--quick", "--json"], &files[..]].concat(),
    );
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let identity = |index: usize| plan["trials"][index]["identity"].as_str().unwrap();
    assert_ne!(identity(0), identity(1));
    assert_eq!(identity(0), identity(2));
    assert_eq!(plan["trials"][1]["steps"], 2);
    assert_eq!(
        errors(&output)
            .lines()
            .filter(|line| line.starts_with("note: "))
            .collect::<Vec<_>>(),
        [
            "note: half: own value takes precedence over `[quick]`: train.optimizer.learning_rate = 0.0005 (half.toml:2) \
             over 0.004 ([quick] parent.toml:4), 0.001 (tiny.toml:7)"
        ]
    );
}

#[test]
fn categories_in_another_order_are_the_same_trial() {
    let bench = bench(&[]);
    let categories = |list: &str| format!("dataset.categories={list}");
    let sorted = categories("[\"car\", \"person\", \"stop sign\"]");
    succeed(
        &bench,
        &[
            "run",
            "tiny.toml",
            "--set",
            &sorted,
            "--set",
            "train.steps=2",
        ],
    );
    for list in [
        "[\"car\", \"person\", \"stop sign\"]",
        "[\"stop sign\", \"person\", \"car\"]",
        "[\"person\", \"car\", \"person\", \"stop sign\", \"car\"]",
    ] {
        let set = categories(list);
        let plan = plan(
            &bench,
            &["tiny.toml", "--set", &set, "--set", "train.steps=2"],
        );
        assert_eq!(states(&plan), ["done"], "{list}");
    }
}
