//! Maps, `[batch, height, width, channels]`, line by line and in bands of lines.

/// What a band of rows should take of the second-level cache, in bytes.
const BAND_BYTES: usize = 256 << 10;

/// Height, width and channels of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
}

impl Extent {
    /// Values of a row.
    pub(super) fn row(self) -> usize {
        self.width * self.channels
    }

    /// Values of an image.
    pub(super) fn values(self) -> usize {
        self.height * self.row()
    }
}

/// A map that is read line by line.
pub(super) trait Lines: Sync {
    /// Writes a line of an image, `[width, channels]`; at least the beginning of it.
    fn write(&self, image: usize, line: usize, values: &mut [f32]);

    /// The whole map, where it lies in memory.
    fn map(&self) -> Option<&[f32]>;
}

/// A map in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map<'a> {
    extent: Extent,
    values: &'a [f32],
}

impl<'a> Map<'a> {
    pub(super) fn new(extent: Extent, values: &'a [f32]) -> Self {
        Self { extent, values }
    }
}

impl Lines for Map<'_> {
    fn write(&self, image: usize, line: usize, values: &mut [f32]) {
        let first = (image * self.extent.height + line) * self.extent.row();
        values.copy_from_slice(&self.values[first..][..values.len()]);
    }

    fn map(&self) -> Option<&[f32]> {
        Some(self.values)
    }
}

/// Some rows of one image.
#[derive(Debug)]
pub(super) struct Band<'a> {
    pub(super) image: usize,
    /// Its first row.
    pub(super) first: usize,
    /// `[rows, width, channels]`.
    pub(super) values: &'a mut [f32],
}

/// Cuts a map of `height` rows of `row` values into bands.
pub(super) fn bands(
    values: &mut [f32],
    height: usize,
    row: usize,
    rows_at_once: usize,
) -> Vec<Band<'_>> {
    values
        .chunks_mut(height * row)
        .enumerate()
        .flat_map(|(image, values)| {
            values
                .chunks_mut(rows_at_once * row)
                .enumerate()
                .map(move |(index, values)| Band {
                    image,
                    first: index * rows_at_once,
                    values,
                })
        })
        .collect()
}

/// So many rows that they fit the cache.
pub(super) fn rows_at_once(values_a_row: usize) -> usize {
    (BAND_BYTES / 4 / values_a_row.max(1)).max(1)
}

/// Lines of a map with zeros around them.
#[derive(Debug)]
pub(super) struct Window {
    /// Zero pixels at the left.
    pub(super) left: usize,
    /// Of a line, all of them.
    pub(super) pixels: usize,
    pub(super) channels: usize,
    /// Height and width of the map.
    pub(super) extent: [usize; 2],
}

impl Window {
    /// Values of a line.
    pub(super) fn line(&self) -> usize {
        self.pixels * self.channels
    }

    /// Writes `lines` lines from `first` on, which may lie above the map, as those behind them may lie below.
    pub(super) fn fill(
        &self,
        source: &impl Lines,
        image: usize,
        first: isize,
        lines: usize,
        values: &mut Vec<f32>,
    ) {
        let [height, width] = self.extent;
        let left = self.left * self.channels;
        let filled = width.min(self.pixels - self.left) * self.channels;
        values.resize(lines * self.line(), 0.0);
        for (index, values) in values.chunks_exact_mut(self.line()).enumerate() {
            match usize::try_from(first + index as isize) {
                Ok(line) if line < height => {
                    values[..left].fill(0.0);
                    source.write(image, line, &mut values[left..][..filled]);
                    values[left + filled..].fill(0.0);
                }
                _ => values.fill(0.0),
            }
        }
    }
}
