//! What was found in photographs, as a Parquet table in the cache: one row a file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::Finding;
use crate::{Cache, DatasetError, ImageRecord, keyed_name, modified, read_table, write_table};

/// Raised whenever decoding or the table changes, so that nothing is believed that an older program saw.
const FORMAT: &str = "inspection 1";

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

/// One table for all images below one root.
pub(super) fn path(cache: &Cache, record: &ImageRecord) -> PathBuf {
    let below = Path::new(&record.file_name).components().count();
    let root = record.path.ancestors().nth(below).unwrap_or(&record.path);
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let name = keyed_name(&name, &root.display().to_string());
    cache
        .folder
        .join("inspections")
        .join(format!("{name}.parquet"))
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
    let photo = |row: &Row| match &row.finding {
        Finding::Photo {
            content_hash,
            width,
            height,
            mean_chroma,
        } => Some((
            content_hash.to_hex().to_string(),
            *width,
            *height,
            *mean_chroma,
        )),
        Finding::Broken { .. } | Finding::Missing => None,
    };
    let photos: Vec<_> = rows.iter().map(|(_, row)| photo(row)).collect();
    let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
    let sizes: Vec<u64> = rows.iter().map(|(_, row)| row.state.size).collect();
    let times: Vec<i64> = rows.iter().map(|(_, row)| row.state.modified).collect();
    let hashes: Vec<Option<&str>> = photos
        .iter()
        .map(|photo| photo.as_ref().map(|it| it.0.as_str()))
        .collect();
    let widths: Vec<Option<u32>> = photos
        .iter()
        .map(|photo| photo.as_ref().map(|it| it.1))
        .collect();
    let heights: Vec<Option<u32>> = photos
        .iter()
        .map(|photo| photo.as_ref().map(|it| it.2))
        .collect();
    let chroma: Vec<Option<f64>> = photos
        .iter()
        .map(|photo| photo.as_ref().map(|it| it.3))
        .collect();
    let causes: Vec<Option<&str>> = rows
        .iter()
        .map(|(_, row)| match &row.finding {
            Finding::Broken { cause } => Some(cause.as_str()),
            Finding::Photo { .. } | Finding::Missing => None,
        })
        .collect();
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
