//! What the program makes of names, arguments, signals and outputs that are not what they might be.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use super::runs::{Bench, program};

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

fn says(bench: &Bench, code: i32, arguments: &[&str]) -> String {
    let output = program(bench, arguments);
    assert_eq!(output.status.code(), Some(code), "{}", said(&output));
    said(&output)
}

/// The program, about to be started in the folder of a bench.
fn command(bench: &Bench) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colorize"));
    command
        .current_dir(bench.folder.path())
        .env("COLORIZE_CACHE", bench.folder.path().join("cache"));
    command
}

/// `tiny.toml` as an experiment file below `experiments/`, with a manifest that is found by its name.
fn move_to_experiments(bench: &Bench) {
    let folder = bench.folder.path();
    fs::create_dir_all(folder.join("experiments/deep")).unwrap();
    fs::create_dir(folder.join("datasets")).unwrap();
    let text = fs::read_to_string(folder.join("tiny.toml")).unwrap();
    let text = text.replace("world.toml", "world");
    fs::write(folder.join("experiments/tiny.toml"), text).unwrap();
    fs::rename(
        folder.join("world.toml"),
        folder.join("datasets/world.toml"),
    )
    .unwrap();
}

#[test]
fn a_name_finds_its_experiment_and_its_runs() {
    let bench = Bench::new();
    move_to_experiments(&bench);
    let folder = bench.folder.path();
    let deep = folder.join("experiments/deep/other.toml");
    fs::write(&deep, "extends = \"../tiny.toml\"\ntitle = \"Other\"\n").unwrap();
    let plan = says(&bench, 0, &["plan", "tiny"]);
    assert!(plan.contains("1 trial: 0 done, 1 missing"), "{plan}");
    assert!(says(&bench, 0, &["plan", "other", "tiny"]).contains("2 trials"));
    assert!(says(&bench, 0, &["plan", "deep/other"]).contains("other s0"));
    // A folder is searched, as by `check`.
    assert!(says(&bench, 0, &["plan", "experiments"]).contains("2 trials"));
    assert!(says(&bench, 0, &["check", "other"]).starts_with("other: Other"));
    let unknown = says(&bench, 2, &["run", "tinny"]);
    assert!(unknown.contains("did you mean `tiny`?"), "{unknown}");
    assert!(says(&bench, 2, &["run", "tyni.toml"]).contains("no such file"));

    fs::write(
        folder.join("experiments/other.toml"),
        "extends = \"tiny.toml\"\n",
    )
    .unwrap();
    let several = says(&bench, 2, &["plan", "other"]);
    assert!(
        several.contains("ambiguous") && several.contains("`experiments/deep/other.toml`"),
        "{several}"
    );

    says(&bench, 0, &["run", "tiny", "-q", "--set", "train.steps=2"]);
    assert!(says(&bench, 0, &["ls", "tiny"]).contains("\n1 run in 1 line\n"));
    assert!(says(&bench, 0, &["ls", "tiny/s0"]).contains("\n1 run in 1 line\n"));
    assert!(says(&bench, 0, &["ls", "other"]).contains("\n0 of 1 run in 0 lines\n"));
    assert!(says(&bench, 2, &["ls", "nothing"]).contains("nothing"));
    let table = [
        "export", "runs", "tiny", "--format", "csv", "--out", "t.csv",
    ];
    assert!(says(&bench, 0, &table).contains(": 1 row from 1 run\n"));
}

