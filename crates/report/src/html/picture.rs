//! Pictures, carried within the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// A picture and its size on the page at most, in CSS pixels. It shrinks where there is less module.
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
    /// The bytes of a JPEG file: a thumbnail.
    Jpeg {
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

/// What a `data:` address in an attribute cannot hold as it is, and what must not end the attribute.
const IN_ADDRESS: &AsciiSet = &CONTROLS
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'<')
    .add(b'>');

impl Picture {
    /// Width and height on the page.
    pub(super) fn size(&self) -> (u32, u32) {
        match self {
            Self::Png { width, height, .. }
            | Self::Jpeg { width, height, .. }
            | Self::Svg { width, height, .. } => (*width, *height),
        }
    }

    /// The picture as an address that holds it.
    pub(super) fn address(&self) -> String {
        match self {
            Self::Png { bytes, .. } => format!("data:image/png;base64,{}", STANDARD.encode(bytes)),
            Self::Jpeg { bytes, .. } => {
                format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes))
            }
            // Smaller than base64: most of an SVG stays as it is.
            Self::Svg { document, .. } => format!(
                "data:image/svg+xml;charset=utf-8,{}",
                utf8_percent_encode(document, IN_ADDRESS)
            ),
        }
    }

    /// An `img` element.
    pub(super) fn image(&self, class: &str, alternative: &str) -> Markup {
        let (width, height) = self.size();
        let class = (!class.is_empty()).then_some(class);
        html! {
            img class=[class] width=(width) height=(height) alt=(alternative) src=(self.address());
        }
    }
}
