//! Parquet tables whose values are checked when they are read.
//!
//! Parquet knows checksums of pages, but polars neither writes nor verifies them: a flipped bit on a disk becomes another
//! number. So the footer carries a hash over the names and values of all columns, and a table whose values are not those that
//! were written is refused. Tables without a hash, which older programs wrote, are read as they are.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::io::Write;

use colorize_base::quietly;
use polars::io::mmap::MmapBytesReader;
use polars::prelude::*;

/// The footer's key for the hash.
const HASH: &str = "colorize.values.blake3";

/// Writes `table` as Parquet, with `metadata` in the footer.
///
/// # Errors
///
/// What polars or `to` say.
pub fn write(
    to: impl Write,
    table: &mut DataFrame,
    mut metadata: Vec<(String, String)>,
) -> PolarsResult<()> {
    metadata.push((HASH.to_owned(), hash(table)?));
    ParquetWriter::new(to)
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(metadata)))
        .finish(table)?;
    Ok(())
}

/// Reads a table, on this thread alone where `alone`: with thousands of small ones, the threads are better used on a file each.
/// `accept` is shown what the footer says under each key, and may refuse by `false` before anything is decoded.
///
/// # Errors
///
/// What polars says of a file that is no table; [`PolarsError::ComputeError`] for one that is damaged or refused.
pub fn read(
    from: impl MmapBytesReader,
    alone: bool,
    accept: impl FnOnce(&dyn Fn(&str) -> Option<String>) -> bool,
) -> PolarsResult<DataFrame> {
    let parallel = if alone {
        ParallelStrategy::None
    } else {
        ParallelStrategy::Auto
    };
    // polars has panicked on damaged files before.
    let read = quietly(|| {
        let mut reader = ParquetReader::new(from).read_parallel(parallel);
        let metadata = reader.get_metadata()?.key_value_metadata().clone();
        let value = |key: &str| {
            let pair = metadata.iter().flatten().find(|pair| pair.key == key)?;
            pair.value.clone()
        };
        polars_ensure!(accept(&value), ComputeError: "the table is of another kind");
        let table = reader.finish()?;
        // The number of rows is what the footer says, and a damaged one may have lost the hash.
        polars_ensure!(
            table.columns().iter().all(|column| column.len() == table.height()),
            ComputeError: "the file is damaged: its columns do not have as many values as it has rows"
        );
        if let Some(written) = value(HASH) {
            polars_ensure!(
                written == hash(&table)?,
                ComputeError: "the file is damaged: its values are not those that were written"
            );
        }
        Ok(table)
    });
    read.unwrap_or_else(|said| polars_bail!(ComputeError: "the file is damaged: {said}"))
}

/// BLAKE3 over the names and values of all columns, in 64 hexadecimal digits.
fn hash(table: &DataFrame) -> PolarsResult<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(table.height() as u64).to_le_bytes());
    for column in table.columns() {
        text(&mut hasher, column.name());
        let series = column.as_materialized_series();
        match series.dtype() {
            DataType::Float64 => numbers(&mut hasher, series.f64()?, |value| value.to_bits()),
            DataType::Int64 => numbers(&mut hasher, series.i64()?, |value| value as u64),
            DataType::UInt64 => numbers(&mut hasher, series.u64()?, |value| value),
            DataType::String => {
                for value in series.str()?.iter() {
                    text(&mut hasher, value.unwrap_or("\0"));
                }
            }
            _ => {
                for value in series.iter() {
                    text(&mut hasher, &value.to_string());
                }
            }
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn text(hasher: &mut blake3::Hasher, text: &str) {
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

/// A value that is missing counts as nine bytes of ones, which no value has.
fn numbers<T: PolarsNumericType>(
    hasher: &mut blake3::Hasher,
    values: &ChunkedArray<T>,
    bits: impl Fn(T::Native) -> u64,
) {
    for value in values.iter() {
        match value {
            Some(value) => hasher.update(&bits(value).to_le_bytes()),
            None => hasher.update(&[0xff; 9]),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn table() -> DataFrame {
        let step: Vec<i64> = (0..200).collect();
        let value: Vec<Option<f64>> = step
            .iter()
            .map(|&step| (step % 7 != 3).then(|| 0.01 * (step as f64).sin()))
            .collect();
        let name: Vec<String> = step.iter().map(|step| format!("image {step}")).collect();
        let whole: Vec<bool> = step.iter().map(|step| step % 3 == 0).collect();
        DataFrame::new(
            200,
            vec![
                Column::new("step".into(), step),
                Column::new("value".into(), value),
                Column::new("name".into(), name),
                Column::new("whole".into(), whole),
            ],
        )
        .unwrap()
    }

    fn bytes(table: &DataFrame) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(
            &mut bytes,
            &mut table.clone(),
            vec![("kind".to_owned(), "test".to_owned())],
        )
        .unwrap();
        bytes
    }

    fn open(bytes: &[u8]) -> PolarsResult<DataFrame> {
        read(Cursor::new(bytes.to_vec()), true, |value| {
            value("kind").as_deref() == Some("test")
        })
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let table = table();
        assert!(open(&bytes(&table)).unwrap().equals_missing(&table));
        assert_eq!(bytes(&table), bytes(&table));
        let other = read(Cursor::new(bytes(&table)), true, |_| false);
        assert!(other.unwrap_err().to_string().contains("another kind"));
    }

    /// Of every bit of the file: either the table is refused, or it is what was written.
    #[test]
    fn no_flipped_bit_changes_a_value() {
        std::panic::set_hook(Box::new(|_| {}));
        let table = table();
        let whole = bytes(&table);
        let mut refused = 0;
        for at in (0..whole.len()).step_by(3) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            match open(&damaged) {
                Ok(read) => assert!(read.equals_missing(&table), "byte {at}"),
                Err(_) => refused += 1,
            }
        }
        let _ = std::panic::take_hook();
        assert!(refused > whole.len() / 6, "{refused} of {}", whole.len());
    }

    #[test]
    fn tables_of_older_programs_are_read() {
        let mut bytes = Vec::new();
        let mut table = table();
        ParquetWriter::new(&mut bytes).finish(&mut table).unwrap();
        let read = read(Cursor::new(bytes), false, |_| true).unwrap();
        assert!(read.equals_missing(&table));
    }
}
