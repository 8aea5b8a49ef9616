//! What is computed on both devices: every network, norm and upsampling, every color space and head, every loss and optimizer
//! that an experiment can name, each on small pictures. The tests ask the experiment's types what there is, so that nothing
//! new is left out.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::backend::Precision;
use crate::batch::Batch;
use crate::experiment::{Experiment, ExperimentError, Overrides};
use crate::timing::standard_kinds;

/// Steps that are trained of every network and by every optimizer; elsewhere, and with `quick`, a few say as much.
const STEPS: usize = 10;
const FEW_STEPS: usize = 3;

/// What a photograph may show, where a network learns that.
pub(super) const CATEGORIES: usize = 3;

/// Small, but with enough values under each norm that its statistics are no chance.
const SMALL: [&str; 7] = [
    "image.size=32",
    "network.scale=4",
    "network.residual_blocks=1",
    "train.batch_size=4",
    "train.steps=100",
    // The update is a sum of gradients: unlike Adam's, it does not enlarge what is small.
    "train.optimizer={ kind = \"sgd\", learning_rate = 0.01, momentum = 0.9 }",
    // Long steps make the next ones uncertain.
    "train.clip_norm=1.0",
];

const UNET: &str = "network={ kind = \"unet\", norm = \"batch\", scale = 4, depth = 2 }";
const BALDASSARRE: &str = "network={ kind = \"baldassarre\", scale = 4 }";
const ZHANG: &str = "network={ kind = \"zhang\", scale = 4 }";
const IIZUKA: &str = "network={ kind = \"iizuka\", scale = 2 }";
/// Batch norm over the few values that are left in the middle of these networks enlarges every error.
const MORE: &str = "train.batch_size=8";
const MANY: &str = "train.batch_size=16";
const SLOW: &str = "train.optimizer={ kind = \"sgd\", learning_rate = 0.001, momentum = 0.9 }";
const INSTANCE: &str = "network.norm=instance";
const TRANSPOSED: &str = "network.upsampling=transposed";
const NEAREST: &str = "network.upsampling=nearest";
const FUSION: [&str; 2] = ["fusion.extractor=resnet18", "fusion.weights=random"];
const CLASSES: [&str; 2] = ["color.space=lab", "color.head=classes"];

/// What each case is called, and what of the small experiment it changes. The first is also the one of YUV with the original's head,
/// and of mean squared errors.
const NETWORKS: [(&str, &[&str]); 20] = [
    ("image_transformation batch transposed", &[TRANSPOSED]),
    ("image_transformation batch nearest", &[NEAREST]),
    (
        "image_transformation instance transposed",
        &[INSTANCE, TRANSPOSED],
    ),
    (
        "image_transformation instance nearest",
        &[INSTANCE, NEAREST],
    ),
    ("image_transformation with fusion", &[FUSION[0], FUSION[1]]),
    (
        "image_transformation for classes",
        &[CLASSES[0], CLASSES[1]],
    ),
    ("unet batch transposed", &[UNET, TRANSPOSED]),
    ("unet batch nearest", &[UNET, NEAREST]),
    ("unet instance transposed", &[UNET, INSTANCE, TRANSPOSED]),
    ("unet instance nearest", &[UNET, INSTANCE, NEAREST]),
    ("unet with fusion", &[UNET, FUSION[0], FUSION[1]]),
    ("unet for classes", &[UNET, CLASSES[0], CLASSES[1]]),
    ("baldassarre", &[BALDASSARRE]),
    (
        "baldassarre with fusion",
        &[BALDASSARRE, FUSION[0], FUSION[1]],
    ),
    (
        "baldassarre for classes",
        &[BALDASSARRE, CLASSES[0], CLASSES[1]],
    ),
    ("zhang", &[ZHANG, MORE, SLOW]),
    (
        "zhang with fusion",
        &[ZHANG, MORE, SLOW, FUSION[0], FUSION[1]],
    ),
    (
        "zhang for classes",
        &[ZHANG, MORE, SLOW, CLASSES[0], CLASSES[1]],
    ),
    ("iizuka with labels", &[IIZUKA, MANY, SLOW]),
    (
        "iizuka for classes",
        &[IIZUKA, MANY, SLOW, CLASSES[0], CLASSES[1]],
    ),
];

const COLORS: [(&str, &[&str]); 6] = [
    ("rgb upstream", &["color.space=rgb", "color.head=upstream"]),
    ("rgb exact", &["color.space=rgb", "color.head=exact"]),
    ("rgb from luma", &["color.space=rgb", "color.gray=luma"]),
    ("yuv exact", &["color.space=yuv", "color.head=exact"]),
    ("lab upstream", &["color.space=lab", "color.head=upstream"]),
    ("lab exact", &["color.space=lab", "color.head=exact"]),
];

const LOSSES: [(&str, &[&str]); 4] = [
    ("l1", &["train.loss=l1"]),
    ("huber", &["train.loss=huber"]),
    ("smooth_l1", &["train.loss=smooth_l1"]),
    (
        "perceptual",
        &[
            // The last of its layers, so that all of them are computed.
            "train.perceptual={ weight = 0.1, layer = \"relu5_3\", weights = \"random\" }",
            "train.batch_size=2",
            "image.size=16",
        ],
    ),
];

