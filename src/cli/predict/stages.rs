//! Decoding, the network and writing, at the same time: while the network colors some photographs, those before them are
//! written and those after them decoded.
//!
//! Each stage hands over what it has and waits until it is taken, so at most two groups of decoded photographs and a part of
//! a third are in memory. Whatever is said is said by the last stage, in the order of the photographs.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::{panic, thread};

use image::RgbImage;
use indicatif::ProgressBar;
use rayon::prelude::*;

use super::figure::{Shown, small};
use super::jobs::Job;
use super::{PredictArguments, mark, name};
use crate::batch::FeatureRows;
use crate::cli::output;
use crate::command_error::{CommandError, Context, Result};
use crate::dataset::Photograph;
use crate::figure::{Theme, side_by_side};
use crate::photo::{self, PhotoError, PhotoFault, PhotoFormat};
use crate::runs::atomic;
use crate::trained::{ChromaPlanes, TrainedNetwork};
use colorize_base::{MOST_PICTURE, read_file};

/// Photographs of a group hold no more pixels than this, but for a single larger one.
const PIXELS_AT_A_TIME: u64 = 1 << 26;

/// Photographs of a group.
const PHOTOGRAPHS_AT_A_TIME: usize = 64;

/// What photographs are colorized by, and how.
pub(super) struct Coloring<'a> {
    pub(super) trained: &'a TrainedNetwork,
    /// Those whose pictures are shown in the figure alone.
    pub(super) beside: &'a [TrainedNetwork],
    pub(super) arguments: &'a PredictArguments,
    pub(super) bar: &'a ProgressBar,
}

/// What became of all photographs.
#[derive(Default)]
pub(super) struct Finished {
    /// What the figure is to show, where there is one.
    pub(super) shown: Vec<Shown>,
    /// Photographs that could not be decoded.
    pub(super) failed: usize,
}

/// A decoded photograph with what its pixels are known by.
type Decoded = Result<(RgbImage, blake3::Hash), PhotoError>;

/// What the network hands on to be written.
enum Part<'a> {
    Undecodable(PhotoError),
    Colored(Vec<Colored<'a>>),
}

/// A photograph, and its chroma by each network: those beside, then the one.
struct Colored<'a> {
    job: &'a Job,
    original: RgbImage,
    beside: Vec<ChromaPlanes>,
    chroma: ChromaPlanes,
}

