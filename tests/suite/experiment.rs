//! Experiment files: what resolves to what. What is refused, and in which words, is in `messages`.

mod messages;
mod precedence;

use std::path::{Path, PathBuf};

use colorize::evaluate::Metric;
use colorize::experiment::{
    Against, Claim, Experiment, ExperimentError, Overrides, Resolved, resolve,
};
use colorize::extractor::{ExtractorKind, FusionSection, Pooling};
use colorize::statistics::Expectation;
use colorize::train::Optimizer;

/// A root experiment with every required key.
const ROOT: &str = r#"[dataset]
use = "coco"

[image]
size = 256

[color]
space = "rgb"

[network]
kind = "image_transformation"
norm = "batch"
scale = 16
residual_blocks = 5

[train]
steps = 7000
batch_size = 16
optimizer = { kind = "adam", learning_rate = 1e-3 }
checkpoint_every = 500
evaluate_every = 500
sample_every = 1000
"#;

/// Rate and first decay of an experiment that is trained by Adam.
fn rates(experiment: &Experiment) -> (f64, f64) {
    match experiment.train.optimizer {
        Optimizer::Adam {
            learning_rate,
            beta_1,
            ..
        } => (learning_rate, beta_1),
        ref other => panic!("{other:?}"),
    }
}

/// A folder of experiments beside a folder of datasets.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["coco", "synthetic"] {
            let path = folder.path().join("datasets").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path.with_extension("toml"), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("experiments")).unwrap();
        Self { folder }
    }

    /// A desk on which `root.toml` is a sound root experiment.
    fn with_root() -> Self {
        let desk = Self::new();
        desk.write("root.toml", ROOT);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("experiments").join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The only point of an experiment without a matrix.
    fn resolve(&self, name: &str, overrides: &Overrides) -> Resolved {
        let mut points = self.points(name, overrides);
        assert_eq!(points.len(), 1);
        points.remove(0)
    }

    fn points(&self, name: &str, overrides: &Overrides) -> Vec<Resolved> {
        resolve(&self.path(name), overrides).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refuse(&self, name: &str, overrides: &Overrides) -> ExperimentError {
        match resolve(&self.path(name), overrides) {
            Ok(resolved) => panic!("accepted: {:?}", resolved[0].experiment),
            Err(error) => error,
        }
    }

    /// The message without what differs between machines.
    fn plain(&self, error: &ExperimentError) -> String {
        let text = error.to_string();
        let folder = self.folder.path().display().to_string();
        text.replace(&folder, "[folder]")
    }

    /// The message about `text`, written to `stage.toml`.
    fn message(&self, text: impl AsRef<[u8]>) -> String {
        self.write("stage.toml", text);
        self.plain(&self.refuse("stage.toml", &Overrides::default()))
    }
}

/// The root experiment with a stretch of text replaced.
fn root_with(old: &str, new: &str) -> String {
    assert!(ROOT.contains(old), "{old}");
    ROOT.replacen(old, new, 1)
}

fn set(assignments: &[&str]) -> Overrides {
    Overrides {
        set: assignments.iter().map(ToString::to_string).collect(),
        ..Overrides::default()
    }
}

#[test]
fn tables_merge_and_arrays_replace() {
    let desk = Desk::new();
    desk.write(
        "root.toml",
        format!("name = \"first\"\ntitle = \"First\"\nseeds = [0, 1, 2]\n{ROOT}").replace(
            "use = \"coco\"",
            "use = \"coco\"\ncategories = [\"cow\", \"cat\"]",
        ),
    );
    desk.write(
        "child.toml",
        "extends = \"root.toml\"\nseeds = [7]\n[dataset]\ncategories = [\"dog\"]\n[train.optimizer]\nbeta_1 = 0.5\n",
    );
    let experiment = desk.resolve("child.toml", &Overrides::default()).experiment;
    assert_eq!(experiment.name, "child", "a name is not inherited");
    assert_eq!(experiment.title, "child", "nor is a title");
    assert_eq!(experiment.seeds, [7]);
    assert_eq!(experiment.dataset.categories, ["dog"]);
    assert_eq!(experiment.train.steps, 7000);
    assert_eq!(rates(&experiment), (1e-3, 0.5));
}

#[test]
fn quick_is_inherited_and_gives_way_to_the_command_line() {
    let desk = Desk::new();
    desk.write(
        "root.toml",
        format!("{ROOT}\n[quick]\nseeds = [9]\ndataset.use = \"synthetic\"\nimage.size = 48\nnetwork.residual_blocks = 2\ntrain.steps = 300\n"),
    );
    desk.write(
        "child.toml",
        "extends = \"root.toml\"\n[train]\nsteps = 50\n[quick.train]\nsteps = 200\n",
    );
    let whole = desk.resolve("child.toml", &Overrides::default());
    assert_eq!(whole.experiment.train.steps, 50);
    assert_eq!(whole.experiment.image.size, 256);
    let quick = Overrides {
        quick: true,
        ..set(&["network.scale=8"])
    };
    let resolved = desk.resolve("child.toml", &quick);
    let experiment = &resolved.experiment;
    assert_eq!(experiment.train.steps, 200);
    assert_eq!(experiment.image.size, 48);
    assert_eq!(experiment.network.first_channels(), 8);
    assert_eq!(experiment.seeds, [9]);
    assert!(resolved.manifests[0].ends_with("datasets/synthetic.toml"));

    let quick = Overrides {
        quick: true,
        seeds: vec![3, 4],
        datasets: vec![desk.folder.path().join("datasets/coco.toml")],
        ..set(&["train.steps=7", "quick.image.size=64"])
    };
    let resolved = desk.resolve("child.toml", &quick);
    let experiment = &resolved.experiment;
    assert_eq!(experiment.train.steps, 7);
    assert_eq!(experiment.image.size, 64);
    assert_eq!(experiment.seeds, [3, 4]);
    assert!(resolved.manifests[0].ends_with("datasets/coco.toml"));
}

#[test]
fn a_fault_of_the_files_can_be_set_right() {
    let desk = Desk::new();
    desk.write("stage.toml", root_with("steps = 7000", "steps = 0"));
    let resolved = desk.resolve("stage.toml", &set(&["train.steps=5"]));
    assert_eq!(resolved.experiment.train.steps, 5);
}

#[test]
fn assignments_are_typed_like_toml() {
    let desk = Desk::with_root();
    let resolved = desk.resolve(
        "root.toml",
        &set(&[
            "dataset.use=synthetic",
            "dataset.categories=[\"stop sign\", 'cow']",
            "dataset.split = { validation = 0.25, seed = 3 }",
            "train.steps=1_000",
            "train.steps = 0x10",
            "title=Stop signs at dusk",
            "train.optimizer.learning_rate=3e-4",
        ]),
    );
    let experiment = &resolved.experiment;
    assert!(resolved.manifests[0].ends_with("datasets/synthetic.toml"));
    assert_eq!(
        experiment.dataset.categories,
        ["cow", "stop sign"],
        "in order"
    );
    assert_eq!(experiment.dataset.split.validation, 0.25);
    assert_eq!(experiment.train.steps, 16, "the last one counts");
    assert_eq!(experiment.title, "Stop signs at dusk");
    assert_eq!(experiment.seeds, [0]);
}

#[test]
fn a_manifest_is_found_from_the_file_that_names_it() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("deep")).unwrap();
    desk.write("mine.toml", "");
    desk.write("root.toml", root_with("\"coco\"", "\"mine.toml\""));
    desk.write("deep/child.toml", "extends = \"../root.toml\"\n");
    let resolved = desk.resolve("deep/child.toml", &Overrides::default());
    assert_eq!(
        resolved.manifests[0].canonicalize().unwrap(),
        desk.path("mine.toml").canonicalize().unwrap()
    );
}

