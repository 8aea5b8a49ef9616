//! What a report asks for but does not show: nothing is left out silently.

use super::figures::{Drawing, FigureKind, FigureSpec};
use super::table::TableSpec;
use super::{Report, Selection};

/// One line for every name that matches no run, for every figure that is not drawn, and for every figure that shows fewer
/// runs than requested. `drawings` are those of every figure of the report.
pub(super) fn remarks(
    report: &Report,
    selection: &Selection,
    drawings: &[Vec<Drawing>],
) -> Vec<String> {
    let tables = report.tables.iter().map(TableSpec::listing);
    let figures = report.figures.iter().map(FigureSpec::listing);
    let mut remarks = Vec::new();
    for (what, names) in tables.chain(figures) {
        let unmet = names.into_iter().filter(|name| is_unmet(name, selection));
        remarks.extend(
            unmet.map(|name| format!("{what} asks for `{name}`, which matches none of the runs")),
        );
    }
    for (spec, drawings) in report.figures.iter().zip(drawings) {
        let (what, _) = spec.listing();
        if drawings.is_empty() {
            remarks.push(format!(
                "{what} is not drawn: {}",
                why_none(spec, selection)
            ));
            continue;
        }
        let is_shown = |group: &usize| {
            let mut all = drawings.iter();
            all.any(|drawing| drawing.shown.groups.contains(group))
        };
        let asked = match spec.kind {
            FigureKind::Extremes => Vec::new(),
            _ => selection.listed(&spec.runs),
        };
        let left: Vec<String> = asked
            .into_iter()
            .filter(|group| !is_shown(group))
            .map(|group| format!("`{}`", selection.groups[group].name))
            .collect();
        if !left.is_empty() {
            let left = left.join(", ");
            remarks.push(format!("{what} leaves out {left}: {}", why(spec.kind)));
        }
    }
    remarks
}

/// Whether a name matches nothing, and that has not been reported yet.
fn is_unmet(name: &str, selection: &Selection) -> bool {
    let base = name.split(' ').next().unwrap_or_default();
    let is_absent = selection.absent.iter().any(|absent| absent.name == base);
    selection.meant(name).is_empty() && !is_absent
}

fn why_none(spec: &FigureSpec, selection: &Selection) -> String {
    if spec.kind == FigureKind::Extremes {
        for name in [&spec.of, &spec.against].into_iter().flatten() {
            let meant = selection.meant(name);
            if meant.len() != 1 {
                let found = meant
                    .iter()
                    .map(|&it| format!("`{}`", selection.groups[it].name));
                let found: Vec<String> = found.collect();
                return match found.len() {
                    0 => format!("`{name}` has no finished run here"),
                    _ => format!(
                        "`{name}` matches several configurations: {}",
                        found.join(", ")
                    ),
                };
            }
        }
    }
    why(spec.kind).to_owned()
}

/// Why a figure of this kind does not show runs.
fn why(kind: FigureKind) -> &'static str {
    match kind {
        FigureKind::Samples | FigureKind::Progress => "the runs saved no sample pictures",
        FigureKind::Comparison | FigureKind::Chroma | FigureKind::Extremes => {
            "there are no pictures of images that the runs share"
        }
        FigureKind::Claims => "no claim could be judged",
        FigureKind::Effects => {
            "the runs have no parent in this report, or no scores in common with it"
        }
        FigureKind::Curves | FigureKind::Scatter | FigureKind::Resources => {
            "the runs logged none of its metrics"
        }
        FigureKind::Sweep => {
            "it shows points of a `[matrix]` or a `[sweep]` of one experiment that differ in a key, and as `form = \"heat\"` \
             those that differ in exactly two"
        }
    }
}
