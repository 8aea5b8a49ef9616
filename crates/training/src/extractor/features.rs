//! The vectors of many photographs: from the cache where they are known, else from the classifier.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::cache::{Damaged, FeatureFolder, FeatureKey, Writer};
use super::classifier::Extractor;
use super::error::ExtractorError;
use super::preprocess::prepare;
use super::table::Table;
use super::weights::WeightsChoice;
use super::{ExtractorKind, Pooling, Preprocess};
use crate::color::yuv::LUMA;
use crate::dataset::{Photograph, Square, Squares};
use crate::photo::{self, PhotoError, PhotoFault, Resize};
use colorize_base::{MOST_PICTURE, read_file};

/// Photographs that pass the classifier at once. Always as many, the last batch being filled up: a library may choose
/// another algorithm for another number, and then the vector would depend on what else was asked for.
///
/// Four were the fastest on two cores with EfficientNet-Lite0 at 224 pixels, eight a quarter slower; ResNets do not care.
const BATCH: usize = 4;

/// Batches that are decoded at once, and that wait, decoded, for the classifier.
const AHEAD: usize = 4;

/// A shard is written when it holds this many vectors, or when so much time has passed since the one before: so much is
/// lost at most when the process is killed.
const SHARD: usize = 4096;
const INTERVAL: Duration = Duration::from_secs(10);

/// What features are wanted.
#[derive(Debug, Clone)]
pub struct FeatureRequest {
    /// The classifier.
    pub extractor: ExtractorKind,
    /// Its weights.
    pub weights: WeightsChoice,
    /// How its last map becomes a vector.
    pub pooling: Pooling,
    /// What it gets to see.
    pub preprocess: Preprocess,
    /// Side of the square picture that it sees.
    pub size: usize,
    /// How a photograph is brought to that size.
    pub resize: Resize,
    /// The class of the device, which keeps apart what different libraries compute.
    pub device_class: String,
    /// The folder of files that can be made again.
    pub cache_folder: PathBuf,
}

impl FeatureRequest {
    /// What the vectors depend on: how they are told apart in the cache, and in a run's identity.
    ///
    /// # Errors
    ///
    /// As [`WeightsChoice::identify`].
    pub fn key(&self) -> Result<FeatureKey, ExtractorError> {
        Ok(FeatureKey {
            extractor: self.extractor,
            weights: self.weights.identify(&self.cache_folder)?,
            pooling: self.pooling,
            preprocess: self.preprocess,
            size: self.size,
            resize: self.resize,
            device: self.device_class.clone(),
        })
    }
}

/// One vector a photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Numbers in a vector.
    pub width: usize,
    /// The vectors one behind the other, in the order of the photographs asked for.
    pub values: Vec<f32>,
    /// How many of the photographs had to pass the classifier; those with equal content count once.
    pub computed: usize,
    /// How many were known, counted likewise.
    pub known: usize,
    /// What a person should know, such as damaged files in the cache.
    pub warnings: Vec<String>,
    /// How long all this took.
    pub seconds: f64,
}

impl Features {
    /// The vector of the photograph at `position`.
    pub fn of(&self, position: usize) -> &[f32] {
        &self.values[position * self.width..][..self.width]
    }
}

