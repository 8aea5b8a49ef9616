//! `colorize predict`: colorize photographs with a trained run, or with a model that `export model` wrote.

mod mark;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use image::RgbImage;
use indicatif::ProgressBar;
use rayon::prelude::*;

use super::run_choice::RunChoice;
use super::{DONE, FAILED, output};
use crate::command_error::{CommandError, Context, Result};
use crate::dataset::{Cache, PassedOver, Photograph, photographs_in};
use crate::figure::{ComparisonCell, Strip, StripRow, Theme, side_by_side, strip};
use crate::photo::{self, PhotoError, PhotoFault, PhotoFormat};
use crate::runs::atomic;
use crate::trained::{Colored, TrainedNetwork};
use colorize_base::{MOST_PICTURE, read_file};

/// Photographs in memory at one time hold no more pixels than this, but for a single larger one.
const PIXELS_AT_A_TIME: u64 = 1 << 26;

/// Photographs in memory at one time.
const PHOTOGRAPHS_AT_A_TIME: usize = 64;

/// The longest side of a picture in a figure, in pixels.
const LARGEST_SHOWN: u32 = 288;

/// Arguments of `colorize predict`.
#[derive(Debug, Args)]
pub(super) struct PredictArguments {
    #[command(flatten)]
    choice: RunChoice,
    /// Photographs, or folders of photographs
    #[arg(required = true, value_name = "PHOTO_OR_FOLDER")]
    inputs: Vec<PathBuf>,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Overwrite existing files
    #[arg(long)]
    force: bool,
    /// Draw the original, gray and colorized pictures side by side
    #[arg(long)]
    side_by_side: bool,
    /// Also draw all of them in one figure, a PNG: photographs, grayscale and colorized pictures in rows
    #[arg(long, value_name = "FILE")]
    figure: Option<PathBuf>,
    /// In the figure, also show what this run makes of the photographs; repeatable
    #[arg(long, value_name = "RUN", requires = "figure")]
    beside: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Png)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Png,
    Jpeg,
}

impl From<Format> for PhotoFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Png => Self::Png,
            Format::Jpeg => Self::Jpeg,
        }
    }
}

/// A photograph and the file that it becomes.
struct Job {
    photograph: PathBuf,
    target: PathBuf,
}

/// Colorizes every photograph. One that cannot be decoded is named, and the others are still colorized.
pub(super) fn run(arguments: &PredictArguments) -> Result<ExitCode> {
    let jobs = jobs(arguments)?;
    let cache = Cache::of_user()?;
    let trained = arguments.choice.open_network(&cache)?;
    let beside = arguments.beside.iter();
    let beside = beside.map(|run| arguments.choice.open_other(run, &cache));
    let beside: Vec<TrainedNetwork> = beside.collect::<Result<_>>()?;
    output::note(&format!("{}, {} photographs", name(&trained), jobs.len()));
    if trained.synthetic == Some(true) {
        output::warning(
            "this network was trained on painted scenes alone (the synthetic dataset): do not expect photographs to \
             come out well; docs/datasets.md says how to train on photographs",
        );
    }
    let bar = ProgressBar::new(jobs.len() as u64);
    let mut shown = Vec::new();
    let mut failed = 0;
    let mut next = 0;
    while next < jobs.len() {
        let (decoded, taken) = decode_some(&jobs[next..]);
        next += taken;
        let mut good = Vec::new();
        for (job, photograph) in decoded {
            match photograph {
                Ok(photograph) => good.push((job, photograph)),
                Err(error) => {
                    failed += 1;
                    bar.suspend(|| output::note(&format!("not colorized: {error}")));
                }
            }
        }
        shown.extend(
            color(&trained, &beside, &good, arguments)?
                .into_iter()
                .flatten(),
        );
        bar.set_position(next as u64);
    }
    bar.finish_and_clear();
    if let Some(path) = &arguments.figure {
        draw(&trained, &beside, &shown, path)?;
    }
    output::line(&format!(
        "{} photographs colorized into {}{}",
        jobs.len() - failed,
        arguments.out.display(),
        match failed {
            0 => String::new(),
            failed => format!("; {failed} could not be decoded"),
        }
    ));
    Ok(ExitCode::from(if failed == 0 { DONE } else { FAILED }))
}

/// A decoded photograph with what its pixels are known by.
type Decoded = Result<(RgbImage, blake3::Hash), PhotoError>;

/// Decodes as many of the first jobs as are held in memory at one time; says how many these were.
fn decode_some(jobs: &[Job]) -> (Vec<(&Job, Decoded)>, usize) {
    let mut decoded: Vec<(&Job, Decoded)> = Vec::new();
    // A few at a time: how large they are is known only once they are decoded.
    for few in jobs[..jobs.len().min(PHOTOGRAPHS_AT_A_TIME)].chunks(rayon::current_num_threads()) {
        decoded.par_extend(few.par_iter().map(|job| (job, decode(&job.photograph))));
        let pixels: u64 = decoded
            .iter()
            .filter_map(|(_, photograph)| photograph.as_ref().ok())
            .map(|(photograph, _)| u64::from(photograph.width()) * u64::from(photograph.height()))
            .sum();
        if pixels >= PIXELS_AT_A_TIME {
            break;
        }
    }
    let taken = decoded.len();
    (decoded, taken)
}

