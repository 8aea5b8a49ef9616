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
    /// Names of the categories that it shows; none in a table of a program that did not write them.
    pub categories: Vec<String>,
}

/// What the table calls the two sides.
const SPLITS: [&str; 2] = ["train", "validation"];

/// Writes the table of a run: `image_id`, `file_name`, `split`, `content` in 64 hexadecimal digits, `categories` as a list.
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
            categories(rows),
        ],
    )
    .map_err(RunError::table("write", &path))?;
    write_table(&path, &mut table)
}

fn categories(rows: &[PhotographRow]) -> Column {
    let mut lists = ListStringChunkedBuilder::new("categories".into(), rows.len(), rows.len());
    for row in rows {
        lists.append_values_iter(row.categories.iter().map(String::as_str));
    }
    lists.finish().into_column()
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
    // Tables of older programs have no such column.
    let categories: Vec<Vec<String>> = match table.column("categories") {
        Ok(column) => {
            let lists = column.list()?.series_iter();
            lists.map(names_of).collect::<PolarsResult<_>>()?
        }
        Err(_) => vec![Vec::new(); table.height()],
    };
    let rows = ids.zip(names).zip(splits).zip(contents).zip(categories);
    rows.map(|((((id, name), split), content), categories)| {
        let content = content.and_then(|hex| blake3::Hash::from_hex(hex).ok());
        let side = SPLITS.iter().position(|&known| Some(known) == split);
        match (id, name, side, content) {
            (Some(image_id), Some(name), Some(side), Some(content)) => Ok(PhotographRow {
                image_id,
                file_name: name.to_owned(),
                is_held_out: side == 1,
                content,
                categories,
            }),
            _ => polars_bail!(ComputeError: "a row without id, name, split or content"),
        }
    })
    .collect()
}

/// The texts of a list.
fn names_of(list: Option<Series>) -> PolarsResult<Vec<String>> {
    let Some(list) = list else {
        return Ok(Vec::new());
    };
    let names = list.str()?.iter();
    Ok(names.flatten().map(str::to_owned).collect())
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
            categories: if is_held_out {
                vec!["stop sign".to_owned(), "Bär".to_owned()]
            } else {
                Vec::new()
            },
        });
        write_photographs(&folder, &rows).unwrap();
        assert_eq!(read_photographs(&folder).unwrap().unwrap(), rows);

        // A table of a program that did not know categories.
        let table = read_quickly(&folder.photographs()).unwrap();
        let mut table = table.drop("categories").unwrap();
        write_table(&folder.photographs(), &mut table).unwrap();
        let read = read_photographs(&folder).unwrap().unwrap();
        assert_eq!(read[0].file_name, "7.jpg");
        assert!(read.iter().all(|row| row.categories.is_empty()));

        std::fs::write(folder.photographs(), "half").unwrap();
        assert!(read_photographs(&folder).is_err());
    }
}
