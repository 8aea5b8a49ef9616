//! Configurations: what one is made of, what tells several apart, and how a person names one.
//!
//! Runs of one configuration differ in the seed alone. An experiment has several where it has a `[matrix]`, and where it was
//! trained again with other values, other photographs or other code.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Value, Values};
use crate::experiment::Variant;
use crate::runs::{Identity, Origin, RunRecord, keys_and_values};

/// Up to so many keys are all shown where they differ; of more, as many as tell the configurations apart.
const SHOWN: usize = 4;

/// Stands for keys that differ too, and are not shown.
const MORE: &str = "…";

/// Digits of a hash that tell contents apart for the eye.
const DIGITS: usize = 6;

/// What a configuration is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// Where in its experiment's `[matrix]` it stands.
    pub variant: Variant,
    /// Every key that counts, dotted, with its value in plain words.
    values: BTreeMap<String, String>,
}

/// What of a run's record counts in addition to the keys of its experiment.
struct Beside<'a> {
    content: &'a str,
    device_class: &'a str,
    weights: Option<&'a str>,
    perceptual_weights: Option<&'a str>,
    from: Option<&'a Origin>,
    code: &'a BTreeMap<String, u32>,
}

/// `norms norm=batch scale=8`, as a person writes it: a name, and keys of a configuration with their values. A key may be as
/// short as its last part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointName<'a> {
    /// The name before the first space.
    pub base: &'a str,
    /// Keys and values.
    pub pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> PointName<'a> {
    /// Divides a name; `None` where something after the first space is no `key=value`.
    pub fn parse(name: &'a str) -> Option<Self> {
        let mut parts = name.split_whitespace();
        let base = parts.next()?;
        let written = parts.filter(|&part| part != MORE);
        let pairs = written.map(|part| part.split_once('='));
        Some(Self {
            base,
            pairs: pairs.collect::<Option<Vec<_>>>()?,
        })
    }

    /// Whether it speaks of `key`, dotted.
    pub fn names(&self, key: &str) -> bool {
        self.pairs.iter().any(|(short, _)| is_key(key, short))
    }
}

/// Whether `short`, as a person wrote it, means the dotted `key`.
fn is_key(key: &str, short: &str) -> bool {
    let rest = key.strip_suffix(short);
    !short.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether two values are the same, numbers by their size.
fn is_same(one: &str, other: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    one == other || matches!((number(one), number(other)), (Some(one), Some(other)) if one == other)
}

impl Configuration {
    /// That of a run.
    pub fn of(record: &RunRecord, experiment: &impl serde::Serialize) -> Self {
        let beside = Beside {
            content: &record.dataset.content_hash,
            device_class: &record.device_class,
            weights: record.weights.as_ref().map(|it| it.identity.as_str()),
            perceptual_weights: record
                .perceptual_weights
                .as_ref()
                .map(|it| it.identity.as_str()),
            from: record.from.as_ref().map(|it| &it.origin),
            code: &record.code,
        };
        Self::new(&record.variant, &keys_and_values(experiment), &beside)
    }

    /// That of an experiment that need not have run yet: of what only a run knows, such as the content of its photographs
    /// and the versions of the code, nothing is known.
    pub fn of_experiment(variant: &Variant, experiment: &impl serde::Serialize) -> Self {
        let beside = Beside {
            content: "",
            device_class: "",
            weights: None,
            perceptual_weights: None,
            from: None,
            code: &BTreeMap::new(),
        };
        Self::new(variant, &keys_and_values(experiment), &beside)
    }

    /// That of a line of the table.
    pub fn of_entry(entry: &Entry) -> Self {
        let facts = &entry.facts;
        let beside = Beside {
            content: &facts.dataset.content,
            device_class: &facts.device_class,
            weights: facts.weights.as_deref(),
            perceptual_weights: facts.perceptual_weights.as_deref(),
            from: facts.from.as_ref(),
            code: &facts.code,
        };
        Self::new(&facts.variant, &entry.values, &beside)
    }

    fn new(variant: &Variant, values: &Values, beside: &Beside<'_>) -> Self {
        let short = |hash: &str| hash.chars().take(DIGITS).collect::<String>();
        let counted = values.iter().filter(|(key, _)| Identity::counts(key));
        let mut values: BTreeMap<String, String> = counted
            .map(|(key, json)| (key.clone(), Value::of_json(json).to_string()))
            .collect();
        values.insert("photographs".to_owned(), short(beside.content));
        values.insert("device".to_owned(), beside.device_class.to_owned());
        for (room, version) in beside.code {
            values.insert(format!("code.{room}"), version.to_string());
        }
        for (key, weights) in [
            ("fusion.weights", beside.weights),
            ("train.perceptual.weights", beside.perceptual_weights),
        ] {
            values.extend(weights.map(|weights| (key.to_owned(), short(weights))));
        }
        if let Some(from) = beside.from {
            let hash = from.configuration.split(' ').next_back();
            values.insert("train.from".to_owned(), short(hash.unwrap_or_default()));
        }
        Self {
            variant: variant.clone(),
            values,
        }
    }

    /// Whether every key that `name` speaks of has the value that it says. A short one means a key of the matrix before any
    /// other.
    pub fn is_at(&self, name: &PointName<'_>) -> bool {
        name.pairs.iter().all(|(key, value)| {
            let is_meant = |(known, _): &(&str, &str)| is_key(known, key);
            let has_value = |(_, known): (&str, &str)| is_same(known, value);
            if self.variant.iter().any(|swept| is_meant(&swept)) {
                self.variant.iter().filter(is_meant).any(has_value)
            } else {
                self.iter().filter(is_meant).any(has_value)
            }
        })
    }

    /// Whether it has the values of `other` under all keys of either's matrix that `name` does not speak of.
    pub fn is_beside(&self, other: &Self, name: &PointName<'_>) -> bool {
        let keys = self.variant.iter().chain(other.variant.iter());
        let mut keys = keys.filter(|(key, _)| !name.names(key));
        keys.all(|(key, _)| self.values.get(key) == other.values.get(key))
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let values = self.values.iter();
        values.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// `norm=batch scale=8`: some of its keys with their values.
    fn words(&self, keys: &[&str]) -> String {
        let pairs = keys.iter().filter_map(|&key| {
            let value = self.values.get(key)?;
            Some(format!("{}={value}", self.short(key)))
        });
        pairs.collect::<Vec<_>>().join(" ")
    }

    /// The last part of a key where it is no other's too: of the matrix for a key of that, and of all otherwise.
    fn short<'a>(&self, key: &'a str) -> &'a str {
        let last = key.rsplit('.').next().unwrap_or(key);
        let swept: Vec<&str> = self.variant.iter().map(|(swept, _)| swept).collect();
        let is_alike = |other: &&str| is_key(other, last);
        let alike = if swept.contains(&key) {
            swept.iter().copied().filter(is_alike).count()
        } else {
            self.values
                .keys()
                .map(String::as_str)
                .filter(is_alike)
                .count()
        };
        if alike > 1 { key } else { last }
    }
}

