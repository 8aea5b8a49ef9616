//! The table of runs, and its index that must never be wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Catalog, Difference, Entry, Group, Key, NameError, Order, SweepPolicy, Swept, sample};
use crate::experiment::Metric;
use crate::runs::{Checkpoint, CheckpointPart, CheckpointWriter, RunFolder, Status};

fn psnr(catalog: &Catalog) -> Vec<Option<f64>> {
    let entries = catalog.entries.iter();
    entries.map(|entry| entry.held_out("psnr")).collect()
}

fn index(cache: &Path) -> PathBuf {
    let mut entries = fs::read_dir(cache.join("catalog")).unwrap().flatten();
    entries.next().unwrap().path()
}

#[test]
fn an_index_that_is_missing_damaged_or_old_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let (runs, cache) = (root.path().join("runs"), root.path().join("cache"));
    for seed in 0..3u32 {
        let rows = [(1, 20.0), (2, f64::from(seed))].into_iter();
        sample::write(&runs, "a", u64::from(seed), rows);
    }
    let plain = Catalog::read(&runs).unwrap();
    // The files are young, and no test waits until they are not.
    let open = || super::index::open(&runs, Some(&cache), Duration::ZERO).unwrap();
    assert_eq!(psnr(&plain), [Some(0.0), Some(1.0), Some(2.0)]);
    assert_eq!(open().entries, plain.entries);
    let path = index(&cache);
    let whole = fs::read(&path).unwrap();
    // What is known is not read and not written again.
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    assert_eq!(open().entries, plain.entries);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
    assert!(whole.len() > 1_000);
    for damaged in [
        &b""[..],
        b"colorize",
        &whole[..whole.len() - 1],
        &[&whole[..200], b"x", &whole[201..]].concat(),
    ] {
        fs::write(&path, damaged).unwrap();
        assert_eq!(open().entries, plain.entries);
    }
    // A folder that cannot be written is missed by nobody.
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(Catalog::open(&runs, &file).unwrap().entries, plain.entries);
}

#[test]
fn whatever_changes_in_a_run_is_seen() {
    let root = tempfile::tempdir().unwrap();
    let (runs, cache) = (root.path().join("runs"), root.path().join("cache"));
    let open = || Catalog::open(&runs, &cache).unwrap();
    let folder = sample::write(&runs, "a", 0, [(1, 1.0)].into_iter());
    sample::write(&runs, "a", 1, [(1, 2.0)].into_iter());
    assert_eq!(psnr(&open()), [Some(1.0), Some(2.0)]);
    // Made again with the same size, at once: coarse times do not hide it.
    sample::write(&runs, "a", 0, [(1, 3.0)].into_iter());
    assert_eq!(psnr(&open()), [Some(3.0), Some(2.0)]);
    let open = || super::index::open(&runs, Some(&cache), Duration::ZERO).unwrap();
    open();
    // In place, with the same size and the time of before.
    let log = fs::read_dir(folder.metrics())
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    let before = fs::metadata(&log).unwrap().modified().unwrap();
    let other = sample::write(&root.path().join("other"), "a", 0, [(1, 4.0)].into_iter());
    let bytes = fs::read(other.metrics().join(log.file_name().unwrap())).unwrap();
    fs::write(&log, bytes).unwrap();
    let file = fs::File::options().write(true).open(&log).unwrap();
    file.set_modified(before).unwrap();
    if cfg!(unix) {
        assert_eq!(psnr(&open()), [Some(4.0), Some(2.0)]);
    }
    let mut record = folder.record().unwrap().unwrap();
    record.status = Status::Failed;
    folder.write_record(&record).unwrap();
    assert_eq!(open().entries[0].status(), Status::Failed);
    fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(psnr(&open()), [Some(2.0)]);
    sample::write(&runs, "b", 7, [(1, 5.0)].into_iter());
    assert_eq!(psnr(&open()), [Some(2.0), Some(5.0)]);
}

