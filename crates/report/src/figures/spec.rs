//! What a report's file says of a figure.

use serde::Deserialize;

use super::album::Wanted;
use super::{
    Context, Drawing, chroma, claims, comparison, curves, duel, effects, progress, resources,
    samples, scatter, sweep,
};
use crate::evaluate::Metric;
use crate::{Needs, ReportError};

/// A figure as a report's file asks for it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureSpec {
    /// What it shows.
    pub kind: FigureKind,
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
    /// How many images, at most.
    pub images: Option<usize>,
    /// Scale of the loss.
    pub scale: Option<LossScale>,
    /// How a sweep is drawn; a heat map of two keys, and parallel axes of any other number, where it is not said.
    pub form: Option<SweepForm>,
    /// Steps over which the loss is averaged for the eye; 0 leaves it as it is.
    pub smooth: Option<f64>,
    /// The first of two runs that are compared with each other.
    pub of: Option<String>,
    /// The second.
    pub against: Option<String>,
}

/// Scale of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossScale {
    /// Equal steps are equal differences.
    Linear,
    /// Equal steps are equal factors.
    Log,
}

/// How a sweep is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SweepForm {
    /// Two keys across and down, what became of them as color.
    Heat,
    /// An upright axis for each key, and a line for each point.
    Parallel,
}

/// What a figure shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureKind {
    /// What each network made of its samples, as the original drew it.
    Samples,
    /// The same held-out images by all runs.
    Comparison,
    /// Images through the steps of a training.
    Progress,
    /// Learning curves.
    Curves,
    /// The claims' differences with their intervals.
    Claims,
    /// Every run's difference from its parent.
    Effects,
    /// One metric against another, one dot per image: colorfulness against accuracy where no metrics are named.
    Scatter,
    /// How often which chroma occurs, in photographs and in what runs made of them.
    Chroma,
    /// The images on which one run is furthest ahead of another, and furthest behind.
    Extremes,
    /// Memory and speed over the steps.
    Resources,
    /// What became of every point of a matrix or a random search.
    Sweep,
}

impl FigureKind {
    fn name(self) -> &'static str {
        match self {
            Self::Samples => "samples",
            Self::Comparison => "comparison",
            Self::Progress => "progress",
            Self::Curves => "curves",
            Self::Claims => "claims",
            Self::Effects => "effects",
            Self::Scatter => "scatter",
            Self::Chroma => "chroma",
            Self::Extremes => "extremes",
            Self::Resources => "resources",
            Self::Sweep => "sweep",
        }
    }

    /// The options that apply to it, besides those that every figure has.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Samples => &["runs", "images"],
            Self::Comparison => &["runs", "images", "metrics"],
            Self::Progress => &["runs", "images"],
            Self::Curves => &["runs", "metrics", "scale", "smooth"],
            Self::Claims => &[],
            Self::Effects | Self::Scatter => &["runs", "metrics"],
            Self::Chroma => &["runs", "images"],
            Self::Extremes => &["of", "against", "metrics", "images"],
            Self::Resources => &["runs", "smooth"],
            Self::Sweep => &["runs", "metrics", "form"],
        }
    }
}

