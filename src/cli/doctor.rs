//! `colorize doctor`: which devices this build can use on this machine.

use super::output;
use crate::backend;
use crate::command_error::Result;
use crate::dataset::Cache;

/// Tries every device and prints the results, and what the cache holds.
pub(super) fn run() -> Result<()> {
    output::line(&format!("colorize    {}", env!("CARGO_PKG_VERSION")));
    output::line(backend::doctor().to_string().trim_end());
    let cache = Cache::of_user()?;
    output::line(&format!("cache       {}", cache.folder.display()));
    for (folder, bytes) in cache.usage() {
        output::line(&format!(
            "            {:>9.1} MB  {folder}",
            bytes as f64 / 1e6
        ));
    }
    Ok(())
}
