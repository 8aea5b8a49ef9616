//! What the command line changes about an experiment.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use toml::de::DeValue;

use super::problem::{Fault, Problem};
use super::source::{Place, Source};
use super::tree::{Item, Layer, Node};

/// What the command line changes about an experiment; the default changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Assignments such as `train.steps=300`: a dotted key and a TOML value, or a bare word, which is taken as text.
    pub set: Vec<String>,
    /// Replaces `seeds` unless empty.
    pub seeds: Vec<u64>,
    /// Replaces `dataset.use` unless empty; relative to the current folder.
    pub datasets: Vec<PathBuf>,
    /// Whether the values under `[quick]` apply. Those of `set`, `seeds` and `datasets` go before them.
    pub quick: bool,
}

/// A value from the command line and the path of the key that it replaces.
pub(super) struct Assignment {
    pub(super) path: Vec<String>,
    pub(super) node: Node,
}

impl Assignment {
    /// Whether it sets a key of `[quick]`.
    pub(super) fn is_quick(&self) -> bool {
        self.path[0] == "quick"
    }

    /// Whether it gives the key at `path` a value.
    fn says(&self, path: &[String]) -> bool {
        let below = path.strip_prefix(self.path.as_slice());
        below.is_some_and(|below| self.node.get(below).is_some())
    }
}

/// The problem of an argument that says what the argument `flag` says otherwise.
fn two_answers(set: &Assignment, flag: &str) -> Problem {
    let argument = &set.node.value.source.text;
    Problem::new(
        Fault::Argument(format!("`{argument}` and `{flag}` set the same key")),
        set.node.value.clone(),
    )
    .help("remove one of them")
}

impl Overrides {
    /// All that is replaced, in the order in which it applies.
    pub(super) fn assignments(&self) -> Result<Vec<Assignment>, Vec<Problem>> {
        let mut assignments = Vec::new();
        let mut problems = Vec::new();
        for argument in &self.set {
            match read_assignment(argument) {
                Ok(assignment) => assignments.push(assignment),
                Err(problem) => problems.push(*problem),
            }
        }
        for (replacement, flag) in [
            (self.dataset_assignment(), "--dataset"),
            (self.seeds_assignment(), "--seed"),
        ] {
            let Some(replacement) = replacement else {
                continue;
            };
            let rivals = assignments.iter().filter(|set| set.says(&replacement.path));
            problems.extend(rivals.map(|set| two_answers(set, flag)));
            assignments.push(replacement);
        }
        if problems.is_empty() {
            Ok(assignments)
        } else {
            Err(problems)
        }
    }

    fn dataset_assignment(&self) -> Option<Assignment> {
        let names = self.datasets.iter();
        let names: Vec<String> = names.map(|it| it.to_string_lossy().into_owned()).collect();
        let (place, mut elements) = repeated("--dataset ", &names, |name, flag| {
            let manifest = Item::String(name.clone());
            (flag.start + "--dataset ".len()..flag.end, manifest)
        })?;
        let node = if elements.len() == 1 {
            elements.remove(0)
        } else {
            written(place, Item::Array(elements))
        };
        Some(Assignment {
            path: vec!["dataset".to_string(), "use".to_string()],
            node,
        })
    }

    fn seeds_assignment(&self) -> Option<Assignment> {
        let (place, elements) = repeated("--seed ", &self.seeds, |seed, flag| {
            (flag, Item::Integer(i128::from(*seed)))
        })?;
        Some(Assignment {
            path: vec!["seeds".to_string()],
            node: written(place, Item::Array(elements)),
        })
    }
}

