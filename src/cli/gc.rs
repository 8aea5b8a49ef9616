//! `colorize gc`: checkpoints that no policy keeps.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use colorize_base::readable_size;

use super::{DONE, FAILED, ls, output};
use crate::catalog::{Catalog, Sweep, SweepPolicy, Swept, look, sweep};
use crate::command_error::{CommandError, Result};
use crate::dataset::Cache;

/// Arguments of `colorize gc`.
#[derive(Debug, Args)]
pub(super) struct GcArguments {
    /// Which runs, as for `ls`; all by default
    #[arg(value_name = "FILTER", default_value = "", hide_default_value = true)]
    filter: String,
    /// How many of the latest checkpoints to keep, at least 1, instead of each run's `train.retain.last`
    #[arg(long, value_name = "N")]
    keep_last: Option<usize>,
    /// Metric whose best checkpoint to keep, or `none`, instead of `train.retain.best`
    #[arg(long, value_name = "METRIC")]
    keep_best: Option<String>,
    /// Number of steps between checkpoints to keep for good, 0 for none, instead of `train.retain.every`
    #[arg(long, value_name = "N")]
    milestones: Option<usize>,
    /// Only list what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Folder of all runs
    #[arg(long, default_value = "runs", value_name = "DIR")]
    runs: PathBuf,
}

/// Removes, or lists, what may go.
pub(super) fn run(arguments: &GcArguments) -> Result<ExitCode> {
    let policy = SweepPolicy {
        last: arguments.keep_last,
        best: arguments.keep_best.clone(),
        every: arguments.milestones,
    };
    if let Some(violation) = policy.violation() {
        return Err(CommandError::request(violation));
    }
    ls::check_folder(&arguments.runs)?;
    let catalog = Catalog::open(&arguments.runs, &Cache::of_user()?.folder)?;
    let mut failed = !catalog.unreadable.is_empty();
    for unreadable in &catalog.unreadable {
        output::note(&format!("skipped: {}", unreadable.reason));
    }
    output::strays(&catalog.strays);
    let (mut count, mut bytes) = (0, 0);
    for run in ls::pick(&catalog, &arguments.filter)? {
        let swept = if arguments.dry_run {
            look(run, &policy)
        } else {
            sweep(run, &policy)
        };
        match swept {
            Ok(Swept::Done(sweep)) => {
                tell(&sweep);
                count += sweep.removed.len();
                bytes += sweep.bytes();
            }
            Ok(Swept::InUse(folder, owner)) => {
                let path = folder.path().display();
                output::line(&format!("{path}: skipped, {owner} is working on it"));
            }
            Ok(Swept::Linked(folder, link)) => {
                let path = folder.path().display();
                let link = link.display();
                output::line(&format!("{path}: skipped, `{link}` is a link"));
            }
            Err(error) => {
                failed = true;
                output::note(&format!("error: {error}"));
            }
        }
    }
    let what = if count == 1 {
        "1 item".to_owned()
    } else {
        format!("{count} items")
    };
    let size = readable_size(bytes);
    output::line(&match (count, arguments.dry_run) {
        (0, _) => "nothing to remove".to_owned(),
        (_, true) => format!("{what}, {size}, would be removed"),
        (_, false) => format!("{what}, {size}, removed"),
    });
    Ok(ExitCode::from(if failed { FAILED } else { DONE }))
}

fn tell(sweep: &Sweep) {
    if sweep.removed.is_empty() && sweep.damaged.is_empty() {
        return;
    }
    let kept: Vec<String> = sweep.kept.iter().map(usize::to_string).collect();
    let kept = match &kept[..] {
        [] => "keeping no checkpoint".to_owned(),
        [step] => format!("keeping the checkpoint of step {step}"),
        steps => format!("keeping the checkpoints of steps {}", steps.join(", ")),
    };
    output::line(&format!("{}: {kept}", sweep.folder.path().display()));
    let below = |path: &std::path::Path| {
        let inner = path.strip_prefix(sweep.folder.path()).unwrap_or(path);
        inner.display().to_string()
    };
    for (path, bytes) in &sweep.removed {
        output::line(&format!(
            "  {:<40} {:>10}",
            below(path),
            readable_size(*bytes)
        ));
    }
    for path in &sweep.damaged {
        output::line(&format!("  {:<40} damaged, not removed", below(path)));
    }
}
