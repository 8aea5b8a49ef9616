//! `baselines/<key>.parquet`: what the baselines score on a set of held-out images, once for all runs that are judged by
//! the same images.

use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::identity::hash;
use super::images::{columns, write_table};
use super::rows::read_quickly;
use super::{ImageScores, RunError};
use crate::experiment::Experiment;

/// Where the baselines of an experiment lie under `runs`. `content_hash` is that of the usable photographs, `split` says
/// which of them are judged, `code` the version of every module whose code can change a score.
pub fn baseline_path(
    runs: &Path,
    experiment: &Experiment,
    content_hash: &str,
    split: &str,
    code: &[(&'static str, u32)],
) -> PathBuf {
    let Experiment {
        dataset,
        image,
        evaluate,
        ..
    } = experiment;
    let judged = format!("{:?} {image:?} {}", dataset.split, evaluate.images);
    let key = hash([content_hash, split, &judged, &format!("{code:?}")]).to_hex();
    runs.join(format!("baselines/{}.parquet", &key[..10]))
}

/// Writes the scores of every baseline, by name: `baseline`, then the columns of [`super::write_image_scores`].
///
/// # Errors
///
/// [`RunError`] when the table cannot be written.
pub fn write_baselines(path: &Path, scores: &[(String, ImageScores)]) -> Result<(), RunError> {
    let tables = scores.iter().map(|(name, scores)| {
        let rows = scores.image_ids.len();
        let mut all = vec![Column::new("baseline".into(), vec![name.as_str(); rows])];
        all.extend(columns(scores));
        DataFrame::new(rows, all)
    });
    let mut whole: Option<DataFrame> = None;
    for table in tables {
        let table = table.map_err(RunError::table("write", path))?;
        match &mut whole {
            None => whole = Some(table),
            Some(whole) => {
                whole
                    .vstack_mut(&table)
                    .map_err(RunError::table("write", path))?;
            }
        }
    }
    let mut whole = whole.unwrap_or_default();
    whole.align_chunks_par();
    write_table(path, &mut whole)
}

/// Reads a table of [`write_baselines`], divided by baseline, in the order in which they were written.
///
/// # Errors
///
/// [`RunError`] when it is absent or not such a table.
pub fn read_baselines(path: &Path) -> Result<Vec<(String, DataFrame)>, RunError> {
    let table = read_quickly(path)?;
    let wrong = || RunError::table("read", path);
    let names = table
        .column("baseline")
        .and_then(|column| column.str().cloned())
        .map_err(wrong())?;
    let mut order: Vec<String> = Vec::new();
    for name in names.iter().flatten() {
        if order.last().is_none_or(|last| last != name) {
            order.push(name.to_owned());
        }
    }
    order
        .into_iter()
        .map(|name| {
            let part = table.filter(&names.equal(name.as_str())).map_err(wrong())?;
            Ok((name, part))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baselines_come_back_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("baselines/0123456789.parquet");
        let scores = |value: f64| ImageScores {
            step: 0,
            image_ids: vec![3, 1],
            file_names: vec!["c.jpg".to_owned(), "a.jpg".to_owned()],
            metrics: vec![("psnr", vec![value, value + 1.0])],
            totals: Vec::new(),
        };
        let written = vec![
            ("gray".to_owned(), scores(20.0)),
            ("8-bit".to_owned(), scores(50.0)),
        ];
        write_baselines(&path, &written).unwrap();
        let read = read_baselines(&path).unwrap();
        let names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["gray", "8-bit"]);
        let psnr = read[1].1.column("psnr").unwrap().f64().unwrap().clone();
        assert_eq!(psnr.iter().flatten().collect::<Vec<_>>(), [50.0, 51.0]);
        assert!(read_baselines(&folder.path().join("none.parquet")).is_err());
    }
}
