//! The adapters that wgpu finds: numbered, and opened once.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, OnceLock, PoisonError};

use burn::tensor::{Device, DeviceKind, DeviceType};

use crate::{BackendError, DeviceName};

/// An adapter that is open.
#[derive(Debug, Clone)]
pub(super) struct Adapter {
    pub(super) device: Device,
    /// Its name, how it is reached, and its driver.
    pub(super) told: String,
}

/// How many there are, a processor that imitates a GPU among them.
pub(super) fn count() -> usize {
    kinds().len()
}

/// Opens the adapter, or gives it again.
pub(super) fn open(name: &DeviceName) -> Result<Adapter, BackendError> {
    static OPEN: Mutex<BTreeMap<usize, Result<Adapter, String>>> = Mutex::new(BTreeMap::new());

    let DeviceName::Wgpu(index) = *name else {
        unreachable!("{name} is not wgpu's");
    };
    let Some(kind) = kinds().get(index) else {
        return Err(BackendError::NoSuchAdapter {
            device: *name,
            found: count(),
        });
    };
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.entry(index)
        .or_insert_with(|| initialize(kind.clone()))
        .clone()
        .map_err(|reason| BackendError::Adapter {
            device: *name,
            reason,
        })
}

/// A runtime is set up once for a process.
fn initialize(kind: DeviceKind) -> Result<Adapter, String> {
    let (device, setup) = Device::wgpu_options()
        .device_kind(kind)
        .init_with_setup()
        .map_err(|error| error.to_string())?;
    let info = setup.adapter.get_info();
    let driver = [info.driver, info.driver_info].join(" ");
    let told = match driver.trim() {
        "" => format!("{}, {:?}", info.name, setup.backend),
        driver => format!("{}, {:?}, {driver}", info.name, setup.backend),
    };
    Ok(Adapter { device, told })
}

/// The adapters of the graphics interface that Burn chooses: GPUs with memory of their own first, then those that share the
/// processor's, then virtual ones, at last a processor that imitates one. Those of a kind keep the order of the driver.
/// What a driver calls none of these, Burn has no selector for.
fn kinds() -> &'static [DeviceKind] {
    static KINDS: OnceLock<Vec<DeviceKind>> = OnceLock::new();
    KINDS.get_or_init(|| {
        // A driver that fails shows itself as a panic, and there are other devices.
        let found = catch_unwind(AssertUnwindSafe(|| Device::enumerate(DeviceType::Wgpu)));
        found.map_or_else(|_| Vec::new(), |found| sorted(&found))
    })
}

/// The kinds of which `found` has a device.
fn sorted(found: &[Device]) -> Vec<DeviceKind> {
    let numbered = [
        DeviceKind::DiscreteGpu as fn(usize) -> DeviceKind,
        DeviceKind::IntegratedGpu,
        DeviceKind::VirtualGpu,
    ];
    let gpus = numbered
        .into_iter()
        .flat_map(|kind| (0..found.len()).map(kind));
    gpus.chain([DeviceKind::Cpu])
        .filter(|kind| found.contains(&Device::wgpu(kind.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_kind_comes_first_and_nothing_is_left_out() {
        let order = [
            DeviceKind::DiscreteGpu(0),
            DeviceKind::DiscreteGpu(1),
            DeviceKind::IntegratedGpu(0),
            DeviceKind::VirtualGpu(0),
            DeviceKind::Cpu,
        ];
        let mut found: Vec<Device> = order.iter().cloned().map(Device::wgpu).collect();
        assert_eq!(sorted(&found), order);
        assert_eq!(sorted(&found[2..]), order[2..]);
        found.reverse();
        assert_eq!(sorted(&found), order);
        assert!(sorted(&[]).is_empty());
    }
}
