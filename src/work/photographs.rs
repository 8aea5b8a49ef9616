//! From a dataset to the photographs that can be used: what is selected, inspected and skipped.

use std::path::PathBuf;

use colorize_base::nearest::quoted;

use super::prepare::bar;
use crate::command_error::Result;
use crate::dataset::inspection::{self, Selection};
use crate::dataset::{
    Cache, Category, Dataset, DatasetError, DatasetSection, ImageRecord, Index, Square,
    resolve_manifest,
};
use crate::experiment::section::Manifests;
use crate::experiment::{ExperimentError, Resolved};
use crate::terminal;

/// How many photographs of a kind that is skipped are named on the terminal.
const NAMED: usize = 10;

/// The usable photographs of manifests that are named apart from an experiment file.
pub(crate) fn select_photographs(
    manifests: &Manifests,
    section: &DatasetSection,
    cache: &Cache,
) -> Result<(Dataset, Selection)> {
    let paths = manifests.names().iter();
    let paths: Vec<PathBuf> = paths
        .map(|name| resolve_manifest(name, None))
        .collect::<std::result::Result<_, _>>()?;
    let dataset = Dataset::read(&paths)?;
    let index = open_index(&dataset, cache)?;
    let selected = index.select(&section.categories)?;
    let (records, excluded) = index.leave_out(selected, &section.exclude)?;
    let chosen = Chosen {
        records,
        excluded,
        categories: &index.categories,
    };
    let selection = inspect(&dataset, &chosen, section, cache, &[])?;
    Ok((dataset, selection))
}

/// Opens the index of a dataset, and says what is odd about it.
pub(super) fn open_index(dataset: &Dataset, cache: &Cache) -> Result<Index> {
    let name = dataset.name();
    let painting = bar("painting scenes of", &name);
    let index = dataset.open(cache, &|_, done| painting.set_position(done))?;
    painting.finish_and_clear();
    if let Some(warning) = &index.warning {
        terminal::warning(warning);
    }
    if !index.passed_over.is_empty() {
        let passed_over = &index.passed_over;
        terminal::note(&format!("{name}: passed over: {passed_over}"));
    }
    Ok(index)
}

/// Inspects the chosen photographs, and says which of them cannot be used; those that are decoded are kept as `squares`.
pub(super) fn inspect(
    dataset: &Dataset,
    chosen: &Chosen<'_>,
    section: &DatasetSection,
    cache: &Cache,
    squares: &[Square],
) -> Result<Selection> {
    let name = dataset.name();
    let inspecting = bar("inspecting photographs of", &name);
    inspecting.set_length(chosen.records.len());
    let inspected = inspection::inspect(&chosen.records, cache, squares, &|done| {
        inspecting.set_position(done);
    });
    inspecting.finish_and_clear();
    for warning in &inspected.warnings {
        terminal::warning(warning);
    }
    let excluded = chosen.excluded.iter().map(|it| it.file_name.clone());
    let selection = Selection {
        excluded: excluded.collect(),
        categories: chosen.categories.to_vec(),
        ..inspected.usable(section)?
    };
    report_unusable(&name, &selection, section);
    Ok(selection)
}

/// What an experiment wants of a dataset.
pub(crate) struct Chosen<'a> {
    /// The photographs to look at.
    records: Vec<&'a ImageRecord>,
    /// Those that would be among them, and show what `dataset.exclude` names.
    excluded: Vec<&'a ImageRecord>,
    /// What they can show.
    categories: &'a [Category],
}

/// The photographs that an experiment selects; a category that does not exist is drawn where it was written.
pub(crate) fn select<'a>(
    resolved: &Resolved,
    index: &'a Index,
) -> Result<Chosen<'a>, ExperimentError> {
    let section = &resolved.experiment.dataset;
    let drawn = |list: &str, names: &[String], error: &DatasetError| {
        let of_name = |wanted: &str| match names.iter().position(|name| name == wanted) {
            Some(place) => format!("dataset.{list}[{place}]"),
            None => format!("dataset.{list}"),
        };
        let (message, help, key) = match error {
            DatasetError::UnknownCategory {
                name,
                dataset,
                hint,
            } => (
                format!("dataset `{dataset}` has no category `{name}`"),
                hint.clone(),
                of_name(name),
            ),
            DatasetError::NoCategories { name, .. } => {
                (error.to_string(), String::new(), of_name(name))
            }
            error => (error.to_string(), String::new(), "dataset".to_owned()),
        };
        resolved.error_at(&key, message, help)
    };
    let (categories, exclude) = (&section.categories, &section.exclude);
    let selected = index
        .select(categories)
        .map_err(|error| drawn("categories", categories, &error))?;
    let (records, excluded) = index
        .leave_out(selected, exclude)
        .map_err(|error| drawn("exclude", exclude, &error))?;
    Ok(Chosen {
        records,
        excluded,
        categories: &index.categories,
    })
}

fn report_unusable(dataset: &str, selection: &Selection, section: &DatasetSection) {
    let Selection {
        images,
        copies,
        categories: _,
        excluded,
        colorless,
        toned,
        broken,
        missing,
    } = selection;
    terminal::note(&format!(
        "{dataset}: {} photographs; skipped: {}{} without color, {}{} broken, {} missing, {} copies of others",
        images.len(),
        match excluded.len() {
            0 if section.exclude.is_empty() => String::new(),
            excluded => format!("{excluded} that show {}, ", alternatives(&section.exclude)),
        },
        colorless.len(),
        match toned.len() {
            0 => String::new(),
            toned => format!("{toned} toned, "),
        },
        broken.len(),
        missing.len(),
        copies.len()
    ));
    let broken = broken.iter();
    name_some(
        "broken",
        broken.map(|(file_name, cause)| format!("{file_name}: {cause}")),
    );
    name_some("toned", toned.iter().cloned());
    name_some("copy", copies.iter().map(ToString::to_string));
}

/// `a`, `b` or `c`.
fn alternatives(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => quoted([one]),
        [others @ .., last] => format!("{} or {}", quoted(others), quoted([last])),
    }
}

/// The first few of what is skipped; the record of a run lists all of it.
fn name_some(what: &str, skipped: impl ExactSizeIterator<Item = String>) {
    let more = skipped.len().saturating_sub(NAMED);
    for text in skipped.take(NAMED) {
        terminal::note(&format!("  {what}: {text}"));
    }
    if more > 0 {
        terminal::note(&format!("  … and {more} more, in `run.json`"));
    }
}
