//! Lines on the terminal. A reader that closes the output early is no error; anything else that loses output is, and
//! [`lost`] says so at the end. Control characters in names and titles are written out.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use colorize_base::visible;
use indicatif::MultiProgress;

use crate::runs::Strays;

/// Why the standard output lost something, the first time that it did.
static LOST: Mutex<Option<io::Error>> = Mutex::new(None);

/// Whether only warnings and errors are said.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Bars at the bottom of the terminal, above which lines are written.
static BARS: Mutex<Option<MultiProgress>> = Mutex::new(None);

/// From now on writes above these bars, or where the last line ended.
pub(crate) fn say_above(bars: Option<MultiProgress>) {
    *BARS.lock().unwrap_or_else(PoisonError::into_inner) = bars;
}

/// From now on says warnings and errors alone.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Whether [`be_quiet`] was asked for.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Writes a line to the standard output.
pub(crate) fn line(text: &str) {
    if !is_quiet() {
        keep(writeln!(io::stdout(), "{}", visible(text)));
    }
}

/// Writes a text that ends its own lines to the standard output.
pub(crate) fn text(text: &str) {
    keep(io::stdout().write_all(visible(text).as_bytes()));
}

/// Writes a line for a person who watches, to the standard error stream.
pub(crate) fn note(text: &str) {
    if !is_quiet() {
        say(&visible(text));
    }
}

/// Writes what should not go unnoticed, to the standard error stream.
pub(crate) fn warning(text: &str) {
    say(&visible(&format!("warning: {text}")));
}

/// Writes a line to the standard error stream as it is, such as an error that is drawn in color.
pub(crate) fn say(text: &str) {
    // Where nobody listens, nobody can be told.
    let write = || drop(writeln!(io::stderr(), "{text}"));
    match &*BARS.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(bars) => bars.suspend(write),
        None => write(),
    }
}

/// Says which folders hold runs that are counted elsewhere, or that lie under other names than their own.
pub(crate) fn strays(strays: &Strays) {
    for remark in strays.remarks() {
        warning(&remark);
    }
}

/// Remembers that output was lost.
pub(crate) fn keep(written: io::Result<()>) {
    if let Err(error) = written {
        let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
        lost.get_or_insert(error);
    }
}

/// Why something that was written to the standard output did not arrive, where it did not: a full disk, but not a reader
/// that has seen enough.
pub(crate) fn lost() -> Option<io::Error> {
    keep(io::stdout().flush());
    let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
    lost.take()
        .filter(|error| error.kind() != ErrorKind::BrokenPipe)
}
