//! How many damaged JPEG files are noticed: `cargo run --release -p colorize-picture --example damage -- FOLDER...`
//!
//! Reads every photograph of the folders, names those that count as broken, and damages up to 60 of them per folder in
//! memory, each in five ways at a place that a fixed seed draws.

#![expect(clippy::print_stdout, reason = "it reports")]

use std::error::Error;
use std::path::PathBuf;

use colorize_picture::photo;

/// Photographs of a folder that are damaged; those with less data than this are not.
const DAMAGED: usize = 60;
const LEAST_BYTES: usize = 9000;

/// Bytes that are overwritten or lost, at most.
const STRETCH: usize = 4096;

struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }
}

type Damage = fn(&mut Vec<u8>, usize, &mut Numbers);

/// Each damages the data, which begins at a given place, of a whole file.
const DAMAGES: [(&str, Damage); 5] = [
    ("overwritten with zeros", |bytes, data, numbers| {
        let length = STRETCH.min((bytes.len() - data) / 3);
        let at = data + numbers.below(bytes.len() - data - length - 2);
        bytes[at..at + length].fill(0);
    }),
    ("removed", |bytes, data, numbers| {
        let length = STRETCH.min((bytes.len() - data) / 3);
        let at = data + numbers.below(bytes.len() - data - length - 2);
        bytes.drain(at..at + length);
    }),
    ("one bit", |bytes, data, numbers| {
        let at = data + numbers.below(bytes.len() - data - 2);
        bytes[at] ^= 1 << numbers.below(8);
    }),
    ("cut, with an end marker", |bytes, data, numbers| {
        bytes.truncate(data + numbers.below(bytes.len() - data - 2));
        bytes.extend([0xff, 0xd9]);
    }),
    ("four times the height", |bytes, data, _| {
        let mut headers = bytes[..data].windows(2);
        if let Some(frame) = headers.rposition(|pair| matches!(pair, [0xff, 0xc0..=0xc2])) {
            let height = u16::from_be_bytes([bytes[frame + 5], bytes[frame + 6]]) * 4;
            bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        }
    }),
];

fn main() -> Result<(), Box<dyn Error>> {
    for folder in std::env::args().skip(1) {
        let entries = std::fs::read_dir(&folder)?;
        let mut paths = entries
            .map(|entry| entry.map(|it| it.path()))
            .collect::<Result<Vec<PathBuf>, _>>()?;
        paths.sort();
        let mut broken = 0;
        let mut large = Vec::new();
        for path in &paths {
            let bytes = std::fs::read(path)?;
            if let Err(fault) = photo::read(&bytes) {
                broken += 1;
                println!("{}: {fault}", path.display());
            } else if bytes.starts_with(&[0xff, 0xd8]) && bytes.len() > LEAST_BYTES {
                large.push(bytes);
            }
        }
        println!("{folder}: {} photographs, {broken} broken", paths.len());
        let step = (large.len() / DAMAGED).max(1);
        let mut numbers = Numbers(7);
        for (name, damage) in DAMAGES {
            let (mut noticed, mut all) = (0, 0);
            for bytes in large.iter().step_by(step).take(DAMAGED) {
                let mut markers = bytes.windows(2);
                let scan = markers.position(|pair| pair == [0xff, 0xda]).unwrap_or(0);
                let mut bytes = bytes.clone();
                damage(&mut bytes, scan + 14, &mut numbers);
                noticed += usize::from(photo::read(&bytes).is_err());
                all += 1;
            }
            println!("  {name}: {noticed} of {all} noticed");
        }
    }
    Ok(())
}
