//! From the bytes of a file to upright RGB pixels.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use memchr::memchr_iter;

use super::{PhotoError, PhotoFault};

/// Photographs with more pixels than this are refused, as a few bytes can claim to be billions of pixels.
pub const MOST_PIXELS: u64 = 1 << 27;

/// Decodes the photograph at `path`: see [`decode_bytes`].
///
/// # Errors
///
/// When the file cannot be read or decoded; the message names the file and the cause.
pub fn decode(path: &Path) -> Result<RgbImage, PhotoError> {
    std::fs::read(path)
        .map_err(PhotoFault::from)
        .and_then(|bytes| decode_bytes(&bytes))
        .map_err(|fault| PhotoError {
            path: path.to_owned(),
            fault,
        })
}

/// Decodes a JPEG, PNG or WebP file, told apart by content, to 8-bit RGB as it is meant to be seen.
///
/// - The EXIF orientation is applied.
/// - Gray becomes R = G = B; 16 bits are rounded to 8.
/// - Transparent pixels are laid over white, as a page shows them: what an invisible pixel holds is arbitrary.
/// - CMYK and YCCK are taken as Adobe writes them (0 is full ink), as browsers and Pillow do, and converted without a
///   color profile. Profiles and gamma are not applied anywhere.
/// - Of several frames the first is taken.
/// - A JPEG without its end-of-image marker counts as cut off: what lies behind the cut would be gray.
///
/// # Errors
///
/// When the bytes are no such file, are cut off or damaged, or hold more than [`MOST_PIXELS`].
pub fn decode_bytes(bytes: &[u8]) -> Result<RgbImage, PhotoFault> {
    // A codec that panics on a damaged file must cost that file, not a run of days.
    catch_unwind(AssertUnwindSafe(|| decode_unguarded(bytes)))
        .unwrap_or_else(|_| Err(PhotoFault::Codec("the codec panicked".to_owned())))
}

fn decode_unguarded(bytes: &[u8]) -> Result<RgbImage, PhotoFault> {
    if bytes.is_empty() {
        return Err(PhotoFault::Empty);
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    match reader.format() {
        // The JPEG decoder paints what is missing gray, and says nothing.
        Some(ImageFormat::Jpeg) if !jpeg_is_whole(bytes) => return Err(PhotoFault::CutOff),
        Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) => {}
        _ => return Err(PhotoFault::Format),
    }
    let mut decoder = reader.into_decoder().map_err(codec)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(PhotoFault::TooLarge { width, height });
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(8 * MOST_PIXELS);
    decoder.set_limits(limits).map_err(codec)?;
    // Metadata that cannot be read is no reason to refuse a picture that can.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(codec)?;
    picture.apply_orientation(orientation);
    Ok(if picture.color().has_alpha() {
        over_white(picture)
    } else {
        picture.into_rgb8()
    })
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn codec(error: ImageError) -> PhotoFault {
    // The library's `Format error decoding Jpeg: ` says nothing that the reader does not know.
    let text = match &error {
        ImageError::Decoding(cause) => std::error::Error::source(cause)
            .map_or_else(|| error.to_string(), std::string::ToString::to_string),
        _ => error.to_string(),
    };
    PhotoFault::Codec(text.trim().to_owned())
}

fn over_white(picture: DynamicImage) -> RgbImage {
    let rgba = picture.into_rgba8();
    let (width, height) = rgba.dimensions();
    RgbImage::from_fn(width, height, |x, y| {
        let [red, green, blue, alpha] = rgba.get_pixel(x, y).0;
        let alpha = u32::from(alpha);
        let blend =
            |value: u8| ((u32::from(value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        image::Rgb([blend(red), blend(green), blend(blue)])
    })
}

/// Whether a JPEG file reaches the end-of-image marker of its first picture.
///
/// Segments are stepped over by their length, so that the marker of an embedded preview does not count.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let mut at = 2; // after the start-of-image marker
    loop {
        // Entropy-coded data runs on until 0xFF with something else than a stuffed zero or a restart marker behind it.
        let Some(marker) = bytes.get(at..).and_then(|rest| {
            memchr_iter(0xff, rest)
                .find(|offset| {
                    rest.get(offset + 1)
                        .is_some_and(|next| !matches!(next, 0 | 1 | 0xd0..=0xd8 | 0xff))
                })
                .map(|offset| at + offset)
        }) else {
            return false;
        };
        if bytes[marker + 1] == 0xd9 {
            return true;
        }
        let Some(&[high, low]) = bytes.get(marker + 2..marker + 4) else {
            return false;
        };
        at = marker + 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
    }
}

#[cfg(test)]
mod tests;
