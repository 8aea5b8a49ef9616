//! The held-out images of a report as thumbnails on its page.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use image::codecs::jpeg::JpegEncoder;
use image::{RgbImage, imageops};
use rayon::prelude::*;

use super::best::best;
use super::html::{Gallery, GalleryImage, GalleryMetric};
use crate::evaluate::{Baseline, Metric, answer};
use crate::figures::Album;
use crate::runs::read_photographs;
use crate::table::digits;
use crate::{Group, Jury, Made, ReportError, Scores};
use colorize_base::thousands;

/// Runs of a gallery, at most: each adds a picture to every image.
const RUNS: usize = 12;

/// What all thumbnails of a page may weigh, in bytes within the page: it shall open quickly, and pass through mail.
const BUDGET: usize = 7_000_000;

/// The longer side of a thumbnail in pixels: the largest for which there is room. Smaller pictures stay as they are.
const SIDES: [u32; 6] = [160, 128, 96, 64, 48, 32];

/// Images by which the weight of all of them is estimated.
const SAMPLE: usize = 16;

/// Of 1 to 100; colors shall stay what they are.
const QUALITY: u8 = 82;

/// Categories that images can be chosen by, at most: the most frequent ones.
const CATEGORIES: usize = 100;

/// An image whose pictures are available: its id, its name, its row in each run's table.
struct Known {
    id: i64,
    name: String,
    shows: Vec<usize>,
    has: Vec<bool>,
    scores: Vec<Vec<Option<f64>>>,
}

/// The runs of one gallery and its images.
struct Contents<'a> {
    jury: &'a Jury,
    album: &'a Album,
    groups: Vec<&'a Group>,
    metrics: Vec<Metric>,
    categories: Vec<String>,
    images: Vec<Known>,
    /// How many images the runs were judged by.
    total: usize,
}

/// A gallery for every set of held-out images of which there are pictures.
pub(super) fn galleries(made: &Made) -> Result<Vec<Gallery>, ReportError> {
    let contents = made
        .material
        .juries
        .iter()
        .map(|jury| Contents::of(jury, made))
        .collect::<Result<Vec<_>, _>>()?;
    let weights: Vec<usize> = contents
        .iter()
        .map(|it| it.images.len() * (it.groups.len() + 2))
        .collect();
    let all: usize = weights.iter().sum::<usize>().max(1);
    let both = contents.iter().zip(weights);
    both.filter(|(contents, _)| !contents.images.is_empty())
        .map(|(contents, weight)| {
            // In proportion; a hundredth of a page's budget is little, but a product of two counts may overflow.
            let budget = BUDGET / all * weight;
            gallery(contents, budget, made)
        })
        .collect()
}

impl<'a> Contents<'a> {
    fn of(jury: &'a Jury, made: &'a Made) -> Result<Self, ReportError> {
        let groups: Vec<&Group> = jury
            .groups
            .iter()
            .take(RUNS)
            .map(|&group| &made.selection.groups[group])
            .collect();
        let tables = groups
            .iter()
            .map(|group| Scores::of_finished(group.first()))
            .collect::<Result<Vec<_>, _>>()?;
        let mut metrics: Vec<Metric> = Metric::ALL
            .into_iter()
            .filter(|metric| tables.iter().any(|table| table.terms(*metric).is_some()))
            .collect();
        // The first is shown at first, and runs may have different losses.
        metrics.sort_by_key(|&metric| metric == Metric::Loss);
        let scores: Vec<Vec<HashMap<i64, f64>>> = tables
            .iter()
            .map(|table| metrics.iter().map(|&metric| by_id(table, metric)).collect())
            .collect();
        let named: Vec<(i64, String)> = tables.first().map(Scores::names).unwrap_or_default();
        let total = named.len();
        let (categories, mut shown) = categories(&groups, &named)?;
        let images = named
            .into_iter()
            .filter_map(|(id, name)| {
                let runs = groups.iter().map(|group| group.first());
                let has: Vec<bool> = runs.map(|run| made.album.has(run, id)).collect();
                let scores = scores.iter().map(|run| {
                    let values = run.iter().map(|by_id| by_id.get(&id).copied());
                    values.collect()
                });
                has.contains(&true).then(|| Known {
                    id,
                    name,
                    shows: shown.remove(&id).unwrap_or_default(),
                    scores: scores.collect(),
                    has,
                })
            })
            .collect();
        Ok(Self {
            jury,
            album: &made.album,
            groups,
            metrics,
            categories,
            images,
            total,
        })
    }

