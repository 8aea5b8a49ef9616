//! SHA-256, written as 64 lower-case hexadecimal digits.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::progress::{Phase, Progress};

/// Bytes that are read, hashed or written at once.
pub(super) const CHUNK: usize = 128 * 1024;

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum([u8; 32]);

impl Checksum {
    /// The checksum that 64 hexadecimal digits mean.
    ///
    /// # Panics
    ///
    /// When they are not that. This is for constants, where the compiler then says so.
    pub const fn of_hex(hex: &str) -> Self {
        let digits = hex.as_bytes();
        assert!(digits.len() == 64, "a SHA-256 has 64 digits");
        let mut bytes = [0; 32];
        let mut at = 0;
        while at < 32 {
            bytes[at] = digit(digits[2 * at]) * 16 + digit(digits[2 * at + 1]);
            at += 1;
        }
        Self(bytes)
    }

    /// The checksum of `bytes`.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::of_hasher(Sha256::new_with_prefix(bytes))
    }

    /// The checksum of all that `hasher` has seen.
    pub(super) fn of_hasher(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

/// The value of a hexadecimal digit.
const fn digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => panic!("not a hexadecimal digit"),
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Hashes what is left of `file`, of which `total` is told as the whole.
pub(super) fn hash_file(
    file: &mut File,
    total: u64,
    progress: &dyn Fn(Progress),
) -> io::Result<Sha256> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut done = 0;
    loop {
        let count = match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..count]);
        done += count as u64;
        progress(Progress {
            phase: Phase::Verifying,
            done,
            total,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_and_written_alike() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Checksum::of_hex(hex), Checksum::of_bytes(b""));
        assert_eq!(Checksum::of_hex(hex).to_string(), hex);
        assert_eq!(Checksum::of_hex(&hex.to_uppercase()), Checksum::of_hex(hex));
    }
}
