//! From luma to what a classifier was trained to see.

use burn::tensor::{Tensor, TensorData};

use super::{ExtractorKind, Preprocess};

/// Mean and standard deviation of ImageNet's red, green and blue on [0, 1], as torchvision's weights have seen them.
pub(crate) const IMAGENET: ([f64; 3], [f64; 3]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

/// EfficientNet-Lite was trained on `(x - 127) / 128` of values on 0..255, so that it can be quantized.
const LITE: ([f64; 3], [f64; 3]) = ([127.0 / 255.0; 3], [128.0 / 255.0; 3]);

/// The mean of ImageNet's blue, green and red on 0..255, as Keras subtracts it.
const CAFFE: [f64; 3] = [103.939, 116.779, 123.68];

/// What the classifier `kind` gets to see under `preprocess`.
///
/// The extractor of a colorization only ever sees gray, as color would give the answer away; color is for checking
/// that a classifier sees what it should.
///
/// # Shapes
///
/// Luma `[batch, 1, height, width]` or red, green and blue `[batch, 3, height, width]`, on [0, 1], to
/// `[batch, 3, height, width]`.
pub fn prepare(picture: Tensor<4>, preprocess: Preprocess, kind: ExtractorKind) -> Tensor<4> {
    let (factor, summand) = affine(preprocess, kind);
    let device = picture.device();
    let one_a_channel = |values: [f64; 3]| {
        let data = TensorData::new(values.map(|value| value as f32).to_vec(), [1, 3, 1, 1]);
        Tensor::<4>::from_data(data, &device)
    };
    let [batch, channels, height, width] = picture.dims();
    let three = match preprocess {
        // Blue first. Gray is the same in any order.
        Preprocess::Caffe if channels == 3 => picture.flip([1]),
        _ => picture.expand([batch, 3, height, width]),
    };
    three * one_a_channel(factor) + one_a_channel(summand)
}

/// What each channel is multiplied by, and what is added then.
fn affine(preprocess: Preprocess, kind: ExtractorKind) -> ([f64; 3], [f64; 3]) {
    match preprocess {
        Preprocess::Imagenet => {
            let (mean, deviation) = match kind {
                ExtractorKind::EfficientnetLite0 => LITE,
                ExtractorKind::None
                | ExtractorKind::Resnet18
                | ExtractorKind::Resnet34
                | ExtractorKind::Resnet50 => IMAGENET,
            };
            let summand = [0, 1, 2].map(|channel| -mean[channel] / deviation[channel]);
            (deviation.map(f64::recip), summand)
        }
        Preprocess::Caffe => ([255.0; 3], CAFFE.map(|mean| -mean)),
        Preprocess::Upstream => ([255.0; 3], [-127.5; 3]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{self, DeviceName};

    fn prepared(picture: &[f32], preprocess: Preprocess, kind: ExtractorKind) -> Vec<f32> {
        let device = backend::open(&DeviceName::Flex).unwrap();
        let data = TensorData::new(picture.to_vec(), [1, picture.len(), 1, 1]);
        let prepared = prepare(Tensor::from_data(data, &device), preprocess, kind);
        assert_eq!(prepared.dims(), [1, 3, 1, 1]);
        prepared.try_into_vec_as().unwrap()
    }

    #[test]
    fn three_ways_of_seeing_a_pixel() {
        let gray = [0.6_f32];
        let colour = [0.2_f32, 0.4, 0.8];
        let resnet = ExtractorKind::Resnet50;
        let lite = ExtractorKind::EfficientnetLite0;
        // By hand: (0.6 - 0.485) / 0.229 and so on; (153 - 127) / 128; 153 - 103.939; 153 - 127.5.
        for (picture, preprocess, kind, expected) in [
            (
                &gray[..],
                Preprocess::Imagenet,
                resnet,
                [0.502_183_4, 0.642_857_1, 0.862_222_2],
            ),
            (&gray, Preprocess::Imagenet, lite, [0.203_125; 3]),
            (&gray, Preprocess::Caffe, resnet, [49.061, 36.221, 29.32]),
            (&gray, Preprocess::Upstream, lite, [25.5; 3]),
            (
                &colour,
                Preprocess::Imagenet,
                resnet,
                [-1.244_541_5, -0.25, 1.751_111_1],
            ),
            (
                &colour,
                Preprocess::Imagenet,
                lite,
                [-0.593_75, -0.195_312_5, 0.601_562_5],
            ),
            (&colour, Preprocess::Caffe, lite, [100.061, -14.779, -72.68]),
            (&colour, Preprocess::Upstream, resnet, [-76.5, -25.5, 76.5]),
        ] {
            let actual = prepared(picture, preprocess, kind);
            for (actual, expected) in actual.iter().zip(expected) {
                assert!((actual - expected).abs() < 2e-5, "{actual} for {expected}");
            }
        }
    }
}