impl FigureSpec {
    /// What its files are called.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.kind.name())
    }

    /// What messages call it, and the names of runs that it speaks of.
    pub(crate) fn listing(&self) -> (String, Vec<&str>) {
        let sides = self.of.iter().chain(&self.against);
        let names = self.runs.iter().chain(sides).map(String::as_str);
        (format!("the figure `{}`", self.name()), names.collect())
    }

    /// What is wrong with its values: the key, what it must be, and how to fix it.
    pub(crate) fn violations(&self) -> Vec<(&'static str, String, String)> {
        let written = [
            ("runs", !self.runs.is_empty()),
            ("metrics", !self.metrics.is_empty()),
            ("images", self.images.is_some()),
            ("scale", self.scale.is_some()),
            ("form", self.form.is_some()),
            ("smooth", self.smooth.is_some()),
            ("of", self.of.is_some()),
            ("against", self.against.is_some()),
        ];
        let kind = self.kind.name();
        let options = self.kind.options();
        let mut violations: Vec<(&'static str, String, String)> = written
            .into_iter()
            .filter(|(key, is_written)| *is_written && !options.contains(key))
            .map(|(key, _)| {
                let all: Vec<String> = options.iter().map(|option| format!("`{option}`")).collect();
                let help = match all.len() {
                    0 => {
                        format!("`{kind}` has no options other than `name`, `title`, and `caption`")
                    }
                    _ => format!("options of `{kind}`: {}", all.join(", ")),
                };
                (key, format!("does not apply to `{kind}`"), help)
            })
            .collect();
        if self.kind == FigureKind::Extremes {
            for (key, side) in [("of", &self.of), ("against", &self.against)] {
                if side.is_none() {
                    let must = "is missing: it must name one of the two runs".to_owned();
                    violations.push((key, must, String::new()));
                }
            }
        }
        if self.kind == FigureKind::Scatter && self.metrics.len() != 2 && !self.metrics.is_empty() {
            let must = "must name two metrics: one for x and one for y".to_owned();
            violations.push(("metrics", must, String::new()));
        }
        if self.images == Some(0) {
            violations.push(("images", "must be at least 1".to_owned(), String::new()));
        }
        if self
            .smooth
            .is_some_and(|steps| !(steps >= 0.0 && steps.is_finite()))
        {
            let must = "must be a number of steps, 0 or more".to_owned();
            violations.push(("smooth", must, String::new()));
        }
        violations
    }

    /// Its metrics, judged when the file was read.
    pub(super) fn metrics(&self, otherwise: &[Metric]) -> Vec<Metric> {
        if self.metrics.is_empty() {
            return otherwise.to_vec();
        }
        let names = self.metrics.iter();
        names.filter_map(|name| Metric::from_name(name)).collect()
    }

    pub(super) fn title(&self, otherwise: &str) -> String {
        self.title.clone().unwrap_or_else(|| otherwise.to_owned())
    }

    /// Says what it has to know.
    pub fn needs(&self, needs: &mut Needs) {
        match self.kind {
            FigureKind::Samples
            | FigureKind::Progress
            | FigureKind::Claims
            | FigureKind::Chroma => {}
            FigureKind::Comparison => comparison::needs(self, needs),
            FigureKind::Curves => curves::needs(self, needs),
            FigureKind::Effects => effects::needs(self, needs),
            FigureKind::Scatter => scatter::needs(self, needs),
            FigureKind::Extremes => duel::needs(self, needs),
            FigureKind::Resources => resources::needs(needs),
            FigureKind::Sweep => sweep::needs(self, needs),
        }
    }

    /// The pictures that it shows of runs at their last steps.
    pub(super) fn wants(&self, context: &Context<'_>) -> Vec<Wanted> {
        let groups = context.selection.listed(&self.runs);
        match self.kind {
            FigureKind::Comparison => comparison::wants(self, &groups, context),
            FigureKind::Chroma => chroma::wants(self, &groups, context),
            FigureKind::Extremes => duel::wants(self, context),
            FigureKind::Samples
            | FigureKind::Progress
            | FigureKind::Curves
            | FigureKind::Claims
            | FigureKind::Effects
            | FigureKind::Scatter
            | FigureKind::Resources
            | FigureKind::Sweep => Vec::new(),
        }
    }

    /// Draws it: as many figures as it needs, in light and dark.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when a sample picture cannot be read.
    pub fn draw(&self, context: &Context<'_>) -> Result<Vec<Drawing>, ReportError> {
        let groups = context.selection.listed(&self.runs);
        match self.kind {
            FigureKind::Samples => samples::draw(self, &groups, context),
            FigureKind::Comparison => comparison::draw(self, &groups, context),
            FigureKind::Progress => progress::draw(self, &groups, context),
            FigureKind::Curves => Ok(curves::draw(self, &groups, context)),
            FigureKind::Claims => Ok(claims::draw(self, context)),
            FigureKind::Effects => Ok(effects::draw(self, &groups, context)),
            FigureKind::Scatter => Ok(scatter::draw(self, &groups, context)),
            FigureKind::Chroma => chroma::draw(self, &groups, context),
            FigureKind::Extremes => duel::draw(self, context),
            FigureKind::Resources => Ok(resources::draw(self, &groups, context)),
            FigureKind::Sweep => Ok(sweep::draw(self, &groups, context)),
        }
    }
}
