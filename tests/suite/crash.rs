//! What befalls run folders: full disks, folders that cannot be written, damage, and hands that edit them. Nothing panics,
//! messages say what, where and what to do, and afterwards the same command goes on to the same bits.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use colorize::backend::DeviceName;
use colorize::proof;
use colorize::runs::{Checkpoint, CheckpointPart, RunFolder, Status};
use colorize::train::{Interrupter, Outcome, Trial, Witness};

use crate::runs::{Bench, program};

/// Trains until after `step`, and no further: without a checkpoint, as a process that is killed there.
pub(crate) fn train_until_after(trial: &Trial<'_>, step: usize) -> RunFolder {
    let witness = Witness::new(move |state| state.step < step);
    let outcome = trial
        .run_witnessed(&Interrupter::new(), Some(Arc::new(witness)))
        .unwrap();
    assert!(
        matches!(outcome, Outcome::Interrupted { .. }),
        "{outcome:?}"
    );
    trial.folder()
}

fn assert_goes_on(trial: &Trial<'_>, whole: &RunFolder) {
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    let verdict = proof::runs(whole, &trial.folder()).unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
}

fn error_of(trial: &Trial<'_>) -> String {
    trial.run(&Interrupter::new()).unwrap_err().to_string()
}

fn cut_by_one_byte(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
}

#[test]
fn tables_after_the_checkpoint_may_be_damaged_and_those_before_it_may_not() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    let runs = bench.runs("cut");
    let mut experiment = bench.experiment.clone();
    experiment.train.retain.last = 9;
    experiment.train.retain.best = "none".to_owned();
    let trial = bench.trial(&experiment, &runs, DeviceName::Flex);
    let folder = train_until_after(&trial, 5);
    let table = |step: usize| folder.metrics().join(format!("from-{step:09}.parquet"));

    // Of the rows after step 4 nobody knows how many there should be.
    cut_by_one_byte(&table(4));
    let kept = fs::read(table(2)).unwrap();
    cut_by_one_byte(&table(2));
    let damaged = error_of(&trial);
    assert!(damaged.contains("from-000000002.parquet"), "{damaged}");
    assert!(
        damaged.contains("delete the checkpoints after step 2"),
        "{damaged}"
    );
    fs::remove_file(table(2)).unwrap();
    let missing = error_of(&trial);
    assert!(
        missing.contains("the rows of steps 3 to 4 are missing"),
        "{missing}"
    );
    fs::write(folder.metrics().join("from-000000003.parquet"), &kept).unwrap();
    fs::write(table(2), &kept).unwrap();
    let twice = error_of(&trial);
    assert!(twice.contains("the rows of step 3 appear twice"), "{twice}");

    // What the message says helps.
    Checkpoint::at(&folder.checkpoints(), 4).remove().unwrap();
    fs::remove_file(folder.metrics().join("from-000000003.parquet")).unwrap();
    fs::remove_file(table(2)).unwrap();
    assert_goes_on(&trial, &whole);
}

#[test]
fn a_log_without_its_beginning_begins_anew_with_the_folder() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    let runs = bench.runs("cut");
    let mut experiment = bench.experiment.clone();
    experiment.train.retain.last = 1;
    experiment.train.retain.best = "none".to_owned();
    let trial = bench.trial(&experiment, &runs, DeviceName::Flex);
    let folder = train_until_after(&trial, 5);
    assert_eq!(Checkpoint::steps(&folder.checkpoints()).unwrap()[0], 4);
    fs::remove_file(folder.metrics().join("from-000000000.parquet")).unwrap();
    let missing = error_of(&trial);
    assert!(missing.contains("steps 1 to 2"), "{missing}");
    assert!(missing.contains("delete the run folder"), "{missing}");
    fs::remove_dir_all(folder.path()).unwrap();
    assert_goes_on(&trial, &whole);
}

