//! Tests of decoding, with files of `tests/golden/photo.py` and some made on the spot.

use image::{ExtendedColorType, ImageEncoder, Luma, LumaA, Rgb, Rgba};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use moxcms::ColorProfile;
use proptest::prelude::*;

use super::super::PhotoFormat;
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

/// A PNG with a color profile.
fn with_profile(picture: &DynamicImage, profile: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(profile.to_vec()).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

/// The colors of a picture, as numbers of another color space.
fn in_space(picture: &RgbImage, space: &ColorProfile) -> RgbImage {
    let transform = ColorProfile::new_srgb()
        .create_transform_8bit(
            moxcms::Layout::Rgb,
            space,
            moxcms::Layout::Rgb,
            moxcms::TransformOptions::default(),
        )
        .unwrap();
    let mut numbers = picture.clone();
    transform.transform(picture.as_raw(), &mut numbers).unwrap();
    numbers
}

#[test]
fn colors_of_a_profile_become_srgb() {
    let truth = upright();
    for space in [
        ColorProfile::new_adobe_rgb(),
        ColorProfile::new_display_p3(),
    ] {
        let numbers = in_space(&truth, &space);
        let (_, wrong) = difference(&numbers, &truth);
        assert!(wrong > 5.0, "{wrong}");
        let profile = space.encode().unwrap();
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, 100);
        encoder.set_sampling_factor(SamplingFactor::F_1_1);
        encoder.add_icc_profile(&profile).unwrap();
        encoder
            .encode(numbers.as_raw(), 24, 16, ColorType::Rgb)
            .unwrap();
        let mut transparent = DynamicImage::from(numbers.clone()).into_rgba8();
        transparent.put_pixel(3, 4, Rgba([1, 2, 3, 0]));
        let transparent = with_profile(&transparent.into(), &profile);
        let png = with_profile(&numbers.into(), &profile);
        for (bytes, tolerance) in [(&png, 1.0), (&jpeg, 2.5)] {
            let decoded = read(bytes).unwrap();
            let (_, mean) = difference(&decoded.picture, &truth);
            assert!(mean < tolerance, "{mean}");
            assert!(matches!(&decoded.profile, Profile::Converted(name) if name != "unnamed"));
            assert_ne!(decoded.content_hash(bytes), blake3::hash(bytes));
            // What is written is sRGB, and does not say otherwise.
            for format in [PhotoFormat::Png, PhotoFormat::Jpeg] {
                let written = format.encode(&decoded.picture).unwrap();
                assert_eq!(read(&written).unwrap().profile, Profile::Srgb);
                let text = String::from_utf8_lossy(&written);
                assert!(!text.contains("iCCP") && !text.contains("ICC_PROFILE"));
            }
        }
        let decoded = decode_bytes(&transparent).unwrap();
        assert_eq!(decoded.get_pixel(3, 4).0, [255; 3]);
        let opaque = decode_bytes(&png).unwrap();
        assert_eq!(decoded.get_pixel(4, 4), opaque.get_pixel(4, 4));
    }
}

#[test]
fn a_profile_of_srgb_changes_no_bit() {
    let picture = upright();
    let bytes = with_profile(
        &picture.clone().into(),
        &ColorProfile::new_srgb().encode().unwrap(),
    );
    let decoded = read(&bytes).unwrap();
    assert_eq!(decoded.picture, picture);
    assert_eq!(decoded.profile, Profile::Srgb);
    assert_eq!(decoded.content_hash(&bytes), blake3::hash(&bytes));
}

#[test]
fn a_gray_profile_is_for_gray_pictures() {
    let linear = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    let gray = image::GrayImage::from_pixel(4, 4, Luma([55]));
    let decoded = read(&with_profile(&gray.into(), &linear)).unwrap();
    assert!(matches!(decoded.profile, Profile::Converted(_)));
    let [red, green, blue] = decoded.picture.get_pixel(0, 0).0;
    // 255 (1.055 (55/255)^(1/2.4) - 0.055) is 127.9.
    assert!(
        red == green && green == blue && red.abs_diff(128) <= 1,
        "{red}"
    );
    let decoded = read(&with_profile(&upright().into(), &linear)).unwrap();
    assert!(matches!(decoded.profile, Profile::Ignored(_)));
    assert_eq!(decoded.picture, upright());
}

#[test]
fn a_profile_that_cannot_be_applied_changes_nothing_and_is_said() {
    let mut cmyk = ColorProfile::new_adobe_rgb().encode().unwrap();
    cmyk[16..20].copy_from_slice(b"CMYK");
    for profile in [b"no profile".to_vec(), cmyk] {
        let bytes = with_profile(&upright().into(), &profile);
        let decoded = read(&bytes).unwrap();
        assert_eq!(decoded.picture, upright());
        assert!(
            matches!(&decoded.profile, Profile::Ignored(reason) if !reason.is_empty()),
            "{:?}",
            decoded.profile
        );
        assert_eq!(decoded.content_hash(&bytes), blake3::hash(&bytes));
    }
}

