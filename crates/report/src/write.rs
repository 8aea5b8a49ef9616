//! The folder of a report: `index.html`, figures and tables as files of their own, `report.tex` with all of these for a
//! paper, and what scripts may read.
//!
//! It is written next to its destination and then renamed as a whole, so it never mixes two reports.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::figures::Drawing;
use super::html::{self, FileLink, Picture};
use super::make::Made;
use super::table::{Table, csv, latex, markdown};
use super::{ReportError, page, provenance};
use crate::figure::Figure;
use crate::runs::RunError;
use crate::statistics::Verdict;
use colorize_base::{MOST_RECORD, files_below, read_text};

/// The file by which a folder is known to be a report.
const SUMMARY: &str = "report.json";

/// A figure's files, and how the page shows it.
pub(super) struct FigureFiles {
    pub(super) light: Picture,
    pub(super) dark: Picture,
    pub(super) phone: Option<[Picture; 2]>,
    pub(super) files: Vec<FileLink>,
}

/// Where a table's files lie within the report.
pub(super) fn table_files(table: &Table) -> Vec<FileLink> {
    [("CSV", "csv"), ("Markdown", "md"), ("LaTeX", "tex")]
        .map(|(label, ending)| FileLink::new(label, format!("tables/{}.{ending}", table.name)))
        .into()
}

impl Made {
    /// Writes the report as `<out>/<name>/`, in the place of an earlier one, and returns that folder.
    ///
    /// # Errors
    ///
    /// [`ReportError::NotAReport`] where something else lies there; [`ReportError`] when it cannot be written.
    pub fn write(&self, out: &Path) -> Result<PathBuf, ReportError> {
        let folder = out.join(&self.report.name);
        self.write_as(&folder)?;
        Ok(folder)
    }

    /// Writes the report as `folder`, in the place of an earlier one.
    ///
    /// # Errors
    ///
    /// As [`Self::write`].
    pub fn write_as(&self, folder: &Path) -> Result<(), ReportError> {
        // A link to a folder stays one.
        let target = folder.canonicalize();
        let folder = target.as_deref().unwrap_or(folder);
        refuse_others(folder)?;
        let parent = folder.parent().unwrap_or(Path::new(""));
        let parent = if parent.as_os_str().is_empty() {
            Path::new(".")
        } else {
            parent
        };
        fs::create_dir_all(parent).map_err(|cause| io("create", parent, cause))?;
        let staging = tempfile::Builder::new()
            .prefix(".partial-report-")
            .tempdir_in(parent)
            .map_err(|cause| io("write", folder, cause))?;
        let fresh = staging.path().join("new");
        self.fill(&fresh)?;
        if folder.exists() {
            let old = staging.path().join("old");
            fs::rename(folder, &old).map_err(|cause| io("replace", folder, cause))?;
            if let Err(cause) = fs::rename(&fresh, folder) {
                // What was there before is better than nothing.
                let _ = fs::rename(&old, folder);
                return Err(io("write", folder, cause).into());
            }
        } else {
            fs::rename(&fresh, folder).map_err(|cause| io("write", folder, cause))?;
        }
        Ok(())
    }

    fn fill(&self, folder: &Path) -> Result<(), ReportError> {
        for part in [folder, &folder.join("figures"), &folder.join("tables")] {
            fs::create_dir_all(part).map_err(|cause| io("create", part, cause))?;
        }
        let figures = self
            .drawings
            .par_iter()
            .map(|drawing| self.write_figure(drawing, folder))
            .collect::<Result<Vec<_>, _>>()?;
        for table in &self.tables {
            let path = |ending: &str| folder.join(format!("tables/{}.{ending}", table.name));
            save(&path("md"), markdown(table).as_bytes())?;
            save(&path("tex"), latex(table).as_bytes())?;
            save(&path("csv"), csv(table).as_bytes())?;
        }
        save(&folder.join("report.tex"), self.document().as_bytes())?;
        let page = html::render(&page::page(self, figures)?);
        save(&folder.join("index.html"), page.as_bytes())?;
        let files = files_below(folder).map_err(|cause| io("read", folder, cause))?;
        save(&folder.join(SUMMARY), self.summary(&files).as_bytes())?;
        Ok(())
    }

    fn write_figure(&self, drawing: &Drawing, folder: &Path) -> Result<FigureFiles, ReportError> {
        let metadata = provenance::metadata(
            &self.report,
            &drawing.figure,
            &drawing.shown,
            &self.selection,
        );
        let mut files = Vec::new();
        let mut shown = Vec::new();
        for (figure, ending, theme) in
            [(&drawing.light, "", ""), (&drawing.dark, "-dark", ", dark")]
        {
            let png = figure.to_png(&metadata)?;
            let svg = figure.to_svg(&metadata)?;
            let path = |kind: &str| format!("figures/{}{ending}.{kind}", drawing.name);
            save(&folder.join(path("png")), &png)?;
            save(&folder.join(path("svg")), svg.as_bytes())?;
            files.push(FileLink::new(format!("PNG{theme}"), path("png")));
            files.push(FileLink::new(format!("SVG{theme}"), path("svg")));
            shown.push(picture(figure, png, svg));
        }
        // On paper, which is light.
        let path = format!("figures/{}.pdf", drawing.name);
        save(&folder.join(&path), &drawing.light.to_pdf(&metadata)?)?;
        files.insert(2, FileLink::new("PDF", path));
        let phone = match &drawing.phone {
            Some([light, dark]) => Some([vector(light)?, vector(dark)?]),
            None => None,
        };
        let dark = shown.pop();
        let light = shown.pop();
        Ok(FigureFiles {
            light: light.unwrap_or_else(empty),
            dark: dark.unwrap_or_else(empty),
            phone,
            files,
        })
    }

