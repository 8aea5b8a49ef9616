//! What ends a command early: an error, and whose fault it is.

use std::fmt::{self, Display, Formatter};

use crate::experiment::ExperimentError;
use crate::report::ReportError;
use colorize_base::{Blame, Blamed};

/// Done.
pub(crate) const DONE: u8 = 0;
/// Failed.
pub(crate) const FAILED: u8 = 1;
/// The request was wrong: arguments, TOML, a missing file, an unavailable device.
pub(crate) const WRONG_REQUEST: u8 = 2;
/// Interrupted after a checkpoint.
pub(crate) const INTERRUPTED: u8 = 130;

/// What a command gives.
pub(crate) type Result<T, E = CommandError> = std::result::Result<T, E>;

/// An error with its causes, and the exit code that it means.
#[derive(Debug)]
pub(crate) struct CommandError {
    blame: Blame,
    error: anyhow::Error,
}

impl CommandError {
    /// A request that cannot be met as it is written.
    pub(crate) fn request(message: impl Display) -> Self {
        Self {
            blame: Blame::Request,
            error: anyhow::Error::msg(message.to_string()),
        }
    }

    /// Work that failed.
    pub(crate) fn failure(message: impl Display) -> Self {
        Self {
            blame: Blame::Failure,
            error: anyhow::Error::msg(message.to_string()),
        }
    }

    /// An error that the request is not to blame for, whatever it says: for libraries that do not know.
    pub(crate) fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self {
            blame: Blame::Failure,
            error: error.into(),
        }
    }

    /// What it means to a script.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.blame {
            Blame::Request => WRONG_REQUEST,
            Blame::Failure => FAILED,
        }
    }

    /// The error of this type that it is, if it is one.
    pub(crate) fn downcast_ref<E: Display + fmt::Debug + Send + Sync + 'static>(
        &self,
    ) -> Option<&E> {
        self.error.downcast_ref()
    }

    /// Drawn with file and line, if it is an error in a file.
    pub(crate) fn drawn(&self, color: bool) -> Option<String> {
        let file = match self.downcast_ref::<ReportError>() {
            Some(ReportError::File(error)) => Some(error.as_ref()),
            _ => self.downcast_ref::<ExperimentError>(),
        };
        Some(file?.render(color))
    }
}

/// With its causes, one after the other.
impl Display for CommandError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.error)
    }
}

impl<E: Blamed + std::error::Error + Send + Sync + 'static> From<E> for CommandError {
    fn from(error: E) -> Self {
        Self {
            blame: error.blame(),
            error: error.into(),
        }
    }
}

/// Says what was attempted.
pub(crate) trait Context<T> {
    /// `message` comes before the error.
    fn context(self, message: impl Display) -> Result<T>;

    /// The same, assembled only if it is needed.
    fn with_context<M: Display>(self, message: impl FnOnce() -> M) -> Result<T>;
}

impl<T, E: Into<CommandError>> Context<T> for std::result::Result<T, E> {
    fn context(self, message: impl Display) -> Result<T> {
        self.with_context(|| message)
    }

    fn with_context<M: Display>(self, message: impl FnOnce() -> M) -> Result<T> {
        self.map_err(|error| {
            let CommandError { blame, error } = error.into();
            CommandError {
                blame,
                error: error.context(message().to_string()),
            }
        })
    }
}
