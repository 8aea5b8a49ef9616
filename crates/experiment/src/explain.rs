//! From what was wrong to what a user should read.

use super::claim;
use super::problem::{Fault, Problem};
use super::read::{Mismatch, Refusal};
use super::search;
use super::source::Source;
use super::tree::Node;
use colorize_base::nearest::{nearest, quoted};

/// The smallest experiment: what must be written, with a value to stand in for one that is wrong.
const EXAMPLE: &str = include_str!("example.toml");

/// Keys that have another name now: the old one and the new one.
pub(super) const RENAMED: [(&str, &str); 1] = [("train.keep_checkpoints", "train.retain.last")];

/// The tree of the smallest experiment.
pub(super) fn example() -> Node {
    built_in(EXAMPLE)
}

/// A value that may stand at `path`, where one has to: the smallest experiment's, or that of a claim or a sweep.
pub(super) fn sample<S: AsRef<str>>(path: &[S]) -> Option<Node> {
    match path {
        [first, _, rest @ ..] if first.as_ref() == "claims" => {
            built_in(claim::EXAMPLE).get(rest).cloned()
        }
        [first, rest @ ..] if first.as_ref() == "sweep" => {
            built_in(search::SAMPLE).get(rest).cloned()
        }
        _ => example().get(path).cloned(),
    }
}

fn built_in(text: &str) -> Node {
    let source = Source::built_in(text);
    toml::de::DeTable::parse(text).map_or_else(
        |_| Node::root(&source),
        |table| Node::from_document(table, &source),
    )
}

/// What a root experiment has to hold, section by section.
pub(super) fn needs() -> String {
    let lines: Vec<String> = required_keys()
        .iter()
        .map(|(section, keys)| format!("    [{section}]: {}", quoted(keys)))
        .collect();
    format!(
        "name a parent, such as `extends = \"00-instancenorm.toml\"`, or write everything that a root experiment needs:\n{}",
        lines.join("\n")
    )
}

/// The sections of the smallest experiment and their keys, in its order.
fn required_keys() -> Vec<(String, Vec<String>)> {
    let table: toml::Table = toml::from_str(EXAMPLE).unwrap_or_default();
    table
        .into_iter()
        .map(|(section, value)| {
            let keys = value.as_table().into_iter().flat_map(toml::Table::keys);
            (section, keys.cloned().collect())
        })
        .collect()
}

/// A path as a user writes it: `dataset.categories[1]`.
pub(super) fn dotted<S: AsRef<str>>(path: &[S]) -> String {
    let mut text = String::new();
    for part in path {
        let part = part.as_ref();
        if !text.is_empty() && !part.starts_with('[') {
            text.push('.');
        }
        text.push_str(part);
    }
    text
}

/// The parts of a path written as `dataset.categories[1]`.
pub(super) fn parts(key: &str) -> Vec<String> {
    key.replace('[', ".[")
        .split('.')
        .map(str::to_string)
        .collect()
}

/// The value at `path` in `tree`, or the nearest one above it.
pub(super) fn closest<'a>(tree: &'a Node, path: &[String]) -> &'a Node {
    (0..=path.len())
        .rev()
        .find_map(|length| tree.get(&path[..length]))
        .unwrap_or(tree)
}

/// The key as written, with `quick.` before it where it stands under `[quick]`.
pub(super) fn written_key(tree: &Node, path: &[String]) -> String {
    match tree.get(path) {
        Some(node) if node.layer.is_quick() => format!("quick.{}", dotted(path)),
        _ => dotted(path),
    }
}

