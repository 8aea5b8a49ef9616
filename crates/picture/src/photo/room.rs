//! One limit of memory for all photographs that are being decoded.

use std::sync::{Condvar, Mutex, PoisonError};

/// Bytes that all threads together may take for decoding: what the largest single photograph can need.
const MOST: u64 = 8 * super::MOST_PIXELS;

static TAKEN: Mutex<u64> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

/// A part of the memory for decoding, given back when dropped.
#[derive(Debug)]
pub(super) struct Room(u64);

impl Room {
    /// Waits until `bytes` are free; what is larger than all of the memory waits until it is alone.
    ///
    /// A thread that holds one must not ask for another: it would wait for itself.
    pub(super) fn take(bytes: u64) -> Self {
        let bytes = bytes.min(MOST);
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = FREED
            .wait_while(taken, |taken| *taken + bytes > MOST)
            .unwrap_or_else(PoisonError::into_inner);
        *taken += bytes;
        Self(bytes)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= self.0;
        FREED.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn all_threads_together_stay_below_the_limit() {
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8_u64 {
                let (now, most) = (&now, &most);
                scope.spawn(move || {
                    for turn in 0..50 {
                        let bytes = MOST / (1 + (thread + turn) % 5);
                        // Twice the limit is the limit.
                        let _room = Room::take(if bytes == MOST { 2 * MOST } else { bytes });
                        let held = now.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        most.fetch_max(held, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(bytes, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(most.into_inner() <= MOST);
    }
}
