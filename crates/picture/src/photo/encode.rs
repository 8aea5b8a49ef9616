//! From RGB pixels to the bytes of a file.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, ImageResult, RgbImage};

/// Quality of the JPEG files, 1 to 100: high enough that one cannot see it.
const JPEG_QUALITY: u8 = 95;

/// The formats that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoFormat {
    /// Lossless.
    Png,
    /// At quality 95.
    Jpeg,
}

impl PhotoFormat {
    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// When the codec refuses the picture: JPEG holds at most 65,535 pixels a side.
    pub fn encode(self, picture: &RgbImage) -> ImageResult<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::Png => picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?,
            Self::Jpeg => {
                picture
                    .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::decode_bytes;

    #[test]
    fn what_is_written_can_be_read() {
        let picture = RgbImage::from_fn(30, 20, |x, y| image::Rgb([x as u8 * 8, y as u8 * 12, 90]));
        let png = PhotoFormat::Png.encode(&picture).unwrap();
        assert_eq!(decode_bytes(&png).unwrap(), picture);
        let jpeg = decode_bytes(&PhotoFormat::Jpeg.encode(&picture).unwrap()).unwrap();
        let differences = jpeg.as_raw().iter().zip(picture.as_raw());
        let total: u32 = differences.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        assert!(total < 4 * 1800, "{total} levels over 1,800 values");
    }
}
