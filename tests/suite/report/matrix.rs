//! Reports over the points of a `[matrix]`: each is told from the others, can be named, and none is lost.

use std::fs;

use super::world::World;
use super::{program, said};

const NORMS: &str = r#"
title = "Norms and scales of the network"
seeds = [0, 1]

[matrix]
network.norm = ["batch", "instance"]
network.scale = [2, 4]
"#;

const REPORT: &str = r#"
title = "Matrix"

[[runs]]
experiment = "norms"
parent = "norms norm=instance"

[[tables]]
kind = "scores"

[[tables]]
kind = "ablation"
metrics = ["uv_mse"]

[[tables]]
kind = "scores"
name = "few"
runs = ["norms scale=2", "norms scale=9"]

[[figures]]
kind = "curves"

[[figures]]
kind = "effects"

[[figures]]
kind = "extremes"
of = "norms norm=batch"
against = "norms norm=instance scale=4"

[[claims]]
text = "Batch norm is more colorful at the small scale."
metric = "colorfulness_ratio"
of = "norms scale=2 norm=batch"
against = "norms network.norm=instance network.scale=2"
expect = "greater"
"#;

fn bench() -> (tempfile::TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path(), 16, 60);
    world.experiment("norms", NORMS);
    for (point, skill) in [
        ("norm=batch scale=2", 0.8),
        ("norm=batch scale=4", 0.7),
        ("norm=instance scale=2", 0.5),
        ("norm=instance scale=4", 0.4),
    ] {
        for seed in 0..2 {
            world.run_at("norms", point, seed, skill);
        }
    }
    world.report("matrix", REPORT);
    (folder, world)
}

#[test]
fn points_of_a_matrix_are_named_told_apart_and_held_against_each_other() {
    let (_folder, world) = bench();
    let output = program(&world, &["report", "reports/matrix.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // What is dropped is named: a name that nothing has, a figure that cannot be drawn.
    insta::assert_snapshot!("matrix_said", said(&output));
    let read =
        |name: &str| fs::read_to_string(world.root.join("reports/matrix").join(name)).unwrap();
    // Each norm is held against the other at its own scale.
    insta::assert_snapshot!("matrix_ablation", read("tables/ablation.md"));
    let few = read("tables/few.md");
    assert!(few.contains("scale=2") && !few.contains("scale=4"), "{few}");
    // Legends say what differs and nothing else.
    let curves = read("figures/curves.svg");
    for point in ["norm=batch scale=2", "norm=instance scale=4"] {
        assert!(curves.contains(point), "{point} is in no legend");
    }
    assert!(
        !curves.contains("Norms and scales"),
        "the legend is too long"
    );
    let effects = read("figures/effects.svg");
    assert!(
        effects.contains("norm=batch scale=4"),
        "no label in effects"
    );
}

#[test]
fn a_sweep_is_drawn_over_the_keys_that_differ() {
    let (_folder, world) = bench();
    let report = r#"
title = "Sweep"

[[runs]]
experiment = "norms"

[[figures]]
kind = "sweep"
metrics = ["psnr", "ciede2000"]

[[figures]]
kind = "sweep"
name = "lines"
form = "parallel"

[[figures]]
kind = "sweep"
name = "one-key"
form = "heat"
runs = ["norms norm=batch"]
"#;
    world.report("sweep", report);
    let output = program(&world, &["report", "reports/sweep.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        said(&output).contains("the figure `one-key` is not drawn: it shows points"),
        "{}",
        said(&output)
    );
    let figures = world.root.join("reports/sweep/figures");
    for name in ["sweep-psnr", "sweep-ciede2000", "lines"] {
        let drawn = fs::read_to_string(figures.join(format!("{name}.svg"))).unwrap();
        for words in ["norm", "scale", "best: ", "means over 2 seeds each"] {
            assert!(drawn.contains(words), "{name} lacks `{words}`");
        }
        assert!(figures.join(format!("{name}.pdf")).is_file());
    }
}

#[test]
fn the_name_of_a_point_is_judged_where_it_is_written() {
    let (_folder, world) = bench();
    let wrong = REPORT.replace(
        "parent = \"norms norm=instance\"",
        "parent = \"norms instance\"",
    );
    world.report("wrong", &wrong);
    let output = program(&world, &["report", "reports/wrong.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let text = said(&output);
    assert!(text.contains("must be followed by `key=value`"), "{text}");
}

#[test]
fn lists_and_differences_tell_configurations_apart() {
    let (_folder, world) = bench();
    // The same experiment once more, with other values and no matrix.
    world.experiment("bright", "title = \"Bright\"\nseeds = [0]\n");
    world.run("bright", 0, 0.5);
    world.experiment(
        "bright",
        "title = \"Bright\"\nseeds = [0]\ntrain.batch_size = 4\n",
    );
    world.run("bright", 0, 0.6);
    let names = |arguments: &[&str]| {
        let text = said(&program(&world, arguments));
        let rows = text
            .lines()
            .skip(1)
            .take_while(|line| !line.trim().is_empty());
        let names = rows.map(|row| row.trim().split("  ").next().unwrap().to_owned());
        // Beyond a matrix, configurations come in the order of their hashes.
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.join("\n")
    };
    insta::assert_snapshot!(names(&["ls"]), @r"
    bright train.batch_size=3
    bright train.batch_size=4
    norms norm=batch scale=2
    norms norm=batch scale=4
    norms norm=instance scale=2
    norms norm=instance scale=4
    ");
    let by_seed = names(&["ls", "--by-seed", "experiment=bright"]);
    assert_eq!(
        by_seed,
        "bright train.batch_size=3\nbright train.batch_size=4"
    );
    let sides = ["bright train.batch_size=4", "bright train.batch_size=3"];
    let text = said(&program(&world, &[&["diff"], &sides[..]].concat()));
    assert!(
        text.contains("bright train.batch_size=4 s0")
            && text.contains("bright train.batch_size=3 s0"),
        "{text}"
    );
    let several = said(&program(
        &world,
        &["diff", "norms norm=batch", "bright train.batch_size=3"],
    ));
    assert!(
        several.contains("`norms norm=batch` matches 2 different configurations"),
        "{several}"
    );
    assert!(
        several.contains("such as `norms norm=batch scale=2`"),
        "{several}"
    );
}
