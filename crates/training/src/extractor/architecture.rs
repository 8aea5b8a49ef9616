//! What a classifier is made of: convolutions in residual blocks, and the names and shapes of its tensors.

use super::ExtractorKind;
use super::efficientnet_lite;
use super::resnet;

/// The layers of a classifier in the order of their names, each a `C`: first a description, then with its weights.
#[derive(Debug)]
pub(super) struct Architecture<C> {
    /// Sees the picture.
    pub(super) stem: C,
    /// Whether a maximum over 3x3 at stride 2 follows the stem.
    pub(super) max_pool: bool,
    /// After the stem, one behind the other.
    pub(super) blocks: Vec<Block<C>>,
    /// After the blocks, where there is one.
    pub(super) last: Option<C>,
    /// Channels of the last map: the length of a vector of features.
    pub(super) width: usize,
    /// The name of the linear layer that tells the classes.
    pub(super) head: &'static str,
}

/// Convolutions, and what is added to their result.
#[derive(Debug)]
pub(super) struct Block<C> {
    /// One behind the other.
    pub(super) path: Vec<C>,
    /// What is added.
    pub(super) shortcut: Shortcut<C>,
    /// After the sum.
    pub(super) activation: Activation,
}

/// What a block adds to the result of its convolutions.
#[derive(Debug)]
pub(super) enum Shortcut<C> {
    /// Nothing.
    None,
    /// Its input.
    Identity,
    /// Its input in the shape of the result.
    Projection(C),
}

/// A convolution without a bias, the batch norm after it, and the activation after that.
#[derive(Debug, Clone)]
pub(super) struct ConvolutionShape {
    /// The name of the convolution in a file of weights.
    pub(super) convolution: String,
    /// The name of its norm.
    pub(super) norm: String,
    /// In and out.
    pub(super) channels: [usize; 2],
    /// Side of the kernel.
    pub(super) size: usize,
    /// How many times smaller the result is.
    pub(super) stride: usize,
    /// Into how many parts the channels are divided that do not see each other.
    pub(super) groups: usize,
    /// How the border is padded.
    pub(super) border: Border,
    /// What the norm adds to the variance.
    pub(super) epsilon: f64,
    /// After the norm.
    pub(super) activation: Activation,
}

/// How a convolution pads its input with zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Border {
    /// Half the kernel on each side, as PyTorch's networks have it.
    Half,
    /// TensorFlow's `same`: as much as the stride needs, what does not divide evenly at the bottom and the right.
    Same,
}

/// What follows a norm or a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    /// Nothing.
    None,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
}

/// What a tensor is to its layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// `[channels_out, channels_in / groups, size, size]`.
    Kernel,
    /// The norm's factor, its summand, and the mean and the variance it has seen: `[channels_out]`.
    Scale,
    Shift,
    Mean,
    Variance,
}

impl Border {
    /// Zeros before and after a line of `length` pixels.
    pub(super) fn padding(self, length: usize, size: usize, stride: usize) -> (usize, usize) {
        match self {
            Self::Half => (size / 2, size / 2),
            Self::Same => {
                let needed = (length.div_ceil(stride) - 1) * stride + size;
                let total = needed.saturating_sub(length);
                (total / 2, total - total / 2)
            }
        }
    }
}

impl ConvolutionShape {
    /// Shape of the kernel.
    pub(super) fn kernel(&self) -> [usize; 4] {
        let [channels_in, channels_out] = self.channels;
        [
            channels_out,
            channels_in / self.groups,
            self.size,
            self.size,
        ]
    }

    /// Names, shapes and roles of the tensors.
    pub(super) fn tensors(&self) -> [(String, Vec<usize>, Role); 5] {
        let channels = vec![self.channels[1]];
        let of_norm =
            |ending: &str, role| (format!("{}.{ending}", self.norm), channels.clone(), role);
        [
            (
                format!("{}.weight", self.convolution),
                self.kernel().to_vec(),
                Role::Kernel,
            ),
            of_norm("weight", Role::Scale),
            of_norm("bias", Role::Shift),
            of_norm("running_mean", Role::Mean),
            of_norm("running_var", Role::Variance),
        ]
    }
}