/// What tells configurations apart, in words as short as may be: the keys in which they differ, those of a matrix alone
/// where these are enough. One that is the same as another, and a single one, has nothing to be told by.
pub fn tell_apart(configurations: &[&Configuration]) -> Vec<String> {
    let keys: BTreeSet<&str> = configurations
        .iter()
        .flat_map(|it| it.values.keys().map(String::as_str))
        .collect();
    let value = |it: &Configuration, key: &str| it.values.get(key).cloned();
    let differs = |key: &&str| {
        let first = configurations.first().map(|it| value(it, key));
        configurations
            .iter()
            .any(|it| Some(value(it, key)) != first)
    };
    let differing: Vec<&str> = keys.into_iter().filter(differs).collect();
    let is_swept = |key: &&str| {
        let mut all = configurations.iter();
        all.any(|it| it.variant.iter().any(|(swept, _)| swept == *key))
    };
    let swept: Vec<&str> = differing.iter().copied().filter(is_swept).collect();
    let kinds = |keys: &[&str]| {
        let kinds = configurations.iter();
        kinds
            .map(|it| it.words(keys))
            .collect::<BTreeSet<_>>()
            .len()
    };
    let all = kinds(&differing);
    let (keys, more) = if kinds(&swept) == all {
        (swept, 0)
    } else if differing.len() <= SHOWN {
        (differing, 0)
    } else {
        let chosen = fewest(&differing, &swept, all, kinds);
        let more = differing.len() - chosen.len();
        (chosen, more)
    };
    let words = configurations.iter().map(|it| it.words(&keys));
    words
        .map(|words| match more {
            0 => words,
            _ => format!("{words} {MORE}"),
        })
        .collect()
}

/// As many keys as make `all` kinds, beginning with `first`, and then with those that part the most. What only hashes can
/// say comes last.
fn fewest<'a>(
    differing: &[&'a str],
    first: &[&'a str],
    all: usize,
    kinds: impl Fn(&[&str]) -> usize,
) -> Vec<&'a str> {
    let mut chosen = first.to_vec();
    while kinds(&chosen) < all {
        let with = |key: &'a str| [chosen.as_slice(), &[key]].concat();
        let left = differing
            .iter()
            .copied()
            .filter(|key| !chosen.contains(key));
        let is_plain = |key: &str| key.contains('.') && !key.starts_with("code.");
        // Of equals the last is taken: turned around, the first by name.
        let best = left
            .rev()
            .max_by_key(|&key| (kinds(&with(key)), is_plain(key)));
        match best {
            Some(best) => chosen.push(best),
            None => break,
        }
    }
    chosen
}

