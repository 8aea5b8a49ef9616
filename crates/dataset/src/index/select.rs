//! Images chosen by what they show.

use colorize_base::nearest::{nearest, quoted};

use super::{ImageRecord, Index};
use crate::DatasetError;

impl Index {
    /// The images that show at least one of `categories`, given by name, in order of id; all images when none is given.
    ///
    /// # Errors
    ///
    /// When the dataset has no category of one of the names; the message tells the nearest. Also when it is joined from others
    /// and one of these has no categories at all.
    pub fn select(&self, categories: &[String]) -> Result<Vec<&ImageRecord>, DatasetError> {
        if categories.is_empty() {
            return Ok(self.images.iter().collect());
        }
        let wanted = self.ids_of(categories)?;
        let images = self.images.iter();
        Ok(images.filter(|image| image.shows(&wanted)).collect())
    }

    /// Divides `images`: those that show none of `categories`, given by name, and those that show one.
    ///
    /// # Errors
    ///
    /// As [`Self::select`].
    pub fn leave_out<'a>(
        &self,
        images: Vec<&'a ImageRecord>,
        categories: &[String],
    ) -> Result<(Vec<&'a ImageRecord>, Vec<&'a ImageRecord>), DatasetError> {
        let unwanted = self.ids_of(categories)?;
        let images = images.into_iter();
        Ok(images.partition(|image| !image.shows(&unwanted)))
    }

    /// The ids of categories given by name.
    fn ids_of(&self, categories: &[String]) -> Result<Vec<i64>, DatasetError> {
        let mut wanted = Vec::new();
        if let (Some(name), Some(part)) = (
            categories.first(),
            self.parts.iter().find(|part| !part.has_categories),
        ) {
            return Err(DatasetError::NoCategories {
                name: name.clone(),
                dataset: part.name.clone(),
            });
        }
        for name in categories {
            let before = wanted.len();
            let named = self.categories.iter().filter(|known| known.name == *name);
            wanted.extend(named.map(|category| category.id));
            if wanted.len() == before {
                return Err(DatasetError::UnknownCategory {
                    name: name.clone(),
                    dataset: self.name.clone(),
                    hint: self.hint(name),
                });
            }
        }
        Ok(wanted)
    }

    fn hint(&self, name: &str) -> String {
        let names = || {
            self.categories
                .iter()
                .map(|category| category.name.as_str())
        };
        let near: Vec<&str> = nearest(name, names()).take(3).collect();
        if self.categories.is_empty() {
            "it has no categories: those come with COCO annotations".to_owned()
        } else if !near.is_empty() {
            format!("did you mean {}?", quoted(near))
        } else if self.categories.len() <= 20 {
            format!("it has {}", quoted(names()))
        } else {
            // Statistics are those of one manifest.
            let name = if self.parts.is_empty() {
                &self.name
            } else {
                "MANIFEST"
            };
            let count = self.categories.len();
            format!("`colorize dataset stats {name}` lists the {count} it has")
        }
    }
}

impl ImageRecord {
    /// Whether it shows one of these categories, given by id.
    fn shows(&self, categories: &[i64]) -> bool {
        self.categories.iter().any(|id| categories.contains(id))
    }
}
