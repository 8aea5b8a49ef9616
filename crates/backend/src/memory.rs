//! What becomes of memory that is given back.

/// From now on the C library keeps what is given back for the next who asks, where it is glibc. Otherwise large blocks go
/// back to the system at once, and at the end of a training step nearly all of them: the next step then faults them in
/// again, page by page, which takes a quarter of its time. How much memory is used at most stays as it is.
pub(super) fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            /// Bytes that are asked of the system at a time: less often, not more.
            const AT_ONCE: libc::c_int = 64 << 20;
            #[expect(
                unsafe_code,
                reason = "the only way to the C library's settings: numbers go in, and it takes its own lock"
            )]
            // SAFETY: mallopt has no requirements, may be called at any time from any thread, and refuses what it does not know.
            unsafe {
                // No block is mapped for itself, and the end of the heap is never given back.
                libc::mallopt(libc::M_MMAP_MAX, 0);
                libc::mallopt(libc::M_TRIM_THRESHOLD, -1);
                libc::mallopt(libc::M_TOP_PAD, AT_ONCE);
            }
        });
    }
}

/// Gives memory that is free back to the system, where the C library is glibc. What was freed by one kind of work rarely
/// fits the blocks of the next, so without this two of them, one after the other, need almost as much as both together.
/// Faulting it in again costs a fraction of a second.
pub fn release() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(
            unsafe_code,
            reason = "the only way to the C library's free memory: a number goes in, and it takes its own locks"
        )]
        // SAFETY: malloc_trim touches free memory alone, and may be called at any time from any thread.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}
