//! Axes: the range shown, where ticks stand and what they say.

use super::text;

/// How an axis spaces its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal differences are equal distances.
    #[default]
    Linear,
    /// Equal ratios are equal distances; values of zero and less cannot be shown.
    Log,
}

impl Scale {
    /// Whether a value has a place on such an axis.
    pub(super) fn shows(self, value: f64) -> bool {
        // Beyond 1e100 a value is a sign of a broken run and would only break the arithmetic.
        let drawable = value.is_finite() && value.abs() < 1e100;
        match self {
            Self::Linear => drawable,
            Self::Log => drawable && value > 1e-100,
        }
    }
}

/// A labeled place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// An axis with its range and ticks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    pub(super) ticks: Vec<Tick>,
}

impl Axis {
    /// An axis that shows `low` to `high` with about `wanted` ticks and, at each end, `padding`
    /// (a share of its length) to spare. Both ends must be values that `scale` shows.
    pub(super) fn new(scale: Scale, low: f64, high: f64, wanted: usize, padding: f64) -> Self {
        let (low, high) = match scale {
            Scale::Linear => {
                let (low, high) = if high > low {
                    (low, high)
                } else {
                    let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
                    (low - room, low + room)
                };
                let spare = (high - low) * padding;
                let step = round_step(low, high, wanted).0;
                // 9,999 steps end where 10,000 would: let the axis have that tick.
                let near = (high / step).ceil() * step;
                let high = if near - high < (high - low) * 0.03 {
                    near.max(high)
                } else {
                    high
                };
                (low - spare, high + spare)
            }
            Scale::Log => {
                let (low, high) = if high > low {
                    (low, high)
                } else {
                    (low / 2.0, low * 2.0)
                };
                let spare = (high / low).powf(padding);
                (low / spare, high * spare)
            }
        };
        let ticks = match scale {
            Scale::Linear => linear_ticks(low, high, wanted),
            Scale::Log => log_ticks(low, high, wanted),
        };
        Self {
            scale,
            low,
            high,
            ticks,
        }
    }

    /// A linear axis from zero to a little beyond `high`, which is not negative.
    pub(super) fn from_zero(high: f64, wanted: usize) -> Self {
        let high = if high > 0.0 { high * 1.05 } else { 1.0 };
        Self::new(Scale::Linear, 0.0, high, wanted, 0.0)
    }

    /// Where `value` stands, from 0 at the low end to 1 at the high end, and no further.
    pub(super) fn share(&self, value: f64) -> f64 {
        let share = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => {
                (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
            }
        };
        share.clamp(0.0, 1.0)
    }
}

/// The distance of ticks, 1, 2, 2.5 or 5 times a power of ten, and the decimals that show it.
fn round_step(low: f64, high: f64, wanted: usize) -> (f64, usize) {
    let rough = (high - low) / wanted.max(1) as f64;
    let power = rough.log10().floor() as i32;
    // Each with the decimals that it needs beyond the power's own.
    let candidates = [(1.0, 0), (2.0, 0), (2.5, 1), (5.0, 0), (10.0, -1)];
    let ratio = rough / 10_f64.powi(power);
    let distance = |factor: f64| (factor / ratio).ln().abs();
    let (factor, extra_digits) = candidates
        .into_iter()
        .min_by(|a, b| distance(a.0).total_cmp(&distance(b.0)))
        .unwrap_or((1.0, 0));
    let step = factor * 10_f64.powi(power);
    (step, (extra_digits - power).max(0) as usize)
}

fn linear_ticks(low: f64, high: f64, wanted: usize) -> Vec<Tick> {
    let (step, digits) = round_step(low, high, wanted);
    let (first, last) = ((low / step).ceil(), (high / step).floor());
    // So near to each other, so far from zero, that no tick can be told from the next.
    if step == 0.0 || !(last - first).is_finite() || last - first > 100.0 || first + 1.0 <= first {
        return Vec::new();
    }
    let count = (last - first).max(-1.0) as i64 + 1;
    (0..count)
        .map(|tick| {
            let value = (first + tick as f64) * step;
            Tick {
                value,
                label: number(value, step, digits),
            }
        })
        .collect()
}

