//! `colorize bench`: what it times, what it keeps, and what it refuses.

use std::fs;
use std::process::Output;

use super::runs::{Bench, program};

/// A case that takes milliseconds.
const TINY: [&str; 8] = [
    "--set",
    "network.scale=1",
    "--set",
    "network.residual_blocks=0",
    "--size",
    "8",
    "--batch",
    "1",
];

fn text(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn steps_are_timed_and_every_number_is_kept() {
    let bench = Bench::new();
    let kept = [
        "--json",
        "kept.jsonl",
        "--markdown",
        "kept.md",
        "--threads",
        "1,2",
    ];
    let devices = ["--device", "flex"];
    let output = program(&bench, &[&["bench"][..], &TINY, &kept, &devices].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let table = String::from_utf8(output.stdout).unwrap();
    let markdown = fs::read_to_string(bench.folder.path().join("kept.md")).unwrap();
    for case in ["yuv 8 b1", "fusion 8 b1"] {
        assert!(table.contains(case), "{table}");
        assert_eq!(markdown.matches(case).count(), 2, "{markdown}");
    }
    let kept = fs::read_to_string(bench.folder.path().join("kept.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = kept
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 5, "{kept}");
    assert_eq!(lines[0]["bench"], "machine");
    for (line, threads) in lines[1..].iter().zip([1, 2, 1, 2]) {
        assert_eq!(line["bench"], "step");
        assert_eq!(line["who"], "colorize flex");
        assert_eq!(line["threads"], threads);
        assert!(line["seconds"].as_f64().unwrap() > 0.0);
        assert!(line["memory_bytes"].as_u64().unwrap() > 1_000_000);
    }
}

#[test]
fn an_experiment_is_timed_as_it_is_written_and_its_whole_training_estimated() {
    let bench = Bench::new();
    let output = program(
        &bench,
        &["bench", "tiny.toml", "--device", "flex", "--threads", "1"],
    );
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let experiment = &bench.experiment;
    let case = format!(
        "tiny {} b{}",
        experiment.image.size, experiment.train.batch_size
    );
    assert!(said.contains(&case), "{said}");
    assert!(
        said.contains(&format!("{}: ", experiment.train.steps)),
        "{said}"
    );
    // It is timed and not trained.
    assert!(!bench.runs("runs").exists());
}

#[test]
fn a_request_that_cannot_be_met_is_refused_before_anything_is_timed() {
    let bench = Bench::new();
    for (arguments, says) in [
        (&["--size", "41"][..], "must be a multiple of 4"),
        (&["--size", "40"], "reflection padding"),
        (&["--device", "libtorch:cuda:99"], "libtorch:cuda:99"),
        (&["--set", "network.scal=1"], "did you mean `scale`?"),
        (&["--threads", "0"], "--threads"),
        (&["--precision", "f16"], "must be `f32` or `bf16`"),
        (
            &["--device", "flex", "--precision", "bf16"],
            "`flex` does not support `bf16`",
        ),
        (&["absent.toml"], "absent.toml"),
        (&["--json", "absent/kept.jsonl"], "absent/kept.jsonl"),
        (&["--full", "--size", "8"], "--full"),
    ] {
        let output = program(&bench, &[&["bench"], arguments].concat());
        let said = text(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(!said.contains("1 of "), "{said}");
    }
}
