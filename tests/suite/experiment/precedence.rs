//! Which of several values counts, who is told of it, and what counts as one experiment.

use std::process::{Command, Output};

use colorize::runs::{Identity, IdentityParts};

use super::*;

/// The root experiment with a `[quick]`.
const QUICK: &str = r#"
[quick]
seeds = [9]
dataset.use = "synthetic"
dataset.categories = ["cow"]
image.size = 48
network = { scale = 4, residual_blocks = 2 }

[quick.train]
steps = 300
batch_size = 4
optimizer = { learning_rate = 4e-3, beta_1 = 0.8 }
"#;

fn desk() -> Desk {
    let desk = Desk::new();
    for name in ["coco", "synthetic"] {
        let manifest = desk.folder.path().join(format!("datasets/{name}.toml"));
        std::fs::write(
            manifest,
            "kind = \"synthetic\"\ncount = 16\nseed = 3\nsize = 24\n",
        )
        .unwrap();
    }
    desk.write("root.toml", format!("{ROOT}{QUICK}"));
    desk
}

fn quick() -> Overrides {
    Overrides {
        quick: true,
        ..Overrides::default()
    }
}

fn identity(experiment: &Experiment) -> String {
    let parts = IdentityParts {
        experiment,
        seed: 0,
        dataset: "photographs",
        labels: None,
        weights: None,
        perceptual_weights: None,
        from: None,
        device_class: "flex",
        code: &[],
    };
    Identity::of(&parts).to_string()
}

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn check(desk: &Desk, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_colorize"))
        .arg("check")
        .args(arguments)
        .current_dir(desk.folder.path().join("experiments"))
        .env("COLORIZE_CACHE", desk.folder.path().join("cache"))
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_files_own_keys_go_before_the_quick_of_its_parents() {
    let desk = desk();
    desk.write(
        "child.toml",
        "extends = \"root.toml\"\nseeds = [1, 2]\ndataset.categories = [\"dog\"]\n\n\
         [train]\nsteps = 50\nbatch_size = 2\noptimizer = { kind = \"adam\", learning_rate = 5e-4 }\n\n\
         [quick.train]\nbatch_size = 3\n",
    );
    let child = desk.resolve("child.toml", &quick()).experiment;
    assert_eq!(child.seeds, [1, 2], "an array");
    assert_eq!(child.dataset.categories, ["dog"], "an array in a table");
    assert_eq!(child.train.steps, 50, "a number");
    assert_eq!(
        child.train.batch_size, 3,
        "its own [quick] goes before both"
    );
    // Tables merge by key, whoever writes them, and however.
    assert_eq!(rates(&child), (5e-4, 0.8));
    assert_eq!((child.image.size, child.network.first_channels()), (48, 4));

    desk.write(
        "grandchild.toml",
        "extends = \"child.toml\"\ntrain.batch_size = 5\n[quick.network]\nscale = 6\n",
    );
    let grandchild = desk.resolve("grandchild.toml", &quick()).experiment;
    assert_eq!(grandchild.train.batch_size, 5, "before a parent's [quick]");
    assert_eq!(
        grandchild.train.steps, 50,
        "a parent's key stays before its parent's [quick]"
    );
    assert_eq!(grandchild.network.first_channels(), 6);
    let set = Overrides {
        quick: true,
        ..set(&[
            "train.batch_size=7",
            "quick.train.steps=20",
            "quick.network.scale=2",
        ])
    };
    let changed = desk.resolve("grandchild.toml", &set).experiment;
    assert_eq!((changed.train.batch_size, changed.train.steps), (7, 20));
    assert_eq!(changed.network.first_channels(), 2);
    // Without `--quick` no `[quick]` has a say.
    let whole = desk.resolve("grandchild.toml", &Overrides::default());
    assert_eq!(whole.experiment.train.batch_size, 5);
    assert_eq!(whole.experiment.image.size, 256);
    assert_eq!(rates(&whole.experiment), (5e-4, 0.9));
}

#[test]
fn a_value_of_a_matrix_goes_before_every_quick() {
    let desk = desk();
    desk.write(
        "grid.toml",
        "extends = \"root.toml\"\n[matrix]\nnetwork.scale = [8, 16]\ntrain.steps = [10]\n[quick.train]\nsteps = 5\n",
    );
    let points = desk.points("grid.toml", &quick());
    let grid: Vec<_> = points
        .iter()
        .map(|point| {
            (
                point.experiment.network.first_channels(),
                point.experiment.train.steps,
            )
        })
        .collect();
    assert_eq!(grid, [(8, 10), (16, 10)]);
    desk.write(
        "small.toml",
        "extends = \"root.toml\"\n[matrix]\nnetwork.scale = [8, 16]\n[quick.matrix]\nnetwork.scale = [1, 4]\n",
    );
    let output = check(&desk, &["grid.toml", "small.toml", "--quick"]);
    insta::assert_snapshot!(said(&output));
}

/// The example of the README, word for word.
#[test]
fn the_readmes_example_trains_at_its_own_rate() {
    let readme = std::fs::read_to_string(committed("README.md")).unwrap();
    let example = readme
        .split("```toml\n")
        .filter_map(|rest| rest.split_once("```"))
        .map(|(block, _)| block)
        .find(|block| block.contains("extends = \"02-stopsigns.toml\""))
        .unwrap();
    let parent = committed("experiments/02-stopsigns.toml");
    let desk = Desk::new();
    // From another folder, so that the example stays out of the repository's own.
    let name = "\"02-stopsigns.toml\"";
    let example = example.replace(name, &format!("{:?}", parent.to_str().unwrap()));
    let path = desk.write("half-the-rate.toml", example);
    for overrides in [Overrides::default(), quick()] {
        let half = resolve(&path, &overrides).unwrap().remove(0).experiment;
        let parent = resolve(&parent, &overrides).unwrap().remove(0).experiment;
        assert_eq!(rates(&half).0, 5e-4);
        assert_eq!(half.train.steps, parent.train.steps);
        assert_ne!(identity(&half), identity(&parent));
        let halved = Experiment {
            name: half.name.clone(),
            title: half.title.clone(),
            train: half.train.clone(),
            ..parent
        };
        assert_eq!(half, halved, "nothing else differs");
    }
}

/// A file that writes a large number for its full size has to write a small one under `[quick]` as well.
#[test]
fn every_committed_experiment_is_small_under_quick() {
    let mut files = 0;
    for entry in walkdir::WalkDir::new(committed("experiments")).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        if !path.is_file() {
            continue;
        }
        files += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        for point in resolve(&path, &quick()).unwrap() {
            let name = &point.experiment.name;
            let Experiment {
                seeds,
                dataset,
                image,
                network,
                fusion,
                train,
                evaluate,
                ..
            } = &point.experiment;
            assert_eq!(seeds, &[0], "{name}");
            assert_eq!(dataset.manifests.names(), ["synthetic"], "{name}");
            assert_eq!((image.size, train.batch_size), (64, 8), "{name}");
            // Only the original's network has such blocks.
            let blocks = usize::from(network.kind() == "image_transformation");
            // Stage 4 and what is held against it need more before its classifier makes a difference.
            let is_stage_4 = name == "04-fusion" || text.contains("04-fusion.toml\"");
            let steps = if is_stage_4 { 4000 } else { 2000 };
            assert_eq!(
                (train.steps, network.residual_blocks()),
                (steps, blocks),
                "{name}"
            );
            // Every rate is four times that of the full size.
            let rate = match train.optimizer {
                Optimizer::Adam { .. } | Optimizer::AdamW { .. } => 4e-3,
                Optimizer::Sgd { .. } => 0.4,
                Optimizer::Lion { .. } => 8e-4,
            };
            assert_eq!(train.optimizer.learning_rate(), rate, "{name}");
            assert!(network.first_channels() <= 16, "{name}");
            assert!(evaluate.images <= 100 && evaluate.samples <= 12, "{name}");
            let has_classifier = fusion.extractor != ExtractorKind::None;
            assert!(!has_classifier || fusion.size == 64, "{name}");
            let outgrown: Vec<String> = point
                .overridden()
                .iter()
                .filter(|key| key.outranks_quick())
                .map(ToString::to_string)
                .collect();
            assert_eq!(outgrown, [""; 0], "{name}");
        }
    }
    assert!(files >= 20, "{files}");
}

