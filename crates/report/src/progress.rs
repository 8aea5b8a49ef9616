//! `progress/`: the pictures that the README shows, and the log of results by date.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::claims::{Judged, outdated};
use super::make::Made;
use super::page::{command_lines, hardware};
use super::table::{Table, markdown_rows, number, p_value, signed};
use super::{ReportError, Run, digits, provenance};
use crate::runs::{RunError, atomic};
use crate::statistics::Verdict;
use colorize_base::{MOST_PICTURE, MOST_TEXT, read_file, read_text};

/// What a new log begins with.
const HEAD: &str = "# Log

Results by date, newest first, including bad ones. Every number comes with its command, commit, and hardware.
";

/// A stage's name without the number that orders it: `01-batchnorm` is `batchnorm`.
pub fn short_name(experiment: &str) -> &str {
    experiment
        .split_once('-')
        .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(experiment, |(_, name)| name)
}

impl Made {
    /// Puts the last sample picture of every one of `experiments` into `folder` as `<stage>.png`, and the learning curves
    /// as `curves.png` and `curves.svg`; returns what it wrote.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when a picture is missing or cannot be written.
    pub fn write_progress(
        &self,
        experiments: &[&str],
        folder: &Path,
    ) -> Result<Vec<PathBuf>, ReportError> {
        let mut written = Vec::new();
        for &experiment in experiments {
            let mut groups = self.selection.groups.iter();
            let Some(group) = groups.find(|group| group.experiment() == experiment) else {
                continue;
            };
            let run = group.first();
            let sample = run.folder.sample(run.record.steps).with_extension("png");
            let picture =
                read_file(&sample, MOST_PICTURE).map_err(|cause| ReportError::Sample {
                    path: sample,
                    cause: cause.into(),
                })?;
            let path = folder.join(format!("{}.png", short_name(experiment)));
            atomic::write(&path, &picture)?;
            written.push(path);
        }
        for drawing in self.drawings.iter().filter(|it| it.name == "curves") {
            let metadata = provenance::metadata(
                &self.report,
                &drawing.figure,
                &drawing.shown,
                &self.selection,
            );
            let files = drawing.light.save(&folder.join("curves"), &metadata)?;
            written.extend(files);
        }
        Ok(written)
    }

    /// The results of this report as an entry of the log: the scores, what trained them, and every claim that does not
    /// stand.
    pub fn log_entry(&self) -> String {
        let all = || self.selection.groups.iter().flat_map(|group| &group.runs);
        let mut text = format!("## {}\n\n{}: ", date(all()), self.report.title);
        let commands: Vec<String> = command_lines(all())
            .iter()
            .map(|line| format!("`{line}`"))
            .collect();
        let _ = writeln!(
            text,
            "{}, {}, {}.",
            commands.join(" and "),
            each(all().filter_map(commit)),
            each(all().map(|run| format!("{} on {}", run.record.device, hardware(run))))
        );
        for table in self.tables.iter().filter(|table| is_scores(table)) {
            text.push('\n');
            text.push_str(&markdown_rows(table));
        }
        let mut good = 0;
        let mut lines = Vec::new();
        for judged in &self.judged {
            match judged.verdict_name() {
                "supported" => good += 1,
                verdict => lines.push(format!("- {}: {}", capitalized(verdict), told(judged))),
            }
        }
        if !self.judged.is_empty() {
            let _ = writeln!(
                text,
                "\n{good} of {} claims are supported.",
                self.judged.len()
            );
        }
        let recorded = outdated(&self.judged).map(|judged| {
            let verdict = judged.claim.verdict.map_or("", Verdict::name);
            format!(
                "- Recorded as {verdict} in `{}`: {}",
                self.report.path.display(),
                judged.claim.text
            )
        });
        lines.extend(recorded);
        if !lines.is_empty() {
            let _ = writeln!(text, "\n{}", lines.join("\n"));
        }
        text
    }
}

/// Puts an entry before all others of the log at `path`, which stay as they are.
///
/// # Errors
///
/// [`RunError::Io`] when the file cannot be read or written.
pub fn prepend(path: &Path, entry: &str) -> Result<(), RunError> {
    let old = match read_text(path, MOST_TEXT) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => HEAD.to_owned(),
        Err(cause) => {
            return Err(RunError::Io {
                action: "read",
                path: path.to_path_buf(),
                cause,
            });
        }
    };
    let (head, entries) = match old.find("\n## ") {
        Some(place) => old.split_at(place + 1),
        None => (old.as_str(), ""),
    };
    let text = format!("{}\n\n{}\n\n{entries}", head.trim_end(), entry.trim_end());
    let text = format!("{}\n", text.trim_end());
    atomic::write(path, text.as_bytes())
}

/// The day on which the last run was done.
fn date<'a>(runs: impl Iterator<Item = &'a Run>) -> String {
    let ends = runs.filter_map(|run| {
        let session = run.record.sessions.last()?;
        session.ended.or(Some(session.started))
    });
    ends.max().map_or_else(
        || "unknown date".to_owned(),
        |end| end.strftime("%Y-%m-%d").to_string(),
    )
}

fn commit(run: &Run) -> Option<String> {
    let session = run.record.sessions.last()?;
    let git = session.environment.git.as_ref()?;
    let short: String = git.commit.chars().take(7).collect();
    let dirty = if run.is_dirty() {
        " with uncommitted changes"
    } else {
        ""
    };
    Some(format!("commit {short}{dirty}"))
}

/// What is said, each once, in order.
fn each(words: impl Iterator<Item = String>) -> String {
    let mut once: Vec<String> = Vec::new();
    for word in words {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    if once.is_empty() {
        return "commit unknown".to_owned();
    }
    once.join(", ")
}

fn is_scores(table: &Table) -> bool {
    table
        .columns
        .first()
        .is_some_and(|column| column.raw == ["run"])
        && table.columns.iter().any(|column| column.raw.len() == 4)
}

fn told(judged: &Judged) -> String {
    let text = judged.claim.text.trim_end_matches('.');
    match &judged.result {
        Ok(numbers) => {
            let comparison = &numbers.comparison;
            let digits = digits(judged.claim.metric);
            format!(
                "{text}. `{}` {} against {}, difference {} (95% interval {} to {}), p {}.",
                judged.claim.metric.name(),
                number(Some(comparison.of.value), digits),
                number(Some(comparison.against.value), digits),
                signed(comparison.difference, digits),
                signed(comparison.interval.low, digits),
                signed(comparison.interval.high, digits),
                p_value(numbers.p_value)
            )
        }
        Err(reason) => format!("{text}. {}.", capitalized(&reason.to_string())),
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_loses_its_number_and_nothing_else() {
        assert_eq!(short_name("01-batchnorm"), "batchnorm");
        assert_eq!(short_name("two-words"), "two-words");
        assert_eq!(short_name("plain"), "plain");
    }

    #[test]
    fn a_new_entry_comes_first_and_touches_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("LOG.md");
        prepend(&path, "## 2026-01-01\n\nOne.\n").unwrap();
        prepend(&path, "## 2026-01-02\n\nTwo.").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let entries = "## 2026-01-02\n\nTwo.\n\n## 2026-01-01\n\nOne.\n";
        assert_eq!(text, format!("{HEAD}\n{entries}"));
    }
}