/// What tables call runs, one for each: their experiment, where in its matrix, and, where runs of other configurations would
/// be called the same, what tells them from these.
pub fn labels(entries: &[&Entry]) -> Vec<String> {
    let plain: Vec<String> = entries.iter().map(|entry| entry.label()).collect();
    let mut labels = plain.clone();
    let mut alike: BTreeMap<&str, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
    for (place, (entry, label)) in entries.iter().zip(&plain).enumerate() {
        let seats = alike.entry(label.as_str()).or_default();
        seats.entry(entry.seat()).or_default().push(place);
    }
    for seats in alike.into_values().filter(|seats| seats.len() > 1) {
        let configurations: Vec<Configuration> = seats
            .values()
            .map(|places| Configuration::of_entry(entries[places[0]]))
            .collect();
        let apart = tell_apart(&configurations.iter().collect::<Vec<_>>());
        for (places, words) in seats.values().zip(apart) {
            for &place in places {
                labels[place] = format!("{} {words}", plain[place]).trim_end().to_owned();
            }
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn configuration(variant: &[(&str, &str)], values: &[(&str, &str)]) -> Configuration {
        let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let pairs = pairs.iter();
            pairs.map(|&(k, v)| (k.to_owned(), v.to_owned())).collect()
        };
        Configuration {
            variant: Variant::new(owned(variant)),
            values: owned(&[values, variant].concat()).into_iter().collect(),
        }
    }

    fn apart(configurations: &[Configuration]) -> Vec<String> {
        tell_apart(&configurations.iter().collect::<Vec<_>>())
    }

    #[test]
    fn what_differs_is_what_tells_apart() {
        let point = |norm: &str, scale: &str| {
            let matrix = [("network.norm", norm), ("network.scale", scale)];
            // What follows from a swept key says nothing more.
            configuration(&matrix, &[("network.width", scale), ("image.size", "64")])
        };
        let all = [
            point("batch", "8"),
            point("batch", "16"),
            point("instance", "8"),
        ];
        assert_eq!(
            apart(&all),
            [
                "norm=batch scale=8",
                "norm=batch scale=16",
                "norm=instance scale=8"
            ]
        );
        assert_eq!(apart(&all[..2]), ["scale=8", "scale=16"]);
        assert_eq!(apart(&all[..1]), [""]);
        assert_eq!(apart(&[]), [""; 0]);

        // Without a matrix, and with one that is not enough.
        let steps = |steps: &str| configuration(&[], &[("train.steps", steps), ("device", "flex")]);
        assert_eq!(apart(&[steps("4"), steps("60")]), ["steps=4", "steps=60"]);
        let twice =
            |size: &str| configuration(&[("network.norm", "batch")], &[("image.size", size)]);
        assert_eq!(apart(&[twice("64"), twice("96")]), ["size=64", "size=96"]);
    }

    #[test]
    fn of_many_keys_as_many_as_are_needed() {
        let many = |values: [&str; 6]| {
            let keys = [
                "code.train",
                "device",
                "a.one",
                "a.two",
                "b.three",
                "b.four",
            ];
            let pairs: Vec<_> = keys.into_iter().zip(values).collect();
            configuration(&[], &pairs)
        };
        let all = [
            many(["1"; 6]),
            many(["2"; 6]),
            many(["3", "3", "1", "3", "3", "3"]),
        ];
        assert_eq!(apart(&all), ["two=1 …", "two=2 …", "two=3 …"]);
    }

    #[test]
    fn points_are_named_in_any_order_and_as_short_as_may_be() {
        let point = configuration(
            &[
                ("network.norm", "batch"),
                ("train.optimizer.learning_rate", "0.001"),
            ],
            &[("image.size", "64")],
        );
        let is_at = |name: &str| PointName::parse(name).is_some_and(|name| point.is_at(&name));
        for name in [
            "norms",
            "norms norm=batch",
            "norms learning_rate=1e-3 network.norm=batch",
            "norms size=64 …",
        ] {
            assert!(is_at(name), "{name}");
        }
        // A key of the matrix is meant before any other of the same last part.
        let twice = configuration(&[("train.size", "8")], &[("image.size", "64")]);
        let is_there = |name: &str| PointName::parse(name).is_some_and(|name| twice.is_at(&name));
        assert!(is_there("a size=8") && is_there("a image.size=64"));
        assert!(!is_there("a size=64"));
        for name in [
            "norms norm=instance",
            "norms orm=batch",
            "norms batch",
            "norms size=96",
            "",
        ] {
            assert!(!is_at(name), "{name}");
        }
    }

    #[test]
    fn configurations_of_one_experiment_never_look_alike() {
        let root = tempfile::tempdir().unwrap();
        let first = sample::write(root.path(), "a", 0, [(1, 1.0)].into_iter());
        let mut changed = sample::experiment("a");
        changed.train.steps += 3;
        let mut entries = [Entry::read(&first).unwrap(), Entry::read(&first).unwrap()];
        entries[1].values = std::sync::Arc::new(keys_and_values(&changed));
        entries[1].facts.configuration = "other".to_owned();
        let labels = labels(&[&entries[0], &entries[1], &entries[0]]);
        let steps = changed.train.steps;
        let plain = format!("a steps={}", steps - 3);
        assert_eq!(labels, [plain.clone(), format!("a steps={steps}"), plain]);
        assert_eq!(super::labels(&[&entries[0], &entries[0]]), ["a", "a"]);
    }
}
