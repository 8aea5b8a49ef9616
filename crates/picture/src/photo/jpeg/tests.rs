//! Damage made by script: what is found, and that sound files are left alone.

use image::RgbImage;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::*;

/// A sequence of numbers, the same for the same seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }
}

/// Something like a photograph: ramps, edges, and texture in places.
fn picture(seed: u64, width: u32, height: u32) -> RgbImage {
    let mut numbers = Numbers(seed * 977 + 5);
    let things: Vec<[f64; 6]> = (0..12)
        .map(|_| {
            [width, height, 60, 256, 256, 256].map(|end| numbers.below(end as usize + 1) as f64)
        })
        .collect();
    RgbImage::from_fn(width, height, |x, y| {
        let mut color = [
            x * 200 / width,
            y * 180 / height,
            (x + y) * 90 / (width + height),
        ]
        .map(f64::from);
        for [left, top, radius, red, green, blue] in &things {
            if (f64::from(x) - left).hypot(f64::from(y) - top) < *radius {
                color = [*red, *green, *blue];
            }
        }
        let texture = if y < height / 2 {
            numbers.below(50) as f64
        } else {
            0.0
        };
        image::Rgb(color.map(|value| (value + texture).clamp(0.0, 255.0) as u8))
    })
}

/// Every way of storing a picture that the encoder knows and that matters here.
fn encoded(seed: u64) -> Vec<(String, Vec<u8>)> {
    let (width, height) = (317, 211);
    let picture = picture(seed, width, height);
    let mut files = Vec::new();
    for sampling in [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
        SamplingFactor::F_4_1,
    ] {
        for is_progressive in [false, true] {
            for restart_interval in [0, 7] {
                let quality = [95, 80, 50][seed as usize % 3];
                let mut bytes = Vec::new();
                let mut encoder = Encoder::new(&mut bytes, quality);
                encoder.set_sampling_factor(sampling);
                encoder.set_progressive(is_progressive);
                encoder.set_optimized_huffman_tables(seed.is_multiple_of(2));
                encoder.set_restart_interval(restart_interval);
                encoder
                    .encode(
                        picture.as_raw(),
                        width as u16,
                        height as u16,
                        ColorType::Rgb,
                    )
                    .unwrap();
                let name = format!(
                    "{sampling:?} progressive {is_progressive} restarts {restart_interval} seed {seed}"
                );
                files.push((name, bytes));
            }
        }
    }
    files
}

/// Where the data of the first scan begins.
fn data_of(bytes: &[u8]) -> usize {
    let at = bytes
        .windows(2)
        .position(|pair| pair == [0xff, 0xda])
        .unwrap();
    at + 2 + usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]))
}

#[test]
fn sound_files_are_sound() {
    for seed in 0..6 {
        for (name, bytes) in encoded(seed) {
            assert_eq!(inspect(&bytes), Ok(()), "{name}");
            // What follows the picture is no part of it.
            let followed = [bytes.as_slice(), b"\0\0tail", &bytes].concat();
            assert_eq!(inspect(&followed), Ok(()), "{name}");
        }
    }
}

/// Share of the damaged files that are found, in percent.
fn found(damage: impl Fn(&[u8], &mut Numbers) -> Vec<u8>) -> usize {
    let mut numbers = Numbers(42);
    let (mut found, mut all) = (0, 0);
    for seed in 0..6 {
        for (_, bytes) in encoded(seed) {
            let damaged = damage(&bytes, &mut numbers);
            found += usize::from(inspect(&damaged).is_err());
            all += 1;
        }
    }
    100 * found / all
}

#[test]
fn a_stretch_of_zeros_is_found() {
    let rate = found(|bytes, numbers| {
        let mut damaged = bytes.to_vec();
        let data = data_of(bytes);
        let at = data + numbers.below(bytes.len() - data - 2500);
        damaged[at..at + 2048].fill(0);
        damaged
    });
    assert!(rate >= 99, "{rate} %");
}

#[test]
fn a_lost_stretch_is_found() {
    let rate = found(|bytes, numbers| {
        let data = data_of(bytes);
        let at = data + numbers.below(bytes.len() - data - 2500);
        [&bytes[..at], &bytes[at + 2048..]].concat()
    });
    assert!(rate >= 99, "{rate} %");
}

#[test]
fn a_cut_behind_which_an_end_was_put_is_found() {
    let rate = found(|bytes, numbers| {
        let data = data_of(bytes);
        let at = data + numbers.below(bytes.len() - data - 20);
        [&bytes[..at], &[0xff, 0xd9]].concat()
    });
    assert!(rate >= 99, "{rate} %");
}

#[test]
fn another_picture_behind_a_cut_is_found() {
    let rate = found(|bytes, numbers| {
        let data = data_of(bytes);
        let at = data + numbers.below(bytes.len() - data - 20);
        [&bytes[..at], bytes].concat()
    });
    assert_eq!(rate, 100);
}

#[test]
fn a_height_that_is_not_the_pictures_is_found() {
    for factor in [4.0, 0.25, 1.1] {
        let rate = found(|bytes, _| {
            let mut damaged = bytes.to_vec();
            let mut headers = bytes.windows(2);
            let frame = headers
                .position(|pair| matches!(pair, [0xff, 0xc0..=0xc2]))
                .unwrap();
            let height = f64::from(u16::from_be_bytes([bytes[frame + 5], bytes[frame + 6]]));
            let height = (height * factor) as u16;
            damaged[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
            damaged
        });
        assert_eq!(rate, 100, "{factor}");
    }
}

#[test]
fn many_single_bits_are_found() {
    // The others leave the codes in step: nothing but the pixels says that they changed.
    let rate = found(|bytes, numbers| {
        let mut damaged = bytes.to_vec();
        let data = data_of(bytes);
        damaged[data + numbers.below(bytes.len() - data - 2)] ^= 1 << numbers.below(8);
        damaged
    });
    assert!(rate >= 40, "{rate} %");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let (_, bytes) = encoded(1).swap_remove(0);
    let cut = [&bytes[..bytes.len() / 2], &[0xff, 0xd9]].concat();
    let fault = inspect(&cut).unwrap_err().to_string();
    assert!(
        fault.starts_with("its data ends too early (scan 1, block "),
        "{fault}"
    );
    assert!(fault.ends_with(" of 1080)"), "{fault}");
}

#[test]
fn planes_that_are_misread_are_told_by_the_header() {
    let outline = |bytes: &[u8]| Outline::of(bytes).unwrap().is_misread();
    for (name, bytes) in encoded(1) {
        assert!(!outline(&bytes), "{name}");
    }
    // With tables of its own for every plane, this encoder writes one after the other.
    for (name, bytes) in encoded(0) {
        let is_high = name.starts_with("F_1_2") || name.starts_with("F_2_2");
        let is_expected = is_high && name.contains("progressive false");
        assert_eq!(outline(&bytes), is_expected, "{name}");
    }
    let (_, mut finer) = encoded(1).swap_remove(4);
    let mut headers = finer.windows(2);
    let frame = headers.position(|pair| pair == [0xff, 0xc0]).unwrap();
    // Luma 2x1, both planes of chroma 1x1: now they are 2x2.
    assert_eq!(finer[frame + 11], 0x21);
    (finer[frame + 14], finer[frame + 17]) = (0x22, 0x22);
    assert!(outline(&finer));
}
