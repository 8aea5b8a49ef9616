//! The energy counters of the processor, as Linux shows them.
//!
//! `/sys/class/powercap/` holds a folder for each zone: `intel-rapl:0` is a socket (its `name` is `package-0`), also
//! on AMD, and `intel-rapl:0:1` a part of it. A socket's counter holds its parts but for the memory (`dram`), so sockets
//! and their memory are added up, and nothing else: `core` and `uncore` would count twice, `psys` is the whole board, and
//! `intel-rapl-mmio:0` the first socket again. Most systems let only root read the counters.

use std::fs;
use std::path::{Path, PathBuf};

/// The counters that can be read; there may be none.
pub(super) struct EnergyCounters(Vec<Counter>);

struct Counter {
    /// `energy_uj`: microjoules.
    path: PathBuf,
    last: u64,
    /// Where it begins again at 0.
    range: u64,
}

impl EnergyCounters {
    /// Looks for counters in `powercap`, and counts from here.
    pub(super) fn open(powercap: &Path) -> Self {
        let entries = fs::read_dir(powercap).into_iter().flatten().flatten();
        Self(
            entries
                .filter_map(|entry| Counter::open(&entry.path()))
                .collect(),
        )
    }

    /// Joules since the last call; `None` where nothing can be read.
    pub(super) fn joules(&mut self) -> Option<f64> {
        let microjoules: Vec<u64> = self.0.iter_mut().filter_map(Counter::advance).collect();
        (!microjoules.is_empty()).then(|| microjoules.iter().sum::<u64>() as f64 / 1e6)
    }
}

impl Counter {
    fn open(zone: &Path) -> Option<Self> {
        let folder = zone.file_name()?.to_str()?;
        let name = fs::read_to_string(zone.join("name")).ok()?;
        let is_part = folder.strip_prefix("intel-rapl:")?.contains(':');
        let counts = match name.trim() {
            "dram" => is_part,
            name => !is_part && name.starts_with("package"),
        };
        if !counts {
            return None;
        }
        let path = zone.join("energy_uj");
        Some(Self {
            last: read(&path)?,
            range: read(&zone.join("max_energy_range_uj")).unwrap_or(0),
            path,
        })
    }

    /// Microjoules since the last call. A counter that went back has begun again once: in the seconds between two samples
    /// it cannot do so twice.
    fn advance(&mut self) -> Option<u64> {
        let now = read(&self.path)?;
        let used = match now.checked_sub(self.last) {
            Some(used) => used,
            None => self.range.saturating_sub(self.last).saturating_add(now),
        };
        self.last = now;
        Some(used)
    }
}

fn read(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(powercap: &Path, folder: &str, name: &str, counter: u64) {
        let zone = powercap.join(folder);
        fs::create_dir_all(&zone).unwrap();
        fs::write(zone.join("name"), format!("{name}\n")).unwrap();
        fs::write(zone.join("energy_uj"), format!("{counter}\n")).unwrap();
        fs::write(zone.join("max_energy_range_uj"), "1000000000\n").unwrap();
    }

    fn set(powercap: &Path, folder: &str, counter: u64) {
        fs::write(powercap.join(folder).join("energy_uj"), counter.to_string()).unwrap();
    }

    #[test]
    fn sockets_and_their_memory_are_added_and_nothing_counts_twice() {
        let powercap = tempfile::tempdir().unwrap();
        let path = powercap.path();
        zone(path, "intel-rapl:0", "package-0", 500_000_000);
        zone(path, "intel-rapl:1", "package-1", 999_000_000);
        zone(path, "intel-rapl:0:0", "core", 7);
        zone(path, "intel-rapl:0:1", "dram", 100);
        zone(path, "intel-rapl:2", "psys", 11);
        zone(path, "intel-rapl-mmio:0", "package-0", 13);
        fs::create_dir(path.join("intel-rapl")).unwrap();
        let mut counters = EnergyCounters::open(path);
        assert_eq!(counters.joules(), Some(0.0));
        set(path, "intel-rapl:0", 502_000_000);
        // Begins again: a joule to the end of its range, three after it.
        set(path, "intel-rapl:1", 3_000_000);
        set(path, "intel-rapl:0:0", 900_000_000);
        set(path, "intel-rapl:0:1", 500_100);
        set(path, "intel-rapl:2", 900_000_000);
        set(path, "intel-rapl-mmio:0", 900_000_000);
        assert_eq!(counters.joules(), Some(6.5));
        assert_eq!(counters.joules(), Some(0.0));
    }

    #[test]
    fn what_cannot_be_read_is_absent() {
        let powercap = tempfile::tempdir().unwrap();
        let path = powercap.path();
        assert_eq!(EnergyCounters::open(&path.join("none")).joules(), None);
        zone(path, "intel-rapl:0", "package-0", 5);
        zone(path, "intel-rapl:1", "package-1", 5);
        fs::write(path.join("intel-rapl:1/energy_uj"), "not a number").unwrap();
        let mut counters = EnergyCounters::open(path);
        assert_eq!(counters.joules(), Some(0.0));
        fs::remove_file(path.join("intel-rapl:0/energy_uj")).unwrap();
        assert_eq!(counters.joules(), None);
    }
}
