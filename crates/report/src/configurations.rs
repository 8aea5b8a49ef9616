//! What the groups of a report are called, so that no two are called the same.

use std::collections::BTreeMap;

use super::{Group, Run};
use crate::catalog::{Configuration, tell_apart};

/// What tells the configurations of one `[[runs]]` apart, in words; a single one by its place in its matrix.
pub(super) fn distinguish(groups: &[Vec<&Run>]) -> Vec<String> {
    let configurations: Vec<Configuration> =
        groups.iter().map(|runs| configuration(runs[0])).collect();
    match &configurations[..] {
        [one] => vec![one.variant.to_string()],
        several => {
            let all: Vec<&Configuration> = several.iter().collect();
            let apart = tell_apart(&all);
            // The whole place in the matrix where that is enough: it is what files write.
            let variants: Vec<String> = all.iter().map(|it| it.variant.to_string()).collect();
            let is_taken = |index: usize| variants[..index].contains(&variants[index]);
            let is_enough = (0..all.len()).all(|it| !variants[it].is_empty() && !is_taken(it));
            if is_enough { variants } else { apart }
        }
    }
}

pub(super) fn configuration(run: &Run) -> Configuration {
    Configuration::of(&run.record, &run.experiment)
}

/// Gives every group the words by which figures name it: its own label where no other group has it, and otherwise what
/// tells it from these, first, because what is too long is cut short. Labels that are the same grow by it likewise.
pub(super) fn name_apart(groups: &mut [Group], titles: &[String]) {
    let mut alike: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, title) in titles.iter().enumerate() {
        alike.entry(title).or_default().push(place);
    }
    let is_only = alike.len() == 1;
    for (title, places) in alike {
        let configurations: Vec<Configuration> = places
            .iter()
            .map(|&place| configuration(groups[place].first()))
            .collect();
        let apart = tell_apart(&configurations.iter().collect::<Vec<_>>());
        for (&place, words) in places.iter().zip(&apart) {
            let group = &mut groups[place];
            // Configurations that are the same in all that is known are told by the report's own name for them.
            let words = match apart.iter().filter(|other| *other == words).count() {
                1 => words.as_str(),
                _ => &group.name,
            };
            group.short = match (places.len(), is_only) {
                (1, _) => title.to_owned(),
                (_, true) => words.to_owned(),
                (_, false) => format!("{words}, {title}"),
            };
        }
    }
    let labels: Vec<String> = groups.iter().map(|group| group.label.clone()).collect();
    for (place, group) in groups.iter_mut().enumerate() {
        let same = labels.iter().filter(|label| **label == labels[place]);
        if same.count() > 1 {
            group.label = format!("{}, {}", titles[place], group.short);
        }
    }
}
