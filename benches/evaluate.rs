//! How long it takes to score predictions with every metric.
//!
//! `cargo bench --bench evaluate` scores made pictures of 256x256, on one thread and on all of them. On a machine that
//! does other things too, believe the processor time. With `-- --json` it only uses one thread, and answers in JSON.

use std::io::Write;
use std::time::{Duration, Instant};

use colorize::evaluate::ImageScore;
use image::{Rgb, RgbImage};
use rayon::prelude::*;

const SIDE: u32 = 256;
/// What an evaluation of all of COCO's validation images scores.
const EVALUATION: f64 = 5000.0;
/// Pictures scored in one go.
const PICTURES: u32 = 32;
/// How often; the median is reported.
const ROUNDS: usize = 5;

fn main() -> anyhow::Result<()> {
    let pairs: Vec<(RgbImage, RgbImage)> = (0..PICTURES)
        .map(|seed| {
            let truth = picture(seed);
            let predicted = prediction(&truth, seed);
            (truth, predicted)
        })
        .collect();
    let score = |(truth, predicted): &(RgbImage, RgbImage)| ImageScore::of(0.0, truth, predicted);
    let threads = rayon::current_num_threads();
    let mut out = std::io::stdout();
    // One after the other first: so the tables that are made once exist already.
    let before = processor_time();
    let one = median(|| pairs.iter().map(score).collect());
    let after = processor_time();
    if std::env::args().any(|argument| argument == "--json") {
        let line = serde_json::json!({
            "images": PICTURES,
            "seconds": one.as_secs_f64(),
            "memory_bytes": peak_memory(),
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    let all = median(|| pairs.par_iter().map(score).collect());
    for (threads, time) in [(1, one), (threads, all)] {
        let seconds = time.as_secs_f64() / f64::from(PICTURES);
        writeln!(
            out,
            "{threads} thread{}: {:.1} ms an image, {:.1} images a second, {EVALUATION} images in {:.0} s",
            if threads == 1 { "" } else { "s" },
            seconds * 1e3,
            1.0 / seconds,
            seconds * EVALUATION
        )?;
    }
    if let (Some(before), Some(after)) = (before, after) {
        let seconds = (after - before) / f64::from(PICTURES) / ROUNDS as f64;
        writeln!(
            out,
            "processor time: {:.1} ms an image, {EVALUATION} images on two cores in {:.0} s",
            seconds * 1e3,
            seconds * EVALUATION / 2.0
        )?;
    }
    Ok(())
}

/// How many seconds this thread has been on a processor, where the system tells.
fn processor_time() -> Option<f64> {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = times.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}

/// The most bytes that the process has had, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(1024 * kilobytes)
}

fn median(work: impl Fn() -> Vec<ImageScore>) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let scores = std::hint::black_box(work());
            assert!(scores.iter().all(|score| score.psnr.is_finite()));
            began.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

/// Smooth colours with edges and noise, as a photograph has them.
fn picture(seed: u32) -> RgbImage {
    let wave = |x: u32, y: u32, channel: u32| {
        let phase = f64::from(hash(seed * 3 + channel) % 628) / 100.0;
        let (x, y) = (f64::from(x) / 40.0, f64::from(y) / 60.0);
        127.0 + 90.0 * (x + phase).sin() * (y * f64::from(channel + 1) + phase).cos()
    };
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let edge = if (x / 50 + y / 70 + seed).is_multiple_of(2) {
            25.0
        } else {
            -25.0
        };
        let noise = hash(seed ^ (y * SIDE + x)) % 16;
        Rgb([0, 1, 2].map(|channel| (wave(x, y, channel) + edge + f64::from(noise) - 8.0) as u8))
    })
}

/// The picture with less chroma and some error, as networks answer.
fn prediction(truth: &RgbImage, seed: u32) -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let pixel = truth.get_pixel(x, y).0.map(f64::from);
        let gray = pixel.iter().sum::<f64>() / 3.0;
        let error = f64::from(hash(!seed ^ (y / 8 * SIDE + x / 8)) % 24) - 12.0;
        Rgb([1.0, 0.0, -1.0].map({
            let mut channels = pixel.into_iter();
            move |sign| {
                let value = channels.next().unwrap_or(gray);
                (gray + 0.5 * (value - gray) + sign * error) as u8
            }
        }))
    })
}

/// A number that looks random, the same every time.
fn hash(value: u32) -> u32 {
    let mut value = value.wrapping_mul(0x9E37_79B9) ^ 0x85EB_CA6B;
    value = (value ^ (value >> 15)).wrapping_mul(0x2C1B_3C6D);
    value = (value ^ (value >> 12)).wrapping_mul(0x297A_2D39);
    value ^ (value >> 15)
}
