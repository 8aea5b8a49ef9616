//! `colorize dataset`: which datasets there are, and what they hold.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Subcommand;
use comfy_table::CellAlignment;

use super::{output, weights};
use crate::command_error::{Context, Result};
use crate::dataset::SplitSection;
use crate::dataset::inspection::{Finding, Inspection, inspect};
use crate::dataset::{
    Cache, Index, Manifest, Source, Spread, Statistics, list_manifests, resolve_manifest,
};
use crate::download::{ItemKind, Limits, Wanted, unpack};
use crate::photo::Profile;
use crate::runs::atomic;
use crate::terminal;
use crate::train::Counter;
use crate::work::prepare::utf8_path;
use colorize_base::one_line;

/// How many copies, and how many broken files, are named.
const NAMED: usize = 10;

/// Chroma spread below which a photograph is likely to be toned: see docs/datasets.md.
const LIKELY_TONED: f64 = 2.0;

/// What can be asked of datasets.
#[derive(Debug, Subcommand)]
pub(super) enum DatasetCommand {
    /// List the manifests that experiments can name, and whether their data is available
    List,
    /// Download and unpack archives of COCO 2017: `coco-annotations2017`, `coco-val2017`, `coco-train2017`
    Fetch {
        /// Names of archives
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// Folder to unpack into
        #[arg(long, default_value = "datasets/coco", value_name = "DIR")]
        into: PathBuf,
        /// Keep the archives next to the unpacked files
        #[arg(long)]
        keep_archives: bool,
    },
    /// Build the index of a dataset, or say that it is up to date
    Index {
        /// Name of a manifest in `datasets`, or path to a manifest
        #[arg(value_parser = utf8_path())]
        manifest: PathBuf,
    },
    /// Count images, categories, sizes and splits
    Stats {
        /// Name of a manifest in `datasets`, or path to a manifest
        #[arg(value_parser = utf8_path())]
        manifest: PathBuf,
        /// Share of the images held out
        #[arg(long, value_parser = share, default_value_t = SplitSection::default().validation)]
        validation: f64,
        /// Seed of the split
        #[arg(long, default_value_t = SplitSection::default().seed)]
        split_seed: u64,
        /// Also decode every photograph, and count those that are broken or colorless
        #[arg(long)]
        inspect: bool,
    },
}

/// Runs a command.
///
/// # Errors
///
/// When a manifest, or the data it names, is missing or not what it should be.
pub(super) fn run(command: &DatasetCommand) -> Result<()> {
    match command {
        DatasetCommand::List => list(),
        DatasetCommand::Fetch {
            names,
            into,
            keep_archives,
        } => fetch(names, into, *keep_archives),
        DatasetCommand::Index { manifest } => index(manifest),
        DatasetCommand::Stats {
            manifest,
            validation,
            split_seed,
            inspect,
        } => {
            let split = SplitSection {
                validation: *validation,
                seed: *split_seed,
            };
            stats(manifest, &split, *inspect)
        }
    }
}

/// Downloads archives and unpacks them, one after the other. An unpacked archive is deleted, unless it is to be kept.
fn fetch(names: &[String], into: &Path, keep_archives: bool) -> Result<()> {
    let is_dataset = |kind| matches!(kind, ItemKind::Dataset { .. });
    for item in weights::named(names, is_dataset)? {
        let ItemKind::Dataset { root } = item.kind else {
            continue;
        };
        // The archive is gone once it was unpacked; this file says that it was.
        let note = into.join(format!(".{}.unpacked", item.file_name));
        if note.is_file() && into.join(root).is_dir() {
            output::line(&format!(
                "{}  already unpacked; to unpack it again, delete `{}`",
                item.name,
                note.display()
            ));
            continue;
        }
        let fetched = weights::fetch(item, into)?;
        let bar = weights::bytes_bar();
        let unpacked = unpack(
            &fetched.path,
            into,
            &Wanted::Under(root),
            &Limits::default(),
            &|progress| weights::show(&bar, item.name, progress),
        );
        bar.finish_and_clear();
        let unpacked = unpacked.with_context(|| format!("cannot unpack {}", item.name))?;
        output::line(&format!(
            "{}  {} files in {}{}",
            item.name,
            unpacked.files,
            into.join(root).display(),
            match unpacked.were_there {
                0 => String::new(),
                there => format!(", {there} of them already existed"),
            }
        ));
        output::line(&format!("  {}", item.licence));
        atomic::write(&note, format!("{}\n", fetched.checksum).as_bytes())?;
        if !keep_archives {
            std::fs::remove_file(&fetched.path)
                .with_context(|| format!("cannot delete `{}`", fetched.path.display()))?;
        }
    }
    Ok(())
}

/// A share that leaves both parts something, for clap.
fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err("must be between 0 and 1, exclusive".to_owned()),
    }
}

