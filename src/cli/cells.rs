//! How values of runs look in a table.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::output;
use crate::catalog::{Entry, Fact, Group, Key, Series, Spread, Value};
use crate::evaluate::Properties;
use crate::runs::Status;
use colorize_base::one_line;

/// Stands for a missing value.
pub(super) const NOTHING: &str = "–";

/// What the sign after a commit means.
pub(super) const DIRTY: &str = "+: tracked files differed from the commit";

/// A metric's value.
pub(super) fn number(metric: &str, value: f64) -> String {
    beside(metric, value, value)
}

/// A number with as many digits as a metric's value: its deviation, or the end of its interval.
pub(super) fn beside(metric: &str, value: f64, number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    let digits = Properties::of(metric).map_or_else(
        // A metric of another version: four that count.
        || {
            let size = value.abs().clamp(1e-9, 1e9).log10().floor() as i32;
            (3 - size).clamp(0, 8) as usize
        },
        |metric| metric.digits,
    );
    let text = format!("{number:.digits$}");
    // What rounds to nothing has no sign.
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        _ => text,
    }
}

/// What a run has under a key.
pub(super) fn cell(entry: &Entry, key: &Key) -> String {
    let facts = &entry.facts;
    match key {
        Key::Fact(Fact::Step) => format!("{}/{}", facts.step, facts.steps),
        Key::Fact(Fact::Age) => entry
            .age(Timestamp::now())
            .map_or_else(|| NOTHING.to_owned(), duration),
        Key::Fact(Fact::Seconds) => duration(entry.seconds),
        Key::Fact(Fact::Commit) => commit(facts.commit.as_deref(), facts.dirty),
        Key::Fact(Fact::Identity | Fact::Configuration | Fact::Content | Fact::Weights) => {
            entry.value(key).to_string().chars().take(10).collect()
        }
        Key::Metric { metric, .. } => match entry.value(key) {
            Value::Number(value) => number(metric, value),
            _ => NOTHING.to_owned(),
        },
        _ => match entry.value(key) {
            Value::Missing => NOTHING.to_owned(),
            value => one_line(&value.to_string()).into_owned(),
        },
    }
}

/// What the runs of a group have under a key.
pub(super) fn group_cell(group: &Group<'_>, key: &Key) -> String {
    match key {
        Key::Metric { metric, .. } => group
            .spread(key)
            .map_or_else(|| NOTHING.to_owned(), |it| spread(metric, &it)),
        Key::Fact(Fact::Status) => standings(group),
        Key::Fact(Fact::Seed) => {
            let seeds = group.runs.iter().map(|run| run.facts.seed.to_string());
            seeds.collect::<Vec<_>>().join(" ")
        }
        Key::Fact(Fact::Step) => {
            let steps = || group.runs.iter().map(|run| run.facts.step);
            let (least, most) = (steps().min(), steps().max());
            let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
            let all = group.first().facts.steps;
            if least == most {
                format!("{most}/{all}")
            } else {
                format!("{least} to {most}/{all}")
            }
        }
        Key::Fact(Fact::Age) => {
            let now = Timestamp::now();
            let ages = group.runs.iter().filter_map(|run| run.age(now));
            ages.reduce(f64::min)
                .map_or_else(|| NOTHING.to_owned(), duration)
        }
        _ => {
            let mut cells: Vec<String> = group.runs.iter().map(|run| cell(run, key)).collect();
            cells.dedup();
            match &cells[..] {
                [one] => one.clone(),
                [one, two] => format!("{one}, {two}"),
                several => format!("{} different", several.len()),
            }
        }
    }
}

/// `20.57 ± 0.12 [20.26, 20.88]`: mean, standard deviation and interval; in parentheses where no seed is done.
fn spread(metric: &str, spread: &Spread) -> String {
    let mut cell = mean_and_deviation(metric, spread);
    if let Some(interval) = spread.description.interval {
        let number = |value| beside(metric, spread.description.mean, value);
        cell = format!(
            "{cell} [{}, {}]",
            number(interval.low),
            number(interval.high)
        );
    }
    if spread.done {
        cell
    } else {
        format!("({cell})")
    }
}

/// `20.57 ± 0.12`.
pub(super) fn mean_and_deviation(metric: &str, spread: &Spread) -> String {
    let mean = number(metric, spread.description.mean);
    match spread.description.standard_deviation {
        Some(deviation) => {
            format!(
                "{mean} ± {}",
                beside(metric, spread.description.mean, deviation)
            )
        }
        None => mean,
    }
}

/// A metric over seeds as JSON.
pub(super) fn json_spread(spread: Option<&Spread>) -> Json {
    let Some(spread) = spread else {
        return Json::Null;
    };
    let description = &spread.description;
    let optional = |value: Option<f64>| value.map_or(Json::Null, json_number);
    json!({
        "mean": json_number(description.mean),
        "standard_deviation": optional(description.standard_deviation),
        "n": description.count,
        "low": optional(description.interval.map(|interval| interval.low)),
        "high": optional(description.interval.map(|interval| interval.high)),
        "done": spread.done,
    })
}

