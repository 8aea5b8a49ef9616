//! The one look at every photograph before a run: which can be decoded, which have color, and what exactly they are. What
//! is decoded here is also kept at the sizes that the run wants.

mod copies;
mod table;

use colorize_base::{Blame, Blamed, MOST_PICTURE, read_file};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use crate::DatasetSection;
use crate::cache::{name_of_root, root_of};
use crate::photo::{self, PhotoFault, Profile};
use crate::squares::SquaresFile;
use crate::{Cache, Category, ImageRecord, Photograph, Square};
pub use copies::CopiedImage;
use table::{FileState, Row};

/// Photographs between two writes of the cache: what a killed process has to look at again.
const SAVED_EVERY: usize = 4096;

/// How many broken photographs an error names.
const NAMED: usize = 5;

/// What was found in each of the photographs asked for, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// One a photograph.
    pub images: Vec<InspectedImage>,
    /// How many were decoded by this call, rather than known from the cache.
    pub decoded: usize,
    /// What could not be put into the cache, and why.
    pub warnings: Vec<String>,
}

/// A photograph and what was found in it.
#[derive(Debug, Clone, PartialEq)]
pub struct InspectedImage {
    /// The photograph, as the index lists it.
    pub record: ImageRecord,
    /// What was found.
    pub finding: Finding,
}

/// What was found in a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// It can be decoded.
    Photo {
        /// What its pixels are known by: [`photo::Decoded::content_hash`].
        content_hash: blake3::Hash,
        /// Pixels across, upright.
        width: u32,
        /// Pixels down, upright.
        height: u32,
        /// Mean of max(R,G,B) - min(R,G,B), 0 to 255.
        mean_chroma: f64,
        /// How much colors differ at equal luma, 0 to 255: [`photo::chroma_spread`].
        chroma_spread: f64,
        /// What became of its color profile.
        profile: Profile,
    },
    /// It cannot be decoded.
    Broken {
        /// Why not.
        cause: String,
    },
    /// There is no such file.
    Missing,
}

/// The photographs that a run can use, and why it does not use the others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// Usable photographs, in the order of the records, no two with the same content.
    pub images: Vec<Photograph>,
    /// Those that would be usable, and are copies of one that is.
    pub copies: Vec<CopiedImage>,
    /// What they can show: the names behind their `categories`; none where only their pixels matter.
    pub categories: Vec<Category>,
    /// File names of photographs that were not looked at, because they show what `dataset.exclude` names.
    pub excluded: Vec<String>,
    /// File names of photographs without color.
    pub colorless: Vec<String>,
    /// File names of photographs with one hue only, such as sepia ones.
    pub toned: Vec<String>,
    /// File name and cause of those that cannot be decoded.
    pub broken: Vec<(String, String)>,
    /// File names of those that do not exist.
    pub missing: Vec<String>,
}

/// Why there is nothing to train on.
#[derive(Debug, thiserror::Error)]
pub enum InspectionError {
    /// Too many photographs are broken or missing.
    #[error(
        "{bad} of {all} photographs cannot be used ({broken} broken, {missing} missing), more than the share {max_broken} that `dataset.max_broken` allows: {named}"
    )]
    TooManyBroken {
        /// Broken and missing ones.
        bad: usize,
        /// Those selected.
        all: usize,
        /// Those that cannot be decoded.
        broken: usize,
        /// Those that do not exist.
        missing: usize,
        /// The legal share.
        max_broken: f64,
        /// The first few, with causes.
        named: String,
    },
    /// No photograph is left.
    #[error(
        "none of the {all} selected photographs can be used: {colorless} without color, {toned} toned, {broken} broken, {missing} missing"
    )]
    NothingLeft {
        /// Those selected.
        all: usize,
        /// Those below `dataset.colorless_below`.
        colorless: usize,
        /// Those below `dataset.toned_below`.
        toned: usize,
        /// Those that cannot be decoded.
        broken: usize,
        /// Those that do not exist.
        missing: usize,
    },
}

impl Blamed for InspectionError {
    fn blame(&self) -> Blame {
        match self {
            Self::TooManyBroken { .. } | Self::NothingLeft { .. } => Blame::Request,
        }
    }
}

