//! `colorize weights`: pretrained networks, by name and checksum.

use std::path::Path;

use clap::Subcommand;
use colorize_base::readable_size;
use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::command_error::{CommandError, Context, Result};
use crate::dataset::Cache;
use crate::download::{Fetched, ITEMS, Item, ItemKind, Phase, Progress, find};
use crate::extractor::WEIGHTS_FOLDER;

/// What can be asked of weights.
#[derive(Debug, Subcommand)]
pub(super) enum WeightsCommand {
    /// List the named weights, and whether they are downloaded
    List,
    /// Download weights into the cache, resuming an earlier download and verifying every byte
    Fetch {
        /// Names, as listed by `colorize weights list`
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}

/// Runs a command.
pub(super) fn run(command: &WeightsCommand) -> Result<()> {
    let folder = Cache::of_user()?.folder.join(WEIGHTS_FOLDER);
    match command {
        WeightsCommand::List => {
            list(&folder);
            Ok(())
        }
        WeightsCommand::Fetch { names } => {
            for item in named(names, |kind| kind == ItemKind::Weights)? {
                let fetched = fetch(item, &folder)?;
                output::line(&format!(
                    "{}  {}  SHA-256 {}{}",
                    item.name,
                    fetched.path.display(),
                    fetched.checksum,
                    if fetched.was_there {
                        "  (already downloaded)"
                    } else {
                        ""
                    }
                ));
            }
            Ok(())
        }
    }
}

fn list(folder: &Path) {
    let mut table = output::table(&["name", "what", "size", "downloaded", "license"]);
    for item in ITEMS.iter().filter(|item| item.kind == ItemKind::Weights) {
        table.add_row([
            item.name.to_owned(),
            item.title.to_owned(),
            readable_size(item.bytes),
            if item.path(folder).is_file() {
                "yes".to_owned()
            } else {
                "no".to_owned()
            },
            item.licence.to_owned(),
        ]);
    }
    output::line(&table.to_string());
    output::line("");
    output::line(&format!("Stored in {}", folder.display()));
}

/// The items of these names, all of one kind.
///
/// # Errors
///
/// When one of them has no such name.
pub(super) fn named(
    names: &[String],
    is_kind: impl Fn(ItemKind) -> bool,
) -> Result<Vec<&'static Item>> {
    names
        .iter()
        .map(|name| {
            find(name).filter(|item| is_kind(item.kind)).ok_or_else(|| {
                let legal: Vec<String> = ITEMS
                    .iter()
                    .filter(|item| is_kind(item.kind))
                    .map(|item| format!("`{}`", item.name))
                    .collect();
                let legal = legal.join(", ");
                CommandError::request(format!("unknown name: `{name}`; available: {legal}"))
            })
        })
        .collect()
}

/// Brings an item into a folder, with a bar.
///
/// # Errors
///
/// As the download has them.
pub(super) fn fetch(item: &Item, folder: &Path) -> Result<Fetched> {
    let bar = bytes_bar();
    let fetched = item.fetch(folder, &|progress| show(&bar, item.name, progress));
    bar.finish_and_clear();
    fetched.with_context(|| format!("cannot fetch {}", item.name))
}

/// A bar that counts bytes.
pub(super) fn bytes_bar() -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{prefix} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta} left",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

/// Shows how far a download or an unpacking is.
pub(super) fn show(bar: &ProgressBar, name: &str, progress: Progress) {
    let what = match progress.phase {
        Phase::Waiting => "waiting for another process to fetch",
        Phase::Verifying => "verifying",
        Phase::Receiving => "downloading",
        Phase::Pip => "asking pip for",
        Phase::Unpacking => "unpacking",
    };
    bar.set_prefix(format!("{what} {name}"));
    bar.set_length(progress.total);
    bar.set_position(progress.done);
}