/// The features of `images` as `request` wants them.
///
/// What is not in the cache is computed on `device` and added to it along the way: whatever ends it, the next
/// call resumes from there. Two processes that want the same do it once: one of them waits. `progress` is told of how
/// many photographs the features are there.
///
/// # Errors
///
/// When the weights are missing or are not those of the extractor, when a photograph has changed or become unreadable
/// since its content was hashed, when the cache cannot be written, and when `should_stop` says so between two batches.
/// What has been computed by then is kept.
pub fn compute(
    request: &FeatureRequest,
    images: &[&Photograph],
    device: &Device,
    progress: &dyn Fn(usize),
    should_stop: &dyn Fn() -> bool,
) -> Result<Features, ExtractorError> {
    let begin = Instant::now();
    let key = request.key()?;
    let folder = FeatureFolder::new(&key, &request.cache_folder);
    let mut table = Table::new(images, request.extractor.width());
    let mut seen = HashSet::new();
    let damaged = folder.read(&mut seen, &mut |hash, vector| table.put_bytes(hash, vector))?;
    progress(table.done());
    let mut warnings: Vec<String> = damaged.iter().map(Damaged::warning).collect();
    let mut computed = 0;
    if table.is_missing_any() {
        let stopped = |table: &Table| ExtractorError::Stopped {
            done: table.done(),
            total: images.len(),
        };
        let Some(writer) = folder.lock(&key, should_stop)? else {
            return Err(stopped(&table));
        };
        // Another process may have gone on in the meantime.
        let damaged = folder.read(&mut seen, &mut |hash, vector| table.put_bytes(hash, vector))?;
        for shard in &damaged {
            let warning = shard.warning();
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
            shard.remove(&writer);
        }
        progress(table.done());
        let missing = table.missing();
        if !missing.is_empty() {
            let stage = Stage {
                request,
                key: &key,
                writer: &writer,
                progress,
                should_stop,
            };
            if !stage.run(&missing, &mut table, device)? {
                return Err(stopped(&table));
            }
            computed = missing.len();
        }
    }
    let known = table.distinct() - computed;
    Ok(Features {
        width: request.extractor.width(),
        values: table.finish(),
        computed,
        known,
        warnings,
        seconds: begin.elapsed().as_secs_f64(),
    })
}

/// The computation of what the cache lacks.
struct Stage<'a> {
    request: &'a FeatureRequest,
    key: &'a FeatureKey,
    writer: &'a Writer<'a>,
    progress: &'a dyn Fn(usize),
    should_stop: &'a dyn Fn() -> bool,
}

impl Stage<'_> {
    /// Computes the vectors of `missing` into `table` and the cache; false when it was stopped before the end. The
    /// classifier lives no longer than this.
    fn run(
        &self,
        missing: &[&Photograph],
        table: &mut Table,
        device: &Device,
    ) -> Result<bool, ExtractorError> {
        let request = self.request;
        let cache_folder = &request.cache_folder;
        let extractor = Extractor::load(request.extractor, &request.weights, cache_folder, device)?;
        // The file may have been replaced since it was identified, and its vectors would go by the other's name.
        if request.weights.identify(cache_folder)? != self.key.weights {
            let path = request.weights.path(cache_folder).unwrap_or_default();
            return Err(ExtractorError::WeightsChanged { path });
        }
        let square = Square {
            size: request.size,
            resize: request.resize,
        };
        // What was decoded for this before, while the photographs were inspected.
        let squares = Squares::find(cache_folder, missing.iter().copied(), square);
        let mut shard = Shard::new(self.writer);
        let outcome = std::thread::scope(|scope| {
            let (sender, receiver) = sync_channel(AHEAD);
            let decode = move || {
                for images in missing.chunks(AHEAD * BATCH) {
                    let lumas: Vec<_> = images
                        .par_iter()
                        .map(|image| luma(image, square, squares.as_ref()))
                        .collect();
                    let mut lumas = lumas.into_iter();
                    for images in images.chunks(BATCH) {
                        let batch: Result<Vec<_>, _> = lumas.by_ref().take(BATCH).collect();
                        let is_last = batch.is_err();
                        // Nobody listens any more when the work was stopped.
                        if sender.send((images, batch)).is_err() || is_last {
                            return;
                        }
                    }
                }
            };
            std::thread::Builder::new()
                .name("photographs".to_owned())
                .spawn_scoped(scope, decode)
                .map_err(ExtractorError::Thread)?;
            for (images, lumas) in receiver {
                if (self.should_stop)() {
                    return Ok(false);
                }
                let vectors = self.vectors(&extractor, images, &lumas?)?;
                for (image, vector) in images
                    .iter()
                    .zip(vectors.chunks_exact(extractor.kind().width()))
                {
                    table.put(image.content_hash, vector);
                    shard.push(image.content_hash, vector);
                }
                shard.write_if_due()?;
                (self.progress)(table.done());
            }
            Ok(true)
        });
        // Whatever ended it.
        shard.write()?;
        outcome
    }

    /// The vectors of a batch, one behind the other.
    fn vectors(
        &self,
        extractor: &Extractor,
        images: &[&Photograph],
        lumas: &[Vec<f32>],
    ) -> Result<Vec<f32>, ExtractorError> {
        let size = self.request.size;
        let mut numbers = lumas.concat();
        numbers.resize(BATCH * size * size, 0.0);
        let data = TensorData::new(numbers, [BATCH, 1, size, size]);
        let input = Tensor::from_data(data, extractor.device());
        let input = prepare(input, self.request.preprocess, extractor.kind());
        let features = extractor.features(input, self.request.pooling);
        let mut vectors: Vec<f32> = features
            .try_into_vec_as()
            .map_err(|error| ExtractorError::Device(error.to_string()))?;
        vectors.truncate(images.len() * extractor.kind().width());
        let of_each = vectors.chunks_exact(extractor.kind().width());
        for (image, vector) in images.iter().zip(of_each) {
            if !vector.iter().all(|value| value.is_finite()) {
                return Err(ExtractorError::NotFinite {
                    path: image.path.clone(),
                    extractor: extractor.kind(),
                });
            }
        }
        Ok(vectors)
    }
}

