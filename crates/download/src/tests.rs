//! The module against servers and archives that are made here.

mod broken;
mod fetching;
mod hostile;
mod refused;
mod server;
mod unpacking;
#[cfg(unix)]
mod wheels;

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::error::{DownloadError, Reason};
use super::progress::Progress;
use super::transfer::{Line, Patience};

/// For tests that are not about it.
fn quiet(_: Progress) {}

/// A line that does not wait before it tries again, and knows no proxy.
fn line(retries: u32) -> Line {
    Line::new(patience(retries), None)
}

fn patience(retries: u32) -> Patience {
    Patience {
        connect: Duration::from_secs(20),
        stall: Duration::from_secs(20),
        retries,
        ahead: 100_000,
        pause: Duration::ZERO,
    }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The one reason of a download that no address gave.
fn reason(error: DownloadError) -> Reason {
    match error {
        DownloadError::NotBrought { mut failures, .. } if failures.len() == 1 => {
            failures.remove(0).reason
        }
        other => panic!("{other}"),
    }
}
