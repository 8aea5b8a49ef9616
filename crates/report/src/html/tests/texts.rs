//! Every text of a page, to be changed.

use super::super::*;

/// Calls `change` with every text, in a fixed order, but for the pictures'.
pub(super) fn each(page: &mut Page, change: &mut dyn FnMut(&mut String)) {
    change(&mut page.title);
    page.introduction.iter_mut().for_each(&mut *change);
    page.notes.iter_mut().for_each(&mut *change);
    for claim in &mut page.claims {
        [
            &mut claim.text,
            &mut claim.test,
            &mut claim.source,
            &mut claim.remark,
        ]
        .into_iter()
        .for_each(&mut *change);
        if let Some(numbers) = &mut claim.numbers {
            for side in [&mut numbers.of, &mut numbers.against] {
                change(&mut side.name);
                change(&mut side.value.text);
                change(&mut side.detail);
            }
            change(&mut numbers.unit);
            change(&mut numbers.difference.text);
            change(&mut numbers.low.text);
            change(&mut numbers.high.text);
            change(&mut numbers.p_value.text);
            if let Some(effect) = &mut numbers.effect {
                change(&mut effect.text);
            }
            change(&mut numbers.paired_over);
        }
    }
    for table in &mut page.tables {
        change(&mut table.title);
        change(&mut table.caption);
        for column in &mut table.columns {
            change(&mut column.name);
            change(&mut column.unit);
            change(&mut column.hint);
        }
        for cell in table.rows.iter_mut().flat_map(|row| &mut row.cells) {
            match cell {
                Cell::Text(text) | Cell::Code(text) | Cell::Missing(text) => change(text),
                Cell::Number { number, detail, .. } => {
                    change(&mut number.text);
                    change(detail);
                }
            }
        }
        files(&mut table.files, change);
    }
    for figure in &mut page.figures {
        change(&mut figure.title);
        change(&mut figure.caption);
        change(&mut figure.alternative);
        files(&mut figure.files, change);
    }
    for slider in &mut page.sliders {
        change(&mut slider.title);
        change(&mut slider.caption);
        for image in &mut slider.images {
            change(&mut image.name);
            for version in &mut image.colorized {
                change(&mut version.run);
                change(&mut version.detail);
            }
        }
    }
    for gallery in &mut page.galleries {
        change(&mut gallery.title);
        change(&mut gallery.caption);
        gallery.runs.iter_mut().for_each(&mut *change);
        for metric in &mut gallery.metrics {
            change(&mut metric.name);
        }
        for image in &mut gallery.images {
            change(&mut image.name);
        }
    }
    for diff in &mut page.diffs {
        change(&mut diff.experiment);
        change(&mut diff.parent);
        for key in &mut diff.keys {
            change(&mut key.key);
            key.parent
                .iter_mut()
                .chain(&mut key.own)
                .for_each(&mut *change);
        }
    }
    for run in &mut page.runs {
        [
            &mut run.name,
            &mut run.identity,
            &mut run.remark,
            &mut run.device,
            &mut run.hardware,
            &mut run.started,
            &mut run.ended,
        ]
        .into_iter()
        .for_each(&mut *change);
        if let Some(commit) = &mut run.commit {
            change(&mut commit.hash);
        }
    }
    change(&mut page.reproduce.introduction);
    for command in &mut page.reproduce.commands {
        change(&mut command.purpose);
        change(&mut command.command);
    }
    for fact in &mut page.reproduce.facts {
        change(&mut fact.name);
        change(&mut fact.value);
    }
    change(&mut page.footer);
}

fn files(files: &mut [FileLink], change: &mut dyn FnMut(&mut String)) {
    for file in files {
        change(&mut file.label);
        change(&mut file.path);
    }
}
