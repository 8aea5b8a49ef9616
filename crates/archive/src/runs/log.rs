//! `log.txt`: what happened in a run, for a person, one dated line an event.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use colorize_base::visible;

use super::RunError;

/// The run's text log. Lines are appended; nothing is ever rewritten.
#[derive(Debug)]
pub struct RunLog {
    file: Mutex<File>,
}

impl RunLog {
    /// Opens `log.txt` for appending.
    ///
    /// # Errors
    ///
    /// [`RunError::Io`] when the file cannot be written.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(RunError::io("write", path))?;
        Ok(Self {
            file: Mutex::new(file),
        })
    }

    /// Appends one line, dated to the second. A log that cannot be written stops no training: numbers go elsewhere.
    pub fn line(&self, text: &str) {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
        if let Ok(mut file) = self.file.lock() {
            let _ = writeln!(file, "{now} {}", visible(text));
        }
    }
}
