use super::*;
use crate::runs::{atomic, read_metrics, read_whole_metrics};

fn row(step: usize, value: f64) -> LoggedRow<'static> {
    LoggedRow {
        step,
        split: "train",
        metric: "loss",
        value,
        seconds: step as f64,
    }
}

fn steps(folder: &RunFolder) -> Vec<usize> {
    read_metrics(folder)
        .unwrap()
        .series("train", "loss")
        .iter()
        .map(|&(step, _)| step)
        .collect()
}

#[test]
fn going_on_from_a_checkpoint_drops_just_what_came_after_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(root.path());
    let mut log = MetricLog::resume(&folder, 0, Duration::from_hours(1)).unwrap();
    for step in 1..=4 {
        log.push(row(step, 0.5)).unwrap();
    }
    log.end_segment(4).unwrap();
    for step in 5..=6 {
        log.push(row(step, f64::NAN)).unwrap();
    }
    log.flush().unwrap();
    assert_eq!(steps(&folder), [1, 2, 3, 4, 5, 6]);

    let mut again = MetricLog::resume(&folder, 4, Duration::ZERO).unwrap();
    assert_eq!(steps(&folder), [1, 2, 3, 4]);
    again.push(row(5, 0.25)).unwrap();
    again.flush().unwrap();
    assert_eq!(steps(&folder), [1, 2, 3, 4, 5]);
    let table = read_metrics(&folder).unwrap();
    assert_eq!(table.last("train", "loss"), Some(0.25));
    assert!((table.seconds() - 5.0).abs() < 1e-12);
    assert_eq!(table.last("validation", "loss"), None);
}

#[test]
fn what_the_interval_hands_over_is_written_without_being_waited_for() {
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(root.path());
    let mut log = MetricLog::resume(&folder, 0, Duration::ZERO).unwrap();
    for step in 1..=3 {
        log.push(row(step, 0.5)).unwrap();
    }
    // Dropped as in a panic: what the thread was told, it does.
    drop(log);
    assert_eq!(steps(&folder), [1, 2, 3]);
}

#[test]
fn a_long_segment_is_several_files_and_no_row_is_lost_or_twice() {
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(root.path());
    let mut log = MetricLog::resume(&folder, 0, Duration::from_hours(1)).unwrap();
    let last = LONGEST + 100;
    for step in 1..=last {
        log.push(row(step, step as f64)).unwrap();
        if step.is_multiple_of(1000) {
            let validation = LoggedRow {
                split: "validation",
                ..row(step, 0.5)
            };
            log.push(validation).unwrap();
        }
        // One that falls where a file may end: the rows before it are in files that begin before it.
        if step == LONGEST - 40 {
            log.end_segment(step).unwrap();
        }
    }
    log.end_segment(last).unwrap();
    let files = || files(&folder.metrics()).unwrap();
    let begins: Vec<usize> = files()
        .into_iter()
        .map(|(begins_at, _)| begins_at)
        .collect();
    assert_eq!(begins.len(), 2, "{begins:?}");
    let whole = read_whole_metrics(&folder, last, &[]).unwrap();
    assert_eq!(whole.series("train", "loss").len(), last);
    assert_eq!(whole.series("validation", "loss").len(), last / 1000);

    let mut log = MetricLog::resume(&folder, last, Duration::from_hours(1)).unwrap();
    let far = last + 2 * LONGEST + 10;
    for step in last + 1..=far {
        log.push(row(step, 0.5)).unwrap();
    }
    log.flush().unwrap();
    assert_eq!(files().len(), 5);
    read_whole_metrics(&folder, far, &[]).unwrap();
    // Back to the checkpoint: all that came after it goes, whichever file it lies in.
    MetricLog::resume(&folder, last, Duration::from_hours(1)).unwrap();
    assert_eq!(steps(&folder).len(), last);
}

#[test]
fn rows_that_could_not_be_written_are_kept_for_the_next_try() {
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(root.path());
    let mut log = MetricLog::resume(&folder, 0, Duration::from_hours(1)).unwrap();
    // A file where the folder was: nothing can be written into it.
    std::fs::remove_dir(folder.metrics()).unwrap();
    atomic::write(&folder.metrics(), b"").unwrap();
    log.push(row(1, 0.5)).unwrap();
    let error = log.flush().unwrap_err().to_string();
    assert!(error.contains("metrics"), "{error}");
    log.push(row(2, 0.5)).unwrap();
    std::fs::remove_file(folder.metrics()).unwrap();
    log.flush().unwrap();
    assert_eq!(steps(&folder), [1, 2]);
}

#[test]
fn a_failure_in_the_background_is_told_with_the_next_row() {
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(root.path());
    let mut log = MetricLog::resume(&folder, 0, Duration::ZERO).unwrap();
    std::fs::remove_dir(folder.metrics()).unwrap();
    atomic::write(&folder.metrics(), b"").unwrap();
    let mut told = Ok(());
    for step in 1.. {
        told = log.push(row(step, 0.5));
        if told.is_err() {
            break;
        }
    }
    assert!(matches!(told, Err(RunError::Io { .. })), "{told:?}");
}
