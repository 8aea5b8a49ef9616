//! Tiles of a product of matrices that stay in the processor's registers, with its widest vectors.
//!
//! Every value is one chain of additions in an order that the shapes alone give, so that its bits are the same with
//! vectors of any width. (Without fused multiplication and addition they are others.)

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into the function that has the wide vectors is compiled with them"
)]

use std::array;

use pulp::bytemuck::{cast_slice, cast_slice_mut};
use pulp::{Arch, Simd, WithSimd};

/// As many bytes of a panel are gone through before the next row: half of a small first-level cache.
const PANEL_BYTES: usize = 16 << 10;

/// How wide the panels are that a matrix of `columns` is packed into on this processor.
pub(super) fn panel_width(columns: usize) -> usize {
    struct Width(usize);
    impl WithSimd for Width {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES * vectors::<S>(self.0)
        }
    }
    Arch::new().dispatch(Width(columns))
}

/// Vectors side by side in a tile. Sixteen registers hold 12 by 1 or 6 by 2 sums, thirty-two 12 by 2 or 6 by 4.
#[inline(always)]
fn vectors<S: Simd>(columns: usize) -> usize {
    match S::F32_LANES {
        lanes if columns <= lanes => 1,
        8.. => 2,
        _ => 4,
    }
}

/// Products of the rows of a map, seen as a matrix, with a packed one.
///
/// A row of the matrix is an output pixel: `lines` stretches of `length` values of the source, `line` values apart. The
/// stretches of neighboring pixels may overlap.
#[derive(Debug)]
pub(super) struct Product<'a> {
    /// From the first value of the first pixel on.
    pub(super) source: &'a [f32],
    /// Values between the stretches of one pixel.
    pub(super) line: usize,
    pub(super) lines: usize,
    pub(super) length: usize,
    /// Values of the source from a pixel to the next one, and from a row of pixels to the next.
    pub(super) step: [usize; 2],
    /// Panels of `[lines, length, panel width]`, filled up with zeros.
    pub(super) panels: &'a [f32],
    /// Of the packed matrix.
    pub(super) columns: usize,
    /// How many of them are wanted.
    pub(super) stored: usize,
    /// Pixels of a row, and rows.
    pub(super) pixels: [usize; 2],
    /// From the first value of the first pixel on.
    pub(super) output: &'a mut [f32],
    /// As `step`, of the output.
    pub(super) output_step: [usize; 2],
}

impl Product<'_> {
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }

    #[inline(always)]
    fn by_vectors<S: Simd, const VECTORS: usize>(self, simd: S) {
        let Product {
            source,
            line,
            lines,
            length,
            step,
            stored,
            pixels,
            output,
            output_step,
            ..
        } = self;
        let width = S::F32_LANES * VECTORS;
        let (panels, _) = cast_slice::<f32, S::f32s>(self.panels).as_chunks::<VECTORS>();
        let at_once = (PANEL_BYTES / (4 * length * width).max(1)).clamp(1, lines);
        for (index, panel) in panels.chunks_exact(lines * length).enumerate() {
            let first = index * width;
            if first >= stored {
                break;
            }
            let columns = (stored - first).min(width);
            for (group, panel) in panel.chunks(at_once * length).enumerate() {
                for row in 0..pixels[1] {
                    let a = &source[row * step[1] + group * at_once * line..];
                    let c = &mut output[row * output_step[1] + first..];
                    let mut strip = Strip {
                        simd,
                        a,
                        line,
                        length,
                        step: step[0],
                        panel,
                        c,
                        c_step: output_step[0],
                        columns,
                        continues: group > 0,
                    };
                    strip.run(pixels[0]);
                }
            }
        }
    }
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match vectors::<S>(self.columns) {
            1 => self.by_vectors::<S, 1>(simd),
            2 => self.by_vectors::<S, 2>(simd),
            _ => self.by_vectors::<S, 4>(simd),
        }
    }
}

/// One row of pixels and one panel.
struct Strip<'a, S: Simd, const VECTORS: usize> {
    simd: S,
    a: &'a [f32],
    line: usize,
    length: usize,
    step: usize,
    panel: &'a [[S::f32s; VECTORS]],
    c: &'a mut [f32],
    c_step: usize,
    columns: usize,
    /// Whether to add to the existing values.
    continues: bool,
}

impl<S: Simd, const VECTORS: usize> Strip<'_, S, VECTORS> {
    #[inline(always)]
    fn run(&mut self, pixels: usize) {
        let mut pixel = 0;
        if most_rows::<S>(VECTORS) == 12 {
            while pixels - pixel >= 12 {
                self.tile::<12>(pixel);
                pixel += 12;
            }
        }
        while pixels - pixel >= 6 {
            self.tile::<6>(pixel);
            pixel += 6;
        }
        match pixels - pixel {
            5 => self.tile::<5>(pixel),
            4 => self.tile::<4>(pixel),
            3 => self.tile::<3>(pixel),
            2 => self.tile::<2>(pixel),
            1 => self.tile::<1>(pixel),
            _ => {}
        }
    }

    #[inline(always)]
    fn tile<const ROWS: usize>(&mut self, pixel: usize) {
        let simd = self.simd;
        let c = &mut self.c[pixel * self.c_step..];
        let mut sums = if self.continues {
            load::<S, ROWS, VECTORS>(simd, c, self.c_step, self.columns)
        } else {
            [[simd.splat_f32s(0.0); VECTORS]; ROWS]
        };
        let a = &self.a[pixel * self.step..];
        for (index, panel) in self.panel.chunks_exact(self.length).enumerate() {
            let rows: [&[f32]; ROWS] =
                array::from_fn(|row| &a[index * self.line + row * self.step..][..panel.len()]);
            for (k, b) in panel.iter().enumerate() {
                for row in 0..ROWS {
                    let value = simd.splat_f32s(rows[row][k]);
                    for vector in 0..VECTORS {
                        sums[row][vector] =
                            simd.mul_add_e_f32s(value, b[vector], sums[row][vector]);
                    }
                }
            }
        }
        store::<S, ROWS, VECTORS>(simd, c, self.c_step, self.columns, sums);
    }
}

