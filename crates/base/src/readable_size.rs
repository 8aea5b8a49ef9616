//! Numbers of bytes for people.

/// A number of bytes as a person reads it, in decimal units: `512 B`, `33.1 kB`, `539.9 MB`, `19.34 GB`. More than
/// 999.99 YB is not told apart.
pub fn readable_size(bytes: impl Into<u128>) -> String {
    const UNITS: [&str; 8] = ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
    let bytes = bytes.into();
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1e3;
    let mut unit = 0;
    // What would be rounded to 1000.0 is one of the next unit.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1e3;
        unit += 1;
    }
    let decimals = if unit < 2 { 1 } else { 2 };
    format!("{:.decimals$} {}", value.min(999.99), UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_a_unit() {
        for (bytes, read) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (300_000, "300.0 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (3_145_728, "3.1 MB"),
            (999_949_999, "999.9 MB"),
            (999_950_000, "1.00 GB"),
            (19_336_861_798, "19.34 GB"),
            (33_140_000_000, "33.14 GB"),
            (1_000_000_000_000_000, "1.00 PB"),
            (u128::MAX, "999.99 YB"),
        ] {
            assert_eq!(readable_size(bytes), read);
        }
        assert_eq!(readable_size(1_000_000_u64), "1.0 MB");
    }
}
