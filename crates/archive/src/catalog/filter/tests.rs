//! The language, and its messages as they are read.

use super::super::entry::{DatasetFacts, Facts};
use super::super::{Entry, Point, Series};
use super::Filter;
use crate::experiment::Variant;
use crate::runs::{Notes, RunFolder, Status};

fn entry() -> Entry {
    let point = |step, value| Point { step, value };
    let series = |split: &str, metric: &str, points: &[Point]| {
        Series::of(split.to_owned(), metric.to_owned(), points).unwrap()
    };
    let values = [
        ("network.scale", "16"),
        ("fusion.extractor", "\"resnet50\""),
        ("dataset.categories", "[\"stop sign\",\"bus\"]"),
        ("train.gradient_checkpointing", "false"),
        ("seeds", "[0,1,2]"),
    ];
    Entry {
        folder: RunFolder::at("runs/03-yuv/s2-0123456789"),
        facts: Facts {
            experiment: "03-yuv".to_owned(),
            title: "Chroma (YUV), \"stop\" signs".to_owned(),
            trial: "s2-0123456789".to_owned(),
            seed: 2,
            identity: "01234567890abcdef".to_owned(),
            configuration: String::new(),
            variant: Variant::default(),
            status: Status::Done,
            error: None,
            step: 30,
            steps: 30,
            device: "flex".to_owned(),
            device_class: "flex".to_owned(),
            code: [("train".to_owned(), 3)].into(),
            libraries: [("burn".to_owned(), "0.22.1".to_owned())].into(),
            dataset: DatasetFacts {
                manifest: "coco-mini.toml".to_owned(),
                content: "ffff".to_owned(),
                train: 90,
                validation: 10,
            },
            weights: None,
            perceptual_weights: None,
            from: None,
            parameters: 1_000,
            sessions: 1,
            started: Some("2026-11-20T10:00:00Z".parse().unwrap()),
            updated: Some("2026-11-20T11:00:00Z".parse().unwrap()),
            host: Some("bench".to_owned()),
            commit: Some("c4d70c8aaaa".to_owned()),
            dirty: Some(false),
            version: Some("0.1.0".to_owned()),
            notes: Notes {
                tags: ["paper", "red-signs"]
                    .map(|tag| tag.parse().unwrap())
                    .into(),
                note: None,
            },
        },
        values: std::sync::Arc::new(
            values
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
        ),
        series: vec![
            series("train", "loss", &[point(1, 0.5), point(2, f64::NAN)]),
            series(
                "validation",
                "psnr",
                &[point(10, 19.0), point(20, 22.5), point(30, 21.0)],
            ),
        ],
        seconds: 90.0,
        at_work: false,
    }
}

#[test]
fn filters_pick_what_they_say() {
    let entry = entry();
    let matches = |text: &str| Filter::parse(text).unwrap().matches(&entry);
    for text in [
        "",
        "metric:psnr>20 and fusion.extractor=resnet50",
        "metric:psnr > 20 && not (seed = 3 || seed = 4)",
        "experiment=03-yuv",
        "experiment~yuv and experiment ~ '0?-*' and experiment !~ fusion",
        "seed in (0, 1, 2)",
        "tags~red-signs and tags~paper and tags !~ draft",
        "seed not in (0, 1)",
        "network.scale>=16 and network.scale <= 16.0",
        "title~\"stop\" and title ~ '\"STOP\" signs'",
        "not dirty",
        "dirty = false",
        "best:psnr=22.5 and mean:psnr = 21 and metric:psnr == 21",
        "dataset.categories='stop sign' and dataset.categories=bus",
        "dataset.categories!=cow",
        "train:loss=nan",
        "not train:loss > 0",
        "commit=c4d70c8 and identity = 0123",
        "code.train=3",
        "seconds < 2m and age > 1h",
        "started > 2026-11-01 and started < 2026-12",
        "status = done OR status = failed",
        "not not seed = 2",
        "not train.gradient_checkpointing",
    ] {
        assert!(matches(text), "{text}");
    }
    for text in [
        "metric:psnr>21",
        "metric:ssim > 0",
        "metric:ssim <= 0",
        "metric:ssim != 0",
        "error ~ memory",
        "seed = 1 or seed = 0 and seed = 2",
        "dirty",
        "fusion.extractor=resnet",
        "experiment='03-YUV'",
        "weights != 0123",
    ] {
        assert!(!matches(text), "{text}");
    }
}

#[test]
fn an_error_shows_the_place_and_the_nearest_key() {
    let error = |text: &str| Filter::parse(text).unwrap_err().to_string();
    let all = [
        "metric:psnr>20 and fusion.extracter=resnet50",
        "metric:pnsr > 20",
        "psnr > 20",
        "metric:psnr > high",
        "status = finished",
        "seed in 0, 1",
        "seed in (0 1)",
        "(seed = 0",
        "seed = 0)",
        "seed = 0 status = done",
        "seed =",
        "seed = 0 and",
        "> 3",
        "title ~ \"stop",
        "seed",
        "dirty = yes",
        "age < soon",
        "größe = 3 and seed & 3",
        "seed not 3",
    ]
    .map(error)
    .join("\n");
    insta::assert_snapshot!(all);
}

#[test]
fn a_filter_may_not_fill_the_stack() {
    let deep = "(".repeat(100_000);
    assert!(Filter::parse(&deep).is_err());
    let nots = "not ".repeat(100_000) + "dirty";
    assert!(Filter::parse(&nots).is_ok());
}
