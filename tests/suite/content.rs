//! Photographs that are the same although their ids differ, and photographs that differ although their ids are the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use colorize::runs::{PhotographRow, RunFolder, read_image_scores, read_photographs};
use image::{Rgb, RgbImage};

const EXPERIMENT: &str = r#"
title = "Tiny"
dataset = { use = "base.toml", split = { validation = 0.7, seed = 0 } }
image.size = 12
color.space = "yuv"
network = { kind = "image_transformation", norm = "batch", scale = 2, residual_blocks = 1 }
train = { steps = 2, batch_size = 3, optimizer = { kind = "adam", learning_rate = 1e-3 }, checkpoint_every = 2, evaluate_every = 2, sample_every = 2, system_every_seconds = 3600 }
evaluate = { images = 40, batch_size = 3, samples = 2, batch_norm_batches = 1 }
"#;

/// Photographs of `base`, whose ids begin at 1.
const COUNT: u32 = 40;

/// A folder with `tiny.toml`, the dataset `base`, and a cache of its own.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tiny.toml"), EXPERIMENT).unwrap();
        let bench = Self { folder };
        bench.paint("base", 0);
        let images = (0..COUNT).map(|number| (number + 1, number)).collect();
        bench.list("base", "base", images);
        bench
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A folder of photographs, `p00.png` and so on; another `tint` makes others.
    fn paint(&self, folder: &str, tint: u32) {
        let folder = self.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        for number in 0..COUNT {
            let color = |x: u32, y: u32| {
                let value = |step: u32| ((number + 1) * step + x * 3 + y * 5 + tint) % 256;
                Rgb([value(37) as u8, value(59) as u8, value(83) as u8])
            };
            let picture = RgbImage::from_fn(16, 14, color);
            picture.save(folder.join(name(number))).unwrap();
        }
    }

    /// A manifest of COCO's kind over `photographs`, with these ids for the photographs of these numbers.
    fn list(&self, dataset: &str, photographs: &str, images: Vec<(u32, u32)>) {
        let images: Vec<String> = images
            .into_iter()
            .map(|(id, number)| {
                let name = name(number);
                format!(r#"{{"id": {id}, "file_name": "{name}", "width": 16, "height": 14}}"#)
            })
            .collect();
        let json = format!(r#"{{"images": [{}]}}"#, images.join(", "));
        fs::write(self.path().join(format!("{dataset}.json")), json).unwrap();
        let manifest = format!(
            "kind = \"coco\"\nimages = \"{photographs}\"\nannotations = \"{dataset}.json\"\n"
        );
        fs::write(self.path().join(format!("{dataset}.toml")), manifest).unwrap();
    }

    /// The program's output, which must be that of a success.
    fn say(&self, arguments: &[&str]) -> String {
        let output = self.program(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    fn program(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_colorize"))
            .args(arguments)
            .current_dir(self.path())
            .env("COLORIZE_CACHE", self.path().join("cache"))
            .output()
            .unwrap()
    }

    /// Trains on a dataset and says where, and what was said.
    fn train(&self, dataset: &str) -> (RunFolder, String) {
        let runs = format!("runs-{dataset}");
        let manifest = format!("{dataset}.toml");
        let said = self.say(&["run", "tiny.toml", "--dataset", &manifest, "--runs", &runs]);
        let found = entries(&self.path().join(runs).join("tiny"));
        assert_eq!(found.len(), 1);
        (RunFolder::at(&found[0]), said)
    }
}

fn name(number: u32) -> String {
    format!("p{number:02}.png")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn photographs(folder: &RunFolder) -> Vec<PhotographRow> {
    read_photographs(folder).unwrap().unwrap()
}

/// The file names of one side.
fn names(rows: &[PhotographRow], is_held_out: bool) -> BTreeSet<String> {
    let rows = rows.iter().filter(|row| row.is_held_out == is_held_out);
    rows.map(|row| row.file_name.clone()).collect()
}

/// The file names in a table of image scores.
fn scored(table: &Path) -> BTreeSet<String> {
    let table = read_image_scores(table).unwrap();
    let names = table.column("file_name").unwrap().str().unwrap();
    let all: Vec<&str> = names.iter().flatten().collect();
    let distinct: BTreeSet<String> = all.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(distinct.len(), all.len(), "each counts once");
    distinct
}

#[test]
fn reproduce_reads_what_is_set_before_it_fetches_anything() {
    let bench = Bench::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let at = |name: &str| root.join(name).to_string_lossy().into_owned();
    let (experiments, report) = (at("experiments"), at("reports/stages.toml"));
    let files = ["--experiments", &experiments, "--report", &report];
    let wrong = ["reproduce", "--quick", "--set", "train.stepz=4"];
    let output = bench.program(&[&wrong[..], &files].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("did you mean `steps`?"), "{said}");
    assert!(!said.contains("fetching"), "{said}");
}

#[test]
fn a_photograph_listed_twice_is_trained_on_or_held_out_and_counts_once() {
    let bench = Bench::new();
    let (plain, said) = bench.train("base");
    assert!(said.contains("0 copies of others"), "{said}");
    let rows = photographs(&plain);
    assert_eq!(rows.len(), COUNT as usize);
    let (train, held_out) = (names(&rows, false), names(&rows, true));
    assert!(train.is_disjoint(&held_out));
    assert_eq!(scored(&plain.image_scores(2)), held_out);

    // Every file once more under another id.
    let once = (0..COUNT).map(|number| (number + 1, number));
    let again = (0..COUNT).map(|number| (number + 1001, number));
    bench.list("twice", "base", once.chain(again).collect());
    let (twice, said) = bench.train("twice");
    assert!(said.contains("40 copies of others"), "{said}");
    assert!(
        said.contains("copy: p00.png, listed as 1 and 1001"),
        "{said}"
    );
    assert_eq!(photographs(&twice), rows);
    // The copies change nothing: a run that was made before they came is that run.
    assert_eq!(twice.path().file_name(), plain.path().file_name());
    let record = twice.record().unwrap().unwrap();
    assert_eq!(record.dataset.copies.len(), 40);
    assert_eq!(record.dataset.copies[0].image_id, 1001);
    assert_eq!(record.dataset.copies[0].of_image_id, 1);
    let stats = bench.say(&["dataset", "stats", "twice.toml", "--inspect"]);
    assert!(stats.contains("40, left out"), "{stats}");
    let stats = bench.say(&["dataset", "stats", "twice.toml"]);
    assert!(stats.contains("40, left out"), "{stats}");
}

#[test]
fn a_copied_file_in_a_folder_is_named_and_moves_nothing() {
    let bench = Bench::new();
    fs::write(
        bench.path().join("folder.toml"),
        "kind = \"folder\"\npath = \"base\"\n",
    )
    .unwrap();
    let (before, _) = bench.train("folder");
    let base = bench.path().join("base");
    fs::create_dir(base.join("backup")).unwrap();
    for number in 0..COUNT {
        let original = base.join(name(number));
        fs::copy(&original, base.join(format!("p{number:02} (1).png"))).unwrap();
        fs::copy(&original, base.join("backup").join(name(number))).unwrap();
    }
    let (after, said) = bench.train("folder");
    assert!(said.contains("already done"), "{said}");
    assert!(said.contains("80 copies of others"), "{said}");
    assert!(said.contains(" (1).png of p"), "{said}");
    assert!(said.contains("and 70 more"), "{said}");
    assert_eq!(after, before);
}

#[test]
fn what_a_run_was_trained_on_is_never_scored_as_held_out() {
    let bench = Bench::new();
    let (folder, _) = bench.train("base");
    let rows = photographs(&folder);
    let (train, held_out) = (names(&rows, false), names(&rows, true));
    let run = folder.path().to_str().unwrap();
    bench.list(
        "renumbered",
        "base",
        (0..COUNT).map(|number| (number + 8, number)).collect(),
    );
    let evaluations = folder.path().join("evaluations");
    let evaluate = |more: &[&str]| {
        let _ = fs::remove_dir_all(&evaluations);
        let mut arguments = vec!["evaluate", run, "--runs", "runs-base"];
        arguments.extend_from_slice(more);
        let said = bench.say(&arguments);
        let tables = entries(&evaluations);
        assert_eq!(tables.len(), 1);
        (said, tables[0].clone())
    };

    let (_, table) = evaluate(&[]);
    assert_eq!(scored(&table), held_out);
    let (said, table) = evaluate(&["--dataset", "renumbered.toml"]);
    assert_eq!(scored(&table), held_out, "the very same photographs");
    assert!(said.contains("that the run was trained on: p"), "{said}");
    assert!(said.contains("Left out: "), "{said}");
    // Two devices do not overwrite one another's tables.
    let file = table.file_name().unwrap().to_str().unwrap();
    assert!(file.ends_with("-flex-step-000002.parquet"), "{file}");
    let (said, table) = evaluate(&["--dataset", "renumbered.toml", "--split", "all"]);
    assert_eq!(scored(&table).len(), COUNT as usize);
    let expected = format!("trained on {} of these {COUNT} photographs", train.len());
    assert!(said.contains(&expected), "{said}");

    // A run of a program that did not write them down: its own dataset says it, as long as it is here.
    fs::remove_file(folder.photographs()).unwrap();
    let (said, table) = evaluate(&["--dataset", "renumbered.toml"]);
    assert_eq!(scored(&table), held_out);
    assert!(said.contains("Left out: "), "{said}");
    assert_eq!(photographs(&folder), rows, "from now on it is written down");
    // So does the command that trained it.
    fs::remove_file(folder.photographs()).unwrap();
    let (_, said) = bench.train("base");
    assert!(said.contains("already done"), "{said}");
    assert_eq!(photographs(&folder), rows);
    fs::remove_file(folder.photographs()).unwrap();
    fs::rename(
        bench.path().join("base.toml"),
        bench.path().join("elsewhere.toml"),
    )
    .unwrap();
    let (said, _) = evaluate(&["--dataset", "renumbered.toml"]);
    assert!(said.contains("is not recorded"), "{said}");

    // A dataset of nothing but training photographs has nothing to be judged by.
    fs::rename(
        bench.path().join("elsewhere.toml"),
        bench.path().join("base.toml"),
    )
    .unwrap();
    let trained = (0..COUNT).filter(|&number| train.contains(&name(number)));
    bench.list(
        "seen",
        "base",
        trained.map(|number| (number + 8, number)).collect(),
    );
    let output = bench.program(&["evaluate", run, "--dataset", "seen.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = format!("trained on {} of these photographs", train.len());
    assert!(said.contains(&expected), "{said}");
}

#[test]
fn images_of_two_datasets_are_paired_by_what_they_are() {
    let bench = Bench::new();
    // Other photographs under the same ids, and the same ones under others.
    bench.paint("others", 101);
    let ids = |first: u32| (0..COUNT).map(|number| (number + first, number)).collect();
    bench.list("other", "others", ids(1));
    bench.list("renumbered", "base", ids(8));
    let runs: Vec<RunFolder> = ["base", "other", "renumbered"]
        .into_iter()
        .map(|dataset| {
            let (folder, _) = bench.train(dataset);
            let trial = folder.path().file_name().unwrap();
            let all = bench.path().join("runs/tiny");
            fs::create_dir_all(&all).unwrap();
            fs::rename(folder.path(), all.join(trial)).unwrap();
            RunFolder::at(all.join(trial))
        })
        .collect();
    let trial = |run: &RunFolder| {
        let name = run.path().file_name().unwrap();
        format!("tiny/{}", name.to_str().unwrap())
    };
    let diff =
        |one: usize, other: usize| bench.say(&["diff", &trial(&runs[one]), &trial(&runs[other])]);
    let said = diff(0, 1);
    assert!(said.contains("they are different photographs"), "{said}");
    assert!(!said.contains("paired over"), "{said}");

    // Those that both hold out, whatever their ids.
    let held_out = |run: &RunFolder| names(&photographs(run), true);
    let (here, there) = (held_out(&runs[0]), held_out(&runs[2]));
    let shared = here.intersection(&there).count();
    assert!(shared >= 10 && shared < here.len(), "{shared}");
    let said = diff(0, 2);
    let expected = format!("paired over {shared} images");
    assert!(said.contains(&expected), "{expected}: {said}");

    // Where nothing says what the ids mean, nothing is paired.
    fs::remove_file(runs[2].photographs()).unwrap();
    let said = diff(0, 2);
    assert!(said.contains("are not recorded"), "{said}");

    fs::create_dir(bench.path().join("reports")).unwrap();
    let [base, other] = [0, 1].map(|run| {
        let trial = trial(&runs[run]);
        trial.trim_start_matches("tiny/").to_owned()
    });
    let report = format!(
        r#"
title = "Two datasets"
experiments = ".."
runs = [
    {{ experiment = "tiny", name = "a", label = "a", filter = "trial={base}" }},
    {{ experiment = "tiny", name = "b", label = "b", filter = "trial={other}" }},
]
tables = [{{ kind = "scores" }}]

[[claims]]
text = "a beats b"
metric = "ciede2000"
of = "a"
against = "b"
expect = "less"
"#
    );
    fs::write(bench.path().join("reports/two.toml"), report).unwrap();
    bench.say(&[
        "report",
        "reports/two.toml",
        "--runs",
        "runs",
        "--out",
        "out",
    ]);
    let page = fs::read_to_string(bench.path().join("out/two/index.html")).unwrap();
    for expected in [
        "all categories of base",
        "all categories of other",
        "they are different photographs",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("paired over"), "nothing is paired");
}

#[test]
fn several_manifests_are_one_dataset() {
    let bench = Bench::new();
    let (plain, _) = bench.train("base");
    let before = photographs(&plain);
    // Other photographs under the same ids, and copies of ten under other names.
    bench.paint("more", 7);
    for number in 0..10 {
        let copy = bench.path().join("more").join(name(COUNT + number));
        fs::copy(bench.path().join("base").join(name(number)), copy).unwrap();
    }
    let images = (0..COUNT + 10).map(|number| (number + 1, number)).collect();
    bench.list("more", "more", images);
    let joined = |manifests: [&str; 2], runs: &str| {
        let [one, two] = manifests;
        let said = bench.say(&[
            "run",
            "tiny.toml",
            "--dataset",
            one,
            "--dataset",
            two,
            "--runs",
            runs,
        ]);
        let found = entries(&bench.path().join(runs).join("tiny"));
        (RunFolder::at(&found[0]), said)
    };
    let (both, said) = joined(["base.toml", "more.toml"], "joined");
    assert!(
        said.contains("base+more: 80 photographs; skipped:"),
        "{said}"
    );
    assert!(said.contains("10 copies of others"), "{said}");
    assert!(said.contains("copy: p40.png of p00.png"), "{said}");
    // The photographs of the first one are where they were.
    let rows = photographs(&both);
    assert_eq!(rows.len(), 80);
    for row in &before {
        assert!(rows.contains(row), "{row:?}");
    }
    let record = both.record().unwrap().unwrap();
    assert_eq!(record.dataset.manifest.stems(), "base+more");
    let said = bench.say(&[
        "run",
        "tiny.toml",
        "--dataset",
        "base.toml",
        "--dataset",
        "more.toml",
        "--runs",
        "joined",
    ]);
    assert!(said.contains("already done"), "{said}");
    let other = joined(["more.toml", "base.toml"], "turned").0;
    assert_ne!(other.path().file_name(), both.path().file_name());
    // One in a list is that one.
    let list = "dataset.use=[\"base.toml\"]";
    let said = bench.say(&["run", "tiny.toml", "--set", list, "--runs", "runs-base"]);
    assert!(said.contains("already done"), "{said}");
    // It is found again.
    let said = bench.say(&["evaluate", "tiny", "--runs", "joined"]);
    assert!(said.contains("evaluations/base+more-validation-"), "{said}");

    let refused = |arguments: &[&str]| {
        let output = bench.program(&[&["run", "tiny.toml"], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = refused(&["--dataset", "base.toml", "--dataset", "./base.toml"]);
    assert!(
        said.contains("`dataset.use` names `./base.toml` twice"),
        "{said}"
    );
    fs::write(
        bench.path().join("world.toml"),
        "kind = \"synthetic\"\ncount = 4\nseed = 0\nsize = 16\n",
    )
    .unwrap();
    let said = refused(&["--dataset", "base.toml", "--dataset", "world.toml"]);
    assert!(said.contains("which is painted scenes, with"), "{said}");
    fs::write(
        bench.path().join("folder.toml"),
        "kind = \"folder\"\npath = \"more\"\n",
    )
    .unwrap();
    let all = [
        "--dataset",
        "base.toml",
        "--dataset",
        "folder.toml",
        "--runs",
        "folders",
    ];
    bench.say(&[&["plan", "tiny.toml"], &all[..]].concat());
    let said = refused(&[&all[..], &["--set", "dataset.exclude=[\"cow\"]"]].concat());
    assert!(said.contains("has no categories"), "{said}");
}

#[test]
fn fewer_photographs_are_judged_by_the_same_ones() {
    let bench = Bench::new();
    let (plain, _) = bench.train("base");
    let all = photographs(&plain);
    let mut learned = BTreeSet::new();
    for most in ["3", "6", "10000"] {
        let limit = format!("dataset.limit={most}");
        bench.say(&["run", "tiny.toml", "--set", &limit, "--runs", most]);
        let run = RunFolder::at(&entries(&bench.path().join(most).join("tiny"))[0]);
        let rows = photographs(&run);
        assert_eq!(names(&rows, true), names(&all, true));
        assert_eq!(scored(&run.image_scores(2)), scored(&plain.image_scores(2)));
        let train = names(&rows, false);
        assert_eq!(train.len(), run.record().unwrap().unwrap().dataset.train);
        assert!(learned.is_subset(&train) && train.len() > learned.len());
        learned = train;
        // They share the baselines.
        let baselines = |runs: &str| {
            let entries = entries(&bench.path().join(runs).join("baselines")).into_iter();
            let read = entries.map(|path| {
                (
                    path.file_name().unwrap().to_owned(),
                    fs::read(&path).unwrap(),
                )
            });
            read.collect::<Vec<_>>()
        };
        assert_eq!(baselines(most), baselines("runs-base"));
    }
    assert_eq!(learned, names(&all, false));
}

#[test]
fn photographs_are_left_out_by_what_they_show() {
    let bench = Bench::new();
    let world = "kind = \"synthetic\"\ncount = 60\nseed = 3\nsize = 24\n";
    fs::write(bench.path().join("world.toml"), world).unwrap();
    let run = [
        "run",
        "tiny.toml",
        "--dataset",
        "world.toml",
        "--runs",
        "runs",
        "--set",
    ];
    let said = bench.say(&[&run[..], &["dataset.exclude=[\"stop sign\"]"]].concat());
    let run_of = || RunFolder::at(&entries(&bench.path().join("runs/tiny"))[0]);
    let excluded = run_of().record().unwrap().unwrap().dataset.excluded;
    let expected = format!(
        "world: {} photographs; skipped: {} that show `stop sign`, ",
        60 - excluded.len(),
        excluded.len()
    );
    assert!(
        !excluded.is_empty() && said.contains(&expected),
        "{expected}{said}"
    );
    let rows = photographs(&run_of());
    assert_eq!(rows.len(), 60 - excluded.len());
    assert!(rows.iter().all(|row| !excluded.contains(&row.file_name)));
    let wrong = bench.program(&[&run[..], &["dataset.exclude=[\"car\", \"stop sing\"]"]].concat());
    assert_eq!(wrong.status.code(), Some(2));
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        said.contains("dataset `world` has no category `stop sing`"),
        "{said}"
    );
    assert!(said.contains("did you mean `stop sign`?"), "{said}");
}