/// Inspects every photograph of `records`, of one dataset or of several that are joined, on all cores, at most once as long as
/// its file does not change (path, size, time). Those that are decoded for this are written as each of `squares` as well, so that nobody has to decode them
/// again; those that are known are not. `progress` is told the number of photographs done.
///
/// It cannot fail: what is wrong with a file is its finding, and a cache that cannot be used is a warning.
pub fn inspect(
    records: &[&ImageRecord],
    cache: &Cache,
    squares: &[Square],
    progress: &(dyn Fn(usize) + Sync),
) -> Inspection {
    // Each root has a table of findings, and squares, of its own: what is joined here may be used alone elsewhere.
    let mut roots: Vec<(&Path, Vec<usize>)> = Vec::new();
    for (place, record) in records.iter().enumerate() {
        let root = root_of(&record.path, &record.file_name);
        match roots.iter_mut().find(|(known, _)| *known == root) {
            Some((_, places)) => places.push(place),
            None => roots.push((root, vec![place])),
        }
    }
    let mut images: Vec<Option<InspectedImage>> = vec![None; records.len()];
    let (mut decoded, mut warnings, mut done) = (0, Vec::new(), 0);
    for (_, places) in roots {
        let records: Vec<&ImageRecord> = places.iter().map(|&place| records[place]).collect();
        let found = inspect_root(&records, cache, squares, &|more| progress(done + more));
        done += places.len();
        decoded += found.decoded;
        warnings.extend(found.warnings);
        for (place, image) in places.into_iter().zip(found.images) {
            images[place] = Some(image);
        }
    }
    Inspection {
        images: images.into_iter().flatten().collect(),
        decoded,
        warnings,
    }
}

/// The same of photographs below one root, at least one.
fn inspect_root(
    records: &[&ImageRecord],
    cache: &Cache,
    squares: &[Square],
    progress: &(dyn Fn(usize) + Sync),
) -> Inspection {
    let dataset = name_of_root(&records[0].path, &records[0].file_name);
    let file = table::path(cache, &dataset);
    let known = table::read(&file);
    let states: Vec<Option<FileState>> = records
        .par_iter()
        .map(|record| FileState::of(&record.path))
        .collect();
    let mut findings: Vec<Option<Finding>> = records
        .iter()
        .zip(&states)
        .map(|(record, state)| match state {
            None => Some(Finding::Missing),
            Some(state) => known
                .get(&record.file_name)
                .filter(|row| row.state == *state)
                .map(|row| row.finding.clone()),
        })
        .collect();
    let todo: Vec<usize> = (0..records.len())
        .filter(|&at| findings[at].is_none())
        .collect();
    let done = AtomicUsize::new(records.len() - todo.len());
    progress(done.load(Ordering::Relaxed));
    let told = Arc::new(Mutex::new(Vec::new()));
    let squares: Vec<SquaresFile> = squares
        .iter()
        .filter(|_| !todo.is_empty())
        .filter_map(|&square| {
            let told = Arc::clone(&told);
            let tell = move |text: &str| heard(&told).push(text.to_owned());
            SquaresFile::of_dataset(&cache.folder, &dataset, square, tell)
        })
        .collect();
    let mut unsaved = None;
    for part in todo.chunks(SAVED_EVERY) {
        let fresh: Vec<(usize, Finding, Keep)> = part
            .par_iter()
            .map(|&at| {
                let (finding, keep) = look(&records[at].path, &squares);
                progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                (at, finding, keep)
            })
            .collect();
        let mut rows = Vec::with_capacity(fresh.len());
        for (at, finding, keep) in fresh {
            if let (Some(state), Keep::Yes) = (states[at], keep) {
                let row = Row {
                    state,
                    finding: finding.clone(),
                };
                rows.push((records[at].file_name.clone(), row));
            }
            findings[at] = Some(finding);
        }
        if let Err(error) = table::save(&file, rows) {
            unsaved = Some(format!("cannot cache the findings: {error}"));
        }
    }
    let images = records
        .iter()
        .zip(findings)
        .map(|(record, finding)| InspectedImage {
            record: (*record).clone(),
            finding: finding.unwrap_or(Finding::Missing),
        })
        .collect();
    Inspection {
        images,
        decoded: todo.len(),
        warnings: heard(&told).drain(..).chain(unsaved).collect(),
    }
}

