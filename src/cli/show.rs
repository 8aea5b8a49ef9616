//! `colorize show`: everything about one run.

use std::path::{Path, PathBuf};

use clap::Args;
use colorize_base::{MOST_TEXT, one_line, read_text, readable_size};
use serde_json::json;

use super::{cells, ls, output};
use crate::catalog::{Entry, size as bytes};
use crate::command_error::{CommandError, Result};
use crate::runs::{Checkpoint, RunFolder, RunRecord, Session, StoppedEarly, find_run};

/// Arguments of `colorize show`.
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// Run: its folder, or its name under `--runs`, such as `03-yuv` or `03-yuv/s0-0123456789`
    #[arg(value_name = "RUN")]
    run: String,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Show only its experiment, as TOML with every value written out
    #[arg(long, conflicts_with_all = ["metrics", "json"])]
    config: bool,
    /// Show only its metrics
    #[arg(long, conflicts_with = "json")]
    metrics: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How many names of photographs are listed.
const LISTED: usize = 3;

/// Shows a run.
pub(super) fn run(arguments: &ShowArguments) -> Result<()> {
    let folder = find(&arguments.runs, &arguments.run)?;
    if arguments.config {
        output::text(&read_text(&folder.experiment(), MOST_TEXT)?);
        return Ok(());
    }
    let entry = Entry::read(&folder)?;
    if arguments.metrics {
        metrics(&entry);
        return Ok(());
    }
    let record = folder.record()?;
    let Some(record) = record else {
        return Ok(());
    };
    let checkpoints = Checkpoint::list(&folder.checkpoints())?;
    if arguments.json {
        let mut json = cells::json_run(&entry);
        json["record"] = serde_json::to_value(&record).map_err(CommandError::failed)?;
        json["checkpoints"] = checkpoints
            .iter()
            .map(|checkpoint| json!({ "step": checkpoint.step, "bytes": bytes(&checkpoint.path) }))
            .collect();
        output::line(&json.to_string());
        return Ok(());
    }
    identity(&entry, &record);
    sessions(&record);
    dataset(&record);
    environment(&record);
    experiment(&entry);
    output::line("");
    output::line("Metrics");
    metrics(&entry);
    files(&folder, &checkpoints);
    Ok(())
}

/// The run of a name; where runs of several seeds have it, they are listed.
fn find(runs: &Path, name: &str) -> Result<RunFolder> {
    if !Path::new(name).join("run.json").is_file() {
        ls::check_folder(runs)?;
    }
    Ok(find_run(runs, name)?)
}

/// `  status      done`.
fn fact(name: &str, value: &str) {
    output::line(&format!("  {name:<14} {}", one_line(value)));
}

fn identity(entry: &Entry, record: &RunRecord) {
    output::line(&format!("{} s{}", entry.label(), record.seed));
    fact("title", &record.title);
    fact("folder", &entry.folder.path().display().to_string());
    if let Some(home) = entry.folder.home(record) {
        fact(
            "belongs",
            &format!("{home}: this is a copy, or was renamed"),
        );
    }
    let mut status = format!("{}, {}/{} steps", entry.status(), record.step, record.steps);
    if entry.seconds > 0.0 {
        status = format!("{status}, {} of training", cells::duration(entry.seconds));
    }
    fact("status", &status);
    if let Some(StoppedEarly {
        planned,
        metric,
        patience,
        best,
    }) = &record.stopped_early
    {
        let evaluations = if *patience == 1 {
            "evaluation"
        } else {
            "evaluations"
        };
        fact(
            "stopped early",
            &format!(
                "of {planned} steps: {metric} was best at step {best}, {patience} {evaluations} before"
            ),
        );
    }
    if let Some(error) = &record.error {
        fact("error", error);
    }
    if !entry.facts.notes.tags.is_empty() {
        fact("tags", &entry.facts.notes.tags_as_text());
    }
    if let Some(note) = &entry.facts.notes.note {
        fact("note", note);
    }
    let planned: Vec<String> = entry.planned_seeds().iter().map(u64::to_string).collect();
    fact("seed", &format!("{} of {}", record.seed, planned.join(" ")));
    fact("identity", &record.identity);
    if !record.configuration.is_empty() {
        fact("configuration", &record.configuration);
    }
    fact(
        "device",
        &format!("{} ({})", record.device, record.device_class),
    );
    fact("parameters", &record.parameters.to_string());
}

fn sessions(record: &RunRecord) {
    output::line("");
    output::line("Sessions");
    for session in &record.sessions {
        one_session(session);
    }
}

