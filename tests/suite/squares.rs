//! Squares of photographs on disk, written by the program.

use std::fs;
use std::process::{Child, Command, Stdio};

const EXPERIMENT: &str = r#"
title = "Tiny"
dataset = { use = "world.toml", split = { validation = 0.25, seed = 0 } }
image = { size = 12, cache_memory = 0.0 }
color.space = "yuv"
network = { kind = "image_transformation", norm = "batch", scale = 2, residual_blocks = 1 }
train = { steps = 2, batch_size = 3, optimizer = { kind = "adam", learning_rate = 1e-3 }, checkpoint_every = 2, evaluate_every = 2, sample_every = 2, system_every_seconds = 3600 }
evaluate = { images = 10, batch_size = 3, samples = 2, batch_norm_batches = 1 }
"#;

/// Scenes of the world.
const COUNT: u64 = 120;

/// Bytes of a slot: the pixels, a hash and a checksum.
const SLOT: u64 = 3 * 12 * 12 + 32 + 4;

#[test]
fn two_processes_that_fill_one_file_at_once_write_every_photograph_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tiny.toml"), EXPERIMENT).unwrap();
    let world = format!("kind = \"synthetic\"\ncount = {COUNT}\nseed = 3\nsize = 24\n");
    fs::write(folder.path().join("world.toml"), world).unwrap();
    let start = |arguments: &[&str]| -> Child {
        Command::new(env!("CARGO_BIN_EXE_colorize"))
            .args(arguments)
            .current_dir(folder.path())
            .env("COLORIZE_CACHE", folder.path().join("cache"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let end = |child: Child| {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(!said.contains("warning"), "{said}");
    };
    // The world is painted before, so that both begin to inspect it at the same time.
    end(start(&["dataset", "index", "world.toml"]));
    for child in ["0", "1"].map(|seed| start(&["run", "tiny.toml", "--seed", seed])) {
        end(child);
    }
    let files: Vec<_> = fs::read_dir(folder.path().join("cache/pixels"))
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len())
        .collect();
    assert_eq!(files, [COUNT * SLOT]);
}