#[test]
fn an_orientation_written_as_long_is_honored() {
    let short = golden("orientation_6.jpg");
    let exif = short
        .windows(6)
        .position(|part| part == b"Exif\0\0")
        .unwrap()
        + 6;
    let is_little = short[exif] == b'I';
    let tag = if is_little {
        [0x12, 0x01]
    } else {
        [0x01, 0x12]
    };
    let entry = exif
        + 8
        + short[exif + 8..]
            .windows(2)
            .position(|it| it == tag)
            .unwrap();
    let mut long = short.clone();
    // Tag, type, count, value.
    long[entry + 2..entry + 4].copy_from_slice(if is_little { &[4, 0] } else { &[0, 4] });
    long[entry + 8..entry + 12].copy_from_slice(if is_little {
        &[6, 0, 0, 0]
    } else {
        &[0, 0, 0, 6]
    });
    let decoded = read(&long).unwrap();
    assert_eq!(decoded.picture, decode_bytes(&short).unwrap());
    assert_ne!(decoded.content_hash(&long), blake3::hash(&long));
    let decoded = read(&short).unwrap();
    assert_eq!(decoded.content_hash(&short), blake3::hash(&short));
}

#[test]
fn planes_one_after_the_other_show_the_same_picture() {
    let picture = RgbImage::from_fn(75, 61, |x, y| {
        let chroma = if (x / 9 + y / 7) % 2 == 0 { 40 } else { 200 };
        image::Rgb([(x * 3) as u8, (y * 4) as u8, chroma])
    });
    for sampling in [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
        SamplingFactor::F_4_1,
        SamplingFactor::F_1_4,
        SamplingFactor::F_4_2,
        SamplingFactor::F_2_4,
    ] {
        let decoded = |in_planes| {
            let mut bytes = Vec::new();
            let mut encoder = Encoder::new(&mut bytes, 90);
            encoder.set_sampling_factor(sampling);
            // With tables of its own for every plane, this encoder writes one after the other.
            encoder.set_optimized_huffman_tables(in_planes);
            encoder
                .encode(picture.as_raw(), 75, 61, ColorType::Rgb)
                .unwrap();
            let decoded = read(&bytes).unwrap();
            (decoded.is_read_anew, decoded.into_picture())
        };
        let (is_read_anew, in_planes) = decoded(true);
        let (plain_is_read_anew, plain) = decoded(false);
        let (_, mean) = difference(&in_planes, &plain);
        assert!(
            mean < 3.0,
            "{sampling:?} {is_read_anew} {plain_is_read_anew}: {mean}"
        );
    }
}

#[test]
fn a_lossy_webp_with_transparency_that_is_cut_is_no_photograph() {
    let whole = golden("lossy_alpha.webp");
    assert_eq!(decode_bytes(&whole).unwrap().dimensions(), (24, 16));
    for length in 0..whole.len() {
        assert!(decode_bytes(&whole[..length]).is_err(), "{length}");
    }
    // With all sizes made right again, the decoder alone can notice it.
    let at = whole.windows(4).position(|it| it == b"VP8 ").unwrap();
    let data = whole.len() - (at + 8);
    for kept in [data / 8, data / 2, data * 7 / 8] {
        let mut cut = whole[..at + 8 + kept / 2 * 2].to_vec();
        let size = |length: usize| (length as u32).to_le_bytes();
        let (file, chunk) = (cut.len() - 8, cut.len() - (at + 8));
        cut[4..8].copy_from_slice(&size(file));
        cut[at + 4..at + 8].copy_from_slice(&size(chunk));
        assert!(webp::judge(&cut).is_ok());
        assert!(decode_bytes(&cut).is_err(), "{kept} of {data}");
    }
}

#[test]
fn a_webp_file_has_all_the_bytes_that_it_promises() {
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let mut bytes = name.to_vec();
        bytes.extend((content.len() as u32).to_le_bytes());
        bytes.extend(content);
        bytes.extend(vec![0; content.len() % 2]);
        bytes
    };
    let chunks = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &[0; 10]),
        chunk(b"ALPH", &[7; 33]),
        chunk(b"VP8 ", &[9; 121]),
    ];
    let whole = chunk(b"RIFF", &chunks.concat());
    assert!(webp::judge(&whole).is_ok());
    assert!(webp::judge(&[whole.as_slice(), b"tail"].concat()).is_ok());
    for length in 12..whole.len() {
        let cut = &whole[..length];
        let error = webp::judge(cut).unwrap_err().to_string();
        let expected = format!("the file is truncated: {length} of {} bytes", whole.len());
        assert_eq!(error, expected);
    }
    // Also where the container's size was put right: within the alpha, and within the picture.
    for length in [60, 100] {
        let mut mended = whole[..length].to_vec();
        mended[4..8].copy_from_slice(&(length as u32 - 8).to_le_bytes());
        assert!(webp::judge(&mended).is_err(), "{length}");
    }
    let webp = encoded(&upright(), ImageFormat::WebP);
    for length in 0..webp.len() {
        assert!(decode_bytes(&webp[..length]).is_err(), "{length}");
    }
}