/// `3 of 3`, `2 of 3, missing 1`.
pub(super) fn seeds(group: &Group<'_>) -> String {
    let of = format!("{} of {}", group.runs.len(), group.planned());
    if group.missing.is_empty() {
        return of;
    }
    let missing: Vec<String> = group.missing.iter().map(u64::to_string).collect();
    format!("{of}, missing {}", missing.join(" "))
}

/// `done`, or `2 done, 1 failed`.
fn standings(group: &Group<'_>) -> String {
    let all = [
        Status::Done,
        Status::Running,
        Status::Interrupted,
        Status::Failed,
    ];
    let counted: Vec<(usize, Status)> = all
        .into_iter()
        .map(|status| {
            let runs = group.runs.iter();
            (runs.filter(|run| run.status() == status).count(), status)
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    match &counted[..] {
        [(_, status)] => status.to_string(),
        several => {
            let parts = several
                .iter()
                .map(|(count, status)| format!("{count} {status}"));
            parts.collect::<Vec<_>>().join(", ")
        }
    }
}

/// The beginning of a commit, with a plus where tracked files differed from it.
pub(super) fn commit(commit: Option<&str>, dirty: Option<bool>) -> String {
    let Some(commit) = commit else {
        return NOTHING.to_owned();
    };
    let short: String = commit.chars().take(10).collect();
    let mark = if dirty == Some(true) { "+" } else { "" };
    format!("{short}{mark}")
}

/// A span of time in one or two units.
pub(super) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..36_000 => format!("{hours} h {:02} min", minutes % 60),
        36_000..172_800 => format!("{hours} h"),
        _ => format!("{days} d"),
    }
}

/// A number in JSON, which has no words for those that are not finite: they are texts.
pub(super) fn json_number(value: f64) -> Json {
    if value.is_finite() {
        json!(value)
    } else {
        json!(plain_number(value))
    }
}

/// A number in full: reading it back gives the same bits.
pub(super) fn plain_number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else {
        value.to_string()
    }
}

/// A value in full, for a file that a program reads.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Number(number) => plain_number(*number),
        value => value.to_string(),
    }
}

/// A value as JSON.
pub(super) fn json_value(value: &Value) -> Json {
    match value {
        Value::Missing => Json::Null,
        Value::Flag(flag) => json!(flag),
        Value::Number(number) => {
            let whole = *number as i64;
            if whole as f64 == *number && whole.abs() < 1 << 53 {
                json!(whole)
            } else {
                json_number(*number)
            }
        }
        Value::Text(text) => json!(text),
        Value::List(values) => values.iter().map(json_value).collect(),
    }
}

/// Everything that the catalog knows about a run, as JSON.
pub(super) fn json_run(entry: &Entry) -> Json {
    let mut run = serde_json::to_value(&entry.facts).unwrap_or_default();
    let parse = |json: &String| serde_json::from_str::<Json>(json).unwrap_or_default();
    let values: serde_json::Map<String, Json> = entry
        .values
        .iter()
        .map(|(key, json)| (key.clone(), parse(json)))
        .collect();
    let mut metrics = serde_json::Map::new();
    for series in &entry.series {
        let split = metrics
            .entry(series.split.clone())
            .or_insert_with(|| json!({}));
        split[&series.metric] = json_series(series);
    }
    run["folder"] = json!(entry.folder.path().display().to_string());
    run["seconds"] = json_number(entry.seconds);
    run["experiment_values"] = Json::Object(values);
    run["metrics"] = Json::Object(metrics);
    run
}

/// A metric's values in short, as JSON.
fn json_series(series: &Series) -> Json {
    let point = |point: crate::catalog::Point| json!({ "step": point.step, "value": json_number(point.value) });
    json!({
        "count": series.count,
        "first": point(series.first),
        "last": point(series.last),
        "best": series.best().map(point),
        "mean_of_last_tenth": json_number(series.mean),
    })
}

/// What the signs of a table of groups mean, as far as it has them.
pub(super) fn legend(groups: &[Group<'_>], keys: &[Key]) {
    let metrics = || keys.iter().filter(|key| matches!(key, Key::Metric { .. }));
    let spreads = || {
        groups
            .iter()
            .flat_map(|group| metrics().filter_map(|key| group.spread(key)))
    };
    let mut said = Vec::new();
    if spreads().any(|spread| spread.description.interval.is_some()) {
        said.push("mean ± standard deviation over seeds [95% interval of the mean, Student's t]");
    }
    if spreads().any(|spread| !spread.done) {
        said.push("in parentheses: no seed is done yet");
    }
    let mut runs = groups.iter().flat_map(|group| &group.runs);
    if runs.any(|run| run.facts.dirty == Some(true)) {
        said.push(DIRTY);
    }
    if !said.is_empty() {
        output::line("");
        output::line(&said.join("; "));
    }
}
