//! The keys of the network of Baldassarre et al.

use serde::{Deserialize, Serialize};

use super::{Architecture, NetworkCost, NormKind};

/// The keys of `kind = "baldassarre"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaldassarreSection {
    /// Channels of the first layer, 64 in the paper; the widest has eight times as many.
    #[serde(default = "super::scale_of_the_papers")]
    pub scale: usize,
}

impl BaldassarreSection {
    /// The encoder's layers, after the paper's table 1: channels in units of `scale`, and the stride.
    pub const ENCODER: [(usize, usize); 8] = [
        (1, 2),
        (2, 1),
        (2, 2),
        (4, 1),
        (4, 2),
        (8, 1),
        (8, 1),
        (4, 1),
    ];
}

impl Architecture for BaldassarreSection {
    const KIND: &'static str = "baldassarre";

    fn multiple(&self) -> usize {
        8
    }

    fn norm(&self) -> Option<NormKind> {
        None
    }

    fn needs_f32(&self) -> Option<(&'static str, &'static str)> {
        Some(("kind", Self::KIND))
    }

    fn first_channels(&self) -> usize {
        self.scale
    }

    fn cost(&self, size: usize) -> NetworkCost {
        let mut cost = NetworkCost::default();
        let times = |units: usize| self.scale.saturating_mul(units);
        let (mut channels, mut side) = (1, size);
        for (units, stride) in Self::ENCODER {
            side /= stride;
            cost.convolution([channels, times(units)], 3, side);
            channels = times(units);
        }
        cost.convolution([times(4), times(2)], 3, size / 8);
        cost.convolution([times(2), times(1)], 3, size / 4);
        cost.convolution([times(1), times(1)], 3, size / 4);
        cost.convolution([times(1), times(1) / 2], 3, size / 2);
        cost
    }
}
