//! `photographs.parquet`: which photographs a run learns from and is judged by, and what exactly they are. An id says
//! that within one dataset; the hash of a file's bytes says it everywhere.

use polars::prelude::*;

use super::images::write_table;
use super::rows::read_quickly;
use super::{RunError, RunFolder};

/// A photograph of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotographRow {
    /// Its id in the dataset, as in the tables of image scores.
    pub image_id: i64,
    /// Path below the dataset's folder.
    pub file_name: String,
    /// Whether it was held out, and not trained on.
    pub is_held_out: bool,
    /// BLAKE3 of the file's bytes.
    pub content: blake3::Hash,
}

/// What the table calls the two sides.
const SPLITS: [&str; 2] = ["train", "validation"];

/// Writes the table of a run: `image_id`, `file_name`, `split`, `content` in 64 hexadecimal digits.
///
/// # Errors
///
/// [`RunError`] when it cannot be written.
pub fn write_photographs(folder: &RunFolder, rows: &[PhotographRow]) -> Result<(), RunError> {
    let path = folder.photographs();
    let column = |name: &str, values: Vec<String>| Column::new(name.into(), values);
    let texts = |text: fn(&PhotographRow) -> String| rows.iter().map(text).collect();
    let ids: Vec<i64> = rows.iter().map(|row| row.image_id).collect();
    let mut table = DataFrame::new(
        rows.len(),
        vec![
            Column::new("image_id".into(), ids),
            column("file_name", texts(|row| row.file_name.clone())),
            column(
                "split",
                texts(|row| SPLITS[usize::from(row.is_held_out)].to_owned()),
            ),
            column("content", texts(|row| row.content.to_hex().to_string())),
        ],
    )
    .map_err(RunError::table("write", &path))?;
    write_table(&path, &mut table, Vec::new())
}

/// Reads the table of a run; `None` where there is none, as in a run of a program that did not write it.
///
/// # Errors
///
/// [`RunError`] when it is not such a table.
pub fn read_photographs(folder: &RunFolder) -> Result<Option<Vec<PhotographRow>>, RunError> {
    let path = folder.photographs();
    if !path.is_file() {
        return Ok(None);
    }
    let table = read_quickly(&path)?;
    let rows = rows(&table).map_err(RunError::table("read", &path))?;
    Ok(Some(rows))
}

fn rows(table: &DataFrame) -> PolarsResult<Vec<PhotographRow>> {
    let ids = table.column("image_id")?.i64()?.iter();
    let names = table.column("file_name")?.str()?.iter();
    let splits = table.column("split")?.str()?.iter();
    let contents = table.column("content")?.str()?.iter();
    let rows = ids.zip(names).zip(splits).zip(contents);
    rows.map(|(((id, name), split), content)| {
        let content = content.and_then(|hex| blake3::Hash::from_hex(hex).ok());
        let side = SPLITS.iter().position(|&known| Some(known) == split);
        match (id, name, side, content) {
            (Some(image_id), Some(name), Some(side), Some(content)) => Ok(PhotographRow {
                image_id,
                file_name: name.to_owned(),
                is_held_out: side == 1,
                content,
            }),
            _ => polars_bail!(ComputeError: "a row without id, name, split or content"),
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photographs_come_back_and_a_damaged_table_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(root.path().join("run"));
        assert_eq!(read_photographs(&folder).unwrap(), None);
        let rows = [(7, true), (-1, false)].map(|(image_id, is_held_out)| PhotographRow {
            image_id,
            file_name: format!("{image_id}.jpg"),
            is_held_out,
            content: blake3::hash(&[u8::from(is_held_out)]),
        });
        write_photographs(&folder, &rows).unwrap();
        assert_eq!(read_photographs(&folder).unwrap().unwrap(), rows);
        std::fs::write(folder.photographs(), "half").unwrap();
        assert!(read_photographs(&folder).is_err());
    }
}