#[test]
fn a_broken_run_is_named_and_stops_no_other() {
    let root = tempfile::tempdir().unwrap();
    let runs = root.path();
    let whole = sample::write(runs, "a", 0, [(1, 1.0)].into_iter());
    for seed in 1..4 {
        sample::write(runs, "a", seed, [(1, 1.0)].into_iter());
    }
    let folders: Vec<RunFolder> = crate::runs::find_runs(runs).unwrap().runs;
    let broken: Vec<&RunFolder> = folders.iter().filter(|it| **it != whole).collect();
    fs::write(broken[0].path().join("run.json"), "{").unwrap();
    let log = fs::read_dir(broken[1].metrics())
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() - 1]).unwrap();
    fs::remove_file(broken[2].experiment()).unwrap();
    let catalog = Catalog::read(runs).unwrap();
    assert_eq!(catalog.entries.len(), 1);
    for (unreadable, folder) in catalog.unreadable.iter().zip(broken) {
        assert_eq!(unreadable.path, folder.path());
        let path = folder.path().display().to_string();
        assert!(unreadable.reason.contains(&path), "{}", unreadable.reason);
    }
    assert_eq!(catalog.unreadable.len(), 3);
}

fn three() -> (tempfile::TempDir, Catalog) {
    let root = tempfile::tempdir().unwrap();
    for (name, seed, value) in [
        ("a", 0, 20.0),
        ("a", 1, 22.0),
        ("b", 0, 25.0),
        ("b", 1, f64::NAN),
        ("c", 0, 21.5),
    ] {
        sample::write(root.path(), name, seed, [(1, value)].into_iter());
    }
    let catalog = Catalog::read(root.path()).unwrap();
    (root, catalog)
}

#[test]
fn seeds_are_put_together_and_a_missing_one_is_missing() {
    let (_root, catalog) = three();
    let all: Vec<&Entry> = catalog.entries.iter().collect();
    let groups = Group::of(&all, &catalog.entries);
    let missing: Vec<&[u64]> = groups
        .iter()
        .map(|group| group.missing.as_slice())
        .collect();
    assert_eq!(missing, [&[2][..], &[2], &[1, 2]]);
    let key = Key::held_out(Metric::Psnr);
    let spread = groups[0].spread(&key).unwrap();
    assert_eq!(
        (spread.description.mean, spread.description.count),
        (21.0, 2)
    );
    // Student's t of one degree of freedom at 97.5 %: 12.706.
    let interval = spread.description.interval.unwrap();
    assert!((interval.high - 21.0 - 12.706).abs() < 1e-3, "{interval:?}");
    assert_eq!(groups[2].spread(&key).unwrap().description.interval, None);
    // What a filter leaves out is not missing.
    let picked = catalog.select(&super::Filter::parse("seed = 1").unwrap());
    let groups = Group::of(&picked, &catalog.entries);
    assert_eq!(groups[0].missing, [2]);
    assert_eq!(groups[0].planned(), 2);
}

#[test]
fn the_best_comes_first_and_what_is_no_number_last() {
    let (_root, catalog) = three();
    let sorted = |key: &str, reversed| -> Vec<f64> {
        let mut entries: Vec<&Entry> = catalog.entries.iter().collect();
        Order::by(Key::parse(key).unwrap(), reversed).sort(&mut entries);
        entries
            .iter()
            .map(|it| it.held_out("psnr").unwrap())
            .collect()
    };
    let best_first = sorted("metric:psnr", false);
    assert_eq!(best_first[..4], [25.0, 22.0, 21.5, 20.0]);
    assert!(best_first[4].is_nan());
    let best_last = sorted("metric:psnr", true);
    assert_eq!(best_last[..4], [20.0, 21.5, 22.0, 25.0]);
    assert!(best_last[4].is_nan());
    assert_eq!(sorted("metric:loss", false)[0], 20.0);
}