#[test]
fn fusion_is_a_section_like_the_others() {
    let desk = Desk::with_root();
    let resolved = desk.resolve("root.toml", &Overrides::default());
    assert_eq!(resolved.experiment.fusion, FusionSection::default());
    assert_eq!(resolved.experiment.fusion.extractor, ExtractorKind::None);

    desk.write(
        "fusion.toml",
        "extends = \"root.toml\"\n[fusion]\nextractor = \"resnet50\"\npooling = \"average\"\n\
         [quick.fusion]\nextractor = \"resnet18\"\nweights = \"random\"\nsize = 32\n",
    );
    let fusion = desk
        .resolve("fusion.toml", &Overrides::default())
        .experiment
        .fusion;
    assert_eq!(fusion.extractor, ExtractorKind::Resnet50);
    assert_eq!((fusion.pooling, fusion.size), (Pooling::Average, 224));
    let quick = Overrides {
        quick: true,
        ..set(&["fusion.size=64"])
    };
    let fusion = desk.resolve("fusion.toml", &quick).experiment.fusion;
    assert_eq!(fusion.extractor, ExtractorKind::Resnet18);
    assert_eq!((fusion.weights.as_str(), fusion.size), ("random", 64));
    assert_eq!(fusion.pooling, Pooling::Average);
}

