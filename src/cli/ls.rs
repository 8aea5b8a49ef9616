//! `colorize ls`: runs as a table.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use comfy_table::Table;
use serde_json::json;

use super::cells;
use super::{DONE, FAILED, output};
use crate::catalog::{Catalog, Entry, Fact, Group, Key, Order, Spread, labels};
use crate::command_error::{CommandError, Result};
use crate::dataset::Cache;
use crate::evaluate::Metric;
use crate::work::experiments;
use colorize_base::{counted, csv_cell, one_line};

/// Arguments of `colorize ls`.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(super) struct LsArguments {
    /// Which runs, by name, such as `03-yuv`, or by a filter, such as `metric:psnr>20 and fusion.extractor=resnet50`; all
    /// by default
    #[arg(value_name = "FILTER", default_value = "", hide_default_value = true)]
    filter: String,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
    /// Key to sort by, such as `metric:psnr`, `best:psnr`, `mean:train:loss`, `age` or `name`: the best or newest first
    #[arg(long, value_name = "KEY", default_value = "name", value_parser = Key::parse)]
    sort: Key,
    /// Reverse the order
    #[arg(long)]
    reverse: bool,
    /// Keys to show next to the run's name, separated by commas
    #[arg(long, value_name = "KEYS", value_delimiter = ',', value_parser = Key::parse)]
    columns: Vec<Key>,
    /// One line per run
    #[arg(long, conflicts_with = "group")]
    by_seed: bool,
    /// One line for all seeds of a configuration; the default for tables
    #[arg(long)]
    group: bool,
    /// Show at most N lines
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print JSON: everything known about each run, or the columns of each group with `--group`
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print the columns as CSV with all digits: of each run, or of each group with `--group`
    #[arg(long)]
    csv: bool,
}

/// What `--help` says at the end.
const HELP: &str = "\
A filter compares keys: = != < <= > >= ~ (contains, or a pattern with * and ?) !~, `seed in (0, 1)`, combined with and, or, \
not and parentheses. Quote values that contain spaces. Keys:
  the dotted keys of experiment files     network.scale, fusion.extractor, train.optimizer.learning_rate
  metric:NAME, best:NAME, mean:NAME       the last and the best value, and the mean of the last tenth, on held-out images
  train:NAME, mean:train:NAME             the same for values logged during training
  experiment title variant trial seed     which run
  status error step steps sessions        its state
  age seconds started updated             when and how long; times can have a unit: `age<2d`
  device device_class host version        where and with what
  commit dirty code.ROOM                  code; the first digits of a hash are enough
  tags note                               what `colorize note` wrote: `tags~paper`
  manifest content train_images validation_images weights parameters identity configuration";

/// The metrics of the table, where no others are asked for.
const METRICS: [Metric; 3] = [Metric::Psnr, Metric::Ciede2000, Metric::ColorfulnessRatio];

impl LsArguments {
    /// The columns next to the run's name.
    fn keys(&self) -> Vec<Key> {
        if !self.columns.is_empty() {
            return self.columns.clone();
        }
        let fact = |fact| Key::Fact(fact);
        let mut keys = vec![fact(Fact::Status), fact(Fact::Step)];
        keys.extend(METRICS.map(Key::held_out));
        keys.extend([Fact::Device, Fact::Age, Fact::Commit].map(fact));
        if self.csv || self.json {
            keys.extend([Fact::Steps, Fact::Dirty].map(fact));
        }
        // A metric that is sorted by wants to be seen.
        if matches!(self.sort, Key::Metric { .. }) && !keys.contains(&self.sort) {
            keys.insert(2, self.sort.clone());
        }
        keys
    }

    /// Prints the table of these columns, without the last of them as far as it is too wide otherwise, and says which these
    /// are. Columns that were asked for all stay. Returns those that are shown.
    fn fitting(&self, mut keys: Vec<Key>, table: impl Fn(&[Key]) -> Table) -> Vec<Key> {
        let mut text = output::trimmed(&table(&keys));
        let mut left_out = Vec::new();
        let is_wide = |text: &str| {
            let widest = text.lines().map(|line| line.chars().count()).max();
            widest > Some(output::screen_width())
        };
        while self.columns.is_empty()
            && is_wide(&text)
            && let Some(place) = keys.iter().rposition(|key| matches!(key, Key::Fact(_)))
        {
            left_out.insert(0, keys.remove(place).to_string());
            text = output::trimmed(&table(&keys));
        }
        output::line(&text);
        if !left_out.is_empty() {
            output::line(&format!(
                "\nleft out for want of room: {}; `--columns` shows them",
                left_out.join(", ")
            ));
        }
        keys
    }
}

