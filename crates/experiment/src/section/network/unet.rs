//! The keys of the U-Net.

use serde::{Deserialize, Serialize};

use super::{Architecture, NetworkCost, NormKind, Upsampling};

/// The keys of `kind = "unet"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnetSection {
    /// The normalization after every convolution but the last.
    pub norm: NormKind,
    /// Channels at the full size. They double with every halving of the picture, up to eight times as many.
    pub scale: usize,
    /// How often the picture is halved.
    #[serde(default = "default_depth")]
    pub depth: usize,
    /// How the picture is doubled again.
    #[serde(default = "default_upsampling")]
    pub upsampling: Upsampling,
}

/// As the channels do not grow beyond this, a deeper network is not much larger.
const MOST_WIDENING: usize = 8;

/// A picture of 256 pixels is then one pixel.
const DEEPEST: usize = 8;

fn default_depth() -> usize {
    4
}

fn default_upsampling() -> Upsampling {
    Upsampling::Nearest
}

impl UnetSection {
    /// Channels after `halvings` halvings.
    pub fn channels(&self, halvings: usize) -> usize {
        let widening = 1 << halvings.min(MOST_WIDENING.ilog2() as usize);
        self.scale.saturating_mul(widening)
    }
}

impl Architecture for UnetSection {
    const KIND: &'static str = "unet";

    fn violations(&self) -> Vec<(&'static str, String)> {
        // Classes are chosen at a quarter of the size.
        let is_wrong = !(2..=DEEPEST).contains(&self.depth);
        let violation = ("depth", format!("must be between 2 and {DEEPEST}"));
        is_wrong.then_some(violation).into_iter().collect()
    }

    fn multiple(&self) -> usize {
        1 << self.depth.min(DEEPEST)
    }

    fn norm(&self) -> Option<NormKind> {
        Some(self.norm)
    }

    fn first_channels(&self) -> usize {
        self.scale
    }

    fn cost(&self, size: usize) -> NetworkCost {
        let mut cost = NetworkCost::default();
        cost.keep(self.scale, size);
        cost.convolution([self.scale; 2], 3, size);
        for level in 1..=self.depth {
            let [above, here] = [level - 1, level].map(|level| self.channels(level));
            let [larger, smaller] = [size >> (level - 1), size >> level];
            cost.convolution([above, here], 3, smaller);
            cost.convolution([here, here], 3, smaller);
            cost.convolution([here, above], 3, larger);
            cost.convolution([above.saturating_mul(2), above], 3, larger);
        }
        cost
    }
}