impl Coloring<'_> {
    /// Colorizes all photographs and writes them. One that cannot be decoded is named, and the others are still colorized.
    pub(super) fn run(&self, jobs: &[Job]) -> Result<Finished> {
        let (decoded, to_color) = sync_channel(0);
        let (colored, to_write) = sync_channel(0);
        thread::scope(|scope| {
            scope.spawn(move || decode_all(jobs, &decoded));
            let writing = scope.spawn(move || self.write_all(&to_write));
            let coloring = self.color_all(to_color, colored);
            let written = writing
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic));
            // What was to be written came earlier.
            let finished = written?;
            coloring?;
            Ok(finished)
        })
    }

    /// Has the networks say the chroma of whatever is decoded. Ends early when nobody writes any more, who knows why.
    fn color_all<'a>(
        &self,
        decoded: Receiver<Vec<(&'a Job, Decoded)>>,
        colored: SyncSender<Part<'a>>,
    ) -> Result<()> {
        for group in decoded {
            let mut good = Vec::with_capacity(group.len());
            for (job, photograph) in group {
                match photograph {
                    Ok((original, content_hash)) => good.push((job, original, content_hash)),
                    Err(error) => {
                        if colored.send(Part::Undecodable(error)).is_err() {
                            return Ok(());
                        }
                    }
                }
            }
            let listed: Vec<Photograph> = good
                .iter()
                .enumerate()
                .map(|(index, (job, _, content_hash))| Photograph {
                    id: index as i64,
                    file_name: job.photograph.display().to_string(),
                    path: job.photograph.clone(),
                    categories: Vec::new(),
                    content_hash: *content_hash,
                })
                .collect();
            let pictures: Vec<&RgbImage> = good.iter().map(|(_, it, _)| it).collect();
            let mut beside = Vec::new();
            for network in self.beside {
                let features = network.features(&listed)?;
                beside.push(network.chroma(&pictures, &rows(&features)).into_iter());
            }
            let features = self.trained.features(&listed)?;
            let features = rows(&features);
            let mut begin = 0;
            let mut good = good.into_iter();
            while begin < listed.len() {
                let batch = self.trained.experiment.evaluate.batch_size;
                let some: Vec<_> = good.by_ref().take(batch).collect();
                let end = begin + some.len();
                let pictures: Vec<&RgbImage> = some.iter().map(|(_, it, _)| it).collect();
                let features = features.get(begin..end).unwrap_or_default();
                let chroma = self.trained.chroma(&pictures, features);
                let part = some.into_iter().zip(chroma);
                let part = part.map(|((job, original, _), chroma)| Colored {
                    job,
                    original,
                    beside: beside.iter_mut().filter_map(Iterator::next).collect(),
                    chroma,
                });
                if colored.send(Part::Colored(part.collect())).is_err() {
                    return Ok(());
                }
                begin = end;
            }
        }
        Ok(())
    }

    /// Writes whatever is colored.
    fn write_all(&self, colored: &Receiver<Part>) -> Result<Finished> {
        let mut finished = Finished::default();
        for part in colored {
            match part {
                Part::Undecodable(error) => {
                    finished.failed += 1;
                    let text = format!("not colorized: {error}");
                    self.bar.suspend(|| output::note(&text));
                    self.bar.inc(1);
                }
                Part::Colored(photographs) => {
                    let count = photographs.len();
                    // Rows of one photograph, or photographs: nested, a thread that waits for rows would begin another
                    // photograph, and more than one per thread would be in memory.
                    let parts = if count < rayon::current_num_threads() {
                        rayon::current_num_threads()
                    } else {
                        1
                    };
                    let shown = photographs
                        .into_par_iter()
                        .map(|colored| self.write(colored, parts))
                        .collect::<Result<Vec<_>>>()?;
                    finished.shown.extend(shown.into_iter().flatten());
                    self.bar.inc(count as u64);
                }
            }
        }
        Ok(finished)
    }

    /// Paints a photograph, its rows in so many parts at once, and writes it; what the figure is to show of it, where there is
    /// one.
    fn write(&self, colored: Colored, parts: usize) -> Result<Option<Shown>> {
        let Colored {
            job,
            original,
            beside,
            chroma,
        } = colored;
        let arguments = self.arguments;
        let colorized = self.trained.paint(&original, &chroma, parts);
        let is_shown = arguments.figure.is_some();
        let gray =
            (is_shown || arguments.side_by_side).then(|| self.trained.gray(&original, parts));
        let shown = is_shown.then(|| {
            let others = self.beside.iter().zip(&beside);
            let others =
                others.map(|(network, chroma)| small(&network.paint(&original, chroma, parts)));
            Shown {
                name: job
                    .photograph
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                pictures: [small(&original)]
                    .into_iter()
                    .chain(gray.as_ref().map(small))
                    .chain(others)
                    .chain([small(&colorized)])
                    .collect(),
            }
        });
        let picture = match &gray {
            Some(gray) if arguments.side_by_side => {
                side_by_side(Some(&original), gray, &colorized, Theme::Light)
            }
            _ => colorized,
        };
        drop((original, gray));
        let bytes = PhotoFormat::from(arguments.format)
            .encode(&picture)
            .map_err(CommandError::failed)
            .with_context(|| format!("cannot encode `{}`", job.target.display()))?;
        atomic::write(&job.target, &mark::marked(bytes, &name(self.trained)))?;
        Ok(shown)
    }
}

/// The vector of each photograph; none without any.
fn rows(features: &FeatureRows) -> Vec<&[f32]> {
    match features.width {
        0 => Vec::new(),
        width => features.values.chunks_exact(width).collect(),
    }
}

/// Decodes all photographs, a group after the other, as long as anybody wants them.
fn decode_all<'a>(jobs: &'a [Job], decoded: &SyncSender<Vec<(&'a Job, Decoded)>>) {
    let mut next = 0;
    while next < jobs.len() {
        let group = decode_some(&jobs[next..]);
        next += group.len();
        if decoded.send(group).is_err() {
            return;
        }
    }
}

/// Decodes as many of the first jobs as are held in memory at one time.
fn decode_some(jobs: &[Job]) -> Vec<(&Job, Decoded)> {
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
    decoded
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
