//! The figures of a report: what a file asks for, one file a kind, and from which numbers and pictures each is drawn.
//!
//! A kind is an arm of [`FigureKind`] and a file here that turns runs into the data of a drawing of
//! [`figure`](crate::figure). Pictures come from the run folders' samples; nothing is decoded or computed anew that a run
//! has not left there.

mod chroma;
mod claims;
mod comparison;
mod curves;
mod duel;
mod effects;
pub(super) mod pictures;
mod progress;
mod resources;
mod samples;
mod scatter;

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Deserialize;

use super::claims::Judged;
use super::{Material, Needs, ReportError, Selection};
use crate::evaluate::{self, Metric};
use crate::figure::{Better, Figure, Look, Metric as ShownMetric, RunName, Theme};
use crate::statistics::ImageTerms;

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
    /// One metric against another, a dot an image: colorfulness against accuracy where no metrics are named.
    Scatter,
    /// How often which chroma occurs, in photographs and in what runs made of them.
    Chroma,
    /// The images on which one run is furthest ahead of another, and furthest behind.
    Extremes,
    /// Memory and speed over the steps.
    Resources,
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
            Self::Effects | Self::Scatter => &["runs", "metrics"],
            Self::Chroma => &["runs"],
            Self::Extremes => &["of", "against", "metrics", "images"],
            Self::Resources => &["runs", "smooth"],
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
        if self.kind == FigureKind::Extremes {
            for (key, side) in [("of", &self.of), ("against", &self.against)] {
                if side.is_none() {
                    let must = "is missing: it names one of the two runs".to_owned();
                    violations.push((key, must, String::new()));
                }
            }
        }
        if self.kind == FigureKind::Scatter && self.metrics.len() != 2 && !self.metrics.is_empty() {
            let must = "must be two: across and upwards".to_owned();
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

impl Context<'_> {
    /// A group as figures name it: its look is the same in every figure of the report.
    fn name(&self, group: usize) -> RunName {
        RunName {
            label: self.selection.groups[group].label.clone(),
            look: Look::Run(group),
        }
    }

    /// Divides groups by the images that judged them.
    fn by_jury(&self, spec: &FigureSpec, groups: &[usize]) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for jury in &self.material.juries {
            let groups: Vec<usize> = groups
                .iter()
                .copied()
                .filter(|group| jury.groups.contains(group))
                .collect();
            if groups.is_empty() {
                continue;
            }
            let plain = format!("{}-{}", spec.name(), slug(&jury.categories));
            let is_taken = parts.iter().any(|part| part.name == plain);
            parts.push(Part {
                name: if is_taken {
                    format!("{plain}-{}", parts.len() + 1)
                } else {
                    plain
                },
                categories: jury.categories.clone(),
                groups,
            });
        }
        if let [part] = &mut parts[..] {
            spec.name().clone_into(&mut part.name);
        }
        parts
    }
}

/// Groups that were judged by the same images.
struct Part {
    /// What the files of a figure of them are called.
    name: String,
    categories: String,
    groups: Vec<usize>,
}

impl Part {
    /// A title that says which photographs, where they are not of all kinds.
    fn title(&self, title: &str) -> String {
        match self.categories.as_str() {
            "all categories" => title.to_owned(),
            categories => format!("{title}, {categories}"),
        }
    }
}

/// A metric as figures write it.
fn shown_metric(metric: Metric, digits: usize) -> ShownMetric {
    ShownMetric {
        name: metric.title().to_owned(),
        unit: metric.unit().unwrap_or_default().to_owned(),
        digits,
        better: match metric.better() {
            evaluate::Better::Lower => Better::Lower,
            _ => Better::Higher,
        },
    }
}

/// The metric of every image on its own.
fn by_image(terms: Option<&Vec<ImageTerms>>) -> BTreeMap<i64, f64> {
    let terms = terms.map_or(&[][..], Vec::as_slice).iter();
    terms
        .filter(|term| term.denominator != 0.0)
        .map(|term| (term.image, term.numerator / term.denominator))
        .collect()
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
        } = self;
        Drawing {
            name,
            figure,
            title,
            caption,
            alternative,
            shown,
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
