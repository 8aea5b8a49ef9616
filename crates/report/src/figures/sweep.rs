//! What became of the points of a matrix or a random search.

use std::collections::BTreeSet;

use super::{
    Context, Drawing, FigureSpec, Outline, Part, Shown, SweepForm, sentences, shown_metric, slug,
};
use crate::Needs;
use crate::evaluate::Metric;
use crate::experiment::Variant;
use crate::figure::{self, Scale, Sweep, SweptKey, SweptPoint, SweptValues, sweep};
use crate::table::digits;

/// Shown where the file names none.
const METRICS: [Metric; 1] = [Metric::Psnr];

/// Numbers with more values than this stand along an axis.
const MOST_PLACES: usize = 12;
/// Numbers that span a factor of this or more stand on a logarithmic axis.
const WIDE: f64 = 20.0;

pub(super) fn needs(spec: &FigureSpec, needs: &mut Needs) {
    needs.add_values(spec.metrics(&METRICS));
}

/// One figure for each metric, experiment and set of held-out images.
pub(super) fn draw(spec: &FigureSpec, groups: &[usize], context: &Context<'_>) -> Vec<Drawing> {
    let metrics = spec.metrics(&METRICS);
    let mut drawings = Vec::new();
    for part in parts(spec, groups, context) {
        for &metric in &metrics {
            let name = match metrics.len() {
                1 => part.name.clone(),
                _ => format!("{}-{}", part.name, slug(metric.name())),
            };
            drawings.extend(drawing(spec, (name, &part), metric, context));
        }
    }
    drawings
}

/// Groups of one experiment that were judged by the same images.
fn parts(spec: &FigureSpec, groups: &[usize], context: &Context<'_>) -> Vec<Part> {
    let of = |group: &usize| context.selection.groups[*group].entry;
    let entries: BTreeSet<usize> = groups.iter().map(of).collect();
    let mut parts = Vec::new();
    for &entry in &entries {
        let these: Vec<usize> = groups
            .iter()
            .copied()
            .filter(|group| of(group) == entry)
            .collect();
        for mut part in context.by_jury(spec, &these) {
            if entries.len() > 1 {
                let run = slug(context.selection.entries[entry].name());
                part.name = format!("{}-{run}", part.name);
            }
            parts.push(part);
        }
    }
    parts
}

fn drawing(
    spec: &FigureSpec,
    (name, part): (String, &Part),
    metric: Metric,
    context: &Context<'_>,
) -> Option<Drawing> {
    let variant = |group: usize| &context.selection.groups[group].first().record.variant;
    let variants: Vec<&Variant> = part.groups.iter().map(|&group| variant(group)).collect();
    let keys = keys(&variants);
    let form = match (spec.form, keys.len()) {
        (_, 0) => return None,
        (Some(SweepForm::Heat) | None, 2) => figure::SweepForm::Heat,
        (Some(SweepForm::Heat), _) => return None,
        (Some(SweepForm::Parallel) | None, _) => figure::SweepForm::Parallel,
    };
    let points = part.groups.iter().zip(&variants);
    let points = points.map(|(&group, variant)| SweptPoint {
        at: keys.iter().map(|key| key.place(variant)).collect(),
        value: context.overall(group, metric),
        name: variant.to_string(),
    });
    let content = Sweep {
        points: points.collect(),
        metric: shown_metric(metric, digits(metric)),
        note: seeds(part, context),
        keys: keys.into_iter().map(|key| key.swept).collect(),
    };
    let names: Vec<&str> = content.keys.iter().map(|key| key.name.as_str()).collect();
    let over = names.join(", ");
    let title = part.title(&spec.title(&format!("{} over {over}", metric.title())));
    let how = match form {
        figure::SweepForm::Heat => {
            "The better a point, the more its color stands out; the best one is framed."
        }
        figure::SweepForm::Parallel => {
            "Each line is a point: its values, and at the right what became of it. The best one is thick."
        }
    };
    let outline = Outline {
        name,
        figure: spec.name().to_owned(),
        title: title.clone(),
        caption: sentences(&spec.caption, how),
        alternative: format!(
            "{} at {} points of {over}, as colors. The table of scores gives the numbers.",
            metric.title(),
            content.points.len()
        ),
        shown: Shown {
            groups: part.groups.clone(),
            all_seeds: true,
        },
    };
    Some(outline.draw(|theme| sweep(&title, &content, form, theme)))
}

/// A key that differs between points.
struct Key {
    dotted: String,
    swept: SweptKey,
}

