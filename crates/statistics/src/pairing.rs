//! The two sides of a comparison, and which of their images speak.

use std::collections::BTreeMap;
use std::fmt;

use super::StatisticsError;

/// The fewest images of a side that an interval is drawn from, and the fewest shared ones that sides are paired by.
pub const LEAST_IMAGES: usize = 10;

/// How the images of two sides find one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matching {
    /// An id means the same image on both sides.
    ById,
    /// Only these ids mean the same image: the second side's, each with the first side's. No two lead to one.
    Only(BTreeMap<i64, i64>),
    /// What the ids of a side mean is not known, and nothing can be paired.
    Unknown,
}

impl Matching {
    /// Those of the second side's `images` that the first side may have: each by its id there.
    pub fn by_first(&self, images: impl Iterator<Item = i64>) -> BTreeMap<i64, i64> {
        match self {
            Self::ById => images.map(|image| (image, image)).collect(),
            Self::Only(ids) => images
                .filter_map(|image| Some((*ids.get(&image)?, image)))
                .collect(),
            Self::Unknown => BTreeMap::new(),
        }
    }
}

/// What one image adds to the numerator and to the denominator of a metric over a set of images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageTerms {
    /// The image's id.
    pub image: i64,
    /// Added above.
    pub numerator: f64,
    /// Added below, 0 or more: 1 where the metric is a mean over images. An image that adds 0 above and below has no
    /// value, and is left out.
    pub denominator: f64,
}

impl ImageTerms {
    /// The terms of a metric that is a mean over images.
    pub fn value(image: i64, value: f64) -> Self {
        Self {
            image,
            numerator: value,
            denominator: 1.0,
        }
    }
}

/// One side of a comparison: a metric's terms, image by image.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    runs: Vec<Vec<ImageTerms>>,
    trained: bool,
}

impl Side {
    /// An experiment: the images of each of its runs, which differ in nothing but the seed.
    pub fn experiment(runs: Vec<Vec<ImageTerms>>) -> Self {
        Self {
            runs,
            trained: true,
        }
    }

    /// A side without a network and without seeds.
    pub fn baseline(images: Vec<ImageTerms>) -> Self {
        Self {
            runs: vec![images],
            trained: false,
        }
    }

    /// How many seeds were trained; `None` for a baseline.
    pub(super) fn seeds(&self) -> Option<usize> {
        self.trained.then_some(self.runs.len())
    }

    /// The terms of every image that has a value in all runs, one pair per run.
    fn images(&self) -> Result<BTreeMap<i64, Vec<(f64, f64)>>, StatisticsError> {
        if self.runs.is_empty() {
            return Err(StatisticsError::NoRun);
        }
        let mut images: BTreeMap<i64, Vec<(f64, f64)>> = BTreeMap::new();
        for (run, terms) in self.runs.iter().enumerate() {
            for &ImageTerms {
                image,
                numerator,
                denominator,
            } in terms
            {
                if !(numerator.is_finite() && denominator.is_finite()) {
                    return Err(StatisticsError::NotFinite {
                        image,
                        numerator,
                        denominator,
                    });
                }
                if denominator < 0.0 {
                    return Err(StatisticsError::NegativeDenominator(image));
                }
                let known = images.entry(image).or_default();
                if known.len() > run {
                    return Err(StatisticsError::ImageTwice(image));
                }
                // An image that an earlier run lacks stays behind, and is left out below.
                if known.len() == run {
                    known.push((numerator, denominator));
                }
            }
        }
        let runs = self.runs.len();
        images.retain(|_, terms| terms.len() == runs && !terms.contains(&(0.0, 0.0)));
        Ok(images)
    }
}

/// Which images a comparison rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// Every image is compared with itself.
    Paired {
        /// The images that both sides have.
        images: usize,
        /// Those that only the first side has, left out.
        only_of: usize,
        /// Those that only the second side has, left out.
        only_against: usize,
    },
    /// The sides have fewer than [`LEAST_IMAGES`] images in common, and each speaks for itself.
    Unpaired {
        /// Images of the first side.
        of: usize,
        /// Images of the second side.
        against: usize,
        /// Those among them that both have; `None` where that is not known.
        shared: Option<usize>,
    },
    /// The images of one side are compared with a number.
    OneSided {
        /// Its images.
        images: usize,
    },
}