/// Powers of ten, with 2 and 5 times them where the range is short, or linear ticks where it
/// spans no two of those.
fn log_ticks(low: f64, high: f64, wanted: usize) -> Vec<Tick> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let within = |value: &f64| *value >= low && *value <= high;
    let powers = |every: i32| {
        (first..=last)
            .filter(move |power| power.rem_euclid(every) == 0)
            .map(|power| 10_f64.powi(power))
            .filter(within)
            .collect::<Vec<_>>()
    };
    let mut values = powers(1);
    if values.len() < 3 {
        values = (first..=last)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * 10_f64.powi(power)))
            .filter(within)
            .collect();
    }
    if values.len() < 3 {
        return linear_ticks(low, high, wanted)
            .into_iter()
            .filter(|tick| tick.value > 0.0)
            .collect();
    }
    let mut every = 0;
    while values.len() > wanted.max(2) + 2 {
        every += 1;
        values = powers(every);
    }
    values
        .into_iter()
        .map(|value| {
            let power = value.log10().floor() as i32;
            Tick {
                value,
                label: number(value, value, (-power).max(0) as usize),
            }
        })
        .collect()
}

/// A tick's label: plain where that is short, else with a power of ten.
fn number(value: f64, step: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value.abs() < 1e9 && digits <= 4 {
        return text::grouped(value, digits);
    }
    let power = value.abs().log10().floor() as i32;
    let mantissa = value / 10_f64.powi(power);
    // As many digits as tell this tick from the next, and one more where the step itself has two: 2.5.
    let of_step = step.log10().floor();
    let rest = step / 10_f64.powf(of_step);
    let more = if (rest - rest.round()).abs() > 1e-6 {
        1.0
    } else {
        0.0
    };
    let digits = (f64::from(power) - of_step + more).clamp(0.0, 6.0) as usize;
    let power = superscript(power);
    if digits == 0 && (mantissa.abs() - 1.0).abs() < 1e-9 {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}10{power}");
    }
    format!("{}×10{power}", text::grouped(mantissa, digits))
}

fn superscript(power: i32) -> String {
    power
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => char::from_u32(u32::from(digit) - u32::from('0') + 0x2070).unwrap_or(digit),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        let steps = Axis::new(Scale::Linear, 0.0, 10_000.0, 5, 0.0);
        assert_eq!(
            labels(&steps),
            ["0", "2,000", "4,000", "6,000", "8,000", "10,000"]
        );
        let psnr = Axis::new(Scale::Linear, 11.6, 24.1, 5, 0.04);
        assert_eq!(labels(&psnr), ["12.5", "15.0", "17.5", "20.0", "22.5"]);
        let errors = Axis::new(Scale::Linear, 0.0, 0.001, 4, 0.0);
        assert_eq!(
            labels(&errors),
            ["0", "2.5×10⁻⁴", "5.0×10⁻⁴", "7.5×10⁻⁴", "1.00×10⁻³"]
        );
        let signed = Axis::new(Scale::Linear, -1.0, 1.0, 4, 0.0);
        assert_eq!(labels(&signed), ["−1.0", "−0.5", "0", "0.5", "1.0"]);
    }

    #[test]
    fn log_ticks_are_powers_or_one_two_five() {
        let wide = Axis::new(Scale::Log, 1e-6, 10.0, 5, 0.0);
        assert_eq!(labels(&wide), ["10⁻⁶", "0.0001", "0.01", "1"]);
        let short = Axis::new(Scale::Log, 0.009, 0.065, 5, 0.04);
        assert_eq!(labels(&short), ["0.01", "0.02", "0.05"]);
        let bar = Axis::new(Scale::Log, 0.02, 6.0, 4, 0.0);
        assert_eq!(labels(&bar), ["0.1", "1"]);
        let tiny = Axis::new(Scale::Log, 3.1, 3.9, 4, 0.0);
        assert_eq!(labels(&tiny), ["3.2", "3.4", "3.6", "3.8"]);
    }

    #[test]
    fn odd_ranges_have_finite_places() {
        for (low, high) in [
            (0.0, 0.0),
            (5.0, 5.0),
            (-1e99, 1e99),
            (1.0, 1.0 + 1e-15),
            (1e-99, 1e99),
        ] {
            for scale in [Scale::Linear, Scale::Log] {
                if !scale.shows(low) {
                    continue;
                }
                let axis = Axis::new(scale, low, high, 5, 0.04);
                assert!(axis.ticks.len() < 40, "{low} {high}");
                for value in axis.ticks.iter().map(|tick| tick.value).chain([low, high]) {
                    assert!(
                        (0.0..=1.0).contains(&axis.share(value)),
                        "{low} {high} {value}"
                    );
                }
            }
        }
    }
}
