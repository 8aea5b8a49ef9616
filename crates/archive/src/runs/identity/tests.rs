use super::*;
use crate::experiment::section::NetworkSection;

/// Other values for text keys; which of them a key takes, its type decides.
const TEXTS: [&str; 18] = [
    "other",
    "nearest",
    "yuv",
    "rgb",
    "exact",
    "luma",
    "batch",
    "instance",
    "bilinear_antialias",
    "resnet18",
    "average",
    "caffe",
    "huber",
    "cosine",
    "running",
    "bf16",
    "benchmark",
    "relu4_3",
];

fn example() -> Experiment {
    let mut table: toml::Table =
        toml::from_str(include_str!("../../../../experiment/src/example.toml")).unwrap();
    for (key, value) in [("name", "tiny"), ("title", "Tiny")] {
        table.insert(key.to_owned(), value.into());
    }
    table.insert("seeds".to_owned(), vec![0].into());
    table.insert("evaluate".to_owned(), toml::Table::new().into());
    table.try_into().unwrap()
}

fn identity(experiment: &Experiment) -> Identity {
    Identity::of(&parts(experiment))
}

fn parts(experiment: &Experiment) -> IdentityParts<'_> {
    IdentityParts {
        experiment,
        seed: 0,
        dataset: "d1",
        labels: None,
        weights: None,
        perceptual_weights: None,
        from: None,
        device_class: "flex",
        code: &[("train", 2)],
    }
}

/// The experiment with another value at `key`; `None` where its type has only this one.
fn altered(experiment: &Experiment, key: &str) -> Option<Experiment> {
    let whole = serde_json::to_value(experiment).unwrap();
    let pointer = format!("/{}", key.replace('.', "/"));
    let before = whole.pointer(&pointer).unwrap().clone();
    let others: Vec<Value> = match &before {
        Value::Bool(value) => vec![(!value).into()],
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap();
            vec![(if number == 0.0 { 1.0 } else { number / 2.0 }).into()]
        }
        Value::Number(number) => vec![(number.as_u64().unwrap() + 4).into()],
        // A limit is a number or a word.
        Value::String(_) => TEXTS
            .map(Value::from)
            .into_iter()
            .chain([7.into()])
            .collect(),
        Value::Array(_) => vec![vec![7].into(), vec!["cow"].into()],
        other => panic!("{key} is {other}"),
    };
    others
        .into_iter()
        .filter(|other| *other != before)
        .find_map(|other| {
            let mut whole = whole.clone();
            *whole.pointer_mut(&pointer).unwrap() = other;
            serde_json::from_value(whole).ok()
        })
}

#[test]
fn every_key_is_counted_or_known_to_change_no_number() {
    let experiment = example();
    let before = identity(&experiment);
    let mut single = Vec::new();
    let mut ignored = Vec::new();
    for key in keys_and_values(&experiment).keys() {
        let Some(other) = altered(&experiment, key) else {
            assert!(before.inputs.0.contains_key(key), "{key}");
            single.push(key.clone());
            continue;
        };
        let now = identity(&other);
        if Identity::counts(key) {
            assert_ne!(before.to_string(), now.to_string(), "{key}");
            assert_ne!(before.configuration(), now.configuration(), "{key}");
            let changes = before.inputs.changes(&now.inputs);
            assert_eq!(changes.len(), 1, "{key}");
            assert_eq!(changes[0].key, *key);
        } else {
            assert_eq!(before, now, "{key}");
            ignored.push(key.clone());
        }
    }
    // Another kind has other keys, and is not one value more.
    assert_eq!(single, ["network.kind", "train.optimizer.kind"]);
    let mut known = NO_NUMBER.map(str::to_owned);
    known.sort();
    assert_eq!(ignored, known, "a key on the list that no experiment has");
}

