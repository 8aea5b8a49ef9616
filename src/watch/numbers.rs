//! Numbers in few letters.

use std::time::Duration;

/// Four significant digits, or an exponent where that would be long.
pub(super) fn short(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "not a number".to_owned()
        } else {
            value.to_string()
        };
    }
    let magnitude = value.abs();
    if magnitude == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e6).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let before_point = magnitude.log10().floor() as i32 + 1;
    let digits = (4 - before_point).clamp(0, 6) as usize;
    format!("{value:.digits$}")
}

/// `1:02:03`, or `02:03` below an hour; days where there are some.
pub(super) fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        1..48 => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{} d {} h", hours / 24, hours % 24),
    }
}

/// The largest unit alone, for how long ago something was: `12 s`, `5 min`, `3 h`, `2 d`.
pub(super) fn age(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// Steps per second, or seconds per step where they are slow.
pub(super) fn rate(steps_per_second: f64) -> String {
    if steps_per_second >= 1.0 {
        format!("{}/s", short(steps_per_second))
    } else {
        format!("{} s/step", short(1.0 / steps_per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown: Vec<String> = [
            0.0, 0.012_345, 1.234_56, 23.4567, 345.678, 12_345.6, -0.5, 1e-5, 2.5e9,
        ]
        .map(short)
        .to_vec();
        assert_eq!(
            shown,
            [
                "0", "0.01235", "1.235", "23.46", "345.7", "12346", "-0.5000", "1.00e-5", "2.50e9"
            ]
        );
        assert_eq!(short(f64::NAN), "not a number");
        assert_eq!(short(f64::INFINITY), "inf");
    }

    #[test]
    fn times_are_short() {
        let clocks = [59, 3599, 3725, 200_000].map(|s| clock(Duration::from_secs(s)));
        assert_eq!(clocks, ["00:59", "59:59", "1:02:05", "2 d 7 h"]);
        let ages = [5, 300, 7200, 400_000].map(|s| age(Duration::from_secs(s)));
        assert_eq!(ages, ["5 s", "5 min", "2 h", "4 d"]);
        assert_eq!([rate(12.5), rate(0.25)], ["12.50/s", "4.000 s/step"]);
    }
}
