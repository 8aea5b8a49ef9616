//! How long it takes to index annotations of the size of COCO's train2017, to open the index again, and how much memory.
//!
//! `cargo bench --bench index` writes a JSON of about 450 MB (118,287 images, 860,001 annotations with polygons and some
//! crowd RLEs) into a temporary folder, which is removed at the end.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use colorize::dataset::SplitSection;
use colorize::dataset::{Cache, Index, Manifest};

const IMAGES: u64 = 118_287;
const ANNOTATIONS: u64 = 860_001;
/// COCO's category ids have gaps; what matters here is that they are not their positions.
const CATEGORY_IDS: [u64; 8] = [1, 2, 3, 13, 44, 62, 84, 90];

fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let annotations = folder.path().join("instances.json");
    write_annotations(&annotations)?;
    std::fs::create_dir(folder.path().join("images"))?;
    let manifest = folder.path().join("coco.toml");
    std::fs::write(
        &manifest,
        "kind = \"coco\"\nimages = \"images\"\nannotations = \"instances.json\"\n",
    )?;
    let manifest = Manifest::read(&manifest)?;
    let cache = Cache {
        folder: folder.path().join("cache"),
    };
    let open = || -> anyhow::Result<(Index, Duration)> {
        let began = Instant::now();
        let index = Index::open(&manifest, &cache, &|_| ())?;
        Ok((index, began.elapsed()))
    };
    let mut out = std::io::stdout();
    let size = annotations.metadata()?.len();
    writeln!(out, "annotations        {} MB", size / 1_000_000)?;
    writeln!(out, "memory before      {}", peak_memory())?;
    let (index, time) = open()?;
    anyhow::ensure!(index.built && index.images.len() as u64 == IMAGES);
    writeln!(
        out,
        "index, built       {:.2} s ({:.0} MB/s)",
        time.as_secs_f64(),
        size as f64 / 1e6 / time.as_secs_f64()
    )?;
    writeln!(out, "memory at its peak {}", peak_memory())?;
    let mut times = Vec::new();
    for _ in 0..5 {
        let (again, time) = open()?;
        anyhow::ensure!(!again.built && again.images == index.images);
        times.push(time);
    }
    times.sort();
    writeln!(
        out,
        "index, cached      {:.1} ms",
        times[2].as_secs_f64() * 1e3
    )?;
    let began = Instant::now();
    let selected = index.select(&["category 13".to_owned()])?.len();
    writeln!(
        out,
        "select a category  {:.2} ms ({selected} images)",
        began.elapsed().as_secs_f64() * 1e3
    )?;
    let began = Instant::now();
    let statistics = index.statistics(&SplitSection::default(), &index.listed_again());
    writeln!(
        out,
        "statistics         {:.1} ms ({} held out)",
        began.elapsed().as_secs_f64() * 1e3,
        statistics.validation
    )?;
    Ok(())
}

/// Writes a file with the keys and the proportions of `instances_train2017.json`.
fn write_annotations(path: &Path) -> anyhow::Result<()> {
    let mut random = Random(42);
    let mut file = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    write!(
        file,
        r#"{{"info": {{"description": "made", "year": 2017}}, "licenses": [], "images": ["#
    )?;
    for image in 0..IMAGES {
        let id = image * 5 + 9;
        let comma = if image == 0 { "" } else { ", " };
        write!(
            file,
            r#"{comma}{{"license": 3, "file_name": "{id:012}.jpg", "coco_url": "http://images.cocodataset.org/train2017/{id:012}.jpg", "height": {}, "width": 640, "date_captured": "2013-11-14 11:18:45", "flickr_url": "http://farm9.staticflickr.com/8186/8119368305_4e622c8349_z.jpg", "id": {id}}}"#,
            360 + random.below(281)
        )?;
    }
    write!(file, r#"], "annotations": ["#)?;
    let mut numbers = String::new();
    for annotation in 0..ANNOTATIONS {
        let image = random.below(IMAGES) * 5 + 9;
        let category = CATEGORY_IDS[random.below(8) as usize];
        let comma = if annotation == 0 { "" } else { ", " };
        numbers.clear();
        let crowd = random.below(100) == 0;
        for position in 0..16 + random.below(52) {
            let between = if position == 0 { "" } else { ", " };
            if crowd {
                write!(numbers, "{between}{}", random.below(5000))?;
            } else {
                let (whole, part) = (random.below(640), random.below(100));
                write!(numbers, "{between}{whole}.{part:02}")?;
            }
        }
        let segmentation = if crowd {
            format!(r#"{{"counts": [{numbers}], "size": [480, 640]}}"#)
        } else {
            format!("[[{numbers}]]")
        };
        write!(
            file,
            r#"{comma}{{"segmentation": {segmentation}, "area": 702.1057499999998, "iscrowd": {}, "image_id": {image}, "bbox": [473.07, 395.93, 38.65, 28.67], "category_id": {category}, "id": {}}}"#,
            u8::from(crowd),
            900_000_000_000 + annotation
        )?;
    }
    write!(file, r#"], "categories": ["#)?;
    for (position, id) in CATEGORY_IDS.iter().enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        write!(
            file,
            r#"{comma}{{"supercategory": "thing", "id": {id}, "name": "category {id}"}}"#
        )?;
    }
    write!(file, "]}}")?;
    file.flush()?;
    Ok(())
}

/// Marsaglia's xorshift: quick, and the same file every time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// The most memory that this process has held so far, where the system tells.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .map_or_else(|| "unknown".to_owned(), |it| it.trim().to_owned())
}
