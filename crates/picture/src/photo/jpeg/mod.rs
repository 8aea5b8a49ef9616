//! Whether a JPEG file holds the picture that its header promises.
//!
//! A JPEG has no checksum, and decoders fill up with gray or with whatever the bits happen to say. So the entropy-coded data
//! is walked over once, as a decoder does it but without making pixels. In a sound file, every code is in its table, every
//! coefficient is one that 8-bit samples can have, and the data ends with the last block, at the marker. After most kinds of
//! damage, the codes fall out of step, and one of these no longer holds. What they cannot see: a changed bit that leaves the
//! codes in step and the colors within the range.

mod bits;
mod frame;
mod outline;
mod scan;

use std::fmt;

use bits::Codes;
use frame::Frame;
pub(super) use outline::Outline;
use scan::{Energy, Part, walk};

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    damage: Damage,
    /// The scan, from 1, and how far it was intact: units of all.
    scan: Option<(usize, u64, u64)>,
}

/// What no sound file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// A segment that is longer than the file, or no further marker.
    CutOff,
    /// A segment that makes no sense.
    Header,
    /// The data of a scan ends too early.
    Short,
    /// There is data behind the last block of a scan.
    Long,
    /// A code that no table has.
    Code,
    /// A coefficient that 8-bit samples cannot have.
    Range,
    /// A restart marker out of order.
    Restart,
    /// A run of empty bands that leads behind the last block.
    Run,
    /// A table that was never given.
    Table,
    /// A picture begins within the picture.
    SecondStart,
    /// A plane, or a pass over it, never came.
    Missing,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.damage {
            Damage::CutOff => "its header ends too early",
            Damage::Header => "a header segment is invalid",
            Damage::Short => "its data ends too early",
            Damage::Long => "there is more data than the picture needs",
            Damage::Code => "an invalid code",
            Damage::Range => "a value out of range",
            Damage::Restart => "a restart marker is out of order",
            Damage::Run => "there are fewer blocks than its data describes",
            Damage::Table => "a table is missing",
            Damage::SecondStart => "another picture begins before this one ends",
            Damage::Missing => "a part of the picture is missing",
        };
        formatter.write_str(what)?;
        match self.scan {
            Some((scan, unit, units)) => {
                write!(formatter, " (scan {scan}, block {unit} of {units})")
            }
            None => Ok(()),
        }
    }
}

impl From<Damage> for Fault {
    fn from(damage: Damage) -> Self {
        Self { damage, scan: None }
    }
}

/// The tables as they stand.
#[derive(Debug, Default)]
struct Tables {
    quantization: [Option<[u16; 64]>; 4],
    dc: [Option<Codes>; 4],
    ac: [Option<Codes>; 4],
    restart_interval: u16,
}

/// The header of a scan.
#[derive(Debug)]
struct Scan {
    components: Vec<Part>,
    /// The first coefficient of the band, and the last.
    first: usize,
    last: usize,
    /// Bits that were still to come before this scan, 0 for the first, and after it.
    shift_before: u8,
    shift: u8,
}

/// Walks over the first picture of a JPEG file. What it does not know (lossless, hierarchical, arithmetic codes, 12 bits, a
/// height that comes last) is left to the decoder, which refuses it or knows it.
pub(super) fn inspect(bytes: &[u8]) -> Result<(), Fault> {
    let mut at = 2; // after the start-of-image marker
    let mut tables = Tables::default();
    let mut frame: Option<Frame> = None;
    let mut scans = 0;
    loop {
        let Some(marker) = next_marker(bytes, at) else {
            return Err(Damage::CutOff.into());
        };
        let code = bytes[marker + 1];
        match code {
            0xd9 => break,
            0xd8 => return Err(Damage::SecondStart.into()),
            // Of a scan that was walked over, none is left.
            0xd0..=0xd7 => return Err(Damage::Restart.into()),
            _ => {}
        }
        let segment = segment(bytes, marker)?;
        at = marker + 4 + segment.len();
        match code {
            0xdb => tables.add_quantization(segment)?,
            0xc4 => tables.add_codes(segment)?,
            0xdd => {
                let [high, low, ..] = segment else {
                    return Err(Damage::Header.into());
                };
                tables.restart_interval = u16::from_be_bytes([*high, *low]);
            }
            0xc0..=0xc2 if frame.is_none() => match Frame::of(segment, code == 0xc2)? {
                Some(found) => frame = Some(found),
                None => return Ok(()),
            },
            0xc0..=0xc3 | 0xc5..=0xcf | 0xde => return Ok(()),
            0xda => {
                let Some(frame) = &mut frame else {
                    return Err(Damage::Header.into());
                };
                scans += 1;
                let scan = Scan::of(segment, frame, &tables)?;
                at = walk(bytes, at, frame, &scan, &tables).map_err(|(damage, unit, units)| {
                    Fault {
                        damage,
                        scan: Some((scans, unit, units)),
                    }
                })?;
            }
            _ => {}
        }
    }
    let frame = frame.ok_or(Damage::Header)?;
    Ok(frame.judge()?)
}