/// Lists runs.
pub(super) fn run(arguments: &LsArguments) -> Result<ExitCode> {
    check_folder(&arguments.runs)?;
    let cache = Cache::of_user()?;
    let catalog = Catalog::open(&arguments.runs, &cache.folder)?;
    let mut entries = pick(&catalog, &arguments.filter)?;
    let order = Order::by(arguments.sort.clone(), arguments.reverse);
    order.sort(&mut entries);
    let limit = arguments.limit.unwrap_or(usize::MAX);
    let keys = arguments.keys();
    let is_table = !(arguments.json || arguments.csv);
    if arguments.group || is_table && !arguments.by_seed {
        let mut groups = Group::of(&entries, &catalog.entries);
        order.sort_groups(&mut groups);
        let all = groups.len();
        groups.truncate(limit);
        if arguments.json {
            group_json(&groups, &keys);
        } else if arguments.csv {
            group_csv(&groups, &keys)?;
        } else {
            let keys = arguments.fitting(keys, |keys| group_table(&groups, keys));
            cells::legend(&groups, &keys);
            count(&catalog, entries.len(), (all, groups.len()), "groups");
        }
    } else {
        let all = entries.len();
        entries.truncate(limit);
        if arguments.json {
            let runs: Vec<_> = entries.iter().map(|entry| cells::json_run(entry)).collect();
            output::line(&json!({ "runs": runs }).to_string());
        } else if arguments.csv {
            run_csv(&entries, &keys)?;
        } else {
            arguments.fitting(keys, |keys| run_table(&entries, keys));
            let mut runs = entries.iter();
            if runs.any(|run| run.facts.dirty == Some(true)) {
                output::line("");
                output::line(cells::DIRTY);
            }
            count(&catalog, all, (all, entries.len()), "runs");
        }
    }
    output::strays(&catalog.strays);
    for unreadable in &catalog.unreadable {
        output::note(&format!("unreadable: {}", unreadable.reason));
    }
    Ok(ExitCode::from(if catalog.unreadable.is_empty() {
        DONE
    } else {
        FAILED
    }))
}

/// The runs that a filter or a name means: none where the name is that of an experiment without runs.
pub(super) fn pick<'a>(catalog: &'a Catalog, text: &str) -> Result<Vec<&'a Entry>> {
    catalog.picked(text).or_else(|error| {
        let known = experiments::known();
        if known.iter().any(|(name, _)| name == text) {
            return Ok(Vec::new());
        }
        Err(error.into())
    })
}

/// A folder of runs that does not exist is a typing error.
pub(super) fn check_folder(runs: &Path) -> Result<(), CommandError> {
    if runs.is_dir() {
        return Ok(());
    }
    let message = format!("no such folder of runs: `{}`", runs.display());
    Err(CommandError::request(message))
}

fn run_table(entries: &[&Entry], keys: &[Key]) -> Table {
    let header: Vec<String> = keys.iter().map(header).collect();
    let mut names = vec!["run", "trial"];
    names.extend(header.iter().map(String::as_str));
    let mut table = output::table(&names);
    for (entry, label) in entries.iter().zip(labels(entries)) {
        let mut row = vec![one_line(&label).into_owned(), entry.facts.trial.clone()];
        row.extend(keys.iter().map(|key| cells::cell(entry, key)));
        table.add_row(row);
    }
    align(&mut table, keys);
    table
}

fn group_table(groups: &[Group<'_>], keys: &[Key]) -> Table {
    let header: Vec<String> = keys.iter().map(header).collect();
    let mut names = vec!["run", "seeds"];
    names.extend(header.iter().map(String::as_str));
    let mut table = output::table(&names);
    let firsts: Vec<&Entry> = groups.iter().map(Group::first).collect();
    for (group, label) in groups.iter().zip(labels(&firsts)) {
        let mut row = vec![one_line(&label).into_owned(), cells::seeds(group)];
        row.extend(keys.iter().map(|key| cells::group_cell(group, key)));
        table.add_row(row);
    }
    align(&mut table, keys);
    table
}

/// Numbers stand with their points below one another.
fn align(table: &mut Table, keys: &[Key]) {
    for (index, key) in keys.iter().enumerate() {
        let is_number = matches!(key, Key::Metric { .. } | Key::Fact(Fact::Step | Fact::Age));
        if is_number {
            output::align_right(table, index + 2..=index + 2);
        }
    }
}

/// A column's name: `psnr` for the last value on held-out images, anything else as filters write it.
fn header(key: &Key) -> String {
    let name = key.to_string();
    match name.strip_prefix("metric:") {
        Some(metric) => metric.to_owned(),
        None => name,
    }
}

fn run_csv(entries: &[&Entry], keys: &[Key]) -> Result<()> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut names = ["experiment", "variant", "seed", "trial"]
        .map(str::to_owned)
        .to_vec();
    names.extend(keys.iter().map(Key::to_string));
    csv.write_record(&names).map_err(CommandError::failed)?;
    for entry in entries {
        let facts = &entry.facts;
        let mut row = vec![
            facts.experiment.clone(),
            facts.variant.to_string(),
            facts.seed.to_string(),
            facts.trial.clone(),
        ];
        row.extend(keys.iter().map(|key| cells::plain(&entry.value(key))));
        csv.write_record(row.iter().map(|cell| csv_cell(cell).into_owned()))
            .map_err(CommandError::failed)?;
    }
    let bytes = csv.into_inner().map_err(CommandError::failed)?;
    output::text(&String::from_utf8_lossy(&bytes));
    Ok(())
}

