//! Every score as one would write it down first, pixel after pixel: what [`ImageScore::of`] computes many pixels at a time has
//! the same bits.

use image::RgbImage;
use proptest::prelude::*;

use super::ciede2000::straightforward as ciede2000;
use super::ssim::straightforward as ssim;
use super::{ImageScore, psnr};
use crate::color::lab::{self, Planes};
use crate::color::yuv;

/// L, a, b of a pixel, in single precision.
fn lab_of([r, g, b]: [u8; 3]) -> [f32; 3] {
    let light = [r, g, b].map(|value| lab::linear(f64::from(value) / 255.0) as f32);
    let root = |row: usize| {
        let [red, green, blue] =
            lab::XYZ_FROM_RGB[row].map(|weight| (weight / lab::WHITE[row]) as f32);
        let share = red * light[0] + green * light[1] + blue * light[2];
        if share <= lab::LINEAR_BELOW as f32 {
            return lab::SLOPE as f32 * share + lab::OFFSET as f32;
        }
        let mut root = f32::from_bits(share.to_bits() / 3 + 0x2a51_37a0);
        for _ in 0..2 {
            let cube = root * root * root;
            root *= (share + share + cube) / (share + cube + cube);
        }
        root
    };
    let [x, y, z] = [0, 1, 2].map(root);
    let chroma = if r == g && g == b { 0.0 } else { 1.0 };
    [
        116.0 * y - 16.0,
        chroma * 500.0 * (x - y),
        chroma * 200.0 * (y - z),
    ]
}

fn unit(pixel: [u8; 3]) -> [f64; 3] {
    pixel.map(|value| f64::from(value) / 255.0)
}

fn byte(value: f64) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

fn with_luma_of(truth: [u8; 3], [r, g, b]: [u8; 3]) -> [u8; 3] {
    let [luma, _, _] = yuv::from_rgb(unit(truth));
    let [_, u, v] = if r == g && g == b {
        [0.0; 3]
    } else {
        yuv::from_rgb(unit([r, g, b]))
    };
    yuv::to_rgb([luma, u, v]).map(byte)
}

fn colorfulness(pixels: &[[u8; 3]], of: impl Fn(i32) -> i32) -> f64 {
    let opponents = pixels.iter().map(|pixel| {
        let [r, g, b] = pixel.map(i32::from);
        [of(r - g), of(r + g - 2 * b)].map(i64::from)
    });
    let sum = |term: fn([i64; 2]) -> i64| opponents.clone().map(term).sum::<i64>() as f64;
    let count = pixels.len() as f64;
    let (rg, rg_square) = (sum(|it| it[0]) / count, sum(|it| it[0] * it[0]) / count);
    let (yb, yb_square) = (sum(|it| it[1]) / count, sum(|it| it[1] * it[1]) / count);
    let (yb, yb_square) = (yb / 2.0, yb_square / 4.0);
    let variance = (rg_square - rg * rg).max(0.0) + (yb_square - yb * yb).max(0.0);
    variance.sqrt() + 0.3 * (rg * rg + yb * yb).sqrt()
}

