//! A look at the whole state of a training after every step: what the proof of determinism compares.
//!
//! burn-train shows the optimizer's state to checkpointers alone. So the loop asks for a checkpoint after every step, and
//! while a witness waits for one, the parts go to it and not to the disk.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::runs::CheckpointPart;

/// The state of a training after a step: every part of a checkpoint as it would be written.
#[derive(Debug)]
pub struct StepState {
    /// Steps done.
    pub step: usize,
    /// Each part in Burn's record format.
    pub parts: BTreeMap<CheckpointPart, Vec<u8>>,
}

/// What a witness does with a state; whether the training continues.
type Look = Box<dyn Fn(StepState) -> bool + Send + Sync>;

/// Is shown the state after every step, and can end the training.
pub struct Witness {
    look: Look,
    limit: Option<Limit>,
    waiting: Mutex<Option<Parts>>,
    arrived: Condvar,
}

/// From which step on a pass of more than so many images fails.
#[derive(Debug, Clone, Copy)]
struct Limit {
    step: usize,
    images: usize,
}

/// The parts that have arrived, or why one is not available.
type Parts = BTreeMap<CheckpointPart, Result<Vec<u8>, String>>;

impl Witness {
    /// Calls `look` after every step; the training ends, without a checkpoint, when it answers `false`.
    pub fn new(look: impl Fn(StepState) -> bool + Send + Sync + 'static) -> Self {
        Self {
            look: Box::new(look),
            limit: None,
            waiting: Mutex::new(None),
            arrived: Condvar::new(),
        }
    }

    /// From `step` on, the device is short of memory: a pass of more than `images` images fails as it does on a GPU.
    #[must_use]
    pub fn with_memory_for(self, images: usize, step: usize) -> Self {
        Self {
            limit: Some(Limit { step, images }),
            ..self
        }
    }

    /// What a device does when a pass of so many images does not fit.
    ///
    /// # Panics
    ///
    /// Where it does not.
    pub(super) fn allocate(&self, step: usize, images: usize) {
        let short = |limit: &Limit| step >= limit.step && images > limit.images;
        assert!(!self.limit.as_ref().is_some_and(short), "out of memory");
    }

    /// Shows the state after `step`, which `ask` makes the checkpointers save; whether the training continues.
    ///
    /// # Errors
    ///
    /// What Burn said about a part that is not available.
    pub(super) fn show(&self, step: usize, ask: impl FnOnce()) -> Result<bool, String> {
        *self.lock() = Some(Parts::new());
        ask();
        let mut waiting = self.lock();
        while waiting
            .as_ref()
            .is_some_and(|parts| parts.len() < CheckpointPart::ALL.len())
        {
            waiting = self
                .arrived
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let arrived = waiting.take().unwrap_or_default();
        drop(waiting);
        let parts = arrived
            .into_iter()
            .map(|(part, bytes)| Ok((part, bytes?)))
            .collect::<Result<_, String>>()?;
        Ok((self.look)(StepState { step, parts }))
    }

    /// Whether parts go here now.
    pub(super) fn waits(&self) -> bool {
        self.lock().is_some()
    }

    /// Takes a part.
    pub(super) fn take(&self, part: CheckpointPart, bytes: Result<Vec<u8>, String>) {
        if let Some(parts) = self.lock().as_mut() {
            parts.insert(part, bytes);
        }
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Option<Parts>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
