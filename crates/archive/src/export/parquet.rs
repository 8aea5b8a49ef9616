//! A table as Parquet.

use std::io::Write;

use polars::prelude::*;

use super::ExportError;

/// Rows that are gathered before they are written: small groups of rows make a slow file.
const ROWS: usize = 100_000;

/// Writes the rows of every frame.
pub(super) fn write(
    file: &mut (impl Write + Send),
    schema: &Schema,
    frames: impl Iterator<Item = Result<DataFrame, ExportError>>,
) -> Result<(), ExportError> {
    let mut writer = ParquetWriter::new(file).batched(schema)?;
    let mut gathered = DataFrame::empty_with_schema(schema);
    for frame in frames {
        gathered.vstack_mut(&frame?)?;
        if gathered.height() >= ROWS {
            gathered.rechunk_mut_par();
            writer.write_batch(&gathered)?;
            gathered = DataFrame::empty_with_schema(schema);
        }
    }
    gathered.rechunk_mut_par();
    writer.write_batch(&gathered)?;
    writer.finish()?;
    Ok(())
}
