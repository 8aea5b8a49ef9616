//! The same in plain text, once: for a pipe or a script.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use jiff::Timestamp;

use super::curves::Curves;
use super::numbers::{age, clock, rate, short};
use super::row::Row;

/// A line for each run; then, with `chosen`, the last values of that run.
pub fn snapshot(rows: &[Row], chosen: Option<(&Row, &Curves)>, now: Timestamp) -> String {
    if rows.is_empty() {
        return "no runs yet".to_owned();
    }
    let mut list = plain(&[
        "state", "run", "step", "speed", "left", "written", "host", "device",
    ]);
    for row in rows {
        list.add_row([
            row.state.word().to_owned(),
            row.name.clone(),
            format!("{}/{}", row.step, row.steps),
            row.rate.map_or_else(String::new, rate),
            row.left().map_or_else(String::new, clock),
            format!("{} ago", age(row.age(now))),
            row.host.clone(),
            row.device.clone(),
        ]);
    }
    align_right(&mut list, 2..=5);
    let mut text = list.to_string();
    if let Some((row, curves)) = chosen {
        text.push_str(&format!("\n\n{}  {}\n", row.name, row.folder.display()));
        if let Some(error) = &row.error {
            text.push_str(&format!("failed: {error}\n"));
        }
        let mut values = plain(&["metric", "split", "step", "last value", "unit"]);
        for curve in curves.iter() {
            for line in &curve.lines {
                let Some(&(step, value)) = line.points.last() else {
                    continue;
                };
                values.add_row([
                    curve.name.clone(),
                    line.split.key().to_owned(),
                    step.to_string(),
                    short(value),
                    curve.unit.clone(),
                ]);
            }
        }
        align_right(&mut values, 2..=3);
        text.push_str(&values.to_string());
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

fn plain(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header);
    table
}

fn align_right(table: &mut Table, columns: std::ops::RangeInclusive<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}
