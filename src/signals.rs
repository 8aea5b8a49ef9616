//! The signals that ask the program to stop.

use std::io;

/// Calls `stop` each time that the terminal or another process asks for an end: Ctrl-C, a closed terminal, `kill`. A signal
/// that was ignored when the program started, as under `nohup` and for `&` in a script, stays ignored.
///
/// # Errors
///
/// When the system admits no handler.
#[cfg(unix)]
pub(crate) fn on_stop(mut stop: impl FnMut() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let ignored = ignored();
    let heard = [SIGHUP, SIGINT, SIGTERM].into_iter();
    let mut signals = Signals::new(heard.filter(|&signal| ignored >> (signal - 1) & 1 == 0))?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for _ in signals.forever() {
                stop();
            }
        })?;
    Ok(())
}

/// The same, where Ctrl-C is all there is.
#[cfg(not(unix))]
pub(crate) fn on_stop(stop: impl FnMut() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(stop).map_err(io::Error::other)
}

/// The signals that this process ignores, the first one in the lowest bit; none where the system does not tell.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    mask(&status).unwrap_or_default()
}

#[cfg(unix)]
fn mask(status: &str) -> Option<u64> {
    let mut lines = status.lines();
    let digits = lines.find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(digits.trim(), 16).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_which_signals_are_ignored() {
        let status = "Name:\tcolorize\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001003\n";
        // HUP, INT and PIPE.
        assert_eq!(mask(status), Some(1 << 12 | 0b11));
        assert_eq!(mask("Name:\tcolorize\n"), None);
    }
}
