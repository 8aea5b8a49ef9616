//! Reports as the program makes them: what is written, what is said, and what is refused.

pub(crate) mod distinct;
mod matrix;
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use colorize::report::Report;

use world::World;

/// Everything that a report can hold.
const FULL: &str = r#"
title = "All of it"
introduction = """
One paragraph.

Another.
"""

[[runs]]
experiment = "plain"

[[runs]]
experiment = "bright"
label = "Bright"

[[tables]]
kind = "scores"

[[tables]]
kind = "ablation"
metrics = ["uv_mse", "colorfulness_ratio"]

[[tables]]
kind = "facts"

[[figures]]
kind = "claims"

[[figures]]
kind = "curves"

[[figures]]
kind = "comparison"

[[figures]]
kind = "progress"

[[figures]]
kind = "samples"

[[figures]]
kind = "effects"

[[figures]]
kind = "scatter"

[[figures]]
kind = "chroma"

[[figures]]
kind = "extremes"
of = "bright"
against = "plain"

[[figures]]
kind = "resources"

[[claims]]
text = "Bright is more colourful."
metric = "colorfulness_ratio"
of = "bright"
against = "plain"
expect = "greater"
verdict = "supported"
"#;

const BRIGHT: &str = r#"
title = "Brighter"
seeds = [0, 1]
train.batch_size = 4

[[claims]]
text = "Its chroma is nearer to life than none."
metric = "uv_mse"
baseline = "gray"
expect = "less"

[[claims]]
text = "It is as colourful as life."
metric = "colorfulness_ratio"
value = 1.0
expect = "equal"
by = 0.05
"#;

/// Two experiments, three seeds of one and one of two seeds of the other.
fn bench() -> (tempfile::TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path(), 16, 60);
    world.experiment("bright", BRIGHT);
    for seed in 0..3 {
        world.run("plain", seed, 0.4);
    }
    world.run("bright", 0, 0.8);
    (folder, world)
}

fn program(world: &World, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_colorize"))
        .args(arguments)
        .current_dir(&world.root)
        .env("COLORIZE_CACHE", world.root.join("cache"))
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter();
    entries
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap();
            let bytes = fs::read(entry.path()).unwrap();
            (path.display().to_string(), bytes)
        })
        .collect()
}

