//! Several claims at once: the more are tested, the sooner one holds by chance.

/// The p-values of several tests, corrected so that the chance of even one false find among them stays what it would
/// be for one test alone (Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure"); in the order given.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&left, &right| p_values[left].total_cmp(&p_values[right]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        let tests_left = (p_values.len() - rank) as f64;
        largest = largest.max(tests_left * p_values[index]).min(1.0);
        corrected[index] = largest;
    }
    corrected
}
