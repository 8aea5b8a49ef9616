//! Files of a folder that are no photographs, by kind.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Kinds that are named.
const NAMED: usize = 8;

/// What was passed over in a folder: how often each kind occurs. `Display` lists the kinds, the most frequent first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PassedOver(BTreeMap<String, usize>);

impl PassedOver {
    /// Whether nothing was passed over.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Files and folders, a folder counted once with all that it holds.
    pub fn count(&self) -> usize {
        self.0.values().sum()
    }

    /// Adds what was found somewhere else.
    pub fn extend(&mut self, other: Self) {
        for (kind, count) in other.0 {
            *self.0.entry(kind).or_default() += count;
        }
    }

    /// Counts one of a kind, as a person names it.
    pub(crate) fn add(&mut self, kind: &str) {
        *self.0.entry(kind.to_owned()).or_default() += 1;
    }

    /// Counts a file by its ending, or by its name where that is known to be a system's.
    pub(crate) fn add_file(&mut self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_system = ["Thumbs.db", "desktop.ini"]
            .iter()
            .any(|system| system.eq_ignore_ascii_case(&name));
        let kind = match path.extension() {
            _ if is_system => format!("`{name}`"),
            Some(ending) => format!("`.{}`", ending.to_string_lossy().to_lowercase()),
            None => "without an ending".to_owned(),
        };
        self.add(&kind);
    }
}

impl fmt::Display for PassedOver {
    /// `3 `.tif`, 2 hidden, 1 without an ending`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: Vec<(&String, &usize)> = self.0.iter().collect();
        kinds.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let named = kinds.iter().take(NAMED);
        let named: Vec<String> = named
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        formatter.write_str(&named.join(", "))?;
        let rest: usize = kinds.iter().skip(NAMED).map(|(_, count)| **count).sum();
        if rest > 0 {
            write!(formatter, ", and {rest} of other kinds")?;
        }
        Ok(())
    }
}