#[test]
fn an_experiment_from_before_fusion_is_read_back() {
    let desk = Desk::with_root();
    let experiment = desk.resolve("root.toml", &Overrides::default()).experiment;
    let text = experiment.to_toml();
    let (before, rest) = text.split_once("[fusion]").unwrap();
    let (_, after) = rest.split_once("\n[").unwrap();
    let older = format!("{before}[{after}");
    assert_eq!(
        Experiment::from_toml(&older, Path::new("experiment.toml")),
        Ok(experiment)
    );
}

#[test]
fn weights_are_a_name_or_a_path_from_the_file_that_writes_it() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("deep")).unwrap();
    desk.write("mine.pth", "");
    let fusion = |weights: &str| {
        format!("{ROOT}\n[fusion]\nextractor = \"resnet18\"\nweights = \"{weights}\"\n")
    };
    let weights = |name: &str, overrides: &Overrides| desk.resolve(name, overrides).weights;
    desk.write("root.toml", fusion("mine.pth"));
    desk.write("deep/child.toml", "extends = \"../root.toml\"\n");
    let found = weights("deep/child.toml", &Overrides::default()).unwrap();
    assert!(found.is_absolute());
    assert_eq!(
        found.canonicalize().unwrap(),
        desk.path("mine.pth").canonicalize().unwrap()
    );

    // A path by its slash, whatever its ending.
    desk.write("deep/weights", "");
    desk.write("slash.toml", fusion("deep/weights"));
    let found = weights("slash.toml", &Overrides::default()).unwrap();
    assert_eq!(found, desk.path("deep/weights"));

    // Names are known elsewhere.
    for name in ["imagenet", "random", "no-such-name"] {
        desk.write("name.toml", fusion(name));
        assert_eq!(weights("name.toml", &Overrides::default()), None);
    }
    // What is not loaded need not be there.
    desk.write("gone.toml", fusion("gone.pth"));
    assert_eq!(weights("gone.toml", &set(&["fusion.extractor=none"])), None);
}

const CLAIMS: &str = r#"
[[claims]]
text = "is more colourful"
metric = "colorfulness_ratio"
against = "root"
expect = "greater"
by = 0.1

[[claims]]
text = "loses to no colour at all"
metric = "psnr_luma_replaced"
baseline = "gray"
expect = "less"

[[claims]]
text = "its parent is as colourful as life"
metric = "chroma_ratio"
of = "root"
value = 1
expect = "equal"
by = 0.05
"#;

