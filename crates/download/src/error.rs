//! What can go wrong, in words that say where and what to do.

use colorize_base::{Blame, Blamed, readable_size};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::checksum::Checksum;

/// Why a file could not be brought.
///
/// Every message is whole: the cause below it is a field and not a [`std::error::Error::source`], which would print it
/// twice.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// A file or folder could not be read.
    #[error("cannot read `{}`: {cause}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write `{}`: {cause}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The disk is full, or too small for what is to come. What has been received is kept.
    #[error(
        "not enough space for `{}`: {} more needed{}; free some space or choose another disk, then run the command again: received data is kept",
        path.display(), readable_size(*needed), available(*free)
    )]
    NoSpace {
        /// The file that was to be written.
        path: PathBuf,
        /// Bytes that are still to be written.
        needed: u64,
        /// Bytes that are free there, where that is known.
        free: Option<u64>,
    },
    /// The file already exists and is another one. It is left untouched.
    #[error(
        "`{}` already exists but is not the right file: {found}; expected {expected}; move it away, then run the command again",
        path.display()
    )]
    Occupied {
        /// The file.
        path: PathBuf,
        /// Length or SHA-256 that it should have.
        expected: String,
        /// The same as found.
        found: String,
    },
    /// A whole file was received and is not the right one. It has been deleted.
    #[error(
        "`{from}` sent the wrong file: SHA-256 {found}; expected {expected}; it has been deleted; run the command again, and if this happens again, {by_hand}"
    )]
    Checksum {
        /// The address or the wheel that it came from.
        from: String,
        /// The SHA-256 that it should have.
        expected: Checksum,
        /// The SHA-256 that it has.
        found: Checksum,
        /// How to do without the network.
        by_hand: Box<ByHand>,
    },
    /// No address gave the file.
    #[error("cannot download `{}`{}\nor {by_hand}", by_hand.file_name(), listed(failures))]
    NotBrought {
        /// What happened at each address, in the order in which they were tried.
        failures: Vec<Failure>,
        /// How to do without the network.
        by_hand: Box<ByHand>,
    },
    /// A wheel is needed, and there is no Python to ask for it.
    #[error(
        "cannot download `{requirement}`: it is distributed as a Python wheel, but neither `python3` nor `python` was found; install Python with pip, or {by_hand}"
    )]
    NoPython {
        /// What pip would have been asked for.
        requirement: &'static str,
        /// How to do without.
        by_hand: Box<ByHand>,
    },
    /// pip is missing or could not bring the wheel.
    #[error("cannot download `{requirement}`: `{command}` failed: {said}\nor {by_hand}")]
    Pip {
        /// What pip was asked for.
        requirement: &'static str,
        /// The command that was run.
        command: String,
        /// The last lines that it wrote to its error stream.
        said: String,
        /// How to do without.
        by_hand: Box<ByHand>,
    },
    /// The wheel that pip brought could not be unpacked.
    #[error(transparent)]
    Wheel(#[from] UnpackError),
}

impl Blamed for DownloadError {
    fn blame(&self) -> Blame {
        match self {
            Self::Occupied { .. } | Self::NoPython { .. } => Blame::Request,
            Self::Read { cause, .. } => cause.blame(),
            Self::Wheel(error) => error.blame(),
            Self::Write { .. }
            | Self::NoSpace { .. }
            | Self::Checksum { .. }
            | Self::NotBrought { .. }
            | Self::Pip { .. } => Blame::Failure,
        }
    }
}

impl DownloadError {
    /// For `map_err` after an attempt to read `path`.
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Read { path, cause }
    }

    /// For `map_err` after an attempt to write `path`.
    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Write { path, cause }
    }
}

/// What happened at one address.
#[derive(Debug)]
pub struct Failure {
    /// The address that was asked for.
    pub url: String,
    /// What happened.
    pub reason: Reason,
}

/// Why an address did not give a file.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// The server refused.
    #[error("the server answered {status}: {}", advice(*status))]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The server could not be reached.
    #[error(
        "no connection: {cause}; check the network, and whether it needs a proxy (`HTTPS_PROXY`)"
    )]
    Unreachable {
        /// What the system said.
        cause: String,
    },
    /// The proxy refused.
    #[error("the proxy from the environment refused: {cause}; check `HTTPS_PROXY`")]
    Proxy {
        /// What it said.
        cause: String,
    },
    /// The connection ended, or nothing came any more, before the file was whole.
    #[error(
        "the connection was lost after {} of {}: {cause}; run the command again to resume",
        readable_size(*received), readable_size(*bytes)
    )]
    Interrupted {
        /// Bytes received so far.
        received: u64,
        /// Bytes of the whole file.
        bytes: u64,
        /// What the system said.
        cause: String,
    },
    /// The server has a file of another length.
    #[error(
        "the file on the server has {found} bytes, not {expected}: it was changed, or a proxy or login page answered"
    )]
    Length {
        /// Bytes that the file should have.
        expected: u64,
        /// Bytes that the server speaks of, or has sent.
        found: u64,
    },
    /// The answer, or the address itself, cannot be understood.
    #[error("invalid response: {0}")]
    Answer(String),
}

