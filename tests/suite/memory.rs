//! Memory: what a run needs at most does not depend on how often it does what it does.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Held out: enough for the largest number of images below. Decoded pixels are not kept, because that is what memory is
/// for; here they would hide what is held by mistake.
const EXPERIMENT: &str = r#"
title = "Memory"
dataset = { use = "world.toml", split = { validation = 0.6, seed = 0 } }
image = { size = 64, cache_memory = 0.0, cache_disk = false }
color.space = "rgb"
network = { kind = "image_transformation", norm = "batch", scale = 8, residual_blocks = 1 }
train = { steps = 4, batch_size = 8, optimizer = { kind = "adam", learning_rate = 1e-3 }, checkpoint_every = 1000, evaluate_every = 2, sample_every = 1000, system_every_seconds = 3600 }
evaluate = { images = 8, batch_size = 8, samples = 2, batch_norm_batches = 2 }
"#;

/// Trains with `changes` in a process of its own; the most memory that it was resident in, in bytes.
fn peak(root: &Path, name: &str, changes: &[&str]) -> f64 {
    let runs = root.join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_colorize"));
    command
        .env("COLORIZE_CACHE", root.join("cache"))
        .arg("run")
        .arg(root.join("memory.toml"))
        .arg("--runs")
        .arg(&runs);
    for change in changes {
        command.args(["--set", change]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
    let trial = fs::read_dir(runs.join("memory"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let record = fs::read_to_string(trial.path().join("run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record["sessions"][0]["peak_memory_bytes"].as_f64().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn peak_memory_does_not_grow_with_batches_of_statistics_held_out_images_or_steps() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("memory.toml"), EXPERIMENT).unwrap();
    fs::write(
        root.path().join("world.toml"),
        "kind = \"synthetic\"\ncount = 200\nseed = 3\nsize = 64\n",
    )
    .unwrap();
    let least = peak(root.path(), "least", &[]);
    for (name, changes) in [
        ("statistics", ["evaluate.batch_norm_batches=24"]),
        ("images", ["evaluate.images=96"]),
        ("steps", ["train.steps=40"]),
    ] {
        let more = peak(root.path(), name, &changes);
        assert!(
            more < 1.15 * least,
            "{name}: {:.0} MB, and {:.0} MB with less",
            more / 1e6,
            least / 1e6
        );
    }
}
