//! The runs of a report on its page, and how to reproduce them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::html::{self, Command, Commit, Fact, Reproduce, Status};
use crate::{Group, Made, Run};

/// Bytes of a gibibyte.
const GIBIBYTE: f64 = 1_073_741_824.0;

pub(super) fn runs(made: &Made) -> Vec<html::Run> {
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
pub(crate) fn hardware(run: &Run) -> String {
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

pub(super) fn reproduce(made: &Made) -> Reproduce {
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
            "The commands that trained these runs, as typed. They skip what is already done."
                .to_owned();
    }
    commands.push(Command {
        purpose: "The command that builds this report.".to_owned(),
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
        "classifier weights",
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
        "module versions",
        all().map(|run| versions(&run.record.code)).collect(),
        false,
    );
    add(
        "libraries",
        all().map(|run| versions(&run.record.libraries)).collect(),
        false,
    );
    Reproduce {
        introduction: "Runs with the same identity produce the same numbers on the same kind of device. Each run folder holds the resolved experiment, every logged number, and the environment.".to_owned(),
        commands,
        facts,
    }
}

fn versions<V: Display>(versions: &BTreeMap<String, V>) -> String {
    let parts: Vec<String> = versions
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    parts.join(", ")
}

/// The command lines of the runs' last sessions, each once.
pub(crate) fn command_lines<'a>(runs: impl Iterator<Item = &'a Run>) -> Vec<String> {
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
}
