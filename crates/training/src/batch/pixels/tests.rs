//! Tests of the pixels: wherever they come from, they are those of the photographs.

use std::path::PathBuf;

use image::RgbImage;

use super::*;
use crate::photo::Resize;

const SQUARE: Square = Square {
    size: 8,
    resize: Resize::Bilinear,
};

const COUNT: usize = 6;

struct Fixture {
    folder: tempfile::TempDir,
    photographs: Vec<Photograph>,
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
                    categories: (1..at as i64).collect(),
                    content_hash: blake3::hash(&std::fs::read(&path).unwrap()),
                    path,
                }
            })
            .collect();
        Self {
            folder,
            photographs,
        }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// With memory for `kept` photographs.
    fn in_memory(&self, kept: usize) -> Pixels {
        Pixels::new(self.photographs.clone(), SQUARE, kept * SQUARE.bytes())
    }

    fn on_disk(&self, kept: usize) -> Pixels {
        let tell = |text: &str| panic!("{text}");
        let squares = Squares::open(&self.cache(), &self.photographs, SQUARE, tell);
        self.in_memory(kept).with_squares(squares.map(Arc::new))
    }

    /// How many of the photographs are on disk.
    fn present(&self) -> usize {
        let squares = Squares::find(&self.cache(), &self.photographs, SQUARE).unwrap();
        let mut pixels = vec![0; SQUARE.bytes()];
        let photographs = self.photographs.iter();
        photographs
            .filter(|photograph| squares.read(photograph, &mut pixels))
            .count()
    }

    /// The squares on disk.
    fn file(&self) -> PathBuf {
        let files = std::fs::read_dir(self.cache().join("pixels")).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        let [file] = files.try_into().unwrap();
        file
    }

    /// Away with the photographs: what is right now was not decoded.
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
}

#[test]
fn what_is_read_from_disk_is_kept_in_memory() {
    let fixture = Fixture::new();
    let expected = everything(&fixture.on_disk(0));
    let pixels = fixture.on_disk(COUNT);
    everything(&pixels);
    fixture.remove_photographs();
    std::fs::write(fixture.file(), "").unwrap();
    assert_eq!(everything(&pixels), expected);
}

#[test]
fn a_torn_slot_and_a_flipped_byte_are_decoded_again() {
    let fixture = Fixture::new();
    let expected = everything(&fixture.on_disk(0));
    let whole = std::fs::read(fixture.file()).unwrap();
    let mut flipped = whole.clone();
    flipped[100] ^= 1;
    for damaged in [&flipped, &whole[..whole.len() - 5]] {
        std::fs::write(fixture.file(), damaged).unwrap();
        assert_eq!(fixture.present(), COUNT - 1);
        assert_eq!(everything(&fixture.on_disk(0)), expected);
        assert_eq!(fixture.present(), COUNT);
    }
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
fn labels_are_in_the_order_of_the_categories() {
    let pixels = Fixture::new().in_memory(COUNT);
    assert!(everything(&pixels).labels.is_empty());
    // Photograph n shows the categories from 1 to below n.
    let pixels = pixels.with_labels(vec![4, 1, 9]);
    let batch = pixels.batch(vec![5, 1, 3]).unwrap();
    assert_eq!(batch.labels, [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
}
