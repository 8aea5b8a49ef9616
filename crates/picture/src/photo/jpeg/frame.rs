//! The frame of a JPEG file: its size, its components, and the coefficients of a progressive one.

use super::{Damage, Energy, Scan, Tables};

/// What the frame header says.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) components: Vec<Component>,
    /// Units of an interleaved scan across and down.
    pub(super) units: [usize; 2],
    pub(super) is_progressive: bool,
}

/// A plane of the picture.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) name: u8,
    /// Blocks in a unit of an interleaved scan, across and down.
    pub(super) sampling: [usize; 2],
    /// Blocks of a scan that holds this component alone, across and down.
    pub(super) blocks: [usize; 2],
    /// Blocks in a row, those counted that only fill up an interleaved unit.
    pub(super) stride: usize,
    /// Which table.
    pub(super) table: usize,
    /// The steps of the coefficients, in the order of the zigzag; taken from the table where the component's first scan
    /// begins.
    pub(super) quantization: [u16; 64],
    /// How many bits of each coefficient are still to come: `None` before the first scan that brings it.
    bits_left: [Option<u8>; 64],
    /// Of a progressive file; empty otherwise.
    pub(super) coefficients: Vec<[i16; 64]>,
}

impl Frame {
    /// The frame of the segment behind a start-of-frame marker; `Ok(None)` where its height is yet to come, or its samples are
    /// not of 8 bits.
    pub(super) fn of(segment: &[u8], is_progressive: bool) -> Result<Option<Self>, Damage> {
        let [precision, high, low, wide, narrow, count, rest @ ..] = segment else {
            return Err(Damage::Header);
        };
        let height = usize::from(u16::from_be_bytes([*high, *low]));
        let width = usize::from(u16::from_be_bytes([*wide, *narrow]));
        let (parts, _) = rest.as_chunks::<3>();
        if *precision != 8 || height == 0 {
            return Ok(None);
        }
        if width == 0 || parts.len() < usize::from(*count) || !(1..=4).contains(count) {
            return Err(Damage::Header);
        }
        let parts = &parts[..usize::from(*count)];
        let sampling = |part: &[u8; 3]| [usize::from(part[1] >> 4), usize::from(part[1] & 15)];
        if parts
            .iter()
            .any(|part| sampling(part).iter().any(|it| !(1..=4).contains(it)) || part[2] > 3)
        {
            return Err(Damage::Header);
        }
        let most = |axis: usize| parts.iter().map(|part| sampling(part)[axis]).max();
        let most = [most(0).unwrap_or(1), most(1).unwrap_or(1)];
        let size = [width, height];
        let units = [0, 1].map(|axis| size[axis].div_ceil(8 * most[axis]));
        let components = parts
            .iter()
            .map(|part| {
                let sampling = sampling(part);
                let blocks = [0, 1].map(|axis| {
                    (size[axis] * sampling[axis])
                        .div_ceil(most[axis])
                        .div_ceil(8)
                });
                let stride = units[0] * sampling[0];
                let count = if is_progressive {
                    stride * units[1] * sampling[1]
                } else {
                    0
                };
                Component {
                    name: part[0],
                    sampling,
                    blocks,
                    stride,
                    table: usize::from(part[2]),
                    quantization: [1; 64],
                    bits_left: [None; 64],
                    coefficients: vec![[0; 64]; count],
                }
            })
            .collect();
        Ok(Some(Self {
            components,
            units,
            is_progressive,
        }))
    }

    /// What shows only when all scans are known.
    pub(super) fn judge(&self) -> Result<(), Damage> {
        for component in &self.components {
            if component.bits_left[0] != Some(0) {
                return Err(Damage::Missing);
            }
            for block in &component.coefficients {
                let mut energy = Energy::default();
                for (value, step) in block.iter().zip(&component.quantization) {
                    energy.add(i32::from(*value), *step);
                }
                energy.judge()?;
            }
        }
        Ok(())
    }
}

impl Component {
    /// Notes what a scan brings of this component.
    pub(super) fn note(&mut self, scan: &Scan, tables: &Tables) -> Result<(), Damage> {
        if self.bits_left.iter().all(Option::is_none) {
            self.quantization = tables.quantization[self.table].ok_or(Damage::Table)?;
        }
        let expected = (scan.shift_before > 0).then_some(scan.shift_before);
        for left in &mut self.bits_left[scan.first..=scan.last] {
            if *left != expected {
                return Err(Damage::Header);
            }
            *left = Some(scan.shift);
        }
        Ok(())
    }
}
