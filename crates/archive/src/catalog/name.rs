//! From what a person types to runs that differ in the seed alone.

use colorize_base::{Blame, Blamed};
use std::path::Path;

use super::{Catalog, Configuration, Entry, Filter, FilterError, Group, PointName, labels};

/// How many names an error lists.
const NAMED: usize = 12;

/// Why a name leads to no one configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is a filter, and cannot be read.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// No run has it.
    #[error("no run is called `{name}`; available: {there}")]
    NotFound {
        /// As it was written.
        name: String,
        /// The experiments that exist.
        there: String,
    },
    /// Runs of several configurations have it.
    #[error(
        "`{name}` matches {count} different configurations: {found}; name one of them, such as `{example}`, or select one with a filter, such as `experiment=NAME and network.scale=8`"
    )]
    Several {
        /// As it was written.
        name: String,
        /// How many.
        count: usize,
        /// What they are.
        found: String,
        /// One of them.
        example: String,
    },
}

impl Blamed for NameError {
    fn blame(&self) -> Blame {
        match self {
            Self::Filter(error) => error.blame(),
            Self::NotFound { .. } | Self::Several { .. } => Blame::Request,
        }
    }
}

impl Catalog {
    /// The runs that `name` means, by seed: a run's folder, `experiment/trial`, the beginning of a trial's name, an
    /// experiment, one of its configurations as tables print it (`norms norm=batch scale=8`), or a filter. All of them have
    /// one configuration.
    ///
    /// # Errors
    ///
    /// [`NameError`] where there is none, or more than one configuration.
    pub fn named(&self, name: &str) -> Result<Group<'_>, NameError> {
        let wanted = name.trim_end_matches('/');
        let mut found: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|it| is_named(it, wanted))
            .collect();
        let exact =
            |entry: &&Entry| entry.facts.trial == wanted || entry.facts.experiment == wanted;
        if found.iter().any(exact) {
            found.retain(exact);
        }
        if found.is_empty()
            && let Some(point) = PointName::parse(wanted)
        {
            let entries = self.entries.iter();
            found = entries.filter(|it| is_at(it, &point)).collect();
        }
        if found.is_empty() && wanted.contains(['=', '<', '>', '~']) {
            found = self.select(&Filter::parse(name)?);
        }
        let mut groups = Group::of(&found, &self.entries);
        match groups.len() {
            0 => Err(NameError::NotFound {
                name: name.to_owned(),
                there: self.experiments(),
            }),
            1 => Ok(groups.remove(0)),
            count => {
                let firsts: Vec<&Entry> = groups.iter().map(Group::first).collect();
                let labels = labels(&firsts);
                let named = firsts.iter().zip(&labels).map(|(first, label)| {
                    format!(
                        "`{label}` ({}/{})",
                        first.facts.experiment, first.facts.trial
                    )
                });
                Err(NameError::Several {
                    name: name.to_owned(),
                    count,
                    found: list(named),
                    example: labels[0].clone(),
                })
            }
        }
    }

    /// The runs that a filter lets through, or those that a name means, in the order of the catalog: an experiment, a run's
    /// folder, `experiment/trial`, or the beginning of a trial's name. What is both is a filter.
    ///
    /// # Errors
    ///
    /// What is wrong with the filter, where it is no name either.
    pub fn picked(&self, text: &str) -> Result<Vec<&Entry>, FilterError> {
        Filter::parse(text).map_or_else(
            |error| {
                let wanted = text.trim_end_matches('/');
                let named = self.entries.iter().filter(|it| is_named(it, wanted));
                let named: Vec<&Entry> = named.collect();
                if named.is_empty() {
                    Err(error)
                } else {
                    Ok(named)
                }
            },
            |filter| Ok(self.select(&filter)),
        )
    }

    /// The names of all experiments.
    fn experiments(&self) -> String {
        let mut names: Vec<&str> = self
            .entries
            .iter()
            .map(|entry| entry.facts.experiment.as_str())
            .collect();
        names.dedup();
        list(names.into_iter().map(|name| format!("`{name}`")))
    }
}

fn is_named(entry: &Entry, wanted: &str) -> bool {
    let facts = &entry.facts;
    if facts.experiment == wanted || facts.trial.starts_with(wanted) && !wanted.is_empty() {
        return true;
    }
    if let Some((experiment, trial)) = wanted.split_once('/')
        && facts.experiment == experiment
        && facts.trial.starts_with(trial)
    {
        return true;
    }
    entry.folder.path() == Path::new(wanted)
}

/// Whether a run is of the experiment and configuration that are named.
fn is_at(entry: &Entry, point: &PointName<'_>) -> bool {
    !point.pairs.is_empty()
        && entry.facts.experiment == point.base
        && Configuration::of_entry(entry).is_at(point)
}

fn list(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    let count = names.len();
    if count > NAMED {
        names.truncate(NAMED);
        names.push(format!("and {} more", count - NAMED));
    }
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
