//! What a dataset holds, in numbers.

use std::collections::HashMap;

use super::section::SplitSection;
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
    /// Images in `train`.
    pub train: usize,
    /// Images in `validation`.
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
    /// Counts images, categories, sizes and splits, and looks which files exist.
    pub fn statistics(&self, split: &SplitSection) -> Statistics {
        let mut counts: HashMap<i64, (usize, usize)> = HashMap::new();
        let mut validation = 0;
        for image in &self.images {
            let held_out = usize::from(split_of(image.id, split) == Split::Validation);
            validation += held_out;
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
            train: self.images.len() - validation,
            validation,
            width: spread(|image| image.width),
            height: spread(|image| image.height),
            categories,
        }
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
