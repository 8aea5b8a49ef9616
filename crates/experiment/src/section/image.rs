//! The `[image]` section of an experiment file.

use serde::{Deserialize, Serialize};

/// The size that every photograph is brought to before the network sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSection {
    /// Side of the square, in pixels; the aspect ratio is not kept, as in the original.
    pub size: usize,
    /// How pixels are interpolated.
    #[serde(default)]
    pub resize: Resize,
    /// Share of the machine's memory that decoded photographs may take. Changes no result.
    #[serde(default = "default_cache_memory")]
    pub cache_memory: f64,
    /// Whether they are kept on disk, so that each is decoded once. Changes no result.
    #[serde(default = "default_cache_disk")]
    pub cache_disk: bool,
}

fn default_cache_memory() -> f64 {
    0.25
}

fn default_cache_disk() -> bool {
    true
}

impl ImageSection {
    /// What is wrong with the values: the key within the section, and what it must be, to be read after its name. The
    /// network's sides are multiples of `multiple`.
    pub fn violations(&self, multiple: usize) -> Vec<(&'static str, String)> {
        let size = self.size;
        let below = size / multiple * multiple;
        let must_be = format!("must be a multiple of {multiple}");
        let mut violations = match size {
            0 => vec![("size", format!("{must_be}, and at least {multiple}"))],
            size if below == size => Vec::new(),
            _ => {
                let near: Vec<String> = [Some(below), below.checked_add(multiple)]
                    .into_iter()
                    .flatten()
                    .filter(|&size| size > 0)
                    .map(|size| size.to_string())
                    .collect();
                vec![("size", format!("{must_be}, such as {}", near.join(" or ")))]
            }
        };
        if !(0.0..=0.9).contains(&self.cache_memory) {
            let must = "must be a share of the machine's memory, from 0 to 0.9";
            violations.push(("cache_memory", must.to_string()));
        }
        violations
    }

    /// Bytes of a photograph at this size.
    pub fn bytes(&self) -> usize {
        3 * self.size * self.size
    }
}

/// How a photograph is brought to another size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resize {
    /// Bilinear with half-pixel centers and no antialias: the default of `tf.image.resize`.
    #[default]
    Bilinear,
    /// Bilinear whose support grows when the picture shrinks, so that nothing aliases.
    BilinearAntialias,
}
