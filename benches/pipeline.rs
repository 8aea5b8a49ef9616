//! How fast photographs become batches, from JPEG files of the size of COCO's, and what it costs when there are more.
//!
//! `cargo bench --bench pipeline -- [--photographs DIR] [--count 192] [--sizes 64,128,256,512] [--threads 1,2]
//! [--seconds 0.5] [--rounds 3]` paints its photographs (640x480, about 130 kB each) into a folder, unless they are there,
//! and measures whole passes in batches of 16: decoded every time (`cold`; the files are in the system's memory), decoded
//! and written to the cache on disk (`filling`), and read from there (`disk`) or from memory (`memory`).
//!
//! `... -- --make DIR [--of 4000x3000]` only paints, of another size where one is named. `benches/peers/pipeline.py` measures torchvision and TensorFlow on the same files.
//!
//! `... -- --growth 1000,10000,118287` measures index, order and cache for so many photographs instead, which are not there.
//!
//! One line of JSON a measurement: images a second by the clock, the median of the rounds, and a second of the processor.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use burn::data::dataloader::DataLoader;
use colorize::batch::{Order, Pixels, TrainLoader};
use colorize::dataset::SplitSection;
use colorize::dataset::synthetic::World;
use colorize::dataset::{Cache, Index, Manifest, Photograph, Square, Squares};
use colorize::photo::Resize;
use image::imageops::{self, FilterType};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use serde_json::json;

/// Larger photographs are enlarged scenes, with grain of their own.
const LARGEST_SCENE: usize = 1024;

/// Pixels across and down.
const SIZE: [usize; 2] = [640, 480];
const QUALITY: u8 = 90;
const BATCH: usize = 16;

struct Arguments {
    photographs: Option<PathBuf>,
    make: Option<PathBuf>,
    of: [usize; 2],
    count: usize,
    sizes: Vec<usize>,
    threads: Vec<usize>,
    growth: Vec<usize>,
    seconds: f64,
    rounds: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments = arguments()?;
    if !arguments.growth.is_empty() {
        return arguments.growth.iter().try_for_each(|&count| grow(count));
    }
    if let Some(folder) = &arguments.make {
        return paint(folder, arguments.count, arguments.of);
    }
    let temporary = tempfile::tempdir()?;
    let folder = arguments.photographs.clone();
    let folder = folder.unwrap_or_else(|| temporary.path().join("photographs"));
    paint(&folder, arguments.count, SIZE)?;
    let photographs = photographs(&folder, arguments.count)?;
    for &threads in &arguments.threads {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()?;
        for &size in &arguments.sizes {
            pool.install(|| measure(&arguments, &photographs, size, threads, temporary.path()))?;
        }
    }
    loader(&arguments, &photographs)
}

fn arguments() -> anyhow::Result<Arguments> {
    let mut all = Arguments {
        photographs: None,
        make: None,
        of: SIZE,
        count: 192,
        sizes: vec![64, 128, 256, 512],
        threads: vec![1, 2],
        growth: Vec::new(),
        seconds: 0.5,
        rounds: 3,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--bench" {
            continue;
        }
        let value = arguments.next();
        let value = value.with_context(|| format!("`{argument}` needs a value"))?;
        let list = || value.split(',').map(str::parse).collect::<Result<_, _>>();
        match argument.as_str() {
            "--photographs" => all.photographs = Some(value.into()),
            "--make" => all.make = Some(value.into()),
            "--of" => {
                let (width, height) = value.split_once('x').context("a size is WIDTHxHEIGHT")?;
                all.of = [width.parse()?, height.parse()?];
            }
            "--count" => all.count = value.parse()?,
            "--sizes" => all.sizes = list()?,
            "--threads" => all.threads = list()?,
            "--growth" => all.growth = list()?,
            "--seconds" => all.seconds = value.parse()?,
            "--rounds" => all.rounds = value.parse()?,
            _ => bail!("unknown argument `{argument}`"),
        }
    }
    Ok(all)
}

