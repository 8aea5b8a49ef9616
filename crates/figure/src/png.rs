//! The PNG files: pixels, their density, and text chunks for provenance.

use std::io::Cursor;

use image::RgbImage;
use png::{BitDepth, ColorType, Compression, Decoder, Encoder, Filter, PixelDimensions, Unit};

use super::FigureError;

/// What the pixels show, which decides how they are best packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Lines and words on an even ground. Measured on curves and effect plots, no filter makes
    /// smaller files than any, and sooner.
    Chart,
    /// Thousands of soft dots, or histograms in a plane: a filter halves the file.
    Dots,
    /// Photographs. Measured on comparisons, the fast way takes a thirtieth of the time, for files
    /// larger by a third.
    Photographs,
}

/// Encodes pixels at `scale` pixels per point, with `metadata` as UTF-8 text (`iTXt`).
pub(super) fn encode(
    pixels: &RgbImage,
    scale: u32,
    content: Content,
    metadata: &[(&str, String)],
) -> Result<Vec<u8>, FigureError> {
    // 96 points an inch at scale 1, so that a document shows the figure at its size in points.
    let density = (f64::from(scale) * 96.0 / 0.0254).round() as u32;
    write(pixels, content, |encoder| {
        encoder.set_pixel_dims(Some(PixelDimensions {
            xppu: density,
            yppu: density,
            unit: Unit::Meter,
        }));
        for (key, value) in metadata {
            encoder.add_itxt_chunk((*key).to_owned(), value.clone())?;
        }
        Ok(())
    })
}

/// Encodes pixels without any metadata.
pub(super) fn encode_plain(pixels: &RgbImage, content: Content) -> Result<Vec<u8>, FigureError> {
    write(pixels, content, |_| Ok(()))
}

fn write(
    pixels: &RgbImage,
    content: Content,
    describe: impl FnOnce(&mut Encoder<'_, &mut Vec<u8>>) -> Result<(), png::EncodingError>,
) -> Result<Vec<u8>, FigureError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, pixels.width(), pixels.height());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    match content {
        Content::Chart => {
            encoder.set_compression(Compression::Balanced);
            encoder.set_filter(Filter::NoFilter);
        }
        Content::Dots => encoder.set_compression(Compression::Balanced),
        Content::Photographs => encoder.set_compression(Compression::Fast),
    }
    describe(&mut encoder)?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels.as_raw())?;
    writer.finish()?;
    Ok(file)
}

/// The text chunks of a PNG file, or `None` if it is not one or is cut short.
pub(super) fn metadata(file: &[u8]) -> Option<Vec<(String, String)>> {
    let mut reader = Decoder::new(Cursor::new(file)).read_info().ok()?;
    reader.finish().ok()?;
    reader
        .info()
        .utf8_text
        .iter()
        .map(|chunk| Some((chunk.keyword.clone(), chunk.get_text().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_and_text_come_back() {
        let pixels = RgbImage::from_fn(7, 5, |x, y| image::Rgb([x as u8 * 30, y as u8 * 50, 9]));
        let given = [("run", "s0-ab".to_owned()), ("note", "−1 °C\nü".to_owned())];
        let file = encode(&pixels, 2, Content::Photographs, &given).expect("encodes");
        let back = image::load_from_memory(&file).expect("decodes").to_rgb8();
        assert_eq!(back, pixels);
        let expected: Vec<_> = given.map(|(key, value)| (key.to_owned(), value)).into();
        assert_eq!(metadata(&file), Some(expected));
    }

    #[test]
    fn a_file_cut_short_has_no_metadata() {
        let given = [("a", "b".to_owned())];
        let file = encode(&RgbImage::new(3, 3), 1, Content::Chart, &given).expect("encodes");
        for end in 0..file.len() {
            assert_eq!(metadata(&file[..end]), None, "cut at {end}");
        }
    }
}
