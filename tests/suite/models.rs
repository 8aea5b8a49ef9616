//! A trained network as one file: exported, read by `predict` and by PyTorch, and refused where it is none.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use image::{Rgb, RgbImage};

use super::runs::{Bench, program};

/// Chroma, with a classifier of random weights.
const FUSION: [&str; 4] = [
    "color.space=yuv",
    "fusion.extractor=resnet18",
    "fusion.weights=random",
    "fusion.size=32",
];

/// Trains a run of two steps on `bench`, with these keys, into the folder `runs`.
fn train(bench: &Bench, runs: &str, keys: &[&str]) {
    let mut arguments = vec!["run", "tiny.toml", "--quiet", "--runs", runs];
    for key in [&["train.steps=2"], keys].concat() {
        arguments.extend(["--set", key]);
    }
    let output = program(bench, &arguments);
    assert_eq!(said(&output), "", "a quiet run says nothing");
    assert_eq!(output.status.code(), Some(0));
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(text).unwrap()
}

/// What the program says, and that it ends with this code.
fn says(bench: &Bench, code: i32, arguments: &[&str]) -> String {
    let output = program(bench, arguments);
    assert_eq!(output.status.code(), Some(code), "{}", said(&output));
    said(&output)
}

fn photographs(bench: &Bench) {
    let folder = bench.folder.path().join("photos");
    fs::create_dir(&folder).unwrap();
    for (name, [width, height]) in [("wide.png", [61, 23]), ("own.png", [12, 12])] {
        let pixel = |x: u32, y: u32| Rgb([(x * 19) as u8, (y * 21) as u8, ((x + y) * 10) as u8]);
        let picture = RgbImage::from_fn(width, height, pixel);
        picture.save(folder.join(name)).unwrap();
    }
}

/// The metadata of a safetensors file.
fn metadata(path: &Path) -> serde_json::Value {
    let bytes = fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    header["__metadata__"].clone()
}

#[test]
fn a_file_predicts_what_its_run_predicts_without_the_run() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    photographs(&bench);
    for (name, keys) in [
        ("plain", &["color.space=rgb"][..]),
        ("yuv", &["color.space=yuv", "color.head=exact"]),
        ("instance", &["color.space=lab", "network.norm=instance"]),
        ("fusion", &FUSION),
        ("average", &["color.space=yuv", "train.ema=0.7"]),
        (
            "labels",
            &["color.space=lab", "image.size=16", "network.kind=iizuka"],
        ),
    ] {
        let (runs, file) = (format!("runs-{name}"), format!("{name}.safetensors"));
        train(&bench, &runs, keys);
        let export = ["export", "model", "tiny", "--runs", &runs, "--out", &file];
        let told = says(&bench, 0, &export);
        assert!(told.contains("tiny s0 at step 2"), "{told}");
        let of_run = format!("{name}-run");
        let of_file = format!("{name}-file");
        let predict = [
            "predict", "tiny", "photos", "--runs", &runs, "--out", &of_run,
        ];
        let warned = says(&bench, 0, &predict);
        assert!(warned.contains("painted scenes alone"), "{warned}");
        // Nothing of it is needed any more.
        fs::rename(folder.join(&runs), folder.join(format!("{name}-away"))).unwrap();
        let told = says(&bench, 0, &["predict", &file, "photos", "--out", &of_file]);
        assert_eq!(told, warned.replace(&of_run, &of_file));
        for picture in ["wide.png", "own.png"] {
            let bytes = |out: &str| fs::read(folder.join(out).join(picture)).unwrap();
            assert_eq!(bytes(&of_run), bytes(&of_file), "{name} {picture}");
        }
        let metadata = metadata(&folder.join(&file));
        assert_eq!(metadata["format"], "colorize-model");
        assert_eq!(metadata["step"], "2");
        assert_eq!(metadata["dataset"], "world");
        assert_eq!(metadata["synthetic"], "true");
        if name == "fusion" {
            assert_eq!(metadata["extractor"], "resnet18");
            assert_eq!(metadata["extractor_weights"], "random-0");
        }
    }
}

