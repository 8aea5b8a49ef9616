use super::claim::{claim_path, numbers};
use super::*;

fn folder() -> (tempfile::TempDir, RunFolder) {
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(root.path().join("01-batchnorm/s0-0123456789"));
    (root, folder)
}

/// Leaves a claim of a process that is not this one.
fn leave(folder: &RunFolder, change: impl FnOnce(&mut serde_json::Value)) -> PathBuf {
    fs::create_dir_all(folder.path()).unwrap();
    let mut claim = serde_json::to_value(Claim::of_this_process(None, false)).unwrap();
    change(&mut claim["process"]);
    let path = claim_path(folder.path(), 3);
    fs::write(&path, format!("{claim}\n..")).unwrap();
    path
}

fn another_machine(process: &mut serde_json::Value) {
    process["host"] = "node7".into();
    process["boot"] = "another".into();
}

fn claims(folder: &RunFolder) -> Vec<u64> {
    numbers(folder.path()).unwrap()
}

#[test]
fn a_run_is_taken_once_given_free_and_taken_again() {
    let (_root, folder) = folder();
    assert_eq!(folder.holder().unwrap(), Holder::Nobody);
    let lock = folder.lock().unwrap();
    assert!(lock.taken_from().is_none());
    let error = folder.lock().unwrap_err();
    let this = format!("(process {} on ", std::process::id());
    assert!(error.to_string().contains(&this), "{error}");
    assert!(matches!(folder.holder().unwrap(), Holder::Alive(_)));
    drop(lock);
    assert_eq!(folder.holder().unwrap(), Holder::Nobody);
    let again = folder.lock().unwrap();
    assert!(again.taken_from().is_none());
    assert_eq!(claims(&folder), [2], "what counts no more is removed");
}

#[test]
fn a_run_is_free_although_a_child_that_is_being_started_has_its_file() {
    let (_root, folder) = folder();
    let lock = folder.lock().unwrap();
    #[expect(
        clippy::used_underscore_binding,
        reason = "it is held and not read elsewhere"
    )]
    // What a child has between `fork` and `exec`.
    let of_a_child = lock._file.as_ref().unwrap().0.try_clone().unwrap();
    drop(lock);
    drop(folder.lock().expect("nobody works on the run"));
    drop(of_a_child);
}

#[test]
fn a_dead_owner_on_this_machine_is_followed_at_once() {
    let (_root, folder) = folder();
    // The number is this process's, but it began at another time: the number was given again.
    leave(&folder, |process| process["began"] = 1.into());
    assert!(matches!(folder.holder().unwrap(), Holder::Dead(_)));
    let lock = folder.lock().unwrap();
    let dead = lock.taken_from().unwrap();
    assert_eq!(dead.process(), std::process::id());
    assert_eq!(claims(&folder), [4]);
    drop(lock);
    assert!(
        folder.lock().unwrap().taken_from().is_none(),
        "that was before"
    );
}

