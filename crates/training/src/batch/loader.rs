//! Batches in order, prepared on other threads while the device works on the last one. What waits in the queue is
//! bytes, not device memory.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::tensor::Device;

use super::{Augment, Batch, Order, Pixels};
use crate::photo::PhotoError;

/// Batches that may wait, prepared or in preparation.
const QUEUE: usize = 4;

/// Batches in preparation at once: a small one does not keep all cores busy up to its end.
const PREPARING: usize = 2;

/// Hands out the training batches of the steps after `done`, up to `steps`.
#[derive(Debug, Clone)]
pub struct TrainLoader {
    pixels: Arc<Pixels>,
    order: Order,
    augment: Option<Augment>,
    done: usize,
    steps: usize,
}

impl TrainLoader {
    /// Batches of `pixels` in `order` for the steps after `done`, up to and including `steps`.
    pub fn new(pixels: Arc<Pixels>, order: Order, done: usize, steps: usize) -> Self {
        Self {
            pixels,
            order,
            augment: None,
            done,
            steps,
        }
    }

    /// The same batches, varied.
    #[must_use]
    pub fn with_augment(self, augment: Option<Augment>) -> Self {
        Self { augment, ..self }
    }
}

impl DataLoader<Batch> for TrainLoader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<Batch> + 'a> {
        let mut order = self.order.clone();
        let steps = self.done + 1..=self.steps;
        let total = self.steps - self.done.min(self.steps);
        let augment = self.augment.clone();
        Box::new(Prefetch::start(
            &self.pixels,
            steps.map(move |step| (step, order.positions(step))),
            move |step, batch, pixels| match &augment {
                Some(augment) => augment.apply(batch, step, pixels.photographs()),
                None => batch,
            },
            total,
        ))
    }

    fn num_items(&self) -> usize {
        self.steps - self.done.min(self.steps)
    }

    fn to_device(&self, _device: &Device) -> Arc<dyn DataLoader<Batch>> {
        // Batches are bytes: the step brings them to its own device.
        Arc::new(self.clone())
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<Batch>> {
        Arc::new(Self {
            done: (self.done + start).min(self.steps),
            steps: (self.done + end).min(self.steps),
            ..self.clone()
        })
    }
}

/// Hands out the held-out images, always in the same order.
#[derive(Debug, Clone)]
pub struct HeldOutLoader {
    pixels: Arc<Pixels>,
    batch_size: usize,
    start: usize,
    end: usize,
}

impl HeldOutLoader {
    /// All of `pixels` in batches of `batch_size` (at least one); the last may be smaller.
    pub fn new(pixels: Arc<Pixels>, batch_size: usize) -> Self {
        let end = pixels.photographs().len();
        Self {
            pixels,
            batch_size,
            start: 0,
            end,
        }
    }
}

impl DataLoader<Batch> for HeldOutLoader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<Batch> + 'a> {
        let (end, batch_size) = (self.end, self.batch_size);
        let starts = (self.start..end).step_by(batch_size);
        Box::new(Prefetch::start(
            &self.pixels,
            starts.map(move |start| (start, (start..end.min(start + batch_size)).collect())),
            |_, batch, _| batch,
            (end - self.start).div_ceil(batch_size),
        ))
    }

    fn num_items(&self) -> usize {
        self.end - self.start
    }

    fn to_device(&self, _device: &Device) -> Arc<dyn DataLoader<Batch>> {
        Arc::new(self.clone())
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<Batch>> {
        Arc::new(Self {
            start: (self.start + start).min(self.end),
            end: (self.start + end).min(self.end),
            ..self.clone()
        })
    }
}

/// The queue's reading end. Dropping it ends the threads behind it.
struct Prefetch {
    batches: Receiver<Taken>,
    /// Why no thread prepares anything.
    refused: Option<io::Error>,
    done: usize,
    total: usize,
}

impl Prefetch {
    fn start(
        pixels: &Arc<Pixels>,
        batches: impl Iterator<Item = (usize, Vec<usize>)> + Send + 'static,
        finish: impl Fn(usize, Batch, &Pixels) -> Batch + Clone + Send + 'static,
        total: usize,
    ) -> Self {
        // What is in preparation waits in the queue as well: its place in the order is taken before the work begins.
        let (queue, receiver) = sync_channel(QUEUE - PREPARING);
        let next = Arc::new(Mutex::new((batches, queue)));
        let (mut at_work, mut refused) = (false, None);
        for _ in 0..PREPARING {
            let (pixels, next, finish) = (Arc::clone(pixels), Arc::clone(&next), finish.clone());
            let started = thread::Builder::new()
                .name("prefetch".to_owned())
                .spawn(move || {
                    while let Some(((number, positions), place)) = take_place(&next) {
                        let batch = pixels.batch(positions);
                        let batch = batch.map(|batch| finish(number, batch, &pixels));
                        let failed = batch.is_err();
                        // A closed place means that nobody wants more.
                        if place.send(batch).is_err() || failed {
                            break;
                        }
                    }
                });
            // One is enough, if slower. Without any, the first batch is an error.
            match started {
                Ok(_) => at_work = true,
                Err(error) => refused = Some(error),
            }
        }
        Self {
            batches: receiver,
            refused: refused.filter(|_| !at_work),
            done: 0,
            total,
        }
    }
}

/// A place in the queue: its end for who prepares the batch.
type Place = SyncSender<Result<Batch, PhotoError>>;

/// Its end for who waits for it.
type Taken = Receiver<Result<Batch, PhotoError>>;

/// What to prepare next, and its place in the queue; `None` when there is no more, or nobody wants it. Waits while the
/// queue is full.
fn take_place<Batches: Iterator>(
    next: &Mutex<(Batches, SyncSender<Taken>)>,
) -> Option<(Batches::Item, Place)> {
    let mut next = next.lock().ok()?;
    let batch = next.0.next()?;
    let (place, taken) = sync_channel(1);
    next.1.send(taken).ok()?;
    Some((batch, place))
}

impl Iterator for Prefetch {
    type Item = Result<Batch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.refused.take() {
            return Some(Err(DatasetError::new(NoThread(error))));
        }
        let place = self.batches.recv().ok()?;
        self.done += 1;
        Some(match place.recv() {
            Ok(batch) => batch.map_err(DatasetError::new),
            Err(_) => Err(DatasetError::new(Abandoned)),
        })
    }
}

/// No thread prepares batches.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot start a thread that prepares batches of photographs: {0}; raise the limit on processes (`ulimit -u`)"
)]
struct NoThread(io::Error);

/// The thread that prepared a batch ended without it.
#[derive(Debug, thiserror::Error)]
#[error("the thread that prepares batches of photographs failed")]
struct Abandoned;

impl DataLoaderIterator<Batch> for Prefetch {
    fn progress(&self) -> Progress {
        Progress::new(self.done, self.total, Some("batches".to_owned()))
    }
}

#[cfg(test)]
mod tests;
