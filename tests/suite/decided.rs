//! Seeds until decided: how many are trained, what is said, and that stopping and starting again changes neither.

use std::collections::BTreeSet;
use std::fs;
use std::process::Output;

use colorize::runs::find_runs;
use serde_json::Value;

use super::runs::{Bench, program};

/// More photographs than `tiny.toml` has: a claim needs ten that are held out.
const MANY: &str = r#"
extends = "tiny.toml"
dataset.use = "many.toml"
evaluate.images = 12
train = { steps = 2, evaluate_every = 2, checkpoint_every = 2, sample_every = 2 }
"#;

/// One claim that any seeds decide, and one that none do: an experiment against itself, but for the photographs' order.
const CLAIMS: &str = r#"
[[claims]]
text = "It is better than nothing at all."
metric = "psnr"
value = -200.0
expect = "greater"

[[claims]]
text = "A little faster is a lot better."
metric = "psnr"
against = "rival"
expect = "greater"
by = 0.01
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    let folder = bench.folder.path();
    let world = "kind = \"synthetic\"\ncount = 96\nseed = 3\nsize = 24\n";
    fs::write(folder.join("many.toml"), world).unwrap();
    fs::write(folder.join("decided.toml"), format!("{MANY}{CLAIMS}")).unwrap();
    let rival = MANY.replace(
        "steps = 2,",
        "steps = 2, optimizer = { kind = \"adam\", learning_rate = 1.01e-3 },",
    );
    fs::write(folder.join("rival.toml"), rival).unwrap();
    bench
}

/// Which seeds of which experiment are in a folder of runs.
fn seeds(bench: &Bench, runs: &str) -> BTreeSet<(String, u64)> {
    let found = find_runs(&bench.runs(runs)).unwrap().runs;
    let records = found.iter().map(|run| run.record().unwrap().unwrap());
    records.map(|it| (it.experiment, it.seed)).collect()
}

/// What the rule that stops says, without the states of runs above it.
fn verdicts(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    let start = text
        .find("Claims until decided")
        .unwrap_or_else(|| panic!("{output:?}"));
    text[start..].to_owned()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn seeds_are_added_to_both_sides_until_the_rule_stops_and_in_any_order() {
    let bench = bench();
    let run = |runs: &str, more: &[&str]| {
        let rule = ["--until-decided", "--max-seeds", "3", "--runs", runs];
        program(
            &bench,
            &[&["run", "decided.toml"], &rule[..], more].concat(),
        )
    };
    let first = run("runs", &[]);
    assert_eq!(first.status.code(), Some(0), "{}", said(&first));
    let text = verdicts(&first);
    assert!(text.contains("with at most 3 seeds per side"), "{text}");
    assert!(
        text.contains("supported after 2 seeds per side: It is better than nothing at all."),
        "{text}"
    );
    assert!(
        text.contains("after 3 seeds per side, all that are allowed: A little faster"),
        "{text}"
    );
    let all = seeds(&bench, "runs");
    let of = |name: &str| {
        all.iter()
            .filter(|(experiment, _)| experiment == name)
            .count()
    };
    assert_eq!((of("decided"), of("rival")), (3, 3));

    // Once more: nothing is trained, and the same is said.
    let again = run("runs", &[]);
    assert_eq!(verdicts(&again), text);
    assert_eq!(seeds(&bench, "runs"), all);
    assert_eq!(
        said(&again).matches("already done").count(),
        6,
        "{}",
        said(&again)
    );

    // The last seeds first, by hand, and then two processes.
    for name in ["decided.toml", "rival.toml"] {
        let seeds = ["--seed", "2", "--seed", "1", "--runs", "others"];
        let output = program(&bench, &[&["run", name], &seeds[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    let other = run("others", &["--jobs", "2"]);
    assert_eq!(verdicts(&other), text, "{}", said(&other));
    assert_eq!(seeds(&bench, "others"), all);
}

#[test]
fn a_plan_says_what_is_decided_and_what_comes_next() {
    let bench = bench();
    let plan = |more: &[&str]| {
        let output = program(
            &bench,
            &[&["plan", "decided.toml", "--json"], more].concat(),
        );
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let rule = ["--until-decided", "--max-seeds", "3"];
    let before = plan(&rule);
    assert_eq!(before["trials"].as_array().unwrap().len(), 4);
    assert_eq!(before["claims"][0]["verdict"], Value::Null);
    assert_eq!(
        before["claims"][0]["standing"],
        "first look at 2 seeds per side"
    );
    assert_eq!(plan(&[])["claims"].as_array().unwrap().len(), 0);

    for name in ["decided.toml", "rival.toml"] {
        let output = program(&bench, &["run", name, "--seed", "0", "--seed", "1"]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    let now = plan(&[]);
    assert_eq!(now["claims"][0]["verdict"], "supported");
    assert_eq!(now["claims"][1]["seeds"], 2);
    let next = plan(&rule);
    assert_eq!(next["trials"].as_array().unwrap().len(), 6);
    let standing = next["claims"][1]["standing"].as_str().unwrap();
    assert!(
        standing.starts_with("not decided after 2 seeds per side; next look at 3"),
        "{standing}"
    );
    let text = program(&bench, &["plan", "decided.toml"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains("Claims, by the runs so far"), "{text}");
    assert!(text.contains("with 2 seeds per side"), "{text}");
}

#[test]
fn what_cannot_be_decided_is_refused_before_anything_is_trained() {
    let bench = bench();
    let rule = ["--until-decided", "--max-seeds"];
    for (arguments, message) in [
        (
            vec!["run", "rival.toml", rule[0], rule[1], "3"],
            "none of these experiments has `[[claims]]`",
        ),
        (
            vec![
                "run",
                "decided.toml",
                rule[0],
                rule[1],
                "2",
                "--seed",
                "0",
                "--seed",
                "1",
                "--seed",
                "2",
            ],
            "`--max-seeds 2` is fewer than the 3 seeds of",
        ),
        (vec!["run", "decided.toml", rule[0]], "--max-seeds <N>"),
        (vec!["run", "decided.toml", rule[1], "3"], "--until-decided"),
    ] {
        let output = program(&bench, &arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(said(&output).contains(message), "{}", said(&output));
    }
    assert!(!bench.runs("runs").exists());
}