fn score(truth: &RgbImage, predicted: &RgbImage) -> ImageScore {
    let pixels = |picture: &RgbImage| picture.pixels().map(|pixel| pixel.0).collect::<Vec<_>>();
    let (truths, predictions) = (pixels(truth), pixels(predicted));
    let pairs = truths.iter().zip(&predictions);
    let replaced: Vec<[u8; 3]> = pairs
        .map(|(&one, &other)| with_luma_of(one, other))
        .collect();
    let gray = truths
        .iter()
        .map(|&pixel| [byte(yuv::from_rgb(unit(pixel))[0]); 3]);
    let (width, height) = truth.dimensions();
    let picture =
        |pixels: Vec<[u8; 3]>| RgbImage::from_raw(width, height, pixels.concat()).unwrap();
    let (replaced_picture, gray) = (picture(replaced.clone()), picture(gray.collect()));

    let [lab, predicted_lab, replaced_lab] = [&truths, &predictions, &replaced]
        .map(|pixels| pixels.iter().map(|&it| lab_of(it)).collect::<Vec<_>>());
    let count = lab.len() as f64;
    let differences = |other: &[[f32; 3]]| {
        let pairs = lab.iter().zip(other);
        pairs
            .map(|(&one, &other)| ciede2000(one, other))
            .collect::<Vec<f32>>()
    };
    let mean = |values: &[f32]| values.iter().map(|&it| f64::from(it)).sum::<f64>() / count;
    let mut sorted = differences(&predicted_lab);
    sorted.sort_by(f32::total_cmp);
    let place = 0.95 * (count - 1.0);
    let [below, above] =
        [0, 1].map(|next| f64::from(sorted[(place as usize + next).min(sorted.len() - 1)]));

    let chromas = |lab: &[[f32; 3]]| -> Vec<f32> {
        lab.iter().map(|[_, a, b]| (a * a + b * b).sqrt()).collect()
    };
    let grays = |chromas: &[f32]| chromas.iter().filter(|it| **it < 5.0).count() as f64 / count;
    let (chroma_truth, chroma) = (chromas(&lab), chromas(&predicted_lab));
    let errors: Vec<f64> = lab
        .iter()
        .zip(&predicted_lab)
        .filter(|([_, a, b], _)| a * a + b * b > 100.0)
        .map(|([_, a, b], [_, c, d])| {
            if *c == 0.0 && *d == 0.0 {
                return 90.0;
            }
            f64::from((a * d - b * c).abs().atan2(a * c + b * d).to_degrees())
        })
        .collect();
    let uv_squares = truths.iter().zip(&predictions).map(|(truth, predicted)| {
        let error = [0, 1, 2].map(|it| (f64::from(predicted[it]) - f64::from(truth[it])) / 255.0);
        let [_, u, v] = yuv::from_rgb(error);
        u * u + v * v
    });
    let ab_squares = lab.iter().zip(&predicted_lab).map(|(truth, predicted)| {
        let (da, db) = (predicted[1] - truth[1], predicted[2] - truth[2]);
        f64::from(da * da + db * db)
    });
    // Whole numbers but for the last digit of a weight: nothing to be had from doing it otherwise.
    let areas = super::auc_ab(
        &lab.iter().copied().collect(),
        &predicted_lab.iter().copied().collect(),
    );
    let colorfulness_predicted = colorfulness(&predictions, |it| it);
    let colorfulness_truth = colorfulness(&truths, |it| it);
    ImageScore {
        loss: 0.0,
        psnr: psnr(truth, predicted),
        psnr_luma_replaced: psnr(truth, &replaced_picture),
        psnr_gray: psnr(truth, &gray),
        ssim: ssim(truth, predicted),
        ssim_luma_replaced: ssim(truth, &replaced_picture),
        ciede2000: mean(&differences(&predicted_lab)),
        ciede2000_luma_replaced: mean(&differences(&replaced_lab)),
        ciede2000_p95: below + place.fract() * (above - below),
        colorfulness: colorfulness_predicted,
        colorfulness_luma_replaced: colorfulness(&replaced, |it| it),
        colorfulness_truth,
        colorfulness_difference: (colorfulness_predicted - colorfulness_truth).abs(),
        colorfulness_absolute: colorfulness(&predictions, i32::abs),
        colorfulness_absolute_truth: colorfulness(&truths, i32::abs),
        auc_ab: areas.raw,
        auc_ab_balanced: areas.balanced,
        chroma: mean(&chroma),
        chroma_truth: mean(&chroma_truth),
        hue_error: match errors.len() {
            0 => f64::NAN,
            some => errors.iter().sum::<f64>() / some as f64,
        },
        gray_share: grays(&chroma),
        gray_share_truth: grays(&chroma_truth),
        uv_mse: uv_squares.sum::<f64>() / (2.0 * count),
        ab_mse: ab_squares.sum::<f64>() / (2.0 * count),
        lpips_alex: None,
        lpips_vgg: None,
        dists: None,
    }
}

/// Noise, smooth colors, grays, and predictions that are near, far and without color.
fn pictures() -> impl Strategy<Value = [RgbImage; 2]> {
    (11..30u32, 11..30u32, 0..4, 0..4).prop_flat_map(|(width, height, kind, answer)| {
        let size = 3 * width as usize * height as usize;
        let bytes = prop::collection::vec(any::<u8>(), size);
        (bytes.clone(), bytes).prop_map(move |(noise, other)| {
            let smooth = |at: usize| {
                let (pixel, channel) = (at / 3, at % 3);
                let (x, y) = (pixel % width as usize, pixel / width as usize);
                (40 + 7 * x + (3 + channel) * y + 31 * channel) as u8
            };
            let truth: Vec<u8> = (0..size)
                .map(|at| match kind {
                    0 => noise[at],
                    1 => smooth(at),
                    2 => smooth(at) ^ (noise[at] & 7),
                    _ => noise[at / 3 * 3],
                })
                .collect();
            let predicted = (0..size).map(|at| match answer {
                0 => other[at],
                1 => truth[at].saturating_add(other[at] & 15),
                2 => truth[at / 3 * 3],
                _ => truth[at],
            });
            let predicted = predicted.collect();
            [truth, predicted].map(|it| RgbImage::from_raw(width, height, it).unwrap())
        })
    })
}

proptest! {
    #[test]
    fn scores_have_the_bits_of_the_formulas([truth, predicted] in pictures()) {
        let fast = ImageScore::of(0.0, &truth, &predicted).columns();
        for ((name, fast), (_, slow)) in fast.into_iter().zip(score(&truth, &predicted).columns()) {
            let same = fast.to_bits() == slow.to_bits() || fast.is_nan() && slow.is_nan();
            prop_assert!(same, "{}: {} is not {}", name, fast, slow);
        }
        let planes = Planes::of(&truth);
        for (at, pixel) in truth.pixels().enumerate() {
            let [lightness, a, b] = lab_of(pixel.0).map(f32::to_bits);
            let fast = [planes.lightness[at], planes.a[at], planes.b[at]].map(f32::to_bits);
            prop_assert_eq!(fast, [lightness, a, b]);
        }
    }
}
