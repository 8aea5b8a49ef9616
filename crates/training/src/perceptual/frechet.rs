//! The distance between two clouds of vectors by their means and covariances (Fréchet 1957; as a distance of pictures
//! Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium"):
//! `|mean₁ - mean₂|² + tr C₁ + tr C₂ - 2 tr √(C₁ C₂)`.
//!
//! The clouds are kept as sums, so that memory does not grow with their size. With `C₁ = L Lᵀ`, the last trace is the sum of
//! the roots of the eigenvalues of the symmetric `Lᵀ C₂ L`: real numbers also where there are fewer vectors than features,
//! and the root of a product is not.

use rayon::prelude::*;

/// Vectors that are added to the sums together.
const AT_ONCE: usize = 64;

/// Rows of a product that are computed together, so that each row of the right factor is read once for all of them.
const ROWS: usize = 16;

/// Sweeps over an eigenvalue before it is given up; two or three are usual.
const SWEEPS: usize = 60;

/// The number, mean and covariance of a cloud of vectors, in double precision.
#[derive(Debug)]
pub(crate) struct Moments {
    width: usize,
    count: usize,
    sum: Vec<f64>,
    /// Sums of products, row by row; right of the diagonal and on it.
    products: Vec<f64>,
    /// Vectors that are not in the sums yet.
    waiting: Vec<f64>,
}

impl Moments {
    /// Of no vector, of `width` features each.
    pub(crate) fn new(width: usize) -> Self {
        Self {
            width,
            count: 0,
            sum: vec![0.0; width],
            products: vec![0.0; width * width],
            waiting: Vec::with_capacity(AT_ONCE * width),
        }
    }

    /// Adds vectors, one after the other in `values`.
    pub(crate) fn add(&mut self, values: &[f32]) {
        for vector in values.chunks_exact(self.width) {
            self.count += 1;
            for (sum, &value) in self.sum.iter_mut().zip(vector) {
                *sum += f64::from(value);
            }
            self.waiting.extend(vector.iter().map(|&it| f64::from(it)));
            if self.waiting.len() == AT_ONCE * self.width {
                self.settle();
            }
        }
    }

    /// Takes the waiting vectors into the sums of products.
    fn settle(&mut self) {
        let width = self.width;
        let waiting = &self.waiting;
        let rows = self.products.par_chunks_exact_mut(width).enumerate();
        rows.for_each(|(at, row)| {
            for vector in waiting.chunks_exact(width) {
                add_scaled(&mut row[at..], vector[at], &vector[at..]);
            }
        });
        self.waiting.clear();
    }

    /// The mean, and the covariance with all its rows whole; of at least two vectors.
    fn mean_and_covariance(mut self) -> (Vec<f64>, Vec<f64>) {
        self.settle();
        let Self {
            width,
            count,
            sum,
            products: mut covariance,
            ..
        } = self;
        let count = count as f64;
        let mean: Vec<f64> = sum.iter().map(|sum| sum / count).collect();
        for row in 0..width {
            for column in row..width {
                let product = covariance[row * width + column] - count * mean[row] * mean[column];
                let value = product / (count - 1.0);
                covariance[row * width + column] = value;
                covariance[column * width + row] = value;
            }
        }
        (mean, covariance)
    }
}

/// The distance between two clouds; `None` where one of them has less than two vectors, or numbers that are not finite.
pub(crate) fn distance(one: Moments, other: Moments) -> Option<f64> {
    if one.count < 2 || other.count < 2 {
        return None;
    }
    let width = one.width;
    let (mean, covariance) = one.mean_and_covariance();
    let (of_mean, of_covariance) = other.mean_and_covariance();
    let means = mean.iter().zip(&of_mean);
    let between: f64 = means.map(|(one, other)| (one - other).powi(2)).sum();
    let trace = |matrix: &[f64]| -> f64 { matrix.iter().step_by(width + 1).sum() };
    let traces = trace(&covariance) + trace(&of_covariance);
    if !(between.is_finite() && traces.is_finite()) {
        return None;
    }
    let root = factor(covariance, width);
    let product = multiply(
        &transposed(&root, width),
        &multiply(&of_covariance, &root, width),
        width,
    );
    let (mut diagonal, mut beside) = tridiagonal(product, width);
    eigenvalues(&mut diagonal, &mut beside)?;
    let roots: f64 = diagonal.iter().map(|value| value.max(0.0).sqrt()).sum();
    // Equal clouds are as far apart as the last digits.
    Some((between + traces - 2.0 * roots).max(0.0))
}

