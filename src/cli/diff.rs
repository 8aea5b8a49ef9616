//! `colorize diff`: runs, or experiments with their seeds, side by side.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::{cells, ls, output};
use crate::catalog::{
    Catalog, Compared, Difference, Entry, Group, Key, Measured, Statistic, labels,
};
use crate::command_error::Result;
use crate::dataset::Cache;

/// Arguments of `colorize diff`.
#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    /// Runs, experiments (all their seeds), configurations as `ls` prints them, such as `"norms norm=batch scale=8"`, or
    /// filters, such as `experiment=03-yuv and network.scale=8`; all others are compared with the first
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    sides: Vec<String>,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Keys that decide what the loss is a loss of: where they differ, neither is better.
const LOSS: [&str; 10] = [
    "color.space",
    "color.head",
    "color.classes.step",
    "color.classes.neighbors",
    "color.classes.sigma",
    "color.classes.rebalance",
    "train.loss",
    "train.loss.kind",
    "train.loss.delta",
    "train.loss.beta",
];

/// How much of a value a cell shows.
const WIDEST: usize = 48;

/// Shows what differs.
pub(super) fn run(arguments: &DiffArguments) -> Result<()> {
    ls::check_folder(&arguments.runs)?;
    let catalog = Catalog::open(&arguments.runs, &Cache::of_user()?.folder)?;
    output::strays(&catalog.strays);
    for unreadable in &catalog.unreadable {
        output::note(&format!("skipped: {}", unreadable.reason));
    }
    let sides = arguments
        .sides
        .iter()
        .map(|name| catalog.named(name))
        .collect::<Result<Vec<_>, _>>()?;
    let difference = Difference::of(&sides)?;
    if arguments.json {
        output::line(&json(&sides, &difference).to_string());
        return Ok(());
    }
    let names = names(&sides);
    keys(&names, &difference);
    output::line("");
    metrics(&sides, &names, &difference);
    Ok(())
}