#[inline(always)]
fn most_rows<S: Simd>(vectors: usize) -> usize {
    if vectors == 1 || (vectors == 2 && S::REGISTER_COUNT >= 32) {
        12
    } else {
        6
    }
}

// Sums are only ever copied as whole vectors: to hand out their address would keep them in memory all along.
#[expect(
    clippy::manual_memcpy,
    reason = "a call to copy would take the address of the sums"
)]
#[inline(always)]
fn load<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    c: &[f32],
    step: usize,
    columns: usize,
) -> [[S::f32s; VECTORS]; ROWS] {
    let width = S::F32_LANES * VECTORS;
    let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
    for (row, sums) in sums.iter_mut().enumerate() {
        let values = &c[row * step..][..columns];
        if columns == width {
            let values: &[S::f32s] = cast_slice(values);
            for vector in 0..VECTORS {
                sums[vector] = values[vector];
            }
        } else {
            let mut whole = [simd.splat_f32s(0.0); VECTORS];
            cast_slice_mut::<S::f32s, f32>(&mut whole)[..columns].copy_from_slice(values);
            for vector in 0..VECTORS {
                sums[vector] = whole[vector];
            }
        }
    }
    sums
}

#[expect(
    clippy::manual_memcpy,
    reason = "a call to copy would take the address of the sums"
)]
#[inline(always)]
fn store<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    c: &mut [f32],
    step: usize,
    columns: usize,
    sums: [[S::f32s; VECTORS]; ROWS],
) {
    let width = S::F32_LANES * VECTORS;
    for row in 0..ROWS {
        let values = &mut c[row * step..][..columns];
        if columns == width {
            let values: &mut [S::f32s] = cast_slice_mut(values);
            for vector in 0..VECTORS {
                values[vector] = sums[row][vector];
            }
        } else {
            let mut whole = [simd.splat_f32s(0.0); VECTORS];
            for vector in 0..VECTORS {
                whole[vector] = sums[row][vector];
            }
            values.copy_from_slice(&cast_slice::<S::f32s, f32>(&whole)[..columns]);
        }
    }
}

/// Adds to a matrix the product of the transposed rows of a map with packed rows of another: what the pixels of one row
/// add to the gradient of one line of a kernel.
#[derive(Debug)]
pub(super) struct Outer<'a> {
    /// From the first value of the first pixel on.
    pub(super) source: &'a [f32],
    /// Values of the source from a pixel to the next one.
    pub(super) step: usize,
    /// Values of every pixel that are taken: the matrix's rows.
    pub(super) length: usize,
    /// `[pixels, panel width]`.
    pub(super) panel: &'a [f32],
    /// Of the matrix, in the width of the panel.
    pub(super) columns: usize,
    /// Of the whole matrix: what tells the panel's width.
    pub(super) all_columns: usize,
    /// From the panel's first column on.
    pub(super) output: &'a mut [f32],
}

impl Outer<'_> {
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }

    #[inline(always)]
    fn by_vectors<S: Simd, const VECTORS: usize>(self, simd: S) {
        let (panel, _) = cast_slice::<f32, S::f32s>(self.panel).as_chunks::<VECTORS>();
        let Outer {
            source,
            step,
            length,
            columns,
            all_columns,
            output,
            ..
        } = self;
        let mut first = 0;
        macro_rules! tile {
            ($rows:literal) => {{
                let source = &source[first..];
                let c = &mut output[first * all_columns..];
                outer_tile::<S, $rows, VECTORS>(simd, source, step, panel, c, all_columns, columns);
                first += $rows;
            }};
        }
        if most_rows::<S>(VECTORS) == 12 {
            while length - first >= 12 {
                tile!(12);
            }
        }
        while length - first >= 6 {
            tile!(6);
        }
        match length - first {
            5 => tile!(5),
            4 => tile!(4),
            3 => tile!(3),
            2 => tile!(2),
            1 => tile!(1),
            _ => {}
        }
        debug_assert_eq!(first, length);
    }
}

impl WithSimd for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match vectors::<S>(self.all_columns) {
            1 => self.by_vectors::<S, 1>(simd),
            2 => self.by_vectors::<S, 2>(simd),
            _ => self.by_vectors::<S, 4>(simd),
        }
    }
}

#[inline(always)]
fn outer_tile<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    source: &[f32],
    step: usize,
    panel: &[[S::f32s; VECTORS]],
    c: &mut [f32],
    c_step: usize,
    columns: usize,
) {
    let mut sums = load::<S, ROWS, VECTORS>(simd, c, c_step, columns);
    for (pixel, b) in panel.iter().enumerate() {
        let values = &source[pixel * step..][..ROWS];
        for row in 0..ROWS {
            let value = simd.splat_f32s(values[row]);
            for vector in 0..VECTORS {
                sums[row][vector] = simd.mul_add_e_f32s(value, b[vector], sums[row][vector]);
            }
        }
    }
    store::<S, ROWS, VECTORS>(simd, c, c_step, columns, sums);
}