/// What there is to say of a metric over seeds, in full.
fn numbers(spread: Option<&Spread>) -> [(&'static str, Option<f64>); 5] {
    let description = spread.map(|spread| &spread.description);
    let interval = description.and_then(|it| it.interval);
    [
        ("mean", description.map(|it| it.mean)),
        (
            "standard_deviation",
            description.and_then(|it| it.standard_deviation),
        ),
        ("n", description.map(|it| it.count as f64)),
        ("low", interval.map(|it| it.low)),
        ("high", interval.map(|it| it.high)),
    ]
}

fn group_csv(groups: &[Group<'_>], keys: &[Key]) -> Result<()> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut names = [
        "experiment",
        "variant",
        "configuration",
        "seeds",
        "missing_seeds",
    ]
    .map(str::to_owned)
    .to_vec();
    for key in keys {
        match key {
            Key::Metric { .. } => {
                names.extend(numbers(None).map(|(name, _)| format!("{key} {name}")));
            }
            _ => names.push(key.to_string()),
        }
    }
    csv.write_record(&names).map_err(CommandError::failed)?;
    for group in groups {
        let facts = &group.first().facts;
        let list = |seeds: Vec<String>| seeds.join(" ");
        let mut row = vec![
            facts.experiment.clone(),
            facts.variant.to_string(),
            facts.configuration.clone(),
            list(
                group
                    .runs
                    .iter()
                    .map(|run| run.facts.seed.to_string())
                    .collect(),
            ),
            list(group.missing.iter().map(u64::to_string).collect()),
        ];
        for key in keys {
            match key {
                Key::Metric { .. } => {
                    let numbers = numbers(group.spread(key).as_ref());
                    let texts = numbers
                        .map(|(_, value)| value.map_or_else(String::new, cells::plain_number));
                    row.extend(texts);
                }
                _ => row.push(cells::plain(&group.value(key))),
            }
        }
        csv.write_record(row.iter().map(|cell| csv_cell(cell).into_owned()))
            .map_err(CommandError::failed)?;
    }
    let bytes = csv.into_inner().map_err(CommandError::failed)?;
    output::text(&String::from_utf8_lossy(&bytes));
    Ok(())
}

fn group_json(groups: &[Group<'_>], keys: &[Key]) {
    let groups: Vec<_> = groups
        .iter()
        .map(|group| {
            let facts = &group.first().facts;
            let mut json = json!({
                "experiment": facts.experiment,
                "variant": facts.variant,
                "configuration": facts.configuration,
                "seeds": group.runs.iter().map(|run| run.facts.seed).collect::<Vec<_>>(),
                "missing_seeds": group.missing,
            });
            for key in keys {
                json[key.to_string()] = match key {
                    Key::Metric { .. } => cells::json_spread(group.spread(key).as_ref()),
                    _ => cells::json_value(&group.value(key)),
                };
            }
            json
        })
        .collect();
    output::line(&json!({ "groups": groups }).to_string());
}

/// How much of how much is shown.
fn count(catalog: &Catalog, runs: usize, (lines, shown): (usize, usize), what: &str) {
    let all = catalog.entries.len();
    let mut text = if runs == all {
        counted(all, "run")
    } else {
        format!("{runs} of {}", counted(all, "run"))
    };
    if what == "groups" {
        text = format!("{text} in {}", counted(lines, "line"));
    }
    if shown < lines {
        text = format!("{text}, {shown} shown");
    }
    output::line("");
    output::line(&text);
}
