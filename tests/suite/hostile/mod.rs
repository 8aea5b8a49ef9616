//! Inputs that mean harm, or were harmed: whatever reads them says so, and neither panics nor waits.
//!
//! Each surface gets valid inputs, damaged in the same ways every time. A few hundred are read as an ordinary test;
//! `scripts/hostile.py` reads as many as there is time for, and also sees what ends the process. See `docs/reliability.md`.

pub(crate) mod checkpoints;
mod damage;
#[cfg(unix)]
mod special;
mod surfaces;

use std::fs;
use std::time::{Duration, Instant};

use colorize_base::quietly;

use crate::runs::Bench;
use damage::{Dice, damaged};
use surfaces::Surface;

/// Nothing that is read here takes longer, on any machine that runs tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// The input of this number, the same every time; the first ones are those that did harm once.
fn input(surface: &Surface<'_>, seed: u64, number: usize) -> Vec<u8> {
    if let Some(known) = surface.known.get(number) {
        return known.clone();
    }
    let name = blake3::hash(surface.name.as_bytes());
    let [one, two, three, four, ..] = *name.as_bytes();
    let name = u64::from(u32::from_le_bytes([one, two, three, four]));
    let mut dice = Dice::new(seed ^ name << 32 ^ number as u64);
    damaged(&surface.valid, &mut dice)
}

/// Reads an input; what went wrong, if anything did.
fn read(surface: &Surface<'_>, input: &[u8]) -> Result<(), String> {
    let begun = Instant::now();
    quietly(|| (surface.read)(input)).map_err(|said| format!("panicked: {said}"))?;
    let took = begun.elapsed();
    if took > PATIENCE {
        return Err(format!("took {:.1} s", took.as_secs_f64()));
    }
    Ok(())
}

/// Reads the first `few` inputs of one surface.
fn assert_survives(surface: &Surface<'_>) {
    for number in 0..surface.known.len() + surface.few {
        let input = input(surface, 0, number);
        if let Err(fault) = read(surface, &input) {
            panic!(
                "{} input {number} {fault}: {}",
                surface.name,
                String::from_utf8_lossy(&input[..input.len().min(500)])
            );
        }
    }
}

#[test]
fn valid_inputs_are_read_and_damaged_ones_are_refused() {
    let bench = Bench::new();
    for surface in surfaces::all(&bench) {
        for valid in &surface.valid {
            read(&surface, valid).unwrap();
        }
        assert_survives(&surface);
    }
}

#[test]
fn damage_is_the_same_every_time() {
    let valid = [b"one = 1\ntwo = 22".to_vec(), vec![0, 255, 3]];
    let all = |seed| -> Vec<Vec<u8>> {
        let seeds = 0..200_u64;
        seeds
            .map(|number| damaged(&valid, &mut Dice::new(seed + number)))
            .collect()
    };
    assert_eq!(all(7), all(7));
    let distinct: std::collections::HashSet<_> = all(7).into_iter().collect();
    assert!(distinct.len() > 150, "{}", distinct.len());
}

/// What `scripts/hostile.py` starts: so many inputs of one surface, from one on. The number of the input at hand stands in a
/// file, for whoever finds the process dead; what went wrong is printed.
#[test]
#[ignore = "a campaign, which scripts/hostile.py leads"]
fn campaign() {
    let value = |name: &str| std::env::var(name).unwrap_or_default();
    let number = |name: &str| value(name).parse::<usize>().unwrap_or_default();
    let (from, count) = (number("HOSTILE_FROM"), number("HOSTILE_COUNT"));
    let (seed, seconds) = (number("HOSTILE_SEED") as u64, number("HOSTILE_SECONDS"));
    let end = Instant::now() + Duration::from_secs(seconds as u64);
    let bench = Bench::new();
    for surface in surfaces::all(&bench) {
        if surface.name != value("HOSTILE_SURFACE") {
            continue;
        }
        let mut done = 0;
        let mut longest = Duration::ZERO;
        while done < count && Instant::now() < end {
            let at = from + done;
            let input = input(&surface, seed, at);
            fs::write(value("HOSTILE_NOTE"), at.to_string()).unwrap();
            let begun = Instant::now();
            if let Err(fault) = read(&surface, &input) {
                println!("fault {at} {fault}");
            }
            longest = longest.max(begun.elapsed());
            done += 1;
        }
        println!("done {done} longest {:.3}", longest.as_secs_f64());
    }
}
