//! Which devices have which arithmetic.

use super::{BackendError, DeviceName, Precision, libtorch};

/// Whether the device computes in this precision as fast as it should; see [`Precision`].
///
/// # Errors
///
/// [`BackendError::Precision`] with what is missing, where bfloat16 would be emulated and slower than 32-bit floats.
pub fn computes(name: &DeviceName, precision: Precision) -> Result<(), BackendError> {
    let missing = match (precision, name) {
        (Precision::F32, _) => return Ok(()),
        (Precision::Bf16, DeviceName::Flex) => "the pure-Rust backend computes in 32-bit floats",
        (Precision::Bf16, DeviceName::Libtorch) => {
            if processor_has_bfloat16() {
                return Ok(());
            }
            "this processor has no AVX-512 BF16, so bfloat16 would be emulated and slow"
        }
        (Precision::Bf16, DeviceName::LibtorchCuda(index)) => {
            // Ampere is the first with tensor cores for it.
            if libtorch::gpu_has_bfloat16(*index) {
                return Ok(());
            }
            "this GPU's compute capability is below 8.0"
        }
    };
    Err(BackendError::Precision {
        device: *name,
        precision,
        missing,
    })
}

/// Whatever has AMX for bfloat16 has this as well.
fn processor_has_bfloat16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("bf16");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    false
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
