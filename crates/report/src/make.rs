//! From the file of a report to everything that it shows, before anything is written.

use std::path::Path;

use super::claims::{self, Judged, judge};
use super::dropped;
use super::figures::{Album, Context, Drawing, Remake, draw_all, wanted};
use super::page::best;
use super::table::Table;
use super::{Material, Needs, Report, ReportError, Selection};
use crate::experiment::{Against, Claim, ExperimentError};
use crate::runs::RunFolder;

/// A finished report: everything that it shows, and what it was made from.
#[derive(Debug)]
pub struct Made {
    /// The file.
    pub report: Report,
    /// The runs.
    pub selection: Selection,
    /// Their numbers.
    pub material: Material,
    /// The claims, the report's own first.
    pub judged: Vec<Judged>,
    /// Where each claim was written.
    pub sources: Vec<String>,
    /// The tables, in order.
    pub tables: Vec<Table>,
    /// The figures, in order.
    pub drawings: Vec<Drawing>,
    /// The pictures of the runs.
    pub album: Album,
}

/// A report whose runs were read and whose claims were judged; nothing is drawn yet.
#[derive(Debug)]
pub struct Judgement {
    /// The file.
    pub report: Report,
    /// The runs.
    pub selection: Selection,
    /// Their numbers.
    pub material: Material,
    /// The claims, the report's own first.
    pub judged: Vec<Judged>,
    /// Where each claim was written.
    pub sources: Vec<String>,
}

impl Judgement {
    /// Reads the runs of `report` in the folder `runs`, or takes them from `among` where that is given, and judges the
    /// claims by them. With `claims_only` no number is read that no claim needs.
    ///
    /// # Errors
    ///
    /// [`ReportError::NoRuns`] if no run is available; a claim of the report whose name matches several configurations; a
    /// table that cannot be read.
    pub fn of(
        report: Report,
        runs: &Path,
        among: Option<&[RunFolder]>,
        claims_only: bool,
    ) -> Result<Self, ReportError> {
        let selection = Selection::of(&report, runs, among)?;
        if selection.groups.is_empty() {
            let missing = selection.absent.iter().map(|absent| {
                let command = selection.command(&absent.experiment, &[]);
                format!("  {}: {}; `{command}`", absent.name, absent.why)
            });
            return Err(ReportError::NoRuns {
                report: report.path.clone(),
                runs: runs.to_path_buf(),
                missing: missing.collect::<Vec<_>>().join("\n"),
            });
        }
        ambiguous(&report, &selection)?;
        let (claims, sources) = all_claims(&report, &selection);
        let mut needs = Needs::default();
        claims::needs(&claims, &mut needs);
        if !claims_only {
            for table in &report.tables {
                table.needs(&mut needs);
            }
            for figure in &report.figures {
                figure.needs(&mut needs);
            }
            // The pictures of the page begin with the best run.
            needs.add_values([best::METRIC]);
        }
        let material = Material::read(&selection, &needs)?;
        let judged = judge(&claims, &selection, &material);
        Ok(Self {
            report,
            selection,
            material,
            judged,
            sources,
        })
    }

    /// Makes the tables and draws the figures. `remake` is asked for pictures that figures show and no run folder holds;
    /// they are kept there, so that the next report has them. What cannot be had is among the selection's notes.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when a picture cannot be read.
    pub fn make(self, remake: &Remake<'_>) -> Result<Made, ReportError> {
        let Self {
            report,
            mut selection,
            material,
            judged,
            sources,
        } = self;
        let tables = report
            .tables
            .iter()
            .map(|table| table.make(&selection, &material))
            .collect();
        let nothing = Album::default();
        let context = Context {
            selection: &selection,
            material: &material,
            judged: &judged,
            album: &nothing,
        };
        let mut pictures = wanted(&report.figures, &context);
        pictures.extend(context.gallery_wants(report.gallery_images));
        let (album, warnings) = Album::collect(pictures, &selection, remake)?;
        let context = Context {
            album: &album,
            ..context
        };
        let drawings = draw_all(&report.figures, &context)?;
        selection.notes.extend(warnings);
        let dropped = dropped::remarks(&report, &selection, &drawings);
        selection.notes.extend(dropped);
        Ok(Made {
            album,
            drawings: drawings.into_iter().flatten().collect(),
            report,
            selection,
            material,
            judged,
            sources,
            tables,
        })
    }
}

/// The report's claims, and then those of its experiments that the report does not make its own by saying the same.
fn all_claims(report: &Report, selection: &Selection) -> (Vec<Claim>, Vec<String>) {
    let mut claims = report.claims.clone();
    let mut sources = vec![report.path.display().to_string(); claims.len()];
    let is_here = |name: &str| {
        let first = name.split(' ').next().unwrap_or_default();
        selection
            .entries
            .iter()
            .any(|spec| spec.experiment == first || spec.name() == first)
    };
    for outline in &selection.outlines {
        for claim in &outline.claims {
            let is_same = |own: &Claim| {
                own.metric == claim.metric
                    && own.of == claim.of
                    && own.against == claim.against
                    && own.expect == claim.expect
            };
            // What is claimed against an experiment that the report is not about is not the report's affair.
            let is_ours = match &claim.against {
                Against::Experiment(name) => is_here(name) && is_here(&claim.of),
                Against::Baseline(_) | Against::Value(_) => is_here(&claim.of),
            };
            if is_ours && !report.claims.iter().any(is_same) {
                claims.push(claim.clone());
                sources.push(outline.path.display().to_string());
            }
        }
    }
    (claims, sources)
}

/// Rejects claims of the report whose names match several configurations.
fn ambiguous(report: &Report, selection: &Selection) -> Result<(), ExperimentError> {
    for (index, claim) in report.claims.iter().enumerate() {
        let against = match &claim.against {
            Against::Experiment(name) => Some(("against", name)),
            Against::Baseline(_) | Against::Value(_) => None,
        };
        for (key, name) in [("of", &claim.of)].into_iter().chain(against) {
            let meant = selection.meant(name);
            if meant.len() < 2 {
                continue;
            }
            let found: Vec<String> = meant
                .iter()
                .map(|&group| format!("`{}`", selection.groups[group].name))
                .collect();
            return Err(report.error_at(
                &format!("claims[{index}].{key}"),
                format!(
                    "`{name}` matches several configurations: {}",
                    found.join(", ")
                ),
                "name one of them, or add a `filter` to its `[[runs]]` that keeps only one",
            ));
        }
    }
    Ok(())
}
