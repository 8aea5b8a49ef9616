//! Tiles of a map that is read line by line.

use std::ops::Range;

use crate::pure::lines::{Extent, Lines};

/// Cuts overlapping tiles out of a map, which is zero beyond its edges. Of a map that does not lie in memory it holds no
/// more lines than the tiles of a row need.
#[derive(Debug)]
pub(super) struct Tiles<'a, L> {
    source: &'a L,
    extent: Extent,
    /// The lines `held` of `image`.
    lines: Vec<f32>,
    image: usize,
    held: Range<usize>,
    /// A tile that reaches beyond an edge.
    edge: Vec<f32>,
}

impl<'a, L: Lines> Tiles<'a, L> {
    pub(super) fn new(source: &'a L, extent: Extent) -> Self {
        Self {
            source,
            extent,
            lines: Vec::new(),
            image: 0,
            held: 0..0,
            edge: Vec::new(),
        }
    }

    /// The square tile of `side` whose first pixel is `[top, left]`, from that pixel on, and the values between its rows.
    pub(super) fn tile(
        &mut self,
        image: usize,
        [top, left]: [isize; 2],
        side: usize,
    ) -> (&[f32], usize) {
        let Extent {
            height,
            width,
            channels,
        } = self.extent;
        let rows = inside(top, side, height);
        let columns = inside(left, side, width);
        if self.source.map().is_none() {
            self.hold(image, rows.clone());
        }
        let (lines, first) = match self.source.map() {
            Some(map) => (&map[image * self.extent.values()..], 0),
            None => (&self.lines[..], self.held.start),
        };
        let row = self.extent.row();
        let start = |line: usize| (line - first) * row + columns.start * channels;
        if rows.len() == side && columns.len() == side {
            return (&lines[start(rows.start)..], row);
        }
        self.edge.clear();
        self.edge.resize(side * side * channels, 0.0);
        // Of a tile that lies beyond the map there are no columns.
        let before = (columns.start as isize - left).max(0) as usize;
        for line in rows {
            let above = (line as isize - top) as usize;
            let values = &lines[start(line)..][..columns.len() * channels];
            self.edge[(above * side + before) * channels..][..values.len()].copy_from_slice(values);
        }
        (&self.edge, side * channels)
    }

    /// Makes the lines that are not there yet.
    fn hold(&mut self, image: usize, wanted: Range<usize>) {
        if image == self.image && wanted == self.held {
            return;
        }
        let row = self.extent.row();
        let known = image == self.image && self.held.contains(&wanted.start);
        let kept = if known {
            let kept = wanted.start..self.held.end.min(wanted.end);
            let [from, until] = [kept.start, kept.end].map(|line| (line - self.held.start) * row);
            self.lines.copy_within(from..until, 0);
            kept.len()
        } else {
            0
        };
        self.lines.resize(wanted.len() * row, 0.0);
        let made = self.lines.chunks_exact_mut(row).zip(wanted.clone());
        for (values, line) in made.skip(kept) {
            self.source.write(image, line, values);
        }
        (self.image, self.held) = (image, wanted);
    }
}

/// The part of `first..first + side` that lies on an axis of `length`.
fn inside(first: isize, side: usize, length: usize) -> Range<usize> {
    let on_axis = |place: isize| place.clamp(0, length as isize) as usize;
    on_axis(first)..on_axis(first + side as isize)
}
