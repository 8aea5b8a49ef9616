//! Bits and Huffman codes of a scan.

use super::Damage;

/// The bits of entropy-coded data, up to the next marker.
#[derive(Debug)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte that is not in the buffer; the marker once it is reached.
    at: usize,
    /// The next bits, from the top down, with zeros behind them.
    buffer: u64,
    /// How many bits of the buffer were in the file.
    count: u32,
    /// Whether the next byte begins a marker, or there is none.
    has_ended: bool,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            buffer: 0,
            count: 0,
            has_ended: false,
        }
    }

    fn fill(&mut self) {
        while self.count <= 56 && !self.has_ended {
            let byte = match self.bytes.get(self.at) {
                Some(0xff) if self.bytes.get(self.at + 1) == Some(&0) => {
                    self.at += 2;
                    0xff
                }
                Some(0xff) | None => {
                    self.has_ended = true;
                    return;
                }
                Some(byte) => {
                    self.at += 1;
                    *byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    fn skip(&mut self, count: u32) -> Result<(), Damage> {
        if count > self.count {
            return Err(Damage::Short);
        }
        self.buffer <<= count;
        self.count -= count;
        Ok(())
    }

    /// The next `count` bits, at most 16, as a number.
    pub(super) fn take(&mut self, count: u32) -> Result<i32, Damage> {
        if count == 0 {
            return Ok(0);
        }
        if self.count < count {
            self.fill();
        }
        let value = (self.buffer >> (64 - count)) as i32;
        self.skip(count)?;
        Ok(value)
    }

    /// The next `count` bits, at most 16, as a signed number: T.81, F.2.2.1, `EXTEND`.
    pub(super) fn signed(&mut self, count: u32) -> Result<i32, Damage> {
        let value = self.take(count)?;
        let is_negative = count > 0 && value < 1 << (count - 1);
        Ok(if is_negative {
            value - (1 << count) + 1
        } else {
            value
        })
    }

    /// The symbol that the next bits stand for.
    pub(super) fn symbol(&mut self, codes: &Codes) -> Result<u8, Damage> {
        if self.count < 16 {
            self.fill();
        }
        let (length, symbol) = codes.short[(self.buffer >> (64 - SHORT)) as usize];
        if length > 0 {
            self.skip(u32::from(length))?;
            return Ok(symbol);
        }
        for length in SHORT + 1..=16 {
            let code = (self.buffer >> (64 - length)) as i32;
            let long = &codes.long[length as usize];
            if code < long.end {
                self.skip(length)?;
                let place = code - long.first + long.place;
                return Ok(codes.symbols[place as usize]);
            }
        }
        Err(if self.count < 16 {
            Damage::Short
        } else {
            Damage::Code
        })
    }

    /// Where the marker is that ends the data, when nothing but the last byte's unused bits lies before it.
    pub(super) fn end(mut self) -> Result<usize, Damage> {
        self.fill();
        if self.count >= 8 || !self.has_ended {
            return Err(Damage::Long);
        }
        Ok(self.at)
    }
}

/// Bits of the codes that are looked up at once.
const SHORT: u32 = 9;

/// A table of Huffman codes.
#[derive(Debug, Clone)]
pub(super) struct Codes {
    /// By the next [`SHORT`] bits: length of the code and its symbol; length 0 where the code is longer.
    short: Vec<(u8, u8)>,
    long: [Length; 17],
    symbols: Vec<u8>,
}

/// The codes of one length.
#[derive(Debug, Clone, Copy, Default)]
struct Length {
    /// The first code.
    first: i32,
    /// The one behind the last.
    end: i32,
    /// The place of the first code's symbol.
    place: i32,
}

impl Codes {
    /// The codes of a DHT segment: how many there are of each length from 1 to 16, and their symbols. `None` where they are
    /// more than there can be.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut codes = Self {
            short: vec![(0, 0); 1 << SHORT],
            long: [Length::default(); 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0_i32, 0_i32);
        for (length, &count) in (1..=16_u32).zip(counts) {
            let end = code + i32::from(count);
            if end > 1 << length {
                return None;
            }
            codes.long[length as usize] = Length {
                first: code,
                end,
                place,
            };
            for (code, symbol) in (code..end).zip(&symbols[place as usize..]) {
                if length <= SHORT {
                    let first = (code as usize) << (SHORT - length);
                    let same = 1 << (SHORT - length);
                    codes.short[first..first + same].fill((length as u8, *symbol));
                }
            }
            place += i32::from(count);
            code = end << 1;
        }
        Some(codes)
    }
}
