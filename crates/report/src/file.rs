//! `reports/*.toml`: which runs a report is about, and which tables, figures and claims it has, in order.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::figures::FigureSpec;
use super::table::TableSpec;
use crate::catalog::{Filter, PointName};
use crate::evaluate::Metric;
use crate::experiment::{Claim, Document, ExperimentError, Problem, WrittenClaim};

/// A report, as read from its file and checked.
#[derive(Debug, Clone)]
pub struct Report {
    /// The file's name without its ending: it names the folder that the report is written to.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// BLAKE3 of the file, in hexadecimal.
    pub hash: String,
    /// What it is called.
    pub title: String,
    /// What it is about, in plain paragraphs.
    pub introduction: String,
    /// The folder of the experiment files that its runs were trained from.
    pub experiments: PathBuf,
    /// Which runs, in the order of their colors; at least one.
    pub runs: Vec<RunSpec>,
    /// Its tables, in order.
    pub tables: Vec<TableSpec>,
    /// Its figures, in order.
    pub figures: Vec<FigureSpec>,
    /// Of how many held-out images of every set the page's gallery has pictures made; those of which there are pictures
    /// anyway are in it without.
    pub gallery_images: Option<usize>,
    /// Its own claims. Those of its experiments are judged as well.
    pub claims: Vec<Claim>,
    document: Document,
}

/// Runs of one experiment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// The experiment's name.
    pub experiment: String,
    /// What claims, tables and figures of the report call these runs; defaults to the experiment's name.
    name: Option<String>,
    /// A few words for tables and figures; defaults to the experiment's title.
    pub label: Option<String>,
    /// Keeps the runs that it says, such as `image.size=96 and seed<3`.
    pub filter: Option<String>,
    /// The seeds to expect; defaults to those that the experiment plans.
    pub seeds: Option<Vec<u64>>,
    /// The name of the runs that an ablation compares these with, or of some of their configurations; defaults to those of
    /// the experiment that this one extends.
    pub parent: Option<String>,
}

impl RunSpec {
    /// All runs of an experiment.
    pub(super) fn of_experiment(experiment: &str) -> Self {
        Self {
            experiment: experiment.to_owned(),
            name: None,
            label: None,
            filter: None,
            seeds: None,
            parent: None,
        }
    }

    /// What claims, tables and figures call these runs.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.experiment)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGallery {
    images: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: String,
    #[serde(default)]
    introduction: String,
    experiments: Option<PathBuf>,
    #[serde(default)]
    runs: Vec<RunSpec>,
    #[serde(default)]
    tables: Vec<TableSpec>,
    #[serde(default)]
    figures: Vec<FigureSpec>,
    #[serde(default)]
    gallery: WrittenGallery,
    #[serde(default)]
    claims: Vec<WrittenClaim>,
}

impl Report {
    /// Reads the report at `path`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file, shown in place.
    pub fn read(path: &Path) -> Result<Self, ExperimentError> {
        let document = Document::read(path, "report")?;
        let written: Written = document.decode()?;
        let names: Vec<&str> = written.runs.iter().map(RunSpec::name).collect();
        let mut problems = runs(&document, &written.runs, &names);
        problems.extend(tables(&document, &written.tables, &names));
        problems.extend(figures(&document, &written.figures, &names));
        if written.gallery.images == Some(0) {
            let must = "must be at least 1";
            problems.push(document.problem("gallery.images", must, ""));
        }
        // A claim may name an experiment, or the runs by the report's own name for them.
        let mut known: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        for run in &written.runs {
            if !known.contains(&run.experiment) {
                known.push(run.experiment.clone());
            }
        }
        let claims = match document.claims(&written.claims, &known) {
            Ok(claims) => claims,
            Err(wrong) => {
                problems.extend(wrong);
                Vec::new()
            }
        };
        document.judge(problems)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: stem.into_owned(),
            path: path.to_path_buf(),
            hash: blake3::hash(document.text().as_bytes())
                .to_hex()
                .to_string(),
            title: written.title,
            introduction: written.introduction,
            experiments: without_detours(
                &folder.join(written.experiments.unwrap_or("../experiments".into())),
            ),
            runs: written.runs,
            tables: written.tables,
            figures: written.figures,
            gallery_images: written.gallery.images,
            claims,
            document,
        })
    }

    /// An error in the value of `key`, such as `runs[0].filter`, drawn where it was written. `help` may be empty.
    pub fn error_at(
        &self,
        key: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> ExperimentError {
        self.document.problem(key, message, help).into()
    }
}

/// `reports/../experiments` as people write it: `experiments`.
fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        let is_detour = part == Component::ParentDir
            && matches!(plain.components().next_back(), Some(Component::Normal(_)));
        if is_detour {
            plain.pop();
        } else if part != Component::CurDir {
            plain.push(part);
        }
    }
    plain
}