#[test]
fn a_name_is_a_run_an_experiment_or_a_filter() {
    let (_root, catalog) = three();
    let seeds = |name: &str| {
        let group = catalog.named(name)?;
        Ok::<_, NameError>(
            group
                .runs
                .iter()
                .map(|run| run.facts.seed)
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(seeds("a").unwrap(), [0, 1]);
    assert_eq!(seeds("a/s1").unwrap(), [1]);
    assert_eq!(seeds("experiment=b and seed=1").unwrap(), [1]);
    let first = &catalog.entries[0];
    assert_eq!(
        seeds(&first.folder.path().display().to_string()).unwrap(),
        [0]
    );
    assert!(matches!(seeds("d"), Err(NameError::NotFound { .. })));
    assert!(matches!(seeds("sed=1"), Err(NameError::Filter(_))));
}

#[test]
fn a_difference_holds_what_differs_and_nothing_else() {
    let (_root, catalog) = three();
    let sides = ["a", "c"].map(|name| catalog.named(name).unwrap());
    let difference = Difference::of(&sides).unwrap();
    let keys: Vec<&str> = difference.keys.iter().map(|key| key.key.as_str()).collect();
    assert_eq!(keys, ["seed"]);
    let psnr = &difference.metrics[0];
    assert_eq!(psnr.metric, "psnr");
    assert_eq!(psnr.against_first[0].difference, Some(0.5));
    let reason = psnr.against_first[0].paired.as_ref().unwrap_err();
    assert!(reason.contains("no per-image scores"), "{reason}");
}

/// Checkpoints at these steps, one of them damaged.
fn checkpoints(folder: &RunFolder, steps: &[usize], damaged: Option<usize>) {
    let identity = folder.record().unwrap().unwrap().identity;
    let writer = CheckpointWriter::new(&folder.checkpoints(), &identity, 0).unwrap();
    for &step in steps {
        for part in CheckpointPart::ALL {
            writer
                .save(step, part, step.to_string().as_bytes())
                .unwrap();
        }
        writer.wait(step).unwrap();
    }
    if let Some(step) = damaged {
        let part = Checkpoint::at(&folder.checkpoints(), step).part(CheckpointPart::Model);
        fs::write(part, "").unwrap();
    }
}

fn swept(folder: &RunFolder, policy: &SweepPolicy, remove: bool) -> super::Sweep {
    let run = Entry::read(folder).unwrap();
    let act = if remove { super::sweep } else { super::look };
    match act(&run, policy).unwrap() {
        Swept::Done(sweep) => sweep,
        Swept::InUse(..) => panic!("nobody is at work"),
        Swept::Linked(..) => panic!("there is no link"),
    }
}

#[test]
fn a_sweep_keeps_what_the_policy_says_and_does_what_it_lists() {
    let root = tempfile::tempdir().unwrap();
    let folder = sample::write(
        root.path(),
        "a",
        0,
        [(10, 9.0), (20, 1.0), (40, 2.0)].into_iter(),
    );
    checkpoints(&folder, &[10, 20, 30, 40, 50], Some(50));
    fs::write(folder.path().join("metrics/.partial-x"), "half").unwrap();
    let policy = SweepPolicy {
        last: Some(1),
        best: Some("psnr".to_owned()),
        every: Some(20),
    };
    let before = swept(&folder, &policy, false);
    assert_eq!(before.kept, [40, 20, 10]);
    assert_eq!(before.damaged.len(), 1);
    let gone: Vec<_> = before
        .removed
        .iter()
        .map(|(path, _)| path.file_name().unwrap())
        .collect();
    assert_eq!(gone, ["step-000030", ".partial-x"]);
    assert_eq!(swept(&folder, &policy, true), before);
    assert!(before.removed.iter().all(|(path, _)| !path.exists()));
    assert_eq!(
        Checkpoint::steps(&folder.checkpoints()).unwrap(),
        [50, 40, 20, 10]
    );
    assert_eq!(Entry::read(&folder).unwrap().held_out("psnr"), Some(2.0));
    // The newest sound one stays, whatever is asked for.
    let least = SweepPolicy {
        last: Some(1),
        best: Some("none".to_owned()),
        every: None,
    };
    assert_eq!(swept(&folder, &least, true).kept, [40]);
    assert_eq!(
        SweepPolicy {
            last: Some(0),
            ..least
        }
        .violation()
        .unwrap(),
        "`--keep-last` must be at least 1"
    );
}

#[test]
fn a_run_at_work_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let folder = sample::write(root.path(), "a", 0, [(10, 9.0)].into_iter());
    let mut record = folder.record().unwrap().unwrap();
    record.status = Status::Running;
    folder.write_record(&record).unwrap();
    checkpoints(&folder, &[10, 20], None);
    assert_eq!(Entry::read(&folder).unwrap().status(), Status::Interrupted);
    let policy = SweepPolicy {
        last: Some(1),
        best: Some("none".to_owned()),
        every: None,
    };
    let lock = folder.lock().unwrap();
    let run = Entry::read(&folder).unwrap();
    assert_eq!(run.status(), Status::Running);
    for act in [super::look, super::sweep] {
        assert!(matches!(act(&run, &policy).unwrap(), Swept::InUse(..)));
    }
    drop(lock);
    assert_eq!(swept(&folder, &policy, true).kept, [20]);
}

#[cfg(unix)]
#[test]
fn nothing_is_removed_through_a_link_or_of_a_copy() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().unwrap();
    let (runs, elsewhere) = (root.path().join("runs"), root.path().join("elsewhere"));
    let policy = SweepPolicy {
        last: Some(1),
        best: Some("none".to_owned()),
        every: None,
    };
    // The same run in two folders of runs: one of them is a link to the other.
    let folder = sample::write(&elsewhere, "a", 0, [(10, 9.0)].into_iter());
    checkpoints(&folder, &[10, 20], None);
    let trial = folder.path().file_name().unwrap();
    fs::create_dir_all(runs.join("a")).unwrap();
    symlink(folder.path(), runs.join("a").join(trial)).unwrap();
    // Checkpoints on another disk, and the whole experiment there.
    let own = sample::write(&runs, "b", 0, [(10, 9.0)].into_iter());
    symlink(folder.checkpoints(), own.checkpoints()).unwrap();
    symlink(elsewhere.join("a"), runs.join("c")).unwrap();
    let catalog = Catalog::read(&runs).unwrap();
    // What `c` leads to is the run of `a` once more.
    assert_eq!(catalog.entries.len(), 2);
    assert_eq!(catalog.strays.copies.len(), 1);
    for run in &catalog.entries {
        for act in [super::look, super::sweep] {
            let swept = act(run, &policy).unwrap();
            assert!(matches!(swept, Swept::Linked(..)), "{swept:?}");
        }
    }
    let steps = Checkpoint::steps(&folder.checkpoints()).unwrap();
    assert_eq!(steps, [20, 10]);
}

#[test]
fn a_run_that_lost_its_log_is_no_seed() {
    let root = tempfile::tempdir().unwrap();
    let (runs, cache) = (root.path().join("runs"), root.path().join("cache"));
    for seed in 0..2 {
        sample::write(&runs, "a", seed, [(1, 20.0)].into_iter());
    }
    let open = || super::index::open(&runs, Some(&cache), Duration::ZERO).unwrap();
    assert_eq!(open().entries.len(), 2);
    fs::remove_dir_all(open().entries[0].folder.metrics()).unwrap();
    let catalog = open();
    assert_eq!(catalog.entries.len(), 1);
    let reason = &catalog.unreadable[0].reason;
    assert!(
        reason.contains("says done, but its metrics are missing"),
        "{reason}"
    );
    let groups = Group::of(&[&catalog.entries[0]], &catalog.entries);
    assert_eq!(groups[0].missing, [0, 2]);
}
