//! burn-train's checkpointers over the run folder's checkpoints. What burn-train calls a checkpoint's epoch is a step
//! here.

use std::path::PathBuf;
use std::sync::Arc;

use burn_train::checkpoint::{
    Checkpoint as BurnCheckpoint, Checkpointer, CheckpointerError, CheckpointingAction,
    CheckpointingStrategy,
};
use burn_train::metric::store::EventStoreClient;

use super::witness::Witness;
use crate::runs::{Checkpoint, CheckpointPart, CheckpointWriter, RunError};

/// Saves and restores one part of every checkpoint.
pub(super) struct PartCheckpointer {
    /// Puts the parts together.
    pub(super) writer: Arc<CheckpointWriter>,
    /// The run's folder of checkpoints.
    pub(super) checkpoints: PathBuf,
    /// Which part.
    pub(super) part: CheckpointPart,
    /// Who is shown the state after every step.
    pub(super) witness: Option<Arc<Witness>>,
}

impl<Record: BurnCheckpoint> Checkpointer<Record> for PartCheckpointer {
    fn save(&self, step: usize, record: Record) -> Result<(), CheckpointerError> {
        let bytes = record.checkpoint_into_bytes();
        if let Some(witness) = self.witness.as_ref().filter(|witness| witness.waits()) {
            let bytes = bytes.map(|bytes| bytes.to_vec());
            witness.take(self.part, bytes.map_err(|error| error.to_string()));
            return Ok(());
        }
        let written = match bytes {
            Ok(bytes) => self.writer.save(step, self.part, &bytes),
            Err(error) => Err(self.writer.fail(RunError::Checkpoint {
                path: Checkpoint::at(&self.checkpoints, step).path,
                reason: error.to_string(),
            })),
        };
        written.map_err(CheckpointerError::Unknown)
    }

    fn delete(&self, _step: usize) -> Result<(), CheckpointerError> {
        // The loop removes what need not stay, once a newer one is complete.
        Ok(())
    }

    fn restore(&self, step: usize) -> Result<Record, CheckpointerError> {
        Record::load(Checkpoint::at(&self.checkpoints, step).part(self.part))
    }
}

/// The loop asks for a checkpoint when one is due, so every question is answered with yes.
pub(super) struct WhenAsked;

impl CheckpointingStrategy for WhenAsked {
    fn checkpointing(
        &mut self,
        _step: usize,
        _store: &EventStoreClient,
    ) -> Vec<CheckpointingAction> {
        vec![CheckpointingAction::Save]
    }
}