/// The values of a flag that may be repeated, and the place of all of them; `None` where there are none. `item` is told a
/// value and where its flag and itself stand; it says which part of that is to blame for the value.
fn repeated<T: ToString>(
    flag: &str,
    values: &[T],
    item: impl Fn(&T, Range<usize>) -> (Range<usize>, Item),
) -> Option<(Place, Vec<Node>)> {
    if values.is_empty() {
        return None;
    }
    let arguments = values
        .iter()
        .map(|value| format!("{flag}{}", value.to_string()));
    let arguments: Vec<String> = arguments.collect();
    let source = Source::command_line(arguments.join(" "));
    let mut start = 0;
    let mut elements = Vec::new();
    for (value, argument) in values.iter().zip(&arguments) {
        let (span, item) = item(value, start..start + argument.len());
        elements.push(written(Place::new(&source, span), item));
        start += argument.len() + 1;
    }
    Some((Place::new(&source, 0..source.text.len()), elements))
}

fn written(place: Place, item: Item) -> Node {
    Node {
        key: place.clone(),
        value: place,
        layer: Layer::CommandLine,
        item,
        before: None,
        of_former_kind: false,
    }
}

/// The longest keys, such as `quick.train.optimizer.learning_rate`, have four.
const MOST_PARTS: usize = 8;

/// Reads `train.steps=300`.
fn read_assignment(argument: &str) -> Result<Assignment, Box<Problem>> {
    const HELP: &str = "write `--set key=value`, for example `--set train.steps=300`";
    let flag = "--set ";
    let source = Source::command_line(format!("{flag}{argument}"));
    let refuse = |fault: String, start: usize, end: usize| {
        let place = Place::new(&source, flag.len() + start..flag.len() + end);
        Box::new(Problem::new(Fault::Argument(fault), place).help(HELP))
    };

    let Some((key, text)) = argument.split_once('=') else {
        return Err(refuse(
            format!("`--set {argument}` has no `=`"),
            0,
            argument.len(),
        ));
    };
    let path: Vec<String> = key.split('.').map(|part| part.trim().to_string()).collect();
    if path.iter().any(|part| !is_bare_key(part)) {
        return Err(refuse(format!("`{key}` is not a key"), 0, key.len()));
    }
    if path.len() > MOST_PARTS {
        return Err(refuse(
            format!(
                "a key of {} parts: no key has more than {MOST_PARTS}",
                path.len()
            ),
            0,
            key.len().min(80),
        ));
    }
    if path == ["extends"] {
        return Err(Box::new(
            Problem::new(
                Fault::Argument("`extends` cannot be set from the command line".to_string()),
                Place::new(&source, flag.len()..flag.len() + key.len()),
            )
            .help("name the other experiment file itself, or write a file that extends it"),
        ));
    }

    if path[0] == "claims" {
        return Err(Box::new(
            Problem::new(
                Fault::Argument("`claims` cannot be set from the command line".to_string()),
                Place::new(&source, flag.len()..flag.len() + key.len()),
            )
            .help("claims belong to the file: write them there, or write a file that extends it"),
        ));
    }

    let value = text.trim();
    let start = argument.len() - text.trim_start().len();
    if value.is_empty() {
        return Err(refuse(
            format!("`--set {argument}` has no value after `=`"),
            0,
            argument.len(),
        ));
    }
    let key = Place::new(&source, flag.len()..flag.len() + key.trim_end().len());
    let node = match DeValue::parse(value) {
        Ok(parsed) => Node::from_value(parsed, key, &source, flag.len() + start)
            .into_layer(Layer::CommandLine),
        Err(error) if value.starts_with(['[', '{', '"', '\'']) => {
            let span = error.span().unwrap_or(0..value.len());
            return Err(refuse(
                format!("`{value}` is not a TOML value: {}", error.message()),
                start + span.start,
                start + span.end,
            ));
        }
        Err(_) => Node {
            key,
            value: value_place(&source, flag.len() + start, value),
            layer: Layer::CommandLine,
            item: Item::String(value.to_string()),
            before: None,
            of_former_kind: false,
        },
    };
    Ok(Assignment { path, node })
}

fn value_place(source: &Arc<Source>, start: usize, value: &str) -> Place {
    Place::new(source, start..start + value.len())
}

fn is_bare_key(part: &str) -> bool {
    !part.is_empty()
        && part
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
}
