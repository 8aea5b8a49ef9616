//! Words: how wide they are, how to shorten them, how to write numbers.
//!
//! Everything is measured before it is placed, with the font it will be drawn in, so that a label
//! that is too long is shortened instead of running into its neighbor.

use std::sync::{LazyLock, Once};

use ab_glyph::{Font as _, FontRef};
use colorize_base::thousands;
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

/// The font's name as plotters looks it up and as SVG files name it. The list is for readers of
/// the SVG whose machine lacks `DejaVu`: Verdana shares its widths closely.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// How far the highest letters reach above the baseline, in em.
pub(super) const ASCENT: f64 = 0.78;
/// How far the lowest letters reach below the baseline, in em.
pub(super) const DESCENT: f64 = 0.24;
/// Height of a capital letter, in em.
pub(super) const CAPITAL: f64 = 0.729;

/// The font's ascent and descent together, in em: the unit of size of `ab_glyph`.
pub(super) const EM_TO_BITMAP_SIZE: f64 = 2384.0 / 2048.0;

/// Weight of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    /// The font file.
    pub(super) fn face(self) -> &'static [u8] {
        match self {
            Self::Regular => dejavu::sans::regular(),
            Self::Bold => dejavu::sans::bold(),
        }
    }

    fn style(self) -> FontStyle {
        match self {
            Self::Regular => FontStyle::Normal,
            Self::Bold => FontStyle::Bold,
        }
    }
}

/// The font at plotters' `size`, registered on first use.
pub(super) fn font(size: f64, weight: Weight) -> FontDesc<'static> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        for weight in [Weight::Regular, Weight::Bold] {
            // The fonts are part of the program: a failure here is one that every test would see.
            let _ = register_font(FAMILY, weight.style(), weight.face());
        }
    });
    FontDesc::new(FontFamily::Name(FAMILY), size, weight.style())
}

/// Width of `text` in points, at `size` points per em.
pub(super) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    static FACES: LazyLock<[Option<FontRef<'static>>; 2]> = LazyLock::new(|| {
        [Weight::Regular, Weight::Bold].map(|weight| FontRef::try_from_slice(weight.face()).ok())
    });
    let face = match weight {
        Weight::Regular => &FACES[0],
        Weight::Bold => &FACES[1],
    };
    // The fonts are part of the program: that one cannot be read is a failure that every test would
    // see, and no reason to panic.
    let Some(face) = face else {
        return text.chars().count() as f64 * 0.65 * size;
    };
    let mut units = 0.0;
    let mut before = None;
    for letter in text.chars() {
        let glyph = face.glyph_id(letter);
        units += before.map_or(0.0, |before| f64::from(face.kern_unscaled(before, glyph)));
        units += f64::from(face.h_advance_unscaled(glyph));
        before = Some(glyph);
    }
    units / f64::from(face.units_per_em().unwrap_or(2048.0)) * size
}

/// `text` on one line and without characters that XML forbids.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

/// Where a text that is too long loses letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shorten {
    /// At its end: sentences, titles.
    End,
    /// In its middle: file and run names, whose two ends tell them apart.
    Middle,
}

