//! What is reported during a download or an unpacking.

/// How far a piece of work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Bytes done in this phase, those of an earlier attempt included.
    pub done: u64,
    /// Bytes in all; 0 where there is nothing to count.
    pub total: u64,
}

impl Progress {
    /// A phase that cannot be counted.
    pub(super) fn uncounted(phase: Phase) -> Self {
        Self {
            phase,
            done: 0,
            total: 0,
        }
    }
}

/// A part of the work. They come in any order, and more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Another process is at the same file; not counted.
    Waiting,
    /// Existing bytes are read and checked.
    Verifying,
    /// Bytes come from the network.
    Receiving,
    /// pip downloads a wheel; not counted.
    Pip,
    /// Files are taken out of an archive.
    Unpacking,
}
