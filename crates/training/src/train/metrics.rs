//! The numbers of a run as burn-train's metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::{Tensor, TensorReadError};
use burn_train::Interrupter;
use burn_train::metric::{
    Metric as BurnMetric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes,
    NumericEntry, SerializedEntry,
};

use crate::evaluate::{Better, ImageScore, MachineMetric, Metric, Properties, TrainingMetric};
use crate::objective::LabelErrors;

/// A training step's loss, still on its device.
pub(super) struct LossInput {
    /// The mean over the batch, `[1]`.
    pub(super) loss: Tensor<1>,
    /// Images in the batch.
    pub(super) images: usize,
}

/// What a training step learned of the labels, still on its device; none where it learned none.
pub(super) struct LabelInput(pub(super) Option<LabelErrors>);

/// How long a training step took.
pub(super) struct SpeedInput {
    /// Images in the batch.
    pub(super) images: usize,
    /// Seconds.
    pub(super) seconds: f64,
}

/// How many seconds a training step waited for its batch.
pub(super) struct WaitInput(pub(super) f64);

/// The scores of a held-out batch.
pub(super) struct HeldOutInput(pub(super) Vec<ImageScore>);

/// A ratio of sums: over the last batch, and over all since the last `clear`.
#[derive(Debug, Clone, Copy, Default)]
struct Ratio {
    last: (f64, f64),
    all: (f64, f64),
}

impl Ratio {
    fn add(&mut self, (numerator, denominator): (f64, f64)) {
        self.last = (numerator, denominator);
        self.all.0 += numerator;
        self.all.1 += denominator;
    }

    fn entry((numerator, denominator): (f64, f64)) -> NumericEntry {
        NumericEntry::Aggregated {
            aggregated_value: numerator / denominator,
            // A weight for averages; ours are the final values.
            count: 1,
        }
    }

    fn text(&self, unit: Option<&str>) -> SerializedEntry {
        let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
        let (all, last) = (self.all.0 / self.all.1, self.last.0 / self.last.1);
        SerializedEntry::new(
            format!("mean {all:.4}{unit} - last {last:.4}{unit}"),
            Self::entry(self.last).serialize(),
        )
    }
}

/// The first step whose loss was not a number; 0 while all were.
#[derive(Debug, Clone, Default)]
pub(super) struct NonFinite(Arc<AtomicUsize>);

impl NonFinite {
    /// That step, if there was one.
    pub(super) fn step(&self) -> Option<usize> {
        let step = self.0.load(Ordering::SeqCst);
        (step > 0).then_some(step)
    }

    fn note(&self, step: usize) {
        let _ = self
            .0
            .compare_exchange(0, step, Ordering::SeqCst, Ordering::SeqCst);
    }
}

/// Stops a training whose loss is not finite.
#[derive(Clone)]
pub(super) struct Guard {
    non_finite: NonFinite,
    interrupter: Interrupter,
}

impl Guard {
    /// Notes the first loss that is not finite in `non_finite`, and stops `interrupter`'s training then.
    pub(super) fn new(non_finite: NonFinite, interrupter: Interrupter) -> Self {
        Self {
            non_finite,
            interrupter,
        }
    }

    fn look(&self, loss: f64, metadata: &MetricMetadata) {
        if !loss.is_finite() {
            self.non_finite.note(metadata.iteration.unwrap_or(1));
            self.interrupter.stop(Some("the loss is not finite"));
        }
    }
}

/// What a metric is, and what a step or a batch adds to its ratio of sums.
pub(super) trait Terms: Clone + Send + Sync {
    type Input;

    fn properties(&self) -> Properties;

    /// Numerator and denominator.
    fn of(
        &self,
        input: &Self::Input,
        metadata: &MetricMetadata,
    ) -> Result<(f64, f64), TensorReadError>;
}

/// The metric with these terms.
#[derive(Clone)]
pub(super) struct Mean<T> {
    terms: T,
    ratio: Ratio,
}

impl<T: Terms> Mean<T> {
    /// With nothing added yet.
    pub(super) fn of(terms: T) -> Self {
        Self {
            terms,
            ratio: Ratio::default(),
        }
    }

    fn text(&self) -> SerializedEntry {
        let unit = self.terms.properties().unit;
        self.ratio.text(Some(unit).filter(|unit| !unit.is_empty()))
    }
}

