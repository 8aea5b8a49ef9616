//! Round trips, and that no text whatever brings the program down.

use std::path::Path;

use proptest::prelude::*;

use crate::section::{
    AugmentSection, BatchNormStatistics, ClassesSection, ColorSection, DatasetSection,
    EvaluateSection, ExtractorKind, FusionSection, Gray, Head, ImageSection,
    ImageTransformationSection, LearningRateSchedule, Limit, Loss, Manifests, NetworkSection,
    NormKind, Optimizer, Perceptual, Pooling, Preprocess, Resize, Space, SplitSection, StopEarly,
    TrainSection, Upsampling, VggLayer,
};
use crate::{Cudnn, Metric, Precision, Retention};

use super::{Experiment, Overrides, explain, resolve};

/// The largest whole number of TOML.
const LARGEST: u64 = i64::MAX as u64;

fn positive() -> impl Strategy<Value = f64> {
    prop::num::f64::POSITIVE.prop_filter("finite", |value| value.is_finite())
}

fn count() -> impl Strategy<Value = usize> {
    1..=LARGEST as usize
}

prop_compose! {
    fn dataset()(
        manifests in prop::collection::vec("[a-z/]{1,9}(\\.toml)?", 1..4),
        categories in prop::collection::btree_set(any::<String>(), 0..4),
        exclude in prop::collection::btree_set("[^a]{0,3}excluded", 0..3),
        limit in prop_oneof![Just(Limit::All), count().prop_map(Limit::AtMost)],
        validation in 0.001..0.999,
        seed in 0..=LARGEST,
        colorless_below in 0.0..=255.0,
        toned_below in 0.0..=255.0,
        max_broken in 0.0..=1.0,
    ) -> DatasetSection {
        let split = SplitSection { validation, seed };
        let manifests = Manifests::new(manifests);
        let (categories, exclude) = (categories.into_iter().collect(), exclude.into_iter().collect());
        DatasetSection { manifests, categories, exclude, limit, split, colorless_below, toned_below, max_broken }
    }
}

prop_compose! {
    fn color()(
        space in prop::sample::select(vec![Space::Rgb, Space::Yuv, Space::Lab]),
        head in prop::sample::select(vec![Head::Upstream, Head::Exact]),
        gray in prop::sample::select(vec![Gray::Mean, Gray::Luma]),
    ) -> ColorSection {
        ColorSection { space, head, gray, classes: ClassesSection::default() }
    }
}

prop_compose! {
    fn fusion()(
        extractor in prop::sample::select(vec![
            ExtractorKind::None,
            ExtractorKind::Resnet18,
            ExtractorKind::Resnet34,
            ExtractorKind::Resnet50,
            ExtractorKind::EfficientnetLite0,
        ]),
        weights in "[a-z./]{1,9}[a-z]",
        pooling in prop::sample::select(vec![Pooling::Max, Pooling::Average]),
        preprocess in prop::sample::select(vec![Preprocess::Imagenet, Preprocess::Caffe, Preprocess::Upstream]),
        size in 32_usize..=1024,
        seed in 0..=LARGEST,
        shuffle in any::<bool>(),
    ) -> FusionSection {
        FusionSection { extractor, weights, pooling, preprocess, size, seed, shuffle }
    }
}

/// 0, which says that there is none, or a value.
fn off_or(value: impl Strategy<Value = f64>) -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), value]
}

fn loss() -> impl Strategy<Value = Loss> {
    prop_oneof![
        prop::sample::select(Loss::ALL.to_vec()),
        positive().prop_map(|delta| Loss::Huber { delta }),
        positive().prop_map(|beta| Loss::SmoothL1 { beta }),
    ]
}

fn perceptual() -> impl Strategy<Value = Perceptual> {
    let layers = [VggLayer::Relu12, VggLayer::Relu33, VggLayer::Relu53];
    let layer = prop::sample::select(layers.to_vec());
    let weights = (off_or(positive()), off_or(positive()));
    (weights, layer, "[a-z./]{1,9}[a-z]", 0..=LARGEST).prop_map(
        |((weight, pixel), layer, weights, seed)| Perceptual {
            weight,
            pixel,
            layer,
            weights,
            seed,
        },
    )
}

fn schedule() -> impl Strategy<Value = LearningRateSchedule> {
    prop_oneof![
        prop::sample::select(LearningRateSchedule::ALL.to_vec()),
        (count(), positive())
            .prop_map(|(every, factor)| LearningRateSchedule::Step { every, factor }),
        positive().prop_map(|factor| LearningRateSchedule::Exponential { factor }),
    ]
}