#[test]
fn check_shows_where_every_overridden_value_comes_from() {
    let desk = desk();
    desk.write(
        "child.toml",
        "extends = \"root.toml\"\ntitle = \"Child\"\n\n[dataset]\ncategories = [\"dog\", \"cat\"]\n\n\
         [train]\nsteps = 50\nbatch_size = 16\nloss = \"mse\"\n",
    );
    std::fs::create_dir(desk.path("deep")).unwrap();
    desk.write(
        "deep/leaf.toml",
        "extends = \"../child.toml\"\n\n[network]\nnorm = \"instance\"\n\n[quick.train]\nsteps = 20\n\n[train.optimizer]\nbeta_2 = 0.99\n",
    );
    let mut shown = said(&check(&desk, &["child.toml", "deep/leaf.toml"]));
    shown.push_str("\n--quick\n");
    shown.push_str(&said(&check(
        &desk,
        &["child.toml", "deep/leaf.toml", "--quick"],
    )));
    shown.push_str("\n--quick and more\n");
    let more = [
        "deep/leaf.toml",
        "--quick",
        "--set",
        "train.optimizer={ kind = \"adam\", learning_rate = 1e-2 }",
        "--set",
        "quick.train.steps=10",
        "--seed",
        "3",
        "--seed",
        "4",
        "--dataset",
        "../datasets/synthetic.toml",
    ];
    shown.push_str(&said(&check(&desk, &more)));
    insta::assert_snapshot!(shown);
}

