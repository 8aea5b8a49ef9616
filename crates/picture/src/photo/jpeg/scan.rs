//! A walk over the blocks of a scan, as a decoder takes it: T.81, annexes F and G.

use super::bits::{Bits, Codes};
use super::frame::{Component, Frame};
use super::{Damage, Scan, Tables};

/// The largest length of a coefficient, as a sum of squares is that of its block: 64 samples of at most 128.
const LARGEST: f64 = 1024.0;

/// Walks over a scan whose data begins at `at`; returns where the marker behind it is.
pub(super) fn walk(
    bytes: &[u8],
    at: usize,
    frame: &mut Frame,
    scan: &Scan,
    tables: &Tables,
) -> Result<usize, (Damage, u64, u64)> {
    let is_interleaved = scan.components.len() > 1;
    let [across, down] = if is_interleaved {
        frame.units
    } else {
        frame.components[scan.components[0].place].blocks
    };
    let units = across as u64 * down as u64;
    let mut walk = Walk {
        bits: Bits::new(bytes, at),
        predictions: [0; 4],
        end_of_band_run: 0,
    };
    let mut next_restart = 0;
    for unit in 0..units {
        let failed = |damage| (damage, unit, units);
        if tables.restart_interval > 0
            && unit > 0
            && unit.is_multiple_of(u64::from(tables.restart_interval))
        {
            let marker = walk.end().map_err(failed)?;
            walk = Walk::after_restart(bytes, marker, next_restart).map_err(failed)?;
            next_restart = (next_restart + 1) % 8;
        }
        let (column, row) = (
            (unit % across as u64) as usize,
            (unit / across as u64) as usize,
        );
        for part in &scan.components {
            let component = &mut frame.components[part.place];
            let [wide, high] = if is_interleaved {
                component.sampling
            } else {
                [1, 1]
            };
            for y in 0..high {
                for x in 0..wide {
                    let place = (row * high + y) * component.stride + column * wide + x;
                    walk.block(component, place, part, scan, tables)
                        .map_err(failed)?;
                }
            }
        }
    }
    walk.end().map_err(|damage| (damage, units, units))
}

struct Walk<'a> {
    bits: Bits<'a>,
    /// The last first coefficient of each component of the scan.
    predictions: [i32; 4],
    /// Blocks that have no further coefficient in this band.
    end_of_band_run: i32,
}

/// A component of a scan: its place in the frame, and its tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) place: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
}

impl<'a> Walk<'a> {
    fn after_restart(bytes: &'a [u8], marker: usize, number: u8) -> Result<Self, Damage> {
        // A marker can have further 0xFF before it.
        let rest = bytes.get(marker..).unwrap_or_default();
        let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
        match rest.get(fill) {
            Some(found) if *found == 0xd0 + number => Ok(Self {
                bits: Bits::new(bytes, marker + fill + 1),
                predictions: [0; 4],
                end_of_band_run: 0,
            }),
            Some(0xd0..=0xd7) => Err(Damage::Restart),
            _ => Err(Damage::Short),
        }
    }

    fn end(self) -> Result<usize, Damage> {
        if self.end_of_band_run > 0 {
            return Err(Damage::Run);
        }
        self.bits.end()
    }

    fn block(
        &mut self,
        component: &mut Component,
        place: usize,
        part: &Part,
        scan: &Scan,
        tables: &Tables,
    ) -> Result<(), Damage> {
        let coefficients = component.coefficients.get_mut(place);
        match (coefficients, scan.first, scan.shift_before) {
            (None, ..) => self.sequential(component, part, tables),
            (Some(block), 0, 0) => self.progressive_dc(block, part, scan, tables),
            (Some(block), 0, _) => {
                block[0] |= (self.bits.take(1)? << scan.shift) as i16;
                Ok(())
            }
            (Some(block), _, 0) => self.progressive_ac(block, part, scan, tables),
            (Some(block), ..) => self.refine_ac(block, part, scan, tables),
        }
    }

    fn dc(&mut self, part: &Part, tables: &Tables) -> Result<i32, Damage> {
        let codes = tables.dc[part.dc].as_ref().ok_or(Damage::Table)?;
        let length = self.bits.symbol(codes)?;
        if length > 11 {
            return Err(Damage::Range);
        }
        let difference = self.bits.signed(u32::from(length))?;
        let prediction = &mut self.predictions[part.place];
        *prediction += difference;
        Ok(*prediction)
    }

    fn sequential(
        &mut self,
        component: &Component,
        part: &Part,
        tables: &Tables,
    ) -> Result<(), Damage> {
        let quantization = &component.quantization;
        let mut energy = Energy::default();
        energy.add(self.dc(part, tables)?, quantization[0]);
        let codes = tables.ac[part.ac].as_ref().ok_or(Damage::Table)?;
        let mut at = 1;
        while at < 64 {
            let (run, length) = run_and_length(&mut self.bits, codes)?;
            if length == 0 {
                match run {
                    15 => at += 16,
                    0 => break,
                    _ => return Err(Damage::Code),
                }
                continue;
            }
            at += run;
            if at > 63 || length > 10 {
                return Err(Damage::Range);
            }
            energy.add(self.bits.signed(length)?, quantization[at]);
            at += 1;
        }
        if at > 64 {
            return Err(Damage::Range);
        }
        energy.judge()
    }

