//! The index as a Parquet file: one row an image, categories and the source's fingerprint in the footer.

use std::path::Path;

use polars::prelude::*;
use serde::{Deserialize, Serialize};

use super::cache::{read_table, write_table};
use super::index::LostAnnotations;
use super::passed_over::PassedOver;
use super::{Category, DatasetError, ImageRecord, Index};

/// Raised whenever the table or the meaning of a column changes; files of another format are built again.
const FORMAT: u32 = 2;

/// What the footer holds besides the rows.
#[derive(Debug, Serialize, Deserialize)]
struct Footer {
    format: u32,
    fingerprint: String,
    annotations: usize,
    lost: LostAnnotations,
    categories: Vec<Category>,
}

/// Puts `index` into the cache file.
pub(super) fn write(path: &Path, index: &Index, fingerprint: &str) -> Result<(), DatasetError> {
    let footer = Footer {
        format: FORMAT,
        fingerprint: fingerprint.to_owned(),
        annotations: index.annotations,
        lost: index.lost.clone(),
        categories: index.categories.clone(),
    };
    let fail = |error: PolarsError| DatasetError::write(path)(std::io::Error::other(error));
    let mut frame = frame(&index.images).map_err(fail)?;
    let footer =
        serde_json::to_string(&footer).map_err(|error| DatasetError::write(path)(error.into()))?;
    write_table(path, &mut frame, footer)
}

/// The index in the cache file, when there is one of this format and of the source as it is now.
pub(super) fn read(path: &Path, name: &str, root: &Path, fingerprint: &str) -> Option<Index> {
    let mut footer = None;
    let frame = read_table(path, |metadata| {
        footer = serde_json::from_str::<Footer>(metadata)
            .ok()
            .filter(|footer| footer.format == FORMAT && footer.fingerprint == fingerprint);
        footer.is_some()
    })?;
    let footer = footer?;
    Some(Index {
        name: name.to_owned(),
        root: root.to_owned(),
        categories: footer.categories,
        images: records(&frame, root).ok()?,
        annotations: footer.annotations,
        lost: footer.lost,
        passed_over: PassedOver::default(),
        parts: Vec::new(),
        built: false,
        warning: None,
    })
}

fn frame(images: &[ImageRecord]) -> PolarsResult<DataFrame> {
    let ids: Vec<i64> = images.iter().map(|image| image.id).collect();
    let names: Vec<&str> = images
        .iter()
        .map(|image| image.file_name.as_str())
        .collect();
    let widths: Vec<Option<u32>> = images.iter().map(|image| image.width).collect();
    let heights: Vec<Option<u32>> = images.iter().map(|image| image.height).collect();
    let mut categories = ListPrimitiveChunkedBuilder::<Int64Type>::new(
        "categories".into(),
        images.len(),
        images.len() * 3,
        DataType::Int64,
    );
    for image in images {
        categories.append_slice(&image.categories);
    }
    DataFrame::new(
        images.len(),
        vec![
            Column::new("image_id".into(), ids),
            Column::new("file_name".into(), names),
            Column::new("width".into(), widths),
            Column::new("height".into(), heights),
            categories.finish().into_column(),
        ],
    )
}

fn records(frame: &DataFrame, root: &Path) -> PolarsResult<Vec<ImageRecord>> {
    let ids = frame.column("image_id")?.i64()?;
    let names = frame.column("file_name")?.str()?;
    let widths = frame.column("width")?.u32()?;
    let heights = frame.column("height")?.u32()?;
    let lists = frame.column("categories")?.list()?;
    let mut images = Vec::with_capacity(frame.height());
    let sizes = widths.iter().zip(heights.iter());
    let rows = ids.iter().zip(names.iter()).zip(sizes);
    for (((id, name), (width, height)), categories) in rows.zip(lists.amortized_iter()) {
        let (Some(id), Some(name), Some(categories)) = (id, name, categories) else {
            polars_bail!(ComputeError: "a row without id, name or categories");
        };
        images.push(ImageRecord {
            id,
            source: 0,
            file_name: name.to_owned(),
            path: root.join(name),
            width,
            height,
            categories: categories.as_ref().i64()?.iter().flatten().collect(),
        });
    }
    Ok(images)
}
