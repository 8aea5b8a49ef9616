//! Numbers of things.

use super::thousands;

/// A number of things whose plural ends in an s: `1 run`, `12 runs`, `7,081 images`.
pub fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", thousands(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_no_plural() {
        let read = [0, 1, 12, 7081].map(|number| counted(number, "image"));
        assert_eq!(read, ["0 images", "1 image", "12 images", "7,081 images"]);
    }
}
