//! Which photographs the image ids of runs mean. Two datasets number their images as they like, and both may begin at 1:
//! images are one only where their contents are.

use std::collections::{BTreeMap, HashMap};

use crate::runs::{RunError, RunFolder, read_photographs};
use crate::statistics::Matching;

/// The held-out photographs of a configuration.
#[derive(Debug, Clone)]
pub struct HeldOut {
    /// The content hash of its dataset: where it is the same, an id means the same photograph.
    dataset: String,
    /// The id of each photograph by its content; `None` where no run of it says, or nobody had to look.
    ids: Option<HashMap<blake3::Hash, i64>>,
}

impl HeldOut {
    /// Of each of several configurations: the content hash of its dataset, and its runs. Tables are read only where the
    /// datasets differ.
    ///
    /// # Errors
    ///
    /// [`RunError`] when a table exists but cannot be read.
    pub fn of_all<'a, Runs: Iterator<Item = &'a RunFolder>>(
        configurations: impl Iterator<Item = (&'a str, Runs)>,
    ) -> Result<Vec<Self>, RunError> {
        let configurations: Vec<(&str, Runs)> = configurations.collect();
        let is_one = configurations.windows(2).all(|pair| pair[0].0 == pair[1].0);
        configurations
            .into_iter()
            .map(|(dataset, runs)| {
                let ids = if is_one { None } else { ids(runs)? };
                Ok(Self {
                    dataset: dataset.to_owned(),
                    ids,
                })
            })
            .collect()
    }

    /// Which images of `other` are images of this one.
    pub fn matching(&self, other: &Self) -> Matching {
        if self.dataset == other.dataset {
            return Matching::ById;
        }
        let (Some(here), Some(there)) = (&self.ids, &other.ids) else {
            return Matching::Unknown;
        };
        let shared: BTreeMap<i64, i64> = there
            .iter()
            .filter_map(|(content, id)| Some((*id, *here.get(content)?)))
            .collect();
        Matching::Only(shared)
    }
}

/// Of the first run that says it: all have the same photographs.
fn ids<'a>(
    runs: impl Iterator<Item = &'a RunFolder>,
) -> Result<Option<HashMap<blake3::Hash, i64>>, RunError> {
    for run in runs {
        if let Some(rows) = read_photographs(run)? {
            let held_out = rows.into_iter().filter(|row| row.is_held_out);
            let mut ids = HashMap::new();
            for row in held_out {
                // What is listed twice counts once.
                ids.entry(row.content).or_insert(row.image_id);
            }
            return Ok(Some(ids));
        }
    }
    Ok(None)
}
