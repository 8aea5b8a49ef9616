//! The `[network]` section of an experiment file.

use serde::{Deserialize, Serialize};

/// Which network is trained, and how large it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSection {
    /// The architecture.
    pub kind: NetworkKind,
    /// The normalisation after every convolution.
    pub norm: NormKind,
    /// Channels of the first layer; the deepest has four times as many.
    pub scale: usize,
    /// Residual blocks; each crops four pixels of the map a quarter the size, so the input is padded by eight
    /// pixels a block on every side.
    pub residual_blocks: usize,
}

/// The architectures, one file each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// The image transformation network of Johnson et al. (2016).
    ImageTransformation,
}

/// The normalisation layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NormKind {
    /// Over batch, height and width (Ioffe and Szegedy 2015), with Keras's momentum .99 and epsilon 1e-3.
    Batch,
    /// Over height and width of each image (Ulyanov et al. 2016), epsilon 1e-3.
    Instance,
}

impl NetworkSection {
    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name.
    pub fn violations(&self) -> Vec<(&'static str, String)> {
        let mut violations = Vec::new();
        if self.scale == 0 {
            violations.push(("scale", "must be at least 1".to_string()));
        }
        violations
    }

    /// Pixels by which the input is padded on every side by reflection: 8 a residual block.
    pub fn reflection_padding(&self) -> usize {
        self.residual_blocks.saturating_mul(8)
    }
}
