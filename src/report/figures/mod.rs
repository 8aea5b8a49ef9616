//! The figures of a report: what a file asks for, one file a kind, and from which numbers and pictures each is drawn.
//!
//! A kind is an arm of [`FigureKind`] and a file here that turns runs into the data of a drawing of
//! [`figure`](crate::figure). Pictures come from the run folders' samples; nothing is decoded or computed anew that a run
//! has not left there.

mod claims;
mod comparison;
mod curves;
mod effects;
pub(super) mod pictures;
mod progress;
mod samples;

use rayon::prelude::*;
use serde::Deserialize;

use super::claims::Judged;
use super::{Material, Needs, ReportError, Selection};
use crate::evaluate::Metric;
use crate::figure::{Figure, Theme};

/// A figure as a report's file asks for it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureSpec {
    /// What it shows.
    pub kind: FigureKind,
    /// What its files are called; its kind where it is not written.
    name: Option<String>,
    /// Its title; that of its kind where it is not written.
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
    /// Steps over which the loss is averaged for the eye; 0 leaves it as it is.
    pub smooth: Option<f64>,
    /// The first of two runs that are held against each other.
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
        }
    }

    /// The options that mean something to it, beside those that every figure has.
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Samples => &["runs", "images"],
            Self::Comparison => &["runs", "images", "metrics"],
            Self::Progress => &["runs", "images"],
            Self::Curves => &["runs", "metrics", "scale", "smooth"],
            Self::Claims => &[],
            Self::Effects => &["runs", "metrics"],
        }
    }
}

impl FigureSpec {
    /// What its files are called.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.kind.name())
    }

    /// What is wrong with its values: the key, what it must be, and what to do about it.
    pub(super) fn violations(&self) -> Vec<(&'static str, String, String)> {
        let written = [
            ("runs", !self.runs.is_empty()),
            ("metrics", !self.metrics.is_empty()),
            ("images", self.images.is_some()),
            ("scale", self.scale.is_some()),
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
                    0 => format!("`{kind}` has no options but `name`, `title` and `caption`"),
                    _ => format!("options of `{kind}`: {}", all.join(", ")),
                };
                (key, format!("means nothing to `{kind}`"), help)
            })
            .collect();
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
    fn metrics(&self, otherwise: &[Metric]) -> Vec<Metric> {
        if self.metrics.is_empty() {
            return otherwise.to_vec();
        }
        let names = self.metrics.iter();
        names.filter_map(|name| Metric::from_name(name)).collect()
    }

    fn title(&self, otherwise: &str) -> String {
        self.title.clone().unwrap_or_else(|| otherwise.to_owned())
    }

    /// Says what it has to know.
    pub fn needs(&self, needs: &mut Needs) {
        match self.kind {
            FigureKind::Samples | FigureKind::Progress | FigureKind::Claims => {}
            FigureKind::Comparison => comparison::needs(self, needs),
            FigureKind::Curves => curves::needs(self, needs),
            FigureKind::Effects => effects::needs(self, needs),
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
        }
    }
}

/// What figures are drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The runs.
    pub selection: &'a Selection,
    /// Their numbers.
    pub material: &'a Material,
    /// The claims.
    pub judged: &'a [Judged],
}

/// A figure, drawn.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// What its files are called.
    pub name: String,
    /// The name of the figure in the report's file, which may be drawn as several.
    pub figure: String,
    /// Its title.
    pub title: String,
    /// What it shows and how to read it.
    pub caption: String,
    /// What somebody who does not see it should know of it.
    pub alternative: String,
    /// The groups that it shows, and how many of their runs: all, or the first alone.
    pub shown: Shown,
    /// Whether it is mostly photographs.
    pub has_pictures: bool,
    /// On a light page.
    pub light: Figure,
    /// On a dark page.
    pub dark: Figure,
}

/// The runs that a figure shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The groups, by their places in the selection.
    pub groups: Vec<usize>,
    /// Whether it shows every seed, or the first alone.
    pub all_seeds: bool,
}

/// What a drawing is, but for its two themes.
struct Outline {
    name: String,
    figure: String,
    title: String,
    caption: String,
    alternative: String,
    shown: Shown,
    has_pictures: bool,
}

impl Outline {
    fn draw(self, draw: impl Fn(Theme) -> Figure + Sync) -> Drawing {
        let (light, dark) = rayon::join(|| draw(Theme::Light), || draw(Theme::Dark));
        let Self {
            name,
            figure,
            title,
            caption,
            alternative,
            shown,
            has_pictures,
        } = self;
        Drawing {
            name,
            figure,
            title,
            caption,
            alternative,
            shown,
            has_pictures,
            light,
            dark,
        }
    }
}

/// Draws all figures of a report, in order.
///
/// # Errors
///
/// [`ReportError`] when a sample picture cannot be read.
pub fn draw_all(
    specs: &[FigureSpec],
    context: &Context<'_>,
) -> Result<Vec<Vec<Drawing>>, ReportError> {
    specs.par_iter().map(|spec| spec.draw(context)).collect()
}

/// Two sentences, of which either may be empty.
fn sentences(first: &str, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second.to_owned(),
        (_, true) => first.to_owned(),
        (false, false) => format!("{first} {second}"),
    }
}

/// Letters and digits in lower case, with single hyphens between: for names of files.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain() {
        assert_eq!(slug("03-yuv image.size=96"), "03-yuv-image-size-96");
        assert_eq!(slug("<script>"), "script");
    }
}