/// The heads of the sides: as short as tells them apart.
fn names(sides: &[Group<'_>]) -> Vec<String> {
    let firsts: Vec<&Entry> = sides.iter().map(Group::first).collect();
    let with_seeds = |(side, label): (&Group<'_>, String)| match &side.runs[..] {
        [run] => format!("{label} s{}", run.facts.seed),
        runs => format!("{label} ({} seeds)", runs.len()),
    };
    let named = sides.iter().zip(labels(&firsts));
    let plain: Vec<String> = named.map(with_seeds).collect();
    sides
        .iter()
        .zip(&plain)
        .map(|(side, name)| {
            let is_unique = plain.iter().filter(|other| *other == name).count() == 1;
            if is_unique {
                return name.clone();
            }
            format!(
                "{}/{}",
                side.first().facts.experiment,
                side.first().facts.trial
            )
        })
        .collect()
}

fn keys(names: &[String], difference: &Difference) {
    if difference.keys.is_empty() {
        output::line("No key differs.");
        return;
    }
    let mut header = vec!["key"];
    header.extend(names.iter().map(String::as_str));
    let mut table = output::table(&header);
    for key in &difference.keys {
        let mut row = vec![key.key.clone()];
        let texts = key.values.iter().map(|value| match value {
            Some(value) => shortened(value),
            None => cells::NOTHING.to_owned(),
        });
        row.extend(texts);
        table.add_row(row);
    }
    output::line(&table.to_string());
}

/// A long value's beginning: hashes and lists of categories.
fn shortened(value: &str) -> String {
    let is_hash = value.len() >= 40 && value.chars().all(|c| c.is_ascii_hexdigit());
    let widest = if is_hash { 12 } else { WIDEST };
    if value.chars().count() <= widest {
        return value.to_owned();
    }
    let begin: String = value.chars().take(widest - 1).collect();
    format!("{begin}…")
}

fn metrics(sides: &[Group<'_>], names: &[String], difference: &Difference) {
    let mut header = vec!["metric".to_owned(), names[0].clone()];
    for name in &names[1..] {
        header.extend([
            name.clone(),
            "difference".to_owned(),
            "95% interval".to_owned(),
            String::new(),
        ]);
    }
    let names: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = output::table(&names);
    let is_other_loss = difference
        .keys
        .iter()
        .any(|key| LOSS.contains(&key.key.as_str()));
    for measured in &difference.metrics {
        let first = measured.sides[0].as_ref();
        let size = first.map_or(0.0, |spread| spread.description.mean);
        let number = |value: f64| cells::beside(&measured.metric, size, value);
        let side = |side: usize| match &measured.sides[side] {
            Some(spread) => cells::mean_and_deviation(&measured.metric, spread),
            None => cells::NOTHING.to_owned(),
        };
        let mut row = vec![title(measured), side(0)];
        for (index, compared) in measured.against_first.iter().enumerate() {
            let difference = compared
                .difference
                .map(|value| signed(&number(value), value));
            let interval = compared.paired.as_ref().ok().map(|paired| {
                let interval = &paired.interval;
                format!("[{}, {}]", number(interval.low), number(interval.high))
            });
            let nothing = || cells::NOTHING.to_owned();
            row.extend([
                side(index + 1),
                difference.unwrap_or_else(nothing),
                interval.unwrap_or_else(nothing),
                if is_other_loss && measured.metric == "loss" {
                    "other loss".to_owned()
                } else {
                    verdict(&measured.key, compared).to_owned()
                },
            ]);
        }
        table.add_row(row);
    }
    output::align_right(&mut table, 1..=1);
    for side in 0..header.len().saturating_sub(2) / 4 {
        output::align_right(&mut table, side * 4 + 2..=side * 4 + 4);
    }
    output::line(&table.to_string());
    output::line("");
    for note in notes(sides, difference) {
        output::line(&note);
    }
}

/// `psnr` of held-out images, `train loss` of the training.
fn title(measured: &Measured) -> String {
    match &measured.key {
        Key::Metric {
            statistic: Statistic::Mean,
            split,
            metric,
        } => format!("{split} {metric}"),
        _ => measured.metric.clone(),
    }
}

fn signed(number: &str, value: f64) -> String {
    if value > 0.0 {
        format!("+{number}")
    } else {
        number.to_owned()
    }
}

/// What the interval makes of the difference: nothing where it holds zero.
fn verdict(key: &Key, compared: &Compared) -> &'static str {
    let Ok(paired) = &compared.paired else {
        return "";
    };
    let interval = &paired.interval;
    // Sums in another order differ by a rounding.
    let rounding = 1e-12 * paired.against.value.abs();
    if interval.low.abs() <= rounding && interval.high.abs() <= rounding {
        return "same";
    }
    if interval.low <= 0.0 && interval.high >= 0.0 {
        return "not decided";
    }
    let ends = [interval.low, interval.high];
    match key.better().judge(paired.against.value, ends) {
        Some(true) => "better",
        Some(false) => "worse",
        // Another number, and neither a better nor a worse one, or maybe either.
        None => "differs",
    }
}

/// What the numbers rest on.
fn notes(sides: &[Group<'_>], difference: &Difference) -> Vec<String> {
    let mut notes = vec![
        "Training metrics: mean over the last tenth of the steps. All others: the last evaluation on held-out images.".to_owned(),
    ];
    if sides.iter().any(|side| side.runs.len() > 1) {
        notes.push("± is the standard deviation over the seeds.".to_owned());
    }
    for (index, side) in sides.iter().enumerate() {
        if !side.missing.is_empty() {
            let name = side.first().label();
            notes.push(format!("{name}: {} seeds.", cells::seeds(side)));
        }
        let steps = |side: &Group<'_>| {
            let series = side.first().series("validation", "loss");
            series.map(|series| series.last.step)
        };
        if index > 0 && steps(side) != steps(&sides[0]) {
            let said =
                |step: Option<usize>| step.map_or("none".to_owned(), |step| step.to_string());
            notes.push(format!(
                "The last evaluations are from different steps: {} and {}.",
                said(steps(&sides[0])),
                said(steps(side))
            ));
        }
        if index == 0 {
            continue;
        }
        let loss = difference
            .metrics
            .iter()
            .find(|measured| measured.key == Key::held_out(crate::evaluate::Metric::Loss));
        match loss.map(|measured| &measured.against_first[index - 1].paired) {
            Some(Ok(paired)) => notes.push(format!("{}; {}.", paired.pairing, paired.coverage())),
            Some(Err(reason)) => notes.push(format!("No intervals: {reason}.")),
            None => {}
        }
    }
    notes.dedup();
    notes
}

fn json(sides: &[Group<'_>], difference: &Difference) -> Json {
    let described: Vec<Json> = sides
        .iter()
        .map(|side| {
            let facts = &side.first().facts;
            json!({
                "experiment": facts.experiment,
                "variant": facts.variant,
                "configuration": facts.configuration,
                "runs": side.runs.iter().map(|run| run.folder.path().display().to_string()).collect::<Vec<_>>(),
                "seeds": side.runs.iter().map(|run| run.facts.seed).collect::<Vec<_>>(),
                "missing_seeds": side.missing,
            })
        })
        .collect();
    let keys: Vec<Json> = difference
        .keys
        .iter()
        .map(|key| json!({ "key": key.key, "values": key.values }))
        .collect();
    let optional = |value: Option<f64>| value.map_or(Json::Null, cells::json_number);
    let metrics: Vec<Json> = difference
        .metrics
        .iter()
        .map(|measured| {
            let sides: Vec<Json> = measured
                .sides
                .iter()
                .map(|side| cells::json_spread(side.as_ref()))
                .collect();
            let against: Vec<Json> = measured
                .against_first
                .iter()
                .map(|compared| match &compared.paired {
                    Ok(paired) => json!({
                        "difference": optional(compared.difference),
                        "paired_difference": cells::json_number(paired.difference),
                        "low": cells::json_number(paired.interval.low),
                        "high": cells::json_number(paired.interval.high),
                        "p_value": cells::json_number(paired.p_value),
                    }),
                    Err(reason) => json!({
                        "difference": optional(compared.difference),
                        "no_interval": reason,
                    }),
                })
                .collect();
            json!({ "key": measured.key.to_string(), "sides": sides, "against_first": against })
        })
        .collect();
    json!({ "sides": described, "keys": keys, "metrics": metrics })
}
