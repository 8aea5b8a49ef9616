//! What is timed.

use std::path::Path;

use super::{Contender, Race};
use crate::backend::{self, DeviceName, Precision};
use crate::experiment::{Experiment, ExperimentError, Overrides};

/// What the cost of a step is followed by; where one is empty, it is the experiment's own, or all threads of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Axes {
    /// Sides of the pictures, in pixels.
    pub sizes: Vec<usize>,
    /// Pictures a step.
    pub batches: Vec<usize>,
    /// Threads of the processor.
    pub threads: Vec<usize>,
    /// Arithmetics.
    pub precisions: Vec<Precision>,
}

impl Axes {
    fn threads(&self) -> Vec<usize> {
        if self.threads.is_empty() {
            vec![available()]
        } else {
            self.threads.clone()
        }
    }
}

/// Threads that this process may use.
fn available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The experiments that are timed where none is named: YUV, and the same with fusion.
///
/// # Panics
///
/// Never: the text they are read from is part of the program.
pub fn standard_kinds() -> [Experiment; 2] {
    let yuv = Experiment::from_toml(include_str!("standard.toml"), Path::new("standard.toml"))
        .expect("the program's own experiment is sound");
    let fusion = yuv
        .with(&set(["name=fusion", "fusion.extractor=resnet50"]))
        .expect("with an extractor it is still sound");
    [yuv, fusion]
}

fn set<const N: usize>(assignments: [&str; N]) -> Overrides {
    Overrides {
        set: assignments.map(str::to_owned).to_vec(),
        ..Overrides::default()
    }
}

/// A race for each size and batch of each experiment, between its devices, arithmetics and numbers of threads.
///
/// # Errors
///
/// When an experiment cannot have one of the sizes, batches or arithmetics. Whether a device has the arithmetic,
/// [`backend::computes`] tells.
pub fn races(
    experiments: &[(String, Experiment)],
    devices: &[DeviceName],
    axes: &Axes,
) -> Result<Vec<Race>, ExperimentError> {
    let mut races = Vec::new();
    for (label, experiment) in experiments {
        let own = [experiment.image.size];
        let sizes = if axes.sizes.is_empty() {
            &own[..]
        } else {
            &axes.sizes
        };
        for size in sizes {
            let own = [experiment.train.batch_size];
            let batches = if axes.batches.is_empty() {
                &own[..]
            } else {
                &axes.batches
            };
            for batch in batches {
                let case = [
                    format!("image.size={size}"),
                    format!("train.batch_size={batch}"),
                ];
                races.push(Race {
                    case: format!("{label} {size} b{batch}"),
                    contenders: contenders(experiment, &case, devices, axes)?,
                });
            }
        }
    }
    Ok(races)
}

fn contenders(
    experiment: &Experiment,
    case: &[String],
    devices: &[DeviceName],
    axes: &Axes,
) -> Result<Vec<Contender>, ExperimentError> {
    let own = [experiment.train.precision];
    let precisions = if axes.precisions.is_empty() {
        &own[..]
    } else {
        &axes.precisions
    };
    let mut contenders = Vec::new();
    for &device in devices {
        for precision in precisions {
            let precision = format!("train.precision={precision}");
            let experiment = experiment.with(&Overrides {
                set: [case, &[precision]].concat(),
                ..Overrides::default()
            })?;
            contenders.extend(axes.threads().into_iter().map(|threads| Contender {
                experiment: experiment.clone(),
                device,
                threads,
            }));
        }
    }
    Ok(contenders)
}

