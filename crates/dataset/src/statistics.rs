//! What a dataset holds, in numbers.

use std::collections::HashMap;

use super::SplitSection;
use super::{ImageRecord, Index, Split, split_of};

/// Counts over all images of an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// Images in the index.
    pub images: usize,
    /// Annotations in the source.
    pub annotations: usize,
    /// Images that show no category.
    pub without_category: usize,
    /// Images whose file does not exist.
    pub missing: usize,
    /// Images in `train`, copies not counted.
    pub train: usize,
    /// Images in `validation`, copies not counted.
    pub validation: usize,
    /// Pixels across; `None` where no width is known.
    pub width: Option<Spread>,
    /// Pixels down; `None` where no height is known.
    pub height: Option<Spread>,
    /// Every category with the images that show it, the most frequent first.
    pub categories: Vec<CategoryCount>,
}

/// Smallest, middle and largest of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The smallest.
    pub smallest: u32,
    /// The median; of an even number the upper one.
    pub median: u32,
    /// The largest.
    pub largest: u32,
}

/// How often a category is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryCount {
    /// The category's name.
    pub name: String,
    /// Images that show it.
    pub images: usize,
    /// Those of them in `validation`.
    pub validation: usize,
}

impl Index {
    /// Counts images, categories, sizes and splits, and looks which files exist. `copies` are the ids of images that are
    /// copies of others, each with the id of the one that it is a copy of, on whose side of the split it is.
    pub fn statistics(&self, split: &SplitSection, copies: &HashMap<i64, i64>) -> Statistics {
        let mut counts: HashMap<i64, (usize, usize)> = HashMap::new();
        let (mut train, mut validation) = (0, 0);
        for image in &self.images {
            let of = copies.get(&image.id);
            let is_held_out = split_of(*of.unwrap_or(&image.id), split) == Split::Validation;
            let held_out = usize::from(is_held_out);
            if of.is_none() {
                validation += held_out;
                train += 1 - held_out;
            }
            for category in &image.categories {
                let count = counts.entry(*category).or_default();
                count.0 += 1;
                count.1 += held_out;
            }
        }
        let mut categories: Vec<CategoryCount> = self
            .categories
            .iter()
            .map(|category| {
                let (images, validation) = counts.get(&category.id).copied().unwrap_or_default();
                CategoryCount {
                    name: category.name.clone(),
                    images,
                    validation,
                }
            })
            .collect();
        categories.sort_by(|a, b| b.images.cmp(&a.images).then_with(|| a.name.cmp(&b.name)));
        let spread = |length: fn(&ImageRecord) -> Option<u32>| {
            Spread::of(self.images.iter().filter_map(length).collect())
        };
        Statistics {
            images: self.images.len(),
            annotations: self.annotations,
            without_category: self
                .images
                .iter()
                .filter(|image| image.categories.is_empty())
                .count(),
            missing: self.missing().len(),
            train,
            validation,
            width: spread(|image| image.width),
            height: spread(|image| image.height),
            categories,
        }
    }
}

impl Index {
    /// The ids of images whose file is listed under a smaller id as well, each with that id.
    pub fn listed_again(&self) -> HashMap<i64, i64> {
        let mut first: HashMap<&str, i64> = HashMap::with_capacity(self.images.len());
        let images = self.images.iter();
        images
            .filter_map(|image| {
                let id = *first.entry(&image.file_name).or_insert(image.id);
                (id != image.id).then_some((image.id, id))
            })
            .collect()
    }
}

impl Spread {
    fn of(mut numbers: Vec<u32>) -> Option<Self> {
        numbers.sort_unstable();
        Some(Self {
            smallest: *numbers.first()?,
            median: numbers[numbers.len() / 2],
            largest: *numbers.last()?,
        })
    }
}
