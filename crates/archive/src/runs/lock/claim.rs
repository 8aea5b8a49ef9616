//! The files `.claim-N` of a run folder: reading them, and making the next one before anybody else does.

use std::collections::hash_map::RandomState;
use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Owner;
use crate::runs::RunError;
use crate::runs::process::Process;
use colorize_base::{MOST_RECORD, read_file};

const CLAIM: &str = ".claim-";

/// The sign that gives a run free.
pub(super) const FREE: u8 = b'!';

/// What a claim says, before its heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    #[serde(flatten)]
    pub(super) owner: Owner,
    /// The dead owner that it was taken from.
    pub(super) after: Option<Owner>,
    /// Whether it only gives free what a dead owner had.
    pub(super) buries: bool,
}

impl Claim {
    /// One of this process.
    pub(super) fn of_this_process(after: Option<Owner>, buries: bool) -> Self {
        Self {
            owner: Owner {
                process: Process::this(),
                token: token(),
                since: Timestamp::now(),
            },
            after,
            buries,
        }
    }
}

/// What a claim file says.
pub(super) enum Found {
    Held(Owner, u64),
    Free(Option<Owner>),
    /// No claim of this program; it makes none that is not whole, so nobody stands behind it.
    Unreadable,
}

/// The claim that counts.
pub(super) fn newest(folder: &Path) -> Result<Option<(u64, Found)>, RunError> {
    // A claim may be replaced between the two looks.
    for _ in 0..8 {
        let Some(&number) = numbers(folder)?.iter().max() else {
            return Ok(None);
        };
        let path = claim_path(folder, number);
        match read_file(&path, MOST_RECORD) {
            Ok(bytes) => return Ok(Some((number, read(&bytes)))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // A pipe, or more than this program writes.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Ok(Some((number, Found::Unreadable)));
            }
            Err(error) => return Err(RunError::io("read", path)(error)),
        }
    }
    Ok(None)
}

pub(super) fn newest_owner(folder: &Path) -> Option<Owner> {
    match newest(folder) {
        Ok(Some((_, Found::Held(owner, _)))) => Some(owner),
        _ => None,
    }
}

fn read(bytes: &[u8]) -> Found {
    let Some(line) = bytes.split(|&byte| byte == b'\n').next() else {
        return Found::Unreadable;
    };
    let Ok(claim) = serde_json::from_slice::<Claim>(line) else {
        return Found::Unreadable;
    };
    let beats = &bytes[line.len()..];
    if beats.last() == Some(&FREE) {
        return Found::Free(claim.after.filter(|_| claim.buries));
    }
    Found::Held(claim.owner, beats.len() as u64)
}

pub(super) fn numbers(folder: &Path) -> Result<Vec<u64>, RunError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RunError::io("read", folder)(error)),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry.map_err(RunError::io("read", folder))?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix(CLAIM));
        numbers.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
    }
    Ok(numbers)
}

pub(super) fn claim_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{CLAIM}{number}"))
}

/// Makes the claim of this number; `None` when another process was faster.
pub(super) fn make(
    folder: &Path,
    number: u64,
    claim: &Claim,
    ending: &[u8],
) -> Result<Option<PathBuf>, RunError> {
    let path = claim_path(folder, number);
    let mut text = serde_json::to_vec(claim).expect("a claim is JSON");
    text.push(b'\n');
    text.extend_from_slice(ending);
    let whole = folder.join(format!(".partial-claim-{}", claim.owner.token));
    fs::write(&whole, &text).map_err(RunError::io("write", &whole))?;
    let made = match fs::hard_link(&whole, &path) {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound
            ) =>
        {
            // A file system without hard links.
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path)
                .and_then(|mut file| file.write_all(&text))
        }
        made => made,
    };
    let _ = fs::remove_file(&whole);
    match made {
        Ok(()) => {}
        // Not found: the owner that was faster has cleared away what this process had half made.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(RunError::io("write", &path)(error)),
    }
    // One that comes late, by a claim that was removed since, makes a number that is not the highest.
    if standing(folder, &path)? == Standing::Highest {
        return Ok(Some(path));
    }
    let _ = fs::remove_file(&path);
    Ok(None)
}

/// How a claim stands among all of its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It exists, and no higher one does.
    Highest,
    /// Another one counts.
    Followed,
    /// There is no claim at all, as where the folder was moved away.
    Gone,
}

/// How the claim stands.
///
/// # Errors
///
/// [`RunError::Io`] when the folder cannot be read now, which says nothing of who has it.
pub(super) fn standing(folder: &Path, claim: &Path) -> Result<Standing, RunError> {
    let numbers = numbers(folder)?;
    Ok(match numbers.iter().max() {
        None => Standing::Gone,
        Some(&number) if claim_path(folder, number) == claim => Standing::Highest,
        Some(_) => Standing::Followed,
    })
}

pub(super) fn remove_below(folder: &Path, number: u64) {
    for lower in numbers(folder).unwrap_or_default() {
        if lower < number {
            // What stays behind is passed over.
            let _ = fs::remove_file(claim_path(folder, lower));
        }
    }
}

pub(super) fn append(claim: &Path, byte: u8) -> io::Result<()> {
    OpenOptions::new()
        .append(true)
        .open(claim)?
        .write_all(&[byte])
}

/// A name that nobody else has.
fn token() -> String {
    // The standard library seeds each of these with the system's randomness.
    let [high, low] = [(); 2].map(|()| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        hasher.finish()
    });
    format!("{high:016x}{low:016x}")
}