#[test]
fn a_file_may_outgrow_the_quick_that_it_inherits() {
    let desk = desk();
    desk.write(
        "deep.toml",
        "extends = \"root.toml\"\nnetwork.residual_blocks = 6\n",
    );
    let whole = desk.resolve("deep.toml", &Overrides::default()).experiment;
    assert_eq!(
        whole.network.residual_blocks(),
        6,
        "nobody asked for [quick]"
    );
    insta::assert_snapshot!(desk.plain(&desk.refuse("deep.toml", &quick())));
    desk.write(
        "deep.toml",
        "extends = \"root.toml\"\nnetwork.residual_blocks = 6\nquick.network.residual_blocks = 1\n",
    );
    desk.resolve("deep.toml", &quick());
    assert!(check(&desk, &["deep.toml"]).status.success());
}

#[test]
fn what_is_said_in_vain_is_noted_or_refused() {
    let desk = desk();
    desk.write("plain.toml", ROOT);
    let notes = |name: &str, overrides: &Overrides| desk.resolve(name, overrides).notes;
    assert_eq!(notes("root.toml", &quick()), [""; 0]);
    assert_eq!(
        notes("plain.toml", &quick()),
        ["`--quick` has no effect: neither the file nor its parents have a `[quick]`"]
    );
    assert_eq!(
        notes("root.toml", &set(&["quick.train.steps=5"])),
        ["`--set quick.train.steps=5` has no effect without `--quick`"]
    );
    desk.write(
        "twice.toml",
        "extends = \"root.toml\"\n\n[dataset]\ncategories = [\"cow\", \"stop sign\", \"cow\"]\n",
    );
    let noted = notes("twice.toml", &Overrides::default());
    assert_eq!(noted.len(), 1);
    let place = format!("({}:4)", desk.path("twice.toml").display());
    assert_eq!(
        noted[0],
        format!("`dataset.categories` names `cow` twice; it is counted once {place}")
    );

    let both = Overrides {
        seeds: vec![3],
        datasets: vec!["synthetic".into()],
        ..set(&[
            "dataset={ use = \"coco\" }",
            "train.steps=3",
            "seeds=[1, 2]",
        ])
    };
    insta::assert_snapshot!(desk.plain(&desk.refuse("plain.toml", &both)));
}

