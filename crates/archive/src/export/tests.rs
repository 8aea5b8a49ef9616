//! Tables come out as they went in.

use std::fs;
use std::path::Path;

use polars::prelude::*;

use super::{ExportError, Place, Table, TableFormat, mlflow, table, tensorboard};
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
fn a_text_that_a_spreadsheet_would_compute_is_made_harmless() {
    let root = tempfile::tempdir().unwrap();
    sample::write(root.path(), "=1+1", 0, [(1, -0.5)].into_iter());
    let entries = Catalog::read(root.path()).unwrap().entries;
    let entries: Vec<&Entry> = entries.iter().collect();
    let path = root.path().join("metrics.csv");
    let place = Place::new(&path, false);
    table(Table::Metrics, TableFormat::Csv, &entries, &place).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let row = text.lines().nth(1).unwrap();
    assert!(row.starts_with("'=1+1,"), "{row}");
    assert!(row.contains(",-0.5"), "{row}");
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

/// The table of runs as Parquet.
fn table_of_runs(root: &Path, entries: &[&Entry]) -> DataFrame {
    let path = root.join("runs.parquet");
    let place = Place::new(&path, true);
    table(Table::Runs, TableFormat::Parquet, entries, &place).unwrap();
    let file = fs::File::open(&path).unwrap();
    ParquetReader::new(file).finish().unwrap()
}

#[test]
fn in_the_table_of_runs_numbers_are_numbers() {
    let root = tempfile::tempdir().unwrap();
    let entries = runs(&root.path().join("runs"));
    let entries: Vec<&Entry> = entries.iter().collect();
    let table = table_of_runs(root.path(), &entries);
    for (name, kind) in [
        ("seed", DataType::Int64),
        ("step", DataType::Int64),
        ("parameters", DataType::Int64),
        ("code.train", DataType::Int64),
        ("network.scale", DataType::Int64),
        ("train.optimizer.learning_rate", DataType::Float64),
        ("image.cache_disk", DataType::Boolean),
        ("network.norm", DataType::String),
        ("seeds", DataType::String),
        ("seconds", DataType::Float64),
        ("metric:psnr", DataType::Float64),
    ] {
        assert_eq!(table.column(name).unwrap().dtype(), &kind, "{name}");
    }
    let text = |name: &str| table.column(name).unwrap().str().unwrap().get(0);
    assert_eq!(text("network.norm"), Some("instance"));
    assert_eq!(text("seeds"), Some("[0,1,2]"));
    let rate = table.column("train.optimizer.learning_rate").unwrap();
    assert_eq!(rate.f64().unwrap().get(1), Some(0.001));
}

#[test]
fn a_key_of_several_kinds_is_a_number_if_it_can_be() {
    let root = tempfile::tempdir().unwrap();
    let mut entries = runs(&root.path().join("runs"));
    let kinds = |one: Option<&str>, other: Option<&str>, entries: &mut [Entry]| {
        for (entry, json) in entries.iter_mut().zip([one, other]) {
            let mut values = (*entry.values).clone();
            match json {
                Some(json) => values.insert("network.scale".to_owned(), json.to_owned()),
                None => values.remove("network.scale"),
            };
            entry.values = values.into();
        }
        let entries: Vec<&Entry> = entries.iter().collect();
        table_of_runs(root.path(), &entries)
            .column("network.scale")
            .unwrap()
            .clone()
    };
    let column = kinds(Some("16"), Some("0.5"), &mut entries);
    let numbers: Vec<_> = column.f64().unwrap().iter().collect();
    assert_eq!(numbers, [Some(16.0), Some(0.5)]);
    let column = kinds(Some("16"), Some("\"auto\""), &mut entries);
    let texts: Vec<_> = column.str().unwrap().iter().collect();
    assert_eq!(texts, [Some("16"), Some("auto")]);
    let column = kinds(Some("true"), Some("null"), &mut entries);
    let flags: Vec<_> = column.bool().unwrap().iter().collect();
    assert_eq!(flags, [Some(true), None]);
    let column = kinds(None, Some("16"), &mut entries);
    let wholes: Vec<_> = column.i64().unwrap().iter().collect();
    assert_eq!(wholes, [None, Some(16)]);
}

#[test]
fn mlflow_compares_all_runs_in_one_experiment() {
    let root = tempfile::tempdir().unwrap();
    let entries = runs(&root.path().join("runs"));
    let entries: Vec<&Entry> = entries.iter().collect();
    let store = root.path().join("store");
    mlflow(&entries, "norms", &Place::new(&store, false)).unwrap();
    let below = |folder: &Path| -> Vec<std::path::PathBuf> {
        let entries = fs::read_dir(folder).unwrap().flatten();
        let mut folders: Vec<_> = entries.map(|entry| entry.path()).collect();
        folders.retain(|path| path.join("meta.yaml").is_file());
        folders.sort();
        folders
    };
    let [experiment] = &below(&store)[..] else {
        panic!("not one experiment: {:?}", below(&store));
    };
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    assert!(read(&experiment.join("meta.yaml")).contains("name: \"norms\"\n"));
    let note = read(&experiment.join("tags/mlflow.note.content"));
    assert!(
        note.contains("`validation/psnr`: PSNR (dB). ") && note.contains("higher is better"),
        "{note}"
    );
    let runs = below(experiment);
    assert_eq!(runs.len(), 2);
    let of = |tag: &str| -> Vec<String> {
        let mut texts: Vec<String> = runs.iter().map(|run| read(&run.join(tag))).collect();
        texts.sort();
        texts
    };
    assert_eq!(of("tags/experiment"), ["a", "b, \"two\""]);
    assert_eq!(of("tags/seed"), ["0", "1"]);
    assert_eq!(of("params/network.scale"), ["16", "16"]);
    assert_eq!(of("tags/mlflow.runName"), ["a s0", "b, \"two\" s1"]);
    for run in &runs {
        let values = read(&run.join("metrics/validation/psnr"));
        assert_eq!(values.lines().count(), VALUES.len());
    }
}

#[test]
fn tensorboard_has_a_column_for_every_metric_that_was_logged() {
    let root = tempfile::tempdir().unwrap();
    let entries = runs(&root.path().join("runs"));
    let entries: Vec<&Entry> = entries.iter().collect();
    let board = root.path().join("board");
    tensorboard(&entries, &Place::new(&board, false)).unwrap();
    let folder = entries[0].facts.trial.as_str();
    let files = fs::read_dir(board.join("a").join(folder)).unwrap();
    let file = files.flatten().next().unwrap().path();
    let bytes = fs::read(file).unwrap();
    let count = |text: &str| {
        let windows = bytes.windows(text.len());
        windows.filter(|it| *it == text.as_bytes()).count()
    };
    assert_eq!(count("_hparams_/experiment"), 1);
    // Once as a column, then once a value.
    assert_eq!(count("validation/psnr"), 1 + VALUES.len());
    assert_eq!(count("PSNR (dB)"), 1);
}

#[test]
fn a_file_is_replaced_only_where_an_export_made_it() {
    let root = tempfile::tempdir().unwrap();
    let entries = runs(&root.path().join("runs"));
    let entries: Vec<&Entry> = entries.iter().collect();
    let formats = [TableFormat::Csv, TableFormat::Json, TableFormat::Parquet];
    let path = root.path().join("table");
    let export = |table: Table, format| {
        let place = Place::new(&path, true);
        super::table(table, format, &entries, &place)
    };
    for before in formats {
        for after in formats {
            for table in [Table::Runs, Table::Metrics] {
                export(table, before).unwrap();
                export(table, after).unwrap();
            }
        }
    }
    let foreign: [&[u8]; 5] = [
        b"my thesis\n",
        b"",
        b"experiment,other\n1,2\n",
        b"[\n{\"experiment\": 1}\n]\n",
        b"PAR1\xff\x00PAR1",
    ];
    for bytes in foreign {
        fs::write(&path, bytes).unwrap();
        let refused = export(Table::Runs, TableFormat::Csv);
        assert!(matches!(refused, Err(ExportError::NotOurs(_))));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
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
    let notes = path.join("notes.txt");
    fs::write(&notes, "mine").unwrap();
    assert!(matches!(export(true), Err(ExportError::NotOurs(_))));
    assert_eq!(fs::read_to_string(&notes).unwrap(), "mine");
    fs::remove_file(&notes).unwrap();
    export(true).unwrap();
    let foreign = root.path().join("runs");
    let before = fs::read_dir(&foreign).unwrap().count();
    let refused = tensorboard(&entries, &Place::new(&foreign, true));
    assert!(matches!(refused, Err(ExportError::NotOurs(_))));
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), before);
    let names: Vec<_> = fs::read_dir(root.path()).unwrap().flatten().collect();
    assert_eq!(names.len(), 2, "a temporary folder was left: {names:?}");
}
