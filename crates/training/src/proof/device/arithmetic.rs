//! How finely a device rounds.

use std::fmt;

use serde::Serialize;

use crate::backend::{self, DeviceName, Precision};

/// The variable by which NVIDIA's libraries are told not to round to TF32, and its value.
const TF32_SWITCH: (&str, &str) = ("NVIDIA_TF32_OVERRIDE", "0");

/// The arithmetic of a computation on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// 32-bit floats throughout.
    F32,
    /// 32-bit floats that CUDA's libraries round to ten bits of mantissa before they multiply.
    Tf32,
    /// bfloat16 for feature maps and convolutions.
    Bf16,
}

impl Arithmetic {
    /// That of `device` in `precision`.
    pub fn of(device: &DeviceName, precision: Precision) -> Self {
        let switch = std::env::var(TF32_SWITCH.0).ok();
        Self::with_switch(device, precision, switch.as_deref())
    }

    fn with_switch(device: &DeviceName, precision: Precision, switch: Option<&str>) -> Self {
        // By its class, so that another backend on CUDA is one as well.
        let is_cuda = backend::device_class(device).contains("cuda");
        match precision {
            Precision::Bf16 => Self::Bf16,
            Precision::F32 if is_cuda && switch != Some(TF32_SWITCH.1) => Self::Tf32,
            Precision::F32 => Self::F32,
        }
    }

    /// The largest relative error of one rounding.
    pub(super) fn unit(self) -> f64 {
        let bits = match self {
            Self::F32 => 24,
            Self::Tf32 => 11,
            Self::Bf16 => 9,
        };
        0.5_f64.powi(bits)
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::F32 => "f32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuda_rounds_to_tf32_unless_it_is_told_not_to() {
        let gpu = DeviceName::LibtorchCuda(0);
        let of = |device, precision, switch| Arithmetic::with_switch(device, precision, switch);
        assert_eq!(of(&gpu, Precision::F32, None), Arithmetic::Tf32);
        assert_eq!(of(&gpu, Precision::F32, Some("1")), Arithmetic::Tf32);
        assert_eq!(of(&gpu, Precision::F32, Some("0")), Arithmetic::F32);
        assert_eq!(of(&gpu, Precision::Bf16, Some("0")), Arithmetic::Bf16);
        for device in [DeviceName::Flex, DeviceName::Libtorch] {
            let arithmetic = Arithmetic::with_switch(&device, Precision::F32, None);
            assert_eq!(arithmetic, Arithmetic::F32);
        }
    }
}
