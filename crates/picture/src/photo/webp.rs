//! Whether a WebP file is whole, which its decoder does not ask: it fills up what is cut off.

use super::PhotoFault;

/// Compares the sizes that the container and its chunks promise with the bytes that are there.
pub(super) fn judge(bytes: &[u8]) -> Result<(), PhotoFault> {
    let size = |at: usize| {
        let size = bytes.get(at..)?.first_chunk::<4>()?;
        Some(u64::from(u32::from_le_bytes(*size)))
    };
    let there = bytes.len();
    let truncated = |promised| Err(PhotoFault::Truncated { there, promised });
    let promised = 8 + size(4).unwrap_or(u64::MAX - 8);
    if promised > there as u64 {
        return truncated(promised);
    }
    let mut at = 12; // after `RIFF`, the size and `WEBP`
    while let Some(length) = size(at + 4).filter(|_| (at + 8) as u64 <= promised) {
        let end = (at + 8) as u64 + length;
        if end > promised {
            return truncated(end);
        }
        at = (end + length % 2) as usize;
    }
    Ok(())
}
