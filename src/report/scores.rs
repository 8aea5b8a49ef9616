//! Per-image scores, read back: of runs and of the baselines that were judged by the same images.

use std::path::Path;

use polars::prelude::DataFrame;

use super::{ReportError, Summary};
use crate::evaluate::Metric;
use crate::runs::{baseline_path, read_baselines, read_image_scores};
use crate::statistics::{ImageTerms, Side};

/// The version of every room whose code can change a baseline's score, as training has it.
type Code = [(&'static str, u32)];

/// A table of scores, one row an image.
#[derive(Debug, Clone)]
pub struct Scores {
    /// What was scored: a run's label, or a baseline's name.
    pub name: String,
    table: DataFrame,
}

impl Scores {
    /// Of a table with `image_id` and a column a metric.
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

    /// Those of all baselines that were judged by the same images as a run; none when they were never scored.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when the table is there and cannot be read.
    pub fn of_baselines(run: &Summary, code: &Code) -> Result<Vec<Self>, ReportError> {
        let runs = run.folder.path().ancestors().nth(2);
        let hash = &run.record.dataset.content_hash;
        let path = baseline_path(
            runs.unwrap_or(Path::new("")),
            &run.experiment,
            hash,
            "validation",
            code,
        );
        Self::of_baseline_file(&path)
    }

    /// Those of a file of baselines; none when it is not there.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when the table is there and cannot be read.
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

    /// What every image adds to a metric; `None` when the table lacks its columns, as one of an older program may.
    pub fn terms(&self, metric: Metric) -> Option<Vec<ImageTerms>> {
        let column = |name: &str| -> Option<Vec<f64>> {
            let column = self.table.column(name).ok()?.f64().ok()?;
            // An absent value and one that is not a number are the same here.
            Some(
                column
                    .iter()
                    .map(|value| value.unwrap_or(f64::NAN))
                    .collect(),
            )
        };
        let ids = self.table.column("image_id").ok()?.i64().ok()?;
        let (above, below) = metric.columns();
        let above = column(above)?;
        let below = match below {
            Some(below) => Some(column(below)?),
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
