//! Experiment files: what resolves to what. What is refused, and in which words, is in `messages`.

mod messages;

use std::path::{Path, PathBuf};

use colorize::experiment::{Experiment, ExperimentError, Overrides, Resolved, resolve};

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

    fn resolve(&self, name: &str, overrides: &Overrides) -> Resolved {
        resolve(&self.path(name), overrides).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refuse(&self, name: &str, overrides: &Overrides) -> ExperimentError {
        match resolve(&self.path(name), overrides) {
            Ok(resolved) => panic!("accepted: {:?}", resolved.experiment),
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
    let colorize::train::Optimizer::Adam {
        learning_rate,
        beta_1,
        ..
    } = experiment.train.optimizer;
    assert_eq!((learning_rate, beta_1), (1e-3, 0.5));
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
    assert_eq!(experiment.network.scale, 8);
    assert_eq!(experiment.seeds, [9]);
    assert!(resolved.manifest.ends_with("datasets/synthetic.toml"));

    let quick = Overrides {
        quick: true,
        seeds: vec![3, 4],
        dataset: Some(desk.folder.path().join("datasets/coco.toml")),
        ..set(&["train.steps=7", "quick.image.size=64"])
    };
    let resolved = desk.resolve("child.toml", &quick);
    let experiment = &resolved.experiment;
    assert_eq!(experiment.train.steps, 7);
    assert_eq!(experiment.image.size, 64);
    assert_eq!(experiment.seeds, [3, 4]);
    assert!(resolved.manifest.ends_with("datasets/coco.toml"));
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
    assert!(resolved.manifest.ends_with("datasets/synthetic.toml"));
    assert_eq!(experiment.dataset.categories, ["stop sign", "cow"]);
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
        resolved.manifest.canonicalize().unwrap(),
        desk.path("mine.toml").canonicalize().unwrap()
    );
}

#[test]
fn the_committed_experiments_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        for quick in [false, true] {
            let overrides = Overrides {
                quick,
                ..Overrides::default()
            };
            let resolved = resolve(&path, &overrides).unwrap_or_else(|error| panic!("{error}"));
            names.push(resolved.experiment.name.clone());
            let text = resolved.experiment.to_toml();
            let again =
                Experiment::from_toml(&text, &path).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(again, resolved.experiment);
        }
    }
    assert!(names.iter().any(|name| name == "02-stopsigns"), "{names:?}");
}
