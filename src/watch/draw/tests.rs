//! Frames as they stand on a terminal.

use std::cell::RefCell;
use std::fs;
use std::time::Duration;

use insta::assert_snapshot;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::super::{Survey, snapshot};
use super::*;
use crate::runs::{LoggedRow, MetricFollower, MetricLog, RunFolder, RunLock, RunRecord, Status};

const NOW: &str = "2026-03-01T12:00:00Z";

/// What a finished run on another machine wrote.
const RECORD: &str = r#"{
  "format": 1, "experiment": "02-stopsigns", "title": "Stop signs", "seed": 0,
  "identity": "00", "variant": {}, "status": "done", "error": null, "step": 400, "steps": 400, "device": "flex",
  "device_class": "flex", "code": {}, "libraries": {},
  "dataset": {"manifest": "coco.toml", "content_hash": "", "train": 8, "validation": 2, "colorless": [], "broken": {},
    "missing": []},
  "parameters": 1,
  "sessions": [{"started": "2026-03-01T10:00:00Z", "ended": null, "from_step": 0, "process": 1,
    "environment": {"colorize": "0.1.0", "git": null, "arguments": [],
      "machine": {"host": "elsewhere", "system": "", "processor": "", "threads": 2, "memory_bytes": 1}}}]
}"#;

