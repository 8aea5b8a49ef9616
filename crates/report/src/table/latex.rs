//! A table as LaTeX, with the rules of `booktabs`.

use std::fmt::Write as _;

use super::{Cell, Table};

/// Writes a table as a `table` environment that needs the package `booktabs` and nothing else.
pub fn latex(table: &Table) -> String {
    let mut text = format!(
        "% {}: needs \\usepackage{{booktabs}}\n\\begin{{table}}\n\\centering\n",
        one_line(&table.name)
    );
    let caption = match table.caption.as_str() {
        "" => escaped(&table.title),
        caption => format!("{}. {}", escaped(&table.title), escaped(caption)),
    };
    let _ = write!(
        text,
        "\\caption{{{caption}}}\n\\label{{tab:{}}}\n",
        table.name
    );
    let align: String = table
        .columns
        .iter()
        .map(|column| if column.is_numeric { 'r' } else { 'l' })
        .collect();
    let _ = write!(text, "\\begin{{tabular}}{{{align}}}\n\\toprule\n");
    let headings = table.columns.iter().map(|column| {
        let heading = escaped(&column.heading);
        match column.better.arrow() {
            "" => heading,
            arrow => format!("{heading} {}", escaped(arrow)),
        }
    });
    push_row(&mut text, headings);
    for section in &table.sections {
        text.push_str("\\midrule\n");
        if !section.heading.is_empty() {
            let _ = writeln!(
                text,
                "\\multicolumn{{{}}}{{l}}{{\\emph{{{}}}}} \\\\",
                table.columns.len(),
                escaped(&section.heading)
            );
        }
        for row in &section.rows {
            let is_baseline = row.group.is_none();
            push_row(
                &mut text,
                row.cells.iter().map(|cell| shown(cell, is_baseline)),
            );
        }
    }
    text.push_str("\\bottomrule\n\\end{tabular}\n");
    for note in &table.notes {
        let _ = writeln!(text, "\\par\\smallskip{{\\footnotesize {}}}", escaped(note));
    }
    text.push_str("\\end{table}\n");
    text
}

fn push_row(text: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    let _ = writeln!(text, "{} \\\\", cells.join(" & "));
}

fn shown(cell: &Cell, is_baseline: bool) -> String {
    let words = escaped(&cell.text);
    let words = match (cell.is_best, is_baseline && cell.key.is_none()) {
        _ if words.is_empty() => words,
        (true, _) => format!("\\textbf{{{words}}}"),
        (false, true) => format!("\\emph{{{words}}}"),
        (false, false) => words,
    };
    if cell.detail.is_empty() {
        words
    } else {
        format!("{words} {{\\scriptsize ({})}}", escaped(&cell.detail))
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// Text that every LaTeX engine prints as it is.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                safe.push('\\');
                safe.push(letter);
            }
            '\\' => safe.push_str("\\textbackslash{}"),
            '~' => safe.push_str("\\textasciitilde{}"),
            '^' => safe.push_str("\\textasciicircum{}"),
            '<' => safe.push_str("\\textless{}"),
            '>' => safe.push_str("\\textgreater{}"),
            '`' => safe.push('\''),
            '"' => safe.push_str("''"),
            '\n' | '\r' => safe.push(' '),
            '−' => safe.push_str("$-$"),
            '–' => safe.push_str("--"),
            '±' => safe.push_str("$\\pm$"),
            '↑' => safe.push_str("$\\uparrow$"),
            '↓' => safe.push_str("$\\downarrow$"),
            '→' => safe.push_str("$\\to$"),
            '∞' => safe.push_str("$\\infty$"),
            '°' => safe.push_str("$^\\circ$"),
            '†' => safe.push_str("\\textdagger{}"),
            '’' => safe.push('\''),
            '“' => safe.push_str("``"),
            '”' => safe.push_str("''"),
            letter => safe.push(letter),
        }
    }
    safe
}
