//! Which photographs a run knows: by what they are, and not by the ids that a dataset gives them.

use std::collections::HashMap;

use super::{TrainedError, TrainedRun};
use crate::dataset::Split;
use crate::dataset::inspection::Selection;
use crate::runs::{PhotographRow, read_photographs, write_photographs};
use crate::train::photograph_rows;

/// The photographs that a run was trained on, and those that it held out, by content.
#[derive(Debug, Clone)]
pub struct Known {
    sides: HashMap<blake3::Hash, Split>,
}

impl Known {
    fn of(rows: &[PhotographRow]) -> Self {
        let mut sides = HashMap::with_capacity(rows.len());
        for row in rows {
            let side = sides.entry(row.content).or_insert(Split::Validation);
            // A program that left no copies out had some photographs on both sides: those it did train on.
            if !row.is_held_out {
                *side = Split::Train;
            }
        }
        Self { sides }
    }

    /// On which side the run had a photograph; `None` where it never saw it.
    pub fn side(&self, content: &blake3::Hash) -> Option<Split> {
        self.sides.get(content).copied()
    }
}

impl TrainedRun {
    /// The photographs that the run knows, as its folder says; `None` where a program trained it that did not write them
    /// down.
    ///
    /// # Errors
    ///
    /// [`TrainedError::Run`] when the table is damaged.
    pub fn known(&self) -> Result<Option<Known>, TrainedError> {
        let rows = read_photographs(&self.folder)?;
        Ok(rows.map(|rows| Known::of(&rows)))
    }

    /// The same from what the run was trained on, if that is `selection`; it is written down in the run's folder. `None`
    /// where it is not.
    ///
    /// # Errors
    ///
    /// [`TrainedError::Run`] when it cannot be written.
    pub fn recall(&self, selection: &Selection) -> Result<Option<Known>, TrainedError> {
        let with_copies = selection.with_copies();
        let trained = &self.record.dataset.content_hash;
        let candidates = [selection, &with_copies];
        let own = candidates
            .into_iter()
            .find(|candidate| candidate.content_hash().to_hex().as_str() == trained);
        let Some(own) = own else {
            return Ok(None);
        };
        let rows = photograph_rows(own, &self.experiment.dataset);
        write_photographs(&self.folder, &rows)?;
        Ok(Some(Known::of(&rows)))
    }
}
