//! What one image scores.

use std::cell::RefCell;

use image::RgbImage;

use super::ciede2000::percentile_95;
use super::ssim::similarities;
use super::{
    Chroma, Differences, ab_mse, auc_ab, colorfulness, colorfulness_absolute, hue_error, psnr,
    uv_mse,
};
use crate::color::{lab, yuv};

/// The scores of one image. Where a picture has no value, such as the hue error of a gray photograph, it is `NaN`.
///
/// *Luma replaced* is the prediction once the true luma stands in for its own: what stages that predict luma and stages
/// that keep it can be compared by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageScore {
    /// The training loss on this image, in the network's own space.
    pub loss: f64,
    /// Peak signal-to-noise ratio of the picture as predicted, in dB.
    pub psnr: f64,
    /// The same, luma replaced.
    pub psnr_luma_replaced: f64,
    /// Peak signal-to-noise ratio of the photograph's luma without any chroma, in dB: what color has to beat.
    pub psnr_gray: f64,
    /// Structural similarity of the picture as predicted; none below 11 pixels.
    pub ssim: f64,
    /// The same, luma replaced.
    pub ssim_luma_replaced: f64,
    /// Mean color difference of the picture as predicted.
    pub ciede2000: f64,
    /// The same, luma replaced.
    pub ciede2000_luma_replaced: f64,
    /// 95th percentile of the color differences of the picture as predicted.
    pub ciede2000_p95: f64,
    /// Colorfulness of the picture as predicted.
    pub colorfulness: f64,
    /// The same, luma replaced.
    pub colorfulness_luma_replaced: f64,
    /// Colorfulness of the photograph.
    pub colorfulness_truth: f64,
    /// `|colorfulness - colorfulness_truth|`.
    pub colorfulness_difference: f64,
    /// Colorfulness of absolute opponents, of the picture as predicted.
    pub colorfulness_absolute: f64,
    /// The same of the photograph.
    pub colorfulness_absolute_truth: f64,
    /// Area under the curve of chroma errors, from 0 to 1.
    pub auc_ab: f64,
    /// The same with rare colors counting more.
    pub auc_ab_balanced: f64,
    /// Mean chroma of the picture as predicted, in units of L*a*b*.
    pub chroma: f64,
    /// The same of the photograph.
    pub chroma_truth: f64,
    /// Mean angle between the hues, in degrees, where the photograph has chroma above 10; none where it has no such
    /// pixel.
    pub hue_error: f64,
    /// Share of the prediction's pixels with chroma below 5.
    pub gray_share: f64,
    /// Share of the photograph's pixels with chroma below 5.
    pub gray_share_truth: f64,
    /// Mean squared error of U and V.
    pub uv_mse: f64,
    /// Mean squared error of a and b.
    pub ab_mse: f64,
    /// Perceptual distance by the maps of `AlexNet`, where it was asked for; none below 31 pixels.
    pub lpips_alex: Option<f64>,
    /// The same by those of VGG-16; none below 16 pixels.
    pub lpips_vgg: Option<f64>,
    /// Distance in structure and texture, where it was asked for.
    pub dists: Option<f64>,
}