/// The next marker that is one: 0xFF with something else than another 0xFF or a stuffed zero behind it. Where segments do not
/// join, as some writers leave it, decoders look on.
fn next_marker(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    memchr::memchr_iter(0xff, rest)
        .find(|offset| matches!(rest.get(offset + 1), Some(2..=0xfe)))
        .map(|offset| at + offset)
}

/// What is behind a marker and its length.
fn segment(bytes: &[u8], marker: usize) -> Result<&[u8], Damage> {
    let [high, low] = *bytes
        .get(marker + 2..marker + 4)
        .and_then(|length| length.as_array::<2>())
        .ok_or(Damage::CutOff)?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length < 2 {
        return Err(Damage::Header);
    }
    bytes
        .get(marker + 4..marker + 2 + length)
        .ok_or(Damage::CutOff)
}

impl Tables {
    fn add_quantization(&mut self, mut segment: &[u8]) -> Result<(), Damage> {
        while let [kind, rest @ ..] = segment {
            let (is_wide, place) = (kind >> 4 == 1, usize::from(kind & 15));
            let length = if is_wide { 128 } else { 64 };
            let (true, Some((values, rest))) = (place < 4, rest.split_at_checked(length)) else {
                return Err(Damage::Header);
            };
            let mut table = [0; 64];
            if is_wide {
                let (pairs, _) = values.as_chunks::<2>();
                for (into, pair) in table.iter_mut().zip(pairs) {
                    *into = u16::from_be_bytes(*pair);
                }
            } else {
                for (into, value) in table.iter_mut().zip(values) {
                    *into = u16::from(*value);
                }
            }
            self.quantization[place] = Some(table);
            segment = rest;
        }
        Ok(())
    }

    fn add_codes(&mut self, mut segment: &[u8]) -> Result<(), Damage> {
        while let [kind, rest @ ..] = segment {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(Damage::Header)?;
            let count = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(count).ok_or(Damage::Header)?;
            let codes = Codes::new(counts, symbols).ok_or(Damage::Header)?;
            let tables = match kind >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(Damage::Header),
            };
            let place = tables
                .get_mut(usize::from(kind & 15))
                .ok_or(Damage::Header)?;
            *place = Some(codes);
            segment = rest;
        }
        Ok(())
    }
}

impl Scan {
    /// Reads the segment behind a start-of-scan marker, and notes in the frame what the scan brings.
    fn of(segment: &[u8], frame: &mut Frame, tables: &Tables) -> Result<Self, Damage> {
        let [count, rest @ ..] = segment else {
            return Err(Damage::Header);
        };
        let (parts, rest) = rest
            .split_at_checked(2 * usize::from(*count))
            .ok_or(Damage::Header)?;
        let [first, last, shifts, ..] = rest else {
            return Err(Damage::Header);
        };
        let (pairs, _) = parts.as_chunks::<2>();
        let mut components = Vec::new();
        for [name, codes] in pairs {
            let known = frame.components.iter();
            let place = known
                .enumerate()
                .position(|(place, component)| {
                    component.name == *name
                        && !components.iter().any(|part: &Part| part.place == place)
                })
                .ok_or(Damage::Header)?;
            let (dc, ac) = (usize::from(codes >> 4), usize::from(codes & 15));
            if dc > 3 || ac > 3 {
                return Err(Damage::Header);
            }
            components.push(Part { place, dc, ac });
        }
        let mut scan = Self {
            components,
            first: usize::from(*first),
            last: usize::from(*last),
            shift_before: shifts >> 4,
            shift: shifts & 15,
        };
        if frame.is_progressive {
            let is_band = scan.first > 0;
            if scan.last > 63
                || scan.first > scan.last
                || is_band && scan.components.len() != 1
                || !is_band && scan.last != 0
                || scan.shift > 13
            {
                return Err(Damage::Header);
            }
        } else {
            // Whatever a careless writer put there means nothing.
            (scan.first, scan.last) = (0, 63);
            (scan.shift_before, scan.shift) = (0, 0);
        }
        if scan.components.is_empty() {
            return Err(Damage::Header);
        }
        for part in &scan.components {
            let component = &mut frame.components[part.place];
            component.note(&scan, tables)?;
        }
        Ok(scan)
    }
}

#[cfg(test)]
mod tests;