struct Bench {
    /// Of the runs that this test trains.
    locks: RefCell<Vec<RunLock>>,
    root: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self {
            locks: RefCell::default(),
            root: tempfile::tempdir().unwrap(),
        }
    }

    fn write(&self, trial: &str, change: impl FnOnce(&mut RunRecord)) -> RunFolder {
        let mut record: RunRecord = serde_json::from_str(RECORD).unwrap();
        change(&mut record);
        let folder = RunFolder::at(self.root.path().join(&record.experiment).join(trial));
        folder.write_record(&record).unwrap();
        if record.status == Status::Running {
            self.locks.borrow_mut().push(folder.lock().unwrap());
        }
        folder
    }

    /// A loss that falls, with a held-out one beside it, a metric in decibels and the memory.
    fn log(folder: &RunFolder, steps: usize, loss: impl Fn(f64) -> f64) {
        let mut log = MetricLog::resume(folder, 0, Duration::from_hours(1)).unwrap();
        for step in 1..=steps {
            let mut push = |split, metric: &str, value| {
                log.push(LoggedRow {
                    step,
                    split,
                    metric,
                    value,
                    seconds: step as f64 / 2.0,
                })
                .unwrap();
            };
            let done = step as f64 / 400.0;
            push("train", "loss", loss(done));
            if step.is_multiple_of(50) {
                push("validation", "loss", loss(done) * 1.2);
                push("validation", "psnr_luma_replaced", 18.0 + 5.0 * done);
                push("validation", "colorfulness_ratio", 0.8 * done);
                push("train", "resident_memory_bytes", 9e8 + 1e8 * done);
            }
        }
        log.flush().unwrap();
    }

    /// Frames do not depend on when the test's files were written.
    fn survey(&self) -> Survey {
        let old = std::time::SystemTime::UNIX_EPOCH
            + Duration::from_secs(NOW.parse::<Timestamp>().unwrap().as_second() as u64 - 90);
        for entry in walkdir::WalkDir::new(self.root.path()).contents_first(true) {
            let file = fs::File::open(entry.unwrap().path()).unwrap();
            file.set_modified(old).unwrap();
        }
        let mut survey = Survey::new(self.root.path());
        survey.look();
        survey
    }

    fn frame(&self, (width, height): (u16, u16), keys: &[KeyCode]) -> String {
        let survey = self.survey();
        let mut screen = Screen::new(None, false);
        screen.settle(survey.rows(), 0);
        let curves = |screen: &Screen| {
            let Some(chosen) = screen.selected() else {
                return (Curves::default(), None);
            };
            let mut log = MetricFollower::new(&RunFolder::at(chosen));
            let problem = log.refresh().err().map(|error| error.to_string());
            (Curves::of(&log), problem)
        };
        for key in keys {
            let count = curves(&screen).0.len();
            screen.key(KeyEvent::from(*key), survey.rows(), count);
        }
        let (curves, problem) = curves(&screen);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let view = View {
            runs: Path::new("runs"),
            rows: survey.rows(),
            pending: survey.pending(),
            curves: &curves,
            problem: problem.as_deref(),
            now: NOW.parse().unwrap(),
        };
        terminal.draw(|frame| draw(frame, &screen, &view)).unwrap();
        let buffer = terminal.backend().buffer();
        let lines = buffer.content.chunks(usize::from(width)).map(|line| {
            let text: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
            text.trim_end().to_owned()
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        text.replace(&self.root.path().display().to_string(), "[runs]")
    }
}

const SMALL: (u16, u16) = (80, 24);

fn falling(done: f64) -> f64 {
    0.08 * (-4.0 * done).exp() + 0.01 + 0.004 * (done * 90.0).sin()
}

#[test]
fn no_run() {
    assert_snapshot!(Bench::new().frame(SMALL, &[]));
}

#[test]
fn one_run_that_is_trained() {
    let bench = Bench::new();
    let folder = bench.write("s0-0000000001", |record| {
        record.status = Status::Running;
        record.step = 250;
    });
    Bench::log(&folder, 280, falling);
    assert_snapshot!("one_run_80x24", bench.frame(SMALL, &[]));
    assert_snapshot!("one_run_120x40", bench.frame((120, 40), &[]));
    assert_snapshot!("one_run_narrow", bench.frame((44, 16), &[]));
    let keys = [
        KeyCode::Enter,
        KeyCode::Char('s'),
        KeyCode::Char('s'),
        KeyCode::Char('g'),
    ];
    assert_snapshot!(
        "one_run_large_smooth_logarithmic",
        bench.frame(SMALL, &keys)
    );
    let keys = [KeyCode::Right, KeyCode::Right];
    assert_snapshot!("one_run_other_curves", bench.frame(SMALL, &keys));
}

#[test]
fn values_that_are_not_numbers() {
    let bench = Bench::new();
    let folder = bench.write("s0-0000000001", |record| {
        record.status = Status::Failed;
        record.error = Some(
            "the loss is not finite at step 301; the last good checkpoint is that of step 250"
                .to_owned(),
        );
    });
    Bench::log(&folder, 301, |done| match done {
        0.25..0.5 => f64::NAN,
        0.7..=1.0 => f64::INFINITY,
        done => falling(done),
    });
    assert_snapshot!(bench.frame(SMALL, &[]));
}

#[test]
fn many_runs() {
    let bench = Bench::new();
    for seed in 0..40 {
        bench.write(&format!("s{seed}-0000000001"), |record| {
            record.seed = seed;
            record.variant = crate::experiment::Variant::new([
                ("network.norm".to_owned(), "batch".to_owned()),
                ("network.scale".to_owned(), "8".to_owned()),
            ]);
            match seed {
                0..3 => record.status = Status::Running,
                3 => record.status = Status::Interrupted,
                _ => {}
            }
        });
    }
    assert_snapshot!("many_runs_80x24", bench.frame(SMALL, &[]));
    assert_snapshot!("many_runs_end", bench.frame(SMALL, &[KeyCode::End]));
    assert_snapshot!("many_runs_low", bench.frame((80, 8), &[]));
}

#[test]
fn every_size_can_be_drawn() {
    let bench = Bench::new();
    let folder = bench.write("s0-0000000001", |_| {});
    Bench::log(&folder, 60, falling);
    for size in [(1, 1), (2, 30), (30, 2), (21, 9), (300, 100)] {
        bench.frame(size, &[]);
        bench.frame(size, &[KeyCode::Enter]);
    }
}

#[test]
fn a_log_that_cannot_be_read_is_said() {
    let bench = Bench::new();
    let folder = bench.write("s0-0000000001", |_| {});
    fs::create_dir_all(folder.metrics()).unwrap();
    fs::write(folder.metrics().join("from-000000000.parquet"), "no table").unwrap();
    let frame = bench.frame(SMALL, &[]);
    assert!(
        frame.contains("its log cannot be read: cannot read the table"),
        "{frame}"
    );
}

#[test]
fn in_plain_text() {
    let bench = Bench::new();
    let folder = bench.write("s0-0000000001", |record| {
        record.status = Status::Running;
        record.step = 50;
    });
    Bench::log(&folder, 60, falling);
    bench.write("s1-0000000002", |record| record.seed = 1);
    let survey = bench.survey();
    let mut log = MetricFollower::new(&folder);
    log.refresh().unwrap();
    let curves = Curves::of(&log);
    let text = snapshot(
        survey.rows(),
        Some((&survey.rows()[0], &curves)),
        NOW.parse().unwrap(),
    );
    assert_snapshot!(text.replace(&bench.root.path().display().to_string(), "[runs]"));
    assert_eq!(snapshot(&[], None, NOW.parse().unwrap()), "no runs yet");
}