/// Memory of a thread that scores images, kept from one to the next: new memory costs as much as a metric.
#[derive(Default)]
struct Scratch {
    /// Of the photograph, the prediction, and the prediction with the photograph's luma.
    planes: [lab::Planes; 3],
    differences: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl ImageScore {
    /// Scores the prediction of one photograph by all metrics that are measured on pixels; `loss` is what training's loss
    /// says of it.
    ///
    /// # Panics
    ///
    /// When the two differ in size.
    pub fn of(loss: f64, truth: &RgbImage, predicted: &RgbImage) -> Self {
        assert_eq!(truth.dimensions(), predicted.dimensions());
        let replaced = yuv::replace_luma(truth, predicted);
        SCRATCH.with_borrow_mut(|scratch| {
            let Scratch {
                planes,
                differences,
            } = scratch;
            for (planes, picture) in planes.iter_mut().zip([truth, predicted, &replaced]) {
                planes.refill(picture);
            }
            Self::of_planes(loss, [truth, predicted, &replaced], planes, differences)
        })
    }

    fn of_planes(
        loss: f64,
        [truth, predicted, replaced]: [&RgbImage; 3],
        [truth_lab, predicted_lab, replaced_lab]: &[lab::Planes; 3],
        differences: &mut Vec<f32>,
    ) -> Self {
        let [ssim, ssim_luma_replaced] =
            similarities(truth, [predicted, replaced]).unwrap_or([f64::NAN; 2]);
        let ciede2000 = Differences::mean_of(truth_lab, predicted_lab, differences);
        let ciede2000_p95 = percentile_95(differences);
        let areas = auc_ab(truth_lab, predicted_lab);
        let chroma_truth = Chroma::of(truth_lab);
        let chroma = Chroma::of(predicted_lab);
        let colorfulness_predicted = colorfulness(predicted);
        let colorfulness_truth = colorfulness(truth);
        Self {
            loss,
            psnr: psnr(truth, predicted),
            psnr_luma_replaced: psnr(truth, replaced),
            psnr_gray: psnr(truth, &yuv::without_chroma(truth)),
            ssim,
            ssim_luma_replaced,
            ciede2000,
            ciede2000_luma_replaced: Differences::mean_of(truth_lab, replaced_lab, differences),
            ciede2000_p95,
            colorfulness: colorfulness_predicted,
            colorfulness_luma_replaced: colorfulness(replaced),
            colorfulness_truth,
            colorfulness_difference: (colorfulness_predicted - colorfulness_truth).abs(),
            colorfulness_absolute: colorfulness_absolute(predicted),
            colorfulness_absolute_truth: colorfulness_absolute(truth),
            auc_ab: areas.raw,
            auc_ab_balanced: areas.balanced,
            chroma: chroma.mean,
            chroma_truth: chroma_truth.mean,
            hue_error: hue_error(truth_lab, predicted_lab).unwrap_or(f64::NAN),
            gray_share: chroma.gray_share,
            gray_share_truth: chroma_truth.gray_share,
            uv_mse: uv_mse(truth, predicted),
            ab_mse: ab_mse(truth_lab, predicted_lab),
            lpips_alex: None,
            lpips_vgg: None,
            dists: None,
        }
    }

    /// Every score with the name of its column: always the same ones in the same order, and after them those that were
    /// asked for.
    pub fn columns(&self) -> Vec<(&'static str, f64)> {
        let mut columns = vec![
            ("loss", self.loss),
            ("psnr", self.psnr),
            ("psnr_luma_replaced", self.psnr_luma_replaced),
            ("psnr_gray", self.psnr_gray),
            ("ssim", self.ssim),
            ("ssim_luma_replaced", self.ssim_luma_replaced),
            ("ciede2000", self.ciede2000),
            ("ciede2000_luma_replaced", self.ciede2000_luma_replaced),
            ("ciede2000_p95", self.ciede2000_p95),
            ("colorfulness", self.colorfulness),
            (
                "colorfulness_luma_replaced",
                self.colorfulness_luma_replaced,
            ),
            ("colorfulness_truth", self.colorfulness_truth),
            ("colorfulness_difference", self.colorfulness_difference),
            ("colorfulness_absolute", self.colorfulness_absolute),
            (
                "colorfulness_absolute_truth",
                self.colorfulness_absolute_truth,
            ),
            ("auc_ab", self.auc_ab),
            ("auc_ab_balanced", self.auc_ab_balanced),
            ("chroma", self.chroma),
            ("chroma_truth", self.chroma_truth),
            ("hue_error", self.hue_error),
            ("gray_share", self.gray_share),
            ("gray_share_truth", self.gray_share_truth),
            ("uv_mse", self.uv_mse),
            ("ab_mse", self.ab_mse),
        ];
        let on_request = [
            ("lpips_alex", self.lpips_alex),
            ("lpips_vgg", self.lpips_vgg),
            ("dists", self.dists),
        ];
        let measured = on_request.into_iter();
        columns.extend(measured.filter_map(|(name, value)| Some((name, value?))));
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    fn two_colours() -> RgbImage {
        let mut truth = RgbImage::from_pixel(12, 11, Rgb([200, 40, 90]));
        truth.put_pixel(1, 0, Rgb([10, 220, 30]));
        truth
    }

    #[test]
    fn a_perfect_prediction() {
        let truth = two_colours();
        let perfect = ImageScore::of(0.25, &truth, &truth);
        assert_eq!(perfect.loss, 0.25);
        assert_eq!(perfect.psnr, f64::INFINITY);
        assert_eq!(perfect.psnr_luma_replaced, f64::INFINITY);
        assert!(perfect.psnr_gray.is_finite());
        assert_eq!(perfect.ssim, 1.0);
        assert_eq!(perfect.ciede2000, 0.0);
        assert_eq!(perfect.ciede2000_p95, 0.0);
        assert_eq!(perfect.colorfulness, perfect.colorfulness_truth);
        assert_eq!((perfect.auc_ab, perfect.auc_ab_balanced), (1.0, 1.0));
        assert_eq!(perfect.chroma, perfect.chroma_truth);
        assert!(perfect.hue_error < 1e-3);
        assert_eq!((perfect.uv_mse, perfect.ab_mse), (0.0, 0.0));
    }

    #[test]
    fn a_gray_prediction() {
        let truth = two_colours();
        let mean = RgbImage::from_fn(12, 11, |x, y| {
            let [r, g, b] = truth.get_pixel(x, y).0.map(u16::from);
            Rgb([((r + g + b) / 3) as u8; 3])
        });
        let colourless = ImageScore::of(0.0, &truth, &mean);
        assert_eq!(colourless.colorfulness, 0.0);
        assert_eq!(colourless.chroma, 0.0);
        assert_eq!(colourless.gray_share, 1.0);
        assert_eq!(colourless.hue_error, 90.0);
        // With its luma replaced, any gray is the photograph's own.
        assert_eq!(colourless.psnr_luma_replaced, colourless.psnr_gray);
        assert_ne!(colourless.psnr_gray, colourless.psnr);
    }

    /// Only what cannot be said of a picture is missing from its scores.
    #[test]
    fn gray_photographs_and_small_ones() {
        let missing = |truth: &RgbImage, predicted: &RgbImage| {
            let columns = ImageScore::of(0.0, truth, predicted).columns();
            let mut missing: Vec<_> = columns.into_iter().filter(|(_, it)| it.is_nan()).collect();
            missing.retain(|(name, _)| !name.starts_with("ssim"));
            let names: Vec<_> = missing.into_iter().map(|(name, _)| name).collect();
            names
        };
        let gray = RgbImage::from_pixel(12, 12, Rgb([77; 3]));
        let red = RgbImage::from_pixel(12, 12, Rgb([250, 10, 3]));
        assert_eq!(missing(&gray, &red), ["hue_error"]);
        assert_eq!(missing(&gray, &gray), ["hue_error"]);
        assert_eq!(missing(&red, &gray), [""; 0]);
        let score = ImageScore::of(0.0, &gray, &gray);
        assert_eq!((score.ssim, score.auc_ab), (1.0, 1.0));
        assert_eq!((score.psnr_gray, score.ciede2000), (f64::INFINITY, 0.0));

        let pixel = RgbImage::from_pixel(1, 1, Rgb([1, 2, 200]));
        assert_eq!(missing(&pixel, &pixel), [""; 0]);
        let score = ImageScore::of(0.0, &pixel, &pixel);
        assert!(score.ssim.is_nan() && score.ssim_luma_replaced.is_nan());
        let nothing = RgbImage::new(0, 0);
        assert!(ImageScore::of(0.0, &nothing, &nothing).psnr.is_nan());
    }

    #[test]
    #[should_panic(expected = "assertion")]
    fn sizes_that_differ() {
        ImageScore::of(0.0, &RgbImage::new(2, 3), &RgbImage::new(3, 2));
    }
}