fn heard(told: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

impl InspectedImage {
    /// The photograph with the place of its dataset, if it can be decoded.
    fn photograph(&self) -> Option<(usize, Photograph)> {
        let Finding::Photo { content_hash, .. } = &self.finding else {
            return None;
        };
        let photograph = Photograph {
            id: self.record.id,
            file_name: self.record.file_name.clone(),
            path: self.record.path.clone(),
            categories: self.record.categories.clone(),
            content_hash: *content_hash,
        };
        Some((self.record.source, photograph))
    }
}

impl Inspection {
    /// The photographs that can be used, by the section's thresholds.
    ///
    /// # Errors
    ///
    /// When the share of broken and missing ones is above `max_broken`, or nothing is left.
    pub fn usable(&self, section: &DatasetSection) -> Result<Selection, InspectionError> {
        let mut selection = Selection::default();
        let mut usable = Vec::new();
        for image in &self.images {
            let name = image.record.file_name.clone();
            match &image.finding {
                Finding::Missing => selection.missing.push(name),
                Finding::Broken { cause } => selection.broken.push((name, cause.clone())),
                Finding::Photo { mean_chroma, .. } if *mean_chroma < section.colorless_below => {
                    selection.colorless.push(name);
                }
                Finding::Photo { chroma_spread, .. } if *chroma_spread < section.toned_below => {
                    selection.toned.push(name);
                }
                Finding::Photo { .. } => usable.extend(image.photograph()),
            }
        }
        let all = self.images.len();
        let (broken, missing) = (selection.broken.len(), selection.missing.len());
        if (broken + missing) as f64 > section.max_broken * all as f64 {
            return Err(InspectionError::TooManyBroken {
                bad: broken + missing,
                all,
                broken,
                missing,
                max_broken: section.max_broken,
                named: selection.name_some(),
            });
        }
        if usable.is_empty() {
            return Err(InspectionError::NothingLeft {
                all,
                colorless: selection.colorless.len(),
                toned: selection.toned.len(),
                broken,
                missing,
            });
        }
        (selection.images, selection.copies) = copies::set_apart(usable);
        Ok(selection)
    }

    /// The photographs that are copies of others, whatever their color.
    pub fn copies(&self) -> Vec<CopiedImage> {
        let photographs = self.images.iter().filter_map(InspectedImage::photograph);
        copies::set_apart(photographs.collect()).1
    }
}

impl Selection {
    /// The identity of the usable photographs: BLAKE3 over ids and content hashes, in order of id. File names, folders
    /// and copies do not count.
    pub fn content_hash(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"colorize dataset 1");
        for image in self.by_id() {
            hasher.update(&image.id.to_le_bytes());
            hasher.update(image.content_hash.as_bytes());
        }
        hasher.finalize()
    }

    /// The identity of what they show: BLAKE3 over ids and categories, in order of id.
    pub fn labels_hash(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"colorize labels 1");
        for image in self.by_id() {
            hasher.update(&image.id.to_le_bytes());
            // The length keeps a category from passing for the next id.
            hasher.update(&(image.categories.len() as u64).to_le_bytes());
            for category in &image.categories {
                hasher.update(&category.to_le_bytes());
            }
        }
        hasher.finalize()
    }

    fn by_id(&self) -> Vec<&Photograph> {
        let mut images: Vec<&Photograph> = self.images.iter().collect();
        images.sort_by_key(|image| image.id);
        images
    }

    /// The same with the copies among the usable ones: what programs selected that trained on copies.
    #[must_use]
    pub fn with_copies(&self) -> Self {
        let copies = self.copies.iter().map(|copy| copy.image.clone());
        let mut selection = Self {
            images: self.images.iter().cloned().chain(copies).collect(),
            copies: Vec::new(),
            ..self.clone()
        };
        selection.images.sort_by_key(|image| image.id);
        selection
    }

    /// The first few broken and missing files with causes.
    fn name_some(&self) -> String {
        let broken = self
            .broken
            .iter()
            .map(|(name, cause)| format!("`{name}`: {cause}"));
        let missing = self
            .missing
            .iter()
            .map(|name| format!("`{name}`: no such file"));
        let mut named: Vec<String> = broken.chain(missing).take(NAMED).collect();
        let rest = self.broken.len() + self.missing.len() - named.len();
        if rest > 0 {
            named.push(format!("and {rest} more"));
        }
        named.join("; ")
    }
}

/// Whether a finding may be believed next time.
enum Keep {
    Yes,
    /// A file that could not be read (permissions, a network folder) can be readable later without having changed.
    No,
}

/// Decodes a file, notes what it is and keeps it as squares.
fn look(path: &Path, squares: &[SquaresFile]) -> (Finding, Keep) {
    let found = read_file(path, MOST_PICTURE)
        .map_err(PhotoFault::from)
        .and_then(|bytes| {
            let photo = photo::read(&bytes)?;
            let picture = &photo.picture;
            let content_hash = photo.content_hash(&bytes);
            for squares in squares {
                let Square { size, resize } = squares.square();
                let pixels = photo::resize(picture, size, resize);
                squares.write(content_hash, pixels.as_raw());
            }
            Ok(Finding::Photo {
                content_hash,
                width: picture.width(),
                height: picture.height(),
                mean_chroma: photo::mean_chroma(picture),
                chroma_spread: photo::chroma_spread(picture),
                profile: photo.profile.clone(),
            })
        });
    match found {
        Ok(finding) => (finding, Keep::Yes),
        Err(fault) => {
            let keep = match fault {
                PhotoFault::Read(_) => Keep::No,
                _ => Keep::Yes,
            };
            let cause = fault.to_string();
            (Finding::Broken { cause }, keep)
        }
    }
}

#[cfg(test)]
mod tests;
