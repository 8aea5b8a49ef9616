//! Parquet tables that are checked before they are read.
//!
//! Parquet knows checksums of pages, but polars neither writes nor verifies them: a flipped bit on a disk becomes another
//! number, and a damaged header may claim so many values that the memory asked for ends the process. So the footer carries a
//! hash over the file's bytes, which is compared before anything is decoded. Tables of older programs carry a hash of their
//! values, or none, and are read as they are.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use std::io::{Cursor, Write};

use colorize_base::quietly;
use memchr::memmem::rfind;
use polars::prelude::*;

/// The footer's key for the hash of the file, in which the hash itself counts as zeros.
const HASH: &str = "colorize.file.blake3";
/// BLAKE3 in hexadecimal digits.
const DIGITS: usize = 64;
const ZEROS: [u8; DIGITS] = [b'0'; DIGITS];
/// What stands between the key and its value in Thrift's compact protocol: a text as the next field, and its length.
const BETWEEN: [u8; 2] = [0x18, DIGITS as u8];
/// The key under which older programs kept a hash of the values.
const HASH_OF_VALUES: &str = "colorize.values.blake3";

/// Writes `table` as Parquet, with `metadata` in the footer.
///
/// # Errors
///
/// What polars or `to` say.
pub fn write(
    mut to: impl Write,
    table: &mut DataFrame,
    mut metadata: Vec<(String, String)>,
) -> PolarsResult<()> {
    metadata.push((
        HASH.to_owned(),
        String::from_utf8_lossy(&ZEROS).into_owned(),
    ));
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(metadata)))
        .finish(table)?;
    let Some((before, _, after)) = around_hash(&bytes) else {
        polars_bail!(ComputeError: "the footer has no place for the file's hash");
    };
    let hash = hash_of_file(before, after);
    let parts = [before, hash.as_bytes(), after];
    parts.iter().try_for_each(|part| to.write_all(part))?;
    Ok(())
}

/// Reads a table from the bytes of its file, on this thread alone where `alone`: with thousands of small ones, the threads are
/// better used on a file each. `accept` is shown what the footer says under each key, and may refuse by `false` before anything
/// is decoded.
///
/// # Errors
///
/// What polars says of bytes that are no table; [`PolarsError::ComputeError`] for one that is damaged or refused.
pub fn read(
    bytes: Vec<u8>,
    alone: bool,
    accept: impl FnOnce(&dyn Fn(&str) -> Option<String>) -> bool,
) -> PolarsResult<DataFrame> {
    if rfind(&bytes, HASH.as_bytes()).is_some() {
        let whole = around_hash(&bytes)
            .is_some_and(|(before, hash, after)| hash == hash_of_file(before, after).as_bytes());
        polars_ensure!(whole, ComputeError: "the file is damaged: its bytes are not those that were written");
    }
    let parallel = if alone {
        ParallelStrategy::None
    } else {
        ParallelStrategy::Auto
    };
    // polars has panicked on damaged files before.
    let read = quietly(|| {
        let mut reader = ParquetReader::new(Cursor::new(bytes)).read_parallel(parallel);
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
        if let Some(written) = value(HASH_OF_VALUES) {
            polars_ensure!(
                written == hash_of_values(&table)?,
                ComputeError: "the file is damaged: its values are not those that were written"
            );
        }
        Ok(table)
    });
    read.unwrap_or_else(|said| polars_bail!(ComputeError: "the file is damaged: {said}"))
}

/// What a file has before, as, and after the digits of its hash. It is looked for from the end, where the footer is; the
/// footer is not parsed, since it may be what is damaged.
fn around_hash(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let after_key = rfind(bytes, HASH.as_bytes())? + HASH.len();
    let at = after_key + BETWEEN.len();
    let (before, rest) = bytes.split_at_checked(at)?;
    let (hash, after) = rest.split_at_checked(DIGITS)?;
    before.ends_with(&BETWEEN).then_some((before, hash, after))
}

fn hash_of_file(before: &[u8], after: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [before, &ZEROS, after] {
        hasher.update(part);
    }
    hasher.finalize().to_hex().to_string()
}

/// BLAKE3 over the names and values of all columns, in 64 hexadecimal digits.
fn hash_of_values(table: &DataFrame) -> PolarsResult<String> {
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
        read(bytes.to_vec(), true, |value| {
            value("kind").as_deref() == Some("test")
        })
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let table = table();
        assert!(open(&bytes(&table)).unwrap().equals_missing(&table));
        assert_eq!(bytes(&table), bytes(&table));
        let other = read(bytes(&table), true, |_| false);
        assert!(other.unwrap_err().to_string().contains("another kind"));
    }

    /// A footer that lost the key of its hash reads as one of an older program: of these 20 bytes, one changed says nothing
    /// about the values.
    #[test]
    fn no_changed_byte_is_read() {
        let table = table();
        let whole = bytes(&table);
        let key = rfind(&whole, HASH.as_bytes()).unwrap();
        for at in (0..whole.len()).filter(|at| !(key..key + HASH.len()).contains(at)) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            let said = open(&damaged).unwrap_err().to_string();
            assert!(
                said.contains("not those that were written"),
                "byte {at}: {said}"
            );
        }
        for length in 0..whole.len() {
            assert!(open(&whole[..length]).is_err(), "{length} bytes");
        }
    }

    /// Only the hash of the values, and whatever polars notices, guards what an older program wrote.
    #[test]
    fn no_changed_byte_of_an_older_program_changes_a_value() {
        let mut table = table();
        let values = hash_of_values(&table).unwrap();
        let metadata = [("kind", "test"), (HASH_OF_VALUES, &values)];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut whole = Vec::new();
        ParquetWriter::new(&mut whole)
            .with_key_value_metadata(Some(KeyValueMetadata::from_static(metadata.to_vec())))
            .finish(&mut table)
            .unwrap();
        let mut refused = 0;
        for at in (0..whole.len()).step_by(3) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            match open(&damaged) {
                Ok(read) => assert!(read.equals_missing(&table), "byte {at}"),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > whole.len() / 6, "{refused} of {}", whole.len());
    }

    #[test]
    fn tables_of_older_programs_are_read() {
        let mut bytes = Vec::new();
        let mut table = table();
        ParquetWriter::new(&mut bytes).finish(&mut table).unwrap();
        let read = read(bytes, false, |_| true).unwrap();
        assert!(read.equals_missing(&table));
    }
}