prop_compose! {
    fn optimizer()(
        learning_rate in positive(),
        (beta_1, beta_2) in (0.0..1.0, 0.0..1.0),
        epsilon in positive(),
        momentum in 0.001..1.0,
        nesterov in any::<bool>(),
        weight_decay in off_or(positive()),
        kind in 0_usize..4,
    ) -> Optimizer {
        let kinds = [
            Optimizer::Adam { learning_rate, beta_1, beta_2, epsilon },
            Optimizer::AdamW { learning_rate, beta_1, beta_2, epsilon, weight_decay },
            Optimizer::Sgd { learning_rate, momentum, nesterov, weight_decay },
            Optimizer::Lion { learning_rate, beta_1, beta_2, weight_decay },
        ];
        kinds[kind].clone()
    }
}

prop_compose! {
    fn train()(
        counts in prop::array::uniform6(count()),
        (loss, perceptual) in (loss(), perceptual()),
        gradient_checkpointing in any::<bool>(),
        cudnn in prop::sample::select(vec![Cudnn::Default, Cudnn::Benchmark, Cudnn::Deterministic]),
        flush_seconds in positive(),
        system_every_seconds in positive(),
        optimizer in optimizer(),
        schedule in schedule(),
        warmup in 0.0..1.0,
        accumulate in 1_usize..9,
        (clip_norm, clip_value) in (off_or(positive()), off_or(positive())),
        ema in off_or(0.001..1.0),
        patience in 0..=LARGEST as usize,
        (from, from_partial) in (prop_oneof![Just("scratch".to_owned()), "[a-z/.]{1,9}[a-z]"], any::<bool>()),
        frozen in prop::collection::btree_set("[a-z_.0-9]{1,9}", 0..3),
    ) -> TrainSection {
        let [steps, batch_size, checkpoint_every, evaluate_every, sample_every, last] = counts;
        // More of them is too large for any machine.
        let (steps, batch_size) = (steps % (1 << 40) + 1, batch_size % 64 + 1);
        TrainSection {
            steps,
            from_partial: from_partial && from != "scratch",
            from,
            frozen: frozen.into_iter().collect(),
            batch_size,
            accumulate,
            loss,
            perceptual,
            optimizer,
            schedule,
            warmup_steps: (steps as f64 * warmup) as usize,
            clip_norm,
            clip_value,
            ema,
            precision: Precision::F32,
            checkpoint_every,
            evaluate_every,
            sample_every,
            stop_early: StopEarly { metric: "psnr".to_owned(), patience },
            retain: Retention { last, best: "psnr".to_owned(), every: steps },
            gradient_checkpointing,
            cudnn,
            flush_seconds,
            system_every_seconds,
        }
    }
}

prop_compose! {
    fn experiment()(
        name in "[a-zA-Z0-9][a-zA-Z0-9._-]{0,9}",
        title in any::<String>(),
        seeds in prop::collection::btree_set(0..=LARGEST, 1..4),
        dataset in dataset(),
        quarter in 41_usize..1_000,
        (resize, cache_memory, cache_disk) in (
            prop::sample::select(vec![Resize::Bilinear, Resize::BilinearAntialias]),
            0.0..=0.9,
            any::<bool>(),
        ),
        color in color(),
        fusion in fusion(),
        norm in prop::sample::select(vec![NormKind::Batch, NormKind::Instance]),
        scale in 1_usize..=64,
        residual_blocks in 0_usize..20,
        upsampling in prop::sample::select(vec![Upsampling::Transposed, Upsampling::Nearest]),
        train in train(),
        augment in (any::<bool>(), 0.25..=1.0).prop_map(|(flip, crop)| AugmentSection { flip, crop }),
        images in count(),
        batch_size in count(),
        (samples, metrics) in (0.0..=1.0, prop::sample::subsequence(Metric::ON_REQUEST.to_vec(), 0..=4)),
    ) -> Experiment {
        Experiment {
            name,
            title,
            seeds: seeds.into_iter().collect(),
            dataset,
            image: ImageSection { size: 4 * quarter, resize, cache_memory, cache_disk },
            color,
            network: NetworkSection::ImageTransformation(ImageTransformationSection { norm, scale, residual_blocks, upsampling }),
            fusion,
            augment,
            train,
            evaluate: EvaluateSection { images, batch_size, samples: (samples * images as f64) as usize / 2, batch_norm: BatchNormStatistics::Running, batch_norm_batches: batch_size, metrics: metrics.iter().map(|it| it.name().to_owned()).collect() },
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(experiment in experiment()) {
        let text = experiment.to_toml();
        let again = Experiment::from_toml(&text, Path::new("experiment.toml"));
        prop_assert_eq!(again, Ok(experiment), "{}", text);
    }

    #[test]
    fn no_file_brings_the_program_down(
        (start, length) in (0_usize..700, 0_usize..40),
        insert in prop_oneof![
            any::<String>(),
            "[\\[\\]{}=\"'#.\n a-z0-9é-]{0,30}",
            "\n(quick|train|dataset\\.split|train\\.optimizer|seeds|extends|fusion|claims) *= *(0|nan|-1|\\{\\}|\\[\\[\\]\\]|\"é\")\n",
            "\n(\\[\\[claims\\]\\]\n((text|metric|of|against|baseline|value|expect|by) *= *(0|nan|-1|\"\"|\"loss\"|\"less\"|\"gray\")\n){0,5}){1,3}",
        ],
        quick in any::<bool>(),
        set in prop_oneof![Just(None), "[a-z.]{0,8}=?.{0,8}".prop_map(Some), any::<String>().prop_map(Some)],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stage.toml");
        let mut text = include_str!("example.toml").as_bytes().to_vec();
        let start = start.min(text.len());
        let end = (start + length).min(text.len());
        text.splice(start..end, insert.bytes());
        std::fs::write(&path, &text).unwrap();
        let overrides = Overrides { set: set.into_iter().collect(), quick, ..Overrides::default() };
        if let Err(error) = resolve(&path, &overrides) {
            prop_assert!(!error.problems().is_empty());
            prop_assert!(error.to_string().starts_with("error: "));
            prop_assert!(error.render(true).contains("error"));
        }
    }
}

#[test]
fn the_example_holds_what_is_required_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("datasets")).unwrap();
    std::fs::write(folder.path().join("datasets/coco.toml"), "").unwrap();
    let path = folder.path().join("stage.toml");
    let check = |text: &str| {
        std::fs::write(&path, text).unwrap();
        resolve(&path, &Overrides::default())
    };
    let example = include_str!("example.toml");
    check(example).unwrap();
    for line in example.lines().filter(|line| line.contains(" = ")) {
        let error = check(&example.replace(line, "")).unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error}");
        let missing = error.problems()[0].fault().to_string();
        assert!(missing.starts_with("missing"), "{line}: {missing}");
    }
    // `optimizer` has keys of its own.
    assert!(explain::needs().contains("[network]: `kind`, `norm`, `scale`, `residual_blocks`"));
}

