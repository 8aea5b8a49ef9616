//! `colorize features`: compute feature vectors before training.

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use super::{DONE, INTERRUPTED, output};
use crate::backend;
use crate::command_error::Result;
use crate::extractor::ExtractorError;
use crate::train::{Division, Fusing, feature_rows};
use crate::work::prepare::{ExperimentArguments, TrainingArguments, bar, stop_on_signal};

/// Arguments of `colorize features`.
#[derive(Debug, Args)]
pub(super) struct FeaturesArguments {
    #[command(flatten)]
    experiments: ExperimentArguments,
    #[command(flatten)]
    training: TrainingArguments,
}

/// Computes what the cache lacks; a run computes it as well when it needs it.
pub(super) fn run(arguments: &FeaturesArguments) -> Result<ExitCode> {
    let resolved = arguments.experiments.resolve(&arguments.training, &[])?;
    let prepared = arguments.training.prepare(resolved)?;
    let device = backend::open(&arguments.training.device())?;
    let stop = stop_on_signal()?;
    for experiment in &prepared {
        let name = &experiment.resolved.experiment.name;
        let Some(weights) = &experiment.weights else {
            output::line(&format!("{name}: no fusion, so no features"));
            continue;
        };
        let fusing = Fusing {
            weights,
            device_name: arguments.training.device(),
            device: &device,
            cache: &experiment.cache.folder,
        };
        let photographs = Division::everything(&experiment.selection).train;
        let computing = bar("feature vectors of", &experiment.dataset.name());
        computing.set_length(photographs.len());
        let begun = Instant::now();
        let found = feature_rows(
            &experiment.resolved.experiment,
            &fusing,
            [&photographs],
            &|done| computing.set_position(done),
            &|| stop.should_stop(),
        );
        computing.finish_and_clear();
        match found {
            Ok(found) => {
                for warning in &found.warnings {
                    output::warning(warning);
                }
                output::line(&format!(
                    "{name}: {} vectors of {} values; {} computed and {} cached, in {:.1} s",
                    photographs.len(),
                    found.rows[0].width,
                    found.computed,
                    found.known,
                    begun.elapsed().as_secs_f64()
                ));
            }
            Err(error @ ExtractorError::Stopped { .. }) => {
                output::note(&error.to_string());
                return Ok(ExitCode::from(INTERRUPTED));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(ExitCode::from(DONE))
}