/// `row += factor * other`.
fn add_scaled(row: &mut [f64], factor: f64, other: &[f64]) {
    for (value, other) in row.iter_mut().zip(other) {
        *value += factor * other;
    }
}

/// The lower triangle `L` of Cholesky, `matrix = L Lᵀ`. What is not positive beyond rounding, as there is where vectors are
/// fewer than features, becomes a column of zeros.
fn factor(mut matrix: Vec<f64>, width: usize) -> Vec<f64> {
    let largest = matrix
        .iter()
        .step_by(width + 1)
        .copied()
        .fold(0.0, f64::max);
    let least = largest * width as f64 * f64::EPSILON;
    // Column by column, each taken off what is right of it; rows below the diagonal alone count.
    for at in 0..width {
        let pivot = matrix[at * width + at];
        let scale = if pivot > least {
            pivot.sqrt().recip()
        } else {
            0.0
        };
        let column: Vec<f64> = (at..width)
            .map(|row| matrix[row * width + at] * scale)
            .collect();
        let rows = matrix.par_chunks_exact_mut(width).skip(at).zip(&column);
        rows.enumerate().for_each(|(below, (row, &factor))| {
            row[at] = factor;
            add_scaled(&mut row[at + 1..=at + below], -factor, &column[1..=below]);
        });
    }
    for (at, row) in matrix.chunks_exact_mut(width).enumerate() {
        row[at + 1..].fill(0.0);
    }
    matrix
}

fn transposed(matrix: &[f64], width: usize) -> Vec<f64> {
    let columns = (0..width).flat_map(|column| matrix.iter().skip(column).step_by(width));
    columns.copied().collect()
}

/// The product of two square matrices.
fn multiply(left: &[f64], right: &[f64], width: usize) -> Vec<f64> {
    let mut product = vec![0.0; width * width];
    let panels = product
        .par_chunks_mut(ROWS * width)
        .zip(left.par_chunks(ROWS * width));
    panels.for_each(|(rows, factors)| {
        for (at, right) in right.chunks_exact(width).enumerate() {
            let factors = factors.iter().skip(at).step_by(width);
            for (row, &factor) in rows.chunks_exact_mut(width).zip(factors) {
                if factor != 0.0 {
                    add_scaled(row, factor, right);
                }
            }
        }
    });
    product
}

/// A symmetric matrix with the same eigenvalues that is zero but on its diagonal and beside it: both of these, by
/// reflections (Householder 1958).
fn tridiagonal(mut matrix: Vec<f64>, width: usize) -> (Vec<f64>, Vec<f64>) {
    let mut beside = vec![0.0; width];
    for at in 0..width.saturating_sub(1) {
        let rest = at + 1;
        // The column below the diagonal, which is the row right of it, is reflected onto its first number.
        let mut mirror = matrix[at * width + rest..(at + 1) * width].to_vec();
        let length = mirror.iter().map(|it| it * it).sum::<f64>().sqrt();
        let onto = -length.copysign(mirror[0]);
        beside[at] = onto;
        mirror[0] -= onto;
        let norm: f64 = mirror.iter().map(|it| it * it).sum();
        if norm == 0.0 {
            continue;
        }
        // matrix -= mirror shiftᵀ + shift mirrorᵀ, of what is right of and below the diagonal.
        let rows = matrix.par_chunks_exact(width).skip(rest);
        let mut shift: Vec<f64> = rows
            .map(|row| {
                let products = row[rest..].iter().zip(&mirror);
                products.map(|(value, mirror)| value * mirror).sum::<f64>() * 2.0 / norm
            })
            .collect();
        let along: f64 = shift.iter().zip(&mirror).map(|(a, b)| a * b).sum();
        add_scaled(&mut shift, -along / norm, &mirror);
        let rows = matrix.par_chunks_exact_mut(width).skip(rest);
        rows.zip(mirror.par_iter().zip(&shift))
            .for_each(|(row, (&of_mirror, &of_shift))| {
                add_scaled(&mut row[rest..], -of_mirror, &shift);
                add_scaled(&mut row[rest..], -of_shift, &mirror);
            });
    }
    let diagonal = matrix.iter().step_by(width + 1).copied().collect();
    (diagonal, beside)
}

