//! Loops over a row of a map beside numbers that repeat with its channels, with the processor's widest vectors.
//!
//! Products and sums are rounded one after the other, and every place of a period is summed up for itself: the bits do not
//! depend on the vectors.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

use std::array;

use pulp::bytemuck::{cast_slice, cast_slice_mut};
use pulp::{Arch, Scalar, Simd, WithSimd};

/// What is done to every value of a row: of its `IN` inputs beside the `NUMBERS` of its place in the period are made
/// either `OUT` outputs, or additions to as many sums.
pub(super) trait Formula<const IN: usize, const NUMBERS: usize, const OUT: usize>:
    Copy
{
    fn apply<S: Simd>(
        self,
        simd: S,
        values: [S::f32s; IN],
        numbers: [S::f32s; NUMBERS],
    ) -> [S::f32s; OUT];
}

struct Rows<'a, F, const IN: usize, const NUMBERS: usize, const OUT: usize> {
    formula: F,
    values: [&'a [f32]; IN],
    numbers: [&'a [f32]; NUMBERS],
    outputs: [&'a mut [f32]; OUT],
    /// Whether the outputs are sums, a period long.
    sums: bool,
}

/// Writes a row: the inputs are as long as the outputs, the numbers as a period, which vectors of all widths divide.
pub(super) fn write<F, const IN: usize, const NUMBERS: usize, const OUT: usize>(
    formula: F,
    values: [&[f32]; IN],
    numbers: [&[f32]; NUMBERS],
    outputs: [&mut [f32]; OUT],
) where
    F: Formula<IN, NUMBERS, OUT>,
{
    Arch::new().dispatch(Rows {
        formula,
        values,
        numbers,
        outputs,
        sums: false,
    });
}

/// Sums up a row, in the place of each period.
pub(super) fn sum<F, const IN: usize, const NUMBERS: usize, const OUT: usize>(
    formula: F,
    values: [&[f32]; IN],
    numbers: [&[f32]; NUMBERS],
    sums: [&mut [f32]; OUT],
) where
    F: Formula<IN, NUMBERS, OUT>,
{
    Arch::new().dispatch(Rows {
        formula,
        values,
        numbers,
        outputs: sums,
        sums: true,
    });
}

impl<F, const IN: usize, const NUMBERS: usize, const OUT: usize> WithSimd
    for Rows<'_, F, IN, NUMBERS, OUT>
where
    F: Formula<IN, NUMBERS, OUT>,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let length = self.values[0].len();
        let period = self.numbers[0].len();
        let mut outputs = self.outputs;
        for begin in (0..length).step_by(period) {
            let count = period.min(length - begin);
            let whole = count - count % S::F32_LANES;
            let values = self.values.map(|values| &values[begin..][..count]);
            let place = if self.sums { 0 } else { begin };
            let mut outputs = outputs
                .each_mut()
                .map(|output| &mut output[place..][..count]);
            chunk::<S, F, IN, NUMBERS, OUT>(
                simd,
                self.formula,
                values.map(|values| &values[..whole]),
                self.numbers.map(|numbers| &numbers[..whole]),
                outputs.each_mut().map(|output| &mut output[..whole]),
                self.sums,
            );
            if whole < count {
                chunk::<Scalar, F, IN, NUMBERS, OUT>(
                    Scalar::new(),
                    self.formula,
                    values.map(|values| &values[whole..]),
                    self.numbers.map(|numbers| &numbers[whole..count]),
                    outputs.each_mut().map(|output| &mut output[whole..]),
                    self.sums,
                );
            }
        }
    }
}

#[inline(always)]
fn chunk<S: Simd, F, const IN: usize, const NUMBERS: usize, const OUT: usize>(
    simd: S,
    formula: F,
    values: [&[f32]; IN],
    numbers: [&[f32]; NUMBERS],
    outputs: [&mut [f32]; OUT],
    sums: bool,
) where
    F: Formula<IN, NUMBERS, OUT>,
{
    let count = values[0].len() / S::F32_LANES;
    let values = values.map(|values| &cast_slice::<f32, S::f32s>(values)[..count]);
    let numbers = numbers.map(|numbers| &cast_slice::<f32, S::f32s>(numbers)[..count]);
    let outputs = outputs.map(|output| &mut cast_slice_mut::<f32, S::f32s>(output)[..count]);
    for index in 0..count {
        let results = formula.apply(
            simd,
            array::from_fn(|input| values[input][index]),
            array::from_fn(|number| numbers[number][index]),
        );
        for output in 0..OUT {
            let place = &mut outputs[output][index];
            *place = if sums {
                simd.add_f32s(*place, results[output])
            } else {
                results[output]
            };
        }
    }
}