fn one_session(session: &Session) {
    let Session {
        started,
        ended,
        from_step,
        process,
        threads,
        peak_memory_bytes,
        environment,
    } = session;
    let time = |time: &jiff::Timestamp| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let end = match ended {
        Some(ended) => format!(
            "for {}",
            cells::duration(ended.duration_since(*started).as_secs_f64())
        ),
        None => "not ended".to_owned(),
    };
    fact(
        "started",
        &format!("{}, {end}, from step {from_step}", time(started)),
    );
    let machine = &environment.machine;
    fact(
        "  on",
        &format!(
            "{} (process {process}): {}, {} threads, {:.1} GiB, {}",
            machine.host,
            machine.processor,
            threads.unwrap_or(machine.threads),
            machine.memory_bytes as f64 / f64::from(1 << 30),
            machine.system
        ),
    );
    let git = match &environment.git {
        Some(git) if git.dirty => format!(", commit {}, with local changes", git.commit),
        Some(git) => format!(", commit {}", git.commit),
        None => match &environment.git_refused {
            Some(said) => format!(", commit unknown, because git refused: {said}"),
            None => String::new(),
        },
    };
    if let Some(bytes) = peak_memory_bytes {
        fact("  memory", &format!("{} at peak", readable_size(*bytes)));
    }
    fact("  code", &format!("colorize {}{git}", environment.colorize));
    fact("  command", &environment.arguments.join(" "));
}

fn dataset(record: &RunRecord) {
    let dataset = &record.dataset;
    output::line("");
    output::line("Dataset");
    fact("manifest", &dataset.manifest.to_string());
    fact("content", &dataset.content_hash);
    fact(
        "images",
        &format!(
            "{} to train on, {} held out",
            dataset.train, dataset.validation
        ),
    );
    let broken: Vec<String> = dataset.broken.keys().cloned().collect();
    let copies = dataset.copies.iter();
    let copies: Vec<String> = copies.map(|copy| copy.file_name.clone()).collect();
    for (name, files) in [
        ("excluded", &dataset.excluded),
        ("colorless", &dataset.colorless),
        ("toned", &dataset.toned),
        ("broken", &broken),
        ("missing", &dataset.missing),
        ("copies", &copies),
    ] {
        if !files.is_empty() {
            let mut named = files
                .iter()
                .take(LISTED)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ");
            if files.len() > LISTED {
                named.push_str(", …");
            }
            fact(name, &format!("{} skipped: {named}", files.len()));
        }
    }
    if let Some(weights) = &record.weights {
        let path = weights.path.as_deref().unwrap_or("random");
        fact("weights", &format!("{} ({path})", weights.identity));
    }
    if let Some(weights) = &record.perceptual_weights {
        let path = weights.path.as_deref().unwrap_or("random");
        fact("loss weights", &format!("{} ({path})", weights.identity));
    }
    if let Some(from) = &record.from {
        fact("from", &format!("{} ({})", from.origin, from.path));
    }
}

fn environment(record: &RunRecord) {
    let versions = |pairs: Vec<String>| pairs.join(", ");
    output::line("");
    output::line("Versions");
    let code = record.code.iter();
    fact(
        "code",
        &versions(
            code.map(|(room, version)| format!("{room} {version}"))
                .collect(),
        ),
    );
    let libraries = record.libraries.iter();
    fact(
        "libraries",
        &versions(
            libraries
                .map(|(name, version)| format!("{name} {version}"))
                .collect(),
        ),
    );
}

/// The experiment's keys, section by section.
fn experiment(entry: &Entry) {
    output::line("");
    output::line("Experiment");
    let mut section = "";
    let widest = entry
        .values
        .keys()
        .map(std::string::String::len)
        .max()
        .unwrap_or(0);
    for (key, json) in entry.values.iter() {
        let here = key.split_once('.').map_or("", |(section, _)| section);
        if here != section && !section.is_empty() {
            output::line("");
        }
        section = here;
        output::line(&format!("  {key:<widest$}  {json}"));
    }
}

fn metrics(entry: &Entry) {
    let mut table = output::table(&[
        "split",
        "metric",
        "values",
        "first",
        "last",
        "at step",
        "best",
        "at step",
        "mean of last tenth",
    ]);
    for series in &entry.series {
        let number = |value| cells::number(&series.metric, value);
        let best = series.best();
        let nothing = || cells::NOTHING.to_owned();
        table.add_row([
            series.split.clone(),
            series.metric.clone(),
            series.count.to_string(),
            number(series.first.value),
            number(series.last.value),
            series.last.step.to_string(),
            best.map_or_else(nothing, |best| number(best.value)),
            best.map_or_else(nothing, |best| best.step.to_string()),
            number(series.mean),
        ]);
    }
    output::align_right(&mut table, 2..=8);
    if entry.series.is_empty() {
        output::line("  nothing logged yet");
    } else {
        output::line(&table.to_string());
    }
}

fn files(folder: &RunFolder, checkpoints: &[Checkpoint]) {
    output::line("");
    output::line("Files");
    for (name, what) in [
        ("metrics", "parquet"),
        ("images", "parquet"),
        ("samples", "png"),
        ("evaluations", "parquet"),
    ] {
        let path = folder.path().join(name);
        let files = walkdir::WalkDir::new(&path)
            .into_iter()
            .flatten()
            .filter(|entry| {
                entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == what)
            });
        let count = files.count();
        if count > 0 {
            let plural = if count == 1 { "file" } else { "files" };
            fact(
                name,
                &format!("{count} {plural}, {}", readable_size(bytes(&path))),
            );
        }
    }
    if checkpoints.is_empty() {
        fact("checkpoints", "none");
    }
    for checkpoint in checkpoints {
        let step = format!(
            "step {}, {}",
            checkpoint.step,
            readable_size(bytes(&checkpoint.path))
        );
        fact("checkpoint", &step);
    }
}
