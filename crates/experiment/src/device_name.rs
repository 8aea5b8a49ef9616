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

/// A device as users write it: `flex`, `libtorch` or `libtorch:cuda:0`.
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
}

const FLEX: &str = "flex";
const LIBTORCH: &str = "libtorch";
const CUDA_PREFIX: &str = "libtorch:cuda:";
const FIRST_GPU: &str = "libtorch:cuda:0";

impl DeviceName {
    /// The legal names, for messages and help.
    pub const LEGAL: &'static str = "`flex`, `libtorch`, `libtorch:cuda:0`";
}

/// The end of a message that may know what was meant.
fn hint(nearest: Option<&str>) -> String {
    nearest
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

/// The legal name that `given` was probably meant to be.
fn meant(given: &str) -> Option<&'static str> {
    let given = given.to_lowercase();
    if given.contains("cuda") || given.contains("gpu") {
        return Some(FIRST_GPU);
    }
    if given.contains("torch") {
        return Some(LIBTORCH);
    }
    nearest(&given, [FLEX, LIBTORCH, FIRST_GPU]).next()
}

impl FromStr for DeviceName {
    type Err = UnknownDevice;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        let index = given
            .strip_prefix(CUDA_PREFIX)
            // `+1` parses as a number too, and would be a second name of the same device.
            .filter(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|index| index.parse().ok());
        match (given, index) {
            (FLEX, _) => Ok(Self::Flex),
            (LIBTORCH, _) => Ok(Self::Libtorch),
            (_, Some(index)) => Ok(Self::LibtorchCuda(index)),
            _ => Err(UnknownDevice {
                given: given.to_owned(),
                nearest: meant(given).map(str::to_owned),
            }),
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flex => formatter.pad(FLEX),
            Self::Libtorch => formatter.pad(LIBTORCH),
            Self::LibtorchCuda(index) => formatter.pad(&format!("{CUDA_PREFIX}{index}")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in ["flex", "libtorch", "libtorch:cuda:0", "libtorch:cuda:11"] {
            assert_eq!(name.parse::<DeviceName>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn wrong_names_are_answered_with_the_nearest() {
        for (given, expected) in [
            ("felx", Some("flex")),
            ("Flex", Some("flex")),
            ("libtroch", Some("libtorch")),
            ("torch", Some("libtorch")),
            ("cuda", Some("libtorch:cuda:0")),
            ("gpu", Some("libtorch:cuda:0")),
            ("libtorch:cuda", Some("libtorch:cuda:0")),
            ("libtorch:cuda:+1", Some("libtorch:cuda:0")),
            ("libtorch:cuda:", Some("libtorch:cuda:0")),
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
            "unknown device `felx`: must be one of `flex`, `libtorch`, `libtorch:cuda:0`, where 0 is the index of the GPU; did you mean `flex`?"
        );
        assert_eq!(
            "tpu".parse::<DeviceName>().unwrap_err().to_string(),
            "unknown device `tpu`: must be one of `flex`, `libtorch`, `libtorch:cuda:0`, where 0 is the index of the GPU"
        );
    }
}