#[test]
fn claims_are_the_files_own() {
    let desk = Desk::with_root();
    desk.write("stage.toml", format!("extends = \"root.toml\"\n{CLAIMS}"));
    desk.write("child.toml", "extends = \"stage.toml\"\n");
    let claim = |text: &str, metric, of: &str, against, expect, by| Claim {
        text: text.to_string(),
        metric,
        of: of.to_string(),
        against,
        expect,
        by,
        verdict: None,
    };
    let expected = [
        claim(
            "is more colourful",
            Metric::ColorfulnessRatio,
            "stage",
            Against::Experiment("root".to_string()),
            Expectation::Greater,
            0.1,
        ),
        claim(
            "loses to no colour at all",
            Metric::PsnrLumaReplaced,
            "stage",
            Against::Baseline("gray".to_string()),
            Expectation::Less,
            0.0,
        ),
        claim(
            "its parent is as colourful as life",
            Metric::ChromaRatio,
            "root",
            Against::Value(1.0),
            Expectation::Equal,
            0.05,
        ),
    ];
    let stage = desk.resolve("stage.toml", &Overrides::default());
    assert_eq!(stage.claims, expected);
    let quick = Overrides {
        quick: true,
        ..Overrides::default()
    };
    assert_eq!(desk.resolve("stage.toml", &quick).claims, expected);
    let child = desk.resolve("child.toml", &Overrides::default());
    assert_eq!(child.claims, [], "a claim is not inherited");

    // Nothing of them reaches the run.
    let text = stage.experiment.to_toml();
    assert!(
        !text.contains("claim") && !text.contains("colourful"),
        "{text}"
    );
    let unclaimed = Experiment {
        name: stage.experiment.name.clone(),
        title: stage.experiment.title.clone(),
        ..child.experiment
    };
    assert_eq!(unclaimed, stage.experiment);
}

#[test]
fn a_claim_finds_experiments_above_and_below() {
    let desk = Desk::with_root();
    std::fs::create_dir(desk.path("ablations")).unwrap();
    desk.write("ablations/head.toml", "extends = \"../root.toml\"\n");
    desk.write(
        "renamed.toml",
        "extends = \"root.toml\"\nname = \"space=lab\"\n",
    );
    let claims = |of: &str, against: &str| {
        format!(
            "extends = \"PARENT\"\n[[claims]]\ntext = \"differs\"\nmetric = \"psnr\"\nof = \"{of}\"\nagainst = \"{against}\"\nexpect = \"less\"\n"
        )
    };
    for (file, parent, of, against) in [
        ("stage.toml", "root.toml", "stage", "head"),
        ("stage.toml", "root.toml", "root", "space=lab"),
        ("ablations/scale.toml", "../root.toml", "root", "scale"),
        ("ablations/scale.toml", "../root.toml", "space=lab", "head"),
    ] {
        desk.write(file, claims(of, against).replace("PARENT", parent));
        let claim = desk.resolve(file, &Overrides::default()).claims.remove(0);
        assert_eq!(claim.of, of);
        assert_eq!(claim.against, Against::Experiment(against.to_string()));
    }
}

#[test]
fn the_committed_experiments_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let mut names = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        if !path.is_file() {
            continue;
        }
        for quick in [false, true] {
            let overrides = Overrides {
                quick,
                ..Overrides::default()
            };
            let points = resolve(&path, &overrides).unwrap_or_else(|error| panic!("{error}"));
            for resolved in points {
                names.push(resolved.experiment.name.clone());
                let text = resolved.experiment.to_toml();
                let again =
                    Experiment::from_toml(&text, &path).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(again, resolved.experiment);
            }
        }
    }
    assert!(names.iter().any(|name| name == "02-stopsigns"), "{names:?}");
}

#[test]
fn a_file_has_only_so_many_seeds_and_trials() {
    let desk = Desk::with_root();
    let list = |count: usize| {
        let numbers: Vec<String> = (1..=count).map(|it| it.to_string()).collect();
        numbers.join(", ")
    };
    let message = desk.message(format!("seeds = [{}]\n{ROOT}", list(10_001)));
    assert!(
        message.contains("`seeds` must contain at most 10000 seeds, not 10001"),
        "{message}"
    );
    let scales = format!(
        "[matrix]\nimage.cache_memory = [0.1, 0.2]\ntrain.steps = [{}]\n",
        list(60)
    );
    let message = desk.message(format!("seeds = [{}]\n{ROOT}{scales}", list(1_000)));
    assert!(
        message.contains("at most 100000 trials: 120 points with 1000 seeds each are more"),
        "{message}"
    );
    let message = desk.message(format!("name = \"{}\"\n{ROOT}", "n".repeat(300)));
    assert!(
        message.contains("must have at most 200 letters, not 300"),
        "{message}"
    );
}

