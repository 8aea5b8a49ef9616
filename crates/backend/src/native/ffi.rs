//! The border to `layer.cpp`: the only place with code that the compiler cannot check.
#![expect(
    unsafe_code,
    reason = "libtorch is a C++ library, and tch lacks what is called here"
)]

use std::ffi::{CStr, c_char};
use std::ptr::null;

use tch::Tensor;
use torch_sys::C_tensor;

use crate::Cudnn;

/// What is fixed about a layer; `layer.h` says what each is.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) transposed: i64,
    pub(super) stride: i64,
    pub(super) before: i64,
    pub(super) after: i64,
    pub(super) crop: i64,
    pub(super) relu: i64,
    pub(super) per_image: i64,
    pub(super) passes: i64,
    pub(super) keep: i64,
    pub(super) epsilon: f64,
}

/// What is fixed about a layer whose weights never change; `layer.h` says what each is.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub(super) struct FixedSettings {
    pub(super) transposed: i64,
    pub(super) stride: i64,
    pub(super) before: i64,
    pub(super) after: i64,
    pub(super) crop: i64,
    pub(super) groups: i64,
    pub(super) passes: i64,
    pub(super) least: f64,
    pub(super) most: f64,
}

unsafe extern "C" {
    fn colorize_layer_forward(
        settings: *const Settings,
        input: *const C_tensor,
        weight: *const C_tensor,
        bias: *const C_tensor,
        gamma: *const C_tensor,
        beta: *const C_tensor,
        shortcut: *const C_tensor,
        outputs: *mut *mut C_tensor,
    ) -> *mut c_char;
    fn colorize_layer_backward(
        settings: *const Settings,
        gradient: *const C_tensor,
        prepared: *const C_tensor,
        weight: *const C_tensor,
        gamma: *const C_tensor,
        beta: *const C_tensor,
        map: *const C_tensor,
        statistics: *const C_tensor,
        needs_input: i64,
        outputs: *mut *mut C_tensor,
    ) -> *mut c_char;
    fn colorize_fixed_pack(
        settings: *const FixedSettings,
        input: *const C_tensor,
        weight: *const C_tensor,
        bias: *const C_tensor,
        output: *mut *mut C_tensor,
    ) -> *mut c_char;
    fn colorize_fixed_forward(
        settings: *const FixedSettings,
        input: *const C_tensor,
        weight: *const C_tensor,
        packed: *const C_tensor,
        bias: *const C_tensor,
        shortcut: *const C_tensor,
        output: *mut *mut C_tensor,
    ) -> *mut c_char;
    fn colorize_set_cudnn(benchmark: i64, deterministic: i64);
    fn colorize_gpu_has_bfloat16(index: i64) -> i64;
    fn colorize_free_message(message: *mut c_char);
}

/// Whether the GPU, which is there, has convolutions in bfloat16.
pub(crate) fn gpu_has_bfloat16(index: usize) -> bool {
    // SAFETY: it takes a number and keeps nothing.
    unsafe { colorize_gpu_has_bfloat16(index as i64) != 0 }
}

/// Sets how cuDNN chooses from now on.
pub(crate) fn set_cudnn(mode: Cudnn) {
    let [benchmark, deterministic] =
        [Cudnn::Benchmark, Cudnn::Deterministic].map(|one| i64::from(mode == one));
    // SAFETY: it takes two numbers and keeps nothing.
    unsafe { colorize_set_cudnn(benchmark, deterministic) }
}

/// What the forward pass makes.
#[derive(Debug)]
pub(super) struct Forward {
    pub(super) output: Tensor,
    /// Of every channel of the batch; none of a norm that is not over the batch.
    pub(super) mean: Option<Tensor>,
    pub(super) variance: Option<Tensor>,
    /// What the backward pass takes for the input, where that is not the input itself. The input need not be kept then.
    pub(super) prepared: Option<Tensor>,
    /// The convolution's output without the bias; none where nothing is kept.
    pub(super) map: Option<Tensor>,
    /// Of `map`, `[2, channels]` or `[2, batch, channels]`; none where nothing is kept.
    pub(super) statistics: Option<Tensor>,
}

/// Gradients; that of the input where it was asked for.
#[derive(Debug)]
pub(super) struct Backward {
    pub(super) input: Option<Tensor>,
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
    pub(super) gamma: Tensor,
    pub(super) beta: Tensor,
}

