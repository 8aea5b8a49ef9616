//! Whether the system gives this process the threads that it is going to need.
//!
//! The pools of libraries panic where a thread cannot be started. So all of them are started once, at the same time, before
//! any work is done, and ended again.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use crate::command_error::CommandError;

/// Threads for each processor: those of decoding and computing, of data frames, and of libtorch.
const FOR_EACH: usize = 3;

/// Threads beside these: what prepares batches, what writes the log, the heartbeat, burn-train's own.
const BESIDE: usize = 16;

/// The stack of a thread that only waits.
const STACK: usize = 1 << 16;

/// Makes sure that the threads of any command can be started.
///
/// # Errors
///
/// When they cannot, with what to do.
pub(crate) fn ensure() -> Result<(), CommandError> {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let wanted = FOR_EACH * processors + BESIDE;
    let (started, refused) = start(wanted);
    match refused {
        None => Ok(()),
        Some(error) => Err(CommandError::failure(format!(
            "cannot start {wanted} threads, only {started}: {error}; raise the limit on processes (`ulimit -u`), or end others \
             of this user"
        ))),
    }
}

/// Starts so many threads, and ends them once all have begun; how many there were, and why there were no more.
fn start(wanted: usize) -> (usize, Option<io::Error>) {
    let gate = Arc::new(RwLock::new(()));
    let closed = gate.write().unwrap_or_else(PoisonError::into_inner);
    let mut threads: Vec<JoinHandle<()>> = Vec::with_capacity(wanted);
    let mut refused = None;
    while threads.len() < wanted {
        let gate = Arc::clone(&gate);
        let wait = move || drop(gate.read().unwrap_or_else(PoisonError::into_inner));
        match thread::Builder::new().stack_size(STACK).spawn(wait) {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    drop(closed);
    let started = threads.len();
    for thread in threads {
        // It does nothing that can fail.
        let _ = thread.join();
    }
    (started, refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_started_together_and_ended() {
        let (started, refused) = start(50);
        assert_eq!(started, 50);
        assert!(refused.is_none());
    }
}
