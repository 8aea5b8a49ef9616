//! What tells the configurations of one experiment apart.

use std::collections::BTreeMap;

use super::Run;
use crate::experiment::Variant;
use crate::runs::keys_and_values;

/// What tells the configurations of one experiment apart, in words; nothing where there is one.
pub(super) fn distinguish(groups: &[Vec<&Run>]) -> Vec<String> {
    if groups.len() < 2 {
        let variant = groups
            .first()
            .map(|runs| runs[0].record.variant.to_string());
        return variant.into_iter().collect();
    }
    let variants: Vec<&Variant> = groups.iter().map(|runs| &runs[0].record.variant).collect();
    let is_enough = variants
        .iter()
        .enumerate()
        .all(|(index, variant)| !variant.is_empty() && !variants[..index].contains(variant));
    if is_enough {
        return variants.iter().map(ToString::to_string).collect();
    }
    let described: Vec<BTreeMap<String, String>> =
        groups.iter().map(|runs| describe(runs[0])).collect();
    let differs = |key: &String| {
        described
            .iter()
            .any(|other| other.get(key) != described[0].get(key))
    };
    described
        .iter()
        .map(|values| {
            let differing = values.iter().filter(|(key, _)| differs(key));
            let pairs =
                differing.map(|(key, value)| (key.clone(), value.trim_matches('"').to_owned()));
            Variant::new(pairs).to_string()
        })
        .collect()
}

/// Everything that a configuration is made of, by key.
fn describe(run: &Run) -> BTreeMap<String, String> {
    let mut values = keys_and_values(&run.experiment);
    for key in ["name", "title", "seeds", "dataset.use"] {
        values.remove(key);
    }
    values.retain(|key, _| !key.starts_with("train.checkpoint") && !key.starts_with("train.keep"));
    let record = &run.record;
    let short = |hash: &str| hash.chars().take(6).collect::<String>();
    values.insert(
        "photographs".to_owned(),
        short(&record.dataset.content_hash),
    );
    values.insert("device".to_owned(), record.device_class.clone());
    for (room, version) in &record.code {
        values.insert(format!("code.{room}"), version.to_string());
    }
    if let Some(weights) = &record.weights {
        values.insert("fusion.weights".to_owned(), short(&weights.identity));
    }
    values
}