fn runs(document: &Document, runs: &[RunSpec], names: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    if runs.is_empty() {
        problems.push(document.problem(
            "runs",
            "a report needs at least one `[[runs]]`",
            "for instance:\n    [[runs]]\n    experiment = \"01-batchnorm\"",
        ));
    }
    for (index, run) in runs.iter().enumerate() {
        let key = |key: &str| format!("runs[{index}].{key}");
        let name = run.name();
        if names[..index].contains(&name) {
            problems.push(document.problem(
                &key(if run.name.is_some() {
                    "name"
                } else {
                    "experiment"
                }),
                format!("the name `{name}` is already taken by an earlier `[[runs]]`"),
                "give each its own `name`; it defaults to the experiment's name",
            ));
        }
        if name.trim().is_empty() || name.contains(char::is_whitespace) {
            problems.push(document.problem(
                &key("name"),
                format!("`{name}` is not a valid name: it must be one word"),
                "`label` can be several words",
            ));
        }
        if let Some(written) = &run.filter
            && let Err(error) = Filter::parse(written)
        {
            problems.push(document.problem(&key("filter"), error.to_string(), ""));
        }
        if run.seeds.as_ref().is_some_and(Vec::is_empty) {
            problems.push(document.problem(
                &key("seeds"),
                format!("`{}` must contain at least one seed", key("seeds")),
                "leave it out to use the seeds that the experiment plans",
            ));
        }
        if let Some(parent) = &run.parent {
            if parent == name {
                problems.push(document.problem(
                    &key("parent"),
                    "runs cannot be compared with themselves",
                    "",
                ));
            } else {
                problems.extend(unknown(document, &key("parent"), parent, names));
            }
        }
    }
    problems
}

fn tables(document: &Document, tables: &[TableSpec], names: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let section = format!("tables[{index}]");
        problems.extend(listed(document, &section, &table.runs, names));
        for (place, metric) in table.metrics.iter().enumerate() {
            let key = format!("{section}.metrics[{place}]");
            problems.extend(unknown_metric(document, &key, metric));
        }
        problems.extend(file_name(document, &section, table.name()));
        if tables[..index]
            .iter()
            .any(|other| other.name() == table.name())
        {
            problems.push(taken(document, &section, table.name()));
        }
    }
    problems
}

fn figures(document: &Document, figures: &[FigureSpec], names: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, figure) in figures.iter().enumerate() {
        let section = format!("figures[{index}]");
        problems.extend(listed(document, &section, &figure.runs, names));
        for (place, metric) in figure.metrics.iter().enumerate() {
            let key = format!("{section}.metrics[{place}]");
            problems.extend(unknown_metric(document, &key, metric));
        }
        for (key, side) in [("of", &figure.of), ("against", &figure.against)] {
            if let Some(name) = side {
                problems.extend(unknown(document, &format!("{section}.{key}"), name, names));
            }
        }
        problems.extend(file_name(document, &section, figure.name()));
        if figures[..index]
            .iter()
            .any(|other| other.name() == figure.name())
        {
            problems.push(taken(document, &section, figure.name()));
        }
        for (key, message, help) in figure.violations() {
            let key = format!("{section}.{key}");
            problems.push(document.problem(&key, format!("`{key}` {message}"), help));
        }
    }
    problems
}

/// Names that are not names of runs.
fn listed(document: &Document, section: &str, runs: &[String], names: &[&str]) -> Vec<Problem> {
    let unknown = runs.iter().enumerate().filter_map(|(place, run)| {
        unknown(document, &format!("{section}.runs[{place}]"), run, names)
    });
    unknown.collect()
}

/// What is wrong with a name of runs, which may be followed by what distinguishes one configuration from the others.
fn unknown(document: &Document, key: &str, name: &str, names: &[&str]) -> Option<Problem> {
    let base = name.split(' ').next().unwrap_or_default();
    if !names.contains(&base) {
        return Some(document.unknown_value(key, name, names));
    }
    if PointName::parse(name).is_some() {
        return None;
    }
    Some(document.problem(
        key,
        format!("`{key}` does not name a configuration: `{base}` must be followed by `key=value`"),
        format!("for example `{base} scale=8`, as tables print it"),
    ))
}

fn unknown_metric(document: &Document, key: &str, metric: &str) -> Option<Problem> {
    if Metric::from_name(metric).is_some() {
        return None;
    }
    Some(document.unknown_value(key, metric, &Metric::ALL.map(Metric::name)))
}

fn file_name(document: &Document, section: &str, name: &str) -> Option<Problem> {
    let is_legal = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if !name.is_empty() && name.chars().all(is_legal) {
        return None;
    }
    Some(document.problem(
        &format!("{section}.name"),
        format!("`{section}.name` may contain only letters, digits, `-`, and `_`"),
        "it is used in file names",
    ))
}

fn taken(document: &Document, section: &str, name: &str) -> Problem {
    document.problem(
        &format!("{section}.name"),
        format!("the name `{name}` is already taken: both would write the same files"),
        "give it its own `name`; it defaults to the kind",
    )
}