/// Vectors that are not yet in the cache.
struct Shard<'a> {
    writer: &'a Writer<'a>,
    hashes: Vec<blake3::Hash>,
    vectors: Vec<f32>,
    begin: Instant,
}

impl<'a> Shard<'a> {
    fn new(writer: &'a Writer<'a>) -> Self {
        Self {
            writer,
            hashes: Vec::new(),
            vectors: Vec::new(),
            begin: Instant::now(),
        }
    }

    fn push(&mut self, hash: blake3::Hash, vector: &[f32]) {
        self.hashes.push(hash);
        self.vectors.extend_from_slice(vector);
    }

    fn write_if_due(&mut self) -> Result<(), ExtractorError> {
        if self.hashes.len() >= SHARD || self.begin.elapsed() >= INTERVAL {
            self.write()?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), ExtractorError> {
        if !self.hashes.is_empty() {
            self.writer.append(&self.hashes, &self.vectors)?;
            self.hashes.clear();
            self.vectors.clear();
        }
        self.begin = Instant::now();
        Ok(())
    }
}

/// The luma of a photograph, on [0, 1], `[size, size]`: from its square where there is one.
fn luma(
    image: &Photograph,
    square: Square,
    squares: Option<&Squares>,
) -> Result<Vec<f32>, ExtractorError> {
    let Square { size, resize } = square;
    if let Some(squares) = squares {
        let mut pixels = vec![0; square.bytes()];
        if squares.read(image, &mut pixels) {
            return Ok(luma_of(&pixels));
        }
    }
    let fault = |fault: PhotoFault| PhotoError {
        path: image.path.clone(),
        fault,
    };
    let bytes = read_file(&image.path, MOST_PICTURE).map_err(|error| fault(error.into()))?;
    let photo = photo::read_again(&bytes).map_err(fault)?;
    // After decoding, as a file that cannot be decoded has a better message.
    if photo.content_hash(&bytes) != image.content_hash {
        return Err(ExtractorError::PhotoChanged {
            path: image.path.clone(),
        });
    }
    Ok(luma_of(
        photo::resize(&photo.picture, size, resize).as_raw(),
    ))
}

/// Luma on [0, 1] of red, green and blue, pixel by pixel.
pub(super) fn luma_of(rgb: &[u8]) -> Vec<f32> {
    let weigh = |pixel: &[u8; 3]| {
        let [red, green, blue] = pixel.map(f64::from);
        ((LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue) / 255.0) as f32
    };
    rgb.as_chunks().0.iter().map(weigh).collect()
}

#[cfg(test)]
mod tests;
