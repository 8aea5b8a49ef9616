//! Several indexes as one.

use std::collections::HashMap;

use super::{Category, Index, Part};
use crate::{DatasetError, PassedOver};

impl Index {
    /// The images of several datasets as those of one, at least one dataset. One alone stays as it is.
    ///
    /// Categories are joined by their names. The images of the first dataset keep their ids, so that joining another one moves
    /// none of them to the other side of the split. The images of the others get new ids, which depend on nothing but the id
    /// and the place of their dataset.
    ///
    /// # Errors
    ///
    /// [`DatasetError::DuplicateId`] when two of the new ids are equal: one chance in 2^63 for every two images.
    pub fn join(name: String, mut indexes: Vec<Self>) -> Result<Self, DatasetError> {
        if indexes.len() == 1 {
            return Ok(indexes.remove(0));
        }
        let mut whole = Self {
            name,
            root: indexes
                .first()
                .map(|it| it.root.clone())
                .unwrap_or_default(),
            categories: Vec::new(),
            images: Vec::new(),
            annotations: 0,
            lost: super::LostAnnotations::default(),
            passed_over: PassedOver::default(),
            parts: Vec::new(),
            built: false,
            warning: None,
        };
        let mut ids: HashMap<String, i64> = HashMap::new();
        let mut warnings = Vec::new();
        for (place, index) in indexes.into_iter().enumerate() {
            whole.parts.push(Part {
                name: index.name,
                has_categories: !index.categories.is_empty(),
            });
            let mut joined: HashMap<i64, i64> = HashMap::new();
            for Category { id, name } in index.categories {
                let next = ids.len() as i64 + 1;
                let new = *ids.entry(name.clone()).or_insert(next);
                if new == next {
                    whole.categories.push(Category { id: new, name });
                }
                joined.insert(id, new);
            }
            for mut image in index.images {
                image.id = joined_id(place, image.id);
                image.source = place;
                for category in &mut image.categories {
                    *category = joined.get(category).copied().unwrap_or(*category);
                }
                image.categories.sort_unstable();
                image.categories.dedup();
                whole.images.push(image);
            }
            whole.annotations += index.annotations;
            whole.passed_over.extend(index.passed_over);
            whole.built |= index.built;
            warnings.extend(index.warning);
        }
        whole.warning = Some(warnings.join("; ")).filter(|warning| !warning.is_empty());
        let root = whole.root.clone();
        whole.sorted(&root)
    }
}

/// The id in a joined dataset of an image that has this `id` in the dataset at `place`: the same in the first one, and the
/// first 63 bits of a BLAKE3 hash of both in the others.
fn joined_id(place: usize, id: i64) -> i64 {
    if place == 0 {
        return id;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"colorize join 1");
    hasher.update(&(place as u64).to_le_bytes());
    hasher.update(&id.to_le_bytes());
    let mut first = [0; 8];
    hasher.finalize_xof().fill(&mut first);
    (u64::from_le_bytes(first) >> 1) as i64
}
