//! Whole numbers for people.

use std::fmt::Display;

/// A whole number, which is not negative, with a comma between thousands: `1,234,567`.
pub fn thousands(number: impl Display) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        let read = [7, 999, 1000, 1234, 6448, 1_000_000, 1_234_567].map(thousands);
        assert_eq!(
            read,
            [
                "7",
                "999",
                "1,000",
                "1,234",
                "6,448",
                "1,000,000",
                "1,234,567"
            ]
        );
    }
}