#[test]
fn a_matrix_of_thousands_of_points_is_small() {
    let desk = Desk::with_root();
    let values: Vec<String> = (1..=3_000).map(|it| it.to_string()).collect();
    let matrix = format!("[matrix]\ntrain.steps = [{}]\n", values.join(", "));
    desk.write("large.toml", format!("{ROOT}{matrix}"));
    let points = desk.points("large.toml", &Overrides::default());
    assert_eq!(points.len(), 3_000);
    assert_eq!(points[2_999].experiment.train.steps, 3_000);
    assert_eq!(points[7].variant.to_string(), "steps=8");
}

#[test]
fn a_matrix_is_an_experiment_for_every_combination() {
    let desk = Desk::with_root();
    desk.write(
        "matrix.toml",
        "extends = \"root.toml\"\nseeds = [0, 1]\n\n[matrix]\nnetwork.scale = [8, 16]\ndataset.categories = [[], [\"cow\", \"cat\"]]\n\
         \"network.norm\" = [\"batch\", \"instance\"]\n\n[quick.network]\nscale = 4\n\n[quick.matrix.train]\nloss = [\"mse\", \"huber\"]\n",
    );
    let variants = |overrides: &Overrides| -> Vec<String> {
        let points = desk.points("matrix.toml", overrides);
        points
            .iter()
            .map(|point| point.variant.to_string())
            .collect()
    };
    // In the order in which they are written, the last one fastest; a variant is told by key.
    assert_eq!(
        variants(&Overrides::default()),
        [
            "categories=[] norm=batch scale=8",
            "categories=[] norm=instance scale=8",
            "categories=[\"cat\", \"cow\"] norm=batch scale=8",
            "categories=[\"cat\", \"cow\"] norm=instance scale=8",
            "categories=[] norm=batch scale=16",
            "categories=[] norm=instance scale=16",
            "categories=[\"cat\", \"cow\"] norm=batch scale=16",
            "categories=[\"cat\", \"cow\"] norm=instance scale=16",
        ]
    );
    let points = desk.points("matrix.toml", &Overrides::default());
    assert_eq!(points[3].experiment.dataset.categories, ["cat", "cow"]);
    assert_eq!(points[3].experiment.network.first_channels(), 8);
    assert_eq!(points[3].experiment.seeds, [0, 1]);
    assert!(!points[3].experiment.to_toml().contains("[matrix"));
    let error = points[5]
        .error_at("network.norm", "found later", "")
        .to_string();
    assert!(error.contains("matrix.toml:7:28"), "{error}");

    // `[quick.matrix]` stands in its place; an axis goes before `[quick]`'s other values.
    let quick = Overrides {
        quick: true,
        ..Overrides::default()
    };
    assert_eq!(variants(&quick), ["loss=mse", "loss=huber"]);
    assert_eq!(
        desk.points("matrix.toml", &quick)[0]
            .experiment
            .network
            .first_channels(),
        4
    );

    // What the command line sets does not vary, and still tells where the trial stands.
    let pinned = set(&["network.scale=32", "dataset.categories=[]"]);
    assert_eq!(
        variants(&pinned),
        [
            "categories=[] norm=batch scale=32",
            "categories=[] norm=instance scale=32"
        ]
    );
    let more = set(&[
        "matrix.train.loss=[\"huber\"]",
        "network.norm=batch",
        "network.scale=8",
    ]);
    assert_eq!(
        variants(&more),
        [
            "categories=[] norm=batch scale=8 loss=huber",
            "categories=[\"cat\", \"cow\"] norm=batch scale=8 loss=huber"
        ]
    );

    // A child says itself which trials it has.
    desk.write("child.toml", "extends = \"matrix.toml\"\n");
    for overrides in [Overrides::default(), quick] {
        let child = desk.resolve("child.toml", &overrides);
        assert!(child.variant.is_empty());
    }
}

