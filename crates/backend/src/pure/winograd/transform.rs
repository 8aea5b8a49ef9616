//! The transforms of Winograd's convolutions: of a tile of a map, of a kernel, and of what comes out.
//!
//! A convolution of one dimension with [`OUT`] results is a product of polynomials, which is multiplied at [`TILE`] points:
//! 0, `-A`, `A`, `-B`, `B`, and the coefficient of the highest power. Two dimensions are one after the other.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

use std::array;

use pulp::{Arch, Simd, WithSimd};

/// Height and width of a tile of the map that goes in.
pub(super) const TILE: usize = 6;
/// Height and width of a tile of the map that comes out.
pub(super) const OUT: usize = 4;
/// Height and width of a kernel.
pub(super) const SIZE: usize = TILE - OUT + 1;
/// Products that a tile consists of.
pub(super) const PLANES: usize = TILE * TILE;

/// With 3/4 and 3/2 the error is about twice that of the direct kernels; with the usual 1 and 2, or 1/2 and 1, four times.
/// All their powers here are exact.
const A: f32 = 0.75;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
const A3: f32 = A * A2;
const B3: f32 = B * B2;

/// What the kernel's value at 0, at either `A` and at either `B` is divided by.
const BY_0: f32 = 1.0 / (A2 * B2);
const BY_A: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
const BY_B: f32 = 1.0 / (2.0 * B2 * (B2 - A2));

/// A transform of one dimension.
pub(super) trait Transform<const IN: usize, const TO: usize>: Copy {
    fn apply<S: Simd>(self, simd: S, values: [S::f32s; IN]) -> [S::f32s; TO];
}

/// Of a line of the map that goes in.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfMap;

impl Transform<TILE, TILE> for OfMap {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, d: [S::f32s; TILE]) -> [S::f32s; TILE] {
        let times = |value, factor, sum| simd.mul_add_e_f32s(value, simd.splat_f32s(factor), sum);
        let even = [times(d[2], -B2, d[4]), times(d[2], -A2, d[4])];
        let odd = [times(d[1], -B2, d[3]), times(d[1], -A2, d[3])];
        [
            times(d[0], A2 * B2, times(d[2], -(A2 + B2), d[4])),
            times(odd[0], -A, even[0]),
            times(odd[0], A, even[0]),
            times(odd[1], -B, even[1]),
            times(odd[1], B, even[1]),
            times(d[1], A2 * B2, times(d[3], -(A2 + B2), d[5])),
        ]
    }
}

/// Of a line of the kernel.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfKernel;

impl Transform<SIZE, TILE> for OfKernel {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, g: [S::f32s; SIZE]) -> [S::f32s; TILE] {
        let scaled = |value, factor| simd.mul_f32s(value, simd.splat_f32s(factor));
        let times = |value, factor, sum| simd.mul_add_e_f32s(value, simd.splat_f32s(factor), sum);
        let even = [times(g[2], A2, g[0]), times(g[2], B2, g[0])];
        [
            scaled(g[0], BY_0),
            scaled(times(g[1], -A, even[0]), BY_A),
            scaled(times(g[1], A, even[0]), BY_A),
            scaled(times(g[1], -B, even[1]), BY_B),
            scaled(times(g[1], B, even[1]), BY_B),
            g[2],
        ]
    }
}

/// Of the sums of products, into a line of the map that comes out.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToMap;

impl Transform<TILE, OUT> for ToMap {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, m: [S::f32s; TILE]) -> [S::f32s; OUT] {
        let scaled = |value, factor| simd.mul_f32s(value, simd.splat_f32s(factor));
        let times = |value, factor, sum| simd.mul_add_e_f32s(value, simd.splat_f32s(factor), sum);
        let [sum_a, sum_b] = [simd.add_f32s(m[2], m[1]), simd.add_f32s(m[4], m[3])];
        let [odd_a, odd_b] = [simd.sub_f32s(m[2], m[1]), simd.sub_f32s(m[4], m[3])];
        [
            simd.add_f32s(m[0], simd.add_f32s(sum_a, sum_b)),
            times(odd_a, A, scaled(odd_b, B)),
            times(sum_a, A2, scaled(sum_b, B2)),
            times(odd_a, A3, times(odd_b, B3, m[5])),
        ]
    }
}