    /// The strip of an image, with the size of each of its pictures.
    fn strip(&self, image: &Known, side: u32) -> Result<(Vec<u8>, [u32; 2]), ReportError> {
        let shown = || self.groups.iter().zip(&image.has);
        let first = shown().find(|(_, has)| **has);
        let truth = match first {
            Some((group, _)) => self.album.truth(group.first(), image.id)?,
            None => None,
        };
        let Some(truth) = truth else {
            return Ok((Vec::new(), [0, 0]));
        };
        let longer = truth.width().max(truth.height()).max(1);
        let [width, height] = [truth.width(), truth.height()].map(|length| {
            if longer <= side {
                length
            } else {
                (f64::from(length) * f64::from(side) / f64::from(longer)).round() as u32
            }
            .max(1)
        });
        let mut strip = RgbImage::new(width * (self.groups.len() as u32 + 2), height);
        let mut place = 0;
        let mut lay = |picture: Option<&RgbImage>| {
            if let Some(picture) = picture {
                let small = small(picture, width, height);
                imageops::replace(&mut strip, &small, place, 0);
            }
            place += i64::from(width);
        };
        lay(Some(&truth));
        lay(Some(&answer(Baseline::Gray, &truth)));
        for (group, has) in shown() {
            let picture = if *has {
                self.album.colorized(group.first(), image.id)?
            } else {
                None
            };
            lay(picture.as_ref());
        }
        let mut bytes = Vec::new();
        // Writing to memory fails only for pictures wider than a JPEG can be, which is then without a picture.
        let written = JpegEncoder::new_with_quality(&mut bytes, QUALITY).encode_image(&strip);
        if written.is_err() {
            bytes.clear();
        }
        Ok((bytes, [width, height]))
    }

    /// The largest side for which all strips together have room in `budget` bytes of a page.
    fn side(&self, budget: usize) -> Result<u32, ReportError> {
        let every = self.images.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<&Known> = self.images.iter().step_by(every).collect();
        for side in SIDES {
            let sizes = sample
                .par_iter()
                .map(|image| Ok(within_page(self.strip(image, side)?.0.len())))
                .collect::<Result<Vec<usize>, ReportError>>()?;
            let mean = sizes.iter().sum::<usize>() / sizes.len().max(1);
            if mean * self.images.len() <= budget {
                return Ok(side);
            }
        }
        Ok(SIDES[SIDES.len() - 1])
    }
}

