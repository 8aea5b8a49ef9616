//! Whose fault an error is.

use std::io::{self, ErrorKind};

/// Who can fix an error; it decides the exit code of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Whoever asked: arguments, TOML, a missing file, a device that is not available.
    Request,
    /// The work failed: a full disk, a lost process, a loss that is not finite.
    Failure,
}

/// An error that says whose fault it is. Implementations match every variant, so that a new one does not compile until it
/// has answered.
pub trait Blamed {
    /// Whose fault it is.
    fn blame(&self) -> Blame;
}

/// Of reading a file that was named: a name that leads nowhere is the request's fault, and everything else, such as a
/// disk that does not answer, is not.
impl Blamed for io::Error {
    fn blame(&self) -> Blame {
        match self.kind() {
            ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidData => Blame::Request,
            _ => Blame::Failure,
        }
    }
}

impl<E: Blamed + ?Sized> Blamed for Box<E> {
    fn blame(&self) -> Blame {
        (**self).blame()
    }
}