#[test]
fn what_is_no_key_counts_too_and_is_told_in_words() {
    let mut experiment = example();
    experiment.fusion.extractor = crate::experiment::section::ExtractorKind::Resnet18;
    let before = Identity::of(&IdentityParts {
        weights: Some("w1"),
        ..parts(&experiment)
    });
    let words = |parts: IdentityParts<'_>| {
        let now = Identity::of(&parts);
        assert_ne!(before, now);
        let changes = before.inputs.changes(&now.inputs);
        changes.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let same = IdentityParts {
        weights: Some("w1"),
        ..parts(&experiment)
    };
    let seed = IdentityParts { seed: 1, ..same };
    assert_eq!(words(seed), ["seed 0 → 1"]);
    assert_eq!(Identity::of(&seed).configuration(), before.configuration());
    assert_eq!(
        words(IdentityParts {
            dataset: "d2",
            ..same
        }),
        ["dataset content changed"]
    );
    let labeled = |labels| IdentityParts {
        labels: Some(labels),
        ..same
    };
    assert_eq!(words(labeled("l1")), ["dataset.labels is new: l1"]);
    let [one, other] = ["l1", "l2"].map(|labels| Identity::of(&labeled(labels)).inputs);
    let changes = one.changes(&other);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].to_string(), "labels of the dataset changed");
    assert_eq!(
        words(IdentityParts {
            weights: Some("w2"),
            ..same
        }),
        ["weights changed"]
    );
    let device = IdentityParts {
        device_class: "libtorch",
        ..same
    };
    assert_eq!(words(device), ["device class flex → libtorch"]);
    let code = [("photo", 1), ("train", 3)];
    assert_eq!(
        words(IdentityParts {
            code: &code,
            ..same
        }),
        ["code.photo is new: 1", "code of train 2 → 3"]
    );
    assert_eq!(
        words(parts(&experiment)),
        ["fusion.weights was removed: w1"]
    );
    let other = Origin::file("0123456789abcdef");
    let file = IdentityParts {
        from: Some(&other),
        ..same
    };
    assert_eq!(words(file), ["train.from is new: file 0123456789"]);
    let mut other = experiment.clone();
    let NetworkSection::ImageTransformation(network) = &mut other.network else {
        panic!("the example has the network of the original");
    };
    network.scale = 8;
    other.train.loss = crate::experiment::section::Loss::Huber { delta: 0.05 };
    assert_eq!(
        words(IdentityParts {
            experiment: &other,
            ..same
        }),
        ["network.scale 16 → 8", "train.loss mse → huber"]
    );
}

#[test]
fn a_run_folder_keeps_what_its_identity_was_made_from() {
    let mut experiment = example();
    experiment.train.flush_seconds = 3.0;
    experiment.image.cache_memory = 0.0;
    experiment.image.cache_disk = false;
    let identity = Identity::of(&IdentityParts {
        labels: Some("l1"),
        ..parts(&experiment)
    });
    let record: RunRecord = serde_json::from_value(serde_json::json!({
        "format": 1, "experiment": "tiny", "title": "Tiny", "seed": 0, "identity": identity.to_string(),
        "status": "done", "error": null, "step": 1, "steps": 1, "device": "flex", "device_class": "flex",
        "code": { "train": 2 }, "libraries": {},
        "dataset": {
            "manifest": "", "content_hash": "d1", "labels": { "content_hash": "l1", "categories": [3] }, "train": 1, "validation": 1,
            "colorless": [], "broken": {}, "missing": []
        },
        "parameters": 1, "sessions": [],
    }))
    .unwrap();
    let table = toml::from_str(&experiment.to_toml()).unwrap();
    assert_eq!(Inputs::of_run(&record, &table), identity.inputs);
}

#[test]
fn a_key_that_was_added_counts_only_beyond_its_frozen_default() {
    let added = [("train.ema", "0.0"), ("train.loss", "\"mse\"")];
    assert!(is_frozen(&added, "train.ema", "0.0"));
    assert!(!is_frozen(&added, "train.ema", "0.999"));
    assert!(!is_frozen(&added, "train.steps", "0.0"));
    // The list names keys that count, and JSON.
    for (key, value) in ADDED {
        assert!(Identity::counts(key), "{key}");
        serde_json::from_str::<Value>(value).unwrap();
    }
}

#[test]
fn what_a_training_starts_from_counts_by_what_it_is() {
    let mut example = example();
    example.train.from = "01-batchnorm".to_owned();
    let from = |origin: &Origin| {
        Identity::of(&IdentityParts {
            from: Some(origin),
            ..parts(&example)
        })
    };
    let one = from(&Origin::run("aaaaaaaaaaaaaaaa", "cccc"));
    // The name alone is nothing.
    let scratch = identity(&example);
    assert_eq!(scratch.to_string(), identity(&self::example()).to_string());
    assert_ne!(one.configuration(), scratch.configuration());
    // The same run of another seed.
    let other = from(&Origin::run("bbbbbbbbbbbbbbbb", "cccc"));
    assert_ne!(one.to_string(), other.to_string());
    assert_eq!(one.configuration(), other.configuration());
    let changes = one.inputs().changes(other.inputs());
    let words: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let expected = "train.from is another: run aaaaaaaaaa → run bbbbbbbbbb";
    assert_eq!(words, [expected]);
}

#[test]
fn newer_metrics_are_the_same_trial() {
    let example = example();
    let with = |version| {
        let code = [("train", 2), ("evaluate", version)];
        Identity::of(&IdentityParts {
            code: &code,
            ..parts(&example)
        })
    };
    assert_eq!(with(3).to_string(), with(2).to_string());
    assert_eq!(with(9).configuration(), with(2).configuration());
    assert_eq!(with(3).scoring(), Some(3));
    // Scores of the first version were wrong, and its runs stay stale.
    assert_ne!(with(1).to_string(), with(2).to_string());
}
