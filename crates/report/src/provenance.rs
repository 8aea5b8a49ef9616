//! Where a figure says that it comes from, and whether it is still current.

use std::path::{Path, PathBuf};

use super::figures::Shown;
use super::{Report, ReportError, Run, Selection};
use crate::figure::read_metadata;
use crate::runs::{RunFolder, find_runs};

/// What a figure of `report` says of itself: keys and values, for PNG and SVG alike.
pub(super) fn metadata(
    report: &Report,
    figure: &str,
    shown: &Shown,
    selection: &Selection,
) -> Vec<(&'static str, String)> {
    let runs: Vec<String> = runs(shown, selection)
        .map(|run| {
            let record = &run.record;
            format!("{} {} {}", run.name(), record.identity, record.step)
        })
        .collect();
    vec![
        ("report", report.name.clone()),
        ("report_hash", report.hash.clone()),
        ("figure", figure.to_owned()),
        // One line per run: where it lay, its identity, the step it had reached.
        ("runs", runs.join("\n")),
        // Whether it shows every seed of its runs, or the first alone.
        (
            "seeds",
            if shown.all_seeds { "all" } else { "first" }.to_owned(),
        ),
        ("colorize", env!("CARGO_PKG_VERSION").to_owned()),
    ]
}

/// The runs that a figure shows.
fn runs<'a>(shown: &'a Shown, selection: &'a Selection) -> impl Iterator<Item = &'a Run> {
    shown.groups.iter().flat_map(move |&group| {
        let runs = &selection.groups[group].runs;
        let count = if shown.all_seeds { runs.len() } else { 1 };
        runs.iter().take(count)
    })
}

/// What a figure says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The report's name; `None` for a sample picture of a run.
    pub report: Option<String>,
    /// BLAKE3 of the report's file.
    pub report_hash: Option<String>,
    /// The figure's name in the report.
    pub figure: Option<String>,
    /// The runs that made it.
    pub runs: Vec<Maker>,
    /// Whether it shows every seed of these, or the first alone.
    pub all_seeds: bool,
    /// The version of the program that drew it.
    pub colorize: String,
}

/// A run that a figure was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// Where it lay among the runs: `03-yuv/s0-0123456789`.
    pub name: String,
    /// Its identity.
    pub identity: String,
    /// The step that it had reached.
    pub step: usize,
}

/// How a run that made a figure stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// As it was.
    Same,
    /// It has been trained further.
    Further {
        /// The step it has reached.
        step: usize,
    },
    /// It has fewer steps than before: it was started over.
    Back {
        /// The step it has reached.
        step: usize,
    },
    /// It no longer exists.
    Gone {
        /// Runs of the same experiment and seed, whose identity is another.
        instead: Vec<String>,
    },
}

impl Origin {
    /// Reads what the PNG, SVG, or PDF file at `path` says of itself.
    ///
    /// # Errors
    ///
    /// [`ReportError::Figure`] when it is not a figure of this program; [`ReportError::NoOrigin`] when it does not say which
    /// runs made it.
    pub fn read(path: &Path) -> Result<Self, ReportError> {
        let metadata = read_metadata(path)?;
        let value = |wanted: &str| {
            let mut found = metadata.iter().filter(|(key, _)| key == wanted);
            found.next().map(|(_, value)| value.clone())
        };
        let runs: Option<Vec<Maker>> = match (value("runs"), value("run")) {
            (Some(runs), _) => runs.lines().map(Maker::parse).collect(),
            // The picture that a training draws of its samples.
            (None, Some(identity)) => {
                value("experiment")
                    .zip(value("step"))
                    .and_then(|(experiment, step)| {
                        Some(vec![Maker {
                            name: format!("{experiment}/{identity}"),
                            identity,
                            step: step.parse().ok()?,
                        }])
                    })
            }
            (None, None) => None,
        };
        let runs = runs
            .filter(|runs| !runs.is_empty())
            .ok_or_else(|| ReportError::NoOrigin(path.to_path_buf()))?;
        Ok(Self {
            report: value("report"),
            report_hash: value("report_hash"),
            figure: value("figure"),
            runs,
            all_seeds: value("seeds").is_some_and(|seeds| seeds == "all"),
            colorize: value("colorize").unwrap_or_default(),
        })
    }

    /// How each of its runs stands in the folder `runs`.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when the folder or a run in it cannot be read.
    pub fn standings(&self, runs: &Path) -> Result<Vec<Standing>, ReportError> {
        let folders = find_runs(runs)?.runs;
        self.runs
            .iter()
            .map(|maker| maker.standing(&folders))
            .collect()
    }

