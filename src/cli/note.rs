//! `colorize note`: tags and a remark on runs, to find them by and to remember what was seen.

use std::path::PathBuf;

use clap::Args;

use super::{ls, output};
use crate::catalog::{Catalog, labels};
use crate::command_error::{CommandError, Result};
use crate::dataset::Cache;
use crate::runs::{Notes, Tag};

/// Arguments of `colorize note`.
#[derive(Debug, Args)]
pub(super) struct NoteArguments {
    /// Which runs, by name, such as `03-yuv`, or by a filter, as for `ls`
    #[arg(value_name = "RUNS")]
    filter: String,
    /// What to remember of each of them, in place of what was noted before; an empty text removes that
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Tag to add, a word; repeatable
    #[arg(long, value_name = "TAG")]
    tag: Vec<Tag>,
    /// Tag to remove; repeatable
    #[arg(long, value_name = "TAG")]
    untag: Vec<Tag>,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
}

impl NoteArguments {
    fn changes(&self) -> bool {
        self.text.is_some() || !self.tag.is_empty() || !self.untag.is_empty()
    }

    /// What is noted after the change.
    fn changed(&self, mut notes: Notes) -> Notes {
        notes.tags.extend(self.tag.iter().cloned());
        notes.tags.retain(|tag| !self.untag.contains(tag));
        match self.text.as_deref().map(str::trim) {
            Some("") => notes.note = None,
            Some(text) => notes.note = Some(text.to_owned()),
            None => {}
        }
        notes
    }
}

/// Writes notes, and shows what is noted.
pub(super) fn run(arguments: &NoteArguments) -> Result<()> {
    ls::check_folder(&arguments.runs)?;
    let catalog = Catalog::open(&arguments.runs, &Cache::of_user()?.folder)?;
    let entries = ls::pick(&catalog, &arguments.filter)?;
    if entries.is_empty() {
        let message = format!(
            "no run under `{}` is `{}`; `colorize ls` lists them",
            arguments.runs.display(),
            arguments.filter
        );
        return Err(CommandError::request(message));
    }
    for (entry, label) in entries.iter().zip(labels(&entries)) {
        let mut notes = entry.facts.notes.clone();
        if arguments.changes() {
            notes = arguments.changed(notes);
            entry.folder.write_notes(&notes)?;
        }
        output::line(&format!("{label} {}", entry.facts.trial));
        if !notes.tags.is_empty() {
            output::line(&format!("  tags  {}", notes.tags_as_text()));
        }
        if let Some(note) = &notes.note {
            output::line(&format!("  note  {}", note.replace('\n', "\n        ")));
        }
        if notes == Notes::default() {
            output::line("  nothing noted");
        }
    }
    Ok(())
}