const OPTIMIZERS: [(&str, &[&str]); 4] = [
    (
        "adam",
        &["train.optimizer={ kind = \"adam\", learning_rate = 1e-3 }"],
    ),
    (
        "adamw",
        &["train.optimizer={ kind = \"adamw\", learning_rate = 1e-3 }"],
    ),
    (
        "sgd",
        &[
            "train.optimizer={ kind = \"sgd\", learning_rate = 0.01, momentum = 0.9, nesterov = true, weight_decay = 0.01 }",
        ],
    ),
    (
        "lion",
        &["train.optimizer={ kind = \"lion\", learning_rate = 1e-4 }"],
    ),
];

const STEP: [(&str, &[&str]); 3] = [
    (
        "two passes, clipping, average",
        &[
            "train.accumulate=2",
            "train.clip_norm=0.05",
            "train.clip_value=0.02",
            "train.ema=0.7",
        ],
    ),
    (
        "gradient checkpointing",
        &["train.gradient_checkpointing=true"],
    ),
    (
        "frozen parts",
        &["train.frozen=[\"encode_1\", \"decode_2.norm\"]"],
    ),
];

/// An experiment whose steps are compared.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// `network`, `color`, `loss`, `optimizer` or `step`: what it is there for.
    pub(super) kind: &'static str,
    /// Which one.
    pub(super) what: String,
    pub(super) experiment: Experiment,
    /// How many steps are taken.
    pub(super) steps: usize,
}

impl Case {
    /// The same in a precision; `None` where the experiment cannot have it.
    pub(super) fn in_precision(&self, precision: Precision) -> Option<Self> {
        let mut case = self.clone();
        case.experiment.train.precision = precision;
        let can = precision == Precision::F32 || case.experiment.network.needs_f32().is_none();
        can.then_some(case)
    }

    /// The pictures of a step. `draw` stands for all that is random.
    pub(super) fn batch(&self, draw: u64, step: usize) -> Batch {
        let mut dice = ChaCha8Rng::seed_from_u64(draw);
        dice.set_stream(step as u64);
        let size = self.experiment.image.size;
        let count = self.experiment.train.images_per_step();
        let pixels = (0..count).flat_map(|_| picture(&mut dice, size)).collect();
        let width = self.experiment.fusion.extractor.width();
        let features = (0..count * width).map(|_| unit(&mut dice)).collect();
        let learns = self.experiment.network.classification() > 0.0;
        let labels = (0..count).flat_map(|image| {
            // Every photograph shows something, and not all the same.
            (0..CATEGORIES).map(move |category| f32::from(u8::from(category <= image % CATEGORIES)))
        });
        Batch {
            size,
            pixels,
            positions: (0..count).collect(),
            features,
            labels: if learns { labels.collect() } else { Vec::new() },
        }
    }
}

/// A number on [0, 1).
fn unit(dice: &mut ChaCha8Rng) -> f32 {
    (dice.next_u32() >> 8) as f32 / (1 << 24) as f32
}

/// Four colors at the corners, what lies between them, and noise: soft like a photograph, and nowhere flat.
fn picture(dice: &mut ChaCha8Rng, size: usize) -> Vec<u8> {
    let corners: [[f32; 3]; 4] = std::array::from_fn(|_| std::array::from_fn(|_| unit(dice)));
    let mut pixels = Vec::with_capacity(3 * size * size);
    for y in 0..size {
        for x in 0..size {
            let [down, right] = [y, x].map(|at| at as f32 / size as f32);
            let mix = |one: [f32; 3], other: [f32; 3], share: f32| -> [f32; 3] {
                std::array::from_fn(|at| one[at] * (1.0 - share) + other[at] * share)
            };
            let [top, bottom] =
                [[0, 1], [2, 3]].map(|[left, other]| mix(corners[left], corners[other], right));
            for value in mix(top, bottom, down) {
                let noise = 0.2 * (unit(dice) - 0.5);
                pixels.push((255.0 * (value + noise)).clamp(0.0, 255.0) as u8);
            }
        }
    }
    pixels
}

