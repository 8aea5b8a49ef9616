//! Checkpoints that are not those of the run in whose folder they lie.

use std::fs;

use colorize::backend::DeviceName;
use colorize::proof;
use colorize::runs::{Checkpoint, CheckpointPart, RunFolder};
use colorize::train::{Interrupter, Outcome, Trial};
use memchr::memmem;

use super::surfaces::exchange;
use crate::crash::train_until_after;
use crate::report::distinct::copy;
use crate::runs::Bench;

fn log(folder: &RunFolder) -> String {
    fs::read_to_string(folder.log()).unwrap()
}

/// Puts the newest checkpoint of `from` into the place of that of `trial`.
fn replace(trial: &Trial<'_>, from: &RunFolder) -> Checkpoint {
    let place = |folder: &RunFolder| Checkpoint::list(&folder.checkpoints()).unwrap().remove(0);
    let (ours, theirs) = (place(&trial.folder()), place(from));
    fs::remove_dir_all(&ours.path).unwrap();
    copy(&theirs.path, &ours.path);
    ours
}

/// Takes the identity out of a checkpoint's list, as programs of before wrote it.
pub(crate) fn make_old(checkpoint: &Checkpoint) {
    let list = checkpoint.path.join("checkpoint.json");
    let text = fs::read_to_string(&list).unwrap();
    let kept: Vec<&str> = text.lines().filter(|it| !it.contains("identity")).collect();
    assert!(kept.len() < text.lines().count());
    fs::write(&list, kept.join("\n")).unwrap();
}

#[test]
fn one_of_another_seed_is_not_trained_on() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    let (runs, others) = (bench.runs("runs"), bench.runs("others"));
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let folder = train_until_after(&trial, 5);
    let mut other = bench.trial(&bench.experiment, &others, DeviceName::Flex);
    other.seed = 1;
    let other = train_until_after(&other, 5);
    replace(&trial, &other);
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    let said = log(&folder);
    assert!(said.contains("it belongs to another run"), "{said}");
    let verdict = proof::runs(&whole, &folder).unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[test]
fn one_of_another_network_is_refused_even_without_an_identity() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    let (runs, others) = (bench.runs("runs"), bench.runs("others"));
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let folder = train_until_after(&trial, 5);
    let mut larger = bench.experiment.clone();
    larger.network = match larger.network {
        colorize::network::NetworkSection::ImageTransformation(section) => {
            colorize::network::NetworkSection::ImageTransformation(
                colorize::network::ImageTransformationSection {
                    scale: 4,
                    ..section
                },
            )
        }
        other => other,
    };
    let other = train_until_after(&bench.trial(&larger, &others, DeviceName::Flex), 5);
    make_old(&replace(&trial, &other));
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    let said = log(&folder);
    assert!(said.contains("but this run has F32"), "{said}");
    let verdict = proof::runs(&whole, &folder).unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[test]
fn one_of_a_program_that_wrote_no_identity_is_resumed_from() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    let runs = bench.runs("runs");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let folder = train_until_after(&trial, 5);
    for checkpoint in Checkpoint::list(&folder.checkpoints()).unwrap() {
        make_old(&checkpoint);
    }
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    let said = log(&folder);
    assert!(said.contains("resuming after step 4"), "{said}");
    let verdict = proof::runs(&whole, &folder).unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
}

#[test]
fn a_part_that_was_changed_and_hashed_again_is_refused() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    for part in CheckpointPart::ALL {
        let runs = bench.runs(part.file_name());
        let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
        let folder = train_until_after(&trial, 5);
        let path = Checkpoint::at(&folder.checkpoints(), 4).part(part);
        let bytes = fs::read(path).unwrap();
        // Less than the head of any record: that of the schedule is little more than its head.
        exchange(&trial, 4, part, &bytes[..5]);
        assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
        let said = log(&folder);
        assert!(said.contains("falling back to"), "{said}");
        let verdict = proof::runs(&whole, &folder).unwrap();
        assert!(verdict.is_ok(), "{verdict:?}");
    }
}

/// Burn's reader panics at such a record.
#[test]
fn moments_that_name_no_parameter_are_refused() {
    let bench = Bench::new();
    let whole = bench.train("whole");
    let runs = bench.runs("runs");
    let trial = bench.trial(&bench.experiment, &runs, DeviceName::Flex);
    let folder = train_until_after(&trial, 5);
    let part = CheckpointPart::Optimizer;
    let mut bytes = fs::read(Checkpoint::at(&folder.checkpoints(), 4).part(part)).unwrap();
    let places: Vec<usize> = memmem::find_iter(&bytes, "param_id").collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at] = b'q';
    }
    exchange(&trial, 4, part, &bytes);
    assert_eq!(trial.run(&Interrupter::new()).unwrap(), Outcome::Done);
    let said = log(&folder);
    assert!(said.contains("its reader panicked"), "{said}");
    let verdict = proof::runs(&whole, &folder).unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");
}
