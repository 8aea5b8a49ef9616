//! The index: what was read of each run, and the stamps of the files that it was read from.
//!
//! It is one file in the user's cache for each folder of runs: eight bytes that say what it is, the BLAKE3 hash of the
//! rest, and then parts, each with its length before it: the head, and one part a run.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::entry::Facts;
use super::read::Reader;
use super::stamp::Stamp;
use super::{Catalog, Entry, Series, Unreadable, Value, Values};
use crate::runs::{RunError, RunFolder, RunList, atomic, find_runs};
use colorize_base::{MOST_NUMBERS, keyed_name, read_file};

/// Changes with what the index holds and with how an entry is made from the files.
const VERSION: u32 = 3;

const MAGIC: &[u8; 8] = b"colorize";

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    program: String,
    /// The folder of runs, so that no two folders can share a file by accident.
    runs: String,
    /// Each experiment once.
    experiments: Vec<Values>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    /// Below the folder of runs.
    path: PathBuf,
    stamp: Stamp,
    experiment: u32,
    facts: Facts,
    series: Vec<Series>,
    seconds: f64,
}

/// A run as it was found.
enum Found {
    /// As the index had it.
    Known(Entry, Stamp),
    /// Just read; without a stamp where it may still be changing.
    Read(Entry, Option<Stamp>),
    Unreadable(Unreadable),
}

/// Every run under `runs`, by means of the index in `cache` where there is one. What changed less than `coarse` before it
/// was read is not kept in the index.
pub(super) fn open(
    runs: &Path,
    cache: Option<&Path>,
    coarse: Duration,
) -> Result<Catalog, RunError> {
    let RunList {
        runs: folders,
        strays,
    } = find_runs(runs)?;
    let root = fs::canonicalize(runs).unwrap_or_else(|_| runs.to_path_buf());
    let place = cache.map(|cache| {
        let name = root.file_name().unwrap_or_default().to_string_lossy();
        let key = keyed_name(&name, &root.to_string_lossy());
        cache.join("catalog").join(format!("{key}.index"))
    });
    let known = place.as_deref().and_then(|place| load(place, &root));
    let mut known = known.unwrap_or_default();
    let count = known.len();
    let jobs: Vec<(RunFolder, Option<(Stamp, Entry)>)> = folders
        .into_iter()
        .map(|folder| {
            let path = folder.path().strip_prefix(runs).unwrap_or(folder.path());
            let known = known.remove(path);
            (folder, known)
        })
        .collect();
    let reader = Reader::default();
    let found: Vec<Found> = jobs
        .into_par_iter()
        .map(|(folder, known)| look(&reader, folder, known, coarse))
        .collect();
    let is_as_it_was = known.is_empty()
        && found.len() == count
        && found.iter().all(|found| matches!(found, Found::Known(..)));
    if let Some(place) = place.filter(|_| !is_as_it_was) {
        save(&place, runs, &root, &found);
    }
    let mut catalog = Catalog {
        strays,
        ..Catalog::default()
    };
    for found in found {
        match found {
            Found::Known(entry, _) | Found::Read(entry, _) => catalog.entries.push(entry),
            Found::Unreadable(unreadable) => catalog.unreadable.push(unreadable),
        }
    }
    catalog.entries.sort_by(by_name);
    Ok(catalog)
}

/// By experiment, by variant with numbers by their size, by seed.
fn by_name(one: &Entry, two: &Entry) -> Ordering {
    let (facts, others) = (&one.facts, &two.facts);
    let value = |(key, value): (&'_ str, &'_ str)| {
        let number: Option<f64> = value.parse().ok();
        (
            key.to_owned(),
            number.map_or_else(|| Value::from(value), Value::Number),
        )
    };
    let variant = |(one, two)| {
        let ((one, left), (two, right)) = (value(one), value(two));
        one.cmp(&two).then_with(|| left.compare(&right))
    };
    let mut variants = facts.variant.iter().zip(others.variant.iter()).map(variant);
    facts
        .experiment
        .cmp(&others.experiment)
        .then_with(|| variants.find(|it| it.is_ne()).unwrap_or(Ordering::Equal))
        .then_with(|| {
            facts
                .variant
                .iter()
                .count()
                .cmp(&others.variant.iter().count())
        })
        .then_with(|| facts.variant.cmp(&others.variant))
        .then_with(|| facts.configuration.cmp(&others.configuration))
        .then_with(|| facts.seed.cmp(&others.seed))
        .then_with(|| facts.trial.cmp(&others.trial))
}