fn list() -> Result<()> {
    let mut table = output::table(&["dataset", "kind", "data", "manifest"]);
    for path in list_manifests(None)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // A manifest with a mistake is listed with it; the others are still worth seeing.
        let (kind, data) = match Manifest::read(&path) {
            Ok(manifest) => describe(&manifest.source),
            Err(error) => ("–", error.to_string()),
        };
        table.add_row([&name, kind, &data, &path.display().to_string()]);
    }
    if table.is_empty() {
        output::note("no folder `datasets` with manifests here or in a parent folder");
    } else {
        output::line(&table.to_string());
    }
    Ok(())
}

/// The kind of a source, and whether its data is available.
fn describe(source: &Source) -> (&'static str, String) {
    let found = |there: bool, path: &Path| {
        let word = if there { "found" } else { "missing" };
        format!("{word}: {}", path.display())
    };
    match source {
        Source::Coco {
            images,
            annotations,
            ..
        } => {
            let data = if images.is_dir() {
                found(annotations.is_file(), annotations)
            } else {
                found(false, images)
            };
            ("coco", data)
        }
        Source::Folder { path } => ("folder", found(path.is_dir(), path)),
        Source::Synthetic { count, seed, size } => (
            "synthetic",
            format!("{count} scenes of {size}x{size}, seed {seed}, painted when needed"),
        ),
    }
}

fn index(manifest: &Path) -> Result<()> {
    let began = Instant::now();
    let (index, _) = open(manifest)?;
    output::line(&format!(
        "{}: {} images, {} annotations, {} categories; {} in {:.1} s",
        index.name,
        index.images.len(),
        index.annotations,
        index.categories.len(),
        if index.built {
            "indexed"
        } else {
            "up to date, opened"
        },
        began.elapsed().as_secs_f64()
    ));
    if !index.passed_over.is_empty() {
        output::line(&format!("passed over: {}", index.passed_over));
    }
    let missing = index.missing();
    if !missing.is_empty() {
        let named: Vec<&str> = missing
            .iter()
            .take(5)
            .map(|it| it.file_name.as_str())
            .collect();
        output::line(&format!(
            "{} images are missing from {}: {}{}",
            missing.len(),
            index.root.display(),
            named.join(", "),
            if missing.len() > named.len() {
                ", …"
            } else {
                ""
            }
        ));
    }
    Ok(())
}

fn stats(manifest: &Path, split: &SplitSection, look: bool) -> Result<()> {
    let (index, cache) = open(manifest)?;
    let inspection = if look {
        Some(looked_at(&index, &cache))
    } else {
        None
    };
    let copies = inspection.as_ref().map(Inspection::copies);
    let copied: HashMap<i64, i64> = match &copies {
        Some(copies) => {
            let copies = copies.iter();
            copies.map(|copy| (copy.image.id, copy.of.id)).collect()
        }
        None => index.listed_again(),
    };
    let statistics = index.statistics(split, &copied);
    let mut table = output::table(&["dataset", &index.name]);
    table.add_row(["folder", &index.root.display().to_string()]);
    for (what, number) in facts(&statistics, &index) {
        table.add_row([what, &number]);
    }
    let what = match &copies {
        Some(_) => "copies of other photographs",
        None => "files listed twice",
    };
    table.add_row([what, &left_out(copied.len())]);
    if let Some(inspection) = &inspection {
        for (what, number) in findings(inspection) {
            table.add_row([what, &number]);
        }
    }
    output::line(&table.to_string());
    if let Some(inspection) = &inspection {
        name_some("broken", broken(inspection));
        name_some(
            "color profile not applied",
            profiles_not_applied(inspection),
        );
    }
    if let Some(copies) = &copies {
        name_some("copy", copies.iter().map(ToString::to_string).collect());
    }
    if !statistics.categories.is_empty() {
        let mut table = output::table(&["category", "images", "held out"]);
        for category in &statistics.categories {
            table.add_row([
                &one_line(&category.name).into_owned(),
                &category.images.to_string(),
                &category.validation.to_string(),
            ]);
        }
        for column in [1, 2] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        output::line("");
        output::line(&table.to_string());
    }
    Ok(())
}

/// Inspects every photograph, with progress on the standard error stream.
fn looked_at(index: &Index, cache: &Cache) -> Inspection {
    let records: Vec<_> = index.images.iter().collect();
    let bar = bar(
        records.len(),
        &format!("inspecting photographs of {}", index.name),
    );
    let inspection = inspect(&records, cache, &[], &|done| bar.set_position(done));
    bar.finish_and_clear();
    for warning in &inspection.warnings {
        output::warning(warning);
    }
    inspection
}

