//! What rows of the small map are made of.

use super::Geometry;
use crate::pure::lines::{Lines, Window};

/// Reads the lines of the large map that rows of the small one are made of: where they lie in memory without zeros around
/// them, there, and else through a window.
#[derive(Debug)]
pub(in crate::pure) struct Reading<'a, L> {
    large: &'a L,
    window: Window,
    /// The large map, where no window is needed.
    map: Option<&'a [f32]>,
    /// Of the kernel.
    size: usize,
    stride: usize,
    before: usize,
}

impl<'a, L: Lines> Reading<'a, L> {
    /// Of lines of so many pixels.
    pub(in crate::pure) fn new(geometry: &Geometry, large: &'a L, pixels: usize) -> Self {
        let &Geometry {
            size,
            stride,
            before,
            large: [height, width],
            ..
        } = geometry;
        let lines = (geometry.small[0] - 1) * stride + size;
        let map = large
            .map()
            .filter(|_| before == 0 && pixels <= width && lines <= height);
        Self {
            large,
            window: Window {
                left: before,
                pixels,
                channels: geometry.large_channels,
                extent: geometry.large,
            },
            map,
            size,
            stride,
            before,
        }
    }

    /// Values of the large map that a row of the small one adds to those that are read.
    pub(in crate::pure) fn of_row(&self) -> usize {
        self.stride * self.window.line()
    }

    /// What `rows` of the small map from `first` on are made of, and the values from a line to the next one.
    pub(in crate::pure) fn lines<'s>(
        &'s self,
        image: usize,
        first: usize,
        rows: usize,
        scratch: &'s mut Vec<f32>,
    ) -> (&'s [f32], usize) {
        if let Some(map) = self.map {
            let [height, width] = self.window.extent;
            let line = width * self.window.channels;
            return (&map[(image * height + first * self.stride) * line..], line);
        }
        let above = (first * self.stride) as isize - self.before as isize;
        let lines = (rows - 1) * self.stride + self.size;
        self.window.fill(self.large, image, above, lines, scratch);
        (scratch, self.window.line())
    }
}
