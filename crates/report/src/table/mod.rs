//! Tables: what they hold, and the kinds there are. [`markdown`], [`latex`] and [`csv`] write any of them.

mod ablation;
mod csv;
mod facts;
mod latex;
mod markdown;
mod scores;

use serde::Deserialize;

pub use csv::csv;
pub(crate) use latex::escaped;
pub use latex::latex;
pub use markdown::{markdown, markdown_rows};

pub(super) use ablation::{Pair, compare, pairs};
pub(super) use scores::title as baseline_title;

use super::{Material, Needs, Selection};
use crate::evaluate::{Better, Metric};

/// A table as a report's file asks for it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    /// What it shows.
    pub kind: TableKind,
    /// What its files are called; defaults to its kind.
    name: Option<String>,
    /// Its title; defaults to that of its kind.
    pub title: Option<String>,
    /// What a reader should see in it.
    #[serde(default)]
    pub caption: String,
    /// Which runs; all where none are named.
    #[serde(default)]
    pub runs: Vec<String>,
    /// Which metrics; those that its kind shows where none are named.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// Whether a table of scores also shows the baselines that only bound what is possible.
    #[serde(default)]
    pub baselines: bool,
}

/// What a table shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableKind {
    /// Scores on held-out images, next to the baselines.
    Scores,
    /// Every run against its parent: paired differences.
    Ablation,
    /// What training took.
    Facts,
}

impl TableSpec {
    /// What its files are called.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(match self.kind {
            TableKind::Scores => "scores",
            TableKind::Ablation => "ablation",
            TableKind::Facts => "facts",
        })
    }

    /// What messages call it, and the names of runs that it speaks of.
    pub(super) fn listing(&self) -> (String, Vec<&str>) {
        let names = self.runs.iter().map(String::as_str);
        (format!("the table `{}`", self.name()), names.collect())
    }

    /// Its metrics, judged when the file was read.
    fn metrics(&self, otherwise: &[Metric]) -> Vec<Metric> {
        if self.metrics.is_empty() {
            return otherwise.to_vec();
        }
        let names = self.metrics.iter();
        names.filter_map(|name| Metric::from_name(name)).collect()
    }

    /// Says what it has to know.
    pub fn needs(&self, needs: &mut Needs) {
        match self.kind {
            TableKind::Scores => needs.add_values(self.metrics(&scores::METRICS)),
            TableKind::Ablation => needs.add_paired(self.metrics(&ablation::METRICS)),
            TableKind::Facts => {}
        }
    }

    /// Makes it.
    pub fn make(&self, selection: &Selection, material: &Material) -> Table {
        let groups = selection.listed(&self.runs);
        match self.kind {
            TableKind::Scores => scores::table(self, &groups, selection, material),
            TableKind::Ablation => ablation::table(self, &groups, selection, material),
            TableKind::Facts => facts::table(self, &groups, selection, material),
        }
    }

    fn title(&self, otherwise: &str) -> String {
        self.title.clone().unwrap_or_else(|| otherwise.to_owned())
    }
}

/// A table, ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What its files are called.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What a reader should see in it.
    pub caption: String,
    /// Its columns; the first names the rows.
    pub columns: Vec<Column>,
    /// Its rows. Those of one section were judged by the same images.
    pub sections: Vec<Section>,
    /// Small print.
    pub notes: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its heading, with the unit.
    pub heading: String,
    /// Which way its numbers improve.
    pub better: Better,
    /// What it means, in a sentence; may be empty.
    pub hint: String,
    /// Whether it holds numbers.
    pub is_numeric: bool,
    /// The columns of the CSV file that a cell of it becomes.
    pub raw: Vec<String>,
}

/// Rows that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// What they have in common; empty for a table of one section.
    pub heading: String,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The place in the selection of the group that it is about; `None` for a baseline.
    pub group: Option<usize>,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// What is read.
    pub text: String,
    /// Smaller and after it: the interval.
    pub detail: String,
    /// Whether it is the best of its column and section.
    pub is_best: bool,
    /// What it is sorted by.
    pub key: Option<f64>,
    /// For the CSV file, one for each of the column's.
    pub raw: Vec<Raw>,
}

/// A value with all its digits.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// A word.
    Text(String),
    /// A number.
    Number(f64),
    /// Nothing: not known.
    Nothing,
}

impl From<Option<f64>> for Raw {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Nothing, Self::Number)
    }
}

impl Column {
    fn text(heading: &str, raw: &str) -> Self {
        Self {
            heading: heading.to_owned(),
            better: Better::Neither,
            hint: String::new(),
            is_numeric: false,
            raw: vec![raw.to_owned()],
        }
    }

    fn number(heading: impl Into<String>, raw: &[&str]) -> Self {
        Self {
            heading: heading.into(),
            better: Better::Neither,
            hint: String::new(),
            is_numeric: true,
            raw: raw.iter().map(|&name| name.to_owned()).collect(),
        }
    }
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            raw: vec![Raw::Text(text.clone())],
            text,
            ..Self::default()
        }
    }

    /// A number, or a dash.
    fn number(value: Option<f64>, digits: usize) -> Self {
        Self {
            text: number(value, digits),
            key: value,
            raw: vec![value.into()],
            ..Self::default()
        }
    }
}

/// A number as tables show it: a dash for none.
pub(super) fn number(value: Option<f64>, digits: usize) -> String {
    match value {
        Some(value) if value.is_finite() => {
            let text = format!("{value:.digits$}");
            // What is rounded to nothing has no sign.
            let is_zero = text.chars().all(|letter| "-0.".contains(letter));
            if is_zero {
                return text.trim_start_matches('-').to_owned();
            }
            text.replacen('-', "−", 1)
        }
        Some(value) if value == f64::INFINITY => "∞".to_owned(),
        Some(value) if value == f64::NEG_INFINITY => "−∞".to_owned(),
        _ => "–".to_owned(),
    }
}

/// The same with a sign, for differences.
pub(super) fn signed(value: f64, digits: usize) -> String {
    let text = number(Some(value), digits);
    if value > 0.0 && value.is_finite() {
        format!("+{text}")
    } else {
        text
    }
}

/// A p-value as tables show it.
pub(super) fn p_value(value: f64) -> String {
    if value < 0.001 {
        "< 0.001".to_owned()
    } else {
        format!("{value:.3}")
    }
}

/// Decimals that a metric is shown with.
pub(super) fn digits(metric: Metric) -> usize {
    metric.digits()
}

/// A metric in a sentence, for those who meet it first.
fn hint(metric: Metric) -> String {
    let metric = metric.properties();
    let better = match metric.better.words() {
        "" => String::new(),
        words => format!("; {words}"),
    };
    format!(
        "{}, `{}`{better}. {}.",
        metric.title, metric.name, metric.meaning
    )
}

/// A metric's heading: `PSNR (dB)`.
pub(super) fn heading(metric: Metric) -> String {
    metric.properties().heading()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_reading() {
        assert_eq!(number(Some(-1.25), 1), "−1.2");
        assert_eq!(number(Some(-0.001), 2), "0.00");
        assert_eq!(number(None, 2), "–");
        assert_eq!(number(Some(f64::NAN), 2), "–");
        assert_eq!(number(Some(f64::INFINITY), 2), "∞");
        assert_eq!(signed(0.5, 2), "+0.50");
        assert_eq!(signed(-0.5, 2), "−0.50");
        assert_eq!(p_value(0.0001), "< 0.001");
        assert_eq!(p_value(0.25), "0.250");
    }
}
