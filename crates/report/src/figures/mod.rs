//! The figures of a report: what a file asks for, one file per kind, and from which numbers and pictures each is drawn.
//!
//! A kind is an arm of [`FigureKind`] and a file here that turns runs into the data of a drawing of
//! [`figure`](crate::figure). Pictures come from the run folders' samples. Those that figures show beyond these are asked
//! for before anything is drawn, and kept: see [`Album`].

mod album;
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
mod spec;
mod sweep;

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;

pub use album::{Album, Remade, Remake, Unavailable};
pub use spec::{FigureKind, FigureSpec, LossScale, SweepForm};

use album::Wanted;

use super::claims::Judged;
use super::{Jury, Material, ReportError, Selection};
use crate::evaluate::Metric;
use crate::figure::{Figure, Look, Metric as ShownMetric, Room, RunName, Theme};
use crate::statistics::ImageTerms;
use colorize_base::thousands;

/// What figures are drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The runs.
    pub selection: &'a Selection,
    /// Their numbers.
    pub material: &'a Material,
    /// The claims.
    pub judged: &'a [Judged],
    /// The runs' pictures.
    pub album: &'a Album,
}

impl Context<'_> {
    /// A group as figures name it: its look is the same in every figure of the report.
    fn name(&self, group: usize) -> RunName {
        RunName {
            label: self.selection.groups[group].short.clone(),
            look: Look::Run(group),
        }
    }

    /// A metric over all images, the mean over seeds: the number of the table of scores.
    fn overall(&self, group: usize, metric: Metric) -> Option<f64> {
        let values = self.material.values(group, metric)?;
        Some(values.iter().sum::<f64>() / values.len() as f64)
    }

    /// The images that the first runs of all of these groups were judged by, in the order in which the first was: so the
    /// first few are a fair sample, and the samples of the training are among them.
    fn shared_ids(&self, groups: &[usize]) -> Vec<i64> {
        let ids = |group: usize| &self.material.numbers[group][0].ids;
        let Some((&first, others)) = groups.split_first() else {
            return Vec::new();
        };
        let others: Vec<HashSet<i64>> = others
            .iter()
            .map(|&group| ids(group).iter().copied().collect())
            .collect();
        let shared = ids(first).iter().copied();
        shared
            .filter(|id| others.iter().all(|other| other.contains(id)))
            .collect()
    }

    /// Those of them that a figure shows: as many as the file says, or at most `most`.
    fn shown_ids(&self, spec: &FigureSpec, groups: &[usize], most: usize) -> Vec<i64> {
        let mut ids = self.shared_ids(groups);
        ids.truncate(spec.images.unwrap_or(most));
        ids
    }

    /// The pictures of [`Self::shown_ids`], for every run of every held-out set.
    fn wants_of_parts(&self, spec: &FigureSpec, groups: &[usize], most: usize) -> Vec<Wanted> {
        let parts = self.by_jury(spec, groups);
        parts
            .iter()
            .flat_map(|part| {
                let ids = self.shown_ids(spec, &part.groups, most);
                part.groups.iter().map(move |&group| Wanted {
                    group,
                    ids: ids.clone(),
                })
            })
            .collect()
    }

    /// The pictures of the first `images` held-out images of every set, for the gallery of the page.
    pub(super) fn gallery_wants(&self, images: Option<usize>) -> Vec<Wanted> {
        let Some(images) = images else {
            return Vec::new();
        };
        let juries = self.material.juries.iter();
        juries
            .flat_map(|jury| {
                let mut ids = self.shared_ids(&jury.groups);
                ids.truncate(images);
                jury.groups.iter().map(move |&group| Wanted {
                    group,
                    ids: ids.clone(),
                })
            })
            .collect()
    }

    /// `at step 2,000`, or, where runs were trained for different times, `each at its last step (500 to 2,000)`.
    fn at_last_step(&self, groups: &[usize]) -> String {
        let steps = groups
            .iter()
            .map(|&group| self.selection.groups[group].first().record.steps);
        let (least, most) = (steps.clone().min(), steps.max());
        match (least, most) {
            (Some(least), Some(most)) if least < most => format!(
                "each at its last step ({} to {})",
                thousands(least),
                thousands(most)
            ),
            (_, most) => format!("at step {}", thousands(most.unwrap_or(0))),
        }
    }

    /// Which photographs a jury has: `stop sign`, and what else tells them from those of another: `stop sign at 96 pixels`.
    fn photographs(&self, jury: &Jury) -> String {
        let size = |jury: &Jury| {
            let run = self.selection.groups[jury.groups[0]].first();
            run.experiment.image.size
        };
        let mut alike = self
            .material
            .juries
            .iter()
            .filter(|other| other.categories == jury.categories && other.groups != jury.groups);
        if alike.clone().any(|other| size(other) != size(jury)) {
            format!("{} at {} pixels", jury.categories, size(jury))
        } else if alike.any(|other| other.images != jury.images) {
            format!("{}, {} images", jury.categories, thousands(jury.images))
        } else {
            jury.categories.clone()
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
            let photographs = self.photographs(jury);
            let plain = format!("{}-{}", spec.name(), slug(&photographs));
            let is_taken = parts.iter().any(|part| part.name == plain);
            parts.push(Part {
                name: if is_taken {
                    format!("{plain}-{}", parts.len() + 1)
                } else {
                    plain
                },
                photographs,
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
    /// Which photographs judged them.
    photographs: String,
    groups: Vec<usize>,
}

impl Part {
    /// A title that says which photographs, where they are not of all kinds.
    fn title(&self, title: &str) -> String {
        match self.photographs.as_str() {
            "all categories" => title.to_owned(),
            photographs => format!("{title}, {photographs}"),
        }
    }
}

/// A metric as figures write it.
fn shown_metric(metric: Metric, digits: usize) -> ShownMetric {
    ShownMetric {
        name: metric.title().to_owned(),
        unit: metric.unit().unwrap_or_default().to_owned(),
        digits,
        better: metric.better(),
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
    /// Laid out for a phone, light and dark, where its kind can be.
    pub phone: Option<[Figure; 2]>,
    /// Whether it is one of many of a kind, which a reader opens one by one.
    pub is_folded: bool,
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
            phone: None,
            is_folded: false,
        }
    }

    /// The same for a kind that has a layout for phones.
    fn draw_for_phones(self, draw: impl Fn(Room, Theme) -> Figure + Sync) -> Drawing {
        let phone = [Theme::Light, Theme::Dark].map(|theme| draw(Room::Phone, theme));
        Drawing {
            phone: Some(phone),
            ..self.draw(|theme| draw(Room::Page, theme))
        }
    }
}

/// The pictures that the figures show, as far as they are of runs at their last steps.
pub(super) fn wanted(specs: &[FigureSpec], context: &Context<'_>) -> Vec<Wanted> {
    specs.iter().flat_map(|spec| spec.wants(context)).collect()
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
    fn figures_know_every_metric_as_the_table_has_it() {
        for metric in Metric::ALL {
            let shown = shown_metric(metric, metric.digits());
            assert_eq!(shown.better, metric.better(), "{}", metric.name());
            assert_eq!(shown.name, metric.title());
            let unit = Some(shown.unit).filter(|unit| !unit.is_empty());
            assert_eq!(unit.as_deref(), metric.unit(), "{}", metric.name());
        }
    }

    #[test]
    fn names_of_files_are_plain() {
        assert_eq!(slug("03-yuv image.size=96"), "03-yuv-image-size-96");
        assert_eq!(slug("<script>"), "script");
    }
}