#[test]
fn a_sweep_draws_the_same_points_for_ever_and_more_trials_only_append() {
    let desk = Desk::with_root();
    let sweep = |seed: u64, trials: usize, more: &str| {
        let text = format!(
            "extends = \"root.toml\"\nseeds = [0, 1]\n\n[sweep]\nsearch = \"random\"\nseed = {seed}\ntrials = {trials}\n\n[sweep.values]\n\
             \"train.optimizer.learning_rate\" = {{ from = 1e-4, to = 1e-2, scale = \"log\" }}\n\
             network.residual_blocks = {{ from = 1, to = 5 }}\n\"color.space\" = [\"yuv\", \"lab\"]\n{more}"
        );
        desk.write("sweep.toml", text);
        let points = desk.points("sweep.toml", &Overrides::default());
        let names = points.iter().map(|point| point.variant.to_string());
        names.collect::<Vec<String>>()
    };
    let points = sweep(0, 6, "");
    insta::assert_snapshot!(points.join("\n"));
    assert_eq!(sweep(0, 12, "")[..6], points);
    assert!(sweep(1, 6, "").iter().all(|point| !points.contains(point)));
    // One more key leaves the others as they are.
    let with_norm = sweep(0, 6, "network.norm = [\"batch\", \"instance\"]\n");
    for (with_norm, point) in with_norm.iter().zip(&points) {
        assert_eq!(
            with_norm
                .split_whitespace()
                .filter(|it| !it.starts_with("norm="))
                .collect::<Vec<_>>()
                .join(" "),
            *point
        );
    }
    // A range may be written dotted, also of the key that is called like a range's own.
    let dotted = "network.scale = { from = 4, to = 32 }\n";
    let quoted = "\"network.scale\" = { from = 4, to = 32 }\n";
    assert_eq!(sweep(0, 6, dotted), sweep(0, 6, quoted));
    sweep(0, 6, "");
    // What the command line sets is the same everywhere; `[quick.sweep]` has fewer trials.
    let fixed = desk.points("sweep.toml", &set(&["color.space=rgb", "sweep.trials=3"]));
    assert_eq!(fixed.len(), 3);
    assert!(
        fixed
            .iter()
            .all(|point| point.variant.to_string().contains("space=rgb"))
    );
    assert!(!fixed[0].experiment.to_toml().contains("[sweep"));
    let text = std::fs::read_to_string(desk.path("sweep.toml")).unwrap();
    desk.write("sweep.toml", format!("{text}\n[quick.sweep]\ntrials = 2\n"));
    let quick = Overrides {
        quick: true,
        ..Overrides::default()
    };
    let few = desk.points("sweep.toml", &quick);
    let names: Vec<String> = few.iter().map(|point| point.variant.to_string()).collect();
    assert_eq!(names, points[..2]);
    // It belongs to its file.
    desk.write("child.toml", "extends = \"sweep.toml\"\n");
    assert_eq!(desk.points("child.toml", &Overrides::default()).len(), 1);
}

#[test]
fn values_of_a_matrix_are_merged_with_what_the_command_line_says_of_their_parts() {
    let desk = Desk::with_root();
    desk.write(
        "matrix.toml",
        "extends = \"root.toml\"\n[matrix]\ntrain.optimizer = [{ kind = \"adam\", learning_rate = 1e-3 }, { kind = \"adam\", learning_rate = 2e-3 }]\n",
    );
    let points = desk.points("matrix.toml", &set(&["train.optimizer.beta_1=0.5"]));
    let betas: Vec<(f64, f64)> = points
        .iter()
        .map(|point| rates(&point.experiment))
        .collect();
    assert_eq!(betas, [(1e-3, 0.5), (2e-3, 0.5)]);
}
