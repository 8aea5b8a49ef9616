//! The dashboard for hyperparameters: which columns it has, what each run was trained with, and how it ended. Field
//! numbers are those of the plugin's `plugin_data.proto` and `api.proto`, and of `struct.proto`.

use std::collections::BTreeMap;

use super::event::{plugin, summary};
use super::protobuf::Message;
use crate::catalog::{Entry, Value};
use crate::export::columns::MetricColumn;

/// `DT_FLOAT`.
const FLOAT: u64 = 1;

/// How a run ended, as the plugin counts it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    Success,
    Failure,
}

/// What a key's values are, as the plugin counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text = 1,
    Flag = 2,
    Number = 3,
}

/// The keys of the experiment that change numbers, and the seed.
pub(super) fn values(run: &Entry) -> Vec<(String, Value)> {
    let keys = run.values.iter();
    let mut all: Vec<(String, Value)> = keys
        .filter(|(key, _)| !["name", "title", "seeds"].contains(&key.as_str()))
        .map(|(key, json)| (key.clone(), Value::of_json(json)))
        .filter(|(_, value)| *value != Value::Missing)
        .collect();
    all.push(("seed".to_owned(), Value::Number(run.facts.seed as f64)));
    all
}

/// The columns of the dashboard over all `runs`, each with its values: without it TensorBoard shows what it can guess.
pub(super) fn experiment(time: f64, keys: &Keys, metrics: &[MetricColumn]) -> Vec<u8> {
    let mut experiment = Message::default();
    for (key, values) in &keys.0 {
        experiment = experiment.message(4, &key_column(key, values));
    }
    for column in metrics {
        experiment = experiment.message(5, &metric_column(column));
    }
    let data = Message::default().message(2, &experiment);
    of_plugin(time, "_hparams_/experiment", data)
}

/// Every key with the values that the runs have, each once and in order.
#[derive(Debug, Default)]
pub(super) struct Keys(BTreeMap<String, Vec<Value>>);

impl Keys {
    /// Of all runs.
    pub(super) fn of(runs: &[&Entry]) -> Self {
        let mut keys = Self::default();
        for (key, value) in runs.iter().flat_map(|run| values(run)) {
            keys.add(&key, value);
        }
        keys
    }

    /// Adds the value of a run.
    pub(super) fn add(&mut self, key: &str, value: Value) {
        let known = self.0.entry(key.to_owned()).or_default();
        if let Err(place) = known.binary_search_by(|other| other.compare(&value)) {
            known.insert(place, value);
        }
    }
}

fn key_column(key: &str, values: &[Value]) -> Message {
    let mut kinds = values.iter().map(kind);
    let first = kinds.next().unwrap_or(Kind::Text);
    let kind = if kinds.all(|kind| kind == first) {
        first
    } else {
        Kind::Text
    };
    let column = Message::default()
        .bytes(1, key.as_bytes())
        .integer(4, kind as u64);
    let numbers: Vec<f64> = values.iter().filter_map(number).collect();
    let column = match (kind, &numbers[..]) {
        (Kind::Number, [least, ..]) => {
            let most = numbers.last().unwrap_or(least);
            let interval = Message::default().double(1, *least).double(2, *most);
            column.message(6, &interval)
        }
        _ => {
            let mut list = Message::default();
            for value in values {
                let value = match kind {
                    Kind::Flag => self::value(value),
                    _ => text(value),
                };
                list = list.message(1, &value);
            }
            column.message(5, &list)
        }
    };
    if values.len() > 1 {
        column.integer(7, 1)
    } else {
        column
    }
}

fn metric_column(column: &MetricColumn) -> Message {
    let name = Message::default().bytes(2, column.tag().as_bytes());
    let mut info = Message::default().message(1, &name);
    if let Some(title) = column.title() {
        info = info.bytes(3, title.as_bytes());
    }
    if let Some(description) = column.description() {
        info = info.bytes(4, description.as_bytes());
    }
    info.integer(5, if column.is_training() { 1 } else { 2 })
}

/// What the run was trained with.
pub(super) fn session(time: f64, values: &[(String, Value)]) -> Vec<u8> {
    let mut session = Message::default();
    for (key, value) in values {
        let entry = Message::default()
            .bytes(1, key.as_bytes())
            .message(2, &self::value(value));
        session = session.message(1, &entry);
    }
    let session = session.double(5, time);
    let data = Message::default().message(3, &session);
    of_plugin(time, "_hparams_/session_start_info", data)
}

/// How the run ended.
pub(super) fn end(time: f64, outcome: Outcome) -> Vec<u8> {
    let status = match outcome {
        Outcome::Success => 1,
        Outcome::Failure => 2,
    };
    let session = Message::default().integer(1, status).double(2, time);
    let data = Message::default().message(4, &session);
    of_plugin(time, "_hparams_/session_end_info", data)
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Number(_) => Kind::Number,
        Value::Flag(_) => Kind::Flag,
        _ => Kind::Text,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

fn value(value: &Value) -> Message {
    match value {
        Value::Number(number) => Message::default().double(2, *number),
        Value::Flag(flag) => Message::default().integer(4, u64::from(*flag)),
        value => text(value),
    }
}

fn text(value: &Value) -> Message {
    Message::default().bytes(3, value.to_string().as_bytes())
}

fn of_plugin(time: f64, tag: &str, data: Message) -> Vec<u8> {
    // Readers pass over a value without a tensor: this one is a list of no numbers.
    let none = Message::default().message(2, &Message::default());
    let tensor = Message::default().integer(1, FLOAT).message(2, &none);
    let value = Message::default()
        .bytes(1, tag.as_bytes())
        .message(8, &tensor)
        .message(9, &plugin("hparams", &data.into_bytes()));
    summary(time, 0, &value)
}
