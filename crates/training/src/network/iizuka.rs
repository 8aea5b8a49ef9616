//! The network of Iizuka et al.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::module::adaptive_avg_pool2d;
use burn::tensor::{Device, Tensor};

use super::convolution::{Activation, Border, Convolution, around, initial, repeated};
use super::dense::Dense;
use super::fusion::Fusion;
use super::head::Head;
use super::initial::InitialWeights;
use super::norm::Norm;
use super::own::without_norm;
use super::{Architecture, Ends, IizukaSection, NormKind, Output};

/// Iizuka, Simo-Serra and Ishikawa (2016), "Let there be Color! Joint end-to-end learning of global and local image priors for
/// automatic image colorization with simultaneous classification", with `s` = [`IizukaSection::scale`], 64 there:
///
/// ```text
///                                                  channels         side, of n
/// low     conv 3x3, stride 2; conv 3x3             s     2 s        n/2
///         conv 3x3, stride 2; conv 3x3             2 s   4 s        n/4
///         conv 3x3, stride 2; conv 3x3             4 s   8 s        n/8
/// middle  conv 3x3, twice                          8 s   4 s        n/8    after low
/// global  conv 3x3, stride 2; conv 3x3             8 s   8 s        n/16   after low
///         conv 3x3, stride 2; conv 3x3             8 s   8 s        n/32
///         mean over parts                          8 s              7
/// vectors fully connected, three times             16 s  8 s  4 s   -
/// fusion  conv 1x1 of middle and the last vector   4 s              n/8
/// decode  conv 3x3, x 2                            2 s              n/4
///         conv 3x3, conv 3x3, x 2                  s     s          n/2
///         conv 3x3                                 s/2              n/2
/// last    conv 3x3, x 2                            out              n
///
/// classifier, after the second vector
///         fully connected                          4 s              -
///         fully connected                          categories       -
/// ```
///
/// Batch norm and a relu follow every layer but the last of both ends. Strides of 2 pad all sides, as in Torch. `x 2` repeats
/// every pixel. Where the network chooses among classes of color, their logits follow the two convolutions at a quarter of the
/// size.
///
/// The paper's global features see the photograph at 224 pixels a side, where their map is 7 places wide. Here they see it at the
/// size of the rest, and their map is averaged to 7 by 7 places, each over its part of the map: at 224 pixels that is the
/// paper's network, and every other size has as many parameters.
#[derive(Module, Debug)]
pub struct Iizuka {
    /// Down to an eighth of the size.
    pub low: Vec<Convolution>,
    /// What there is at every place.
    pub middle: Vec<Convolution>,
    /// What there is in the whole picture, as a map.
    pub global: Vec<Convolution>,
    /// The same as a vector.
    pub vectors: Vec<Dense>,
    /// The last vector into the map of `middle`.
    pub fusion: Fusion,
    /// After the fusion.
    pub fused: Norm,
    /// 2 s, s, s and s/2 channels; without the last where there are classes.
    pub decode: Vec<Convolution>,
    /// To the values, where there are no classes.
    pub last: Option<Conv2d>,
    /// To the classes of color.
    pub classes: Option<Head>,
    /// To the labels, where they are learned.
    pub classifier: Option<Classifier>,
}

/// What the picture shows, of a vector.
#[derive(Module, Debug)]
pub struct Classifier {
    /// To half as many values.
    pub hidden: Dense,
    /// To a logit for each category.
    pub head: Head,
}

impl Classifier {
    /// `[batch, values]` to `[batch, categories]`.
    fn forward(&self, vector: Tensor<2>) -> Tensor<2> {
        let hidden = self.hidden.forward(vector);
        let [batch, width] = hidden.dims();
        let logits = self.head.forward(hidden.reshape([batch, width, 1, 1]));
        logits.flatten(1, 3)
    }
}

/// `map` after one layer after the other.
fn through(layers: &[Convolution], map: Tensor<4>) -> Tensor<4> {
    let forward = |map, layer: &Convolution| layer.forward(map, Activation::Relu);
    layers.iter().fold(map, forward)
}

