//! Which run the pictures of a page begin with.

use crate::Made;
use crate::evaluate::Metric;

/// By what runs are ranked: what the small print of the pictures says.
pub(crate) const METRIC: Metric = Metric::Psnr;

/// The place of the best of `groups`: of those that score the same to the digits that tables show, the last, which is the
/// last stage. The last as well where nothing was scored.
pub(super) fn best(made: &Made, groups: &[usize]) -> usize {
    let values: Vec<Option<f64>> = groups
        .iter()
        .map(|&group| {
            let values = made.material.values(group, METRIC)?;
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            mean.is_finite().then_some(mean)
        })
        .collect();
    let best = METRIC
        .better()
        .best_of(&values, crate::table::digits(METRIC));
    let last = best.iter().rposition(|is_best| *is_best);
    last.unwrap_or(groups.len().saturating_sub(1))
}
