//! How coarse the arithmetic of an adapter is. Vulkan asks more of some functions than of others ("Precision and Operation
//! of SPIR-V Instructions"), and a deep network's error is that of its coarsest.

use burn::tensor::{Device, Tensor, TensorData};

use super::Wgpu;
use crate::backends::Backend;

/// The largest error of a function over numbers of usual size, in units of the last place of the result, or of 1 where the
/// result is smaller than `least`.
fn error(
    device: &Device,
    of: impl Fn(Tensor<1>) -> Tensor<1>,
    exact: impl Fn(f64) -> f64,
    least: f64,
) -> f64 {
    let numbers: Vec<f32> = (1..40_000)
        .map(|index| index as f32 * 1.7e-4 + 1e-3)
        .collect();
    let given = TensorData::new(numbers.clone(), [numbers.len()]);
    let found = of(Tensor::from_data(given, device)).into_data();
    let found: Vec<f32> = found.try_to_vec().unwrap();
    let both = numbers.iter().zip(found);
    both.map(|(&number, found)| {
        let exact = exact(f64::from(number));
        let size = exact.abs().max(least) as f32;
        (f64::from(found) - exact).abs() / f64::from(size.next_up() - size)
    })
    .fold(0.0, f64::max)
}

#[test]
fn an_adapter_is_as_exact_as_vulkan_asks() {
    for name in Wgpu.present() {
        let device = Wgpu.open(&name).unwrap();
        let one = |tensor: Tensor<1>| tensor.ones_like();
        let quotient = error(&device, |x| one(x.clone()) / x, f64::recip, 0.0);
        let root = error(&device, Tensor::sqrt, f64::sqrt, 0.0);
        let exponential = error(&device, |x| (-x).exp(), |x| (-x).exp(), 0.0);
        // Made of exponentials whose difference is taken: near 0 none of its digits is promised.
        let tangent = error(&device, Tensor::tanh, f64::tanh, 1.0);
        for (function, found, most) in [
            ("quotient", quotient, 2.5),
            ("square root", root, 3.5),
            ("exponential", exponential, 3.0 + 2.0 * 7.0),
            ("hyperbolic tangent", tangent, 3.0 + 2.0 * 7.0),
        ] {
            println!("{name}: {function}: {found:.2} units in the last place");
            assert!(found <= most, "{name}: {function}: {found}");
        }
    }
}
