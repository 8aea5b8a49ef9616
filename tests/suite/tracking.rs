//! Looking at runs with the program: what it prints, what it leaves alone, and its exit codes.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Output;

use colorize::backend::DeviceName;
use colorize::evaluate::Properties;
use colorize::runs::{Checkpoint, RunFolder, read_metrics};
use colorize::train::{Interrupter, Outcome};

use super::runs::{Bench, program};

/// One trained run, and the program called on it.
struct Tracked {
    bench: Bench,
    folder: RunFolder,
}

impl Tracked {
    fn new() -> Self {
        let bench = Bench::new();
        let runs = bench.runs("runs");
        let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
        assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
        let folder = trial.folder();
        Self { bench, folder }
    }

    fn runs(&self) -> PathBuf {
        self.bench.runs("runs")
    }

    fn call(&self, arguments: &[&str]) -> Output {
        let runs = self.runs();
        let place = ["--runs", runs.to_str().unwrap()];
        program(&self.bench, &[arguments, &place].concat())
    }

    fn says(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.call(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}{errors}");
        text + &errors
    }
}

#[test]
fn what_is_noted_is_found_and_leaves_the_run_as_it_is() {
    let tracked = Tracked::new();
    let before = fs::read(tracked.folder.path().join("run.json")).unwrap();
    let said = tracked.says(
        0,
        &[
            "note",
            "tiny",
            "a green sky",
            "--tag",
            "paper",
            "--tag",
            "odd",
        ],
    );
    assert!(
        said.contains("odd paper") && said.contains("a green sky"),
        "{said}"
    );
    // At once, also by way of the index.
    for (filter, count) in [("tags~paper", 1), ("tags~draft", 0), ("note~green", 1)] {
        let csv = tracked.says(0, &["ls", filter, "--csv", "--by-seed"]);
        assert_eq!(csv.lines().count(), count + 1, "{filter}: {csv}");
    }
    assert!(tracked.says(0, &["show", "tiny"]).contains("a green sky"));
    let said = tracked.says(0, &["note", "tiny", "", "--untag", "odd"]);
    assert!(
        said.contains("paper") && !said.contains("odd") && !said.contains("sky"),
        "{said}"
    );
    tracked.says(0, &["note", "tiny", "--untag", "paper"]);
    assert!(!tracked.folder.path().join("notes.toml").exists());
    assert!(tracked.says(0, &["note", "tiny"]).contains("nothing noted"));
    assert_eq!(
        fs::read(tracked.folder.path().join("run.json")).unwrap(),
        before
    );

    let said = tracked.says(2, &["note", "tiny", "--tag", "two words"]);
    assert!(said.contains("a tag is a word"), "{said}");
    tracked.says(2, &["note", "seed=77", "x"]);
}

#[test]
fn runs_are_listed_shown_and_compared() {
    let tracked = Tracked::new();
    let trial = tracked.folder.path().file_name().unwrap().to_str().unwrap();
    let list = tracked.says(0, &["ls"]);
    assert!(
        list.contains("tiny") && list.contains("1 of 1") && list.contains("6/6"),
        "{list}"
    );
    assert!(
        tracked
            .says(0, &["ls", "--by-seed", "metric:psnr>0"])
            .contains(trial)
    );
    let none = tracked.says(0, &["ls", "metric:psnr<0"]);
    assert!(none.contains("\n0 of 1 run in 0 lines\n"), "{none}");
    let csv = tracked.says(0, &["ls", "--csv", "--columns", "metric:psnr,status"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "experiment,variant,seed,trial,metric:psnr,status");
    assert!(lines[1].ends_with(",done"), "{csv}");
    let json: serde_json::Value =
        serde_json::from_str(&tracked.says(0, &["ls", "--json"])).unwrap();
    assert_eq!(json["runs"][0]["experiment_values"]["network.scale"], 2);
    let groups = tracked.says(0, &["ls", "--json", "--group"]);
    let groups: serde_json::Value = serde_json::from_str(&groups).unwrap();
    assert_eq!(groups["groups"][0]["metric:psnr"]["n"], 1);

    let shown = tracked.says(0, &["show", "tiny"]);
    for part in [
        "Sessions",
        "network.scale",
        "psnr_luma_replaced",
        "checkpoint     step 6",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
    assert!(
        tracked
            .says(0, &["show", trial, "--config"])
            .contains("scale = 2")
    );
    let same = tracked.says(0, &["diff", "tiny", trial]);
    assert!(same.starts_with("No key differs."), "{same}");
}

/// Whatever a training logs has a name, a unit and a direction.
#[test]
fn every_logged_metric_is_in_the_table() {
    let tracked = Tracked::new();
    let log = read_metrics(&tracked.folder).unwrap();
    let names: BTreeSet<&str> = log.all().map(|(_, metric, _)| metric).collect();
    assert!(names.contains("loss") && names.contains("data_wait_seconds"));
    for name in names {
        let properties = Properties::of(name).unwrap_or_else(|| panic!("`{name}` is unknown"));
        assert_eq!(properties.name, name);
    }
}

#[test]
fn wrong_requests_are_shown_and_broken_runs_are_named() {
    let tracked = Tracked::new();
    let typing = tracked.says(2, &["ls", "psnr > 20 and seed = 0"]);
    assert!(
        typing.contains("did you mean `metric:psnr`?\n  psnr > 20 and"),
        "{typing}"
    );
    assert!(typing.contains("\n  ^^^^\n"), "{typing}");
    assert!(
        tracked
            .says(2, &["diff", "tiny", "tyni"])
            .contains("`tiny`")
    );
    tracked.says(2, &["ls", "--sort", "psnr"]);
    tracked.says(2, &["gc", "--keep-last", "0"]);
    let out = tracked.bench.runs("out");
    let out = out.to_str().unwrap();
    tracked.says(
        2,
        &["export", "metrics", "--format", "mlflow", "--out", out],
    );
    tracked.says(0, &["export", "metrics", "--format", "csv", "--out", out]);
    let there = tracked.says(2, &["export", "metrics", "--format", "csv", "--out", out]);
    assert!(there.contains("--force"), "{there}");

    fs::write(tracked.folder.path().join("run.json"), "{").unwrap();
    let broken = tracked.says(1, &["ls"]);
    assert!(
        broken.contains("is not a run record of this program"),
        "{broken}"
    );
    tracked.says(
        1,
        &["export", "runs", "--format", "csv", "--out", out, "--force"],
    );
}

#[test]
fn checkpoints_go_only_when_they_are_asked_to() {
    let tracked = Tracked::new();
    let steps = || Checkpoint::steps(&tracked.folder.checkpoints()).unwrap();
    let before = steps();
    assert!(before.len() > 1);
    let sweep = [
        "gc",
        "--keep-last",
        "1",
        "--keep-best",
        "none",
        "--milestones",
        "0",
    ];
    let listed = tracked.says(0, &[&sweep[..], &["--dry-run"]].concat());
    assert!(listed.contains("would be removed"), "{listed}");
    assert_eq!(steps(), before);
    let log = fs::read_dir(tracked.folder.metrics()).unwrap().count();
    let removed = tracked.says(0, &sweep);
    assert_eq!(steps(), [6]);
    assert_eq!(fs::read_dir(tracked.folder.metrics()).unwrap().count(), log);
    // The same list, but for the last word.
    assert_eq!(listed.replace("would be removed", "removed"), removed);
    assert!(tracked.says(0, &sweep).contains("nothing to remove"));
}
