//! What one image scores, and how images' scores make a metric.

use image::RgbImage;

use super::{colorfulness, psnr};
use crate::color::yuv;

/// The scores of one image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageScore {
    /// The training loss on this image, in the network's own space.
    pub loss: f64,
    /// Peak signal-to-noise ratio of the picture as predicted, in dB.
    pub psnr: f64,
    /// The same once the true luma stands in for the predicted one, in dB: what stages that predict luma and stages
    /// that keep it can be compared by.
    pub psnr_luma_replaced: f64,
    /// Peak signal-to-noise ratio of the photograph's luma without any chroma, in dB: what colour has to beat.
    pub psnr_gray: f64,
    /// Colorfulness of the picture as predicted.
    pub colorfulness: f64,
    /// Colorfulness of the photograph.
    pub colorfulness_truth: f64,
}

impl ImageScore {
    /// Scores the prediction of one photograph.
    pub fn of(loss: f64, truth: &RgbImage, predicted: &RgbImage) -> Self {
        let black = RgbImage::new(truth.width(), truth.height());
        Self {
            loss,
            psnr: psnr(truth, predicted),
            psnr_luma_replaced: psnr(truth, &yuv::replace_luma(truth, predicted)),
            psnr_gray: psnr(truth, &yuv::replace_luma(truth, &black)),
            colorfulness: colorfulness(predicted),
            colorfulness_truth: colorfulness(truth),
        }
    }

    /// Every score with the name of its column.
    pub fn columns(&self) -> [(&'static str, f64); 6] {
        [
            ("loss", self.loss),
            ("psnr", self.psnr),
            ("psnr_luma_replaced", self.psnr_luma_replaced),
            ("psnr_gray", self.psnr_gray),
            ("colorfulness", self.colorfulness),
            ("colorfulness_truth", self.colorfulness_truth),
        ]
    }
}

/// A number over a set of held-out images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Mean of the loss.
    Loss,
    /// Mean of the decibels of each image.
    Psnr,
    /// Mean of the decibels of each image, luma replaced.
    PsnrLumaReplaced,
    /// Mean of the decibels of luma without chroma.
    PsnrGray,
    /// Mean colorfulness of the predictions over mean colorfulness of the photographs: 1 is as colourful as life, 0
    /// is gray.
    ColorfulnessRatio,
}

impl Metric {
    /// Every metric, in the order in which tables show them.
    pub const ALL: [Self; 5] = [
        Self::Loss,
        Self::Psnr,
        Self::PsnrLumaReplaced,
        Self::PsnrGray,
        Self::ColorfulnessRatio,
    ];

    /// The name in logs and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Psnr => "psnr",
            Self::PsnrLumaReplaced => "psnr_luma_replaced",
            Self::PsnrGray => "psnr_gray",
            Self::ColorfulnessRatio => "colorfulness_ratio",
        }
    }

    /// The unit, where there is one.
    pub fn unit(self) -> Option<&'static str> {
        match self {
            Self::Psnr | Self::PsnrLumaReplaced | Self::PsnrGray => Some("dB"),
            Self::Loss | Self::ColorfulnessRatio => None,
        }
    }

    /// Whether more is better. Of colorfulness neither is: life is 1.
    pub fn higher_is_better(self) -> bool {
        !matches!(self, Self::Loss)
    }

    /// What one image adds to the numerator and to the denominator of the metric over a set.
    pub fn terms(self, score: &ImageScore) -> (f64, f64) {
        match self {
            Self::Loss => (score.loss, 1.0),
            Self::Psnr => (score.psnr, 1.0),
            Self::PsnrLumaReplaced => (score.psnr_luma_replaced, 1.0),
            Self::PsnrGray => (score.psnr_gray, 1.0),
            Self::ColorfulnessRatio => (score.colorfulness, score.colorfulness_truth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn a_perfect_prediction_and_a_gray_one() {
        let mut truth = RgbImage::from_pixel(2, 1, Rgb([200, 40, 90]));
        truth.put_pixel(1, 0, Rgb([10, 220, 30]));
        let perfect = ImageScore::of(0.0, &truth, &truth);
        assert_eq!(perfect.psnr, f64::INFINITY);
        assert_eq!(
            Metric::ColorfulnessRatio.terms(&perfect).0,
            Metric::ColorfulnessRatio.terms(&perfect).1
        );
        let mean = RgbImage::from_fn(2, 1, |x, y| {
            let [r, g, b] = truth.get_pixel(x, y).0.map(u16::from);
            Rgb([((r + g + b) / 3) as u8; 3])
        });
        let colourless = ImageScore::of(0.0, &truth, &mean);
        assert_eq!(colourless.colorfulness, 0.0);
        // With its luma replaced, any gray is the photograph's own.
        assert_eq!(colourless.psnr_luma_replaced, colourless.psnr_gray);
        assert_ne!(colourless.psnr_gray, colourless.psnr);
    }

    #[test]
    fn every_metric_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> =
            Metric::ALL.iter().map(|metric| metric.name()).collect();
        assert_eq!(names.len(), Metric::ALL.len());
    }
}
