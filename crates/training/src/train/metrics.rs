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

/// `loss` of the training split: that of the colors.
#[derive(Clone)]
pub(super) struct TrainingLoss {
    ratio: Ratio,
    guard: Guard,
}

impl TrainingLoss {
    /// A loss that `guard` looks at.
    pub(super) fn new(guard: Guard) -> Self {
        Self {
            ratio: Ratio::default(),
            guard,
        }
    }
}

impl BurnMetric for TrainingLoss {
    type Input = LossInput;

    fn name(&self) -> MetricName {
        Arc::new(Metric::Loss.name().to_owned())
    }

    fn attributes(&self) -> MetricAttributes {
        attributes(Metric::Loss.properties())
    }

    fn update(
        &mut self,
        input: &LossInput,
        metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        let loss = input.loss.clone().try_into_scalar::<f64>()?;
        self.guard.look(loss, metadata);
        let images = input.images as f64;
        self.ratio.add((loss * images, images));
        Ok(self.ratio.text(None))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.ratio.text(None))
    }

    fn clear(&mut self) {
        self.ratio = Ratio::default();
    }
}

impl Numeric for TrainingLoss {
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

/// `classification_loss` of the training split.
#[derive(Clone)]
pub(super) struct ClassificationLoss {
    ratio: Ratio,
    guard: Guard,
}

impl ClassificationLoss {
    /// A loss that `guard` looks at.
    pub(super) fn new(guard: Guard) -> Self {
        Self {
            ratio: Ratio::default(),
            guard,
        }
    }
}

impl BurnMetric for ClassificationLoss {
    type Input = LabelInput;

    fn name(&self) -> MetricName {
        Arc::new(TrainingMetric::ClassificationLoss.name().to_owned())
    }

    fn attributes(&self) -> MetricAttributes {
        attributes(TrainingMetric::ClassificationLoss.properties())
    }

    fn update(
        &mut self,
        input: &LabelInput,
        metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        // A step without labels has no value, which is 0 of 0.
        let mut terms = (0.0, 0.0);
        if let LabelInput(Some(errors)) = input {
            let sum = errors.sum.clone().try_into_scalar::<f64>()?;
            self.guard.look(sum, metadata);
            terms = (sum, errors.labeled as f64);
        }
        self.ratio.add(terms);
        Ok(self.ratio.text(None))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.ratio.text(None))
    }

    fn clear(&mut self) {
        self.ratio = Ratio::default();
    }
}

impl Numeric for ClassificationLoss {
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

/// `images_per_second` of the training split.
#[derive(Clone, Default)]
pub(super) struct Speed(Ratio);

impl Speed {
    /// The metric's name.
    pub(super) const NAME: &str = MachineMetric::ImagesPerSecond.name();
}

impl BurnMetric for Speed {
    type Input = SpeedInput;

    fn name(&self) -> MetricName {
        Arc::new(Self::NAME.to_owned())
    }

    fn attributes(&self) -> MetricAttributes {
        attributes(MachineMetric::ImagesPerSecond.properties())
    }

    fn update(
        &mut self,
        input: &SpeedInput,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        self.0.add((input.images as f64, input.seconds));
        Ok(self.0.text(Some(MachineMetric::ImagesPerSecond.unit())))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.0.text(Some(MachineMetric::ImagesPerSecond.unit())))
    }

    fn clear(&mut self) {
        self.0 = Ratio::default();
    }
}

impl Numeric for Speed {
    fn value(&self) -> Option<NumericEntry> {
        Some(Ratio::entry(self.0.last))
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(Ratio::entry(self.0.all))
    }

    fn final_value(&self) -> NumericEntry {
        NumericEntry::Final(self.0.all.0 / self.0.all.1)
    }
}

/// `data_wait_seconds` of the training split.
#[derive(Clone, Default)]
pub(super) struct DataWait(Ratio);

impl BurnMetric for DataWait {
    type Input = WaitInput;

    fn name(&self) -> MetricName {
        Arc::new(MachineMetric::DataWait.name().to_owned())
    }

    fn attributes(&self) -> MetricAttributes {
        attributes(MachineMetric::DataWait.properties())
    }

    fn update(
        &mut self,
        input: &WaitInput,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        self.0.add((input.0, 1.0));
        Ok(self.0.text(Some(MachineMetric::DataWait.unit())))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.0.text(Some(MachineMetric::DataWait.unit())))
    }

    fn clear(&mut self) {
        self.0 = Ratio::default();
    }
}

impl Numeric for DataWait {
    fn value(&self) -> Option<NumericEntry> {
        Some(Ratio::entry(self.0.last))
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(Ratio::entry(self.0.all))
    }

    fn final_value(&self) -> NumericEntry {
        NumericEntry::Final(self.0.all.0 / self.0.all.1)
    }
}

/// Any metric of the held-out images.
#[derive(Clone)]
pub(super) struct HeldOut {
    metric: Metric,
    ratio: Ratio,
}

impl HeldOut {
    /// The held-out images' `metric`.
    pub(super) fn new(metric: Metric) -> Self {
        Self {
            metric,
            ratio: Ratio::default(),
        }
    }
}

impl BurnMetric for HeldOut {
    type Input = HeldOutInput;

    fn name(&self) -> MetricName {
        Arc::new(self.metric.name().to_owned())
    }

    fn attributes(&self) -> MetricAttributes {
        attributes(self.metric.properties())
    }

    fn update(
        &mut self,
        input: &HeldOutInput,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        let terms = input.0.iter().map(|score| score.terms(self.metric));
        let sum = terms.fold((0.0, 0.0), |sum, term| (sum.0 + term.0, sum.1 + term.1));
        self.ratio.add(sum);
        Ok(self.ratio.text(self.metric.unit()))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.ratio.text(self.metric.unit()))
    }

    fn clear(&mut self) {
        self.ratio = Ratio::default();
    }
}

impl Numeric for HeldOut {
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

fn attributes(metric: Properties) -> MetricAttributes {
    NumericAttributes {
        unit: Some(metric.unit.to_owned()).filter(|unit| !unit.is_empty()),
        // burn-train knows two directions. Nothing here is ranked by what it is told.
        higher_is_better: metric.better == Better::Higher,
    }
    .into()
}