fn look(
    reader: &Reader,
    folder: RunFolder,
    known: Option<(Stamp, Entry)>,
    coarse: Duration,
) -> Found {
    // Before the stamp: what changes in between looks newer than it is, never older.
    let now = SystemTime::now();
    let stamp = Stamp::of(&folder).ok();
    if let (Some(stamp), Some((before, entry))) = (&stamp, known)
        && *stamp == before
    {
        let mut entry = Entry { folder, ..entry };
        entry.see_who_works();
        return Found::Known(entry, before);
    }
    let path = folder.path().to_path_buf();
    match reader.entry(folder.clone()) {
        Ok(entry) => {
            // What changed while it was read is not what was read.
            let settled = stamp.filter(|stamp| {
                stamp.is_settled(now, coarse)
                    && Stamp::of(&folder).is_ok_and(|after| after == *stamp)
            });
            Found::Read(entry, settled)
        }
        Err(error) => Found::Unreadable(Unreadable {
            path,
            reason: error.to_string(),
        }),
    }
}

/// What the index knows, by path below the folder of runs; `None` when it is of no use.
fn load(place: &Path, root: &Path) -> Option<HashMap<PathBuf, (Stamp, Entry)>> {
    let bytes = read_file(place, MOST_NUMBERS).ok()?;
    let rest = bytes.strip_prefix(MAGIC)?;
    let (hash, mut body) = rest.split_at_checked(blake3::OUT_LEN)?;
    if blake3::hash(body).as_bytes() != hash {
        return None;
    }
    let mut parts = Vec::new();
    while !body.is_empty() {
        let (length, rest) = body.split_at_checked(4)?;
        let length = u32::from_le_bytes(length.try_into().ok()?) as usize;
        let (part, rest) = rest.split_at_checked(length)?;
        parts.push(part);
        body = rest;
    }
    let (head, runs) = parts.split_first()?;
    let head: Head = rmp_serde::from_slice(head).ok()?;
    if head.version != VERSION
        || head.program != env!("CARGO_PKG_VERSION")
        || head.runs != root.to_string_lossy()
    {
        return None;
    }
    let experiments: Vec<Arc<Values>> = head.experiments.into_iter().map(Arc::new).collect();
    runs.par_iter()
        .map(|part| {
            let stored: Stored = rmp_serde::from_slice(part).ok()?;
            let entry = Entry {
                folder: RunFolder::at(&stored.path),
                facts: stored.facts,
                values: Arc::clone(experiments.get(stored.experiment as usize)?),
                series: stored.series,
                seconds: stored.seconds,
                at_work: false,
            };
            Some((stored.path, (stored.stamp, entry)))
        })
        .collect()
}

/// Writes the index. One that cannot be written is missed by nobody but the clock.
fn save(place: &Path, runs: &Path, root: &Path, found: &[Found]) {
    let mut experiments: Vec<Values> = Vec::new();
    let mut places: BTreeMap<&Values, u32> = BTreeMap::new();
    let mut stored = Vec::new();
    for found in found {
        let (Found::Known(entry, stamp) | Found::Read(entry, Some(stamp))) = found else {
            continue;
        };
        let experiment = *places.entry(&entry.values).or_insert_with(|| {
            experiments.push((*entry.values).clone());
            experiments.len() as u32 - 1
        });
        stored.push((entry, stamp, experiment));
    }
    let head = Head {
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        runs: root.to_string_lossy().into_owned(),
        experiments,
    };
    let parts: Option<Vec<Vec<u8>>> = stored
        .par_iter()
        .map(|&(entry, stamp, experiment)| {
            let path = entry.folder.path();
            let stored = Stored {
                path: path.strip_prefix(runs).unwrap_or(path).to_path_buf(),
                stamp: stamp.clone(),
                experiment,
                facts: entry.facts.clone(),
                series: entry.series.clone(),
                seconds: entry.seconds,
            };
            rmp_serde::to_vec(&stored).ok()
        })
        .collect();
    let (Ok(head), Some(parts)) = (rmp_serde::to_vec(&head), parts) else {
        return;
    };
    let mut body = Vec::new();
    for part in std::iter::once(&head).chain(&parts) {
        body.extend((part.len() as u32).to_le_bytes());
        body.extend(part);
    }
    let hash = blake3::hash(&body);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(hash.as_bytes());
    bytes.append(&mut body);
    let _ = atomic::write(place, &bytes);
}