#[test]
fn damaged_checkpoints_are_passed_over_and_never_cost_a_sound_one() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    let runs = bench.runs("damaged");
    let mut experiment = bench.experiment.clone();
    experiment.train.checkpoint_every = 1;
    experiment.train.retain.best = "none".to_owned();
    let trial = bench.trial(&experiment, &runs, DeviceName::Flex);
    let folder = train_until_after(&trial, 6);
    let checkpoints = folder.checkpoints();
    assert_eq!(Checkpoint::steps(&checkpoints).unwrap(), [5, 4]);

    let list = Checkpoint::at(&checkpoints, 5).path.join("checkpoint.json");
    let edited = fs::read_to_string(&list)
        .unwrap()
        .replace("\"step\": 5", "\"step\": 4");
    fs::write(&list, edited).unwrap();
    // What is no checkpoint, though it looks like one that is newer than all.
    fs::create_dir(checkpoints.join("step-000900")).unwrap();
    fs::create_dir(checkpoints.join("step-7")).unwrap();
    fs::write(checkpoints.join("notes.txt"), "mine").unwrap();
    fs::write(folder.metrics().join("notes.parquet"), "mine").unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();

    let resumed = train_until_after(&trial, 6);
    let log = fs::read_to_string(resumed.log()).unwrap();
    assert!(log.contains("`checkpoint.json` belongs to step 4"), "{log}");
    assert!(
        log.contains("falling back to the previous checkpoint, of step 4"),
        "{log}"
    );
    assert_eq!(Checkpoint::steps(&checkpoints).unwrap(), [900, 5, 4]);
    let record = resumed.record().unwrap().unwrap();
    assert_eq!((record.status, record.step), (Status::Interrupted, 5));

    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    assert_eq!(
        fs::read_to_string(checkpoints.join("notes.txt")).unwrap(),
        "mine"
    );
    fs::remove_dir(checkpoints.join("step-000900")).unwrap();
    let verdict = proof::runs(&whole, &folder).unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[test]
fn a_record_that_was_edited_is_refused_and_may_be_deleted() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    let runs = bench.runs("edited");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let folder = train_until_after(&trial, 5);
    let record = folder.path().join("run.json");
    cut_by_one_byte(&record);
    fs::write(
        &record,
        fs::read_to_string(&record).unwrap().replace('{', ""),
    )
    .unwrap();
    let broken = error_of(&trial);
    assert!(broken.contains("run.json"), "{broken}");
    assert!(broken.contains("delete only this file"), "{broken}");
    fs::remove_file(&record).unwrap();
    assert_goes_on(&trial, &whole);

    // A run that was done is found to be done again: there is no step left.
    fs::remove_file(&record).unwrap();
    assert_goes_on(&trial, &whole);
    assert_eq!(folder.record().unwrap().unwrap().status, Status::Done);
}

#[test]
fn a_resolved_experiment_that_was_edited_is_written_anew_and_not_used() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    let runs = bench.runs("edited");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let folder = train_until_after(&trial, 5);
    let text = fs::read_to_string(folder.experiment()).unwrap();
    fs::write(
        folder.experiment(),
        text.replace("batch_size = 3", "batch_size = 4"),
    )
    .unwrap();
    let name = folder.path().to_str().unwrap();
    let output = program(&bench, &["evaluate", name]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("was edited by hand"), "{said}");

    assert_goes_on(&trial, &whole);
    let log = fs::read_to_string(folder.log()).unwrap();
    assert!(log.contains("experiment.toml` is not what"), "{log}");
    assert_eq!(fs::read_to_string(folder.experiment()).unwrap(), text);
}

#[test]
fn image_scores_that_are_gone_are_missed() {
    let bench = Bench::new();
    let runs = bench.runs("runs");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let folder = train_until_after(&trial, 5);
    fs::remove_file(folder.image_scores(3)).unwrap();
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    let log = fs::read_to_string(folder.log()).unwrap();
    assert!(log.contains("step-000003.parquet` is missing"), "{log}");
}

#[test]
fn the_best_checkpoint_is_kept_apart_and_found_by_name() {
    let bench = Bench::new();
    let runs = bench.runs("best");
    let mut experiment = bench.experiment.clone();
    experiment.train.steps = 8;
    experiment.train.checkpoint_every = 8;
    experiment.train.evaluate_every = 1;
    experiment.train.retain.last = 1;
    experiment.train.retain.best = "ciede2000".to_owned();
    let trial = bench.trial(&experiment, &runs, DeviceName::Flex);
    // Killed in the middle, it goes on to keep the same.
    train_until_after(&trial, 5);
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    let folder = trial.folder();
    let log = colorize::runs::read_metrics(&folder).unwrap();
    let series = log.series("validation", "ciede2000");
    let best = series
        .iter()
        .min_by(|one, other| one.1.total_cmp(&other.1))
        .unwrap()
        .0;
    let mut expected = vec![8, best];
    expected.dedup();
    assert_eq!(Checkpoint::steps(&folder.checkpoints()).unwrap(), expected);
    for step in expected {
        Checkpoint::at(&folder.checkpoints(), step)
            .verify(None)
            .unwrap();
    }

    let name = folder.path().to_str().unwrap();
    let output = program(&bench, &["evaluate", name, "--step", "best"]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&format!("at step {best}")), "{said}");
    let none = program(&bench, &["evaluate", name, "--step", "finest"]);
    assert_eq!(none.status.code(), Some(2));
}