fn decode(path: &Path) -> Decoded {
    let failed = |fault| PhotoError {
        path: path.to_owned(),
        fault,
    };
    let bytes = read_file(path, MOST_PICTURE).map_err(|error| failed(PhotoFault::from(error)))?;
    let photograph = photo::read(&bytes).map_err(failed)?;
    let content_hash = photograph.content_hash(&bytes);
    Ok((photograph.into_picture(), content_hash))
}

/// Colorizes photographs and writes them; what the figure is to show of each, where there is one.
fn color(
    trained: &TrainedNetwork,
    beside: &[TrainedNetwork],
    photographs: &[(&Job, (RgbImage, blake3::Hash))],
    arguments: &PredictArguments,
) -> Result<Vec<Option<Shown>>> {
    let listed: Vec<Photograph> = photographs
        .iter()
        .enumerate()
        .map(|(index, (job, (_, content_hash)))| Photograph {
            id: index as i64,
            file_name: job.photograph.display().to_string(),
            path: job.photograph.clone(),
            categories: Vec::new(),
            content_hash: *content_hash,
        })
        .collect();
    let pictures: Vec<&RgbImage> = photographs.iter().map(|(_, (it, _))| it).collect();
    let by = |trained: &TrainedNetwork| -> Result<Vec<Colored>> {
        let features = trained.features(&listed)?;
        let rows: Vec<&[f32]> = match features.width {
            0 => Vec::new(),
            width => features.values.chunks_exact(width).collect(),
        };
        Ok(trained.colorize(&pictures, &rows))
    };
    // Only small pictures of the others are shown.
    let mut others: Vec<Vec<RgbImage>> = vec![Vec::new(); photographs.len()];
    for network in beside {
        for (others, colored) in others.iter_mut().zip(by(network)?) {
            others.push(small(&colored.colorized));
        }
    }
    let colored = by(trained)?;
    photographs
        .par_iter()
        .zip(colored)
        .zip(others)
        .map(|(((job, (original, _)), colored), others)| {
            let shown = arguments.figure.is_some().then(|| Shown {
                name: job
                    .photograph
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                pictures: [small(original), small(&colored.gray)]
                    .into_iter()
                    .chain(others)
                    .chain([small(&colored.colorized)])
                    .collect(),
            });
            let picture = if arguments.side_by_side {
                let Colored { gray, colorized } = &colored;
                side_by_side(Some(original), gray, colorized, Theme::Light)
            } else {
                colored.colorized
            };
            let bytes = PhotoFormat::from(arguments.format)
                .encode(&picture)
                .map_err(CommandError::failed)
                .with_context(|| format!("cannot encode `{}`", job.target.display()))?;
            atomic::write(&job.target, &mark::marked(&bytes, &name(trained)))?;
            Ok(shown)
        })
        .collect()
}

/// Which network it is, and at which step.
fn name(trained: &TrainedNetwork) -> String {
    let TrainedNetwork {
        experiment,
        seed,
        step,
        ..
    } = trained;
    format!("{} s{seed} at step {step}", experiment.name)
}

/// What the figure shows of a photograph.
struct Shown {
    name: String,
    /// The photograph, its gray, what the other runs make of it, and the colorized picture.
    pictures: Vec<RgbImage>,
}

/// The picture at the size that a figure shows at most.
fn small(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let longest = width.max(height).max(1);
    if longest <= LARGEST_SHOWN {
        return picture.clone();
    }
    let scaled =
        |side: u32| (u64::from(side) * u64::from(LARGEST_SHOWN) / u64::from(longest)).max(1);
    image::imageops::thumbnail(picture, scaled(width) as u32, scaled(height) as u32)
}