#[test]
fn an_owner_elsewhere_is_respected_while_its_heart_beats() {
    let (_root, folder) = folder();
    let claim = leave(&folder, another_machine);
    let mut watch = Watch::new(Duration::ZERO);
    assert!(matches!(
        watch.look(&folder).unwrap(),
        Holder::Elsewhere { .. }
    ));
    for _ in 0..3 {
        append(&claim, b'.').unwrap();
        let seen = watch.look(&folder).unwrap();
        assert!(matches!(seen, Holder::Elsewhere { .. }), "{seen:?}");
    }
    let error = folder.lock().unwrap_err();
    assert!(matches!(error, RunError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("on node7"), "{error}");
    assert_eq!(claims(&folder), [3]);
}

#[test]
fn an_owner_elsewhere_is_dead_when_its_heart_stands_still() {
    let (_root, folder) = folder();
    leave(&folder, another_machine);
    let mut patient = Watch::new(Duration::from_hours(1));
    let mut watch = Watch::new(Duration::ZERO);
    for watch in [&mut patient, &mut watch] {
        assert!(matches!(
            watch.look(&folder).unwrap(),
            Holder::Elsewhere { .. }
        ));
    }
    let Holder::Elsewhere { owner, .. } = patient.look(&folder).unwrap() else {
        panic!("an hour has not passed");
    };
    assert!(patient.left(&owner) > Duration::from_mins(59));
    let Holder::Dead(dead) = watch.look(&folder).unwrap() else {
        panic!("not a beat was heard");
    };
    assert!(folder.bury(&dead).unwrap());
    assert!(!folder.bury(&dead).unwrap(), "once is enough");
    assert_eq!(folder.holder().unwrap(), Holder::Nobody);
    let lock = folder.lock().unwrap();
    assert_eq!(lock.taken_from().map(Owner::host), Some("node7"));
}

#[test]
fn of_many_takers_one_takes_over() {
    let (_root, folder) = folder();
    leave(&folder, |process| process["began"] = 1.into());
    // What of the operating system's lock: these race for the claim alone, as on a file system without it.
    let claim = || Claim::of_this_process(None, false);
    let won = std::thread::scope(|scope| {
        let takers: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| make(folder.path(), 4, &claim(), &[]).unwrap()))
            .collect();
        takers
            .into_iter()
            .filter_map(|taker| taker.join().unwrap())
            .count()
    });
    assert_eq!(won, 1);
    remove_below(folder.path(), 4);
    assert_eq!(claims(&folder), [4]);
    let late = make(folder.path(), 3, &claim(), &[]).unwrap();
    assert!(
        late.is_none(),
        "a claim that was removed cannot be followed"
    );
    assert_eq!(claims(&folder), [4]);
}

#[test]
fn an_owner_that_was_taken_for_dead_writes_no_more() {
    let (_root, folder) = folder();
    let lock = folder.lock().unwrap();
    let record = folder.path().join("run.json");
    crate::runs::atomic::write(&record, b"mine").unwrap();
    let owner = newest_owner(folder.path()).unwrap();
    assert!(folder.bury(&owner).unwrap());
    let error = crate::runs::atomic::write(&record, b"still mine").unwrap_err();
    assert!(matches!(error, RunError::Taken { .. }), "{error}");
    assert_eq!(fs::read(&record).unwrap(), b"mine");
    drop(lock);
    assert_eq!(
        claims(&folder),
        [1, 2],
        "the claim of another is left alone"
    );
    crate::runs::atomic::write(&record, b"theirs").unwrap();
}

#[test]
fn a_run_that_is_moved_away_is_gone_and_not_taken_over() {
    let (root, folder) = folder();
    let lock = folder.lock().unwrap();
    fs::rename(folder.path(), root.path().join("elsewhere")).unwrap();
    let record = folder.path().join("run.json");
    let error = crate::runs::atomic::write(&record, b"mine").unwrap_err();
    assert!(matches!(error, RunError::Gone { .. }), "{error}");
    assert!(!folder.path().exists(), "nothing is made in its place");
    drop(lock);
}

#[cfg(unix)]
#[test]
fn a_claim_that_is_a_pipe_is_not_waited_for() {
    let (_root, folder) = folder();
    fs::create_dir_all(folder.path()).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(claim_path(folder.path(), 9))
        .status()
        .unwrap();
    assert!(made.success());
    assert_eq!(folder.holder().unwrap(), Holder::Nobody);
    folder.lock().unwrap();
}

#[test]
fn what_is_no_claim_stands_in_nobodys_way() {
    let (_root, folder) = folder();
    fs::create_dir_all(folder.path()).unwrap();
    for text in ["", "{", "{}\n..."] {
        fs::write(claim_path(folder.path(), 9), text).unwrap();
        assert_eq!(folder.holder().unwrap(), Holder::Nobody, "{text:?}");
    }
    folder.lock().unwrap();
    assert_eq!(claims(&folder), [10]);
}
