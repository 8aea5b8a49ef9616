//! The PNG files: pixels by the image crate, and text chunks for provenance.
//!
//! The image crate writes no text chunks, so they are put in after the header chunk. The format of
//! a chunk is length, name, data and a CRC-32 of name and data (PNG specification, 5.3).

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _, RgbImage};

use super::FigureError;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The signature and the `IHDR` chunk: always the first 33 bytes.
const HEADER_BYTES: usize = 33;

/// Encodes pixels at `scale` pixels a point, with `metadata` as UTF-8 text (`iTXt`).
pub(super) fn encode(
    pixels: &RgbImage,
    scale: u32,
    metadata: &[(&str, String)],
) -> Result<Vec<u8>, FigureError> {
    let plain = encode_plain(pixels)?;
    let mut file = Vec::with_capacity(plain.len() + 1024);
    file.extend_from_slice(&plain[..HEADER_BYTES]);
    // 96 points an inch at scale 1, so that a document shows the figure at its size in points.
    let pixels_per_metre = (f64::from(scale) * 96.0 / 0.0254).round() as u32;
    let mut density = Vec::new();
    density.extend_from_slice(&pixels_per_metre.to_be_bytes());
    density.extend_from_slice(&pixels_per_metre.to_be_bytes());
    density.push(1);
    push_chunk(&mut file, *b"pHYs", &density);
    for (key, value) in metadata {
        let mut text = Vec::new();
        text.extend_from_slice(key.as_bytes());
        // End of keyword, not compressed, method 0, no language, no translated keyword.
        text.extend_from_slice(&[0, 0, 0, 0, 0]);
        text.extend(value.bytes().filter(|byte| *byte != 0));
        push_chunk(&mut file, *b"iTXt", &text);
    }
    file.extend_from_slice(&plain[HEADER_BYTES..]);
    Ok(file)
}

/// Encodes pixels without any metadata.
pub(super) fn encode_plain(pixels: &RgbImage) -> Result<Vec<u8>, FigureError> {
    let mut file = Vec::new();
    PngEncoder::new_with_quality(&mut file, CompressionType::Default, FilterType::Adaptive)
        .write_image(
            pixels.as_raw(),
            pixels.width(),
            pixels.height(),
            ExtendedColorType::Rgb8,
        )?;
    Ok(file)
}

/// The text chunks of a PNG file, or `None` if it is not one or is cut short.
pub(super) fn metadata(file: &[u8]) -> Option<Vec<(String, String)>> {
    let mut rest = file.strip_prefix(SIGNATURE)?;
    let mut found = Vec::new();
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (name, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let data = after.get(..length)?;
        rest = after.get(length + 4..)?;
        match name {
            b"iTXt" => {
                let mut parts = data.splitn(2, |byte| *byte == 0);
                let key = parts.next()?;
                let text = parts.next()?.get(4..)?;
                found.push((
                    String::from_utf8_lossy(key).into_owned(),
                    String::from_utf8_lossy(text).into_owned(),
                ));
            }
            b"IEND" => return Some(found),
            _ => {}
        }
    }
}

fn push_chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    file.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend_from_slice(&name);
    file.extend_from_slice(data);
    let check = crc32(&file[start..]);
    file.extend_from_slice(&check.to_be_bytes());
}

/// CRC-32 as PNG and zip use it; metadata is short, so no table.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_of_the_standard_check_string() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
    }

    #[test]
    fn pixels_and_text_come_back() {
        let pixels = RgbImage::from_fn(7, 5, |x, y| image::Rgb([x as u8 * 30, y as u8 * 50, 9]));
        let given = [("run", "s0-ab".to_owned()), ("note", "−1 °C\nü".to_owned())];
        let file = encode(&pixels, 2, &given).expect("encodes");
        let back = image::load_from_memory(&file).expect("decodes").to_rgb8();
        assert_eq!(back, pixels);
        let expected: Vec<_> = given.map(|(key, value)| (key.to_owned(), value)).into();
        assert_eq!(metadata(&file), Some(expected));
    }

    #[test]
    fn a_file_cut_short_has_no_metadata() {
        let file = encode(&RgbImage::new(3, 3), 1, &[("a", "b".to_owned())]).expect("encodes");
        for end in 0..file.len() {
            assert_eq!(metadata(&file[..end]), None, "cut at {end}");
        }
    }
}