/// All cases; `quick` takes fewer steps.
///
/// # Errors
///
/// When one of them is not a sound experiment: a fault of this program.
pub(super) fn cases(quick: bool) -> Result<Vec<Case>, ExperimentError> {
    let [yuv, _] = standard_kinds();
    let small = with(&yuv, &SMALL)?;
    let groups: [(&'static str, &[(&str, &[&str])]); 5] = [
        ("network", &NETWORKS),
        ("color", &COLORS),
        ("loss", &LOSSES),
        ("optimizer", &OPTIMIZERS),
        ("step", &STEP),
    ];
    let all = groups.into_iter().flat_map(|(kind, cases)| {
        let cases = cases.iter();
        cases.map(move |&(what, set)| (kind, what, set))
    });
    all.map(|(kind, what, set)| {
        Ok(Case {
            kind,
            what: what.to_owned(),
            experiment: with(&small, set)?,
            steps: match kind {
                "network" | "optimizer" if !quick => STEPS,
                _ => FEW_STEPS,
            },
        })
    })
    .collect()
}

fn with(experiment: &Experiment, set: &[&str]) -> Result<Experiment, ExperimentError> {
    experiment.with(&Overrides {
        set: set.iter().map(ToString::to_string).collect(),
        ..Overrides::default()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;
    use crate::experiment::section::{
        ColorSection, Gray, Head, Loss, NetworkSection, NormKind, Optimizer, Space, Upsampling,
    };

    /// The names that a type takes in a file, as its own error lists them.
    fn names<T: DeserializeOwned>(wrong: Value) -> BTreeSet<String> {
        let error = serde_json::from_value::<T>(wrong).err().unwrap();
        let error = error.to_string();
        let (_, expected) = error.split_once("expected").unwrap();
        let names = expected.split('`').skip(1).step_by(2);
        let names: BTreeSet<String> = names.map(str::to_owned).collect();
        assert!(names.len() > 1, "{error}");
        names
    }

    fn all() -> Vec<Value> {
        let cases = cases(false).unwrap();
        let written = cases
            .iter()
            .map(|case| serde_json::to_value(&case.experiment));
        written.map(Result::unwrap).collect()
    }

    /// Every value at `path` in those cases that `are`.
    fn covered(path: &str, are: impl Fn(&Value) -> bool) -> BTreeSet<String> {
        let all = all();
        let values = all
            .iter()
            .filter(|it| are(it))
            .filter_map(|it| it.pointer(path));
        let kind = |value: &Value| {
            value
                .get("kind")
                .unwrap_or(value)
                .as_str()
                .map(str::to_owned)
        };
        values.filter_map(kind).collect()
    }

    #[test]
    fn every_network_has_every_norm_and_upsampling_that_it_can_have_classes_and_fusion() {
        let kinds = names::<NetworkSection>(json!({ "kind": "?" }));
        assert_eq!(covered("/network/kind", |_| true), kinds);
        for kind in &kinds {
            let is = |case: &Value| case["network"]["kind"] == json!(kind);
            let norms = covered("/network/norm", is);
            let upsamplings = covered("/network/upsampling", is);
            if !norms.is_empty() {
                assert_eq!(norms, names::<NormKind>(json!("?")), "{kind}");
                for norm in &norms {
                    let is = |case: &Value| is(case) && case["network"]["norm"] == json!(norm);
                    assert_eq!(covered("/network/upsampling", is), upsamplings, "{kind}");
                }
            }
            if !upsamplings.is_empty() {
                assert_eq!(upsamplings, names::<Upsampling>(json!("?")), "{kind}");
            }
            assert!(covered("/color/head", is).contains("classes"), "{kind}");
            let section = all().into_iter().find(is).unwrap()["network"].clone();
            let section: NetworkSection = serde_json::from_value(section).unwrap();
            let fused = covered("/fusion/extractor", is).len() > 1;
            assert_eq!(fused, section.fuses(), "{kind}");
        }
    }

    #[test]
    fn every_color_space_has_every_head_that_it_can_have() {
        for space in names::<Space>(json!("?")) {
            let legal = names::<Head>(json!("?")).into_iter().filter(|head| {
                let section = json!({ "space": space, "head": head });
                let section: ColorSection = serde_json::from_value(section).unwrap();
                section.violations().is_empty()
            });
            let is = |case: &Value| case["color"]["space"] == json!(space);
            assert_eq!(covered("/color/head", is), legal.collect(), "{space}");
        }
        assert_eq!(covered("/color/gray", |_| true), names::<Gray>(json!("?")));
    }

    #[test]
    fn every_loss_and_optimizer_is_there() {
        let losses = names::<Loss>(json!({ "kind": "?" }));
        assert_eq!(covered("/train/loss", |_| true), losses);
        let optimizers = names::<Optimizer>(json!({ "kind": "?" }));
        let own: BTreeSet<String> = OPTIMIZERS.map(|(name, _)| name.to_owned()).into();
        assert_eq!(own, optimizers);
        assert_eq!(covered("/train/optimizer", |_| true), optimizers);
        let perceptual = all()
            .into_iter()
            .filter(|case| case["train"]["perceptual"]["weight"] != json!(0.0));
        assert_eq!(perceptual.count(), 1);
    }

    #[test]
    fn names_are_told_apart_and_batches_repeat() {
        let cases = cases(true).unwrap();
        let mut names: Vec<(&str, &str)> = cases.iter().map(|it| (it.kind, &*it.what)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases.len());
        for case in &cases {
            let batch = case.batch(0, 1);
            assert_eq!(batch, case.batch(0, 1));
            assert_ne!(batch, case.batch(0, 2));
            assert_ne!(batch, case.batch(1, 1));
            assert_eq!(batch.len(), case.experiment.train.images_per_step());
            assert_eq!(batch.pictures().len(), batch.len());
        }
        let bf16 = |case: &Case| case.in_precision(Precision::Bf16).is_some();
        assert!(cases.iter().any(bf16) && !cases.iter().all(bf16));
    }
}
