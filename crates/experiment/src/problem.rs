//! What can be wrong with an experiment, and how it is shown.

use colorize_base::{Blame, Blamed};
use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin as Header, Renderer, Snippet};

use super::source::Place;

/// Each is drawn with lines of the whole file, and nobody reads a thousand of them.
const MOST_DRAWN: usize = 100;

/// Everything found wrong with an experiment, at least one problem.
///
/// `Display` draws each with the lines to blame, as a compiler does, without color; [`Self::render`] can color.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.render(false))]
pub struct ExperimentError {
    problems: Vec<Problem>,
}

impl Blamed for ExperimentError {
    fn blame(&self) -> Blame {
        // Every problem lies in a file that was named, or on the command line.
        Blame::Request
    }
}

/// One thing that is wrong, where it was written, and what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    fault: Fault,
    place: Place,
    label: String,
    notes: Vec<String>,
    help: Vec<String>,
    /// Whether `[quick]` has a part in it.
    pub(super) from_quick: bool,
}

/// The kinds of problems; `Display` is the headline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A file that does not exist, is a folder, or cannot be read.
    #[error("cannot read the experiment: {0}")]
    Unreadable(String),
    /// Bytes that are not UTF-8.
    #[error("not UTF-8: an experiment is a text file in UTF-8")]
    Encoding,
    /// Text that is not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// A file without a single key.
    #[error("the experiment is empty")]
    Empty,
    /// An argument of `--set` or `--seed` that cannot be read as one.
    #[error("{0}")]
    Argument(String),
    /// A parent that does not exist, that leads back to its child, or that is one too many.
    #[error("{0}")]
    Parent(String),
    /// A key that no section has.
    #[error("unknown key `{0}`")]
    UnknownKey(String),
    /// A key that must be there and is not.
    #[error("missing key `{0}`")]
    MissingKey(String),
    /// A section that must be there and is not.
    #[error("missing section `[{0}]`")]
    MissingSection(String),
    /// A value that is not one of those in the list.
    #[error("unknown value `{value}` for `{key}`")]
    UnknownValue {
        /// The key, with its section.
        key: String,
        /// The value as written.
        value: String,
    },
    /// A text where a number should be, and the like.
    #[error("`{key}` must be {expected}, not {found}")]
    WrongType {
        /// The key, with its section.
        key: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A value that means nothing there, such as a batch of 0 images.
    #[error("`{key}` {must}")]
    OutOfRange {
        /// The key, with its section.
        key: String,
        /// What the value must be.
        must: String,
    },
    /// Found by another module, such as a category that the dataset lacks.
    #[error("{0}")]
    Other(String),
}

impl Problem {
    pub(super) fn new(fault: Fault, place: Place) -> Self {
        Self {
            fault,
            place,
            label: String::new(),
            notes: Vec::new(),
            help: Vec::new(),
            from_quick: false,
        }
    }

    /// Writes `label` next to the text to blame.
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds a line of context; an empty one is left out.
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes
            .extend(Some(note.into()).filter(|note| !note.is_empty()));
        self
    }

    /// Adds a line that says what to do; an empty one is left out.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help
            .extend(Some(help.into()).filter(|help| !help.is_empty()));
        self
    }

    /// Whether the other says the same of the same place.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.place == other.place && self.fault == other.fault
    }

    /// What is wrong.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The problem with the lines to blame, with colors for a terminal if asked for.
    pub fn render(&self, color: bool) -> String {
        let mut group = Group::with_title(Level::ERROR.primary_title(self.fault.to_string()));
        let source = &self.place.source;
        group = if let Some(span) = &self.place.span {
            // A file may end before the span of what is wrong with its end.
            let end = source.text.len();
            let span = span.start.min(end)..span.end.min(end);
            let label = Some(self.label.as_str()).filter(|label| !label.is_empty());
            group.element(
                Snippet::source(source.text.as_str())
                    .path(source.label())
                    .annotation(AnnotationKind::Primary.span(span).label(label)),
            )
        } else {
            let header = Header::path(source.label());
            group.element(match self.fault {
                Fault::Unreadable(_) => header,
                _ => header.line(1).char_column(1),
            })
        };
        group = group.elements(self.notes.iter().map(|note| Level::NOTE.message(note)));
        group = group.elements(self.help.iter().map(|help| Level::HELP.message(help)));
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[group])
    }
}

impl ExperimentError {
    /// Sorts `problems` by file and line, and takes out doubles.
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|left, right| left.place.order().cmp(&right.place.order()));
        let mut distinct: Vec<Problem> = Vec::with_capacity(problems.len());
        for problem in problems {
            let is_double = distinct
                .iter()
                .rev()
                .take_while(|kept| kept.place == problem.place)
                .any(|kept| kept.is_same(&problem));
            if !is_double {
                distinct.push(problem);
            }
        }
        Self { problems: distinct }
    }

    /// The problems, by file and line.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// All problems with the lines to blame, with colors for a terminal if asked for; no line break at the end.
    pub fn render(&self, color: bool) -> String {
        let mut text = String::new();
        for (number, problem) in self.problems.iter().take(MOST_DRAWN).enumerate() {
            let gap = if number == 0 { "" } else { "\n\n" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{gap}{}", problem.render(color));
        }
        if let more @ 1.. = self.problems.len().saturating_sub(MOST_DRAWN) {
            let _ = write!(text, "\n\nand {more} more problems");
        }
        text
    }
}

impl From<Problem> for ExperimentError {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}