#[test]
fn a_report_holds_what_its_file_asks_for_and_is_the_same_every_time() {
    let (_folder, world) = bench();
    world.report("full", FULL);
    let output = program(&world, &["report", "reports/full.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    insta::assert_snapshot!("full_said", said(&output));
    let first = files(&world.root.join("reports/full"));
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    insta::assert_snapshot!("full_files", names.join("\n"));
    let text = |name: &str| String::from_utf8(first[name].clone()).unwrap();
    insta::assert_snapshot!("scores_md", text("tables/scores.md"));
    insta::assert_snapshot!("ablation_tex", text("tables/ablation.tex"));
    insta::assert_snapshot!("facts_csv", text("tables/facts.csv"));
    let page = text("index.html");
    assert!(page.contains("Bright is more colourful."), "{}", page.len());
    // Pictures come first, and one per run of a kind is folded.
    let place = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}"));
    assert!(place("id=\"sliders\"") < place("id=\"claims\""));
    assert_eq!(page.matches("<details><summary><h3").count(), 4);
    let paper = text("report.tex");
    for part in ["\\input{tables/scores.tex}", "{figures/samples-bright.pdf}"] {
        assert!(paper.contains(part), "{part}");
    }

    // In the place of the first, and not beside it.
    let output = program(&world, &["report", "reports/full.toml"]);
    assert_eq!(output.status.code(), Some(0));
    let second = files(&world.root.join("reports/full"));
    assert_eq!(first.len(), second.len());
    for (name, bytes) in &first {
        assert!(second[name] == *bytes, "{name} differs");
    }
    let left: Vec<_> = fs::read_dir(world.root.join("reports")).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

/// The words of an SVG document, in the order in which they are drawn.
fn words(document: &str) -> Vec<String> {
    let texts = document.split("<text ").skip(1);
    texts
        .filter_map(|text| Some(text.split_once('>')?.1.split_once("</text>")?.0.trim()))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_scatter_and_a_table_say_one_number() {
    let (_folder, world) = bench();
    let metrics = "metrics = [\"colorfulness_ratio\", \"psnr_luma_replaced\"]";
    let tables = format!("[[tables]]\nkind = \"scores\"\n{metrics}\n");
    let report = format!(
        "title = \"One\"\n[[runs]]\nexperiment = \"plain\"\n[[figures]]\nkind = \"scatter\"\n{tables}"
    );
    world.report("one", &report);
    let output = program(&world, &["report", "reports/one.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let read = |name: &str| fs::read_to_string(world.root.join("reports/one").join(name)).unwrap();
    // All digits of the mean over seeds.
    let table = read("tables/scores.csv");
    let row = table.lines().find(|line| line.contains("Plain")).unwrap();
    let numbers: Vec<f64> = row
        .split(',')
        .filter_map(|cell| cell.parse().ok())
        .collect();
    let words = words(&read("figures/scatter.svg"));
    let overall = words
        .iter()
        .find(|words| words.starts_with("Plain: overall"));
    let overall = overall.unwrap_or_else(|| panic!("{words:?}"));
    let shown = overall.rsplit(' ').next().unwrap();
    let (ratio, decibels) = overall
        .rsplit_once(": overall ")
        .unwrap()
        .1
        .split_once(", ")
        .unwrap();
    assert_eq!(shown, decibels);
    for (shown, digits) in [(ratio, 3), (decibels, 2)] {
        let is_in_table = numbers
            .iter()
            .any(|number| format!("{number:.digits$}") == shown);
        assert!(is_in_table, "{shown} is none of {row}");
    }
}

#[test]
fn lines_of_two_held_out_sets_share_no_axis() {
    let (_folder, world) = bench();
    world.experiment("few", "title = \"Few\"\nevaluate.images = 12\n");
    world.run("few", 0, 0.6);
    let runs = ["plain", "bright", "few"]
        .map(|name| format!("[[runs]]\nexperiment = \"{name}\"\n"))
        .concat();
    let curves = "[[figures]]\nkind = \"curves\"\nmetrics = [\"loss\", \"ciede2000\"]\n";
    world.report("sets", &format!("title = \"Sets\"\n{runs}{curves}"));
    let output = program(&world, &["report", "reports/sets.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let document = fs::read_to_string(world.root.join("reports/sets/figures/curves.svg")).unwrap();
    let words = words(&document);
    let count = |wanted: &str| words.iter().filter(|words| *words == wanted).count();
    assert_eq!(count("Held-out CIEDE2000"), 2, "{words:?}");
    assert_eq!(count("Training loss, output in YUV"), 2);
    let headings = words
        .iter()
        .filter(|words| words.ends_with(" held-out images"));
    assert_eq!(headings.count(), 2, "{words:?}");
    // One legend for all.
    for run in ["Plain", "Brighter", "Few"] {
        assert_eq!(count(run), 1, "{run}");
    }

    // One set needs no heading.
    let one = format!("title = \"Set\"\n[[runs]]\nexperiment = \"plain\"\n{curves}");
    world.report("set", &one);
    let output = program(&world, &["report", "reports/set.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let document = fs::read_to_string(world.root.join("reports/set/figures/curves.svg")).unwrap();
    assert!(!document.contains(" held-out images"));
}

/// A claim of less that holds lies where less was expected, and not where the metric would be worse.
#[test]
fn a_claim_is_drawn_against_what_it_expects() {
    let (_folder, world) = bench();
    let report = r#"
title = "Claims"

[[runs]]
experiment = "plain"

[[figures]]
kind = "claims"

[[claims]]
text = "It is dull."
metric = "colorfulness_ratio"
of = "plain"
value = 1.0
expect = "less"
by = 0.05
"#;
    world.report("claims", report);
    let output = program(&world, &["report", "reports/claims.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let document = fs::read_to_string(world.root.join("reports/claims/figures/claims.svg"));
    let words = words(&document.unwrap());
    let has = |wanted: &str| words.iter().any(|words| words == wanted);
    assert!(has("supported") && has("expected"), "{words:?}");
    assert!(
        words.iter().any(|it| it.starts_with("&lt; −0.05")),
        "{words:?}"
    );
    assert!(!has("← worse") && !has("worse →"), "{words:?}");
}

#[test]
fn what_is_missing_is_named_and_nothing_at_all_is_refused() {
    let (_folder, world) = bench();
    world.experiment("dull", "title = \"Dull\"\n");
    world.run_until("bright", 1, 0.8, 40);
    let tables = "[[tables]]\nkind = \"scores\"\n";
    let runs = |names: &[&str]| -> String {
        let runs = names.iter();
        runs.map(|name| format!("[[runs]]\nexperiment = \"{name}\"\n"))
            .collect()
    };
    let some = format!("title = \"Some\"\n{}{tables}", runs(&["dull", "bright"]));
    world.report("some", &some);
    let output = program(&world, &["report", "reports/some.toml"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!("some_missing_said", said(&output));
    let table = fs::read_to_string(world.root.join("reports/some/tables/scores.md")).unwrap();
    assert!(table.contains("1 of 2"), "{table}");
    assert!(
        table.contains("seed 1 (interrupted at step 40 of 60)"),
        "{table}"
    );

    world.report("none", &format!("title = \"None\"\n{}", runs(&["dull"])));
    let output = program(&world, &["report", "reports/none.toml"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("nothing_said", said(&output));
    assert!(!world.root.join("reports/none").exists());
}

#[test]
fn a_check_fails_when_a_claim_is_not_what_is_written_down() {
    let (_folder, world) = bench();
    world.report("full", FULL);
    let check = |name: &str| program(&world, &["report", name, "--check"]);
    let output = check("reports/full.toml");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(!world.root.join("reports/full").exists());

    let better = FULL.replace("verdict = \"supported\"", "verdict = \"contradicted\"");
    world.report("better", &better);
    let output = check("reports/better.toml");
    // What is written down is not what the runs say, for better or worse.
    assert_eq!(output.status.code(), Some(1));
    let text = said(&output);
    assert!(text.contains("now supported, but the file says contradicted"));
    assert!(
        text.contains("1 of 1 claim not as recorded: 1 better; record the new verdict"),
        "{text}"
    );
    assert!(text.contains("2 claims not checked"), "{text}");
    let made = said(&program(&world, &["report", "reports/better.toml"]));
    assert!(
        made.contains(
            "warning: `reports/better.toml` says contradicted, but these runs say supported"
        ),
        "{made}"
    );

    let worse = FULL.replace("expect = \"greater\"", "expect = \"less\"");
    world.report("worse", &worse);
    let output = check("reports/worse.toml");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("NO LONGER supported, now contradicted"));

    // Without runs nothing can be said to hold.
    let open = FULL.replace(
        "of = \"bright\"\nagainst = \"plain\"\nexpect",
        "of = \"dull\"\nagainst = \"plain\"\nexpect",
    );
    let open = open.replace(
        "[[tables]]\nkind = \"scores\"",
        "[[runs]]\nexperiment = \"dull\"",
    );
    world.report("open", &open);
    let output = check("reports/open.toml");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("now open"));

    world.report("silent", &FULL.replace("verdict = \"supported\"", ""));
    let output = check("reports/silent.toml");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("has an expected verdict"));
}

#[test]
fn a_mean_over_an_infinite_value_is_no_number_to_claim_by() {
    let (_folder, world) = bench();
    let lossless = FULL.replace(
        "metric = \"colorfulness_ratio\"\nof = \"bright\"\nagainst = \"plain\"\nexpect = \"greater\"",
        "metric = \"psnr\"\nof = \"bright\"\nbaseline = \"reachable_yuv_exact\"\nexpect = \"less\"",
    );
    world.report("lossless", &lossless);
    let output = program(&world, &["report", "reports/lossless.toml", "--check"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("now open"), "{text}");
    assert!(
        text.contains("an infinite value, such as the PSNR of a picture without any error"),
        "{text}"
    );
}

#[test]
fn names_that_mean_several_runs_are_refused_where_they_are_written() {
    let (_folder, world) = bench();
    world.report("full", FULL);
    // The same experiment once more, otherwise.
    world.experiment(
        "bright",
        &BRIGHT.replace("batch_size = 4", "batch_size = 5"),
    );
    world.run("bright", 0, 0.6);
    let output = program(&world, &["report", "reports/full.toml"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!("several_said", said(&output));

    let filtered = FULL.replace("label = \"Bright\"", "filter = \"train.batch_size=5\"");
    world.report("filtered", &filtered);
    let output = program(&world, &["report", "reports/filtered.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let named = FULL.replace(
        "of = \"bright\"\nagainst = \"plain\"\nexpect",
        "of = \"bright batch_size=4\"\nagainst = \"plain\"\nexpect",
    );
    world.report("named", &named);
    let output = program(&world, &["report", "reports/named.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn figures_say_where_they_come_from_and_when_they_are_stale() {
    let (_folder, world) = bench();
    let report = world.report("full", FULL);
    assert_eq!(
        program(&world, &["report", "reports/full.toml"])
            .status
            .code(),
        Some(0)
    );
    let verify = |name: &str| {
        let path = format!("reports/full/figures/{name}");
        let output = program(&world, &["verify", "figure", &path]);
        (output.status.code(), said(&output))
    };
    let (code, text) = verify("curves.png");
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!("verify_said", text);
    assert_eq!(verify("curves-dark.svg").0, Some(0));
    assert_eq!(verify("samples-plain.svg").0, Some(0));

    // Another seed, which the curves lack and the samples of the first seed do not.
    world.run("bright", 1, 0.8);
    let (code, text) = verify("curves.svg");
    assert_eq!(code, Some(1));
    assert!(text.contains("but the figure does not"), "{text}");

    // A run that is gone.
    let gone = world.runs().join("plain");
    fs::remove_dir_all(&gone).unwrap();
    let (code, text) = verify("samples-plain.png");
    assert_eq!(code, Some(1));
    assert!(text.contains("missing"), "{text}");

    fs::write(&report, FULL.replace("All of it", "Something else")).unwrap();
    for file in ["samples-bright.png", "samples-bright.pdf"] {
        let (_, text) = verify(file);
        assert!(text.contains("has changed since"), "{text}");
    }

    let picture = image::RgbImage::new(3, 3);
    let path = world.root.join("reports/full/figures/foreign.png");
    picture.save(path).unwrap();
    assert_eq!(verify("foreign.png").0, Some(2));
    assert_eq!(verify("absent.png").0, Some(2));
}

#[test]
fn what_a_user_calls_a_run_is_text_everywhere() {
    let (_folder, world) = bench();
    let label = "<script>alert(1)</script> & 50%_of | {this} \\\\ $x$";
    let hostile = FULL.replace("label = \"Bright\"", &format!("label = '{label}'"));
    world.report("full", &hostile);
    let output = program(&world, &["report", "reports/full.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let read = |name: &str| fs::read_to_string(world.root.join("reports/full").join(name)).unwrap();
    let page = read("index.html");
    assert!(!page.contains("<script>alert"), "a script got through");
    let row = |text: &str| {
        let mut lines = text.lines().filter(|line| line.contains("alert"));
        lines
            .next()
            .unwrap()
            .split(['&', '|'])
            .take(4)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let shown = [
        row(&read("tables/scores.md")),
        row(&read("tables/scores.csv")),
    ]
    .join("\n");
    insta::assert_snapshot!("hostile_rows", shown);
    assert!(read("tables/scores.tex").contains("\\& 50\\%\\_of | \\{this\\} \\textbackslash{}"));
}

#[test]
fn a_folder_that_is_no_report_is_left_alone() {
    let (_folder, world) = bench();
    world.report("full", FULL);
    let notes = world.root.join("reports/full/notes.txt");
    fs::create_dir_all(notes.parent().unwrap()).unwrap();
    fs::write(&notes, "mine").unwrap();
    let output = program(&world, &["report", "reports/full.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("move it away"), "{}", said(&output));
    assert_eq!(fs::read_to_string(&notes).unwrap(), "mine");
    let output = program(
        &world,
        &["report", "reports/full.toml", "--out", "elsewhere"],
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(world.root.join("elsewhere/full/index.html").is_file());
}

/// Every message about a report's file, as its user reads it.
#[test]
fn what_is_wrong_with_a_file_is_drawn_where_it_stands() {
    let (_folder, world) = bench();
    let mut text = String::new();
    for (heading, old, new) in [
        ("an unknown key", "label = ", "lable = "),
        ("an unknown kind", "kind = \"curves\"", "kind = \"curve\""),
        ("a missing key", "kind = \"facts\"", "name = \"facts\""),
        (
            "an option of another kind",
            "kind = \"claims\"",
            "kind = \"claims\"\nscale = \"log\"",
        ),
        (
            "runs that are not listed",
            "kind = \"chroma\"",
            "kind = \"chroma\"\nruns = [\"brigth\"]",
        ),
        ("a metric", "\"uv_mse\", ", "\"uv_mes\", "),
        ("two of one name", "kind = \"curves\"", "kind = \"claims\""),
        (
            "a filter",
            "label = \"Bright\"",
            "filter = \"train.steps >\"",
        ),
        (
            "a claim about nothing",
            "of = \"bright\"\nagainst = \"plain\"\nexpect",
            "against = \"plain\"\nexpect",
        ),
        ("a verdict", "verdict = \"supported\"", "verdict = \"true\""),
        (
            "no runs",
            "[[runs]]\nexperiment = \"plain\"\n\n[[runs]]\nexperiment = \"bright\"\nlabel = \"Bright\"\n",
            "",
        ),
    ] {
        assert!(FULL.contains(old), "{heading}");
        let path = world.report("wrong", &FULL.replacen(old, new, 1));
        let error = Report::read(&path).unwrap_err().to_string();
        let error = error.replace(&path.display().to_string(), "reports/wrong.toml");
        text.push_str(&format!("## {heading}\n{error}\n\n"));
    }
    let absent = Report::read(&world.root.join("reports/none.toml")).unwrap_err();
    let absent = absent
        .to_string()
        .replace(&world.root.display().to_string(), "");
    text.push_str(&format!("## no file\n{absent}\n"));
    insta::assert_snapshot!(text);
}

#[test]
fn the_reports_of_the_project_are_sound() {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    let mut names = Vec::new();
    for entry in fs::read_dir(reports).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            names.push(Report::read(&path).unwrap().name);
        }
    }
    names.sort();
    assert_eq!(
        names,
        [
            "ablations",
            "original-size",
            "photographs",
            "stages",
            "weight-decay"
        ]
    );
}

/// The newest results of `reproduce --quick` in `progress/LOG.md` are what `reports/stages.toml` is held to.
#[test]
fn the_verdicts_of_the_stages_are_those_of_the_newest_results() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let report = Report::read(&root.join("reports/stages.toml")).unwrap();
    let log = fs::read_to_string(root.join("progress/LOG.md")).unwrap();
    let mut entries = log.split("\n## ").skip(1);
    let entry = entries
        .find(|entry| entry.contains("claims are supported."))
        .unwrap();
    let found: Vec<&str> = entry
        .lines()
        .filter_map(|line| line.strip_prefix("- ")?.split_once(':'))
        .map(|(verdict, _)| verdict)
        .filter(|verdict| ["Not decided", "Contradicted", "Open"].contains(verdict))
        .collect();
    let all = report.claims.len();
    let supported = format!("{} of {all} claims are supported.", all - found.len());
    assert!(entry.contains(&supported), "not `{supported}`:\n{entry}");
    let written: Vec<String> = report
        .claims
        .iter()
        .map(|claim| claim.verdict.unwrap().to_string())
        .filter(|verdict| verdict != "supported")
        .collect();
    let found: Vec<String> = found.iter().map(|it| it.to_lowercase()).collect();
    assert_eq!(
        written, found,
        "reports/stages.toml says other than the newest results in progress/LOG.md"
    );
}
