//! Per-image scores, read back: of runs and of the baselines that were judged by the same images.

use std::path::Path;

use polars::prelude::DataFrame;

use super::{ReportError, Run, Summary};
use crate::evaluate::Metric;
use crate::runs::{baseline_path, read_baselines, read_image_scores};
use crate::statistics::{ImageTerms, Side};

/// The modules whose code can change a baseline's score.
const BASELINE_ROOMS: [&str; 4] = ["batch", "color", "evaluate", "photo"];

/// A table of scores, one row per image.
#[derive(Debug, Clone)]
pub struct Scores {
    /// What was scored: a run's label, or a baseline's name.
    pub name: String,
    table: DataFrame,
}

impl Scores {
    /// Of a table with `image_id` and one column per metric.
    pub fn new(name: impl Into<String>, table: DataFrame) -> Self {
        Self {
            name: name.into(),
            table,
        }
    }

    /// A run's scores at a step.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when there is no such table.
    pub fn of_run(run: &Summary, step: usize) -> Result<Self, ReportError> {
        let table = read_image_scores(&run.folder.image_scores(step))?;
        Ok(Self::new(run.label(), table))
    }

    /// A finished run's scores at its last step.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when there is no such table.
    pub(super) fn of_finished(run: &Run) -> Result<Self, ReportError> {
        let path = run.folder.image_scores(run.record.steps);
        Ok(Self::new(run.name(), read_image_scores(&path)?))
    }

    /// Those of all baselines that were judged by the same images as a run, by the same code; none when they were never
    /// scored.
    ///
    /// # Errors
    ///
    /// [`ReportError`] if the table exists but cannot be read.
    pub fn of_baselines(run: &Run) -> Result<Vec<Self>, ReportError> {
        let runs = run.folder.path().ancestors().nth(2);
        let code: Vec<(&'static str, u32)> = BASELINE_ROOMS
            .into_iter()
            .map(|room| (room, run.record.code.get(room).copied().unwrap_or_default()))
            .collect();
        let path = baseline_path(
            runs.unwrap_or(Path::new("")),
            &run.experiment,
            &run.record.dataset.content_hash,
            "validation",
            &code,
        );
        Self::of_baseline_file(&path)
    }

    /// Those of a file of baselines; none if it does not exist.
    ///
    /// # Errors
    ///
    /// [`ReportError`] if the table exists but cannot be read.
    pub fn of_baseline_file(path: &Path) -> Result<Vec<Self>, ReportError> {
        if !path.is_file() {
            return Ok(Vec::new());
        }
        let tables = read_baselines(path)?;
        Ok(tables
            .into_iter()
            .map(|(name, table)| Self::new(name, table))
            .collect())
    }

    /// How many images.
    pub fn images(&self) -> usize {
        self.table.height()
    }

    /// The ids of the images, in the order of the table.
    pub fn ids(&self) -> Vec<i64> {
        let ids = self.table.column("image_id");
        let ids = ids.ok().and_then(|ids| ids.i64().ok());
        ids.map_or_else(Vec::new, |ids| ids.iter().flatten().collect())
    }

    /// The ids of the images with the names of their files, in the order of the table; the id where there is no name.
    pub(crate) fn names(&self) -> Vec<(i64, String)> {
        let names = self.table.column("file_name");
        let names = names.ok().and_then(|names| names.str().ok());
        let name = |row: usize| names.and_then(|names| names.get(row));
        let ids = self.ids().into_iter().enumerate();
        ids.map(|(row, id)| (id, name(row).map_or_else(|| id.to_string(), str::to_owned)))
            .collect()
    }

    /// A column, one image per row; a missing value is NaN.
    pub fn column(&self, name: &str) -> Option<Vec<f64>> {
        let column = self.table.column(name).ok()?.f64().ok()?;
        Some(
            column
                .iter()
                .map(|value| value.unwrap_or(f64::NAN))
                .collect(),
        )
    }

    /// What every image adds to a metric; `None` when the table lacks its columns, as one of an older program may.
    pub fn terms(&self, metric: Metric) -> Option<Vec<ImageTerms>> {
        let ids = self.table.column("image_id").ok()?.i64().ok()?;
        let (above, below) = metric.columns();
        let above = self.column(above)?;
        let below = match below {
            Some(below) => Some(self.column(below)?),
            None => None,
        };
        Some(
            ids.iter()
                .enumerate()
                .filter_map(|(row, id)| {
                    let below = below.as_ref().map(|below| below[row]);
                    let (numerator, denominator) = metric.term(above[row], below);
                    Some(ImageTerms {
                        image: id?,
                        numerator,
                        denominator,
                    })
                })
                .collect(),
        )
    }

    /// A metric over all images; `None` where no image has a value.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        let terms = self.terms(metric)?;
        Metric::over(terms.iter().map(|term| (term.numerator, term.denominator)))
    }

    /// These images as the side of a comparison that was not trained.
    pub fn as_baseline(&self, metric: Metric) -> Option<Side> {
        Some(Side::baseline(self.terms(metric)?))
    }
}
