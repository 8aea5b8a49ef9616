//! `colorize verify`: checks what a result rests on.

mod device;
mod proof;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as ValueError;

use super::verify_figure::{self, FigureArguments};
use super::{DONE, output};
use crate::backend::{self, DeviceName};
use crate::command_error::{CommandError, Result};
use crate::dataset::Cache;
use crate::extractor::{
    Answer, Extractor, ExtractorKind, FusionSection, Preprocess, WeightsChoice, verify,
};
use crate::photo::Resize;

/// What can be verified.
#[derive(Debug, Subcommand)]
pub(super) enum VerifyCommand {
    /// Show photographs to a classifier, in color and in gray with every preprocessing, and list its top guesses
    Extractor(ExtractorArguments),
    /// Train a few steps twice and compare every bit: weights, statistics, optimizer, rows, scores and pictures
    Determinism(proof::ProofArguments),
    /// Kill a training run, resume it, and compare every bit with one that was never interrupted
    Resume(proof::ResumeArguments),
    /// Compare everything that a device computes with another one, tensor by tensor, and end with a verdict
    Device(device::DeviceArguments),
    /// Show which runs made a figure, and whether it is up to date
    Figure(FigureArguments),
    /// Compare every bit of two runs, such as the same trial on two machines
    Equal(proof::EqualArguments),
}

/// Arguments of `colorize verify extractor`.
#[derive(Debug, Args)]
pub(super) struct ExtractorArguments {
    /// Photographs
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<PathBuf>,
    /// Classifier, as in `fusion.extractor`
    #[arg(long, default_value = "efficientnet_lite0", value_parser = kind)]
    extractor: ExtractorKind,
    /// Its weights: a name as in `fusion.weights`, or a `.pth` or `.safetensors` file
    #[arg(long, default_value = "imagenet")]
    weights: String,
    /// Side length of its square input, in pixels
    #[arg(long, default_value_t = 224)]
    size: usize,
    /// Print only the summary, without the guesses for each photograph
    #[arg(long)]
    summary: bool,
    /// Where to compute: `flex`, `libtorch`, `libtorch:cuda:0`, `wgpu:0` or `cuda:0`
    #[arg(long, default_value = "flex")]
    device: DeviceName,
}

/// The classifier of a name, for clap.
fn kind(name: &str) -> Result<ExtractorKind, String> {
    let kind: Result<ExtractorKind, ValueError> =
        ExtractorKind::deserialize(name.into_deserializer());
    match kind {
        Ok(kind) if kind != ExtractorKind::None => Ok(kind),
        _ => {
            let legal = ExtractorKind::ALL.map(ExtractorKind::name);
            Err(format!("must be one of {}", legal.join(", ")))
        }
    }
}

/// Runs a command.
pub(super) fn run(command: &VerifyCommand) -> Result<ExitCode> {
    match command {
        VerifyCommand::Extractor(arguments) => extractor(arguments).map(|()| ExitCode::from(DONE)),
        VerifyCommand::Determinism(arguments) => proof::determinism(arguments),
        VerifyCommand::Resume(arguments) => proof::resume(arguments),
        VerifyCommand::Device(arguments) => device::run(arguments),
        VerifyCommand::Figure(arguments) => verify_figure::run(arguments),
        VerifyCommand::Equal(arguments) => proof::equal(arguments),
    }
}

fn extractor(arguments: &ExtractorArguments) -> Result<()> {
    let cache = Cache::of_user()?;
    let device = backend::open(&arguments.device)?;
    let section = FusionSection {
        extractor: arguments.extractor,
        weights: arguments.weights.clone(),
        size: arguments.size,
        ..FusionSection::default()
    };
    let path = PathBuf::from(&arguments.weights);
    let is_file = path.extension().is_some() || path.is_file();
    if let Some((key, must)) = section.violations().first() {
        return Err(CommandError::request(format!("`--{key}` {must}")));
    }
    let choice = WeightsChoice::of(&section, is_file.then_some(path.as_path()))?;
    // Weights with a name are the published ones, or the command ends here.
    choice.identify(&cache.folder)?;
    let classifier = Extractor::load(arguments.extractor, &choice, &cache.folder, &device)?;
    let answers = verify(
        &classifier,
        &arguments.photos,
        arguments.size,
        Resize::BilinearAntialias,
    )?;
    if !arguments.summary {
        for answers in answers.chunk_by(|one, other| one.path == other.path) {
            print(answers);
        }
    }
    summarise(&answers, arguments.photos.len());
    Ok(())
}

fn shown(colour: bool) -> &'static str {
    if colour { "color" } else { "gray" }
}

fn print(answers: &[Answer]) {
    output::line(&answers[0].path.display().to_string());
    let mut table = output::table(&["preprocess", "seen in", "top guesses"]);
    for answer in answers {
        let guesses: Vec<String> = answer
            .guesses
            .iter()
            .map(|guess| format!("{} {:.0}%", guess.class, 100.0 * guess.probability))
            .collect();
        table.add_row([
            answer.preprocess.name().to_owned(),
            shown(answer.colour).to_owned(),
            guesses.join(", "),
        ]);
    }
    output::line(&table.to_string());
    output::line("");
}

/// How sure the classifier is, and how often it agrees with its answer in color with its own preprocessing.
fn summarise(answers: &[Answer], photos: usize) {
    let reference: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.preprocess == Preprocess::Imagenet && answer.colour)
        .collect();
    let mut table = output::table(&[
        "preprocess",
        "seen in",
        "same top guess",
        "top guess in top five",
        "mean top probability",
    ]);
    for preprocess in Preprocess::ALL {
        for colour in [true, false] {
            let these: Vec<&Answer> = answers
                .iter()
                .filter(|answer| answer.preprocess == preprocess && answer.colour == colour)
                .collect();
            let pairs = || reference.iter().zip(&these);
            let same = pairs().filter(|(reference, answer)| {
                reference.guesses[0].class == answer.guesses[0].class
            });
            let within = pairs().filter(|(reference, answer)| {
                let first = reference.guesses[0].class;
                answer.guesses.iter().any(|guess| guess.class == first)
            });
            let sure: f64 = these.iter().map(|it| it.guesses[0].probability).sum();
            table.add_row([
                preprocess.name().to_owned(),
                shown(colour).to_owned(),
                format!("{} of {photos}", same.count()),
                format!("{} of {photos}", within.count()),
                format!("{:.2}", sure / photos as f64),
            ]);
        }
    }
    output::line(&table.to_string());
    output::line("");
    output::line(
        "Compared with the top guess in color with the preprocessing that the weights were trained with.",
    );
}
