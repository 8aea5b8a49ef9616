//! A table as JSON: an array of objects, one a line.

use std::io::Write;
use std::path::Path;

use polars::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::ExportError;

/// Writes the rows of every frame.
pub(super) fn write(
    file: &mut impl Write,
    path: &Path,
    frames: impl Iterator<Item = Result<DataFrame, ExportError>>,
) -> Result<(), ExportError> {
    let failed = || ExportError::write(path);
    let mut separator = "[\n";
    for frame in frames {
        let frame = frame?;
        for row in 0..frame.height() {
            let mut object = Map::new();
            for column in frame.columns() {
                object.insert(column.name().to_string(), value(&column.get(row)?));
            }
            write!(file, "{separator}{}", Json::Object(object)).map_err(failed())?;
            separator = ",\n";
        }
    }
    let end = if separator == "[\n" { "[]\n" } else { "\n]\n" };
    write!(file, "{end}").map_err(failed())
}

fn value(value: &AnyValue<'_>) -> Json {
    match value {
        AnyValue::Null => Json::Null,
        AnyValue::String(text) => json!(text),
        AnyValue::StringOwned(text) => json!(text.as_str()),
        AnyValue::Boolean(flag) => json!(flag),
        AnyValue::Int64(number) => json!(number),
        // JSON has no word for these.
        AnyValue::Float64(number) if !number.is_finite() => json!(format!("{number:?}")),
        AnyValue::Float64(number) => json!(number),
        other => json!(other.to_string()),
    }
}
