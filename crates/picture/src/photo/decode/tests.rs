//! Tests of decoding, with files of `tests/golden/photo.py` and some made on the spot.

use image::{ExtendedColorType, ImageEncoder, Luma, LumaA, Rgb, Rgba};
use proptest::prelude::*;

use super::*;

fn golden(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/photo/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn upright() -> RgbImage {
    decode_bytes(&golden("upright.png")).unwrap()
}

/// Largest and mean difference of two pictures of one size, in levels.
fn difference(a: &RgbImage, b: &RgbImage) -> (u8, f64) {
    assert_eq!(a.dimensions(), b.dimensions());
    let pairs = || a.as_raw().iter().zip(b.as_raw());
    let total: u64 = pairs().map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    let largest = pairs().map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    (largest, total as f64 / a.as_raw().len() as f64)
}

fn png<P>(picture: &image::ImageBuffer<P, Vec<P::Subpixel>>) -> Vec<u8>
where
    P: image::PixelWithColorType,
    [P::Subpixel]: image::EncodableLayout,
{
    encoded(picture, ImageFormat::Png)
}

fn encoded<P>(picture: &image::ImageBuffer<P, Vec<P::Subpixel>>, format: ImageFormat) -> Vec<u8>
where
    P: image::PixelWithColorType,
    [P::Subpixel]: image::EncodableLayout,
{
    let mut bytes = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut bytes), format)
        .unwrap();
    bytes
}

#[test]
fn the_picture_is_the_one_the_script_drew() {
    let picture = upright();
    assert_eq!(picture.dimensions(), (24, 16));
    assert_eq!(picture.get_pixel(0, 0).0, [0, 0, 40]);
    assert_eq!(picture.get_pixel(23, 0).0, [255, 0, 40]);
    assert_eq!(picture.get_pixel(0, 15).0, [0, 255, 40]);
}

#[test]
fn every_kind_of_jpeg_shows_the_same() {
    let upright = upright();
    for (name, tolerance) in [
        ("baseline.jpg", 1.0),
        ("progressive.jpg", 1.0),
        ("restart_markers.jpg", 1.0),
        ("embedded_preview.jpg", 1.0),
        ("subsampled.jpg", 3.0),
        ("cmyk.jpg", 1.5),
        ("cmyk_black_ink.jpg", 3.0),
    ] {
        let (_, mean) = difference(&decode_bytes(&golden(name)).unwrap(), &upright);
        assert!(mean < tolerance, "{name}: mean difference {mean}");
    }
}

#[test]
fn every_exif_orientation_is_undone() {
    let upright = upright();
    for value in 2..=8 {
        let name = format!("orientation_{value}.jpg");
        let (largest, mean) = difference(&decode_bytes(&golden(&name)).unwrap(), &upright);
        assert!(mean < 1.0 && largest < 12, "{name}: {mean}, {largest}");
    }
}

#[test]
fn gray_has_three_equal_channels() {
    let gray = decode_bytes(&golden("gray.jpg")).unwrap();
    assert_eq!(super::super::mean_chroma(&gray), 0.0);
    assert_eq!(gray.dimensions(), (24, 16));
    let picture = image::ImageBuffer::from_pixel(3, 2, Luma([77_u8]));
    assert_eq!(
        decode_bytes(&png(&picture)).unwrap().get_pixel(2, 1).0,
        [77; 3]
    );
}

#[test]
fn sixteen_bits_are_rounded_to_eight() {
    let picture =
        image::ImageBuffer::from_pixel(2, 2, Rgb([65535_u16, 257 * 100 + 120, 257 * 3 + 140]));
    assert_eq!(
        decode_bytes(&png(&picture)).unwrap().get_pixel(0, 0).0,
        [255, 100, 4]
    );
}

#[test]
fn transparent_pixels_lie_on_white() {
    let mut picture = image::RgbaImage::from_pixel(3, 1, Rgba([10, 20, 30, 255]));
    picture.put_pixel(1, 0, Rgba([10, 20, 30, 0]));
    picture.put_pixel(2, 0, Rgba([0, 255, 100, 51]));
    for bytes in [png(&picture), encoded(&picture, ImageFormat::WebP)] {
        let decoded = decode_bytes(&bytes).unwrap();
        assert_eq!(decoded.get_pixel(0, 0).0, [10, 20, 30]);
        assert_eq!(decoded.get_pixel(1, 0).0, [255, 255, 255]);
        assert_eq!(decoded.get_pixel(2, 0).0, [204, 255, 224]);
    }
    let gray = image::ImageBuffer::from_pixel(1, 1, LumaA([0_u8, 255]));
    assert_eq!(decode_bytes(&png(&gray)).unwrap().get_pixel(0, 0).0, [0; 3]);
}

