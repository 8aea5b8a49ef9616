//! The pictures of a report's figures: from the samples of a training, or from its checkpoint, they are the same; and what
//! cannot be had is said.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use colorize::backend::DeviceName;
use colorize::evaluate::{ImageScore, Metric};
use colorize::runs::{RunFolder, read_image_scores};
use colorize::trained::TrainedRun;

use crate::runs::Bench;

const PLAIN: &str = r#"
title = "Plain"
dataset = { use = "../world.toml", split = { validation = 0.5, seed = 0 } }
image.size = 12
color.space = "yuv"
network = { kind = "image_transformation", norm = "batch", scale = 2, residual_blocks = 1 }
train = { steps = 6, batch_size = 3, optimizer = { kind = "adam", learning_rate = 1e-3 }, checkpoint_every = 3, evaluate_every = 3, sample_every = 6, system_every_seconds = 3600 }
evaluate = { images = 12, batch_size = 3, samples = 2 }
"#;

/// A network that has to repeat the luma, and shows other samples.
const RGB: &str = r#"
extends = "plain.toml"
title = "In RGB"
color.space = "rgb"
evaluate.samples = 3
"#;

const REPORT: &str = r#"
title = "Pictures"

[[runs]]
experiment = "plain"

[[runs]]
experiment = "rgb"

[[figures]]
kind = "comparison"
images = 5

[[figures]]
kind = "comparison"
name = "raw"
metrics = ["psnr"]

[[figures]]
kind = "chroma"

[[figures]]
kind = "extremes"
of = "plain"
against = "rgb"
images = 2
"#;

/// A folder with two trained runs, and a report of their pictures.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "world.toml",
            "kind = \"synthetic\"\ncount = 32\nseed = 3\nsize = 24\n",
        );
        write("experiments/plain.toml", PLAIN);
        write("experiments/rgb.toml", RGB);
        write("reports/pictures.toml", REPORT);
        let world = Self { folder };
        for experiment in ["plain", "rgb"] {
            let path = format!("experiments/{experiment}.toml");
            let output = world.program(&["run", &path]);
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        }
        world
    }

    fn program(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_colorize"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("COLORIZE_CACHE", self.folder.path().join("cache"))
            .output()
            .unwrap()
    }

    /// Makes the report; its figures by name, and what was said.
    fn report(&self) -> (BTreeMap<String, Vec<u8>>, String) {
        let output = self.program(&["report", "reports/pictures.toml"]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let figures = self.folder.path().join("reports/pictures/figures");
        let files = fs::read_dir(figures).unwrap().map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        });
        (files.collect(), said(&output))
    }

    /// The run of an experiment.
    fn run(&self, experiment: &str) -> RunFolder {
        let folder = self.folder.path().join("runs").join(experiment);
        let mut trials = fs::read_dir(folder).unwrap();
        RunFolder::at(trials.next().unwrap().unwrap().path())
    }

    fn runs(&self) -> [RunFolder; 2] {
        ["plain", "rgb"].map(|experiment| self.run(experiment))
    }
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn text_of(figures: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(figures[name].clone()).unwrap()
}

fn pictures_in(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name();
    let entries = entries.into_iter().flatten();
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).collect()
}

