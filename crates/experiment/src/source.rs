//! The texts that an experiment is read from, and places in them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text that a user wrote.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) origin: Origin,
    pub(super) text: String,
}

/// Where a text was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// A file, by the path it was asked for.
    File(PathBuf),
    /// An argument of the command.
    CommandLine,
    /// This program: no user can have made an error in it.
    BuiltIn,
}

/// A range of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) source: Arc<Source>,
    /// `None`: the text as a whole, of which no part is to blame.
    pub(super) span: Option<Range<usize>>,
}

impl Source {
    pub(super) fn file(path: &Path, text: String) -> Arc<Self> {
        Arc::new(Self {
            origin: Origin::File(path.to_path_buf()),
            text,
        })
    }

    pub(super) fn command_line(text: String) -> Arc<Self> {
        Arc::new(Self {
            origin: Origin::CommandLine,
            text,
        })
    }

    pub(super) fn built_in(text: &str) -> Arc<Self> {
        Arc::new(Self {
            origin: Origin::BuiltIn,
            text: text.to_string(),
        })
    }

    /// The path, where the text is a file.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.origin {
            Origin::File(path) => Some(path),
            Origin::CommandLine | Origin::BuiltIn => None,
        }
    }

    /// What stands before `path:line:column` in a message.
    pub(super) fn label(&self) -> String {
        match &self.origin {
            Origin::File(path) => path.display().to_string(),
            Origin::CommandLine => "command line".to_string(),
            Origin::BuiltIn => "built in".to_string(),
        }
    }
}

impl Place {
    pub(super) fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        Self {
            source: Arc::clone(source),
            span: Some(span),
        }
    }

    pub(super) fn whole(source: &Arc<Source>) -> Self {
        Self {
            source: Arc::clone(source),
            span: None,
        }
    }

    /// The text that stands here, empty for the whole of a source.
    pub(super) fn text(&self) -> &str {
        self.span
            .clone()
            .and_then(|span| self.source.text.get(span))
            .unwrap_or_default()
    }

    /// The line on which it begins, from 1.
    pub(super) fn line(&self) -> usize {
        let start = self.span.as_ref().map_or(0, |span| span.start);
        let before = self.source.text.get(..start).unwrap_or_default();
        1 + before.matches('\n').count()
    }

    /// By file, then from top to bottom.
    pub(super) fn order(&self) -> (&Origin, usize) {
        let start = self.span.as_ref().map_or(0, |span| span.start);
        (&self.source.origin, start)
    }
}
