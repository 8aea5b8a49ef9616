//! The keys of the network of Iizuka et al.

use serde::{Deserialize, Serialize};

use super::{Architecture, NetworkCost, NormKind};

/// The keys of `kind = "iizuka"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IizukaSection {
    /// Channels of the first layer, 64 in the paper; the widest maps have eight times as many.
    #[serde(default = "super::scale_of_the_papers")]
    pub scale: usize,
    /// Weight of the labels' loss beside that of the colors, the paper's alpha, 0 or more. With 0, no labels are learned.
    #[serde(default = "classification_of_the_paper")]
    pub classification: f64,
}

fn classification_of_the_paper() -> f64 {
    1.0 / 300.0
}

impl IizukaSection {
    /// The convolutions that both ways share, after the paper's table 1: channels in units of `scale`, and the stride.
    pub const LOW: [(usize, usize); 6] = [(1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (8, 1)];

    /// The convolutions of the way that keeps places apart, in the same units.
    pub const MIDDLE: [(usize, usize); 2] = [(8, 1), (4, 1)];

    /// The convolutions of the way that sees the whole picture, in the same units.
    pub const GLOBAL: [(usize, usize); 4] = [(8, 2), (8, 1), (8, 2), (8, 1)];

    /// Side of the map that the whole picture is brought to, in places: what pictures of 224 pixels have there.
    pub const POOLED: usize = 7;

    /// Values of the fully connected layers after that map, in units of `scale`. The labels follow the second of them.
    pub const VECTORS: [usize; 3] = [16, 8, 4];

    /// Channels of the fusion, and of both that it fuses, in the same units.
    pub const FUSED: usize = 4;
}

impl Architecture for IizukaSection {
    const KIND: &'static str = "iizuka";

    fn violations(&self) -> Vec<(&'static str, String)> {
        let is_legal = self.classification.is_finite() && self.classification >= 0.0;
        let violation = ("classification", "must be a number, 0 or more".to_string());
        (!is_legal).then_some(violation).into_iter().collect()
    }

    fn multiple(&self) -> usize {
        8
    }

    fn norm(&self) -> Option<NormKind> {
        Some(NormKind::Batch)
    }

    fn needs_f32(&self) -> Option<(&'static str, &'static str)> {
        Some(("kind", Self::KIND))
    }

    fn fuses(&self) -> bool {
        false
    }

    fn classification(&self) -> f64 {
        self.classification
    }

    fn first_channels(&self) -> usize {
        self.scale
    }

    fn cost(&self, size: usize) -> NetworkCost {
        let mut cost = NetworkCost::default();
        let times = |units: usize| self.scale.saturating_mul(units);
        let mut convolutions = |layers: &[(usize, usize)], from: (usize, usize)| {
            layers.iter().fold(from, |(channels, side), layer| {
                let (wide, side) = (times(layer.0), side / layer.1);
                cost.convolution([channels, wide], 3, side);
                (wide, side)
            })
        };
        let low = convolutions(&Self::LOW, (1, size));
        convolutions(&Self::MIDDLE, low);
        let (channels, _) = convolutions(&Self::GLOBAL, low);
        let mut values = channels.saturating_mul(Self::POOLED * Self::POOLED);
        for wide in Self::VECTORS.map(times) {
            cost.convolution([values, wide], 1, 1);
            values = wide;
        }
        cost.convolution([times(2 * Self::FUSED), times(Self::FUSED)], 1, size / 8);
        cost.convolution([times(4), times(2)], 3, size / 8);
        cost.convolution([times(2), times(1)], 3, size / 4);
        cost.convolution([times(1), times(1)], 3, size / 4);
        cost.convolution([times(1), times(1) / 2], 3, size / 2);
        cost
    }
}
