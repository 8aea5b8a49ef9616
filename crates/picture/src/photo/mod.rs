//! Photographs: decode, orient, resize, encode, and how much color they have. The only user of image codecs.

mod decode;
mod encode;
mod error;
mod jpeg;
mod orientation;
mod profile;
mod resize;
mod room;
mod spread;
mod webp;

pub use colorize_experiment::section::{ImageSection, Resize};
pub use decode::{Decoded, MOST_PIXELS, decode, decode_bytes, read, read_again};
pub use encode::PhotoFormat;
pub use error::{PhotoError, PhotoFault};
pub use image::RgbImage;
pub use profile::Profile;
pub use resize::{resize, resize_into, resize_plane};
pub use spread::chroma_spread;

/// Changes when a decoded or resized pixel changes, in photographs of every kind. Where only rare files are decoded to other
/// pixels, [`Decoded::content_hash`] of these changes instead, so that the runs of all others stay what they are.
pub const VERSION: u32 = 1;

/// Mean over the pixels of `max(R, G, B) - min(R, G, B)`, from 0 (no color at all) to 255; 0 for an empty picture.
pub fn mean_chroma(photo: &RgbImage) -> f64 {
    let pixels = u64::from(photo.width()) * u64::from(photo.height());
    if pixels == 0 {
        return 0.0;
    }
    let chroma = |pixel: &[u8; 3]| {
        let [red, green, blue] = *pixel;
        u64::from(red.max(green).max(blue) - red.min(green).min(blue))
    };
    let (pixel_values, _) = photo.as_raw().as_chunks::<3>();
    pixel_values.iter().map(chroma).sum::<u64>() as f64 / pixels as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_chroma_is_the_mean_of_max_minus_min() {
        let photo = RgbImage::from_raw(2, 1, vec![10, 200, 30, 7, 7, 7]).unwrap();
        assert_eq!(mean_chroma(&photo), 95.0);
        assert_eq!(mean_chroma(&RgbImage::new(0, 0)), 0.0);
    }
}
