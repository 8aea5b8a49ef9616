//! TensorBoard's events. The numbers of fields are those of `event.proto`, `summary.proto`, `tensor.proto` and, for
//! hyperparameters, `plugin_data.proto` and `struct.proto`.

use super::protobuf::Message;
use crate::catalog::Value;

/// `DT_FLOAT`.
const FLOAT: u64 = 1;
/// `DT_DOUBLE`.
const DOUBLE: u64 = 2;
/// `DATA_CLASS_SCALAR`.
const SCALAR: u64 = 1;
/// RGB, and RGB with opacity.
const COLORS: [(u8, u64); 4] = [(0, 1), (2, 3), (4, 2), (6, 4)];

/// How a run ended, as the plugin for hyperparameters counts it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    Success,
    Failure,
}

/// A PNG and what its head says.
#[derive(Debug)]
pub(super) struct Picture<'a> {
    width: u64,
    height: u64,
    colors: u64,
    png: &'a [u8],
}

impl<'a> Picture<'a> {
    /// `None` for what is no PNG.
    pub(super) fn of(png: &'a [u8]) -> Option<Self> {
        let head = png.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(..18)?;
        let side = |at: usize| {
            let bytes: [u8; 4] = head[at..at + 4].try_into().ok()?;
            Some(u64::from(u32::from_be_bytes(bytes)))
        };
        let colors = COLORS.iter().find(|(kind, _)| *kind == head[17]);
        Some(Self {
            width: side(8)?,
            height: side(12)?,
            colors: colors.map_or(3, |(_, channels)| *channels),
            png,
        })
    }
}

/// The first event of every file.
pub(super) fn version(time: f64) -> Vec<u8> {
    let event = Message::default().double(1, time);
    event.bytes(3, b"brain.Event:2").into_bytes()
}

/// A metric's value.
pub(super) fn scalar(time: f64, step: usize, tag: &str, value: f64) -> Vec<u8> {
    let tensor = Message::default()
        .integer(1, DOUBLE)
        .message(2, &Message::default())
        .bytes(6, &value.to_le_bytes());
    let metadata = plugin("scalars", &[]).integer(4, SCALAR);
    let value = Message::default()
        .bytes(1, tag.as_bytes())
        .message(8, &tensor)
        .message(9, &metadata);
    summary(time, step, &value)
}

/// A sample picture.
pub(super) fn picture(time: f64, step: usize, tag: &str, picture: &Picture<'_>) -> Vec<u8> {
    let image = Message::default()
        .integer(1, picture.height)
        .integer(2, picture.width)
        .integer(3, picture.colors)
        .bytes(4, picture.png);
    let value = Message::default()
        .bytes(1, tag.as_bytes())
        .message(4, &image);
    summary(time, step, &value)
}

/// What the run was trained with.
pub(super) fn hyperparameters(time: f64, values: &[(String, Value)]) -> Vec<u8> {
    let mut session = Message::default();
    for (key, value) in values {
        let value = match value {
            Value::Number(number) => Message::default().double(2, *number),
            Value::Flag(flag) => Message::default().integer(4, u64::from(*flag)),
            value => Message::default().bytes(3, value.to_string().as_bytes()),
        };
        let entry = Message::default()
            .bytes(1, key.as_bytes())
            .message(2, &value);
        session = session.message(1, &entry);
    }
    let session = session.double(5, time);
    let data = Message::default().message(3, &session);
    of_session(time, "_hparams_/session_start_info", data)
}

/// How the run ended.
pub(super) fn end(time: f64, outcome: Outcome) -> Vec<u8> {
    let status = match outcome {
        Outcome::Success => 1,
        Outcome::Failure => 2,
    };
    let session = Message::default().integer(1, status).double(2, time);
    let data = Message::default().message(4, &session);
    of_session(time, "_hparams_/session_end_info", data)
}

fn of_session(time: f64, tag: &str, data: Message) -> Vec<u8> {
    // Readers pass over a value without a tensor: this one is a list of no numbers.
    let none = Message::default().message(2, &Message::default());
    let tensor = Message::default().integer(1, FLOAT).message(2, &none);
    let value = Message::default()
        .bytes(1, tag.as_bytes())
        .message(8, &tensor)
        .message(9, &plugin("hparams", &data.into_bytes()));
    summary(time, 0, &value)
}

/// Whose a value is.
fn plugin(name: &str, content: &[u8]) -> Message {
    let mut data = Message::default().bytes(1, name.as_bytes());
    if !content.is_empty() {
        data = data.bytes(2, content);
    }
    Message::default().message(1, &data)
}

fn summary(time: f64, step: usize, value: &Message) -> Vec<u8> {
    let summary = Message::default().message(1, value);
    Message::default()
        .double(1, time)
        .integer(2, step as u64)
        .message(5, &summary)
        .into_bytes()
}
