//! Pipes, sockets and devices where files are read: refused at once, and never waited for.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::runs::Bench;

fn pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// What the program says, its exit code before it; it is ended where it waits.
fn ends(bench: &Bench, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = bench.folder.path();
    let said = folder.join("said.txt");
    let mut child = Command::new(env!("CARGO_BIN_EXE_colorize"))
        .args(arguments)
        .current_dir(folder)
        .env("COLORIZE_CACHE", folder.join("cache"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let (tell, told) = mpsc::channel();
    let number = child.id().to_string();
    thread::spawn(move || tell.send(child.wait().unwrap().code()));
    let Ok(code) = told.recv_timeout(Duration::from_mins(2)) else {
        Command::new("kill")
            .args(["-KILL", &number])
            .status()
            .unwrap();
        panic!("{arguments:?} waits for something");
    };
    (code, fs::read_to_string(said).unwrap())
}

#[test]
fn files_that_are_none_are_refused_wherever_they_are_named() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    let run = bench.train("runs");
    let name = run.path().to_str().unwrap().to_owned();
    for special in ["pipe.toml", "pipe.json", "pipe.safetensors", "pipe.jpg"] {
        pipe(&folder.join(special));
    }
    symlink("/dev/zero", folder.join("endless.toml")).unwrap();
    fs::write(
        folder.join("coco.toml"),
        "kind = \"coco\"\nimages = \".\"\nannotations = \"pipe.json\"\n",
    )
    .unwrap();
    for arguments in [
        &["check", "pipe.toml"][..],
        &["check", "endless.toml"],
        &["check", "/dev/stdin"],
        &["plan", "tiny.toml", "--dataset", "pipe.toml"],
        &["plan", "tiny.toml", "--dataset", "endless.toml"],
        &["dataset", "stats", "coco.toml"],
        &["predict", "pipe.safetensors", "tiny.toml", "--out", "out"],
        &["predict", &name, "pipe.jpg", "--out", "out"],
        &["report", "pipe.toml"],
    ] {
        let (code, said) = ends(&bench, arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.starts_with("error"), "{arguments:?}: {said}");
    }
}

#[test]
fn parts_of_a_run_that_are_pipes_are_refused() {
    let bench = Bench::new();
    let run = bench.train("runs");
    let name = run.path().to_str().unwrap().to_owned();
    let step = run.checkpoints().join("step-000006");
    for (part, arguments) in [
        (run.path().join("run.json"), &["show", name.as_str()][..]),
        (run.experiment(), &["show", name.as_str()]),
        (run.experiment(), &["ls", "--runs", "runs"]),
        (
            run.metrics().join("from-000000004.parquet"),
            &["ls", "--runs", "runs"],
        ),
        (
            step.join("checkpoint.json"),
            &["evaluate", name.as_str(), "--step", "6"],
        ),
        (
            step.join("model.bpk"),
            &["evaluate", name.as_str(), "--step", "6"],
        ),
    ] {
        let aside = bench.folder.path().join("aside");
        fs::rename(&part, &aside).unwrap();
        pipe(&part);
        let (code, said) = ends(&bench, arguments);
        assert!(
            matches!(code, Some(1 | 2)),
            "{arguments:?}: {code:?} {said}"
        );
        assert!(!said.contains("panicked"), "{said}");
        fs::rename(&aside, &part).unwrap();
    }
}
