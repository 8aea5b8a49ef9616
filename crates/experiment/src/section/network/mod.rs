//! The `[network]` section of an experiment file: what all kinds of network have in common, and one file for each kind.

mod baldassarre;
mod cost;
mod iizuka;
mod image_transformation;
mod unet;
mod zhang;

use serde::{Deserialize, Serialize};

pub use self::baldassarre::BaldassarreSection;
pub use self::cost::NetworkCost;
pub use self::iizuka::IizukaSection;
pub use self::image_transformation::ImageTransformationSection;
pub use self::unet::UnetSection;
pub use self::zhang::{ZhangBlock, ZhangSection};

/// Which network is trained: `kind` names the architecture, and every architecture has keys of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NetworkSection {
    /// The image transformation network of Johnson et al. (2016).
    ImageTransformation(ImageTransformationSection),
    /// A network with skip connections, after Ronneberger et al. (2015).
    Unet(UnetSection),
    /// The network of Baldassarre et al. (2017).
    Baldassarre(BaldassarreSection),
    /// The network of Zhang et al. (2016).
    Zhang(ZhangSection),
    /// The network of Iizuka et al. (2016).
    Iizuka(IizukaSection),
}

/// How a layer doubles the sides of its input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upsampling {
    /// A transposed convolution of stride 2, as in the original. Its kernel of three overlaps itself at every other pixel, so
    /// dots may appear two and four pixels apart (Odena, Dumoulin, Olah 2016, "Deconvolution and Checkerboard Artifacts").
    #[default]
    Transposed,
    /// Every pixel is repeated, and a convolution of stride 1 follows: as many parameters, no overlap, four times the
    /// multiplications of these layers.
    Nearest,
}

/// The normalization layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NormKind {
    /// Over batch, height and width (Ioffe and Szegedy 2015), with Keras's momentum .99 and epsilon 1e-3.
    Batch,
    /// Over height and width of each image (Ulyanov et al. 2016), epsilon 1e-3.
    Instance,
}

/// A picture's side that is smaller than a network can take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooSmall {
    /// What `image.size` must be, to be read after its name.
    pub must: String,
    /// The key of the network's section that asks for it.
    pub key: &'static str,
    /// Why; `{key}` stands for that key as it was written.
    pub why: String,
    /// What to do.
    pub help: String,
}

/// What every kind of network says of itself.
trait Architecture {
    /// Its name, as the value of `kind`.
    const KIND: &'static str;

    /// What is wrong with the values beside `scale`: the key within the section, and what it must be, to be read after its name.
    fn violations(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What a picture's side must be a multiple of.
    fn multiple(&self) -> usize;

    /// What is wrong with a picture's side, beyond [`Self::multiple`].
    fn too_small(&self, _size: usize) -> Option<TooSmall> {
        None
    }

    /// The normalization after its layers; none where there is none at all.
    fn norm(&self) -> Option<NormKind>;

    /// The key, and its value, for which the network can only be trained in 32-bit floats, if it can: only our own layers
    /// compute in other floats.
    fn needs_f32(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    /// Whether it fuses the vectors of a pretrained classifier.
    fn fuses(&self) -> bool {
        true
    }

    /// The weight of the labels' loss beside that of the colors; 0 in a network that learns none.
    fn classification(&self) -> f64 {
        0.0
    }

    /// Channels of the first layer, the value of `scale`.
    fn first_channels(&self) -> usize;

    /// Residual blocks in the middle.
    fn residual_blocks(&self) -> usize {
        0
    }

    /// What its training takes at the very least, with pictures of `size` pixels a side.
    fn cost(&self, size: usize) -> NetworkCost;
}

/// The value of an expression about the section of whatever kind.
macro_rules! of_any_kind {
    ($network:expr, $section:ident => $value:expr) => {
        match $network {
            NetworkSection::ImageTransformation($section) => $value,
            NetworkSection::Unet($section) => $value,
            NetworkSection::Baldassarre($section) => $value,
            NetworkSection::Zhang($section) => $value,
            NetworkSection::Iizuka($section) => $value,
        }
    };
}

impl NetworkSection {
    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        fn of<Kind: Architecture>(_section: &Kind) -> &'static str {
            Kind::KIND
        }
        of_any_kind!(self, section => of(section))
    }

    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = of_any_kind!(self, section => section.violations());
        if self.first_channels() == 0 {
            violations.push(("scale", "must be at least 1".to_string()));
        }
        violations
    }

    /// What a picture's side must be a multiple of: a network that halves the picture and doubles it as often gives back
    /// the same size only then.
    pub fn multiple(&self) -> usize {
        of_any_kind!(self, section => section.multiple())
    }

    /// What is wrong with a picture's side, beyond [`Self::multiple`].
    pub fn too_small(&self, size: usize) -> Option<TooSmall> {
        of_any_kind!(self, section => section.too_small(size))
    }

    /// The normalization; none in a network without.
    pub fn norm(&self) -> Option<NormKind> {
        of_any_kind!(self, section => section.norm())
    }

    /// The key, and its value, for which the network can only be trained in 32-bit floats; `None` if it can be in others.
    pub fn needs_f32(&self) -> Option<(&'static str, &'static str)> {
        of_any_kind!(self, section => section.needs_f32())
    }

    /// Whether it fuses the vectors of a pretrained classifier.
    pub fn fuses(&self) -> bool {
        of_any_kind!(self, section => section.fuses())
    }

    /// The weight of the labels' loss beside that of the colors; 0 in a network that learns none.
    pub fn classification(&self) -> f64 {
        of_any_kind!(self, section => section.classification())
    }

    /// Residual blocks in the middle.
    pub fn residual_blocks(&self) -> usize {
        of_any_kind!(self, section => section.residual_blocks())
    }

    /// Channels of the first layer.
    pub fn first_channels(&self) -> usize {
        of_any_kind!(self, section => section.first_channels())
    }

    /// What its training takes at the very least, with pictures of `size` pixels a side.
    pub fn cost(&self, size: usize) -> NetworkCost {
        of_any_kind!(self, section => section.cost(size))
    }
}

/// Channels of the first layer in the papers whose networks are built as they were published.
fn scale_of_the_papers() -> usize {
    64
}
