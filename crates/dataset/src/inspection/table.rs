//! What was found in photographs, as a Parquet table in the cache: one row a file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::Finding;
use crate::photo::Profile;
use crate::{Cache, DatasetError, modified, read_table, write_table};

/// Raised whenever decoding or the table changes, so that nothing is believed that an older program saw.
const FORMAT: &str = "inspection 2";

/// By what a change of a file is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileState {
    /// Bytes.
    size: u64,
    /// Nanoseconds since 1970, of the last change.
    modified: i64,
}

impl FileState {
    /// `None` when there is no such file.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path)
            .ok()
            .filter(std::fs::Metadata::is_file)?;
        Some(Self {
            size: metadata.len(),
            modified: modified(&metadata) as i64,
        })
    }
}

/// A row of the cache.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) state: FileState,
    pub(super) finding: Finding,
}

/// One table for all images of a dataset, by the name of its root.
pub(super) fn path(cache: &Cache, dataset: &str) -> PathBuf {
    cache
        .folder
        .join("inspections")
        .join(format!("{dataset}.parquet"))
}

/// What the table at `path` knows, by file name; nothing when it cannot be used.
pub(super) fn read(path: &Path) -> HashMap<String, Row> {
    read_table(path, |format| format == FORMAT)
        .and_then(|frame| rows(&frame).ok())
        .unwrap_or_default()
}

/// Adds rows to the table at `path`, beside those that it has, also from another process in the meantime.
pub(super) fn save(path: &Path, rows: Vec<(String, Row)>) -> Result<(), DatasetError> {
    let _alone = Cache::lock(path)?;
    let mut all = read(path);
    all.extend(rows);
    let mut all: Vec<(String, Row)> = all.into_iter().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let mut frame =
        frame(&all).map_err(|error| DatasetError::write(path)(std::io::Error::other(error)))?;
    write_table(path, &mut frame, FORMAT.to_owned())
}

fn frame(rows: &[(String, Row)]) -> PolarsResult<DataFrame> {
    /// A value of every photograph; nothing of what is none.
    fn of_photos<T>(
        rows: &[(String, Row)],
        value: impl Fn(&Finding) -> Option<T>,
    ) -> Vec<Option<T>> {
        rows.iter().map(|(_, row)| value(&row.finding)).collect()
    }
    let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
    let sizes: Vec<u64> = rows.iter().map(|(_, row)| row.state.size).collect();
    let times: Vec<i64> = rows.iter().map(|(_, row)| row.state.modified).collect();
    let hashes = of_photos(rows, |finding| match finding {
        Finding::Photo { content_hash, .. } => Some(content_hash.to_hex().to_string()),
        _ => None,
    });
    let widths = of_photos(rows, |finding| match finding {
        Finding::Photo { width, .. } => Some(*width),
        _ => None,
    });
    let heights = of_photos(rows, |finding| match finding {
        Finding::Photo { height, .. } => Some(*height),
        _ => None,
    });
    let chroma = of_photos(rows, |finding| match finding {
        Finding::Photo { mean_chroma, .. } => Some(*mean_chroma),
        _ => None,
    });
    let spreads = of_photos(rows, |finding| match finding {
        Finding::Photo { chroma_spread, .. } => Some(*chroma_spread),
        _ => None,
    });
    let converted = of_photos(rows, |finding| match finding {
        Finding::Photo {
            profile: Profile::Converted(name),
            ..
        } => Some(name.clone()),
        _ => None,
    });
    let ignored = of_photos(rows, |finding| match finding {
        Finding::Photo {
            profile: Profile::Ignored(reason),
            ..
        } => Some(reason.clone()),
        _ => None,
    });
    let causes = of_photos(rows, |finding| match finding {
        Finding::Broken { cause } => Some(cause.clone()),
        _ => None,
    });
    DataFrame::new(
        rows.len(),
        vec![
            Column::new("file_name".into(), names),
            Column::new("size".into(), sizes),
            Column::new("modified".into(), times),
            Column::new("content_hash".into(), hashes),
            Column::new("width".into(), widths),
            Column::new("height".into(), heights),
            Column::new("mean_chroma".into(), chroma),
            Column::new("chroma_spread".into(), spreads),
            Column::new("profile_converted".into(), converted),
            Column::new("profile_ignored".into(), ignored),
            Column::new("cause".into(), causes),
        ],
    )
}

fn rows(frame: &DataFrame) -> PolarsResult<HashMap<String, Row>> {
    let names = frame.column("file_name")?.str()?;
    let sizes = frame.column("size")?.u64()?;
    let times = frame.column("modified")?.i64()?;
    let hashes = frame.column("content_hash")?.str()?;
    let widths = frame.column("width")?.u32()?;
    let heights = frame.column("height")?.u32()?;
    let chroma = frame.column("mean_chroma")?.f64()?;
    let spreads = frame.column("chroma_spread")?.f64()?;
    let converted = frame.column("profile_converted")?.str()?;
    let ignored = frame.column("profile_ignored")?.str()?;
    let causes = frame.column("cause")?.str()?;
    let row = |at: usize| {
        let finding = match causes.get(at) {
            Some(cause) => Finding::Broken {
                cause: cause.to_owned(),
            },
            None => Finding::Photo {
                content_hash: blake3::Hash::from_hex(hashes.get(at)?).ok()?,
                width: widths.get(at)?,
                height: heights.get(at)?,
                mean_chroma: chroma.get(at)?,
                chroma_spread: spreads.get(at)?,
                profile: match (converted.get(at), ignored.get(at)) {
                    (Some(name), _) => Profile::Converted(name.to_owned()),
                    (None, Some(reason)) => Profile::Ignored(reason.to_owned()),
                    (None, None) => Profile::Srgb,
                },
            },
        };
        let state = FileState {
            size: sizes.get(at)?,
            modified: times.get(at)?,
        };
        Some((names.get(at)?.to_owned(), Row { state, finding }))
    };
    Ok((0..frame.height()).filter_map(row).collect())
}