/// `60, left out`: copies are in neither part of the split.
fn left_out(copies: usize) -> String {
    match copies {
        0 => "0".to_owned(),
        copies => format!("{copies}, left out"),
    }
}

/// The first few of what was found, one a line.
fn name_some(what: &str, found: Vec<String>) {
    for text in found.iter().take(NAMED) {
        output::line(&format!("  {what}: {text}"));
    }
    if found.len() > NAMED {
        output::line(&format!("  … and {} more", found.len() - NAMED));
    }
}

/// Broken files, with their causes.
fn broken(inspection: &Inspection) -> Vec<String> {
    let images = inspection.images.iter();
    images
        .filter_map(|image| match &image.finding {
            Finding::Broken { cause } => Some(format!("{}: {cause}", image.record.file_name)),
            _ => None,
        })
        .collect()
}

/// Files whose color profile was not applied, with the reason.
fn profiles_not_applied(inspection: &Inspection) -> Vec<String> {
    let images = inspection.images.iter();
    images
        .filter_map(|image| match &image.finding {
            Finding::Photo {
                profile: Profile::Ignored(reason),
                ..
            } => Some(format!("{}: {reason}", image.record.file_name)),
            _ => None,
        })
        .collect()
}

fn facts(statistics: &Statistics, index: &Index) -> Vec<(&'static str, String)> {
    let spread = |spread: Option<Spread>| {
        spread.map_or_else(
            || "not in the index".to_owned(),
            |it| format!("{} to {}, median {}", it.smallest, it.largest, it.median),
        )
    };
    let mut facts = vec![
        ("images", statistics.images.to_string()),
        ("missing files", statistics.missing.to_string()),
        ("without category", statistics.without_category.to_string()),
        ("annotations", annotations(index)),
        ("width", spread(statistics.width)),
        ("height", spread(statistics.height)),
        ("train", statistics.train.to_string()),
        ("validation", statistics.validation.to_string()),
    ];
    if !index.passed_over.is_empty() {
        facts.push(("passed over", index.passed_over.to_string()));
    }
    facts
}

/// `60, of which 15 are skipped`: annotations of what is not listed.
fn annotations(index: &Index) -> String {
    match index.lost.count() {
        0 => index.annotations.to_string(),
        lost => format!("{}, of which {lost} are skipped", index.annotations),
    }
}

fn findings(inspection: &Inspection) -> Vec<(&'static str, String)> {
    let mut broken = 0;
    let mut toned = 0;
    let mut chroma = Vec::new();
    let mut profiles: BTreeMap<&str, usize> = BTreeMap::new();
    for image in &inspection.images {
        match &image.finding {
            Finding::Photo {
                mean_chroma,
                chroma_spread,
                profile,
                ..
            } => {
                chroma.push(*mean_chroma);
                toned += usize::from(*mean_chroma >= 1.0 && *chroma_spread < LIKELY_TONED);
                if let Profile::Converted(name) = profile {
                    *profiles.entry(name).or_default() += 1;
                }
            }
            Finding::Broken { .. } => broken += 1,
            Finding::Missing => {}
        }
    }
    chroma.sort_by(f64::total_cmp);
    let colorless = chroma.iter().filter(|it| **it < 1.0).count();
    let median = chroma.get(chroma.len() / 2);
    let converted: usize = profiles.values().sum();
    let profiles: Vec<String> = profiles
        .iter()
        .map(|(name, count)| format!("{count} from {name}"))
        .collect();
    let converted = match converted {
        0 => "0".to_owned(),
        converted => format!("{converted}: {}", profiles.join(", ")),
    };
    vec![
        ("broken files", broken.to_string()),
        ("converted to sRGB", converted),
        ("mean chroma below 1", colorless.to_string()),
        ("likely toned", toned.to_string()),
        (
            "median of mean chroma",
            median.map_or_else(|| "–".to_owned(), |it| format!("{it:.1} of 255")),
        ),
    ]
}

/// Opens the index that a name or path means, with progress on the standard error stream.
fn open(manifest: &Path) -> Result<(Index, Cache)> {
    let path = resolve_manifest(&manifest.to_string_lossy(), None)?;
    let manifest = Manifest::read(&path)?;
    let cache = Cache::of_user()?;
    let scenes = match manifest.source {
        Source::Synthetic { count, .. } => count,
        Source::Coco { .. } | Source::Folder { .. } => 0,
    };
    let bar = bar(scenes, &format!("indexing {}", manifest.name));
    let index = Index::open(&manifest, &cache, &|done| bar.set_position(done))?;
    bar.finish_and_clear();
    if let Some(warning) = &index.warning {
        output::warning(warning);
    }
    Ok((index, cache))
}

/// Counts to `length`, or without an end where that is 0.
fn bar(length: usize, what: &str) -> Counter {
    Counter::new(what, length, terminal::is_quiet())
}
