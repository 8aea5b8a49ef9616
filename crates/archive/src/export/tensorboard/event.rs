//! TensorBoard's events. The numbers of fields are those of `event.proto` and `summary.proto`.

use super::protobuf::Message;

/// `DATA_CLASS_SCALAR`.
const SCALAR: u64 = 1;
/// RGB, and RGB with opacity.
const COLORS: [(u8, u64); 4] = [(0, 1), (2, 3), (4, 2), (6, 4)];

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

/// A metric's value, in 32 bits: TensorBoard's default reader knows no longer ones. The first value of a tag also says
/// what it is, in `description`.
pub(super) fn scalar(
    time: f64,
    step: usize,
    tag: &str,
    value: f64,
    description: Option<&str>,
) -> Vec<u8> {
    let mut message = Message::default()
        .bytes(1, tag.as_bytes())
        .float(2, value as f32);
    if let Some(description) = description {
        let metadata = plugin("scalars", &[])
            .bytes(3, description.as_bytes())
            .integer(4, SCALAR);
        message = message.message(9, &metadata);
    }
    summary(time, step, &message)
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

/// The plugin that a value is for.
pub(super) fn plugin(name: &str, content: &[u8]) -> Message {
    let mut data = Message::default().bytes(1, name.as_bytes());
    if !content.is_empty() {
        data = data.bytes(2, content);
    }
    Message::default().message(1, &data)
}

pub(super) fn summary(time: f64, step: usize, value: &Message) -> Vec<u8> {
    let summary = Message::default().message(1, value);
    let mut event = Message::default().double(1, time);
    if step > 0 {
        event = event.integer(2, step as u64);
    }
    event.message(5, &summary).into_bytes()
}
