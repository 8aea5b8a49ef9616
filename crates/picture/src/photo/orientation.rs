//! How a photograph is to be turned.

use image::metadata::Orientation;

/// The orientation that EXIF metadata ask for, and whether it is written as LONG, which the library passes over. EXIF demands
/// SHORT; some programs write LONG, and viewers honor it.
pub(super) fn orientation(exif: &[u8]) -> (Orientation, bool) {
    if let Some(orientation) = Orientation::from_exif_chunk(exif) {
        return (orientation, false);
    }
    match long_orientation(exif) {
        Some(Orientation::NoTransforms) | None => (Orientation::NoTransforms, false),
        Some(orientation) => (orientation, true),
    }
}

fn long_orientation(exif: &[u8]) -> Option<Orientation> {
    const ORIENTATION: u32 = 0x0112;
    const LONG: u32 = 4;
    let is_little = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let number = |at: usize, bytes: usize| {
        let field = exif.get(at..at.checked_add(bytes)?)?;
        let join = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        Some(if is_little {
            field.iter().rev().fold(0, join)
        } else {
            field.iter().fold(0, join)
        })
    };
    let directory = number(4, 4)? as usize;
    let entries = number(directory, 2)? as usize;
    (0..entries)
        .map(|entry| directory + 2 + 12 * entry)
        .find(|&at| number(at, 2) == Some(ORIENTATION) && number(at + 2, 2) == Some(LONG))
        .and_then(|at| u8::try_from(number(at + 8, 4)?).ok())
        .and_then(Orientation::from_exif)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EXIF of one entry besides an `ImageWidth` before it.
    fn exif(is_little: bool, kind: u16, value: u32) -> Vec<u8> {
        let two = |number: u16| {
            if is_little {
                number.to_le_bytes()
            } else {
                number.to_be_bytes()
            }
        };
        let four = |number: u32| {
            if is_little {
                number.to_le_bytes()
            } else {
                number.to_be_bytes()
            }
        };
        let mut bytes = if is_little {
            b"II".to_vec()
        } else {
            b"MM".to_vec()
        };
        bytes.extend(two(42));
        bytes.extend(four(8));
        bytes.extend(two(2));
        bytes.extend([two(0x100), two(3)].concat());
        bytes.extend(four(1));
        bytes.extend([two(6), two(0)].concat());
        bytes.extend([two(0x112), two(kind)].concat());
        bytes.extend(four(1));
        bytes.extend(match kind {
            3 => [two(value as u16), two(0)].concat(),
            _ => four(value).to_vec(),
        });
        bytes
    }

    #[test]
    fn long_is_honored_like_short() {
        for is_little in [true, false] {
            for value in 1..=8 {
                let expected = Orientation::from_exif(value as u8).unwrap();
                let short = orientation(&exif(is_little, 3, value));
                assert_eq!(short, (expected, false));
                let long = orientation(&exif(is_little, 4, value));
                assert_eq!(long, (expected, value != 1));
            }
        }
    }

    #[test]
    fn what_makes_no_sense_turns_nothing() {
        let upright = (Orientation::NoTransforms, false);
        let whole = exif(true, 4, 6);
        for length in 0..whole.len() {
            assert_eq!(orientation(&whole[..length]), upright);
        }
        for value in [0, 9, 256, u32::MAX] {
            assert_eq!(orientation(&exif(false, 4, value)), upright);
        }
        assert_eq!(orientation(&exif(true, 2, 6)), upright);
        let mut far = whole;
        far[4..8].fill(0xff);
        assert_eq!(orientation(&far), upright);
    }
}
