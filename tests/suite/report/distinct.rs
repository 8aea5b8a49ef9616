//! Runs are counted once, and only those that have what their numbers come from.

use std::fs;
use std::path::Path;

use colorize::report::Judgement;
use colorize::report::Report;
use colorize::report::claims::Judged;
use colorize::runs::{RunFolder, find_runs, read_image_scores};

use super::world::World;
use super::{FULL, bench, program, said};

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let path = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::copy(entry.path(), path).unwrap();
        }
    }
}

/// `run.backup` of every run, a link to one, and a copy of the experiment's whole folder.
fn leave_copies(world: &World) {
    for run in find_runs(&world.runs()).unwrap().runs {
        let name = run.path().file_name().unwrap().to_string_lossy();
        copy(
            run.path(),
            &run.path().with_file_name(format!("{name}.backup")),
        );
    }
    copy(&world.runs().join("plain"), &world.runs().join("plain-old"));
    #[cfg(unix)]
    std::os::unix::fs::symlink("bright", world.runs().join("latest")).unwrap();
}

fn judged(world: &World) -> Vec<Judged> {
    let report = Report::read(&world.root.join("reports/full.toml")).unwrap();
    let judgement = Judgement::of(report, &world.runs(), None, true).unwrap();
    judgement.judged
}

#[test]
fn a_copy_of_a_run_is_no_other_seed() {
    let (_folder, world) = bench();
    world.report("full", FULL);
    let list = ["ls", "--group", "--csv", "--columns", "metric:psnr,status"];
    let before = (program(&world, &list).stdout, judged(&world));
    let find = |name: &str| {
        let output = program(&world, &["show", name]);
        (output.status.code(), said(&output))
    };
    let shown = find("bright");
    leave_copies(&world);
    let after = program(&world, &list);
    assert_eq!(before.0, after.stdout, "{}", said(&after));
    let numbers = |judged: &[Judged]| {
        let all = judged
            .iter()
            .map(|it| it.result.as_ref().unwrap().comparison.clone());
        all.collect::<Vec<_>>()
    };
    assert_eq!(numbers(&before.1), numbers(&judged(&world)));
    assert_eq!(find("bright"), shown);
    let backup = fs::read_dir(world.runs().join("bright")).unwrap().flatten();
    let mut names = backup.map(|entry| entry.file_name().into_string().unwrap());
    let backup = names.find(|name| name.ends_with(".backup")).unwrap();
    let (code, text) = find(&format!("bright/{backup}"));
    assert_eq!(code, Some(0));
    assert!(text.contains("this is a copy, or was renamed"), "{text}");

    // Every command that reads runs says so, once.
    let out = world.root.join("out").display().to_string();
    for arguments in [
        &["ls"][..],
        &["ls", "--group"],
        &["diff", "plain", "bright"],
        &["report", "reports/full.toml"],
        &["export", "runs", "--format", "csv", "--out", &out],
        &["gc", "--dry-run"],
        &["watch", "--once"],
        &["plan", "experiments/plain.toml"],
    ] {
        let text = said(&program(&world, arguments));
        let count = text.matches("copies of other runs, not counted: ").count();
        assert_eq!(count, 1, "{arguments:?}: {text}");
    }
    let table = fs::read_to_string(&out).unwrap();
    assert_eq!(table.lines().count(), 5, "{table}");
    let check = program(&world, &["report", "reports/full.toml", "--check"]);
    assert!(said(&check).contains("copies of other runs"));
    let page = fs::read_to_string(world.root.join("reports/full/index.html")).unwrap();
    assert!(page.contains("copies of other runs"));
}

