//! Files that somebody else named. A pipe is waited for without end, a device never ends, and a file may be larger than the
//! memory: so what is read is a regular file, or a link to one, of at most a certain size.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use crate::readable_size;

/// The most bytes of a text that people write, such as an experiment file: 16 MiB.
pub const MOST_TEXT: u64 = 1 << 24;

/// The most bytes of a record that a program writes, such as `run.json`, which may name every photograph: 256 MiB.
pub const MOST_RECORD: u64 = 1 << 28;

/// The most bytes of a picture: 1 GiB, more than the largest photograph that is decoded takes without compression.
pub const MOST_PICTURE: u64 = 1 << 30;

/// The most bytes of a file of numbers, such as a table or the weights of a network: 16 GiB.
pub const MOST_NUMBERS: u64 = 1 << 34;

/// Opens a regular file, or a link to one, for reading. A folder is opened too, where the system permits it: reading says
/// then what it is.
///
/// # Errors
///
/// What the system says, and [`ErrorKind::InvalidData`] for a pipe, a socket or a device, which is not opened.
pub fn open_file(path: &Path) -> io::Result<File> {
    // To open a pipe is to wait for its writer.
    refuse_special(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    refuse_special(&file.metadata()?)?;
    Ok(file)
}

/// Reads a whole file that [`open_file`] opens, of at most `most` bytes.
///
/// # Errors
///
/// As [`open_file`]; [`ErrorKind::InvalidData`] for a larger file, [`ErrorKind::OutOfMemory`] where memory is short.
pub fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open_file(path)?;
    let length = file.metadata()?.len();
    let too_large = |length: u64| {
        let [length, most] = [length, most].map(readable_size);
        invalid(format!("it has {length}, but at most {most} are read"))
    };
    if length > most {
        return Err(too_large(length));
    }
    let mut bytes = Vec::new();
    let room = usize::try_from(length).unwrap_or(usize::MAX);
    bytes
        .try_reserve_exact(room)
        .map_err(|_| io::Error::from(ErrorKind::OutOfMemory))?;
    // It may grow while it is read.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        length if length > most => Err(too_large(length)),
        _ => Ok(bytes),
    }
}

/// Reads a whole text; see [`read_file`].
///
/// # Errors
///
/// As [`read_file`], and [`ErrorKind::InvalidData`] for what is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read_file(path, most)?;
    String::from_utf8(bytes).map_err(|_| invalid("it is not UTF-8".to_owned()))
}

fn refuse_special(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() || metadata.is_dir() {
        return Ok(());
    }
    let kind = special(metadata);
    Err(invalid(format!(
        "it is {kind}, and not a file: write what it holds to a file first"
    )))
}

fn invalid(message: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, message)
}

#[cfg(unix)]
fn special(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_metadata: &Metadata) -> &'static str {
    "a pipe or a device"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read_text(&path, 5).unwrap(), "12345");
        let error = read_file(&path, 4).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert_eq!(error.to_string(), "it has 5 B, but at most 4 B are read");
        fs::write(&path, b"\xff").unwrap();
        let error = read_text(&path, 5).unwrap_err();
        assert_eq!(error.to_string(), "it is not UTF-8");
        let error = read_file(&folder.path().join("none"), 5).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(read_file(folder.path(), 5).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_opened() {
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;

        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let made = std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status()
            .unwrap();
        assert!(made.success());
        let _socket = UnixListener::bind(at("socket")).unwrap();
        symlink("/dev/zero", at("device")).unwrap();
        for name in ["pipe", "socket", "device"] {
            let error = read_file(&at(name), 5).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData);
            let expected = format!("it is a {name}, and not a file");
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
        fs::write(at("file"), "1").unwrap();
        symlink("file", at("link")).unwrap();
        assert_eq!(read_file(&at("link"), 5).unwrap(), b"1");
    }
}