#[test]
fn the_format_is_told_by_content_and_not_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.jpg");
    std::fs::write(&path, golden("upright.png")).unwrap();
    assert_eq!(decode(&path).unwrap(), upright());
    let webp = encoded(&upright(), ImageFormat::WebP);
    assert_eq!(decode_bytes(&webp).unwrap(), upright());
}

#[test]
fn what_is_wrong_is_said_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.jpg");
    let error = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let text = decode(&path).unwrap_err().to_string();
        text.replace(&folder.path().display().to_string(), "ROOT")
    };
    assert_eq!(
        error(b""),
        "cannot decode `ROOT/photo.jpg`: the file is empty"
    );
    for other in [&b"just text"[..], b"GIF89a\x01\0\x01\0\0\0\0", b"\xff"] {
        assert_eq!(
            error(other),
            "cannot decode `ROOT/photo.jpg`: not a JPEG, PNG or WebP file"
        );
    }
    std::fs::remove_file(&path).unwrap();
    let missing = decode(&path).unwrap_err();
    assert!(matches!(missing.fault, PhotoFault::Read(_)));
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    for name in [
        "baseline.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "orientation_6.jpg",
        "restart_markers.jpg",
        "embedded_preview.jpg",
        "upright.png",
    ] {
        let bytes = golden(name);
        // The last bytes of a PNG are a checksum of nothing, which a decoder need not read.
        let end = bytes.len() - if name.ends_with("png") { 12 } else { 1 };
        for length in 0..end {
            assert!(
                decode_bytes(&bytes[..length]).is_err(),
                "{name} cut to {length}"
            );
        }
    }
}

#[test]
fn damage_anywhere_never_panics() {
    for name in ["baseline.jpg", "progressive.jpg", "cmyk.jpg", "upright.png"] {
        let bytes = golden(name);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xff;
            if let Err(fault) = decode_bytes(&damaged) {
                let text = fault.to_string();
                assert!(
                    !text.is_empty() && !text.contains("panicked"),
                    "{name}, byte {at}: {text}"
                );
            }
        }
    }
}

proptest! {
    /// Bytes overwritten, a stretch cut out or said twice: a picture or an error, and in no time.
    #[test]
    fn more_damage_never_panics(
        name in prop::sample::select(vec![
            "baseline.jpg", "progressive.jpg", "restart_markers.jpg", "subsampled.jpg", "cmyk.jpg",
            "embedded_preview.jpg", "orientation_6.jpg",
        ]),
        blows in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        (from, to) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        repeats in 0_usize..3,
    ) {
        let mut bytes = golden(name);
        for (at, value) in blows {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
        let stretch = bytes[from.min(to)..from.max(to)].repeat(repeats);
        bytes.splice(from.min(to)..from.max(to), stretch);
        match decode_bytes(&bytes) {
            Ok(picture) => prop_assert!(picture.width() > 0 && picture.height() > 0),
            Err(fault) => {
                let text = fault.to_string();
                prop_assert!(!text.is_empty() && !text.contains("panicked"), "{}", text);
            }
        }
    }
}

#[test]
fn a_claim_of_billions_of_pixels_is_refused_before_memory_is_taken() {
    // A whole PNG header of 100000 x 100000 pixels, with nothing behind it.
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = b"IHDR".to_vec();
    header.extend(100_000_u32.to_be_bytes());
    header.extend(100_000_u32.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    bytes.extend(13_u32.to_be_bytes());
    bytes.extend(&header);
    bytes.extend(crc32(&header).to_be_bytes());
    bytes.extend([0, 0, 0, 0]);
    bytes.extend(b"IDAT");
    bytes.extend(crc32(b"IDAT").to_be_bytes());
    let fault = decode_bytes(&bytes).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "100000x100000 pixels exceed the limit of 134217728"
    );
}

/// The checksum of PNG chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

#[test]
fn a_jpeg_of_the_smallest_size_is_decoded() {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new(&mut bytes)
        .write_image(&[200, 10, 10], 1, 1, ExtendedColorType::Rgb8)
        .unwrap();
    assert_eq!(decode_bytes(&bytes).unwrap().dimensions(), (1, 1));
}