/// One figure of all photographs, a column for each.
fn draw(
    trained: &TrainedNetwork,
    beside: &[TrainedNetwork],
    shown: &[Shown],
    path: &Path,
) -> Result<()> {
    let title = |trained: &TrainedNetwork| trained.experiment.title.clone();
    let mut names = vec!["photograph".to_owned(), "grayscale".to_owned()];
    if beside.is_empty() {
        names.push("colorized".to_owned());
    } else {
        names.extend(beside.iter().chain([trained]).map(title));
    }
    let rows = names.into_iter().enumerate().map(|(row, name)| StripRow {
        name,
        cells: shown
            .iter()
            .map(|shown| {
                Some(ComparisonCell {
                    picture: Ok(&shown.pictures[row]),
                    value: None,
                })
            })
            .collect(),
    });
    let content = Strip {
        columns: shown.iter().map(|shown| shown.name.clone()).collect(),
        metric: None,
        rows: rows.collect(),
    };
    let TrainedNetwork {
        experiment,
        seed,
        identity,
        step,
        ..
    } = trained;
    let title = if beside.is_empty() {
        format!("{}, step {step}", experiment.title)
    } else {
        "The same photographs, colored by several networks".to_owned()
    };
    let others: Vec<String> = beside.iter().map(name).collect();
    let metadata = [
        // As in the pictures themselves.
        ("Comment", mark::text(&name(trained))),
        ("run", format!("{} s{seed} {identity}", experiment.name)),
        ("step", step.to_string()),
        ("beside", others.join(", ")),
    ];
    let figure = strip(&title, &content, Theme::Light);
    atomic::write(path, &figure.to_png(&metadata)?)?;
    output::line(&format!("figure: {}", path.display()));
    Ok(())
}

/// What to colorize, and the files that it becomes; nothing is overwritten without `--force`.
fn jobs(arguments: &PredictArguments) -> Result<Vec<Job>> {
    let mut photographs: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut passed_over = PassedOver::default();
    let mut own = 0;
    for input in &arguments.inputs {
        if input.is_dir() {
            let (found, others) = photographs_in(input)?;
            passed_over.extend(others);
            let (marked, new): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|path| mark::is_marked(path));
            own += marked.len();
            photographs.extend(new.into_iter().map(|path| {
                let name = path.strip_prefix(input).unwrap_or(&path).to_owned();
                (path, name)
            }));
        } else if input.is_file() {
            let name = input.file_name().map(PathBuf::from).unwrap_or_default();
            photographs.push((input.clone(), name));
        } else {
            return Err(CommandError::request(format!(
                "no such photograph or folder: `{}`",
                input.display()
            )));
        }
    }
    if own > 0 {
        output::note(&format!(
            "{own} pictures that `predict` made are skipped; to color one again, name the file itself"
        ));
    }
    if photographs.is_empty() {
        let mut message = "no JPEG, PNG or WebP files in the given paths".to_owned();
        if !passed_over.is_empty() {
            message.push_str(&format!("; there are: {passed_over}"));
        }
        return Err(CommandError::request(message));
    }
    if !passed_over.is_empty() {
        output::note(&format!("passed over: {passed_over}"));
    }
    let ending = PhotoFormat::from(arguments.format).ending();
    let mut stems: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (_, name) in &photographs {
        *stems.entry(name.with_extension("")).or_default() += 1;
    }
    let jobs: Vec<Job> = photographs
        .into_iter()
        .map(|(photograph, name)| {
            // `dog.jpg` and `dog.png` become `dog.jpg.png` and `dog.png.png`.
            let mut target = if stems[&name.with_extension("")] > 1 {
                name.into_os_string()
            } else {
                name.with_extension("").into_os_string()
            };
            target.push(".");
            target.push(ending);
            Job {
                photograph,
                target: arguments.out.join(target),
            }
        })
        .collect();
    // By what they are, whatever way leads there.
    let inputs: BTreeMap<PathBuf, &PathBuf> = jobs
        .iter()
        .filter_map(|job| Some((job.photograph.canonicalize().ok()?, &job.photograph)))
        .collect();
    let mut targets = BTreeMap::new();
    for job in &jobs {
        if let Some(other) = targets.insert(&job.target, &job.photograph) {
            return Err(CommandError::request(format!(
                "`{}` and `{}` would both become `{}`: colorize them separately, each with its own `--out`",
                other.display(),
                job.photograph.display(),
                job.target.display()
            )));
        }
        if let Ok(target) = job.target.canonicalize()
            && let Some(photograph) = inputs.get(&target)
        {
            return Err(CommandError::request(format!(
                "`{}` would be replaced by a colorized picture: choose another `--out`",
                photograph.display()
            )));
        }
    }
    if let Some(figure) = &arguments.figure
        && let Ok(figure) = figure.canonicalize()
        && let Some(photograph) = inputs.get(&figure)
    {
        return Err(CommandError::request(format!(
            "`{}` would be replaced by the figure: choose another `--figure`",
            photograph.display()
        )));
    }
    if let Some(figure) = arguments
        .figure
        .as_ref()
        .filter(|it| it.exists() && !arguments.force)
    {
        return Err(CommandError::request(format!(
            "`{}` already exists: pass `--force` to overwrite it, or name another file",
            figure.display()
        )));
    }
    let there: Vec<&Job> = jobs.iter().filter(|job| job.target.exists()).collect();
    if let (Some(first), false) = (there.first(), arguments.force) {
        return Err(CommandError::request(format!(
            "{} of {} files already exist, such as `{}`: pass `--force` to overwrite them, or choose another `--out`",
            there.len(),
            jobs.len(),
            first.target.display()
        )));
    }
    Ok(jobs)
}
