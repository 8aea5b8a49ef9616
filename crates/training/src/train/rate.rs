//! The learning rate of every step.

use burn::optim::lr_scheduler::{LrScheduler, LrSchedulerRecord};

use super::{LearningRateSchedule, TrainSection};

/// The learning rate, a pure function of the step. So a checkpoint need not hold how far it has come: whoever resumes says
/// after which step.
#[derive(Debug, Clone)]
pub(super) struct Rate {
    full: f64,
    steps: usize,
    warmup_steps: usize,
    schedule: LearningRateSchedule,
    /// Steps whose rate was asked for.
    done: usize,
}

impl Rate {
    /// The rate of the steps after `done`.
    pub(super) fn after(done: usize, section: &TrainSection) -> Self {
        Self {
            full: section.optimizer.learning_rate(),
            steps: section.steps,
            warmup_steps: section.warmup_steps,
            schedule: section.schedule,
            done,
        }
    }

    /// The rate of a step, which is counted from 1. After a warm-up the schedule begins at the first step that follows it,
    /// with the full rate, and what it does over all of the steps it does over those that remain.
    fn at(&self, step: usize) -> f64 {
        let Self {
            full,
            steps,
            warmup_steps,
            ..
        } = *self;
        if step <= warmup_steps {
            return full * (step as f64 / warmup_steps as f64);
        }
        let done = step - warmup_steps - 1;
        let part = || done as f64 / (steps - warmup_steps) as f64;
        match self.schedule {
            LearningRateSchedule::Constant => full,
            // In Burn's order of operations: the bits of runs that were made by its scheduler.
            LearningRateSchedule::Cosine => {
                0.5 * full * (1.0 + (part() * std::f64::consts::PI).cos())
            }
            LearningRateSchedule::Step { every, factor } => {
                full * factor.powf((done / every) as f64)
            }
            LearningRateSchedule::Exponential { factor } => full * factor.powf(part()),
        }
    }
}

impl LrScheduler for Rate {
    fn step(&mut self) -> f64 {
        self.done += 1;
        self.at(self.done)
    }

    fn to_record(&self) -> LrSchedulerRecord {
        LrSchedulerRecord::new()
    }

    fn load_record(&mut self, _record: LrSchedulerRecord) {}
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use burn::optim::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;

    use super::*;
    use crate::experiment::Experiment;
    use crate::train::golden::Golden;

    fn section(schedule: LearningRateSchedule, steps: usize, warmup_steps: usize) -> TrainSection {
        let whole = include_str!("../timing/standard.toml");
        let experiment = Experiment::from_toml(whole, Path::new("standard.toml")).unwrap();
        let optimizer = experiment.train.optimizer.at_rate(0.3);
        TrainSection {
            steps,
            warmup_steps,
            schedule,
            optimizer,
            ..experiment.train
        }
    }

    fn rates(schedule: LearningRateSchedule, steps: usize, warmup_steps: usize) -> Vec<f64> {
        let mut rate = Rate::after(0, &section(schedule, steps, warmup_steps));
        (0..steps).map(|_| rate.step()).collect()
    }

    #[test]
    fn a_cosine_has_the_bits_of_burns() {
        for (full, steps) in [(1e-3, 7000), (0.3, 11), (1.0, 1)] {
            let mut burns = CosineAnnealingLrSchedulerConfig::new(full, steps)
                .init()
                .unwrap();
            let mut section = section(LearningRateSchedule::Cosine, steps, 0);
            section.optimizer = section.optimizer.at_rate(full);
            let mut ours = Rate::after(0, &section);
            for step in 1..=steps {
                let (ours, burns) = (ours.step(), burns.step().base());
                assert_eq!(ours.to_bits(), burns.to_bits(), "{full} at {step}");
            }
        }
    }

    #[test]
    fn the_rate_depends_on_the_step_alone() {
        for schedule in LearningRateSchedule::ALL {
            for warmup_steps in [0, 3] {
                let whole = rates(schedule, 9, warmup_steps);
                for done in 0..9 {
                    let mut rest = Rate::after(done, &section(schedule, 9, warmup_steps));
                    let rest: Vec<f64> = (done..9).map(|_| rest.step()).collect();
                    assert_eq!(rest, whole[done..], "{schedule:?}");
                }
            }
        }
    }

    /// PyTorch's schedulers of the same name, and its `LinearLR` for the warm-up: see `tests/golden/optimizers.py`.
    #[test]
    fn rates_are_those_of_pytorch() {
        let golden = Golden::read();
        for (name, schedule) in [
            ("constant", LearningRateSchedule::Constant),
            ("cosine", LearningRateSchedule::Cosine),
            (
                "step",
                LearningRateSchedule::Step {
                    every: 3,
                    factor: 0.5,
                },
            ),
            (
                "exponential",
                LearningRateSchedule::Exponential { factor: 0.1 },
            ),
        ] {
            for warmup_steps in [0, 4] {
                let expected = &golden.rates[&format!("{name} {warmup_steps}")];
                let found = rates(schedule, expected.len(), warmup_steps);
                for (step, (found, expected)) in found.iter().zip(expected).enumerate() {
                    assert!(
                        (found - expected).abs() < 1e-12,
                        "{name} after {warmup_steps} at {step}: {found} and {expected}"
                    );
                }
            }
        }
    }
}
