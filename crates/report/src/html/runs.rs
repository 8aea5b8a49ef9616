//! Runs: where every number comes from.

use maud::{Markup, html};

use super::words::short;
use super::{Cell, Column, Number, tables};

/// A run, or one that is missing. Texts that do not apply are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The experiment, with its variant.
    pub name: String,
    /// The seed.
    pub seed: u64,
    /// The identity in full, 64 hexadecimal digits; the first ten are shown.
    pub identity: String,
    /// How it stands.
    pub status: Status,
    /// More on how it stands: the step it stopped at, the error it failed with.
    pub remark: String,
    /// The code that made it.
    pub commit: Option<Commit>,
    /// The device, as `libtorch:cuda:0`.
    pub device: String,
    /// The machine in short.
    pub hardware: String,
    /// When its first session began, as it is to be read.
    pub started: String,
    /// When its last session ended.
    pub ended: String,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// All steps are done.
    Done,
    /// A process is working on it.
    Running,
    /// Stopped, but can be resumed.
    Interrupted,
    /// Stopped by an error.
    Failed,
    /// Planned, but not trained.
    Missing,
    /// Made from something that has changed since.
    Stale,
}

impl Status {
    /// The status in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Missing => "missing",
            Self::Stale => "stale",
        }
    }
}

/// A commit of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its hash, 40 hexadecimal digits; the first ten are shown.
    pub hash: String,
    /// Whether the files differed from it.
    pub is_dirty: bool,
}

/// The columns that are left out where all runs say the same.
const FOLDABLE: [(&str, fn(&Run) -> Cell); 3] = [
    ("commit", commit),
    ("device", |run| text(&run.device)),
    ("hardware", |run| text(&run.hardware)),
];

/// The runs.
pub(super) fn section(runs: &[Run]) -> Markup {
    let Some(first) = runs.first() else {
        return html! {};
    };
    let (shared, own): (Vec<_>, Vec<_>) = FOLDABLE
        .into_iter()
        .partition(|(_, cell)| runs.len() > 1 && runs.iter().all(|run| cell(run) == cell(first)));
    let mut columns = vec![
        column("run"),
        Column {
            is_number: true,
            ..column("seed")
        },
        column("status"),
        column("identity"),
    ];
    columns.extend(own.iter().map(|(name, _)| column(name)));
    columns.extend([column("started"), column("ended")]);
    let body = html! {
        @for run in runs {
            tr.unfinished[run.status != Status::Done] {
                (tables::cell(&Cell::Text(run.name.clone()), true, false))
                (tables::cell(&seed(run.seed), false, true))
                td data-value=(run.status.name()) {
                    span.status.(run.status.name()) { (run.status.name()) }
                    @if !run.remark.is_empty() { " " small { (run.remark) } }
                }
                td data-value=(run.identity) {
                    @if run.identity.is_empty() {
                        span.missing { "none" }
                    } @else {
                        code title=(run.identity) { (short(&run.identity)) }
                    }
                }
                @for (_, cell) in &own {
                    (tables::cell(&cell(run), false, false))
                }
                (tables::cell(&text(&run.started), false, false))
                (tables::cell(&text(&run.ended), false, false))
            }
        }
    };
    html! {
        section.runs id="runs" aria-labelledby="runs-title" {
            h2 id="runs-title" { "Runs" }
            @if !shared.is_empty() {
                dl.facts {
                    @for (name, cell) in shared {
                        div { dt { (name) } dd { (tables::content(&cell(first))) } }
                    }
                }
            }
            (tables::boxed("runs-title", columns.len(), &tables::head(&columns), &body))
        }
    }
}

fn column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        ..Column::default()
    }
}

fn seed(seed: u64) -> Cell {
    Cell::Number {
        number: Number::new(seed as f64, seed.to_string()),
        detail: String::new(),
        is_best: false,
    }
}

fn text(text: &str) -> Cell {
    if text.is_empty() {
        Cell::Missing("unknown".to_owned())
    } else {
        Cell::Text(text.to_owned())
    }
}

fn commit(run: &Run) -> Cell {
    match &run.commit {
        None => Cell::Missing("unknown".to_owned()),
        Some(commit) => Cell::Code(format!(
            "{}{}",
            short(&commit.hash),
            if commit.is_dirty { " dirty" } else { "" }
        )),
    }
}
