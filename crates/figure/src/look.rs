//! What a run is called and how it looks: the same in every figure of a report.

use super::theme::{Color, Dash, Theme};

/// The look of a line, a cloud of dots or a column's mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Look {
    /// A run's own: eight colors, each with five dashes, so the first 40 differ. A caller numbers
    /// the runs of a report once, and every figure of it then shows a run in one look.
    Run(usize),
    /// The photographs themselves: gray, solid.
    Truth,
    /// One of many that are only there for comparison: pale, thin, not named, but counted.
    Rest,
}

/// A run as figures name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunName {
    /// What it is called; shortened in its middle where there is no room.
    pub label: String,
    /// How it looks.
    pub look: Look,
}

impl RunName {
    /// Names in the order of their looks: the first has look 0.
    pub fn numbered<L: Into<String>>(labels: impl IntoIterator<Item = L>) -> Vec<Self> {
        labels
            .into_iter()
            .enumerate()
            .map(|(number, label)| Self {
                label: label.into(),
                look: Look::Run(number),
            })
            .collect()
    }
}

/// A look in a theme.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) color: Color,
    pub(super) dash: Dash,
}

impl Look {
    pub(super) fn style(self, theme: Theme) -> Style {
        let (color, dash) = match self {
            Self::Run(number) => theme.series(number),
            Self::Truth => (theme.muted(), Dash::Solid),
            Self::Rest => (theme.thinned(theme.rule(), 0.55), Dash::Solid),
        };
        Style { color, dash }
    }
}
