//! `notes.toml`: what people remember about a run. It is no part of the run's identity, and training never touches it.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::str::FromStr;

use colorize_base::{MOST_TEXT, read_text};
use serde::{Deserialize, Serialize};

use super::{RunError, RunFolder, atomic};

/// Tags and a remark.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notes {
    /// Words to find the run by.
    pub tags: BTreeSet<Tag>,
    /// A remark.
    pub note: Option<String>,
}

/// A word to find a run by: letters, digits, `-`, `_` and `.`, at most [`Tag::LONGEST`] of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

impl Tag {
    /// Characters of a tag, at most.
    pub const LONGEST: usize = 40;
}

/// A text is no tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a tag is a word of letters, digits, `-`, `_` and `.`, at most {} of them, and this is `{}`",
    Tag::LONGEST, .0.escape_debug()
)]
pub struct NoTag(String);

impl FromStr for Tag {
    type Err = NoTag;

    fn from_str(text: &str) -> Result<Self, NoTag> {
        let is_word = |it: char| it.is_alphanumeric() || matches!(it, '-' | '_' | '.');
        let is_tag =
            !text.is_empty() && text.chars().count() <= Self::LONGEST && text.chars().all(is_word);
        if is_tag {
            Ok(Self(text.to_owned()))
        } else {
            Err(NoTag(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Tag {
    type Error = NoTag;

    fn try_from(text: String) -> Result<Self, NoTag> {
        text.parse()
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Notes {
    /// Its tags in alphabetical order, with spaces between them.
    pub fn tags_as_text(&self) -> String {
        let tags: Vec<String> = self.tags.iter().map(Tag::to_string).collect();
        tags.join(" ")
    }
}

impl RunFolder {
    /// The file of notes.
    pub(crate) fn notes_file(&self) -> PathBuf {
        self.path().join("notes.toml")
    }

    /// What is noted about the run; nothing where there is no such file.
    ///
    /// # Errors
    ///
    /// [`RunError::Notes`] when the file is not what [`RunFolder::write_notes`] writes.
    pub fn notes(&self) -> Result<Notes, RunError> {
        let path = self.notes_file();
        let text = match read_text(&path, MOST_TEXT) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Notes::default()),
            Err(error) => return Err(RunError::io("read", &path)(error)),
        };
        toml::from_str(&text).map_err(|error| RunError::Notes {
            path,
            reason: error.message().to_owned(),
        })
    }

    /// Writes them in place of what was noted before; without a tag and a remark there is no file.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the folder cannot be written.
    pub fn write_notes(&self, notes: &Notes) -> Result<(), RunError> {
        let path = self.notes_file();
        if *notes == Notes::default() {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    Err(RunError::io("delete", &path)(error))
                }
                _ => Ok(()),
            };
        }
        let text = toml::to_string(notes).map_err(|error| RunError::Notes {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        atomic::write(&path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_come_back_and_without_any_there_is_no_file() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(root.path());
        assert_eq!(folder.notes().unwrap(), Notes::default());
        let notes = Notes {
            tags: ["paper", "Bären-2.0"]
                .map(|tag| tag.parse().unwrap())
                .into(),
            note: Some("the \"sky\"\nis green".to_owned()),
        };
        folder.write_notes(&notes).unwrap();
        assert_eq!(folder.notes().unwrap(), notes);
        assert_eq!(notes.tags_as_text(), "Bären-2.0 paper");
        folder.write_notes(&Notes::default()).unwrap();
        assert!(!folder.notes_file().exists());
        folder.write_notes(&Notes::default()).unwrap();
    }

    #[test]
    fn what_is_no_tag_is_refused_also_in_a_file() {
        for wrong in ["", "two words", "a,b", "\u{1b}[31m", &"x".repeat(41)] {
            assert!(wrong.parse::<Tag>().is_err(), "{wrong:?}");
        }
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(root.path());
        for text in ["tags = [\"two words\"]", "label = 1", "tags = 3", "["] {
            fs::write(folder.notes_file(), text).unwrap();
            let said = folder.notes().unwrap_err().to_string();
            assert!(
                said.contains("notes.toml") && said.contains("delete it"),
                "{said}"
            );
        }
    }
}
