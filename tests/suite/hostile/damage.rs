//! Valid inputs, damaged: the same damage for the same number, on every machine.

/// Numbers that look random: `SplitMix64`.
#[derive(Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// Less than `end`, which is at least 1.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length);
        let most = if self.below(4) == 0 { length } else { 16 };
        from..(from + self.below(most)).min(length)
    }
}

/// What parsers of texts stumble over.
const WORDS: [&str; 26] = [
    "9223372036854775808",
    "-1",
    "1e999",
    "nan",
    "-inf",
    "0",
    "18446744073709551615",
    "0.1",
    "\"\"",
    "''",
    "\"",
    "[",
    "]]",
    "{",
    "}",
    "null",
    "true",
    "=",
    ",",
    ".",
    "../../etc",
    "\n",
    "\0",
    "\u{1b}[2J",
    "\u{202e}",
    "ß😀",
];

/// What parsers of bytes stumble over: lengths and counts.
const NUMBERS: [u64; 8] = [
    0,
    1,
    0x7f,
    0xff,
    0x7fff_ffff,
    0xffff_ffff,
    i64::MAX as u64,
    u64::MAX,
];

/// One of `valid`, damaged in up to four places.
pub(super) fn damaged(valid: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = valid[dice.below(valid.len())].clone();
    for _ in 0..=dice.below(4) {
        let length = bytes.len();
        match dice.below(10) {
            0 | 1 if length > 0 => {
                let at = dice.below(length);
                bytes[at] ^= 1 << dice.below(8);
            }
            2 if length > 0 => {
                let at = dice.below(length);
                bytes[at] = dice.below(256) as u8;
            }
            3 if length > 0 => drop(bytes.drain(dice.range(length))),
            4 if length > 0 => {
                let copy = bytes[dice.range(length)].to_vec();
                let at = dice.below(length);
                bytes.splice(at..at, copy);
            }
            5 => {
                let at = dice.below(length + 1);
                let word = WORDS[dice.below(WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
            6 => {
                let number = NUMBERS[dice.below(NUMBERS.len())].to_le_bytes();
                let width = 1 << dice.below(4);
                let at = dice.below(length + 1);
                let end = (at + width).min(length);
                bytes.splice(at..end, number[..width].iter().copied());
            }
            7 => bytes.truncate(dice.below(length + 1)),
            8 => {
                let other = &valid[dice.below(valid.len())];
                let cut = dice.below(length + 1);
                bytes.truncate(cut);
                bytes.extend(&other[dice.below(other.len() + 1)..]);
            }
            9 if length > 0 => replace_number(&mut bytes, dice),
            _ => {}
        }
    }
    bytes
}

/// Replaces a number of a text by another word.
fn replace_number(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let start = dice.below(bytes.len());
    let digits = |from: usize| {
        let rest = &bytes[from..];
        rest.iter().take_while(|it| it.is_ascii_digit()).count()
    };
    let Some(at) = (start..bytes.len()).find(|&at| bytes[at].is_ascii_digit()) else {
        return;
    };
    let end = at + digits(at);
    let word = WORDS[dice.below(WORDS.len())];
    bytes.splice(at..end, word.bytes());
}