impl Iizuka {
    /// The network of `section` between `ends`, its weights drawn in the order of the diagram. It learns no labels yet.
    pub(super) fn new(
        section: &IizukaSection,
        ends: Ends,
        weights: &mut InitialWeights,
        device: &Device,
    ) -> Self {
        let times = |units: usize| units * section.scale;
        let mut conv = |channels, stride| {
            let (norm, border) = (NormKind::Batch, Border::Around);
            Convolution::new(weights, norm, channels, 3, stride, border, device)
        };
        let mut convolutions = |layers: &[(usize, usize)], mut channels: usize| {
            let layers = layers.iter().map(|&(units, stride)| {
                let from = std::mem::replace(&mut channels, times(units));
                conv([from, channels], stride)
            });
            layers.collect::<Vec<_>>()
        };
        let low = convolutions(&IizukaSection::LOW, ends.input_channels);
        let middle = convolutions(&IizukaSection::MIDDLE, times(8));
        let global = convolutions(&IizukaSection::GLOBAL, times(8));
        let mut values = times(8) * IizukaSection::POOLED.pow(2);
        let vectors = IizukaSection::VECTORS.map(|units| {
            let from = std::mem::replace(&mut values, times(units));
            Dense::new(weights, [from, values], device)
        });
        let fused = times(IizukaSection::FUSED);
        let fusion = Fusion::new(weights, fused, values, device);
        let (values, classes) = match ends.output {
            Output::Values(values) => (Some(values), None),
            Output::Classes(classes) => (None, Some(classes)),
        };
        // Half a channel is none.
        let least = (section.scale / 2).max(1);
        let widths = [fused, times(2), times(1), times(1), least];
        let layers = if classes.is_some() { 3 } else { 4 };
        let decode = widths[..=layers]
            .windows(2)
            .map(|pair| {
                let channels = [pair[0], pair[1]];
                let (norm, border) = (NormKind::Batch, Border::Around);
                Convolution::new(weights, norm, channels, 3, 1, border, device)
            })
            .collect();
        let last = values.map(|values| {
            let config = Conv2dConfig::new([least, values], [3, 3]).with_padding(around(3));
            initial(weights, &config, device)
        });
        Self {
            low,
            middle,
            global,
            vectors: vectors.into(),
            fusion,
            fused: Norm::new(NormKind::Batch, fused, device),
            decode,
            last,
            classes: classes.map(|classes| Head::new(weights, section.scale, classes, device)),
            classifier: None,
        }
    }

    /// The vector that is fused, and the one before it that the labels follow.
    fn vectors(&self, low: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
        let map = through(&self.global, low);
        let pooled = adaptive_avg_pool2d(map, [IizukaSection::POOLED; 2]);
        let mut before = pooled.flatten(1, 3);
        let mut vector = before.clone();
        for layer in &self.vectors {
            before = vector;
            vector = layer.forward(before.clone());
        }
        (vector, before)
    }
}

impl Architecture for Iizuka {
    fn forward(&self, input: Tensor<4>, features: Option<Tensor<2>>) -> Tensor<4> {
        self.forward_and_classify(input, features).0
    }

    fn forward_and_classify(
        &self,
        input: Tensor<4>,
        _features: Option<Tensor<2>>,
    ) -> (Tensor<4>, Option<Tensor<2>>) {
        let low = through(&self.low, input);
        let (vector, before) = self.vectors(low.clone());
        let classifier = self.classifier.as_ref();
        let logits = classifier.map(|classifier| classifier.forward(before));
        let middle = through(&self.middle, low);
        let mut map = relu(self.fused.forward(self.fusion.forward(middle, vector)));
        for (place, layer) in self.decode.iter().enumerate() {
            map = layer.forward(map, Activation::Relu);
            let ends_a_size = place == 0 || (place == 2 && self.classes.is_none());
            if ends_a_size {
                map = repeated(map, 2);
            }
        }
        let answer = match (&self.last, &self.classes) {
            (Some(last), _) => repeated(without_norm(last, map, Activation::None), 2),
            (None, Some(classes)) => classes.forward(map),
            (None, None) => map,
        };
        (answer, logits)
    }

    fn learn_labels(&mut self, categories: usize, weights: &mut InitialWeights, device: &Device) {
        // The last vector is fused; the one before it is asked.
        let [width, before] = self.vectors[2].weight.dims();
        self.classifier = Some(Classifier {
            hidden: Dense::new(weights, [before, width], device),
            head: Head::new(weights, width, categories, device),
        });
    }

    fn norms(&mut self) -> Vec<&mut Norm> {
        let convolutions = [
            &mut self.low,
            &mut self.middle,
            &mut self.global,
            &mut self.decode,
        ];
        let convolutions = convolutions.into_iter().flatten();
        let classifier = self.classifier.as_mut();
        let dense = self.vectors.iter_mut();
        convolutions
            .map(|layer| &mut layer.norm)
            .chain(dense.map(|layer| &mut layer.norm))
            .chain([&mut self.fused])
            .chain(classifier.map(|classifier| &mut classifier.hidden.norm))
            .collect()
    }
}