/// Runs the program with files of at most `blocks` of 512 bytes, as on a disk that is full after them.
#[cfg(unix)]
fn limited(bench: &Bench, blocks: usize, runs: &str) -> Output {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    Command::new("sh")
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_colorize")])
        .args(["run", "tiny.toml", "--runs", runs])
        .args(["--set", "train.flush_seconds=1e-9"])
        .current_dir(bench.folder.path())
        .env("COLORIZE_CACHE", bench.folder.path().join("cache"))
        .output()
        .unwrap()
}

#[cfg(unix)]
#[test]
fn where_nothing_more_can_be_written_it_is_said_and_the_same_command_goes_on() {
    let bench = Bench::new();
    let runs = bench.runs("whole");
    let output = program(&bench, &["run", "tiny.toml", "--runs", "whole"]);
    assert!(output.status.success());
    let whole = bench
        .trial(&bench.experiment, &runs, DeviceName::Flex)
        .folder();
    // The files have different sizes, so each limit hits another one of them.
    let mut hit = Vec::new();
    for blocks in [1, 4, 7, 12, 24, 48] {
        let output = limited(&bench, blocks, "full");
        let said = String::from_utf8(output.stderr).unwrap();
        if output.status.success() {
            break;
        }
        assert_eq!(output.status.code(), Some(1), "{blocks}: {said}");
        assert!(!said.contains("panicked"), "{blocks}: {said}");
        assert!(said.contains("File too large"), "{blocks}: {said}");
        hit.push(said);
    }
    assert!(hit.len() >= 3, "{hit:?}");
    let output = program(&bench, &["run", "tiny.toml", "--runs", "full"]);
    assert!(output.status.success(), "{output:?}");
    let runs = bench.runs("full");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let verdict = proof::runs(&whole, &trial.folder()).unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let bench = Bench::new();
    // Not even the superuser makes a folder there.
    for runs in ["/sys/colorize-runs", "tiny.toml/runs"] {
        let output = program(&bench, &["run", "tiny.toml", "--runs", runs]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("`{runs}")), "{said}");
        assert!(!said.contains("panicked"), "{said}");
        assert_eq!(said.contains("`--runs`"), runs.starts_with('/'), "{said}");
    }
}

#[test]
fn every_part_of_a_checkpoint_is_guarded() {
    let bench = Bench::new();
    let folder = bench.train("runs");
    let checkpoint = Checkpoint::at(&folder.checkpoints(), 6);
    for part in CheckpointPart::ALL {
        let path = checkpoint.part(part);
        let bytes = fs::read(&path).unwrap();
        cut_by_one_byte(&path);
        let error = checkpoint.verify(None).unwrap_err().to_string();
        assert!(error.contains(part.file_name()), "{error}");
        fs::write(&path, bytes).unwrap();
    }
    checkpoint.verify(None).unwrap();
}

#[test]
fn a_device_without_memory_keeps_the_step_before_and_says_what_fits() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    let runs = bench.runs("short");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let short = Witness::new(|_| true).with_memory_for(2, 4);
    let error = trial
        .run_witnessed(&Interrupter::new(), Some(Arc::new(short)))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the device ran out of memory in step 4, with 3 images in a pass (out of memory); a pass of 1 fits: with \
         `--set train.batch_size=1 --set train.accumulate=3`, a step is still over 3 images; the last checkpoint is that of \
         step 3"
    );
    assert_goes_on(&trial, &whole);
    // The last step has no batch behind it.
    let last = bench.runs("last");
    let trial = bench.trial(&bench.experiment, &last, DeviceName::Flex);
    let short = Witness::new(|_| true).with_memory_for(2, 6);
    let error = trial
        .run_witnessed(&Interrupter::new(), Some(Arc::new(short)))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("in step 6") && error.contains("a pass of 1 fits"),
        "{error}"
    );
    assert_goes_on(&trial, &whole);
    let none = bench.runs("none");
    let trial = bench.trial(&bench.experiment, &none, DeviceName::Flex);
    let short = Witness::new(|_| true).with_memory_for(0, 1);
    let error = trial
        .run_witnessed(&Interrupter::new(), Some(Arc::new(short)))
        .unwrap_err()
        .to_string();
    assert!(error.contains("one image does not fit either"), "{error}");
    assert!(error.ends_with("the last checkpoint is none"), "{error}");
    assert_goes_on(&trial, &whole);
}