/// Turns the diagonal of a tridiagonal symmetric matrix into its eigenvalues, by the implicit QL algorithm with Wilkinson's
/// shift; `beside[i]` stands between `diagonal[i]` and the next. `None` where it does not converge.
fn eigenvalues(diagonal: &mut [f64], beside: &mut [f64]) -> Option<()> {
    let count = diagonal.len();
    // What is as small as the last digits of the largest number is nothing.
    let numbers = diagonal.iter().chain(beside.iter());
    let least = numbers.fold(0.0, |most: f64, it| most.max(it.abs())) * f64::EPSILON;
    for first in 0..count {
        for sweep in 0.. {
            let is_small = |at: &usize| {
                let size = diagonal[*at].abs() + diagonal[at + 1].abs();
                beside[*at].abs() <= (f64::EPSILON * size).max(least)
            };
            let last = (first..count - 1).find(is_small).unwrap_or(count - 1);
            if last == first {
                break;
            }
            if sweep == SWEEPS {
                return None;
            }
            let mut slope = (diagonal[first + 1] - diagonal[first]) / (2.0 * beside[first]);
            let mut length = slope.hypot(1.0);
            slope =
                diagonal[last] - diagonal[first] + beside[first] / (slope + length.copysign(slope));
            let (mut sine, mut cosine, mut carried) = (1.0, 1.0, 0.0);
            let mut is_split = false;
            for at in (first..last).rev() {
                let one = sine * beside[at];
                let other = cosine * beside[at];
                length = one.hypot(slope);
                beside[at + 1] = length;
                if length == 0.0 {
                    diagonal[at + 1] -= carried;
                    beside[last] = 0.0;
                    is_split = true;
                    break;
                }
                sine = one / length;
                cosine = slope / length;
                slope = diagonal[at + 1] - carried;
                let turned = (diagonal[at] - slope) * sine + 2.0 * cosine * other;
                carried = sine * turned;
                diagonal[at + 1] = slope + carried;
                slope = cosine * turned - other;
            }
            if !is_split {
                diagonal[first] -= carried;
                beside[first] = slope;
                beside[last] = 0.0;
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that differ, the same ones always.
    fn cloud(count: usize, width: usize, salt: u32) -> Vec<f32> {
        (0..count * width)
            .map(|at| ((at as u32 * 37 + salt) * 61 % 997) as f32 / 997.0)
            .collect()
    }

    fn moments(values: &[f32], width: usize) -> Moments {
        let mut moments = Moments::new(width);
        moments.add(values);
        moments
    }

    #[test]
    fn a_cloud_is_nowhere_but_where_it_is() {
        for (count, width) in [(200, 7), (5, 12), (2, 1)] {
            let values = cloud(count, width, 3);
            let same = distance(moments(&values, width), moments(&values, width)).unwrap();
            assert!(same < 1e-6, "{same}");
            // Moved by 2 in one direction, and so by the square of that.
            let mut moved = values.clone();
            moved.iter_mut().step_by(width).for_each(|it| *it += 2.0);
            let moved = distance(moments(&values, width), moments(&moved, width)).unwrap();
            assert!((moved - 4.0).abs() < 1e-5, "{moved}");
        }
    }

    #[test]
    fn one_feature_has_a_formula() {
        // Variances 2.5 and 10: (√2.5 - √10)² + 3².
        let one = [1.0, 2.0, 3.0, 4.0, 5.0];
        let other = [2.0, 4.0, 6.0, 8.0, 10.0];
        let expected = (2.5_f64.sqrt() - 10.0_f64.sqrt()).powi(2) + 9.0;
        let found = distance(moments(&one, 1), moments(&other, 1)).unwrap();
        assert!((found - expected).abs() < 1e-9, "{found}");
    }

    #[test]
    fn it_is_the_same_either_way_and_needs_two_vectors() {
        let (one, other) = (cloud(30, 9, 1), cloud(25, 9, 500));
        let there = distance(moments(&one, 9), moments(&other, 9)).unwrap();
        let back = distance(moments(&other, 9), moments(&one, 9)).unwrap();
        // Roots of eigenvalues that should be 0 are as large as the root of the rounding error.
        assert!(there > 0.0 && (there - back).abs() < 1e-7, "{there} {back}");
        assert!(distance(moments(&one[..9], 9), moments(&other, 9)).is_none());
        let mut broken = one.clone();
        broken[0] = f32::NAN;
        assert!(distance(moments(&broken, 9), moments(&other, 9)).is_none());
    }

    #[test]
    fn more_vectors_than_are_taken_at_once() {
        let values = cloud(3 * AT_ONCE + 5, 4, 9);
        let whole = moments(&values, 4);
        let mut parts = Moments::new(4);
        values.chunks(4 * 7).for_each(|part| parts.add(part));
        let (mean, covariance) = whole.mean_and_covariance();
        let (of_mean, of_covariance) = parts.mean_and_covariance();
        assert_eq!((mean, covariance), (of_mean, of_covariance));
    }
}