    /// What scripts may read: the runs, and the claims with their numbers; and the report's other `files`.
    fn summary(&self, files: &[String]) -> String {
        let claims = self
            .judged
            .iter()
            .zip(&self.sources)
            .map(|(judged, source)| {
                let numbers = judged.result.as_ref().ok();
                SummaryClaim {
                    text: &judged.claim.text,
                    source,
                    metric: judged.claim.metric.name(),
                    of: &judged.claim.of,
                    verdict: judged.verdict_name(),
                    recorded: judged.claim.verdict.map(Verdict::name),
                    reason: judged.result.as_ref().err().map(ToString::to_string),
                    value: numbers.map(|it| it.comparison.of.value),
                    against: numbers.map(|it| it.comparison.against.value),
                    difference: numbers.map(|it| it.comparison.difference),
                    low: numbers.map(|it| it.comparison.interval.low),
                    high: numbers.map(|it| it.comparison.interval.high),
                    p: numbers.map(|it| it.comparison.p_value),
                    p_holm: numbers.map(|it| it.p_value),
                    effect: numbers.and_then(|it| it.comparison.effect),
                }
            });
        let runs = self.selection.groups.iter().flat_map(|group| {
            group.runs.iter().map(|run| SummaryRun {
                name: &group.name,
                run: run.name(),
                identity: &run.record.identity,
                step: run.record.step,
            })
        });
        let summary = Summary {
            report: &self.report.name,
            report_hash: &self.report.hash,
            colorize: env!("CARGO_PKG_VERSION"),
            runs: runs.collect(),
            claims: claims.collect(),
            files,
        };
        let mut json = serde_json::to_string_pretty(&summary).unwrap_or_default();
        json.push('\n');
        json
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    report: &'a str,
    report_hash: &'a str,
    colorize: &'a str,
    runs: Vec<SummaryRun<'a>>,
    claims: Vec<SummaryClaim<'a>>,
    /// Whatever else lies in the folder is not the report's.
    files: &'a [String],
}

/// What an earlier report says of itself, as far as it matters to the next one.
#[derive(Deserialize)]
struct Earlier {
    /// Absent in reports of programs that did not write it.
    files: Option<Vec<String>>,
}

#[derive(Serialize)]
struct SummaryRun<'a> {
    name: &'a str,
    run: String,
    identity: &'a str,
    step: usize,
}

#[derive(Serialize)]
struct SummaryClaim<'a> {
    text: &'a str,
    source: &'a str,
    metric: &'a str,
    of: &'a str,
    verdict: &'a str,
    recorded: Option<&'static str>,
    reason: Option<String>,
    value: Option<f64>,
    against: Option<f64>,
    difference: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    p: Option<f64>,
    p_holm: Option<f64>,
    effect: Option<f64>,
}

/// A drawing of which the page is the only copy.
fn vector(figure: &Figure) -> Result<Picture, ReportError> {
    Ok(Picture::Svg {
        document: figure.to_svg(&[])?,
        width: figure.width(),
        height: figure.height(),
    })
}

/// The smaller of the two, once it is within the page: drawings and small photographs are smaller as SVG, large
/// photographs, which an SVG encodes twice, as PNG. Numbers can be read off an SVG alone.
fn picture(figure: &Figure, png: Vec<u8>, svg: String) -> Picture {
    let (width, height) = (figure.width(), figure.height());
    if !figure.has_readings() && png.len() / 3 * 4 < svg.len() {
        Picture::Png {
            bytes: png,
            width,
            height,
        }
    } else {
        Picture::Svg {
            document: svg,
            width,
            height,
        }
    }
}

fn empty() -> Picture {
    Picture::Svg {
        document: String::new(),
        width: 0,
        height: 0,
    }
}

/// A folder that is not a report is left untouched, and so is a report in which lies what it did not write: it may be
/// somebody's notes.
fn refuse_others(folder: &Path) -> Result<(), ReportError> {
    if folder.symlink_metadata().is_err() {
        return Ok(());
    }
    let not_a_report = || ReportError::NotAReport(folder.to_path_buf());
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    if is_empty() {
        return Ok(());
    }
    let text = read_text(&folder.join(SUMMARY), MOST_RECORD).map_err(|_| not_a_report())?;
    let earlier: Earlier = serde_json::from_str(&text).map_err(|_| not_a_report())?;
    let mut files = files_below(folder).map_err(|cause| io("read", folder, cause))?;
    files.retain(|file| {
        let is_ours = match &earlier.files {
            Some(ours) => ours.binary_search(file).is_ok(),
            None => is_of_a_report(file),
        };
        file != SUMMARY && !is_ours
    });
    if files.is_empty() {
        return Ok(());
    }
    Err(ReportError::ForeignFiles {
        path: folder.to_path_buf(),
        files,
    })
}

/// Whether a file is called as a report may call one.
fn is_of_a_report(file: &str) -> bool {
    let has_ending = |name: &str, endings: &[&str]| {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending);
        !name.contains('/') && ending.is_some_and(|ending| endings.contains(&ending))
    };
    match file.split_once('/') {
        None => matches!(file, "index.html" | "report.tex"),
        Some(("figures", name)) => has_ending(name, &["png", "svg", "pdf"]),
        Some(("tables", name)) => has_ending(name, &["md", "tex", "csv"]),
        Some(_) => false,
    }
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    // The whole folder is renamed when it is complete, so no file needs a temporary name of its own.
    fs::write(path, bytes).map_err(|cause| io("write", path, cause).into())
}

fn io(action: &'static str, path: &Path, cause: std::io::Error) -> RunError {
    RunError::Io {
        action,
        path: path.to_path_buf(),
        cause,
    }
}