impl<T: Terms> BurnMetric for Mean<T> {
    type Input = T::Input;

    fn name(&self) -> MetricName {
        Arc::new(self.terms.properties().name.to_owned())
    }

    fn attributes(&self) -> MetricAttributes {
        attributes(self.terms.properties())
    }

    fn update(
        &mut self,
        input: &T::Input,
        metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        self.ratio.add(self.terms.of(input, metadata)?);
        Ok(self.text())
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.text())
    }

    fn clear(&mut self) {
        self.ratio = Ratio::default();
    }
}

impl<T: Terms> Numeric for Mean<T> {
    fn value(&self) -> Option<NumericEntry> {
        Some(Ratio::entry(self.ratio.last))
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(Ratio::entry(self.ratio.all))
    }

    fn final_value(&self) -> NumericEntry {
        NumericEntry::Final(self.ratio.all.0 / self.ratio.all.1)
    }
}

/// `loss` of the training split: that of the colors.
#[derive(Clone)]
pub(super) struct TrainingLoss(pub(super) Guard);

impl Terms for TrainingLoss {
    type Input = LossInput;

    fn properties(&self) -> Properties {
        Metric::Loss.properties()
    }

    fn of(
        &self,
        input: &LossInput,
        metadata: &MetricMetadata,
    ) -> Result<(f64, f64), TensorReadError> {
        let loss = input.loss.clone().try_into_scalar::<f64>()?;
        self.0.look(loss, metadata);
        let images = input.images as f64;
        Ok((loss * images, images))
    }
}

/// `classification_loss` of the training split.
#[derive(Clone)]
pub(super) struct ClassificationLoss(pub(super) Guard);

impl Terms for ClassificationLoss {
    type Input = LabelInput;

    fn properties(&self) -> Properties {
        TrainingMetric::ClassificationLoss.properties()
    }

    fn of(
        &self,
        input: &LabelInput,
        metadata: &MetricMetadata,
    ) -> Result<(f64, f64), TensorReadError> {
        let LabelInput(Some(errors)) = input else {
            // A step without labels has no value, which is 0 of 0.
            return Ok((0.0, 0.0));
        };
        let sum = errors.sum.clone().try_into_scalar::<f64>()?;
        self.0.look(sum, metadata);
        Ok((sum, errors.labeled as f64))
    }
}

/// `images_per_second` of the training split.
#[derive(Clone)]
pub(super) struct Speed;

impl Speed {
    /// The metric's name.
    pub(super) const NAME: &str = MachineMetric::ImagesPerSecond.name();
}

impl Terms for Speed {
    type Input = SpeedInput;

    fn properties(&self) -> Properties {
        MachineMetric::ImagesPerSecond.properties()
    }

    fn of(
        &self,
        input: &SpeedInput,
        _metadata: &MetricMetadata,
    ) -> Result<(f64, f64), TensorReadError> {
        Ok((input.images as f64, input.seconds))
    }
}

/// `data_wait_seconds` of the training split.
#[derive(Clone)]
pub(super) struct DataWait;

impl Terms for DataWait {
    type Input = WaitInput;

    fn properties(&self) -> Properties {
        MachineMetric::DataWait.properties()
    }

    fn of(
        &self,
        input: &WaitInput,
        _metadata: &MetricMetadata,
    ) -> Result<(f64, f64), TensorReadError> {
        Ok((input.0, 1.0))
    }
}

/// Any metric of the held-out images.
#[derive(Clone)]
pub(super) struct HeldOut(pub(super) Metric);

impl Terms for HeldOut {
    type Input = HeldOutInput;

    fn properties(&self) -> Properties {
        self.0.properties()
    }

    fn of(
        &self,
        input: &HeldOutInput,
        _metadata: &MetricMetadata,
    ) -> Result<(f64, f64), TensorReadError> {
        let terms = input.0.iter().map(|score| score.terms(self.0));
        Ok(terms.fold((0.0, 0.0), |sum, term| (sum.0 + term.0, sum.1 + term.1)))
    }
}

fn attributes(metric: Properties) -> MetricAttributes {
    NumericAttributes {
        unit: Some(metric.unit.to_owned()).filter(|unit| !unit.is_empty()),
        // burn-train knows two directions. Nothing here is ranked by what it is told.
        higher_is_better: metric.better == Better::Higher,
    }
    .into()
}