fn assert_same(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    assert!(found.keys().eq(expected.keys()), "{:?}", found.keys());
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

#[test]
fn the_checkpoint_makes_the_pictures_that_were_sampled_and_scored() {
    let bench = Bench::new();
    let folder = bench.train("runs");
    let trained =
        TrainedRun::open(&folder, Some(6), DeviceName::Flex, &bench.cache.folder).unwrap();
    let divided = colorize::train::Division::of(&bench.selection, &bench.experiment).unwrap();
    let pictures = trained.scored_pictures(&divided.held_out, &|_| {}).unwrap();
    assert_eq!(pictures.len(), 4);
    let sampled = |kind: &str, id: i64| {
        let picture = image::open(folder.sample_image(kind, id)).ok()?;
        Some(picture.into_rgb8())
    };
    // The first two of them are the samples, and equal to the bit.
    for picture in &pictures[..2] {
        assert_eq!(sampled("truth", picture.id).as_ref(), Some(&picture.truth));
        let colorized = sampled("step-000006", picture.id);
        assert_eq!(colorized.as_ref(), Some(&picture.colorized));
    }
    assert_eq!(sampled("truth", pictures[2].id), None);
    let table = read_image_scores(&folder.image_scores(6)).unwrap();
    let column = |name: &str| table.column(name).unwrap().f64().unwrap().clone();
    let [psnr, replaced] = [Metric::Psnr, Metric::PsnrLumaReplaced].map(Metric::name);
    for (row, picture) in pictures.iter().enumerate() {
        let score = ImageScore::of(0.0, &picture.truth, &picture.colorized);
        assert_eq!(column(psnr).get(row), Some(score.psnr));
        assert_eq!(column(replaced).get(row), Some(score.psnr_luma_replaced));
    }
}

#[test]
fn every_cell_of_every_run_has_its_picture_wherever_it_comes_from() {
    let world = World::new();
    let (figures, first_said) = world.report();
    assert!(!first_said.contains("warning"), "{first_said}");
    // Five images by truth, gray and two runs, though one run sampled two of them and the other three.
    let comparison = text_of(&figures, "comparison.svg");
    assert_eq!(comparison.matches("<image").count(), 5 * 4, "{first_said}");
    assert!(comparison.contains("with the photograph’s luma"));
    assert!(text_of(&figures, "raw.svg").contains("as the network made them"));
    let page = fs::read_to_string(world.folder.path().join("reports/pictures/index.html"));
    let page = page.unwrap();
    assert!(page.contains("All pixels of all 12 held-out images"));
    assert!(page.contains("Of all 12 held-out images"));
    // The gallery shows what the figures had made.
    assert!(page.contains("12 of 12 held-out images"));

    // The second report finds them in the run folders.
    let kept = |run: &RunFolder| pictures_in(&run.path().join("pictures"));
    let before = world.runs().map(|run| kept(&run));
    assert_eq!(before.each_ref().map(Vec::len), [2 * 10, 2 * 9]);
    for run in world.runs() {
        fs::rename(run.checkpoints(), run.path().join("away")).unwrap();
    }
    let (again, text) = world.report();
    assert_same(&again, &figures);
    assert!(!text.contains("warning"), "{text}");

    // Without the samples all of them come from the checkpoint, and nothing changes.
    for run in world.runs() {
        fs::rename(run.path().join("away"), run.checkpoints()).unwrap();
        fs::remove_dir_all(run.path().join("samples/images")).unwrap();
        fs::remove_dir_all(run.path().join("pictures")).unwrap();
    }
    let (remade, text) = world.report();
    assert_same(&remade, &figures);
    assert!(!text.contains("warning"), "{text}");
}

#[test]
fn pictures_that_cannot_be_had_are_counted_and_named() {
    let world = World::new();
    let [plain, rgb] = world.runs();
    fs::remove_dir_all(plain.checkpoints()).unwrap();
    let (figures, text) = world.report();
    // Twelve images, of which the run sampled two.
    let name = plain.path().file_name().unwrap().to_string_lossy();
    let warning = format!("warning: 10 pictures of plain/{name} cannot be shown:");
    assert!(text.contains(&warning), "{text}");
    assert!(text.contains("none exist"), "{text}");
    let comparison = text_of(&figures, "comparison.svg");
    assert_eq!(comparison.matches("no checkpoint").count(), 3);
    assert_eq!(comparison.matches("<image").count(), 5 * 4 - 3);
    let page = fs::read_to_string(world.folder.path().join("reports/pictures/index.html"));
    let page = page.unwrap();
    assert!(page.contains("All pixels of 2 of the 12 held-out images"));
    assert!(page.contains("10 pictures of plain/"));
    assert!(page.contains("held-out images, at the last step, by the first seed of each run."));

    // Other photographs under the same ids are not what was scored.
    let manifest = world.folder.path().join("world.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("seed = 3", "seed = 4")).unwrap();
    fs::remove_dir_all(rgb.path().join("pictures")).unwrap();
    let (_, text) = world.report();
    assert!(text.contains("pictures of rgb/"), "{text}");
    assert!(text.contains("is not what was scored"), "{text}");
    assert!(pictures_in(&rgb.path().join("pictures")).is_empty());
}
