//! Which squares of photographs the work to come wants: what an inspection decodes is kept for it.

use std::path::PathBuf;

use crate::dataset::Square;
use crate::experiment::Resolved;
use crate::extractor::ExtractorKind;

/// The squares that experiments want, those of the classifier among them.
#[derive(Debug, Default)]
pub(crate) struct WantedSquares(Vec<Wanted>);

#[derive(Debug)]
struct Wanted {
    manifests: Vec<PathBuf>,
    categories: Vec<String>,
    exclude: Vec<String>,
    square: Square,
}

impl WantedSquares {
    /// Those of experiments that keep decoded photographs on disk.
    pub(crate) fn of(experiments: &[Resolved]) -> Self {
        let mut all = Vec::new();
        for resolved in experiments {
            let experiment = &resolved.experiment;
            if !experiment.image.cache_disk {
                continue;
            }
            let seen = Square::from(&experiment.image);
            // What training photographs are cut from, and few photographs are held out.
            let decoded = Square {
                size: experiment.augment.decoded_side(seen.size),
                ..seen
            };
            let fused = (experiment.fusion.extractor != ExtractorKind::None).then_some(Square {
                size: experiment.fusion.size,
                ..seen
            });
            all.extend(
                [Some(decoded), fused]
                    .into_iter()
                    .flatten()
                    .map(|square| Wanted {
                        manifests: resolved.manifests.clone(),
                        categories: experiment.dataset.categories.clone(),
                        exclude: experiment.dataset.exclude.clone(),
                        square,
                    }),
            );
        }
        Self(all)
    }

    /// Those that are wanted of every photograph that `resolved` selects, each once. Of experiments that select other
    /// categories there are none, although some photographs may be theirs as well: most are not.
    pub(crate) fn of_photographs(&self, resolved: &Resolved) -> Vec<Square> {
        let mut squares = Vec::new();
        for wanted in &self.0 {
            let section = &resolved.experiment.dataset;
            let selects_all = (wanted.categories.is_empty()
                || wanted.categories == section.categories)
                && wanted.exclude.iter().all(|it| section.exclude.contains(it));
            if wanted.manifests == resolved.manifests
                && selects_all
                && !squares.contains(&wanted.square)
            {
                squares.push(wanted.square);
            }
        }
        squares
    }
}

#[cfg(test)]
mod tests;
