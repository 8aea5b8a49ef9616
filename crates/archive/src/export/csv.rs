//! A table as comma-separated values.

use std::io::Write;
use std::path::Path;

use colorize_base::csv_cell;
use polars::prelude::*;

use super::ExportError;

/// Writes the names of the columns and then the rows of every frame.
pub(super) fn write(
    file: &mut impl Write,
    path: &Path,
    schema: &Schema,
    frames: impl Iterator<Item = Result<DataFrame, ExportError>>,
) -> Result<(), ExportError> {
    let failed = |error: csv::Error| ExportError::write(path)(error.into());
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(schema.iter_names().map(PlSmallStr::as_str))
        .map_err(failed)?;
    for frame in frames {
        let frame = frame?;
        for row in 0..frame.height() {
            for column in frame.columns() {
                csv.write_field(text(&column.get(row)?)).map_err(failed)?;
            }
            csv.write_record(None::<&[u8]>).map_err(failed)?;
        }
    }
    csv.flush().map_err(ExportError::write(path))
}

/// The shortest text that reads back as the same value.
fn text(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => String::new(),
        // A table is looked at on terminals and in spreadsheets as well.
        AnyValue::String(text) => csv_cell(text).into_owned(),
        AnyValue::StringOwned(text) => csv_cell(text).into_owned(),
        AnyValue::Float64(number) => format!("{number:?}"),
        AnyValue::Float32(number) => format!("{number:?}"),
        other => other.to_string(),
    }
}