/// Passes over all photographs at one size, of every kind.
fn measure(
    arguments: &Arguments,
    photographs: &[Photograph],
    size: usize,
    threads: usize,
    temporary: &Path,
) -> anyhow::Result<()> {
    let square = square(size);
    let fresh = |budget| Pixels::new(photographs.to_vec(), square, budget);
    let report = |case: &str, prepare: &mut dyn FnMut() -> Pixels, warm: bool| {
        let mut rounds = Vec::new();
        for _ in 0..arguments.rounds {
            let pixels = prepare();
            if warm {
                pass(&pixels)?;
            }
            let (began, processor) = (Instant::now(), processor_time());
            let mut passes = 0;
            // A cache is filled once.
            while passes == 0
                || case != "filling" && began.elapsed().as_secs_f64() < arguments.seconds
            {
                pass(&pixels)?;
                passes += 1;
            }
            let images = (passes * photographs.len()) as f64;
            let (seconds, processor) =
                (began.elapsed().as_secs_f64(), processor_time() - processor);
            rounds.push((images / seconds, images / processor));
        }
        say(case, threads, size, photographs.len(), &rounds)
    };
    report("cold", &mut || fresh(0), false)?;
    let mut folders = 0;
    let mut on_disk = |again: bool| {
        folders += usize::from(!again);
        let folder = temporary.join(format!("cache-{threads}-{size}-{folders}"));
        let squares = Squares::open(&folder, photographs, square, complain);
        fresh(0).with_squares(squares.map(Arc::new))
    };
    report("filling", &mut || on_disk(false), false)?;
    report("disk", &mut || on_disk(true), true)?;
    report("memory", &mut || fresh(usize::MAX), true)?;
    for folder in 1..=folders {
        std::fs::remove_dir_all(temporary.join(format!("cache-{threads}-{size}-{folder}")))?;
    }
    Ok(())
}

/// The same as training has it: in order, prepared ahead, on all threads.
fn loader(arguments: &Arguments, photographs: &[Photograph]) -> anyhow::Result<()> {
    for &size in &arguments.sizes {
        let pixels = Pixels::new(photographs.to_vec(), square(size), 0);
        let steps = photographs.len().div_ceil(BATCH);
        let order = Order::new(photographs.len(), BATCH, 0);
        let loader = TrainLoader::new(Arc::new(pixels), order, 0, steps);
        let mut rounds = Vec::new();
        for _ in 0..arguments.rounds {
            let (began, processor) = (Instant::now(), processor_time());
            for batch in loader.iter() {
                std::hint::black_box(batch?);
            }
            let images = (steps * BATCH) as f64;
            rounds.push((
                images / began.elapsed().as_secs_f64(),
                images / (processor_time() - processor),
            ));
        }
        let threads = rayon::current_num_threads();
        say("cold, loader", threads, size, photographs.len(), &rounds)?;
    }
    Ok(())
}

fn square(size: usize) -> Square {
    Square {
        size,
        resize: Resize::Bilinear,
    }
}

fn complain(trouble: &str) {
    panic!("{trouble}");
}

fn pass(pixels: &Pixels) -> anyhow::Result<()> {
    let positions: Vec<usize> = (0..pixels.photographs().len()).collect();
    for batch in positions.chunks(BATCH) {
        std::hint::black_box(pixels.batch(batch.to_vec())?);
    }
    Ok(())
}

