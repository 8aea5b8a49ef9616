//! Which series are named, and how each looks.

use super::super::legend::{Entry, Sample};
use super::super::look::Look;
use super::super::theme::Theme;
use super::Panel;

/// With more series than this and no word of the caller's, only some are named.
const MOST_NAMED: usize = 20;
/// How many of these end highest, and how many lowest.
const NAMED_AT_EACH_END: usize = 4;

/// The names of a figure's series, each once, in the order in which they first come.
pub(in super::super) struct Names<'a> {
    looks: Vec<(&'a str, Look)>,
    /// Whether this module chose which are named.
    chosen: bool,
    panels: usize,
}

impl<'a> Names<'a> {
    pub(in super::super) fn new(panels: impl IntoIterator<Item = &'a Panel>) -> Self {
        let panels: Vec<&Panel> = panels.into_iter().collect();
        let mut looks: Vec<(&str, Look)> = Vec::new();
        for series in panels.iter().flat_map(|&panel| &panel.series) {
            if !looks.iter().any(|(name, _)| *name == series.label) {
                let look = series.look.unwrap_or(Look::Run(looks.len()));
                looks.push((&series.label, look));
            }
        }
        let chosen = looks.len() > MOST_NAMED && !looks.iter().any(|(_, look)| *look == Look::Rest);
        if chosen {
            let named = outermost(&panels);
            for (name, look) in &mut looks {
                if *look != Look::Truth && !named.contains(name) {
                    *look = Look::Rest;
                }
            }
        }
        Self {
            looks,
            chosen,
            panels: panels.len(),
        }
    }

    pub(in super::super) fn look(&self, label: &str) -> Look {
        let found = self.looks.iter().find(|(name, _)| *name == label);
        found.map_or(Look::Rest, |(_, look)| *look)
    }

    /// The names that are written.
    pub(in super::super) fn named(&self) -> impl Iterator<Item = (&'a str, Look)> {
        let looks = self.looks.iter().copied();
        looks.filter(|(name, look)| *look != Look::Rest && !name.trim().is_empty())
    }

    /// What the legend holds: the names, unless they stand at their lines, and how many have none.
    pub(in super::super) fn entries(&self, at_the_line: bool, theme: Theme) -> Vec<Entry> {
        let line = |look: Look, width: f64| Sample::Line {
            style: look.style(theme),
            width,
        };
        let mut entries: Vec<Entry> = self
            .named()
            .filter(|_| !at_the_line)
            .map(|(name, look)| Entry {
                label: name.to_owned(),
                sample: line(look, 2.0),
            })
            .collect();
        let rest = self.looks.len() - self.named().count();
        let unnamed = self.looks.iter().filter(|(_, look)| *look == Look::Rest);
        if unnamed.count() > 0 {
            let runs = if rest == 1 { "run" } else { "runs" };
            let why = match (self.chosen, self.panels) {
                (false, _) => "",
                (true, 1) => ", between these at the end",
                (true, _) => ", between these at the end of their first panel",
            };
            entries.push(Entry {
                label: format!("{rest} other {runs}{why}"),
                sample: line(Look::Rest, 1.4),
            });
        }
        entries
    }
}

/// The series that end highest in the first panel that shows them, and those that end lowest: in one panel, or in
/// several that have no series in common.
fn outermost<'a>(panels: &[&'a Panel]) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    let mut named = Vec::new();
    for panel in panels {
        let mut ends = ends(panel);
        if ends.is_empty() || ends.iter().any(|(name, _)| seen.contains(name)) {
            continue;
        }
        ends.sort_by(|a, b| a.1.total_cmp(&b.1));
        let names = ends.iter().map(|(name, _)| *name);
        seen.extend(names.clone());
        named.extend(names.clone().take(NAMED_AT_EACH_END));
        named.extend(names.rev().take(NAMED_AT_EACH_END));
    }
    named
}

/// The last value of each series that has one.
fn ends(panel: &Panel) -> Vec<(&str, f64)> {
    let series = panel.series.iter();
    series
        .filter_map(|series| {
            let shown = series.points.iter();
            let last = shown
                .filter(|(x, y)| x.is_finite() && panel.scale.shows(*y))
                .max_by(|a, b| a.0.total_cmp(&b.0))?;
            Some((series.label.as_str(), last.1))
        })
        .collect()
}
