//! How large a map is.

/// Height, width and channels of a map, `[batch, height, width, channels]`.
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
