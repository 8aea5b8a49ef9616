//! Runs: where every number comes from.

/// A run, or one that is missing. Texts that do not apply are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The experiment, with its variant.
    pub name: String,
    /// The seed.
    pub seed: u64,
    /// The identity in full, 64 hexadecimal digits; the first ten are shown.
    pub identity: String,
    /// How it stands.
    pub status: Status,
    /// More on how it stands: the step it stopped at, the error it failed with.
    pub remark: String,
    /// The code that made it.
    pub commit: Option<Commit>,
    /// The device, as `libtorch:cuda:0`.
    pub device: String,
    /// The machine in short.
    pub hardware: String,
    /// When its first session began, as it is to be read.
    pub started: String,
    /// When its last session ended.
    pub ended: String,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// All steps are done.
    Done,
    /// A process works on it.
    Running,
    /// Stopped, and can go on.
    Interrupted,
    /// Stopped by an error.
    Failed,
    /// Planned, and not there.
    Missing,
    /// There, but made from something that has changed since.
    Stale,
}

impl Status {
    /// The status in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Missing => "missing",
            Self::Stale => "stale",
        }
    }
}

/// A commit of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its hash, 40 hexadecimal digits; the first ten are shown.
    pub hash: String,
    /// Whether the files differed from it.
    pub is_dirty: bool,
}
