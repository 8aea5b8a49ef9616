//! The `[network]` section of an experiment file.

use serde::{Deserialize, Serialize};

/// Which network is trained: `kind` names the architecture, and every architecture has keys of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NetworkSection {
    /// The image transformation network of Johnson et al. (2016).
    ImageTransformation(ImageTransformationSection),
}

/// The keys of `kind = "image_transformation"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageTransformationSection {
    /// The normalization after every convolution.
    pub norm: NormKind,
    /// Channels of the first layer; the deepest has four times as many.
    pub scale: usize,
    /// Residual blocks; each crops four pixels of the map a quarter the size, so the input is padded by eight
    /// pixels per block on every side.
    pub residual_blocks: usize,
    /// How the two layers after the residual blocks double the picture.
    #[serde(default)]
    pub upsampling: Upsampling,
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

impl NetworkSection {
    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        match self {
            Self::ImageTransformation(section) => {
                if section.scale == 0 {
                    violations.push(("scale", "must be at least 1".to_string()));
                }
            }
        }
        violations
    }

    /// What a picture's side must be a multiple of: a network that halves the picture twice and doubles it twice gives
    /// back the same size only then.
    pub fn multiple(&self) -> usize {
        match self {
            Self::ImageTransformation(_) => 4,
        }
    }

    /// What is wrong with a picture's side, beyond [`Self::multiple`].
    pub fn too_small(&self, size: usize) -> Option<TooSmall> {
        match self {
            Self::ImageTransformation(section) => section.too_small(size),
        }
    }

    /// The normalization, where there is one of them throughout.
    pub fn norm(&self) -> NormKind {
        match self {
            Self::ImageTransformation(section) => section.norm,
        }
    }

    /// Residual blocks in the middle.
    pub fn residual_blocks(&self) -> usize {
        match self {
            Self::ImageTransformation(section) => section.residual_blocks,
        }
    }

    /// Channels of the first layer.
    pub fn first_channels(&self) -> usize {
        match self {
            Self::ImageTransformation(section) => section.scale,
        }
    }
}

impl ImageTransformationSection {
    /// Pixels by which the input is padded on every side by reflection: 8 per residual block.
    pub fn reflection_padding(&self) -> usize {
        self.residual_blocks.saturating_mul(8)
    }

    /// Reflection needs as many pixels as it adds, and one to reflect at.
    fn too_small(&self, size: usize) -> Option<TooSmall> {
        let padding = self.reflection_padding();
        if size > padding {
            return None;
        }
        let blocks = self.residual_blocks;
        let smallest = padding.saturating_add(4);
        let fewer = (size - 1) / 8;
        Some(TooSmall {
            must: format!(
                "must be larger than the network's reflection padding, which is {padding} pixels on every side"
            ),
            key: "residual_blocks",
            why: format!("the padding is 8 pixels per residual block, and `{{key}}` is {blocks}"),
            help: format!(
                "with {blocks} blocks, the size must be at least {smallest}; with size {size}, there can be at most {fewer} blocks"
            ),
        })
    }
}