/// The problem that `refusal` is; `known` are all keys there are, dotted.
pub(super) fn explain(refusal: &Refusal, tree: &Node, known: &[String]) -> Problem {
    let path = &refusal.path;
    let key = written_key(tree, path);
    let node = closest(tree, path);
    match &refusal.mismatch {
        Mismatch::UnknownKey { key: name, legal } => {
            Problem::new(Fault::UnknownKey(key), node.key.clone())
                .help(
                    renamed(path)
                        .or_else(|| of_other_kinds(path, tree, known))
                        .unwrap_or_else(|| meant(name, legal, known)),
                )
                .help(legal_keys(path, legal, tree))
        }
        Mismatch::UnknownValue { value, legal } => Problem::new(
            Fault::UnknownValue {
                key,
                value: value.clone(),
            },
            node.value.clone(),
        )
        .help(did_you_mean(nearest(value, legal.iter().copied()).next()))
        .help(format!("legal values: {}", quoted(*legal))),
        Mismatch::MissingKey(_) => missing(key, path, node),
        Mismatch::WrongType { found, expected } => Problem::new(
            Fault::WrongType {
                key,
                expected: expected.clone(),
                found: found.clone(),
            },
            node.value.clone(),
        )
        .help(match path[..] {
            [ref first] if first == "claims" => "write `[[claims]]` once for each claim",
            _ => "",
        }),
        Mismatch::Other(message) => Problem::new(
            Fault::OutOfRange {
                key,
                must: format!("is refused: {message}"),
            },
            node.value.clone(),
        ),
    }
}

/// The problem of a key that is not there; `above` is the table that should hold it.
fn missing(key: String, path: &[String], above: &Node) -> Problem {
    let place = above.value.clone();
    if let Some((_, keys)) = required_keys().iter().find(|(section, _)| *section == key) {
        let help = format!("write `[{key}]` with {}", quoted(keys));
        return Problem::new(Fault::MissingSection(key), place).help(help);
    }
    let help = sample(path).map_or_else(String::new, |node| {
        let name = path.last().map_or("", String::as_str);
        format!("for example `{name} = {}`", node.value.text())
    });
    Problem::new(Fault::MissingKey(key), place).help(help)
}

/// What became of a key that this program knew once.
fn renamed(path: &[String]) -> Option<String> {
    let key = dotted(path);
    let (_, new) = RENAMED.into_iter().find(|(old, _)| *old == key)?;
    Some(format!("renamed to `{new}`"))
}

/// That other kinds of the table have the key, where they do.
fn of_other_kinds(path: &[String], tree: &Node, known: &[String]) -> Option<String> {
    let (_, table) = path.split_last()?;
    let kind = [table, &["kind".to_string()]].concat();
    let present = tree.get(&kind)?.as_str()?;
    let is_known = known.contains(&dotted(path));
    is_known.then(|| {
        let kind = dotted(&kind);
        format!("`{kind}` is `{present}`, and only other kinds have this key")
    })
}

/// The key that may have been meant by the unknown `name`: one of another section, if that has it by this name.
fn meant(name: &str, legal: &[&str], known: &[String]) -> String {
    // A singular for a plural is a slip, even where another section has a key of this name.
    let here = nearest(name, legal.iter().copied()).next();
    if let Some(here) = here.filter(|here| here.starts_with(name) || name.starts_with(here)) {
        return did_you_mean(Some(here));
    }
    let ending = format!(".{name}");
    let mut elsewhere = known.iter().filter(|key| key.ends_with(&ending)).peekable();
    if elsewhere.peek().is_some() {
        let names: Vec<String> = elsewhere.map(|key| format!("`{key}`")).collect();
        return format!("did you mean {}?", names.join(" or "));
    }
    did_you_mean(here)
}

/// The question, or nothing where there is nothing to ask.
pub(super) fn did_you_mean(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("did you mean `{name}`?"))
}

/// The keys that may stand where the unknown one at `path` does.
fn legal_keys(path: &[String], legal: &[&str], tree: &Node) -> String {
    let above = &path[..path.len().saturating_sub(1)];
    if above.is_empty() {
        return format!("top-level keys: {}", quoted(legal));
    }
    // serde does not count the key that tells a tagged enum's variants apart.
    let tagged = tree.get(&[above, &["kind".to_string()]].concat()).is_some();
    let tag = Some("kind").filter(|tag| tagged && !legal.contains(tag));
    let all = tag.into_iter().chain(legal.iter().copied());
    let table = match above {
        [first, second] if second.starts_with('[') => format!("[[{first}]]"),
        _ => format!("[{}]", dotted(above)),
    };
    format!("keys of `{table}`: {}", quoted(all))
}