#[test]
fn an_export_is_the_same_each_time_and_replaces_nothing_but_a_model() {
    let bench = Bench::new();
    let path = |name: &str| bench.folder.path().join(name);
    train(&bench, "runs", &["train.checkpoint_every=1"]);
    let export = |out: &str, more: &[&str]| {
        let arguments = ["export", "model", "tiny", "--out", out];
        program(&bench, &[&arguments[..], more].concat())
    };
    assert_eq!(export("a.safetensors", &[]).status.code(), Some(0));
    assert_eq!(export("b.safetensors", &[]).status.code(), Some(0));
    let bytes = fs::read(path("a.safetensors")).unwrap();
    assert_eq!(fs::read(path("b.safetensors")).unwrap(), bytes);
    assert_eq!(export("b.safetensors", &[]).status.code(), Some(2));
    let first = ["--force", "--step", "1"];
    assert_eq!(export("b.safetensors", &first).status.code(), Some(0));
    assert_eq!(metadata(&path("b.safetensors"))["step"], "1");
    assert_ne!(fs::read(path("b.safetensors")).unwrap(), bytes);

    fs::write(path("thesis.txt"), "my thesis").unwrap();
    let refused = export("thesis.txt", &["--force"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("will not be replaced"));
    let table = ["export", "runs", "--format", "csv", "--force", "--out"];
    says(&bench, 0, &[&table[..], &["runs.csv"]].concat());
    assert_eq!(export("runs.csv", &["--force"]).status.code(), Some(2));
    // A model may be all that is left of a run.
    says(&bench, 2, &[&table[..], &["a.safetensors"]].concat());
    assert_eq!(fs::read(path("a.safetensors")).unwrap(), bytes);
    assert_eq!(fs::read(path("thesis.txt")).unwrap(), b"my thesis");

    for wrong in [&["--format", "csv"][..], &["--step", "7"]] {
        assert_eq!(export("c.safetensors", wrong).status.code(), Some(2));
        assert!(!path("c.safetensors").exists());
    }
    let stepped = ["--step", "1", "--out", "d"];
    says(
        &bench,
        2,
        &[&["export", "runs", "--format", "csv"], &stepped[..]].concat(),
    );
}

#[test]
fn a_file_that_is_no_model_is_refused_with_its_reason() {
    let bench = Bench::new();
    let path = |name: &str| bench.folder.path().join(name);
    photographs(&bench);
    train(&bench, "runs", &FUSION);
    let export = ["export", "model", "tiny", "--out", "model.safetensors"];
    says(&bench, 0, &export);
    let model = fs::read(path("model.safetensors")).unwrap();
    let predict = |bytes: &[u8]| {
        fs::write(path("other.safetensors"), bytes).unwrap();
        let arguments = ["predict", "other.safetensors", "photos", "--out", "out"];
        says(&bench, 2, &arguments)
    };
    let replaced = |old: &str, new: &str| {
        assert_eq!(old.len(), new.len());
        let place = model
            .windows(old.len())
            .position(|window| window == old.as_bytes());
        let mut bytes = model.clone();
        bytes[place.unwrap()..][..new.len()].copy_from_slice(new.as_bytes());
        bytes
    };
    let thesis = predict(b"my thesis");
    assert!(thesis.contains("no safetensors file"), "{thesis}");
    let cut = predict(&model[..model.len() / 2]);
    assert!(cut.contains("damaged"), "{cut}");
    let newer = predict(&replaced(
        r#""format_version":"1""#,
        r#""format_version":"9""#,
    ));
    assert!(newer.contains("use a newer version of colorize"), "{newer}");
    // Whoever changes weights on purpose takes the checksum away.
    let own = |old: &str, new: &str| {
        let mut bytes = replaced(old, new);
        let place = bytes
            .windows(10)
            .position(|it| it == br#""checksum""#)
            .unwrap();
        bytes[place + 1] = b'k';
        predict(&bytes)
    };
    let renamed = own(
        r#""encode_1.convolution.bias""#,
        r#""encode_9.convolution.bias""#,
    );
    assert!(
        renamed.contains("missing: `encode_1.convolution.bias`"),
        "{renamed}"
    );
    assert!(
        renamed.contains("unknown: `encode_9.convolution.bias`"),
        "{renamed}"
    );
    let smaller = own(r"scale = 2\n", r"scale = 3\n");
    assert!(smaller.contains("of the wrong shape"), "{smaller}");
    let others = own("random-0", "random-7");
    assert!(
        others.contains("trained with other weights of `resnet18`"),
        "{others}"
    );
    let file = ["predict", "model.safetensors", "photos", "--out", "out"];
    let stepped = says(&bench, 2, &[&file[..], &["--step", "2"]].concat());
    assert!(stepped.contains("drop `--step`"), "{stepped}");
    let absent = says(
        &bench,
        2,
        &["predict", "no.safetensors", "photos", "--out", "out"],
    );
    assert!(absent.contains("no such file"), "{absent}");
    let evaluated = says(&bench, 2, &["evaluate", "model.safetensors"]);
    assert!(evaluated.contains("this needs a run"), "{evaluated}");
    assert!(!path("out").exists());
}

/// Colors the picture of [`photographs`] that has the network's own size, and prints its pixels.
const DRIVER: &str = r#"
import sys
sys.path.insert(0, sys.argv[1])
import torch, load_model
pixel = lambda x, y: [x * 19 % 256, y * 21 % 256, (x + y) * 10 % 256]
rgb = torch.tensor([[pixel(x, y) for x in range(12)] for y in range(12)]).permute(2, 0, 1)[None] / 255
experiment, tensors = load_model.load(sys.argv[2])
colored = load_model.colorize(experiment, tensors, rgb)[0] * 255
print(" ".join(str(value) for value in colored.permute(1, 2, 0).flatten().tolist()))
"#;

#[test]
fn pytorch_makes_the_same_picture() {
    let python = |arguments: &[&str]| Command::new("python3").args(arguments).output();
    if !python(&["-c", "import torch"]).is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: `python3` cannot import torch");
        return;
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let bench = Bench::new();
    let folder = bench.folder.path();
    photographs(&bench);
    for (name, keys) in [
        ("rgb", &["color.space=rgb"][..]),
        ("yuv", &["color.space=yuv"]),
        ("exact", &["color.space=yuv", "color.head=exact"]),
        ("instance", &["color.space=yuv", "network.norm=instance"]),
    ] {
        let (runs, file) = (format!("runs-{name}"), format!("{name}.safetensors"));
        train(&bench, &runs, keys);
        says(
            &bench,
            0,
            &["export", "model", "tiny", "--runs", &runs, "--out", &file],
        );
        says(
            &bench,
            0,
            &["predict", &file, "photos/own.png", "--out", name],
        );
        let file = folder.join(&file);
        let [docs, file] = [&docs, &file].map(|path| path.to_str().unwrap());
        let output = python(&["-c", DRIVER, docs, file]).unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let numbers = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<f64> = numbers
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect();
        let colored = image::open(folder.join(name).join("own.png")).unwrap();
        let pixels = colored.into_rgb8().into_raw();
        assert_eq!(numbers.len(), pixels.len());
        for (number, pixel) in numbers.iter().zip(pixels) {
            let difference = (number - f64::from(pixel)).abs();
            // Half a step of 8 bits is what rounding may make of it.
            assert!(difference <= 0.5 + 255.0 * 1e-4, "{name}: {difference}");
        }
    }
}