impl Architecture<ConvolutionShape> {
    /// The classifier of that kind; `None` for none.
    pub(super) fn of(kind: ExtractorKind) -> Option<Self> {
        match kind {
            ExtractorKind::None => None,
            ExtractorKind::Resnet18 => Some(resnet::of_basic_blocks([2, 2, 2, 2])),
            ExtractorKind::Resnet34 => Some(resnet::of_basic_blocks([3, 4, 6, 3])),
            ExtractorKind::Resnet50 => Some(resnet::of_bottlenecks([3, 4, 6, 3])),
            ExtractorKind::EfficientnetLite0 => Some(efficientnet_lite::lite0()),
        }
    }

    /// The same, where the last convolution of each block adds the shortcut itself, and has after it what follows the sum.
    pub(super) fn with_sums_in_convolutions(mut self) -> Self {
        for block in &mut self.blocks {
            if let Some(last) = block.path.last_mut() {
                assert_eq!(last.activation, Activation::None, "the sum comes first");
                last.activation = block.activation;
            }
        }
        self
    }

    /// All convolutions.
    pub(super) fn convolutions(&self) -> Vec<&ConvolutionShape> {
        let mut all = vec![&self.stem];
        for block in &self.blocks {
            all.extend(&block.path);
            if let Shortcut::Projection(projection) = &block.shortcut {
                all.push(projection);
            }
        }
        all.extend(&self.last);
        all
    }
}

impl<C> Architecture<C> {
    /// The same classifier of other layers.
    pub(super) fn map<D>(self, mut make: impl FnMut(C) -> D) -> Architecture<D> {
        Architecture {
            stem: make(self.stem),
            max_pool: self.max_pool,
            blocks: self
                .blocks
                .into_iter()
                .map(|block| Block {
                    path: block.path.into_iter().map(&mut make).collect(),
                    shortcut: match block.shortcut {
                        Shortcut::None => Shortcut::None,
                        Shortcut::Identity => Shortcut::Identity,
                        Shortcut::Projection(layer) => Shortcut::Projection(make(layer)),
                    },
                    activation: block.activation,
                })
                .collect(),
            last: self.last.map(make),
            width: self.width,
            head: self.head,
        }
    }
}

/// Names and shapes of the tensors that a file of weights for this classifier holds, but for the linear layer that tells
/// the classes, which may be left out, and for `num_batches_tracked`, which is not read. Empty for no classifier.
pub fn layout(kind: ExtractorKind) -> Vec<(String, Vec<usize>)> {
    let convolutions = Architecture::of(kind);
    let convolutions = convolutions.iter().flat_map(Architecture::convolutions);
    convolutions
        .flat_map(ConvolutionShape::tensors)
        .map(|(name, shape, _)| (name, shape))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_padding_is_that_of_tensorflow() {
        // Length, kernel, stride; zeros before and after.
        for (length, size, stride, expected) in [
            (224, 3, 2, (0, 1)),
            (225, 3, 2, (1, 1)),
            (7, 5, 1, (2, 2)),
            (28, 5, 2, (1, 2)),
            (7, 5, 2, (2, 2)),
            (14, 1, 1, (0, 0)),
        ] {
            assert_eq!(Border::Same.padding(length, size, stride), expected);
        }
    }

    #[test]
    fn every_classifier_has_the_number_of_parameters_of_its_reference() {
        // torchvision's counts and that of EfficientNet-Lite0, without the linear layer of 1,000 classes.
        for (kind, total) in [
            (ExtractorKind::Resnet18, 11_689_512 - 1000 * 513),
            (ExtractorKind::Resnet34, 21_797_672 - 1000 * 513),
            (ExtractorKind::Resnet50, 25_557_032 - 1000 * 2049),
            (ExtractorKind::EfficientnetLite0, 4_652_008 - 1000 * 1281),
            (ExtractorKind::None, 0),
        ] {
            let learnt = layout(kind)
                .into_iter()
                .filter(|(name, _)| !name.contains("running"));
            let count: usize = learnt
                .map(|(_, shape)| shape.iter().product::<usize>())
                .sum();
            assert_eq!(count, total, "{kind:?}");
        }
    }
}