/// Of a line of the map that came out, or its gradient, where it takes the place of the kernel: the kernel's divisors are
/// left to [`ToKernel`].
#[derive(Debug, Clone, Copy)]
pub(super) struct OfOut;

impl Transform<OUT, TILE> for OfOut {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, g: [S::f32s; OUT]) -> [S::f32s; TILE] {
        let times = |value, factor, sum| simd.mul_add_e_f32s(value, simd.splat_f32s(factor), sum);
        let even = [times(g[2], A2, g[0]), times(g[2], B2, g[0])];
        let odd = [times(g[3], A2, g[1]), times(g[3], B2, g[1])];
        [
            g[0],
            times(odd[0], -A, even[0]),
            times(odd[0], A, even[0]),
            times(odd[1], -B, even[1]),
            times(odd[1], B, even[1]),
            g[3],
        ]
    }
}

/// Of the sums of products, into a line of the kernel's gradient.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToKernel;

impl Transform<TILE, SIZE> for ToKernel {
    #[inline(always)]
    fn apply<S: Simd>(self, simd: S, m: [S::f32s; TILE]) -> [S::f32s; SIZE] {
        let scaled = |value, factor| simd.mul_f32s(value, simd.splat_f32s(factor));
        let times = |value, factor, sum| simd.mul_add_e_f32s(value, simd.splat_f32s(factor), sum);
        let [sum_a, sum_b] = [simd.add_f32s(m[2], m[1]), simd.add_f32s(m[4], m[3])];
        let [odd_a, odd_b] = [simd.sub_f32s(m[2], m[1]), simd.sub_f32s(m[4], m[3])];
        [
            times(sum_a, BY_A, times(sum_b, BY_B, scaled(m[0], BY_0))),
            times(odd_a, A * BY_A, scaled(odd_b, B * BY_B)),
            times(sum_a, A2 * BY_A, times(sum_b, B2 * BY_B, m[5])),
        ]
    }
}

/// More vectors than there are registers, none of which lies across two lines of the cache.
#[repr(align(64))]
struct Aligned<T>(T);

/// Squares of values, many of them side by side, transformed along both axes.
#[derive(Debug)]
pub(super) struct Squares<'a, T, const IN: usize, const TO: usize> {
    pub(super) transform: T,
    /// From the first value of the first square on.
    pub(super) source: &'a [f32],
    /// Values of the source from a row to the next one, and from a column to the next.
    pub(super) step: [usize; 2],
    /// As `source`.
    pub(super) output: &'a mut [f32],
    /// As `step`, of the output, where no row reaches into the next one.
    pub(super) output_step: [usize; 2],
    /// How many squares there are, which vectors of all widths divide, as they do all steps.
    pub(super) squares: usize,
}

impl<T, const IN: usize, const TO: usize> Squares<'_, T, IN, TO>
where
    T: Transform<IN, TO>,
{
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

impl<T, const IN: usize, const TO: usize> WithSimd for Squares<'_, T, IN, TO>
where
    T: Transform<IN, TO>,
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (source, _) = S::as_simd_f32s(self.source);
        let (output, _) = S::as_mut_simd_f32s(self.output);
        let [down, right] = self.step.map(|step| step / S::F32_LANES);
        let [output_down, output_right] = self.output_step.map(|step| step / S::F32_LANES);
        let count = self.squares / S::F32_LANES;
        // Slices of one length each, so that nothing is checked in the loop.
        let values: [[&[S::f32s]; IN]; IN] = array::from_fn(|row| {
            array::from_fn(|column| &source[row * down + column * right..][..count])
        });
        let mut rows = output.chunks_mut(output_down);
        let mut places: [[&mut [S::f32s]; TO]; TO] = array::from_fn(|_| {
            let mut columns = rows.next().unwrap_or_default().chunks_mut(output_right);
            array::from_fn(|_| &mut columns.next().unwrap_or_default()[..count])
        });
        for index in 0..count {
            let mut between = Aligned([[simd.splat_f32s(0.0); TO]; IN]);
            for (column, made) in between.0.iter_mut().enumerate() {
                let line = array::from_fn(|row| values[row][column][index]);
                *made = self.transform.apply(simd, line);
            }
            for (row, places) in places.iter_mut().enumerate() {
                let line = array::from_fn(|column| between.0[column][row]);
                let results = self.transform.apply(simd, line);
                for (place, result) in places.iter_mut().zip(results) {
                    place[index] = result;
                }
            }
        }
    }
}
