//! Tables come out as they went in.

use std::fs;
use std::path::Path;

use polars::prelude::*;

use super::{ExportError, Place, Table, TableFormat, table, tensorboard};
use crate::catalog::sample;
use crate::catalog::{Catalog, Entry};

/// Values that lose something wherever numbers are shortened.
const VALUES: [f64; 7] = [
    0.1,
    1.0 / 3.0,
    5e-324,
    f64::MAX,
    f64::NAN,
    f64::INFINITY,
    -0.0,
];

fn runs(root: &Path) -> Vec<Entry> {
    for (experiment, seed) in [("a", 0), ("b, \"two\"", 1)] {
        let rows = VALUES
            .iter()
            .enumerate()
            .map(|(index, &value)| (index + 1, value));
        sample::write(root, experiment, seed, rows);
    }
    Catalog::read(root).unwrap().entries
}

fn exported(format: TableFormat, name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let entries = runs(&root.path().join("runs"));
    let entries: Vec<&Entry> = entries.iter().collect();
    let path = root.path().join(name);
    let rows = table(Table::Metrics, format, &entries, &Place::new(&path, false)).unwrap();
    assert_eq!(rows, 2 * VALUES.len());
    (root, path)
}

#[test]
fn csv_is_exact() {
    let (_root, path) = exported(TableFormat::Csv, "metrics.csv");
    let mut csv = csv::Reader::from_path(&path).unwrap();
    let names = csv.headers().unwrap().clone();
    let place = names.iter().position(|name| name == "value").unwrap();
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    let values = rows.iter().map(|row| row[place].parse::<f64>().unwrap());
    let expected = VALUES.iter().chain(&VALUES).map(|value| value.to_bits());
    assert!(values.map(f64::to_bits).eq(expected));
    assert_eq!(&rows[7][0], "b, \"two\"");
    assert_eq!(&rows[4][place], "NaN");
    assert_eq!(&rows[5][place], "inf");
}

#[test]
fn json_is_exact_and_says_what_it_has_no_word_for() {
    let (_root, path) = exported(TableFormat::Json, "metrics.json");
    let text = fs::read_to_string(&path).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(rows[4]["value"], "NaN");
    assert_eq!(rows[5]["value"], "inf");
    // The JSON reader may be off by a bit; the text is not.
    let texts = text
        .lines()
        .filter_map(|line| line.split_once("\"value\":"));
    for ((_, rest), expected) in texts.zip(VALUES) {
        let number = rest.split([',', '}']).next().unwrap().trim_matches('"');
        assert_eq!(number.parse::<f64>().unwrap().to_bits(), expected.to_bits());
    }
}

#[test]
fn parquet_is_exact() {
    let (_root, path) = exported(TableFormat::Parquet, "metrics.parquet");
    let table = ParquetReader::new(fs::File::open(&path).unwrap())
        .finish()
        .unwrap();
    let values = table.column("value").unwrap().f64().unwrap().clone();
    let bits = values.iter().flatten().map(f64::to_bits);
    let expected = VALUES.iter().chain(&VALUES).map(|value| value.to_bits());
    assert!(bits.eq(expected));
}

#[test]
fn a_run_a_row_with_what_only_some_have() {
    let root = tempfile::tempdir().unwrap();
    let entries = runs(&root.path().join("runs"));
    let entries: Vec<&Entry> = entries.iter().collect();
    let path = root.path().join("runs.csv");
    table(
        Table::Runs,
        TableFormat::Csv,
        &entries,
        &Place::new(&path, false),
    )
    .unwrap();
    let mut csv = csv::Reader::from_path(&path).unwrap();
    let names = csv.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    let of = |row: usize, name: &str| {
        let place = names.iter().position(|it| it == name).unwrap();
        rows[row][place].to_owned()
    };
    assert_eq!(of(0, "network.scale"), "16");
    assert_eq!(of(1, "seed"), "1");
    assert_eq!(of(0, "metric:psnr"), "-0.0");
    assert_eq!(of(0, "best:psnr"), "inf");
}

#[test]
fn nothing_is_replaced_unasked_and_nothing_foreign_at_all() {
    let root = tempfile::tempdir().unwrap();
    let entries = runs(&root.path().join("runs"));
    let entries: Vec<&Entry> = entries.iter().collect();
    let path = root.path().join("board");
    let export = |force| tensorboard(&entries, &Place::new(&path, force));
    export(false).unwrap();
    assert!(matches!(export(false), Err(ExportError::Exists(_))));
    export(true).unwrap();
    let foreign = root.path().join("runs");
    let before = fs::read_dir(&foreign).unwrap().count();
    let refused = tensorboard(&entries, &Place::new(&foreign, true));
    assert!(matches!(refused, Err(ExportError::NotOurs(_))));
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), before);
    let names: Vec<_> = fs::read_dir(root.path()).unwrap().flatten().collect();
    assert_eq!(names.len(), 2, "a temporary folder was left: {names:?}");
}