/// Bytes as base64.
fn within_page(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

fn small(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    if picture.dimensions() == (width, height) {
        picture.clone()
    } else {
        imageops::thumbnail(picture, width, height)
    }
}

fn by_id(table: &Scores, metric: Metric) -> HashMap<i64, f64> {
    let terms = table.terms(metric).unwrap_or_default().into_iter();
    terms
        .filter(|term| term.denominator != 0.0)
        .map(|term| (term.image, term.numerator / term.denominator))
        .collect()
}

/// The categories of held-out images, the most frequent first, and for every image their places among them; as the first run
/// says that wrote them down.
fn categories(
    groups: &[&Group],
    named: &[(i64, String)],
) -> Result<(Vec<String>, HashMap<i64, Vec<usize>>), ReportError> {
    let mut rows = Vec::new();
    for group in groups {
        let photographs = read_photographs(&group.first().folder)?.unwrap_or_default();
        if photographs.iter().any(|row| !row.categories.is_empty()) {
            rows = photographs;
            break;
        }
    }
    let held_out: HashSet<i64> = named.iter().map(|(id, _)| *id).collect();
    rows.retain(|row| held_out.contains(&row.image_id));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in rows.iter().flat_map(|row| &row.categories) {
        *counts.entry(name).or_default() += 1;
    }
    let mut frequent: Vec<(&str, usize)> = counts.into_iter().collect();
    frequent.sort_by_key(|&(name, count)| (Reverse(count), name));
    frequent.truncate(CATEGORIES);
    let places: HashMap<&str, usize> = frequent
        .iter()
        .enumerate()
        .map(|(place, &(name, _))| (name, place))
        .collect();
    let shown = rows.iter().map(|row| {
        let shows = row.categories.iter();
        let shows = shows.filter_map(|name| places.get(name.as_str()).copied());
        (row.image_id, shows.collect())
    });
    let shown = shown.collect();
    let names = frequent.into_iter().map(|(name, _)| name.to_owned());
    Ok((names.collect(), shown))
}

fn gallery(contents: &Contents<'_>, budget: usize, made: &Made) -> Result<Gallery, ReportError> {
    let side = contents.side(budget)?;
    let strips = contents
        .images
        .par_iter()
        .map(|image| contents.strip(image, side))
        .collect::<Result<Vec<_>, ReportError>>()?;
    let mut weight = 0;
    let mut heavy = 0;
    let mut images = Vec::new();
    for (known, (strip, [width, height])) in contents.images.iter().zip(strips) {
        weight += within_page(strip.len());
        // The estimate may be off by a little, which does not matter, and no side may be small enough.
        if strip.is_empty() || weight > budget + budget / 4 {
            heavy += 1;
            continue;
        }
        images.push(GalleryImage {
            name: known.name.clone(),
            strip,
            width,
            height,
            shows: known.shows.clone(),
            has: known.has.clone(),
            scores: known.scores.clone(),
        });
    }
    let Contents {
        jury,
        groups,
        metrics,
        categories,
        total,
        ..
    } = contents;
    let shown = jury.groups.len().min(RUNS);
    Ok(Gallery {
        title: super::capitalized(&jury.categories),
        caption: caption(images.len(), *total, heavy, (shown, jury.groups.len())),
        best: best(made, &jury.groups[..shown]),
        runs: groups.iter().map(|group| group.label.clone()).collect(),
        metrics: metrics
            .iter()
            .map(|&metric| GalleryMetric {
                name: crate::table::heading(metric),
                digits: digits(metric),
                better: metric.better(),
            })
            .collect(),
        categories: categories.clone(),
        images,
    })
}

/// How many are shown of how many, and why the others are not.
fn caption(shown: usize, total: usize, heavy: usize, (runs, all): (usize, usize)) -> String {
    let mut caption = format!(
        "{} of {} held-out images, at the last step, by the first seed of each run.",
        thousands(shown),
        thousands(total)
    );
    let without = total.saturating_sub(shown + heavy);
    if without > 0 {
        caption.push_str(&format!(
            " No run folder holds pictures of the other {}; `[gallery] images` in the report file has more of them made.",
            thousands(without)
        ));
    }
    if heavy > 0 {
        caption.push_str(&format!(
            " {} more would make the page too large.",
            thousands(heavy)
        ));
    }
    if runs < all {
        caption.push_str(&format!(" The first {runs} of {all} runs."));
    }
    caption
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_says_what_is_not_shown() {
        assert_eq!(
            caption(97, 97, 0, (3, 3)),
            "97 of 97 held-out images, at the last step, by the first seed of each run."
        );
        let caption = caption(900, 1200, 100, (12, 20));
        assert!(
            caption.contains("the other 200;")
                && caption.contains("100 more would make")
                && caption.ends_with("The first 12 of 20 runs."),
            "{caption}"
        );
    }
}