#[test]
fn a_new_file_is_valid_as_it_stands_and_replaces_none() {
    let bench = Bench::new();
    move_to_experiments(&bench);
    let path = |name: &str| bench.folder.path().join(name);
    says(&bench, 0, &["new", "experiment", "first"]);
    let parent = ["new", "experiment", "second", "--extends", "first"];
    says(&bench, 0, &parent);
    let deep = ["new", "experiment", "experiments/deep/third", "--extends"];
    says(
        &bench,
        0,
        &[&deep[..], &["experiments/first.toml"]].concat(),
    );
    let text = fs::read_to_string(path("experiments/deep/third.toml")).unwrap();
    assert!(text.contains("extends = \"../first.toml\""), "{text}");
    let checked = says(&bench, 0, &["check", "experiments"]);
    assert_eq!(checked.lines().count(), 4, "{checked}");
    says(&bench, 0, &["new", "report", "shown"]);
    let text = fs::read_to_string(path("reports/shown.toml")).unwrap();
    assert!(text.contains("experiment = \"second\""), "{text}");
    // It has no runs to show yet, and that is all that is wrong with it.
    let report = says(&bench, 2, &["report", "reports/shown.toml"]);
    assert!(!report.contains("-->"), "{report}");

    for arguments in [&parent[..], &["new", "report", "shown"]] {
        assert!(says(&bench, 2, arguments).contains("already exists"));
    }
    says(&bench, 2, &["new", "experiment", "a b"]);
    let lost = ["new", "experiment", "lost", "--extends", "nobody.toml"];
    says(&bench, 2, &lost);
    assert!(!path("experiments/lost.toml").exists());
    // No comment in the way of what it proposes.
    for (name, marks) in [("first", "# [fusion]"), ("second", "# [train]")] {
        let file = path("experiments").join(name).with_extension("toml");
        assert!(fs::read_to_string(file).unwrap().contains(marks));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_does_not_arrive_is_an_error() {
    let bench = Bench::new();
    move_to_experiments(&bench);
    says(&bench, 0, &["run", "tiny", "-q", "--set", "train.steps=2"]);
    for arguments in [
        &["ls"][..],
        &["ls", "--csv"],
        &["ls", "--json"],
        &["show", "tiny", "--json"],
        &["diff", "tiny", "tiny"],
        &["plan", "tiny"],
        &["check", "tiny"],
        &["gc", "--dry-run"],
        &["dataset", "list"],
        &["doctor"],
        &["completions", "bash"],
        &["--help"],
        &["ls", "--help"],
        &["--version"],
    ] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        let output = command(&bench)
            .args(arguments)
            .stdout(full.unwrap())
            .output()
            .unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(
            said.contains("cannot write to the standard output"),
            "{said}"
        );
    }
    // A reader that has seen enough is no error.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&bench)
        .args(["ls", "--csv"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(
        (output.status.code(), said(&output)),
        (Some(0), String::new())
    );
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_utf8_work_or_are_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let bench = Bench::new();
    let odd = OsStr::from_bytes(b"x\xff");
    let run = |arguments: &[&OsStr]| {
        let mut command = command(&bench);
        command.args(["run", "-q", "--set", "train.steps=2"]);
        command.args(arguments).output().unwrap()
    };
    let output = run(&["tiny.toml".as_ref(), "--runs".as_ref(), odd]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let run_json = fs::read_dir(bench.folder.path().join(odd).join("tiny")).unwrap();
    let run_json = run_json.flatten().next().unwrap().path().join("run.json");
    let record: serde_json::Value = serde_json::from_slice(&fs::read(run_json).unwrap()).unwrap();
    let arguments = &record["sessions"][0]["environment"]["arguments"];
    assert!(arguments.to_string().contains("x\u{fffd}"), "{arguments}");

    let manifest = bench.folder.path().join(odd).join("world.toml");
    fs::copy(bench.folder.path().join("world.toml"), &manifest).unwrap();
    let output = run(&[
        "tiny.toml".as_ref(),
        "--dataset".as_ref(),
        manifest.as_ref(),
    ]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("not UTF-8"), "{}", said(&output));

    let file = bench.folder.path().join(OsStr::from_bytes(b"y\xff.toml"));
    fs::copy(bench.folder.path().join("tiny.toml"), &file).unwrap();
    let output = run(&[file.as_ref()]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

/// As `nohup` does, and a shell for `&` in a script.
#[cfg(target_os = "linux")]
#[test]
fn signals_that_were_ignored_at_the_start_stay_ignored() {
    let bench = Bench::new();
    let program = env!("CARGO_BIN_EXE_colorize");
    let train = |trap: &str| {
        let script = format!("{trap}exec '{program}' run tiny.toml -q --set train.steps=60");
        let mut child = Command::new("sh")
            .args(["-c", &script])
            .current_dir(bench.folder.path())
            .env("COLORIZE_CACHE", bench.folder.path().join("cache"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut sent = 0;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return (status.code(), sent);
            }
            // Once it trains, its handlers stand.
            if fs::read_dir(bench.runs("runs/tiny")).is_ok_and(|mut it| it.next().is_some()) {
                for signal in ["-HUP", "-INT"] {
                    let mut kill = Command::new("kill");
                    kill.args([signal, &child.id().to_string()]);
                    let sender = kill.stderr(Stdio::null()).status().unwrap();
                    sent += usize::from(sender.success());
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let (code, sent) = train("trap '' HUP INT; ");
    assert_eq!(code, Some(0));
    assert!(sent > 0, "the training was over too soon to tell");
    fs::remove_dir_all(bench.runs("runs")).unwrap();
    let (code, _) = train("");
    assert_eq!(code, Some(130));
}

#[test]
fn the_commit_is_that_of_the_folder_and_a_refusal_is_told() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    let git = |folder: &Path, arguments: &[&str]| {
        let identity = [
            "-c",
            "user.name=n",
            "-c",
            "user.email=e",
            "-c",
            "commit.gpgsign=false",
        ];
        let output = Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let other = tempfile::tempdir().unwrap();
    for folder in [folder, other.path()] {
        git(folder, &["init", "--quiet"]);
        let text = folder.to_str().unwrap();
        git(folder, &["commit", "--quiet", "--allow-empty", "-m", text]);
    }
    let commit = git(folder, &["rev-parse", "HEAD"]);
    let run = |runs: &str, variable: &str, value: &str| {
        let output = command(&bench)
            .args([
                "run",
                "tiny.toml",
                "-q",
                "--set",
                "train.steps=2",
                "--runs",
                runs,
            ])
            .env(variable, value)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let run = fs::read_dir(folder.join(runs).join("tiny")).unwrap();
        let run = run.flatten().next().unwrap().path();
        let record = fs::read(run.join("run.json")).unwrap();
        let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
        let log = fs::read_to_string(run.join("log.txt")).unwrap();
        (
            record["sessions"][0]["environment"].clone(),
            log,
            said(&output),
        )
    };
    let elsewhere = other.path().join(".git");
    let (environment, _, told) = run("hook", "GIT_DIR", elsewhere.to_str().unwrap());
    assert_eq!(environment["git"]["commit"], commit);
    assert_eq!(told, "");

    // What git says of the checkout of another user.
    let (environment, log, told) = run("foreign", "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    assert!(environment["git"].is_null());
    let refused = environment["git_refused"].as_str().unwrap();
    assert!(refused.contains("dubious ownership"), "{refused}");
    assert!(
        log.contains("because git refused: detected dubious ownership"),
        "{log}"
    );
    assert!(
        told.contains("warning: the commit is not recorded"),
        "{told}"
    );
    let clean = ["ls", "not dirty", "--runs"];
    let listed = |runs: &str| says(&bench, 0, &[&clean[..], &[runs]].concat());
    assert!(
        listed("hook").contains("\n1 run in 1 line\n"),
        "{}",
        listed("hook")
    );
    assert!(
        listed("foreign").contains("\n0 of 1 run in 0 lines\n"),
        "{}",
        listed("foreign")
    );
    // Nobody is shown what nobody wrote.
    assert!(log.contains("Z done\n"), "{log}");
}

#[test]
fn control_characters_in_titles_are_written_out() {
    let bench = Bench::new();
    let file = bench.folder.path().join("tiny.toml");
    let text = fs::read_to_string(&file).unwrap();
    let title = r#"title = "Tiny \u001b[31m\u0007""#;
    fs::write(&file, text.replace("title = \"Tiny\"", title)).unwrap();
    says(
        &bench,
        0,
        &["run", "tiny.toml", "-q", "--set", "train.steps=2"],
    );
    let table = ["export", "runs", "--format", "csv", "--out", "t.csv"];
    says(&bench, 0, &table);
    let exported = fs::read_to_string(bench.folder.path().join("t.csv")).unwrap();
    for text in [
        says(&bench, 0, &["check", "tiny.toml"]),
        says(&bench, 0, &["show", "tiny"]),
        says(&bench, 0, &["ls", "--csv", "--columns", "title"]),
        exported,
    ] {
        assert!(text.contains(r"Tiny \u001b[31m\u0007"), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text}");
    }
}

#[test]
fn pictures_that_predict_made_are_not_colored_again() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    says(
        &bench,
        0,
        &["run", "tiny.toml", "-q", "--set", "train.steps=2"],
    );
    fs::create_dir(folder.join("photos")).unwrap();
    let picture = image::RgbImage::from_fn(20, 20, |x, y| image::Rgb([x as u8, y as u8, 99]));
    picture.save(folder.join("photos/a.jpg")).unwrap();
    let names = |folder: &Path| {
        let mut names: Vec<String> = walkdir::WalkDir::new(folder)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    for (out, format, made) in [
        ("photos/colored", "png", "a.png"),
        ("photos", "png", "a.png"),
        ("photos/as-jpeg", "jpeg", "a.jpg"),
    ] {
        let arguments = [
            "predict", "tiny", "photos", "--out", out, "--format", format,
        ];
        let figure = ["--figure", "photos/sheet.png", "--force"];
        let arguments = [&arguments[..], &figure].concat();
        for _ in 0..2 {
            assert!(says(&bench, 0, &arguments).contains("1 photographs colorized"));
        }
        assert!(folder.join(out).join(made).is_file());
    }
    assert_eq!(
        names(&folder.join("photos")),
        ["a.jpg", "a.jpg", "a.png", "a.png", "sheet.png"]
    );
    // Whoever names a file means it.
    let one = ["predict", "tiny", "photos/colored/a.png", "--out", "again"];
    says(&bench, 0, &one);
}