/// What a person can do about an HTTP status.
fn advice(status: u16) -> &'static str {
    match status {
        401 | 403 => "access denied, possibly by a proxy or firewall",
        404 | 410 => "the file is no longer at this address",
        407 => {
            "the proxy requires a name and password, as in `HTTPS_PROXY=http://name:password@host:port`"
        }
        408 | 425 | 429 => "too many requests; try again later",
        451 => "the file is not available in your region",
        500..=599 => "the server failed; try again later",
        _ => "not a valid response to a download",
    }
}

/// How a file is brought by hand: where to, and what it must be. Displayed as a clause that stands alone or after `or`.
#[derive(Debug, Clone)]
pub struct ByHand {
    /// Where the file belongs.
    pub target: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub checksum: Checksum,
}

impl ByHand {
    pub(super) fn boxed(bytes: u64, checksum: Checksum, target: &Path) -> Box<Self> {
        Box::new(Self {
            target: target.to_owned(),
            bytes,
            checksum,
        })
    }

    fn file_name(&self) -> String {
        let name = self.target.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

impl fmt::Display for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "place the file ({} bytes, SHA-256 {}) at `{}` by hand and run the command again",
            self.bytes,
            self.checksum,
            self.target.display()
        )
    }
}

/// One failure after a colon, several in lines of their own.
fn listed(failures: &[Failure]) -> String {
    let mut text = String::from(":");
    for Failure { url, reason } in failures {
        let between = if failures.len() == 1 { " " } else { "\n  " };
        text = format!("{text}{between}`{url}`: {reason}");
    }
    text
}

/// The clause about free module, where that is known.
fn available(free: Option<u64>) -> String {
    free.map_or_else(String::new, |free| {
        format!(", {} free", readable_size(free))
    })
}

/// Why an archive could not be unpacked. Files that were finished before stay.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// A file or folder could not be read.
    #[error("cannot read `{}`: {cause}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write `{}`: {cause}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The disk is full, or too small for what is to come.
    #[error(
        "not enough space in `{}`: {} more needed{}; free some space or choose another disk, then run the command again: unpacked files are kept",
        folder.display(), readable_size(*needed), available(*free)
    )]
    NoSpace {
        /// The folder that is unpacked into.
        folder: PathBuf,
        /// Bytes that are still to be written.
        needed: u64,
        /// Bytes that are free there, where that is known.
        free: Option<u64>,
    },
    /// Not a zip archive, or one that ends too early.
    #[error("`{}` is not a complete zip archive: {message}; delete it and fetch it again", archive.display())]
    Archive {
        /// The archive.
        archive: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// An archive that an honest one does not look like. Nothing of it was unpacked.
    #[error("refused to unpack `{}`: {what}", archive.display())]
    Refused {
        /// The archive.
        archive: PathBuf,
        /// The entry and what is wrong with it, or a limit that the whole exceeds.
        what: String,
    },
    /// An entry whose bytes are not what the archive says of them.
    #[error("`{}`: entry `{entry}` is damaged: {message}; delete the archive and fetch it again", archive.display())]
    Damaged {
        /// The archive.
        archive: PathBuf,
        /// The entry.
        entry: String,
        /// What is wrong.
        message: String,
    },
    /// The archive has nothing of what is wanted.
    #[error("`{}` contains no {wanted}", archive.display())]
    Nothing {
        /// The archive.
        archive: PathBuf,
        /// What was looked for.
        wanted: String,
    },
    /// A file with other content than the archive's is in the way. It is left untouched.
    #[error("`{}` already exists and differs from the file in the archive; move it away, then run the command again", path.display())]
    Occupied {
        /// The file.
        path: PathBuf,
    },
    /// A symbolic link, or something that is no folder, stands where a folder of the archive belongs.
    #[error("`{}` is {what}; nothing is unpacked through it; move it away, then run the command again", path.display())]
    InTheWay {
        /// What stands there.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
}

impl Blamed for UnpackError {
    fn blame(&self) -> Blame {
        match self {
            Self::Read { cause, .. } => cause.blame(),
            Self::Occupied { .. } | Self::InTheWay { .. } => Blame::Request,
            Self::Write { .. }
            | Self::NoSpace { .. }
            | Self::Archive { .. }
            | Self::Refused { .. }
            | Self::Damaged { .. }
            | Self::Nothing { .. } => Blame::Failure,
        }
    }
}

impl UnpackError {
    /// For `map_err` after an attempt to read `path`.
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Read { path, cause }
    }

    /// For `map_err` after an attempt to write `path`.
    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Write { path, cause }
    }
}
