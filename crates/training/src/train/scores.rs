//! What images scored, as the table that a run folder keeps.

use crate::dataset::Photograph;
use crate::evaluate::{ImageScore, Metric};
use crate::runs::ImageScores;

/// The scores of images as a table; each score comes with its photograph's position among `photographs`. `total` is what all
/// of them score together, where that was measured.
pub fn image_scores(
    step: usize,
    scores: &[(usize, ImageScore)],
    total: Option<(Metric, f64)>,
    photographs: &[Photograph],
) -> ImageScores {
    let shown = || scores.iter().map(|&(position, _)| &photographs[position]);
    let rows: Vec<_> = scores.iter().map(|(_, score)| score.columns()).collect();
    let names = rows.first().into_iter().flatten().map(|&(name, _)| name);
    ImageScores {
        step,
        image_ids: shown().map(|photograph| photograph.id).collect(),
        file_names: shown()
            .map(|photograph| photograph.file_name.clone())
            .collect(),
        metrics: names
            .enumerate()
            .map(|(column, name)| (name, rows.iter().map(|row| row[column].1).collect()))
            .collect(),
        totals: total
            .map(|(metric, value)| (metric.name(), value))
            .into_iter()
            .collect(),
    }
}