impl Pairing {
    /// How many images speak: those of the side that has fewer.
    pub fn images(&self) -> usize {
        match *self {
            Self::Paired { images, .. } | Self::OneSided { images } => images,
            Self::Unpaired { of, against, .. } => of.min(against),
        }
    }
}

impl fmt::Display for Pairing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Paired {
                images,
                only_of,
                only_against,
            } => {
                write!(formatter, "paired over {images} images")?;
                match only_of + only_against {
                    0 => Ok(()),
                    _ => write!(
                        formatter,
                        ", leaving out {only_of} and {only_against} that the other side lacks"
                    ),
                }
            }
            Self::Unpaired {
                of,
                against,
                shared,
            } => {
                write!(formatter, "unpaired, {of} images against {against}")?;
                match shared {
                    Some(0) => formatter.write_str(": they are different photographs"),
                    Some(shared) => write!(formatter, ", {shared} of them shared"),
                    None => formatter.write_str(
                        ": which photographs they share is unknown, because the contents of one side are not recorded",
                    ),
                }
            }
            Self::OneSided { images } => write!(formatter, "over {images} images"),
        }
    }
}

/// The terms of a side's images in one order, column by column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    /// One for each run.
    pub(super) runs: Vec<Column>,
    /// The length of every column.
    pub(super) images: usize,
}

/// The terms of one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Column {
    pub(super) numerators: Vec<f64>,
    /// None below 0, and [`LEAST_IMAGES`] above: then no resample to speak of adds up to 0.
    pub(super) denominators: Vec<f64>,
}

impl Columns {
    fn of<'a>(runs: usize, images: impl Iterator<Item = &'a Vec<(f64, f64)>>) -> Self {
        let mut columns = Self {
            runs: vec![Column::default(); runs],
            images: 0,
        };
        for terms in images {
            columns.images += 1;
            for (column, &(numerator, denominator)) in columns.runs.iter_mut().zip(terms) {
                column.numerators.push(numerator);
                column.denominators.push(denominator);
            }
        }
        columns
    }

    fn enough(self) -> Result<Self, StatisticsError> {
        for run in &self.runs {
            let images = run
                .denominators
                .iter()
                .filter(|&&below| below > 0.0)
                .count();
            if images < LEAST_IMAGES {
                return Err(StatisticsError::TooFewImages { images });
            }
        }
        Ok(self)
    }
}

/// The columns of one side alone.
pub(super) fn columns(side: &Side) -> Result<Columns, StatisticsError> {
    let images = side.images()?;
    Columns::of(side.runs.len(), images.values()).enough()
}

/// The columns of both sides: over the images that they share, in the order of the first side's ids, where these are
/// enough.
pub(super) fn pair(
    of: &Side,
    against: &Side,
    matching: &Matching,
) -> Result<(Columns, Columns, Pairing), StatisticsError> {
    let (left, right) = (of.images()?, against.images()?);
    let known = matching.by_first(right.keys().copied());
    // Each image by both of its ids.
    let both: Vec<(i64, i64)> = known
        .into_iter()
        .filter(|(image, _)| left.contains_key(image))
        .collect();
    if both.len() < LEAST_IMAGES {
        let pairing = Pairing::Unpaired {
            of: left.len(),
            against: right.len(),
            shared: (*matching != Matching::Unknown).then_some(both.len()),
        };
        let left = Columns::of(of.runs.len(), left.values()).enough()?;
        let right = Columns::of(against.runs.len(), right.values()).enough()?;
        return Ok((left, right, pairing));
    }
    let pairing = Pairing::Paired {
        images: both.len(),
        only_of: left.len() - both.len(),
        only_against: right.len() - both.len(),
    };
    let here = both.iter().map(|(image, _)| &left[image]);
    let there = both.iter().map(|(_, image)| &right[image]);
    Ok((
        Columns::of(of.runs.len(), here).enough()?,
        Columns::of(against.runs.len(), there).enough()?,
        pairing,
    ))
}
