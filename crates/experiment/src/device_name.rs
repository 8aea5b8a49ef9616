//! The names that users give to devices.

use std::fmt;
use std::str::FromStr;

use colorize_base::nearest::nearest;
use serde::{Deserialize, Serialize};

/// A name that no device has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown device `{given}`: must be one of {}, where 0 is the index of the GPU{}", DeviceName::LEGAL, hint(.nearest.as_deref()))]
pub struct UnknownDevice {
    /// As it was written.
    pub given: String,
    /// A legal name that looks like it.
    pub nearest: Option<String>,
}

/// A device as users write it: `flex`, `libtorch`, `libtorch:cuda:0`, `wgpu:0` or `cuda:0`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceName {
    /// Burn's own processor backend, in pure Rust.
    #[default]
    Flex,
    /// libtorch on the processor.
    Libtorch,
    /// libtorch on the CUDA GPU of this number. cuDNN rounds what it convolves to the ten bits of TF32, and nothing here
    /// reaches the switch of that; not tried on a GPU yet.
    LibtorchCuda(usize),
    /// Burn's own kernels on the GPU of this number among those that Vulkan, Metal or DirectX 12 reaches, the fastest kind
    /// first; `wgpu` alone is the first.
    Wgpu(usize),
    /// Burn's own kernels on the CUDA GPU of this number; not tried on a GPU yet.
    Cuda(usize),
}

const FLEX: &str = "flex";
const LIBTORCH: &str = "libtorch";
const LIBTORCH_CUDA: &str = "libtorch:cuda";
const WGPU: &str = "wgpu";
const CUDA: &str = "cuda";

impl DeviceName {
    /// The legal names, for messages and help.
    pub const LEGAL: &'static str = "`flex`, `libtorch`, `libtorch:cuda:0`, `wgpu:0`, `cuda:0`";

    /// One device of every kind there is a name for: of GPUs the first.
    pub const KINDS: [Self; 5] = [
        Self::Flex,
        Self::Libtorch,
        Self::LibtorchCuda(0),
        Self::Wgpu(0),
        Self::Cuda(0),
    ];

    /// What it is called without its number, and the number.
    fn parts(self) -> (&'static str, Option<usize>) {
        match self {
            Self::Flex => (FLEX, None),
            Self::Libtorch => (LIBTORCH, None),
            Self::LibtorchCuda(index) => (LIBTORCH_CUDA, Some(index)),
            Self::Wgpu(index) => (WGPU, Some(index)),
            Self::Cuda(index) => (CUDA, Some(index)),
        }
    }

    /// The device of the same kind with another number; the same device where the kind has none.
    #[must_use]
    pub fn numbered(self, index: usize) -> Self {
        match self {
            Self::Flex | Self::Libtorch => self,
            Self::LibtorchCuda(_) => Self::LibtorchCuda(index),
            Self::Wgpu(_) => Self::Wgpu(index),
            Self::Cuda(_) => Self::Cuda(index),
        }
    }

    /// The kind that is called this, and its first device.
    fn kind(name: &str) -> Option<Self> {
        Self::KINDS.into_iter().find(|kind| kind.parts().0 == name)
    }
}

/// The end of a message that may know what was meant.
fn hint(nearest: Option<&str>) -> String {
    nearest
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

/// The legal name that `given` was probably meant to be.
fn meant(given: &str) -> Option<String> {
    let given = given.to_lowercase();
    let known = |name: DeviceName| Some(name.to_string());
    if given.starts_with(CUDA) {
        return known(DeviceName::Cuda(0));
    }
    if given.starts_with(WGPU) || ["vulkan", "metal", "dx12"].contains(&given.as_str()) {
        return known(DeviceName::Wgpu(0));
    }
    if given.contains(CUDA) || given == "gpu" {
        return known(DeviceName::LibtorchCuda(0));
    }
    if given.contains("torch") {
        return known(DeviceName::Libtorch);
    }
    let names = DeviceName::KINDS.map(|kind| kind.parts().0);
    let name = nearest(&given, names).next()?;
    known(DeviceName::kind(name)?)
}

fn unknown(given: &str) -> UnknownDevice {
    UnknownDevice {
        given: given.to_owned(),
        nearest: meant(given),
    }
}

impl FromStr for DeviceName {
    type Err = UnknownDevice;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        if given == WGPU {
            return Ok(Self::Wgpu(0));
        }
        let numbered = given.rsplit_once(':').and_then(|(name, digits)| {
            // `+1` parses as a number too, and would be a second name of the same device.
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            let index = digits.parse::<usize>().ok().filter(|_| is_number)?;
            Some((name, index))
        });
        let (name, index) = numbered.map_or((given, None), |(name, index)| (name, Some(index)));
        let kind = Self::kind(name).filter(|kind| kind.parts().1.is_some() == index.is_some());
        kind.map(|kind| kind.numbered(index.unwrap_or(0)))
            .ok_or_else(|| unknown(given))
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (name, None) => formatter.pad(name),
            (name, Some(index)) => formatter.pad(&format!("{name}:{index}")),
        }
    }
}

