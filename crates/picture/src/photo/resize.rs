//! Another size, pixel for pixel what `tf.image.resize` makes of it.

use std::cell::RefCell;

use fast_image_resize as fir;
use image::RgbImage;

use super::Resize;

/// Brings a photograph to `side` x `side` pixels, whatever its aspect ratio.
///
/// The result is that of `tf.image.resize(photo, [side, side], "bilinear", antialias = ...)`, rounded to 8 bits, within
/// one level.
///
/// # Panics
///
/// When `side` does not fit into 32 bits, or the photograph has no pixel; [`super::decode`] returns none such.
pub fn resize(photo: &RgbImage, side: usize, method: Resize) -> RgbImage {
    let mut pixels = vec![0; 3 * side * side];
    resize_into(photo, side, method, &mut pixels);
    let side = u32::try_from(side).expect("an image side fits into 32 bits");
    RgbImage::from_raw(side, side, pixels).expect("three bytes a pixel")
}

thread_local! {
    /// Keeps its working memory from one photograph to the next.
    static RESIZER: RefCell<fir::Resizer> = RefCell::new(fir::Resizer::new());
}

/// The same into existing memory: red, green and blue, row by row.
///
/// # Panics
///
/// As [`resize`], and when `into` does not have three bytes a pixel.
pub fn resize_into(photo: &RgbImage, side: usize, method: Resize, into: &mut [u8]) {
    let side = u32::try_from(side).expect("an image side fits into 32 bits");
    if photo.dimensions() == (side, side) {
        return into.copy_from_slice(photo.as_raw());
    }
    let algorithm = match method {
        Resize::Bilinear => fir::ResizeAlg::Interpolation(fir::FilterType::Bilinear),
        Resize::BilinearAntialias => fir::ResizeAlg::Convolution(fir::FilterType::Bilinear),
    };
    let source = fir::images::ImageRef::new(
        photo.width(),
        photo.height(),
        photo.as_raw(),
        fir::PixelType::U8x3,
    )
    .expect("an RgbImage holds three bytes a pixel");
    let mut resized = fir::images::Image::from_slice_u8(side, side, into, fir::PixelType::U8x3)
        .expect("the target has three bytes a pixel");
    let options = fir::ResizeOptions::new().resize_alg(algorithm);
    RESIZER
        .with_borrow_mut(|resizer| resizer.resize(&source, &mut resized, &options))
        .expect("source and target have one pixel type, and the whole source is taken");
}

/// Brings a plane of numbers, row by row, from one size (width, height) to another: bilinear with half-pixel centers
/// where it grows, with a support that grows along where it shrinks.
///
/// # Panics
///
/// When `values` are not as many as `from` says, or a side is 0 or does not fit into 32 bits.
pub fn resize_plane(values: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
    if from == to {
        return values.to_vec();
    }
    let side = |side: usize| u32::try_from(side).expect("an image side fits into 32 bits");
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_ne_bytes())
        .collect();
    let source =
        fir::images::Image::from_vec_u8(side(from[0]), side(from[1]), bytes, fir::PixelType::F32)
            .expect("the plane has as many values as its size says");
    let mut resized = fir::images::Image::new(side(to[0]), side(to[1]), fir::PixelType::F32);
    let bilinear = fir::ResizeAlg::Convolution(fir::FilterType::Bilinear);
    fir::Resizer::new()
        .resize(
            &source,
            &mut resized,
            &fir::ResizeOptions::new().resize_alg(bilinear),
        )
        .expect("source and target have one pixel type, and the whole source is taken");
    let (values, _) = resized.buffer().as_chunks::<4>();
    values
        .iter()
        .map(|bytes| f32::from_ne_bytes(*bytes))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::photo::decode;

    /// The results of `tests/golden/resize.py`: name of the source, side, method.
    fn cases() -> Vec<(String, usize, Resize)> {
        let sources: [(&str, &[usize]); 7] = [
            ("noise_40x52", &[16, 33, 64]),
            ("noise_odd_31x17", &[17, 24, 50]),
            ("gradient_150x201", &[7, 64]),
            ("strip_13x160", &[32]),
            ("strip_1x40", &[16]),
            ("strip_40x1", &[16]),
            ("pixel_1x1", &[8]),
        ];
        let mut cases = Vec::new();
        for (name, sides) in sources {
            for &side in sides {
                cases.push((name.to_owned(), side, Resize::Bilinear));
                cases.push((name.to_owned(), side, Resize::BilinearAntialias));
            }
        }
        cases
    }

    #[test]
    fn pixels_are_those_of_tensorflow() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/resize");
        let open = |name: String| decode(&folder.join(format!("{name}.png"))).unwrap();
        for (name, side, method) in cases() {
            let ending = match method {
                Resize::Bilinear => "bilinear",
                Resize::BilinearAntialias => "bilinear_antialias",
            };
            let expected = open(format!("{name}_{side}_{ending}"));
            let resized = resize(&open(name.clone()), side, method);
            assert_eq!(resized.dimensions(), expected.dimensions());
            let differences: Vec<u8> = resized
                .as_raw()
                .iter()
                .zip(expected.as_raw())
                .map(|(a, b)| a.abs_diff(*b))
                .collect();
            let total: u64 = differences.iter().map(|&it| u64::from(it)).sum();
            let mean = total as f64 / differences.len() as f64;
            let largest = differences.iter().max().unwrap();
            assert!(*largest <= 1, "{name} {side} {ending}: {largest} levels");
            assert!(mean < 0.25, "{name} {side} {ending}: {mean} on average");
        }
    }

    #[test]
    fn the_two_methods_differ_where_pixels_would_be_skipped() {
        let stripes = RgbImage::from_fn(64, 64, |x, _| image::Rgb([(x % 2) as u8 * 255; 3]));
        let average = |method| resize(&stripes, 12, method).as_raw()[0];
        assert!(average(Resize::BilinearAntialias).abs_diff(128) < 40);
        assert_ne!(
            resize(&stripes, 12, Resize::Bilinear),
            resize(&stripes, 12, Resize::BilinearAntialias)
        );
    }

    #[test]
    fn a_plane_grows_between_its_values() {
        let doubled = resize_plane(&[0.0, -4.0], [2, 1], [4, 2]);
        assert_eq!(doubled, [0.0, -1.0, -3.0, -4.0, 0.0, -1.0, -3.0, -4.0]);
        let ramp: Vec<f32> = (0..32).map(|x| x as f32 / 31.0).collect();
        let shrunk = resize_plane(&ramp, [32, 1], [3, 1]);
        assert!(shrunk.is_sorted() && (shrunk[1] - 0.5).abs() < 1e-6);
        assert_eq!(resize_plane(&ramp, [8, 4], [8, 4]), ramp);
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let photo = RgbImage::from_fn(9, 9, |x, y| image::Rgb([x as u8, y as u8, 200]));
        assert_eq!(resize(&photo, 9, Resize::Bilinear), photo);
        assert_eq!(resize(&photo, 9, Resize::BilinearAntialias), photo);
    }
}
