//! Tests of the pixels on disk, through [`Pixels`]: whatever befalls the file, the pixels are those of the photographs.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use image::RgbImage;

use super::*;
use crate::batch::{Batch, Pixels};

const SIZE: usize = 8;
const COUNT: usize = 6;

struct Fixture {
    folder: tempfile::TempDir,
    photographs: Vec<Photograph>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let photographs = (0..COUNT)
            .map(|at| {
                let file_name = format!("{at}.png");
                let path = folder.path().join(&file_name);
                RgbImage::from_fn(20, 14, |x, y| {
                    image::Rgb([x as u8 * 12, y as u8 * 18, at as u8 * 40])
                })
                .save(&path)
                .unwrap();
                Photograph {
                    id: at as i64,
                    file_name,
                    content_hash: blake3::hash(&std::fs::read(&path).unwrap()),
                    path,
                }
            })
            .collect();
        Self {
            folder,
            photographs,
            told: Arc::default(),
        }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn tell(&self) -> impl Fn(&str) + Send + Sync + 'static {
        let (told, folder) = (Arc::clone(&self.told), self.folder.path().to_owned());
        move |text: &str| {
            let text = text.replace(&folder.display().to_string(), "ROOT");
            told.lock().unwrap().push(text);
        }
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }

    /// With memory for `kept` photographs.
    fn in_memory(&self, kept: usize) -> Pixels {
        let budget = kept * 3 * SIZE * SIZE;
        Pixels::new(self.photographs.clone(), SIZE, Resize::Bilinear, budget)
    }

    fn on_disk(&self, kept: usize) -> Pixels {
        self.in_memory(kept).with_disk(&self.cache(), self.tell())
    }

    fn open(&self, version: u32, left_free: u64) -> DiskCache {
        let method = Resize::Bilinear;
        let photographs = &self.photographs;
        let tell = self.tell();
        DiskCache::open_version(
            version,
            left_free,
            &self.cache(),
            photographs,
            SIZE,
            method,
            tell,
        )
        .unwrap()
    }

    /// What is in the cache of this version.
    fn read(&self, disk: &DiskCache, position: usize) -> Option<Vec<u8>> {
        let mut pixels = vec![0; 3 * SIZE * SIZE];
        disk.read(
            position,
            self.photographs[position].content_hash,
            &mut pixels,
        )
        .then_some(pixels)
    }

    fn present(&self) -> usize {
        let disk = self.open(photo::VERSION, 0);
        (0..COUNT)
            .filter(|&at| self.read(&disk, at).is_some())
            .count()
    }

    fn files(&self) -> Vec<PathBuf> {
        let folder = self.cache().join(FOLDER);
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    }

    /// Away with the photographs: what is right now comes from the cache.
    fn remove_photographs(&self) {
        for photograph in &self.photographs {
            std::fs::remove_file(&photograph.path).unwrap();
        }
    }
}

fn everything(pixels: &Pixels) -> Batch {
    pixels
        .batch((0..COUNT).rev().chain(0..COUNT).collect())
        .unwrap()
}

#[test]
fn batches_are_the_same_from_memory_from_disk_and_from_the_photographs() {
    let fixture = Fixture::new();
    let expected = everything(&fixture.in_memory(0));
    for kept in [0, 2, COUNT] {
        let memory = fixture.in_memory(kept);
        assert_eq!(everything(&memory), expected);
        assert_eq!(everything(&memory), expected);
        let disk = fixture.on_disk(kept);
        assert_eq!(everything(&disk), expected, "{kept} in memory");
        assert_eq!(everything(&disk), expected, "{kept} in memory, again");
    }
    assert_eq!(fixture.present(), COUNT);
    let again = fixture.on_disk(0);
    fixture.remove_photographs();
    assert_eq!(everything(&again), expected);
    assert!(fixture.in_memory(0).get(0).is_err());
    assert_eq!(fixture.told(), [""; 0]);
}

#[test]
fn what_fits_into_memory_is_not_written() {
    let fixture = Fixture::new();
    let pixels = fixture.on_disk(4);
    for position in 0..COUNT {
        pixels.get(position).unwrap();
    }
    assert_eq!(fixture.present(), COUNT - 4);
}

#[test]
fn damage_anywhere_is_noticed() {
    let fixture = Fixture::new();
    let expected = everything(&fixture.on_disk(0));
    let file = fixture.files().remove(0);
    let whole = std::fs::read(&file).unwrap();
    let slot = 3 * SIZE * SIZE + SEAL;
    assert_eq!(whole.len(), COUNT * slot);
    for at in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        std::fs::write(&file, &damaged).unwrap();
        let disk = fixture.open(photo::VERSION, 0);
        assert_eq!(fixture.read(&disk, at / slot), None, "byte {at}");
        assert_eq!(fixture.present(), COUNT - 1);
    }
    // Decoding mends it.
    assert_eq!(everything(&fixture.on_disk(0)), expected);
    assert_eq!(std::fs::read(&file).unwrap(), whole);
    for length in [0, 1, slot - 1, slot, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        assert_eq!(fixture.present(), length / slot);
    }
    for foreign in [
        vec![0; whole.len()],
        vec![0xff; 3 * whole.len()],
        b"text".to_vec(),
    ] {
        std::fs::write(&file, foreign).unwrap();
        assert_eq!(fixture.present(), 0);
        assert_eq!(everything(&fixture.on_disk(0)), expected);
    }
}