#[test]
fn what_others_put_into_a_report_stays() {
    let (_folder, world) = bench();
    world.report("full", FULL);
    let write = || program(&world, &["report", "reports/full.toml"]);
    assert_eq!(write().status.code(), Some(0));
    let folder = world.root.join("reports/full");
    let summary = folder.join("report.json");
    for name in ["notes.txt", "figures/mine.png", "deep/er/notes.md"] {
        let notes = folder.join(name);
        fs::create_dir_all(notes.parent().unwrap()).unwrap();
        fs::write(&notes, "mine").unwrap();
        let refused = write();
        assert_eq!(refused.status.code(), Some(2));
        let text = said(&refused);
        assert!(text.contains(&format!("contains `{name}`")), "{text}");
        assert_eq!(fs::read_to_string(&notes).unwrap(), "mine");
        fs::remove_file(&notes).unwrap();
    }
    fs::remove_dir_all(folder.join("deep")).unwrap();
    assert_eq!(write().status.code(), Some(0));

    // Older reports have no list of their files.
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&summary).unwrap()).unwrap();
    assert!(json.as_object_mut().unwrap().remove("files").is_some());
    fs::write(&summary, json.to_string()).unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    assert_eq!(write().status.code(), Some(2));
    fs::remove_file(folder.join("notes.txt")).unwrap();
    assert_eq!(write().status.code(), Some(0));
}

#[test]
fn scores_of_another_run_and_rows_that_are_there_twice_are_noticed() {
    let (_folder, world) = bench();
    world.report("full", FULL);
    let runs = find_runs(&world.runs()).unwrap().runs;
    let of = |name: &str| {
        let mut runs = runs.iter();
        runs.find(|run| run.path().parent().unwrap().ends_with(name))
            .unwrap()
    };
    let (plain, bright) = (of("plain"), of("bright"));
    let steps = plain.record().unwrap().unwrap().steps;
    fs::copy(bright.image_scores(steps), plain.image_scores(steps)).unwrap();
    let lacks = |run: &RunFolder| run.lacks(&run.record().unwrap().unwrap()).unwrap();
    let text = lacks(plain).unwrap();
    let name = bright.path().file_name().unwrap().to_string_lossy();
    assert!(
        text.contains(&format!("are those of the run `{name}`")),
        "{text}"
    );
    assert_eq!(lacks(bright), None);

    let other = bright.image_scores(steps + 1);
    fs::copy(bright.image_scores(steps), &other).unwrap();
    let text = read_image_scores(&other).unwrap_err().to_string();
    assert!(text.contains("it was copied or renamed"), "{text}");

    let first = bright.metrics().join("from-000000000.parquet");
    fs::copy(&first, bright.metrics().join("from-000000001.parquet")).unwrap();
    let text = lacks(bright).unwrap();
    assert!(text.contains("the rows of step 1 twice"), "{text}");
    let text = said(&program(&world, &["ls"]));
    assert!(text.contains("the rows of step 1 twice"), "{text}");
}

#[test]
fn a_run_without_its_tables_is_no_seed() {
    let (_folder, world) = bench();
    world.report("full", FULL);
    let runs = find_runs(&world.runs()).unwrap().runs;
    let plain: Vec<_> = runs
        .iter()
        .filter(|run| run.path().parent().unwrap().ends_with("plain"))
        .collect();
    fs::remove_dir_all(plain[0].metrics()).unwrap();
    fs::remove_dir_all(plain[1].path().join("images")).unwrap();
    let output = program(&world, &["report", "reports/full.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let scores = fs::read_to_string(world.root.join("reports/full/tables/scores.md")).unwrap();
    assert!(scores.contains("1 of 3"), "{scores}");
    assert!(
        scores.contains("seed 0 (says done, but its metrics are missing: restore the files"),
        "{scores}"
    );
    assert!(
        scores.contains("seed 1 (says done, but its per-image scores are missing: restore"),
        "{scores}"
    );

    // The log is all that a list needs.
    let list = program(&world, &["ls", "experiment=plain"]);
    assert_eq!(list.status.code(), Some(1));
    let text = said(&list);
    assert!(text.contains("2 of 3, missing 0"), "{text}");
    assert!(
        text.contains("says done, but its metrics are missing"),
        "{text}"
    );

    // A part of the log is not the log.
    let short = world.run_until("plain", 0, 0.4, 40);
    let mut record = short.record().unwrap().unwrap();
    record.status = colorize::runs::Status::Done;
    record.step = record.steps;
    short.write_record(&record).unwrap();
    let text = said(&program(&world, &["ls"]));
    assert!(
        text.contains("its metrics lack 20 of its 60 steps"),
        "{text}"
    );
}
