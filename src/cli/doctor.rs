//! `colorize doctor`: what this build can compute with on this machine.

use super::output;
use crate::backend;
use crate::dataset::Cache;

/// Tries every device and prints what came of it.
pub(super) fn run() -> anyhow::Result<()> {
    output::line(&format!("colorize    {}", env!("CARGO_PKG_VERSION")));
    output::line(backend::doctor().to_string().trim_end());
    output::line(&format!(
        "cache       {}",
        Cache::of_user()?.folder.display()
    ));
    Ok(())
}