/// The parameters of a layer: weight, bias, gamma, beta.
pub(super) type Parameters<'a> = [&'a Tensor; 4];

/// Convolution, norm with the statistics of what it is given, the relu and the shortcut.
pub(super) fn forward(
    settings: &Settings,
    input: &Tensor,
    [weight, bias, gamma, beta]: Parameters<'_>,
    shortcut: Option<&Tensor>,
) -> Forward {
    // SAFETY: every pointer but the shortcut's is that of a tensor that lives through the call.
    let [output, mean, variance, prepared, map, statistics] = outputs(|outputs| unsafe {
        colorize_layer_forward(
            settings,
            input.as_ptr(),
            weight.as_ptr(),
            bias.as_ptr(),
            gamma.as_ptr(),
            beta.as_ptr(),
            shortcut.map_or(null(), Tensor::as_ptr),
            outputs,
        )
    });
    Forward {
        output: defined(output),
        mean,
        variance,
        prepared,
        map,
        statistics,
    }
}

/// The gradients of everything, from that of the output.
pub(super) fn backward(
    settings: &Settings,
    gradient: &Tensor,
    prepared: &Tensor,
    [weight, _, gamma, beta]: Parameters<'_>,
    map: &Tensor,
    statistics: &Tensor,
    needs_input: bool,
) -> Backward {
    // SAFETY: every pointer is that of a tensor that lives through the call.
    let [input, weight, bias, gamma, beta] = outputs(|outputs| unsafe {
        colorize_layer_backward(
            settings,
            gradient.as_ptr(),
            prepared.as_ptr(),
            weight.as_ptr(),
            gamma.as_ptr(),
            beta.as_ptr(),
            map.as_ptr(),
            statistics.as_ptr(),
            i64::from(needs_input),
            outputs,
        )
    });
    Backward {
        input,
        weight: defined(weight),
        bias: defined(bias),
        gamma: defined(gamma),
        beta: defined(beta),
    }
}

/// The weights of a layer as its convolution wants them; none where it takes them as they are.
pub(super) fn fixed_pack(
    settings: &FixedSettings,
    input: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
) -> Option<Tensor> {
    // SAFETY: every pointer is that of a tensor that lives through the call.
    let [packed] = outputs(|outputs| unsafe {
        colorize_fixed_pack(
            settings,
            input.as_ptr(),
            weight.as_ptr(),
            bias.as_ptr(),
            outputs,
        )
    });
    packed
}

/// Convolution, bias, the shortcut, and what follows.
pub(super) fn fixed_forward(
    settings: &FixedSettings,
    input: &Tensor,
    weight: &Tensor,
    packed: Option<&Tensor>,
    bias: &Tensor,
    shortcut: Option<&Tensor>,
) -> Tensor {
    // SAFETY: every pointer that is not null is that of a tensor that lives through the call.
    let [output] = outputs(|outputs| unsafe {
        colorize_fixed_forward(
            settings,
            input.as_ptr(),
            weight.as_ptr(),
            packed.map_or(null(), Tensor::as_ptr),
            bias.as_ptr(),
            shortcut.map_or(null(), Tensor::as_ptr),
            outputs,
        )
    });
    defined(output)
}

/// Takes over the tensors that a call leaves.
///
/// # Panics
///
/// With libtorch's message, as Burn's own operations on it do.
fn outputs<const N: usize>(
    call: impl FnOnce(*mut *mut C_tensor) -> *mut c_char,
) -> [Option<Tensor>; N] {
    let mut pointers = [std::ptr::null_mut::<C_tensor>(); N];
    let message = call(pointers.as_mut_ptr());
    if !message.is_null() {
        // SAFETY: a message is a string that ends in a zero, and ours to give back.
        let text = unsafe { CStr::from_ptr(message) }
            .to_string_lossy()
            .into_owned();
        unsafe { colorize_free_message(message) };
        panic!("libtorch: {text}");
    }
    // SAFETY: what is not null was made by `new` for this call alone.
    pointers.map(|pointer| (!pointer.is_null()).then(|| unsafe { Tensor::from_ptr(pointer) }))
}

fn defined(tensor: Option<Tensor>) -> Tensor {
    tensor.expect("the C++ side leaves this tensor whenever it leaves no message")
}
