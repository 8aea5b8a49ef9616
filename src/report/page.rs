//! A report as the plain data of its page.

use std::collections::BTreeSet;

use super::claims::{Judged, JudgedNumbers, Kept};
use super::figures::pictures;
use super::html::{
    self, ClaimNumbers, Command, Commit, Diff, DiffKey, Expected, Fact, Number, Page, Picture,
    Reproduce, Side, Slider, SliderImage, Status, Version,
};
use super::make::Made;
use super::table::{Cell, Column, Table, baseline_title, digits, number, p_value, signed};
use super::write::{FigureFiles, table_files};
use super::{Group, Run, Selection};
use crate::evaluate::psnr;
use crate::experiment::Against;
use crate::figure::decibels;
use crate::runs::keys_and_values;
use crate::statistics::{Expectation, SideSummary, Verdict};

/// Images that a reader can put a slider over, at most.
const SLIDER_IMAGES: usize = 6;

/// Runs in a slider, at most: each carries a picture of each image.
const SLIDER_RUNS: usize = 12;

/// Side of a slider's pictures on the page, about, in CSS pixels.
const SLIDER_SIDE: u32 = 384;

/// Bytes of a gibibyte.
const GIBIBYTE: f64 = 1_073_741_824.0;

/// All that the page says.
pub(super) fn page(made: &Made, figures: Vec<FigureFiles>) -> Page {
    let report = &made.report;
    let mut introduction = paragraphs(&report.introduction);
    introduction.extend(missing(made));
    introduction.extend(made.selection.notes.iter().cloned());
    Page {
        title: report.title.clone(),
        introduction,
        claims: claims(made),
        tables: made.tables.iter().flat_map(tables).collect(),
        figures: made
            .drawings
            .iter()
            .zip(figures)
            .map(|(drawing, files)| html::Figure {
                title: drawing.title.clone(),
                caption: drawing.caption.clone(),
                alternative: drawing.alternative.clone(),
                light: files.light,
                dark: Some(files.dark),
                files: files.files,
            })
            .collect(),
        sliders: sliders(made),
        diffs: diffs(made),
        runs: runs(made),
        reproduce: reproduce(made),
        footer: format!(
            "Made by `colorize {}` from `{}`. `colorize verify figure` says whether a figure still holds.",
            env!("CARGO_PKG_VERSION"),
            report.path.display()
        ),
    }
}

/// Text divided at empty lines, each paragraph on one line.
fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|paragraph| !paragraph.is_empty())
        .collect()
}

/// What is asked for and not there, and how to train it.
fn missing(made: &Made) -> Vec<String> {
    let absent = made.selection.absent.iter().map(|absent| {
        format!(
            "Missing: {} ({}). To train it: `{}`.",
            absent.label,
            absent.why,
            made.selection.command(&absent.experiment, &[])
        )
    });
    absent.collect()
}

fn claims(made: &Made) -> Vec<html::Claim> {
    let judged = made.judged.iter().filter(|judged| judged.result.is_ok());
    let together = judged.count();
    made.judged
        .iter()
        .zip(&made.sources)
        .map(|(judged, source)| claim(judged, source, together, &made.selection))
        .collect()
}

fn claim(judged: &Judged, source: &str, together: usize, selection: &Selection) -> html::Claim {
    let claim = &judged.claim;
    let formerly = match judged.kept() {
        Some(Kept::Better | Kept::Worse) => claim.verdict.map(verdict),
        Some(Kept::Same) | None => None,
    };
    html::Claim {
        text: claim.text.clone(),
        test: test(judged),
        source: source.to_owned(),
        verdict: judged.verdict().map_or(html::Verdict::Open, verdict),
        formerly,
        remark: match &judged.result {
            Ok(numbers) => format!("{}.", capitalized(&numbers.comparison.coverage())),
            Err(reason) => format!("Open: {reason}."),
        },
        numbers: judged
            .result
            .as_ref()
            .ok()
            .map(|numbers| claim_numbers(judged, numbers, together, selection)),
    }
}

fn verdict(verdict: Verdict) -> html::Verdict {
    match verdict {
        Verdict::Supported => html::Verdict::Supported,
        Verdict::Contradicted => html::Verdict::Contradicted,
        Verdict::NotDecided => html::Verdict::NotDecided,
    }
}

