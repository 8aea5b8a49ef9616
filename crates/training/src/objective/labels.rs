//! Labels: what a photograph shows, learned beside its colors. After Iizuka, Simo-Serra and Ishikawa (2016), "Let there be
//! Color!", whose network learns to tell the scene of a photograph from the vector that it fuses with its map.
//!
//! There, a photograph is one of 205 scenes, and the loss is the cross-entropy of a softmax. Here, it shows any number of a
//! dataset's categories, so the loss is the binary cross-entropy of each, averaged over all of them. Labels shape the network in
//! training and have no part in a picture.

use burn::tensor::activation::log_sigmoid;
use burn::tensor::{Tensor, TensorData};

use crate::batch::Batch;
use crate::experiment::Experiment;

/// What a network is asked beside the colors.
#[derive(Debug, Clone, PartialEq)]
pub struct Labels {
    /// The weight of their loss beside that of the colors.
    pub weight: f64,
    /// The categories, by the dataset's ids, in the order of the network's logits.
    pub categories: Vec<i64>,
}

/// How wrong a network is about the labels of a batch.
#[derive(Debug, Clone)]
pub struct LabelErrors {
    /// The sum over the photographs with labels of their mean cross-entropies, `[1]`.
    pub sum: Tensor<1>,
    /// Photographs with labels.
    pub labeled: usize,
    /// Photographs.
    pub images: usize,
}

impl Labels {
    /// The experiment's, for these categories; `None` where its network learns none, or there are none.
    pub fn of(experiment: &Experiment, categories: Vec<i64>) -> Option<Self> {
        let weight = experiment.network.classification();
        (weight > 0.0 && !categories.is_empty()).then_some(Self { weight, categories })
    }

    /// What `errors` add to the loss, `[1]`: the weight times their mean over all photographs of the batch, so that each
    /// photograph counts the same whatever the others show, and one without labels adds nothing.
    pub fn loss(&self, errors: &LabelErrors) -> Tensor<1> {
        let share = self.weight / errors.images as f64;
        errors.sum.clone().mul_scalar(share)
    }
}

impl LabelErrors {
    /// Those of `logits`, `[batch, categories]`, about the photographs of `batch`; `None` where the batch has no labels. A
    /// photograph that shows none of the categories counts as one without labels: annotations do not tell the two apart.
    pub fn of(logits: Tensor<2>, batch: &Batch) -> Option<Self> {
        let device = logits.device();
        let labels = batch.to_labels(&device)?;
        let images = batch.len();
        let rows = batch.labels.chunks_exact(batch.labels.len() / images);
        let is_labeled: Vec<f32> = rows
            .map(|row| f32::from(u8::from(row.contains(&1.0))))
            .collect();
        let labeled = is_labeled.iter().filter(|&&counts| counts > 0.0).count();
        let counts = Tensor::<2>::from_data(TensorData::new(is_labeled, [images, 1]), &device);
        // -y ln s(x) - (1 - y) ln (1 - s(x)), where s is the sigmoid: 1 - s(x) is s(-x), and ln s(x) is x + ln s(-x).
        let errors = log_sigmoid(logits.clone().neg()).neg() - logits * labels;
        Some(Self {
            sum: (errors.mean_dim(1) * counts).sum(),
            labeled,
            images,
        })
    }

    /// Those of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            labeled: self.labeled + other.labeled,
            images: self.images + other.images,
        }
    }

    /// The same without a graph behind it.
    #[must_use]
    pub fn without_autodiff(self) -> Self {
        Self {
            sum: self.sum.without_autodiff(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    const WIDTH: usize = 3;

    fn batch(labels: &[[f32; WIDTH]]) -> Batch {
        Batch {
            size: 0,
            pixels: Vec::new(),
            positions: (0..labels.len()).collect(),
            features: Vec::new(),
            labels: labels.concat(),
        }
    }

    fn logits(values: &[[f32; WIDTH]], device: &Device) -> Tensor<2> {
        let shape = [values.len(), WIDTH];
        Tensor::from_data(TensorData::new(values.concat(), shape), device)
    }

    fn number(tensor: Tensor<1>) -> f64 {
        tensor.try_into_scalar().unwrap()
    }

    /// The textbook's formula, in double precision.
    fn cross_entropy(logits: [f32; WIDTH], labels: [f32; WIDTH]) -> f64 {
        let each = logits.iter().zip(labels).map(|(&logit, label)| {
            let likely = 1.0 / (1.0 + (-f64::from(logit)).exp());
            let label = f64::from(label);
            -label * likely.ln() - (1.0 - label) * (1.0 - likely).ln()
        });
        each.sum::<f64>() / WIDTH as f64
    }

    const LOGITS: [[f32; WIDTH]; 4] = [
        [0.0, 1.5, -2.0],
        [9.0, -9.0, 0.5],
        [-0.25, 0.0, 3.0],
        [1.0, 1.0, 1.0],
    ];

    const LABELS: [[f32; WIDTH]; 4] = [
        [1.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
        [0.0, 1.0, 1.0],
        [1.0, 1.0, 1.0],
    ];

    #[test]
    fn errors_are_cross_entropies_of_photographs_with_labels() {
        let device = Device::flex();
        let errors = LabelErrors::of(logits(&LOGITS, &device), &batch(&LABELS)).unwrap();
        assert_eq!((errors.labeled, errors.images), (3, 4));
        let labeled = LOGITS.into_iter().zip(LABELS).filter(|it| it.1 != [0.0; 3]);
        let expected: f64 = labeled.map(|it| cross_entropy(it.0, it.1)).sum();
        assert!((number(errors.sum.clone()) - expected).abs() < 1e-5);
        let labels = Labels {
            weight: 0.25,
            categories: vec![3, 4, 9],
        };
        let found = number(labels.loss(&errors));
        assert!((found - 0.25 * expected / 4.0).abs() < 1e-6, "{found}");
        assert!(LabelErrors::of(logits(&LOGITS, &device), &batch(&[])).is_none());
    }

    #[test]
    fn parts_of_a_batch_make_the_whole() {
        let device = Device::flex();
        let of = |range: std::ops::Range<usize>| {
            let batch = batch(&LABELS[range.clone()]);
            LabelErrors::of(logits(&LOGITS[range], &device), &batch).unwrap()
        };
        let (whole, parts) = (of(0..4), of(0..1).and(of(1..4)));
        assert_eq!((whole.labeled, whole.images), (parts.labeled, parts.images));
        assert!((number(whole.sum) - number(parts.sum)).abs() < 1e-5);
    }

    #[test]
    fn a_photograph_without_labels_teaches_nothing_and_large_logits_stay_finite() {
        let device = Device::flex().autodiff();
        let values = [[0.0, 200.0, -200.0], [0.0, 1.0, 2.0]];
        let logits = logits(&values, &device).require_grad();
        let labels = [[1.0, 0.0, 1.0], [0.0; WIDTH]];
        let errors = LabelErrors::of(logits.clone(), &batch(&labels)).unwrap();
        let gradients = errors.sum.clone().backward();
        let sum = number(errors.without_autodiff().sum);
        assert!(
            (sum - (0.5_f64.ln().abs() + 400.0) / 3.0).abs() < 1e-4,
            "{sum}"
        );
        let gradient = logits.grad(&gradients).unwrap().into_data();
        let found: Vec<f32> = gradient.try_to_vec().unwrap();
        let expected = [-0.5 / 3.0, 1.0 / 3.0, -1.0 / 3.0, 0.0, 0.0, 0.0];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
        }
    }
}
