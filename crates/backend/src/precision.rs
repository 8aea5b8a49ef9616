//! Which devices have which arithmetic.

use super::backends::backend_of;
use super::{BackendError, DeviceName, Precision};

/// Whether the device computes in this precision as fast as it should; see [`Precision`].
///
/// # Errors
///
/// [`BackendError::Precision`] with what is missing, where bfloat16 would be emulated and slower than 32-bit floats.
pub fn computes(name: &DeviceName, precision: Precision) -> Result<(), BackendError> {
    if precision == Precision::F32 {
        return Ok(());
    }
    match backend_of(name).lacks(name, precision) {
        None => Ok(()),
        Some(missing) => Err(BackendError::Precision {
            device: *name,
            precision,
            missing,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_computes_in_32_bits_and_flex_in_nothing_else() {
        for name in super::super::present() {
            assert_eq!(computes(&name, Precision::F32), Ok(()));
        }
        let refused = computes(&DeviceName::Flex, Precision::Bf16).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "device `flex` does not support `bf16`: the pure-Rust backend computes in 32-bit floats; \
             use `train.precision = \"f32\"`, or a device that supports it: \
             `libtorch` on a processor with AVX-512 BF16, or a CUDA GPU of compute capability 8.0"
        );
    }
}