impl TryFrom<String> for DeviceName {
    type Error = UnknownDevice;

    fn try_from(given: String) -> Result<Self, Self::Error> {
        given.parse()
    }
}

impl From<DeviceName> for String {
    fn from(name: DeviceName) -> Self {
        name.to_string()
    }
}

/// Where trials are to be trained: on one device, or on every GPU of a kind, such as `libtorch:cuda:*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Devices {
    /// This one.
    One(DeviceName),
    /// Every GPU of the kind that this one is the first of.
    Every(DeviceName),
}

impl Devices {
    /// The only one, or the first: what is said of a kind may be asked of it.
    pub fn first(self) -> DeviceName {
        match self {
            Self::One(name) | Self::Every(name) => name,
        }
    }
}

impl FromStr for Devices {
    type Err = UnknownDevice;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let Some(name) = given.strip_suffix(":*") else {
            return given.parse().map(Self::One);
        };
        DeviceName::kind(name)
            .filter(|kind| kind.parts().1.is_some())
            .map(Self::Every)
            .ok_or_else(|| unknown(given))
    }
}

impl fmt::Display for Devices {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(name) => name.fmt(formatter),
            Self::Every(kind) => formatter.pad(&format!("{}:*", kind.parts().0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in [
            "flex",
            "libtorch",
            "libtorch:cuda:0",
            "libtorch:cuda:11",
            "wgpu:0",
            "wgpu:3",
            "cuda:0",
            "cuda:1",
        ] {
            assert_eq!(name.parse::<DeviceName>().unwrap().to_string(), name);
            assert_eq!(name.parse::<Devices>().unwrap().to_string(), name);
        }
        assert_eq!("wgpu".parse(), Ok(DeviceName::Wgpu(0)));
    }

    #[test]
    fn every_kind_is_named_in_messages() {
        for kind in DeviceName::KINDS {
            assert!(DeviceName::LEGAL.contains(&format!("`{kind}`")), "{kind}");
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(kind.numbered(7).numbered(0), kind);
        }
    }

    #[test]
    fn every_gpu_of_a_kind_has_a_name_and_a_processor_is_one() {
        for name in ["libtorch:cuda:*", "wgpu:*", "cuda:*"] {
            let devices: Devices = name.parse().unwrap();
            assert!(matches!(devices, Devices::Every(_)), "{name}");
            assert_eq!(devices.to_string(), name);
            assert_eq!(devices.first(), devices.first().numbered(0));
        }
        for name in ["flex:*", "libtorch:*", "*", ":*", "wgpu*", "wgpu:0:*"] {
            assert!(name.parse::<Devices>().is_err(), "{name}");
            assert!(name.parse::<DeviceName>().is_err(), "{name}");
        }
    }

    #[test]
    fn wrong_names_are_answered_with_the_nearest() {
        for (given, expected) in [
            ("felx", Some("flex")),
            ("Flex", Some("flex")),
            ("flex:0", Some("flex")),
            ("flex:", Some("flex")),
            ("flex:99999999999999999999999999", Some("flex")),
            ("libtroch", Some("libtorch")),
            ("libtorch:0", Some("libtorch")),
            ("torch", Some("libtorch")),
            ("cuda", Some("cuda:0")),
            ("CUDA:x", Some("cuda:0")),
            ("gpu", Some("libtorch:cuda:0")),
            ("libtorch:cuda", Some("libtorch:cuda:0")),
            ("libtorch:cuda:+1", Some("libtorch:cuda:0")),
            ("libtorch:cuda:", Some("libtorch:cuda:0")),
            ("wgpu:", Some("wgpu:0")),
            ("wpgu", Some("wgpu:0")),
            ("metal", Some("wgpu:0")),
            ("tpu", None),
            ("", None),
        ] {
            let Err(UnknownDevice { nearest, .. }) = given.parse::<DeviceName>() else {
                panic!("{given} was taken");
            };
            assert_eq!(nearest.as_deref(), expected, "{given}");
        }
        assert_eq!(
            "felx".parse::<DeviceName>().unwrap_err().to_string(),
            "unknown device `felx`: must be one of `flex`, `libtorch`, `libtorch:cuda:0`, `wgpu:0`, `cuda:0`, where 0 is the \
             index of the GPU; did you mean `flex`?"
        );
        assert_eq!(
            "tpu".parse::<DeviceName>().unwrap_err().to_string(),
            "unknown device `tpu`: must be one of `flex`, `libtorch`, `libtorch:cuda:0`, `wgpu:0`, `cuda:0`, where 0 is the \
             index of the GPU"
        );
    }
}