/// YUV and fusion as in the write-up, in bfloat16 too where a device has it; then growth: of YUV, with size, batch and
/// threads; `full` follows it further. The small one is meant to end within two minutes on two cores. `overrides` change both
/// experiments.
///
/// # Errors
///
/// When what `overrides` make of them is not sound, or cannot have one of the sizes.
pub fn standard(
    devices: &[DeviceName],
    overrides: &Overrides,
    full: bool,
) -> Result<Vec<Race>, ExperimentError> {
    let [yuv, fusion] = standard_kinds();
    let (yuv, fusion) = (yuv.with(overrides)?, fusion.with(overrides)?);
    let yuv = [("yuv".to_owned(), yuv)];
    let fusion = [("fusion".to_owned(), fusion)];
    let (sizes, batches): (&[usize], &[usize]) = if full {
        (&[64, 128, 512], &[1, 2, 4, 16, 32])
    } else {
        (&[64, 128], &[1, 4])
    };
    let mut threads: Vec<usize> = std::iter::successors(Some(1), |threads| Some(2 * threads))
        .take_while(|&threads| threads < available())
        .collect();
    if !full {
        threads.truncate(1);
    }
    // The norm, or what was set, may leave no choice.
    let short = yuv[0].1.with(&set(["train.precision=bf16"]));
    let precisions = Axes {
        precisions: match (yuv[0].1.train.precision, short) {
            (Precision::F32, Ok(_)) => vec![Precision::F32, Precision::Bf16],
            _ => Vec::new(),
        },
        ..Axes::default()
    };
    let mut all = races(&yuv, devices, &precisions)?;
    all.extend(races(&fusion, devices, &precisions)?);
    for race in &mut all {
        race.contenders.retain(|it| {
            it.experiment.train.precision == Precision::F32
                || backend::computes(&it.device, it.experiment.train.precision).is_ok()
        });
    }
    let axes = Axes {
        sizes: sizes.to_vec(),
        ..Axes::default()
    };
    all.extend(races(&yuv, devices, &axes)?);
    let axes = Axes {
        batches: batches.to_vec(),
        ..Axes::default()
    };
    all.extend(races(&yuv, devices, &axes)?);
    // At the size of the write-up fewer threads would cost another half minute: they run beside the others at a smaller one.
    let place = if full { 0 } else { 3 };
    if let Some(race) = all.get_mut(place) {
        let more = race.contenders.clone().into_iter().flat_map(|contender| {
            let threads = threads.iter().copied();
            threads.map(move |threads| Contender {
                threads,
                ..contender.clone()
            })
        });
        race.contenders.extend(more);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(races: &[Race]) -> String {
        let told = |race: &Race| {
            let contenders = race.contenders.iter();
            let who = contenders.map(|it| format!("{} t{}", it.name(), it.threads));
            format!("{}: {}", race.case, who.collect::<Vec<_>>().join(", "))
        };
        races.iter().map(told).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_size_meets_every_batch() {
        let [yuv, _] = standard_kinds();
        let axes = Axes {
            sizes: vec![64, 128],
            batches: vec![1, 2],
            threads: vec![1, 2],
            precisions: vec![Precision::Bf16],
        };
        let experiments = [("yuv".to_owned(), yuv)];
        let races = races(&experiments, &[DeviceName::Flex], &axes).unwrap();
        insta::assert_snapshot!(told(&races), @r"
        yuv 64 b1: flex bf16 t1, flex bf16 t2
        yuv 64 b2: flex bf16 t1, flex bf16 t2
        yuv 128 b1: flex bf16 t1, flex bf16 t2
        yuv 128 b2: flex bf16 t1, flex bf16 t2
        ");
    }

    #[test]
    fn a_size_that_the_network_cannot_have_is_refused_as_in_a_file() {
        let [yuv, _] = standard_kinds();
        let axes = Axes {
            sizes: vec![40],
            ..Axes::default()
        };
        let error = races(&[("yuv".to_owned(), yuv)], &[DeviceName::Flex], &axes).unwrap_err();
        insta::assert_snapshot!(error.render(false));
    }

    #[test]
    fn a_norm_without_bfloat16_is_timed_without_it() {
        let overrides = set(["network.norm=instance"]);
        standard(&[DeviceName::Flex], &overrides, false).unwrap();
    }

    #[test]
    fn the_standard_follows_growth_and_what_is_set_counts_everywhere() {
        let overrides = set(["network.scale=8"]);
        let devices = [DeviceName::Flex, DeviceName::Libtorch];
        for (full, races) in [(false, 6), (true, 10)] {
            let standard = standard(&devices, &overrides, full).unwrap();
            assert_eq!(standard.len(), races);
            let all = standard.iter().flat_map(|race| &race.contenders);
            assert!(
                all.clone()
                    .all(|it| it.experiment.network.first_channels() == 8)
            );
            assert!(
                all.clone()
                    .any(|it| it.experiment.fusion.extractor.width() == 2048)
            );
            if available() > 1 {
                assert!(all.clone().any(|it| it.threads == 1));
            }
        }
    }
}
