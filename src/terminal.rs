//! Lines on the terminal. A closed output is not an error.

use std::io::Write;

use crate::runs::Strays;

/// Writes a line to the standard output.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Writes a text that ends its own lines to the standard output.
pub(crate) fn text(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Writes a line for a person who watches, to the standard error stream.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Says which folders hold runs that are counted elsewhere, or that lie under other names than their own.
pub(crate) fn strays(strays: &Strays) {
    for remark in strays.remarks() {
        note(&format!("warning: {remark}"));
    }
}
