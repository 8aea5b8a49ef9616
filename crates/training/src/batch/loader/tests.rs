//! Tests of the loaders: the order holds however many threads prepare.

use image::RgbImage;

use super::*;
use crate::dataset::{Photograph, Square};
use crate::photo::Resize;

/// Photographs that tell their position by their color.
fn pixels(folder: &tempfile::TempDir, count: usize) -> Pixels {
    let photographs = (0..count)
        .map(|at| {
            let file_name = format!("{at}.png");
            let path = folder.path().join(&file_name);
            // Some take longer than others.
            let side = if at % 3 == 0 { 90 } else { 3 };
            RgbImage::from_pixel(side, side, image::Rgb([at as u8, 0, 0]))
                .save(&path)
                .unwrap();
            Photograph {
                id: at as i64,
                file_name,
                categories: Vec::new(),
                content_hash: blake3::hash(&[at as u8]),
                path,
            }
        })
        .collect();
    let square = Square {
        size: 4,
        resize: Resize::Bilinear,
    };
    Pixels::new(photographs, square, 5 * 48)
}

#[test]
fn batches_come_in_order_over_several_passes() {
    let folder = tempfile::tempdir().unwrap();
    let pixels = Arc::new(pixels(&folder, 13));
    let order = Order::new(13, 4, 7);
    let loader = TrainLoader::new(Arc::clone(&pixels), order.clone(), 2, 40);
    for _ in 0..2 {
        let mut expected = order.clone();
        let mut step = 2;
        for batch in loader.iter() {
            step += 1;
            let batch = batch.unwrap();
            assert_eq!(batch.positions, expected.positions(step));
            for (pixels, position) in batch.pixels.chunks_exact(48).zip(&batch.positions) {
                assert_eq!(pixels[0], *position as u8);
            }
        }
        assert_eq!(step, 40);
    }
    let held_out = HeldOutLoader::new(pixels, 4);
    let batches: Vec<Batch> = held_out.iter().map(Result::unwrap).collect();
    let positions: Vec<usize> = batches.iter().flat_map(|it| it.positions.clone()).collect();
    assert_eq!(positions, (0..13).collect::<Vec<_>>());
    assert_eq!(batches.len(), 4);
}

#[test]
fn a_photograph_that_went_away_is_an_error_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let pixels = Arc::new(pixels(&folder, 12));
    std::fs::remove_file(&pixels.photographs()[9].path).unwrap();
    let loader = HeldOutLoader::new(pixels, 2);
    let mut batches = loader.iter();
    for _ in 0..4 {
        assert!(batches.next().unwrap().is_ok());
    }
    let error = batches.next().unwrap().unwrap_err().to_string();
    assert!(error.contains("9.png"), "{error}");
}

#[test]
fn a_reader_that_leaves_early_ends_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let pixels = Arc::new(pixels(&folder, 5));
    let order = Order::new(5, 2, 0);
    let loader = TrainLoader::new(Arc::clone(&pixels), order, 0, usize::MAX);
    let mut batches = loader.iter();
    assert!(batches.next().unwrap().is_ok());
    drop(batches);
    drop(loader);
    // They hold the pixels until they have seen that nobody listens.
    while Arc::strong_count(&pixels) > 1 {
        std::thread::yield_now();
    }
}
