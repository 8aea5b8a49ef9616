//! How long a report takes, and how much memory: over 40 runs of 10,000 rows with 12 figures, and over 1,000 runs.
//!
//! `cargo bench --bench report` writes run folders into a temporary folder, which is removed at the end: four seeds a
//! configuration, 10,000 rows of metrics and 500 scored images a run. `cargo bench --bench report -- 40` leaves out the
//! thousand, which take minutes and gigabytes to write.

#[path = "../tests/suite/report/world.rs"]
#[allow(clippy::unwrap_used, missing_docs, unreachable_pub, dead_code)]
mod world;

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use colorize::report::{Judgement, Report};

use world::World;

/// Images that a run was judged by.
const IMAGES: usize = 500;

/// Steps, of which each logs two rows.
const STEPS: usize = 4995;

fn main() -> anyhow::Result<()> {
    let only_few = std::env::args().any(|argument| argument == "40");
    let folder = tempfile::tempdir()?;
    let world = World::new(folder.path(), IMAGES, STEPS);
    report(&world, 40, &FEW)?;
    if !only_few {
        report(&world, 1000, &MANY)?;
    }
    Ok(())
}

/// Twelve figures: every kind, and two of one kind.
const FEW: [&str; 12] = [
    "kind = \"claims\"",
    "kind = \"curves\"",
    "kind = \"curves\"\nname = \"loss\"\nmetrics = [\"loss\"]",
    "kind = \"comparison\"",
    "kind = \"progress\"\nruns = [\"run-000\"]",
    "kind = \"samples\"\nruns = [\"run-000\"]",
    "kind = \"effects\"",
    "kind = \"scatter\"",
    "kind = \"chroma\"",
    "kind = \"extremes\"\nof = \"run-001\"\nagainst = \"run-000\"",
    "kind = \"resources\"",
    "kind = \"scatter\"\nname = \"accuracy\"\nmetrics = [\"uv_mse\", \"ciede2000\"]",
];

/// Those that still say something of hundreds of configurations.
const MANY: [&str; 4] = [
    "kind = \"claims\"",
    "kind = \"curves\"",
    "kind = \"effects\"",
    "kind = \"resources\"",
];

fn report(world: &World, runs: usize, figures: &[&str]) -> anyhow::Result<()> {
    let mut text = String::from("title = \"Many\"\n");
    for configuration in 0..runs / 4 {
        let name = format!("run-{configuration:03}");
        world.experiment(
            &name,
            &format!(
                "seeds = [0, 1, 2, 3]\ntrain.batch_size = {}\n",
                configuration + 4
            ),
        );
        let skill = 0.3 + 0.5 * configuration as f64 / (runs as f64 / 4.0);
        for seed in 0..4 {
            let folder = world.runs().join(&name);
            let is_there = std::fs::read_dir(&folder).is_ok_and(|it| it.count() > seed as usize);
            if !is_there {
                world.run(&name, seed, skill);
            }
        }
        write!(text, "[[runs]]\nexperiment = \"{name}\"\n")?;
        if configuration > 0 {
            text.push_str("parent = \"run-000\"\n");
        }
    }
    for kind in ["scores", "ablation", "facts"] {
        write!(text, "[[tables]]\nkind = \"{kind}\"\n")?;
    }
    for figure in figures {
        write!(text, "[[figures]]\n{figure}\n")?;
    }
    text.push_str(
        "[[claims]]\ntext = \"One is better.\"\nmetric = \"psnr\"\nof = \"run-001\"\nagainst = \"run-000\"\nexpect = \"greater\"\n",
    );
    let path = world.report(&format!("many-{runs}"), &text);
    measure(&path, &world.runs(), runs)
}

fn measure(path: &Path, runs: &Path, count: usize) -> anyhow::Result<()> {
    let began = Instant::now();
    let judgement = Judgement::of(Report::read(path)?, runs, None, false)?;
    let read = began.elapsed().as_secs_f64();
    // Runs that nobody trained have no network.
    let nothing = |_: &colorize::report::Run, _: &[i64]| Ok(Vec::new());
    let made = judgement.make(&nothing)?;
    let drawn = began.elapsed().as_secs_f64();
    made.write(path.parent().unwrap_or(Path::new(".")))?;
    let written = began.elapsed().as_secs_f64();
    let mut out = std::io::stdout();
    writeln!(out, "{count} runs")?;
    writeln!(out, "  read and judged   {read:.2} s")?;
    writeln!(out, "  tables, layouts   {:.2} s", drawn - read)?;
    writeln!(out, "  files             {:.2} s", written - drawn)?;
    writeln!(out, "  all of it         {written:.2} s")?;
    writeln!(
        out,
        "  memory at its peak, with the writing of the runs {}",
        peak_memory()
    )?;
    Ok(())
}

/// Linux's own count of this process's resident memory at its highest.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .map_or_else(|| "unknown".to_owned(), |it| it.trim().to_owned())
}