    /// The report's file: the one of its name next to the folder that contains the figure, or in `reports/`.
    pub fn report_file(&self, figure: &Path) -> Option<PathBuf> {
        let name = format!("{}.toml", self.report.as_ref()?);
        let absolute = std::path::absolute(figure).ok()?;
        let mut folders: Vec<PathBuf> = absolute
            .ancestors()
            .skip(1)
            .take(4)
            .map(Path::to_path_buf)
            .collect();
        folders.push(PathBuf::from("reports"));
        let mut files = folders.into_iter().map(|folder| folder.join(&name));
        files.find(|file| file.is_file())
    }

    /// The runs that the report would take for this figure now and did not, or did and would not; nothing where its file
    /// has another such figure, or none.
    ///
    /// # Errors
    ///
    /// [`ReportError`] when the report's file or the runs cannot be read.
    pub fn changes(&self, report: &Path, runs: &Path) -> Result<Changes, ReportError> {
        let report = Report::read(report).map_err(Box::new)?;
        let selection = Selection::of(&report, runs, None)?;
        let is_ours = |experiment: &str| {
            let of = |maker: &Maker| maker.name.split('/').next() == Some(experiment);
            self.runs.iter().any(of)
        };
        let is_known = |run: &&Run| {
            let identity = &run.record.identity;
            self.runs.iter().any(|maker| maker.identity == *identity)
        };
        let mut new_runs = Vec::new();
        for group in &selection.groups {
            let count = if self.all_seeds { group.runs.len() } else { 1 };
            let has_ours = group.runs.iter().any(|run| is_known(&run));
            // A configuration that is new to the report is new to what shows all of them.
            if has_ours || self.all_seeds && is_ours(group.experiment()) {
                let shown = group.runs.iter().take(count);
                new_runs.extend(shown.filter(|run| !is_known(run)).map(Run::name));
            }
        }
        Ok(Changes {
            report_differs: self.report_hash.as_ref() != Some(&report.hash),
            new_runs,
        })
    }
}

/// What is different from when a figure was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Whether the report's file has changed.
    pub report_differs: bool,
    /// Finished runs of the figure's experiments that the report takes now, and that did not make the figure.
    pub new_runs: Vec<String>,
}

impl Maker {
    /// `03-yuv/s0-0123456789 <identity> <step>`.
    fn parse(line: &str) -> Option<Self> {
        let mut parts = line.rsplitn(3, ' ');
        let step = parts.next()?.parse().ok()?;
        let identity = parts.next()?.to_owned();
        Some(Self {
            name: parts.next()?.to_owned(),
            identity,
            step,
        })
    }

    fn standing(&self, folders: &[RunFolder]) -> Result<Standing, ReportError> {
        let experiment = self.name.split('/').next().unwrap_or_default();
        let short = self.identity.get(..10).unwrap_or(&self.identity);
        let mut instead = Vec::new();
        for folder in folders {
            let path = folder.path();
            let trial = path.file_name().unwrap_or_default().to_string_lossy();
            let parent = path.parent().and_then(Path::file_name);
            if parent.is_none_or(|name| name != experiment) {
                continue;
            }
            if !trial.ends_with(short) {
                let seed = |name: &str| name.split('-').next().map(str::to_owned);
                let own = self.name.split('/').nth(1).unwrap_or_default();
                if seed(&trial) == seed(own) {
                    instead.push(format!("{experiment}/{trial}"));
                }
                continue;
            }
            let Some(record) = folder.record()? else {
                continue;
            };
            if record.identity != self.identity {
                continue;
            }
            return Ok(match record.step.cmp(&self.step) {
                std::cmp::Ordering::Equal => Standing::Same,
                std::cmp::Ordering::Greater => Standing::Further { step: record.step },
                std::cmp::Ordering::Less => Standing::Back { step: record.step },
            });
        }
        Ok(Standing::Gone { instead })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_back_from_their_lines() {
        let maker = Maker::parse("03-yuv/s0-0123456789 0123456789ab 60").unwrap();
        assert_eq!(maker.name, "03-yuv/s0-0123456789");
        assert_eq!((maker.identity.as_str(), maker.step), ("0123456789ab", 60));
        assert_eq!(Maker::parse("03-yuv 60"), None);
        assert_eq!(Maker::parse("03-yuv/s0 0123 sixty"), None);
    }
}