impl Key {
    /// Where a point stands under it; no number where it has no value.
    fn place(&self, variant: &Variant) -> f64 {
        let Some(value) = value(variant, &self.dotted) else {
            return f64::NAN;
        };
        match &self.swept.values {
            SweptValues::Each(values) => {
                let place = values.iter().position(|known| known == value);
                place.map_or(f64::NAN, |place| place as f64)
            }
            SweptValues::Along(_) => value.parse().unwrap_or(f64::NAN),
        }
    }
}

fn value<'a>(variant: &'a Variant, key: &str) -> Option<&'a str> {
    variant
        .iter()
        .find_map(|(known, value)| (known == key).then_some(value))
}

/// The keys in which points differ, as short as tells them apart.
fn keys(variants: &[&Variant]) -> Vec<Key> {
    let all: BTreeSet<&str> = variants
        .iter()
        .flat_map(|variant| variant.iter().map(|(key, _)| key))
        .collect();
    let values = |key: &str| -> Vec<&str> {
        variants
            .iter()
            .filter_map(|variant| value(variant, key))
            .collect()
    };
    let differing: Vec<&str> = all
        .into_iter()
        .filter(|key| values(key).iter().collect::<BTreeSet<_>>().len() > 1)
        .collect();
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    differing
        .iter()
        .map(|key| {
            let alike = differing.iter().filter(|other| last(other) == last(key));
            let is_unique = alike.count() == 1;
            Key {
                dotted: (*key).to_owned(),
                swept: SweptKey {
                    name: if is_unique {
                        last(key)
                    } else {
                        (*key).to_owned()
                    },
                    values: places(&values(key)),
                },
            }
        })
        .collect()
}

/// Where values stand: numbers of which no two points share one, or that are many, along an axis, and all others at a place
/// each, numbers by their size.
fn places(values: &[&str]) -> SweptValues {
    let mut distinct: Vec<&str> = values.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let numbers: Option<Vec<f64>> = distinct.iter().map(|value| value.parse().ok()).collect();
    let Some(numbers) = numbers else {
        return SweptValues::Each(distinct.into_iter().map(str::to_owned).collect());
    };
    if distinct.len() == values.len() || distinct.len() > MOST_PLACES {
        let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let is_wide = low > 0.0 && high / low >= WIDE;
        return SweptValues::Along(if is_wide { Scale::Log } else { Scale::Linear });
    }
    let mut sorted: Vec<(f64, &str)> = numbers.into_iter().zip(distinct).collect();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    SweptValues::Each(
        sorted
            .into_iter()
            .map(|(_, value)| value.to_owned())
            .collect(),
    )
}

/// `mean over 3 seeds each`.
fn seeds(part: &Part, context: &Context<'_>) -> String {
    let counts: BTreeSet<usize> = part
        .groups
        .iter()
        .map(|&group| context.selection.groups[group].runs.len())
        .collect();
    match (counts.first(), counts.last()) {
        (Some(1), Some(1)) => "one seed each".to_owned(),
        (Some(least), Some(most)) if least == most => format!("means over {most} seeds each"),
        (Some(least), Some(most)) => format!("means over {least} to {most} seeds each"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_along_an_axis_where_no_two_points_share_one() {
        let each =
            |values: &[&str]| SweptValues::Each(values.iter().map(|it| (*it).to_owned()).collect());
        let grid = ["16", "8", "32", "8", "16", "32"];
        assert_eq!(places(&grid), each(&["8", "16", "32"]));
        assert_eq!(
            places(&["batch", "instance", "batch"]),
            each(&["batch", "instance"])
        );
        let rates = ["0.0001", "0.003", "0.01"];
        assert_eq!(places(&rates), SweptValues::Along(Scale::Log));
        assert_eq!(places(&["1", "2", "4"]), SweptValues::Along(Scale::Linear));
        assert_eq!(places(&["-1", "2"]), SweptValues::Along(Scale::Linear));
    }

    #[test]
    fn keys_that_are_the_same_everywhere_are_left_out() {
        let variant = |pairs: &[(&str, &str)]| {
            Variant::new(
                pairs
                    .iter()
                    .map(|&(key, value)| (key.to_owned(), value.to_owned())),
            )
        };
        let one = variant(&[
            ("image.size", "64"),
            ("fusion.size", "64"),
            ("network.norm", "batch"),
        ]);
        let other = variant(&[
            ("image.size", "96"),
            ("fusion.size", "96"),
            ("network.norm", "batch"),
        ]);
        let names: Vec<String> = keys(&[&one, &other])
            .into_iter()
            .map(|key| key.swept.name)
            .collect();
        assert_eq!(names, ["fusion.size", "image.size"]);
    }
}
