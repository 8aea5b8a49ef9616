//! Pictures, carried within the page.

/// A picture and its size on the page at most, in CSS pixels. It shrinks where there is less room.
///
/// A chart is smaller as SVG. Photographs are smaller as PNG: within an SVG they are encoded twice.
#[derive(Debug, Clone, PartialEq)]
pub enum Picture {
    /// The bytes of a PNG file; a size of half its pixels makes it sharp on dense screens.
    Png {
        /// The file.
        bytes: Vec<u8>,
        /// Width on the page.
        width: u32,
        /// Height on the page.
        height: u32,
    },
    /// An SVG document. It is shown as a picture, so no script in it runs and nothing that it names is fetched.
    Svg {
        /// The document.
        document: String,
        /// Width on the page.
        width: u32,
        /// Height on the page.
        height: u32,
    },
}