/// `text`, cleaned, and with an ellipsis if it would be wider than `module` points.
pub(super) fn fit(text: &str, size: f64, weight: Weight, room: f64, shorten: Shorten) -> String {
    let text = clean(text);
    if width(&text, size, weight) <= room {
        return text;
    }
    let letters: Vec<char> = text.chars().collect();
    let kept = |count: usize| -> String {
        let front = match shorten {
            Shorten::End => count,
            Shorten::Middle => count.div_ceil(2),
        };
        let back = letters.len() - (count - front);
        let front: String = letters[..front].iter().collect();
        let back: String = letters[back..].iter().collect();
        format!("{}…{}", front.trim_end(), back.trim_start())
    };
    // The widest that fits, by bisection: widths grow with the number of letters kept.
    let (mut fits, mut too_many) = (0, letters.len());
    while fits + 1 < too_many {
        let middle = usize::midpoint(fits, too_many);
        if width(&kept(middle), size, weight) <= room {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    let shortened = kept(fits);
    if width(&shortened, size, weight) <= room {
        shortened
    } else {
        String::new()
    }
}

/// `text` on one line if it fits in `module` points, else on two broken at the space that leaves them
/// most even; what is still too long is for [`fit`] to shorten.
pub(super) fn wrapped(text: &str, size: f64, weight: Weight, room: f64) -> Vec<String> {
    let text = clean(text);
    if width(&text, size, weight) <= room {
        return vec![text];
    }
    let longer = |at: usize| {
        let (first, second) = text.split_at(at);
        width(first, size, weight).max(width(second.trim_start(), size, weight))
    };
    let spaces = text.match_indices(' ').map(|(at, _)| at);
    match spaces.min_by(|a, b| longer(*a).total_cmp(&longer(*b))) {
        Some(at) => {
            let (first, second) = text.split_at(at);
            vec![first.to_owned(), second.trim_start().to_owned()]
        }
        None => vec![text],
    }
}

/// A name on at most `most` lines of `module` points: broken at spaces, and within a word after the
/// signs that join its parts, where it is too long for a line; what is still too long is for [`fit`]
/// to shorten.
pub(super) fn name_lines(
    name: &str,
    size: f64,
    weight: Weight,
    room: f64,
    most: usize,
) -> Vec<String> {
    let fits = |line: &str| width(line.trim_end(), size, weight) <= room;
    let name = clean(name);
    if fits(&name) {
        return vec![name];
    }
    let even = wrapped(&name, size, weight, room);
    if most > 1 && even.len() == 2 && even.iter().all(|line| fits(line)) {
        return even;
    }
    let parts = name.split_inclusive(' ').flat_map(|word| {
        let joints: &[char] = if fits(word) {
            &[]
        } else {
            &['-', '_', '/', '=', ',']
        };
        word.split_inclusive(joints)
    });
    let mut lines: Vec<String> = vec![String::new()];
    for part in parts {
        let full = lines.len() == most;
        match lines.last_mut() {
            Some(line) if full || line.is_empty() || fits(&format!("{line}{part}")) => {
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines.iter().map(|line| line.trim().to_owned()).collect()
}

/// `text` as [`wrapped`] has it if its two lines fit, else on as many lines as its words fill, at most `most`; what is
/// still too long is for [`fit`] to shorten.
pub(super) fn paragraph(
    text: &str,
    size: f64,
    weight: Weight,
    room: f64,
    most: usize,
) -> Vec<String> {
    let fits = |line: &str| width(line, size, weight) <= room;
    let even = wrapped(text, size, weight, room);
    if even.iter().all(|line| fits(line)) {
        return even;
    }
    let text = clean(text);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let full = lines.len() == most;
        match lines.last_mut() {
            Some(line) if full || fits(&format!("{line} {word}")) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A peak signal-to-noise ratio as figures write it: two decimals and the unit, `24.05 dB`.
///
/// Infinity (equal pictures) is `∞ dB`, and what is no number is `– dB`.
pub fn decibels(value: f64) -> String {
    quantity(value, 2, "dB")
}

/// A number with `digits` decimals and its unit; the unit may be empty.
pub(super) fn quantity(value: f64, digits: usize, unit: &str) -> String {
    let number = if value.is_nan() {
        "–".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "∞" } else { "−∞" }.to_owned()
    } else {
        grouped(value, digits)
    };
    if unit.is_empty() {
        number
    } else {
        format!("{number} {unit}")
    }
}

/// A number with `digits` decimals and its sign, which zero has not; a dash for what is none.
pub(super) fn signed(value: f64, digits: usize) -> String {
    let number = quantity(value, digits, "");
    let positive = value > 0.0 && number.contains(|c: char| matches!(c, '1'..='9' | '∞'));
    if positive {
        format!("+{number}")
    } else {
        number
    }
}

/// A finite number with `digits` decimals, a comma between thousands and a true minus sign.
pub(super) fn grouped(value: f64, digits: usize) -> String {
    let plain = format!("{:.digits$}", value.abs());
    let (whole, decimals) = plain.split_once('.').unwrap_or((plain.as_str(), ""));
    let mut written = String::new();
    if value < 0.0 && plain.contains(|c: char| c.is_ascii_digit() && c != '0') {
        written.push('−');
    }
    written.push_str(&thousands(whole));
    if !decimals.is_empty() {
        written.push('.');
        written.push_str(decimals);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_grows_with_letters_weight_and_size() {
        let regular = width("Ground truth", 10.0, Weight::Regular);
        assert!((width("Ground truth", 20.0, Weight::Regular) - 2.0 * regular).abs() < 0.1);
        assert!(width("Ground truth", 10.0, Weight::Bold) > regular);
        // DejaVu Sans: an em dash is one em wide.
        assert!((width("—", 10.0, Weight::Regular) - 10.0).abs() < 0.1);
    }

    #[test]
    fn a_long_text_is_shortened_to_its_room() {
        let name = "02-stopsigns/s0-0123456789-a-very-long-name.jpg";
        for room in [0.0, 5.0, 12.0, 40.0, 90.0, 1000.0] {
            for shorten in [Shorten::End, Shorten::Middle] {
                let fitted = fit(name, 10.0, Weight::Regular, room, shorten);
                assert!(width(&fitted, 10.0, Weight::Regular) <= room);
            }
        }
        let middle = fit(name, 10.0, Weight::Regular, 120.0, Shorten::Middle);
        assert!(middle.starts_with("02-stop") && middle.ends_with("name.jpg"));
        assert_eq!(
            fit("a\nb\u{0}", 10.0, Weight::Regular, 99.0, Shorten::End),
            "a b "
        );
    }

    #[test]
    fn a_heading_breaks_at_its_most_even_space() {
        let lines = |text: &str| wrapped(text, 10.0, Weight::Regular, 100.0);
        assert_eq!(lines("Batch norm"), ["Batch norm"]);
        assert_eq!(
            lines("Fusion, EfficientNet-Lite0, mean"),
            ["Fusion,", "EfficientNet-Lite0, mean"]
        );
        assert_eq!(lines("a-name-without-any-space").len(), 1);
    }

    #[test]
    fn a_name_breaks_where_its_parts_join() {
        let lines = |name: &str, most| name_lines(name, 10.0, Weight::Regular, 75.0, most);
        assert_eq!(lines("03-yuv", 3), ["03-yuv"]);
        assert_eq!(lines("00-instancenorm", 3), ["00-", "instancenorm"]);
        assert_eq!(lines("norm=batch scale=8", 3), ["norm=batch", "scale=8"]);
        assert_eq!(lines("a-very-long-name-of-many-parts", 2).len(), 2);
    }

    #[test]
    fn a_paragraph_takes_the_lines_that_it_needs() {
        let lines = |text: &str| paragraph(text, 10.0, Weight::Regular, 100.0, 3);
        assert_eq!(
            lines("Fusion, mean of features"),
            wrapped("Fusion, mean of features", 10.0, Weight::Regular, 100.0)
        );
        let sentence = "A network that keeps the photograph's luma makes a better picture";
        let filled = lines(sentence);
        assert_eq!(filled.len(), 3);
        assert_eq!(filled.join(" "), sentence);
        assert!(
            filled[..2]
                .iter()
                .all(|line| width(line, 10.0, Weight::Regular) <= 100.0)
        );
    }

    #[test]
    fn numbers_are_written_for_readers() {
        assert_eq!(decibels(24.046), "24.05 dB");
        assert_eq!(decibels(f64::INFINITY), "∞ dB");
        assert_eq!(decibels(f64::NAN), "– dB");
        assert_eq!(grouped(1_234_567.0, 0), "1,234,567");
        assert_eq!(grouped(-999.5, 1), "−999.5");
        assert_eq!(grouped(-0.001, 2), "0.00");
        assert_eq!(quantity(0.5, 3, ""), "0.500");
        let signs = [0.42, -0.42, 0.004, -0.004, f64::INFINITY, f64::NAN];
        let written = ["+0.42", "−0.42", "0.00", "0.00", "+∞", "–"];
        assert_eq!(signs.map(|value| signed(value, 2)), written);
    }
}