/// What is tested, in words.
fn test(judged: &Judged) -> String {
    let claim = &judged.claim;
    let against = match &claim.against {
        Against::Experiment(name) => format!("that of `{name}`"),
        Against::Baseline(name) => format!("that of the baseline “{}”", baseline_title(name)),
        Against::Value(value) => value.to_string(),
    };
    let (metric, of, by) = (claim.metric.name(), &claim.of, claim.by);
    match (claim.expect, by) {
        (Expectation::Equal, by) => {
            format!("`{metric}` of `{of}` equal to {against}, within {by}")
        }
        (Expectation::Greater, 0.0) => format!("`{metric}` of `{of}` greater than {against}"),
        (Expectation::Less, 0.0) => format!("`{metric}` of `{of}` less than {against}"),
        (Expectation::Greater, by) => {
            format!("`{metric}` of `{of}` greater than {against}, by more than {by}")
        }
        (Expectation::Less, by) => {
            format!("`{metric}` of `{of}` less than {against}, by more than {by}")
        }
    }
}

fn claim_numbers(
    judged: &Judged,
    numbers: &JudgedNumbers,
    together: usize,
    selection: &Selection,
) -> ClaimNumbers {
    let claim = &judged.claim;
    let comparison = &numbers.comparison;
    let digits = digits(claim.metric);
    let plain = |value: f64| Number::new(value, number(Some(value), digits));
    let with_sign = |value: f64| Number::new(value, signed(value, digits));
    let side = |name: String, summary: &SideSummary| Side {
        name,
        value: plain(summary.value),
        detail: match (summary.standard_deviation, summary.seeds) {
            (Some(deviation), Some(seeds)) => {
                format!("± {} over {seeds} seeds", number(Some(deviation), digits))
            }
            (None, Some(_)) => "one seed".to_owned(),
            (_, None) => String::new(),
        },
    };
    let label = |name: &str| match selection.meant(name)[..] {
        [group] => selection.groups[group].label.clone(),
        _ => name.to_owned(),
    };
    let against = match &claim.against {
        Against::Experiment(name) => label(name),
        Against::Baseline(name) => baseline_title(name),
        Against::Value(_) => "the value".to_owned(),
    };
    ClaimNumbers {
        unit: claim.metric.unit().unwrap_or_default().to_owned(),
        of: side(label(&claim.of), &comparison.of),
        against: side(against, &comparison.against),
        difference: with_sign(comparison.difference),
        low: with_sign(comparison.interval.low),
        high: with_sign(comparison.interval.high),
        expected: match claim.expect {
            Expectation::Greater => Expected::Above(claim.by),
            Expectation::Less => Expected::Below(-claim.by),
            Expectation::Equal => Expected::Within(-claim.by, claim.by),
        },
        p_value: Number::new(numbers.p_value, p_value(numbers.p_value)),
        corrected_for: together,
        effect: comparison
            .effect
            .map(|effect| Number::new(effect, number(Some(effect), 2))),
        paired_over: comparison.pairing.to_string(),
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// A table of the page for every section.
fn tables(table: &Table) -> Vec<html::Table> {
    let columns: Vec<html::Column> = table.columns.iter().map(column).collect();
    table
        .sections
        .iter()
        .enumerate()
        .map(|(place, section)| {
            let title = match section.heading.as_str() {
                "" => table.title.clone(),
                heading => format!("{}: {heading}", table.title),
            };
            let mut caption = Vec::new();
            if place == 0 {
                caption.extend(Some(table.caption.clone()).filter(|text| !text.is_empty()));
                caption.extend(table.notes.iter().cloned());
            }
            html::Table {
                title,
                caption: caption.join(" "),
                columns: columns.clone(),
                rows: section
                    .rows
                    .iter()
                    .map(|row| html::Row {
                        cells: row
                            .cells
                            .iter()
                            .zip(&table.columns)
                            .map(|(cell, column)| self::cell(cell, column))
                            .collect(),
                        is_reference: row.group.is_none(),
                    })
                    .collect(),
                files: table_files(table),
            }
        })
        .collect()
}

fn column(column: &Column) -> html::Column {
    html::Column {
        name: column.heading.clone(),
        hint: column.hint.clone(),
        is_number: column.is_numeric,
        better: match column.arrow {
            "↑" => Some(html::Better::Higher),
            "↓" => Some(html::Better::Lower),
            "→ 1" => Some(html::Better::One),
            _ => None,
        },
        ..html::Column::default()
    }
}

fn cell(cell: &Cell, column: &Column) -> html::Cell {
    match cell.key {
        Some(key) => html::Cell::Number {
            number: Number::new(key, cell.text.clone()),
            detail: cell.detail.clone(),
            is_best: cell.is_best,
        },
        None if column.is_numeric && cell.text == "–" => {
            html::Cell::Missing("not measured".to_owned())
        }
        None => html::Cell::Text(cell.text.clone()),
    }
}

/// The images of the samples under a slider, for every group of runs that was judged by the same images.
fn sliders(made: &Made) -> Vec<Slider> {
    let groups = &made.selection.groups;
    made.material
        .juries
        .iter()
        .filter_map(|jury| {
            let shown: Vec<&Group> = jury
                .groups
                .iter()
                .take(SLIDER_RUNS)
                .map(|&group| &groups[group])
                .collect();
            let ids = pictures::ids(shown.first()?.first());
            let images: Vec<SliderImage> = ids
                .into_iter()
                .take(SLIDER_IMAGES)
                .filter_map(|id| slider_image(id, &shown))
                .collect();
            (!images.is_empty()).then(|| Slider {
                title: match jury.categories.as_str() {
                    "all categories" => "Before and after".to_owned(),
                    categories => format!("Before and after: {categories}"),
                },
                caption: "Held-out images at the last step, by the first seed of each run. Small print: PSNR of the picture as it is.".to_owned(),
                images,
            })
        })
        .collect()
}

/// One image by all runs that show it; a picture that cannot be read is left out.
fn slider_image(id: i64, groups: &[&Group]) -> Option<SliderImage> {
    let first = groups.first()?.first();
    let truth = pictures::truth(first, id).ok()?;
    let raw = |run: &Run, kind: &str| {
        let bytes = std::fs::read(run.folder.sample_image(kind, id)).ok()?;
        let (width, height) = truth.dimensions();
        let larger = (SLIDER_SIDE / width.max(height).max(1)).max(1);
        Some(Picture::Png {
            bytes,
            width: width * larger,
            height: height * larger,
        })
    };
    let colorized = groups.iter().filter_map(|group| {
        let run = group.first();
        let step = *pictures::steps(run).last()?;
        let picture = pictures::colorized(run, step, id).ok()?;
        let is_comparable = picture.dimensions() == truth.dimensions();
        Some(Version {
            run: group.label.clone(),
            picture: raw(run, &format!("step-{step:06}"))?,
            detail: if is_comparable {
                decibels(psnr(&truth, &picture))
            } else {
                String::new()
            },
        })
    });
    Some(SliderImage {
        name: id.to_string(),
        gray: raw(first, "gray")?,
        colorized: colorized.collect(),
        truth: raw(first, "truth")?,
    })
}

/// The keys in which every group differs from its parent.
fn diffs(made: &Made) -> Vec<Diff> {
    let selection = &made.selection;
    selection
        .groups
        .iter()
        .filter_map(|group| {
            let [parent] = selection.meant(group.parent.as_deref()?)[..] else {
                return None;
            };
            let parent = &selection.groups[parent];
            let [own, theirs] = [group, parent].map(|group| {
                let mut values = keys_and_values(&group.first().experiment);
                for key in ["name", "title", "seeds"] {
                    values.remove(key);
                }
                values
            });
            let all: BTreeSet<&String> = own.keys().chain(theirs.keys()).collect();
            let keys = all
                .into_iter()
                .filter(|key| own.get(*key) != theirs.get(*key))
                .map(|key| DiffKey {
                    key: key.clone(),
                    parent: theirs.get(key).cloned(),
                    own: own.get(key).cloned(),
                });
            Some(Diff {
                experiment: group.label.clone(),
                parent: parent.label.clone(),
                keys: keys.collect(),
            })
        })
        .collect()
}

fn runs(made: &Made) -> Vec<html::Run> {
    let mut rows = Vec::new();
    for group in &made.selection.groups {
        rows.extend(group.runs.iter().map(|run| row(group, run)));
        rows.extend(group.missing.iter().map(|missing| html::Run {
            name: group.name.clone(),
            seed: missing.seed,
            identity: String::new(),
            status: Status::Missing,
            remark: missing.why.clone(),
            commit: None,
            device: String::new(),
            hardware: String::new(),
            started: String::new(),
            ended: String::new(),
        }));
    }
    rows
}

fn row(group: &Group, run: &Run) -> html::Run {
    let record = &run.record;
    let first = record.sessions.first();
    let last = record.sessions.last();
    let time = |time: jiff::Timestamp| time.strftime("%Y-%m-%d %H:%M UTC").to_string();
    html::Run {
        name: group.name.clone(),
        seed: record.seed,
        identity: record.identity.clone(),
        status: Status::Done,
        remark: String::new(),
        commit: last.and_then(|session| {
            let git = session.environment.git.as_ref()?;
            Some(Commit {
                hash: git.commit.clone(),
                is_dirty: run.is_dirty(),
            })
        }),
        device: record.device.clone(),
        hardware: hardware(run),
        started: first.map_or_else(String::new, |session| time(session.started)),
        ended: last
            .and_then(|session| session.ended)
            .map_or_else(String::new, time),
    }
}

/// `Intel Xeon, 2 threads, 23.5 GiB`.
pub(super) fn hardware(run: &Run) -> String {
    let Some(session) = run.record.sessions.last() else {
        return String::new();
    };
    let machine = &session.environment.machine;
    let threads = match machine.threads {
        1 => "1 thread".to_owned(),
        threads => format!("{threads} threads"),
    };
    format!(
        "{}, {threads}, {:.1} GiB",
        machine.processor,
        machine.memory_bytes as f64 / GIBIBYTE
    )
}

fn reproduce(made: &Made) -> Reproduce {
    let all = || made.selection.groups.iter().flat_map(|group| &group.runs);
    let mut commands: Vec<Command> = Vec::new();
    for line in command_lines(all()) {
        commands.push(Command {
            purpose: String::new(),
            command: line,
        });
    }
    if let Some(first) = commands.first_mut() {
        first.purpose =
            "What trained these runs, as it was typed; what is done already is left alone."
                .to_owned();
    }
    commands.push(Command {
        purpose: "This report.".to_owned(),
        command: format!("colorize report {}", made.report.path.display()),
    });
    let mut facts = vec![Fact {
        name: "report file (BLAKE3)".to_owned(),
        value: made.report.hash.clone(),
        is_code: true,
    }];
    let mut add = |name: &str, values: BTreeSet<String>, is_code: bool| {
        for value in values.into_iter().filter(|value| !value.is_empty()) {
            facts.push(Fact {
                name: name.to_owned(),
                value,
                is_code,
            });
        }
    };
    add(
        "photographs (BLAKE3 of ids and contents)",
        all()
            .map(|run| run.record.dataset.content_hash.clone())
            .collect(),
        true,
    );
    add(
        "weights of the classifier",
        all()
            .filter_map(|run| Some(run.record.weights.as_ref()?.identity.clone()))
            .collect(),
        true,
    );
    add(
        "device",
        all().map(|run| run.record.device.clone()).collect(),
        true,
    );
    add("hardware", all().map(hardware).collect(), false);
    add(
        "code of the rooms",
        all().map(|run| versions(&run.record.code)).collect(),
        false,
    );
    add(
        "libraries",
        all().map(|run| versions(&run.record.libraries)).collect(),
        false,
    );
    Reproduce {
        introduction: "Equal identities give equal numbers on one kind of device. A run’s folder holds the resolved experiment, its table of every number and its environment.".to_owned(),
        commands,
        facts,
    }
}

fn versions<V: std::fmt::Display>(versions: &std::collections::BTreeMap<String, V>) -> String {
    let parts: Vec<String> = versions
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    parts.join(", ")
}

/// The command lines of the runs' last sessions, each once.
pub(super) fn command_lines<'a>(runs: impl Iterator<Item = &'a Run>) -> Vec<String> {
    let mut lines = Vec::new();
    for run in runs {
        let Some(session) = run.record.sessions.last() else {
            continue;
        };
        let arguments = session.environment.arguments.iter().skip(1);
        let line: Vec<String> = std::iter::once("colorize".to_owned())
            .chain(arguments.map(|argument| quoted(argument)))
            .collect();
        let line = line.join(" ");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// An argument as a shell takes it.
fn quoted(argument: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,+@%".contains(letter);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_pasted() {
        assert_eq!(quoted("train.steps=20"), "train.steps=20");
        assert_eq!(quoted("dataset.categories=[]"), "'dataset.categories=[]'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn paragraphs_end_at_empty_lines() {
        assert_eq!(paragraphs("one\nline\n\n two \n\n\n"), ["one line", "two"]);
    }
}
