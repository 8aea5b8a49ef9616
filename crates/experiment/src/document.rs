//! TOML files of other modules, such as reports, read as experiment files are: every key has to be known, and what is wrong
//! is drawn where it was written.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::claim::{self, Claim, WrittenClaim};
use super::explain::{closest, did_you_mean, parts};
use super::file::{Unread, nearest_file, parse, read_text};
use super::neighbours::Neighbours;
use super::problem::{ExperimentError, Fault, Problem};
use super::source::{Place, Source};
use super::tree::Node;
use super::written::read_all_of;
use colorize_base::nearest::{nearest, quoted};

/// A TOML file with the place of every key.
#[derive(Debug, Clone)]
pub struct Document {
    root: Node,
    text: String,
}

impl Document {
    /// Reads the file at `path`, which should hold a `what`: that is what messages call it.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, is not UTF-8, not TOML, or empty.
    pub fn read(path: &Path, what: &str) -> Result<Self, ExperimentError> {
        let whole = || Place::whole(&Source::file(path, String::new()));
        let refuse = |reason: &str| {
            let fault = Fault::Other(format!("cannot read the {what}: {reason}"));
            Problem::new(fault, whole())
        };
        let bytes = read_text(path).map_err(|reason| match reason {
            Unread::Missing => refuse("no such file").help(nearest_file(path, path)),
            Unread::Folder => refuse("this is a folder, not a file"),
            Unread::Other(reason) => refuse(&reason),
        })?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let file = parse(path, bytes).map_err(|problem| match problem.fault() {
            Fault::Empty => Problem::new(Fault::Other(format!("the {what} is empty")), whole()),
            _ => *problem,
        })?;
        Ok(Self {
            root: file.root,
            text,
        })
    }

    /// The file as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The document as a `T`.
    ///
    /// # Errors
    ///
    /// All that is wrong with its keys, as far as it can be told at once.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, ExperimentError> {
        let (value, found) = read_all_of(&self.root, &[]);
        match value {
            Some(value) if found.problems.is_empty() => Ok(value),
            _ => Err(ExperimentError::new(found.problems)),
        }
    }

    /// What the document's `[[claims]]` mean; they may speak of what is among `names`.
    ///
    /// # Errors
    ///
    /// All that is wrong with them.
    pub fn claims(
        &self,
        written: &[WrittenClaim],
        names: &[String],
    ) -> Result<Vec<Claim>, Vec<Problem>> {
        let neighbours = Neighbours::named(names.to_vec());
        claim::decide(written, "", &self.root, &neighbours)
    }

    /// A problem with the value of `key`, such as `runs[1].name`, drawn there or at the nearest table above. `help` may be
    /// empty.
    pub fn problem(
        &self,
        key: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        let node = closest(&self.root, &parts(key));
        Problem::new(Fault::Other(message.into()), node.value.clone()).help(help)
    }

    /// The problem that `key` has the value `written`, which is none of the `legal` ones.
    pub fn unknown_value(&self, key: &str, written: &str, legal: &[&str]) -> Problem {
        let node = closest(&self.root, &parts(key));
        let fault = Fault::UnknownValue {
            key: key.to_owned(),
            value: written.to_owned(),
        };
        Problem::new(fault, node.value.clone())
            .help(did_you_mean(nearest(written, legal.iter().copied()).next()))
            .help(format!("legal values: {}", quoted(legal)))
    }

    /// Refuses the document where there is a problem.
    ///
    /// # Errors
    ///
    /// `problems`, unless there are none.
    pub fn judge(&self, problems: Vec<Problem>) -> Result<(), ExperimentError> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(ExperimentError::new(problems))
        }
    }
}