/// A line of rates, by the clock and by the processor.
fn say(
    case: &str,
    threads: usize,
    size: usize,
    images: usize,
    rounds: &[(f64, f64)],
) -> anyhow::Result<()> {
    let sorted = |part: fn(&(f64, f64)) -> f64| {
        let mut rates: Vec<f64> = rounds.iter().map(part).collect();
        rates.sort_by(f64::total_cmp);
        rates
    };
    let (clock, processor) = (sorted(|it| it.0), sorted(|it| it.1));
    let line = json!({
        "bench": "pipeline",
        "who": "colorize",
        "case": case,
        "threads": threads,
        "size": size,
        "images": images,
        "rounds": rounds.len(),
        "images_per_second": clock[clock.len() / 2],
        "images_per_second_low": clock[0],
        "images_per_second_high": clock[clock.len() - 1],
        "images_per_processor_second": processor[processor.len() / 2],
        "memory_bytes": 1024 * status("VmHWM:"),
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// What so many photographs cost before the first step, and in it.
fn grow(count: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let annotations = annotate(count);
    std::fs::write(folder.path().join("instances.json"), &annotations)?;
    std::fs::create_dir(folder.path().join("images"))?;
    let manifest = folder.path().join("coco.toml");
    let text = "kind = \"coco\"\nimages = \"images\"\nannotations = \"instances.json\"\n";
    std::fs::write(&manifest, text)?;
    let manifest = Manifest::read(&manifest)?;
    let cache = Cache {
        folder: folder.path().join("cache"),
    };
    let time = |work: &mut dyn FnMut() -> anyhow::Result<()>| {
        let began = Instant::now();
        work()?;
        Ok::<_, anyhow::Error>(began.elapsed().as_secs_f64())
    };
    let open = || Index::open(&manifest, &cache, &|_| ()).map(drop);
    let built = time(&mut || Ok(open()?))?;
    let opened = time(&mut || Ok(open()?))?;
    let index = Index::open(&manifest, &cache, &|_| ())?;
    let section = SplitSection {
        seed: 0,
        validation: 0.1,
    };
    let split = time(&mut || {
        let images = index.images.iter();
        let held_out = images.map(|image| colorize::dataset::split_of(image.id, &section));
        std::hint::black_box(held_out.collect::<Vec<_>>());
        Ok(())
    })?;
    let mut order = Order::new(count, BATCH, 0);
    let shuffled = time(&mut || {
        std::hint::black_box(order.positions(1));
        Ok(())
    })?;
    let rest = time(&mut || {
        for step in 2..=count / BATCH {
            std::hint::black_box(order.positions(step));
        }
        Ok(())
    })?;
    let images = index.images.iter();
    let photographs: Vec<Photograph> = images
        .map(|image| Photograph {
            id: image.id,
            file_name: image.file_name.clone(),
            path: image.path.clone(),
            categories: Vec::new(),
            content_hash: blake3::hash(&image.id.to_le_bytes()),
        })
        .collect();
    // Small ones: what opening costs depends on their number.
    let open = || Squares::open(&cache.folder, &photographs, square(8), complain);
    let filling = open().context("the squares can be opened")?;
    for photograph in &photographs {
        filling.write(photograph, &[0; 3 * 8 * 8]);
    }
    drop(filling);
    let before = status("VmRSS:");
    let mut pixels = None;
    let prepared = time(&mut || {
        let all = Pixels::new(photographs.clone(), square(8), usize::MAX);
        pixels = Some(all.with_squares(open().map(Arc::new)));
        Ok(())
    })?;
    let held = status("VmRSS:").saturating_sub(before);
    drop(pixels);
    let line = json!({
        "bench": "pipeline",
        "who": "colorize",
        "case": "growth",
        "images": count,
        "annotation_bytes": annotations.len(),
        "index_built_seconds": built,
        "index_opened_seconds": opened,
        "split_seconds": split,
        "pass_shuffled_seconds": shuffled,
        "pass_handed_out_seconds": rest,
        "cache_opened_seconds": prepared,
        "cache_memory_bytes": 1024 * held,
        "memory_bytes": 1024 * status("VmHWM:"),
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// As many images as asked for, with seven objects each.
fn annotate(count: usize) -> String {
    let images = (0..count).map(|id| {
        format!(r#"{{"id": {id}, "file_name": "{id:012}.jpg", "width": 640, "height": 480}}"#)
    });
    let objects = (0..7 * count).map(|id| {
        format!(
            r#"{{"id": {id}, "image_id": {}, "category_id": {}, "iscrowd": 0, "area": 702.1, "bbox": [473.07, 395.93, 38.65, 28.67], "segmentation": [[10.5, 20.25, 30.0, 40.75, 50.0, 60.5, 70.25, 80.0]]}}"#,
            id / 7,
            1 + id % 8
        )
    });
    let categories = (1..=8)
        .map(|id| format!(r#"{{"id": {id}, "name": "category {id}", "supercategory": "thing"}}"#));
    let mut text = String::new();
    append(&mut text, r#"{"images": ["#, images);
    append(&mut text, r#"], "annotations": ["#, objects);
    append(&mut text, r#"], "categories": ["#, categories);
    text + "]}"
}

fn append(text: &mut String, before: &str, items: impl Iterator<Item = String>) {
    text.push_str(before);
    for (position, item) in items.enumerate() {
        text.push_str(if position == 0 { "" } else { "," });
        text.push_str(&item);
    }
}

/// The photographs of a folder, in the order of their names.
fn photographs(folder: &Path, count: usize) -> anyhow::Result<Vec<Photograph>> {
    (0..count)
        .map(|index| {
            let file_name = name(index);
            let path = folder.join(&file_name);
            Ok(Photograph {
                id: index as i64,
                file_name,
                categories: Vec::new(),
                content_hash: blake3::hash(&std::fs::read(&path)?),
                path,
            })
        })
        .collect()
}

fn name(index: usize) -> String {
    format!("{index:06}.jpg")
}

/// Paints what is not there yet: scenes of the synthetic world, with the texture and the grain that a camera would see.
fn paint(folder: &Path, count: usize, [width, height]: [usize; 2]) -> anyhow::Result<()> {
    use rayon::prelude::*;
    std::fs::create_dir_all(folder)?;
    let world = World {
        count,
        seed: 6,
        size: width.max(height).min(LARGEST_SCENE),
    };
    let bytes: u64 = (0..count)
        .into_par_iter()
        .map(|index| {
            let path = folder.join(name(index));
            if !path.is_file() {
                // A square: the middle of it is the photograph.
                let (side, mut square) = (width.max(height), world.scene(index).image);
                if side > world.size {
                    square =
                        imageops::resize(&square, side as u32, side as u32, FilterType::Triangle);
                }
                let [left, top] = [width, height].map(|length| ((side - length) / 2) as u32);
                let middle = imageops::crop_imm(&square, left, top, width as u32, height as u32);
                let mut pixels = middle.to_image().into_raw();
                let texture = |x, y, step| f64::from(lattice(x / step, y / step, index as u32));
                for (at, pixel) in pixels.chunks_exact_mut(3).enumerate() {
                    let (x, y) = ((at % width) as u32, (at / width) as u32);
                    let noise = 6.5 * texture(x, y, 1)
                        + 6.5 * texture(x + 7, y, 1)
                        + 5.0 * texture(x, y + 9, 2)
                        + 6.0 * texture(x, y, 5);
                    for value in pixel {
                        *value = (f64::from(*value) + noise).clamp(0.0, 255.0).round() as u8;
                    }
                }
                let mut jpeg = Vec::new();
                let mut encoder = Encoder::new(&mut jpeg, QUALITY);
                encoder.set_sampling_factor(SamplingFactor::F_2_2);
                encoder.encode(&pixels, width as u16, height as u16, ColorType::Rgb)?;
                let partial = path.with_extension("part");
                std::fs::write(&partial, jpeg)?;
                std::fs::rename(partial, &path)?;
            }
            Ok(path.metadata()?.len())
        })
        .sum::<anyhow::Result<u64>>()?;
    let line = json!({
        "bench": "pipeline",
        "who": "colorize",
        "case": "photographs",
        "images": count,
        "bytes_each": bytes / count.max(1) as u64,
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// Noise between -1 and 1 that depends on nothing but its arguments.
fn lattice(x: u32, y: u32, seed: u32) -> f32 {
    let mut bits = x
        .wrapping_mul(0x9E37_79B1)
        .wrapping_add(y.wrapping_mul(0x85EB_CA77))
        .wrapping_add(seed.wrapping_mul(0xC2B2_AE3D));
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x2C1B_3C6D);
    bits = (bits ^ (bits >> 12)).wrapping_mul(0x297A_2D39);
    (bits >> 8) as f32 / 8_388_608.0 - 1.0
}

/// Seconds of the processor that this program has used, in hundredths; not a number where the system does not tell.
fn processor_time() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th after it.
    let fields = status.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: Option<Vec<f64>> = ticks.map(|ticks| ticks.parse().ok()).collect();
    ticks
        .filter(|ticks| ticks.len() == 2)
        .map_or(f64::NAN, |ticks| ticks.iter().sum::<f64>() / 100.0)
}

/// A line of `/proc/self/status`, in kilobytes; 0 where there is none.
fn status(name: &str) -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| {
            line.strip_prefix(name)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}