#[test]
fn categories_are_a_set() {
    let desk = Desk::with_root();
    let list = |list: &str| {
        let assignment = format!("dataset.categories={list}");
        desk.resolve("root.toml", &set(&[&assignment])).experiment
    };
    let sorted = list("[\"cow\", \"stop sign\"]");
    assert_eq!(sorted.dataset.categories, ["cow", "stop sign"]);
    for other in [
        "[\"stop sign\", \"cow\"]",
        "[\"cow\", \"stop sign\", \"cow\"]",
        "[\"stop sign\", \"cow\", \"cow\", \"stop sign\"]",
    ] {
        assert_eq!(list(other), sorted, "{other}");
        assert_eq!(identity(&list(other)), identity(&sorted), "{other}");
    }
    assert_ne!(identity(&list("[\"cow\"]")), identity(&sorted));
    assert_ne!(identity(&list("[]")), identity(&list("[\"cow\"]")));

    // What a run was trained with is read in order as well.
    let text = sorted.to_toml();
    let older = text.replace("[\"cow\", \"stop sign\"]", "[\"stop sign\", \"cow\"]");
    assert_ne!(older, text);
    assert_eq!(
        Experiment::from_toml(&older, Path::new("experiment.toml")),
        Ok(sorted)
    );

    // A name stays where it is written.
    desk.write(
        "stage.toml",
        "extends = \"root.toml\"\n[dataset]\ncategories = [\n  \"zebra\",\n  \"cow\",\n]\n",
    );
    let resolved = desk.resolve("stage.toml", &Overrides::default());
    let place = |index: usize| {
        let key = format!("dataset.categories[{index}]");
        resolved.error_at(&key, "no such category", "").to_string()
    };
    assert!(place(0).contains("stage.toml:5:3"), "{}", place(0));
    assert!(place(1).contains("stage.toml:4:3"), "{}", place(1));
}

#[test]
fn two_orders_of_one_list_are_one_point_of_a_matrix() {
    let desk = Desk::with_root();
    let matrix = |values: &str| format!("extends = \"root.toml\"\n\n[matrix]\n{values}\n");
    let message = desk.message(matrix(
        "dataset.categories = [[\"cow\", \"stop sign\"], [\"stop sign\", \"cow\"]]",
    ));
    let tables = desk.message(matrix(
        "dataset = [{ use = \"coco\", categories = [\"cow\", \"cat\"] }, { use = \"coco\", categories = [\"cat\", \"cow\", \"cat\"] }]",
    ));
    insta::assert_snapshot!(format!("{message}\n\n{tables}"));
}

#[test]
fn an_heir_that_changes_the_kind_leaves_behind_what_the_new_kind_does_not_have() {
    let desk = desk();
    let own = "extends = \"root.toml\"\n[network]\nkind = \"unet\"\ndepth = 2\n";
    desk.write("unet.toml", own);
    for overrides in [Overrides::default(), quick()] {
        let resolved = desk.resolve("unet.toml", &overrides);
        let network = resolved.experiment.network;
        assert_eq!(network.kind(), "unet");
        // `scale` is a key of both kinds, `residual_blocks` is not.
        assert_eq!(
            network.first_channels(),
            if overrides.quick { 4 } else { 16 }
        );
    }
    let from_the_command_line = set(&["network.kind=unet", "network.depth=3"]);
    let resolved = desk.resolve("root.toml", &from_the_command_line);
    assert_eq!(resolved.experiment.network.kind(), "unet");

    // Whoever writes a key after the kind was changed means it.
    desk.write("both.toml", format!("{own}residual_blocks = 2\n"));
    desk.write(
        "grandchild.toml",
        "extends = \"unet.toml\"\nnetwork.residual_blocks = 2\n",
    );
    for (file, overrides) in [
        ("both.toml", Overrides::default()),
        ("grandchild.toml", Overrides::default()),
        ("unet.toml", set(&["network.residual_blocks=2"])),
        (
            "root.toml",
            set(&["network.residual_blocks=2", "network.kind=unet"]),
        ),
    ] {
        let path = desk.folder.path().join("experiments").join(file);
        let error = resolve(&path, &overrides).unwrap_err().to_string();
        assert!(
            error.contains("unknown key `network.residual_blocks`"),
            "{file}: {error}"
        );
        assert!(
            error.contains("`network.kind` is `unet`, and only other kinds have this key"),
            "{file}: {error}"
        );
    }
}
