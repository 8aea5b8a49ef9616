//! From the bytes of a file to upright RGB pixels.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};

use super::jpeg::{self, Outline};
use super::orientation::orientation;
use super::profile::{Profile, to_srgb};
use super::room::Room;
use super::{PhotoError, PhotoFault, webp};
use colorize_base::{MOST_PICTURE, quietly, read_file};

/// Photographs with more pixels than this are refused, as a few bytes can claim to be billions of pixels.
pub const MOST_PIXELS: u64 = 1 << 27;

/// A decoded photograph. As long as it exists, its pixels count toward the memory that all threads together may take for
/// decoding: a thread that holds one must not decode another.
#[derive(Debug)]
pub struct Decoded {
    /// Its pixels, upright, in sRGB.
    pub picture: RgbImage,
    /// What became of its color profile.
    pub profile: Profile,
    /// Whether programs before version 2 of the reading made other pixels of the same bytes.
    is_read_anew: bool,
    _room: Room,
}

impl Decoded {
    /// The pixels alone; they no longer count toward the memory for decoding.
    pub fn into_picture(self) -> RgbImage {
        self.picture
    }

    /// What the pixels are known by: BLAKE3 of the `bytes` that they were decoded from.
    ///
    /// A file that older programs decoded to other pixels (a color profile, an orientation written as LONG, planes that they
    /// misread) has another hash since. So what is known of it by its content (features, cached pixels, runs) is made again,
    /// and nothing else is.
    pub fn content_hash(&self, bytes: &[u8]) -> blake3::Hash {
        let hash = blake3::hash(bytes);
        if !self.is_read_anew {
            return hash;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"colorize photo, reading 2");
        hasher.update(hash.as_bytes());
        hasher.finalize()
    }
}

/// Decodes the photograph at `path`: see [`decode_bytes`].
///
/// # Errors
///
/// When the file cannot be read or decoded; the message names the file and the cause.
pub fn decode(path: &Path) -> Result<RgbImage, PhotoError> {
    read_file(path, MOST_PICTURE)
        .map_err(PhotoFault::from)
        .and_then(|bytes| decode_bytes(&bytes))
        .map_err(|fault| PhotoError {
            path: path.to_owned(),
            fault,
        })
}

/// The pixels of [`read`].
///
/// # Errors
///
/// As [`read`].
pub fn decode_bytes(bytes: &[u8]) -> Result<RgbImage, PhotoFault> {
    read(bytes).map(Decoded::into_picture)
}

/// Decodes a JPEG, PNG or WebP file, told apart by content, to 8-bit RGB as it is meant to be seen.
///
/// - The EXIF orientation is applied.
/// - Colors are converted from the file's ICC profile to sRGB. A profile of sRGB changes nothing. PNG's `gAMA`, `cHRM` and
///   `cICP` are not applied.
/// - Gray becomes R = G = B; 16 bits are rounded to 8.
/// - Transparent pixels are laid over white, as a page shows them: what an invisible pixel holds is arbitrary.
/// - CMYK and YCCK are taken as Adobe writes them (0 is full ink), as browsers and Pillow do, and converted without a
///   color profile.
/// - Of several frames the first is taken.
/// - A JPEG must hold all of the picture that its header promises: see [`jpeg`]. Decoders fill up what is missing.
///
/// # Errors
///
/// When the bytes are no such file, are cut off or damaged, or hold more than [`MOST_PIXELS`].
pub fn read(bytes: &[u8]) -> Result<Decoded, PhotoFault> {
    guarded(bytes, jpeg::inspect)
}

/// The same of bytes that [`read`] accepted before: damage is not searched for again, which saves the second pass over a
/// JPEG's data.
///
/// # Errors
///
/// When the bytes cannot be decoded after all.
pub fn read_again(bytes: &[u8]) -> Result<Decoded, PhotoFault> {
    guarded(bytes, |_| Ok(()))
}

fn guarded(
    bytes: &[u8],
    inspect: impl Fn(&[u8]) -> Result<(), jpeg::Fault>,
) -> Result<Decoded, PhotoFault> {
    // A codec that panics on a damaged file must cost that file, not a run of days.
    quietly(|| unguarded(bytes, inspect))
        .unwrap_or_else(|said| Err(PhotoFault::Codec(format!("the codec panicked: {said}"))))
}

fn unguarded(
    bytes: &[u8],
    inspect: impl Fn(&[u8]) -> Result<(), jpeg::Fault>,
) -> Result<Decoded, PhotoFault> {
    if bytes.is_empty() {
        return Err(PhotoFault::Empty);
    }
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let outline = match reader.format() {
        // The JPEG decoder paints what is missing gray, and says nothing.
        Some(ImageFormat::Jpeg) => Some(Outline::of(bytes).ok_or(PhotoFault::CutOff)?),
        Some(ImageFormat::Png) => None,
        Some(ImageFormat::WebP) => {
            webp::judge(bytes)?;
            None
        }
        _ => return Err(PhotoFault::Format),
    };
    let is_misread = outline.as_ref().is_some_and(Outline::is_misread);
    let mut decoder = reader.into_decoder().map_err(codec)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS {
        return Err(PhotoFault::TooLarge { width, height });
    }
    // What the decoder makes, the RGB picture, and for a JPEG the coefficients of three planes.
    let coefficients = if outline.is_some() { 6 * pixels } else { 0 };
    let room = Room::take(decoder.total_bytes() + 3 * pixels + coefficients);
    if outline.is_some() {
        inspect(bytes).map_err(|fault| PhotoFault::Damaged(fault.to_string()))?;
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(8 * MOST_PIXELS);
    decoder.set_limits(limits).map_err(codec)?;
    // Metadata that cannot be read is no reason to refuse a picture that can.
    let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
    let profile = decoder.icc_profile().ok().flatten();
    let (orientation, is_long) = orientation(&exif);
    let picture = if is_misread {
        with_second_decoder(bytes)?
    } else {
        DynamicImage::from_decoder(decoder).map_err(codec)?
    };
    let (mut picture, profile) = match profile {
        Some(profile) => to_srgb(picture, &profile),
        None => (picture, Profile::Srgb),
    };
    picture.apply_orientation(orientation);
    let picture = if picture.color().has_alpha() {
        over_white(picture)
    } else {
        picture.into_rgb8()
    };
    Ok(Decoded {
        is_read_anew: is_misread || is_long || matches!(profile, Profile::Converted(_)),
        picture,
        profile,
        _room: room,
    })
}

/// Decodes a JPEG file that [`Outline::is_misread`].
fn with_second_decoder(bytes: &[u8]) -> Result<DynamicImage, PhotoFault> {
    let mut decoder = jpeg_decoder::Decoder::new(bytes);
    let failed = |error: jpeg_decoder::Error| PhotoFault::Codec(error.to_string());
    let pixels = decoder.decode().map_err(failed)?;
    let info = decoder.info();
    let picture = info.and_then(|info| {
        let (width, height) = (u32::from(info.width), u32::from(info.height));
        match info.pixel_format {
            jpeg_decoder::PixelFormat::RGB24 => RgbImage::from_raw(width, height, pixels),
            _ => None,
        }
    });
    let unknown = || PhotoFault::Codec("its planes are stored in an unsupported way".to_owned());
    picture.map(DynamicImage::from).ok_or_else(unknown)
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

#[cfg(test)]
mod tests;