    fn progressive_dc(
        &mut self,
        block: &mut [i16; 64],
        part: &Part,
        scan: &Scan,
        tables: &Tables,
    ) -> Result<(), Damage> {
        let value = self.dc(part, tables)?;
        block[0] = i16::try_from(value << scan.shift).map_err(|_| Damage::Range)?;
        Ok(())
    }

    fn progressive_ac(
        &mut self,
        block: &mut [i16; 64],
        part: &Part,
        scan: &Scan,
        tables: &Tables,
    ) -> Result<(), Damage> {
        if self.end_of_band_run > 0 {
            self.end_of_band_run -= 1;
            return Ok(());
        }
        let codes = tables.ac[part.ac].as_ref().ok_or(Damage::Table)?;
        let mut at = scan.first;
        while at <= scan.last {
            let (run, length) = run_and_length(&mut self.bits, codes)?;
            if length == 0 {
                if run == 15 {
                    at += 16;
                    continue;
                }
                self.end_of_band_run = (1 << run) - 1 + self.bits.take(run as u32)?;
                break;
            }
            at += run;
            if at > scan.last || length > 10 {
                return Err(Damage::Range);
            }
            let value = self.bits.signed(length)? << scan.shift;
            block[at] = i16::try_from(value).map_err(|_| Damage::Range)?;
            at += 1;
        }
        if at > scan.last + 1 {
            return Err(Damage::Range);
        }
        Ok(())
    }

    fn refine_ac(
        &mut self,
        block: &mut [i16; 64],
        part: &Part,
        scan: &Scan,
        tables: &Tables,
    ) -> Result<(), Damage> {
        let codes = tables.ac[part.ac].as_ref().ok_or(Damage::Table)?;
        let one = 1_i16 << scan.shift;
        let mut at = scan.first;
        if self.end_of_band_run == 0 {
            while at <= scan.last {
                let (run, length) = run_and_length(&mut self.bits, codes)?;
                let mut zeros = run;
                let mut new = 0;
                match length {
                    0 if run < 15 => {
                        self.end_of_band_run = (1 << run) + self.bits.take(run as u32)?;
                        break;
                    }
                    0 => {}
                    1 => new = if self.bits.take(1)? == 1 { one } else { -one },
                    _ => return Err(Damage::Range),
                }
                // Over `zeros` coefficients that are still zero to the next such one; each other gets its bit.
                loop {
                    let Some(coefficient) = block[..=scan.last].get_mut(at) else {
                        return Err(Damage::Range);
                    };
                    if *coefficient != 0 {
                        refine(&mut self.bits, coefficient, one)?;
                    } else if zeros == 0 {
                        *coefficient = new;
                        at += 1;
                        break;
                    } else {
                        zeros -= 1;
                    }
                    at += 1;
                }
            }
        }
        if self.end_of_band_run > 0 {
            for coefficient in &mut block[at..=scan.last] {
                if *coefficient != 0 {
                    refine(&mut self.bits, coefficient, one)?;
                }
            }
            self.end_of_band_run -= 1;
        }
        Ok(())
    }
}

fn run_and_length(bits: &mut Bits<'_>, codes: &Codes) -> Result<(usize, u32), Damage> {
    let symbol = bits.symbol(codes)?;
    Ok((usize::from(symbol >> 4), u32::from(symbol & 15)))
}

fn refine(bits: &mut Bits<'_>, coefficient: &mut i16, one: i16) -> Result<(), Damage> {
    if bits.take(1)? == 1 && *coefficient & one == 0 {
        let refined = coefficient.checked_add(one * coefficient.signum());
        *coefficient = refined.ok_or(Damage::Range)?;
    }
    Ok(())
}

/// What the coefficients of a block amount to. As the transform keeps lengths, no block of 8-bit samples is longer than
/// [`LARGEST`], beside what rounding adds: half a step for each coefficient that is not zero.
#[derive(Debug, Default)]
pub(super) struct Energy {
    squares: f64,
    rounding: f64,
}

impl Energy {
    pub(super) fn add(&mut self, value: i32, step: u16) {
        if value != 0 {
            let step = f64::from(step);
            self.squares += (f64::from(value) * step).powi(2);
            self.rounding += step.powi(2) / 4.0;
        }
    }

    pub(super) fn judge(&self) -> Result<(), Damage> {
        if self.squares.sqrt() > LARGEST + self.rounding.sqrt() {
            return Err(Damage::Range);
        }
        Ok(())
    }
}