#[test]
fn a_slot_is_for_one_photograph_at_one_size() {
    let fixture = Fixture::new();
    everything(&fixture.on_disk(0));
    let file = fixture.files().remove(0);
    let whole = std::fs::read(&file).unwrap();
    // The whole of two slots changes places.
    let mut swapped = whole.clone();
    let (first, second) = swapped.split_at_mut(3 * SIZE * SIZE + SEAL);
    first.swap_with_slice(&mut second[..3 * SIZE * SIZE + SEAL]);
    std::fs::write(&file, swapped).unwrap();
    assert_eq!(fixture.present(), COUNT - 2);

    // The file of other pixels under this name.
    let other = Pixels::new(
        fixture.photographs.clone(),
        SIZE,
        Resize::BilinearAntialias,
        0,
    )
    .with_disk(&fixture.cache(), fixture.tell());
    everything(&other);
    let files = fixture.files();
    assert_eq!(files.len(), 2);
    let antialias = files.iter().find(|path| **path != file).unwrap();
    std::fs::copy(antialias, &file).unwrap();
    assert_eq!(fixture.present(), 0);
}

#[test]
fn a_photograph_that_was_changed_is_not_kept_as_the_old_one() {
    let fixture = Fixture::new();
    let pixels = fixture.on_disk(0);
    RgbImage::new(5, 5)
        .save(&fixture.photographs[1].path)
        .unwrap();
    everything(&pixels);
    assert_eq!(fixture.present(), COUNT - 1);
}

#[test]
fn another_version_decodes_anew_and_removes_the_old_file() {
    let fixture = Fixture::new();
    everything(&fixture.on_disk(0));
    let old = fixture.files();
    let next = fixture.open(photo::VERSION + 1, 0);
    assert_eq!(fixture.read(&next, 0), None);
    assert_eq!(fixture.files().len(), 1);
    assert_ne!(fixture.files(), old);
}

#[test]
fn forgotten_files_are_removed_and_foreign_ones_are_not() {
    let fixture = Fixture::new();
    everything(&fixture.on_disk(0));
    let (file, folder) = (fixture.files().remove(0), fixture.cache().join(FOLDER));
    let old = SystemTime::now() - FORGOTTEN - Duration::from_mins(1);
    let age = |path: &Path| {
        let file = File::options().write(true).open(path).unwrap();
        file.set_times(FileTimes::new().set_modified(old)).unwrap();
    };
    let forgotten = folder.join(format!("8-bilinear-v{}-0123.pixels", photo::VERSION));
    let foreign = folder.join("notes.txt");
    for path in [&forgotten, &foreign] {
        std::fs::write(path, "text").unwrap();
        age(path);
    }
    // Its own file is as old, and is in use again.
    age(&file);
    assert_eq!(fixture.present(), COUNT);
    assert!(!forgotten.exists() && foreign.exists() && file.exists());
}

#[test]
fn several_may_fill_one_file_at_once() {
    let fixture = Fixture::new();
    let expected = everything(&fixture.in_memory(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            // Each with a handle of its own, as processes have.
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(everything(&fixture.on_disk(0)), expected);
                }
            });
        }
    });
    assert_eq!(fixture.present(), COUNT);
    assert_eq!(fixture.told(), [""; 0]);
}

#[test]
fn a_full_disk_is_said_once() {
    let fixture = Fixture::new();
    let disk = fixture.open(photo::VERSION, u64::MAX);
    for position in 0..COUNT {
        let content = fixture.photographs[position].content_hash;
        disk.write(position, content, &[7; 3 * SIZE * SIZE]);
    }
    assert_eq!(fixture.read(&disk, 0), None);
    let told = fixture.told().join("\n");
    assert!(told.starts_with(
        "no further decoded photographs are cached on disk, and the rest are decoded in every pass: cannot write `ROOT/cache/pixels/8-bilinear-v"
    ) && told.ends_with("MB are free, and 17592186044415 MB must stay free"), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_takes_no_byte_costs_only_time() {
    let fixture = Fixture::new();
    let expected = everything(&fixture.on_disk(0));
    let file = fixture.files().remove(0);
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    let pixels = fixture.on_disk(0);
    assert_eq!(everything(&pixels), expected);
    assert_eq!(everything(&pixels), expected);
    let told = fixture.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("No space left on device"), "{told:?}");
}

#[test]
fn a_folder_that_cannot_be_made_is_said_once() {
    let fixture = Fixture::new();
    std::fs::write(fixture.cache(), "a file").unwrap();
    let expected = everything(&fixture.in_memory(0));
    assert_eq!(everything(&fixture.on_disk(0)), expected);
    let told = fixture.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with(
            "decoded photographs are not cached on disk: cannot open `ROOT/cache/pixels/"
        ),
        "{told:?}"
    );
}
