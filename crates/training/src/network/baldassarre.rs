//! The network of Baldassarre et al.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::convolution::{Activation, initial, repeated, same};
use super::fusion::Fusion;
use super::head::Head;
use super::initial::InitialWeights;
use super::norm::Norm;
use super::own::without_norm;
use super::{Architecture, BaldassarreSection, Ends, Output};

/// Baldassarre, Morín and Rodés-Guirao (2017), "Deep Koalarization: Image colorization using CNNs and Inception-ResNet-v2",
/// with `s` = [`BaldassarreSection::scale`], 64 there:
///
/// ```text
///                                       channels   side, of n
/// encode  conv 3x3, stride 2            s          n/2
///         conv 3x3                      2 s        n/2
///         conv 3x3, stride 2            2 s        n/4
///         conv 3x3                      4 s        n/4
///         conv 3x3, stride 2            4 s        n/8
///         conv 3x3, three times         8 s 8 s 4 s
/// fusion  conv 1x1                      4 s        n/8
/// decode  conv 3x3, x 2                 2 s        n/4
///         conv 3x3, conv 3x3, x 2       s          n/2
///         conv 3x3                      s/2        n/2
/// last    conv 3x3, x 2                 out        n
/// ```
///
/// A relu follows every convolution but the last; there is no norm. `x 2` repeats every pixel. Any of our extractors stands in
/// for Inception-ResNet-v2, and without one the encoder's map goes to the decoder as it is. Where the network chooses among
/// classes, their logits follow the two convolutions at a quarter of the size.
#[derive(Module, Debug)]
pub struct Baldassarre {
    /// Down to an eighth of the size.
    pub encode: Vec<Conv2d>,
    /// One vector an image into the encoder's map.
    pub fusion: Option<Fusion>,
    /// 2 s, s, s and s/2 channels; without the last where there are classes.
    pub decode: Vec<Conv2d>,
    /// To the values, where there are no classes.
    pub last: Option<Conv2d>,
    /// To the classes.
    pub classes: Option<Head>,
}

impl Baldassarre {
    /// The network of `section` between `ends`, its weights drawn in the order of the diagram; those of the fusion come last.
    pub(super) fn new(
        section: &BaldassarreSection,
        ends: Ends,
        weights: &mut InitialWeights,
        device: &Device,
    ) -> Self {
        let conv = |weights: &mut InitialWeights, channels, stride| {
            let config = Conv2dConfig::new(channels, [3, 3])
                .with_stride([stride, stride])
                .with_padding(same(3, stride));
            initial(weights, &config, device)
        };
        let scale = section.scale;
        let mut channels = ends.input_channels;
        let encode = BaldassarreSection::ENCODER.map(|(units, stride)| {
            let layer = conv(weights, [channels, units * scale], stride);
            channels = units * scale;
            layer
        });
        let (values, classes) = match ends.output {
            Output::Values(values) => (Some(values), None),
            Output::Classes(classes) => (None, Some(classes)),
        };
        // Half a channel is none.
        let least = (scale / 2).max(1);
        let widths = [4 * scale, 2 * scale, scale, scale, least];
        let layers = if classes.is_some() { 3 } else { 4 };
        let decode = widths[..=layers]
            .windows(2)
            .map(|pair| conv(weights, [pair[0], pair[1]], 1))
            .collect();
        Self {
            encode: encode.into(),
            decode,
            last: values.map(|values| conv(weights, [least, values], 1)),
            classes: classes.map(|classes| Head::new(weights, scale, classes, device)),
            fusion: ends
                .feature_width
                .map(|width| Fusion::new(weights, 4 * scale, width, device)),
        }
    }
}

impl Architecture for Baldassarre {
    fn forward(&self, input: Tensor<4>, features: Option<Tensor<2>>) -> Tensor<4> {
        let mut map = input;
        for layer in &self.encode {
            map = without_norm(layer, map, Activation::Relu);
        }
        if let Some(fusion) = &self.fusion {
            let features = features.expect("a network with fusion is given features");
            map = relu(fusion.forward(map, features));
        }
        for (place, layer) in self.decode.iter().enumerate() {
            map = without_norm(layer, map, Activation::Relu);
            let ends_a_size = place == 0 || (place == 2 && self.classes.is_none());
            if ends_a_size {
                map = repeated(map, 2);
            }
        }
        match (&self.last, &self.classes) {
            (Some(last), _) => repeated(without_norm(last, map, Activation::None), 2),
            (None, Some(classes)) => classes.forward(map),
            (None, None) => map,
        }
    }

    fn norms(&mut self) -> Vec<&mut Norm> {
        Vec::new()
    }
}
