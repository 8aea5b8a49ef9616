//! Successive halving: who goes on, that a promoted trial is the same run as one that never paused, and that everything is
//! found again.

use std::collections::BTreeMap;
use std::fs;

use colorize::runs::{RunFolder, Status, find_runs};
use serde_json::Value;

use super::runs::{Bench, numbers, program};

const SWEEP: &str = r#"
extends = "tiny.toml"
train = { steps = 6, evaluate_every = 2, checkpoint_every = 6, sample_every = 6, schedule = "cosine" }

[sweep]
search = "random"
trials = 6
halve = { metric = "psnr", after = [2, 4] }

[sweep.values]
train.optimizer.learning_rate = { from = 1e-5, to = 1e-1, scale = "log" }
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    fs::write(bench.folder.path().join("sweep.toml"), SWEEP).unwrap();
    bench
}

/// The runs in a folder, by identity.
fn runs(bench: &Bench, runs: &str) -> BTreeMap<String, RunFolder> {
    let found = find_runs(&bench.runs(runs)).unwrap().runs.into_iter();
    let named = found.map(|run| (run.record().unwrap().unwrap().identity, run));
    named.collect()
}

/// The steps to which runs have come, and how many are done.
fn steps(runs: &BTreeMap<String, RunFolder>) -> (Vec<usize>, usize) {
    let records: Vec<_> = runs
        .values()
        .map(|run| run.record().unwrap().unwrap())
        .collect();
    let mut steps: Vec<usize> = records.iter().map(|record| record.step).collect();
    steps.sort_unstable();
    let done = records
        .iter()
        .filter(|record| record.status == Status::Done);
    (steps, done.count())
}

#[test]
fn the_better_half_goes_on_and_is_what_it_would_have_been_without_a_pause() {
    let bench = bench();
    let run = |more: &[&str]| {
        let output = program(&bench, &[&["run", "sweep.toml"], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
        said
    };
    run(&[]);
    let halved = runs(&bench, "runs");
    assert_eq!(steps(&halved), (vec![2, 2, 2, 4, 6, 6], 2));

    // Nothing is left to do, and no one is trained further.
    let said = run(&[]);
    assert_eq!(said.matches("already done").count(), 2, "{said}");
    assert_eq!(steps(&runs(&bench, "runs")), (vec![2, 2, 2, 4, 6, 6], 2));
    let plan = program(&bench, &["plan", "sweep.toml", "--json"]);
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    assert_eq!(plan["counts"]["stopped"], 4);
    assert_eq!(plan["counts"]["done"], 2);
    assert_eq!(plan["seconds_left"], 0.0);
    let text = program(&bench, &["plan", "sweep.toml"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("stopped at rung 1, step 2: number 6 of 6"),
        "{text}"
    );
    assert!(
        text.contains("stopped at rung 2, step 4: number 3 of 3"),
        "{text}"
    );
    assert!(text.contains("6 trials: 2 done, 4 stopped"), "{text}");

    // Side by side the same ones go on.
    run(&["--runs", "others", "--jobs", "3"]);
    let others = runs(&bench, "others");
    for (identity, run) in &halved {
        assert_eq!(numbers(&others[identity]), numbers(run));
    }

    // All of them to the end: without a pause, and after one.
    let plain = SWEEP.replace("halve = { metric = \"psnr\", after = [2, 4] }\n", "");
    let plain = format!("name = \"sweep\"\n{plain}");
    fs::write(bench.folder.path().join("plain.toml"), plain).unwrap();
    let output = program(&bench, &["run", "plain.toml", "--runs", "whole"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let whole = runs(&bench, "whole");
    for (identity, run) in halved
        .iter()
        .filter(|(_, run)| run.record().unwrap().unwrap().status == Status::Done)
    {
        assert_eq!(numbers(&whole[identity]), numbers(run));
    }
    run(&["--set", "sweep.halve.keep=1.0"]);
    for (identity, run) in runs(&bench, "runs") {
        assert_eq!(numbers(&whole[&identity]), numbers(&run));
    }
    let (steps, done) = steps(&runs(&bench, "runs"));
    assert_eq!((steps, done), (vec![6; 6], 6));
}

#[test]
fn a_sweep_that_is_halved_is_not_handed_to_others() {
    let bench = bench();
    let claim =
        "\n[[claims]]\ntext = \"x\"\nmetric = \"psnr\"\nvalue = 1.0\nexpect = \"greater\"\n";
    fs::write(
        bench.folder.path().join("claims.toml"),
        format!("{SWEEP}{claim}"),
    )
    .unwrap();
    for arguments in [
        vec!["run", "sweep.toml", "--launcher", "slurm", "--dry-run"],
        vec!["run", "claims.toml", "--until-decided", "--max-seeds", "3"],
    ] {
        let output = program(&bench, &arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("`sweep.halve`"), "{said}");
    }
}