/// The kinds that a file may write, as an error names them. Lists that tests loop over must not lack one.
#[test]
fn every_kind_of_a_table_is_in_its_list() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stage.toml");
    std::fs::write(&path, include_str!("example.toml")).unwrap();
    let legal = |set: &str| {
        let overrides = Overrides {
            set: vec![set.to_owned(), "dataset.use=''".to_owned()],
            ..Overrides::default()
        };
        let error = resolve(&path, &overrides).unwrap_err().to_string();
        let names = error.split("legal values: ").nth(1).unwrap_or(&error);
        names.lines().next().unwrap().to_owned()
    };
    let quoted = |names: Vec<String>| format!("`{}`", names.join("`, `"));
    let kind = |table: toml::Table| table["kind"].as_str().unwrap().to_owned();
    let optimizers = Optimizer::all(1.0).map(|it| it.kind().to_owned());
    assert_eq!(
        legal("train.optimizer.kind=none"),
        quoted(optimizers.to_vec())
    );
    let schedules = LearningRateSchedule::ALL.map(|it| kind(toml::Table::try_from(it).unwrap()));
    assert_eq!(legal("train.schedule=none"), quoted(schedules.to_vec()));
    let losses = Loss::ALL.map(|it| kind(toml::Table::try_from(it).unwrap()));
    assert_eq!(legal("train.loss=none"), quoted(losses.to_vec()));
    // Names and tables say the same, and what is written is as short as can be.
    for (written, short) in [
        ("loss={kind='huber'}", "loss = \"huber\""),
        ("loss={kind='huber',delta=0.05}", "loss = \"huber\""),
        ("loss='smooth_l1'", "loss = \"smooth_l1\""),
        ("schedule={kind='cosine'}", "schedule = \"cosine\""),
    ] {
        let overrides = Overrides {
            set: vec![format!("train.{written}")],
            ..Overrides::default()
        };
        let text = format!(
            "name = \"a\"\ntitle = \"\"\nseeds = [0]\n{}\n[evaluate]\n",
            include_str!("example.toml")
        );
        let experiment = Experiment::from_toml(&text, &path).unwrap();
        let text = experiment.with(&overrides).unwrap().to_toml();
        assert!(text.contains(&format!("\n{short}\n")), "{text}");
    }
}

#[test]
fn marks_and_line_ends_of_other_systems_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("datasets")).unwrap();
    std::fs::write(folder.path().join("datasets/coco.toml"), "").unwrap();
    let path = folder.path().join("stage.toml");
    let example = include_str!("example.toml");
    let windows = format!("\u{feff}{}", example.replace('\n', "\r\n"));
    std::fs::write(&path, windows).unwrap();
    let resolved = resolve(&path, &Overrides::default()).unwrap();
    assert_eq!(resolved[0].experiment.train.steps, 10_000);
    let wrong = format!(
        "\u{feff}{}",
        example.replace("256", "\"é\"").replace('\n', "\r\n")
    );
    std::fs::write(&path, wrong).unwrap();
    let error = resolve(&path, &Overrides::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("stage.toml:6:8\n"), "{error}");
}
