//! What an archive's directory says, judged before anything is written.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use colorize_base::readable_size;
use zip::read::ZipFileEntry;
use zip::{CompressionMethod, ZipArchive};

use super::{Limits, Wanted};
use crate::error::UnpackError;

/// An archive that is being read.
pub(super) type Zip = ZipArchive<BufReader<File>>;

/// A file that is to be unpacked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its place in the archive's directory.
    pub(super) index: usize,
    /// Its path, relative, of plain names only.
    pub(super) path: PathBuf,
    /// Its length.
    pub(super) bytes: u64,
    /// Its CRC-32.
    pub(super) crc32: u32,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The files, in the archive's order.
    pub(super) files: Vec<Entry>,
    /// The bytes of all of them.
    pub(super) bytes: u64,
    /// Files that are not wanted.
    pub(super) left_out: u64,
}

/// Reads the directory of an archive.
pub(super) fn open(archive: &Path, file: File) -> Result<Zip, UnpackError> {
    ZipArchive::new(BufReader::new(file)).map_err(|error| match error {
        zip::result::ZipError::Io(cause)
            if !matches!(
                cause.kind(),
                std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData
            ) =>
        {
            UnpackError::read(archive)(cause)
        }
        error => UnpackError::Archive {
            archive: archive.to_owned(),
            message: error.to_string(),
        },
    })
}

/// Small files may be packed as well as they can be: not even half a million of them are much.
const RATIO_FROM: u64 = 1024 * 1024;

/// Judges every entry of the archive, the wanted and the others.
pub(super) fn judge(
    archive: &Path,
    zip: &Zip,
    wanted: &Wanted,
    limits: &Limits,
) -> Result<Plan, UnpackError> {
    let refuse = |what: String| UnpackError::Refused {
        archive: archive.to_owned(),
        what,
    };
    if zip.len() as u64 > limits.entries {
        let what = format!("it has {} entries, more than {}", zip.len(), limits.entries);
        return Err(refuse(what));
    }
    if zip.has_duplicate_names() {
        return Err(refuse("two of its entries have the same name".to_owned()));
    }
    let mut plan = Plan {
        files: Vec::new(),
        bytes: 0,
        left_out: 0,
    };
    let mut all_bytes: u64 = 0;
    let mut names = Names::default();
    let metadata = zip.metadata();
    for index in 0..metadata.len() {
        let entry = metadata
            .entry(index)
            .map_err(|error| refuse(error.to_string()))?;
        let name = entry
            .name()
            .map_err(|error| refuse(format!("cannot read the name of entry {index}: {error}")))?;
        let refuse = |what: String| refuse(format!("entry `{}` {what}", name.escape_debug()));
        let path = plain_path(&name).map_err(|what| refuse(what.to_owned()))?;
        names
            .add(&path, entry.is_dir())
            .map_err(|other| refuse(format!("takes the place of `{other}`")))?;
        sound(&entry, limits).map_err(refuse)?;
        if entry.is_dir() {
            continue;
        }
        all_bytes = all_bytes.saturating_add(entry.size());
        if is_wanted(wanted, &name) {
            plan.bytes += entry.size();
            plan.files.push(Entry {
                index,
                path,
                bytes: entry.size(),
                crc32: entry.crc32(),
            });
        } else {
            plan.left_out += 1;
        }
    }
    if all_bytes > limits.bytes {
        return Err(refuse(format!(
            "its files would take up {}, more than {}",
            readable_size(all_bytes),
            readable_size(limits.bytes)
        )));
    }
    if share_bytes(zip) {
        return Err(refuse("its entries share bytes".to_owned()));
    }
    if plan.files.is_empty() {
        return Err(UnpackError::Nothing {
            archive: archive.to_owned(),
            wanted: match wanted {
                Wanted::Under(root) => format!("files in a folder `{root}`"),
                Wanted::Only(name) => format!("file `{name}`"),
            },
        });
    }
    Ok(plan)
}

/// Whether entries lie on top of each other, or of the directory. One packed file that stands for many makes a small archive
/// large without any one ratio showing it.
///
/// The headers before the files are not read: on a slow disk a hundred thousand of them take minutes. They are longer than
/// what is counted here, so that honest archives pass; and where nothing lies on top of each other as counted, the packed
/// sizes cannot add up to more than the archive.
fn share_bytes(zip: &Zip) -> bool {
    const HEADER: u64 = 30;
    let metadata = zip.metadata();
    let mut places: Vec<(u64, u64)> = (0..metadata.len())
        .filter_map(|index| metadata.entry(index).ok())
        .map(|entry| {
            let length = HEADER + entry.name_raw().len() as u64;
            let end = entry.header_start().saturating_add(length);
            (
                entry.header_start(),
                end.saturating_add(entry.compressed_size()),
            )
        })
        .collect();
    places.sort_unstable();
    places.push((zip.central_directory_start(), u64::MAX));
    places.windows(2).any(|pair| pair[0].1 > pair[1].0)
}

fn is_wanted(wanted: &Wanted, name: &str) -> bool {
    match wanted {
        Wanted::Under(root) => name
            .strip_prefix(root)
            .is_some_and(|rest| rest.starts_with('/')),
        Wanted::Only(only) => name == *only,
    }
}

/// Whether kind and sizes of an entry are as they should be; else what is wrong, to be read after its name.
fn sound(entry: &ZipFileEntry, limits: &Limits) -> Result<(), String> {
    const KIND: u32 = 0o170_000;
    const FILE: u32 = 0o100_000;
    const FOLDER: u32 = 0o040_000;
    const LINK: u32 = 0o120_000;
    match entry.unix_mode().map_or(0, |mode| mode & KIND) {
        0 | FILE | FOLDER => {}
        LINK => return Err("is a symbolic link".to_owned()),
        _ => return Err("is neither a file nor a folder".to_owned()),
    }
    if entry.encrypted() {
        return Err("is encrypted".to_owned());
    }
    match entry.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated => {}
        other => return Err(format!("uses an unsupported compression method: {other}")),
    }
    let size = entry.size();
    if size > limits.entry_bytes {
        return Err(format!(
            "would be {} in size, more than {}",
            readable_size(size),
            readable_size(limits.entry_bytes)
        ));
    }
    if size > RATIO_FROM && size / limits.ratio > entry.compressed_size() {
        return Err(format!(
            "would be more than {} times its packed size",
            limits.ratio
        ));
    }
    Ok(())
}

/// The path that a name means, if it is one that means the same everywhere and leads nowhere else; else what is wrong
/// with it, to be read after the name.
fn plain_path(name: &str) -> Result<PathBuf, &'static str> {
    if name.starts_with('/') {
        return Err("has an absolute path");
    }
    if name.contains('\\') {
        return Err("has a backslash in its path");
    }
    if name.contains(':') {
        return Err("has a colon in its path, which may denote a drive");
    }
    if name.chars().any(char::is_control) {
        return Err("has a control character in its path");
    }
    let name = name.strip_suffix('/').unwrap_or(name);
    let mut path = PathBuf::new();
    for part in name.split('/') {
        match part {
            "" => return Err("has an empty name in its path"),
            "." | ".." => return Err("leads out of its folder"),
            _ if part.ends_with(['.', ' ']) => {
                return Err("has a name in its path that ends in a dot or space");
            }
            _ if is_device(part) => return Err("has a device name in its path"),
            _ => path.push(part),
        }
    }
    Ok(path)
}

/// Whether Windows takes the name for a device, whatever its ending.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem = stem.to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" => true,
        _ => {
            (stem.starts_with("COM") || stem.starts_with("LPT"))
                && stem.len() == 4
                && stem.ends_with(|it: char| it.is_ascii_digit())
        }
    }
}

/// The paths seen so far. Two that differ in upper and lower case alone are one: they are on some disks.
#[derive(Default)]
struct Names {
    files: HashMap<String, String>,
    folders: HashSet<String>,
}

impl Names {
    /// Adds a path; or answers with the one whose place it would take.
    fn add(&mut self, path: &Path, is_folder: bool) -> Result<(), String> {
        let name = path.to_string_lossy().into_owned();
        let key = name.to_lowercase();
        for folder in path.ancestors().skip(1) {
            let folder = folder.to_string_lossy().to_lowercase();
            if let Some(file) = self.files.get(&folder) {
                return Err(file.clone());
            }
            // Its own folders are known with it.
            if folder.is_empty() || !self.folders.insert(folder) {
                break;
            }
        }
        if let Some(file) = self.files.get(&key) {
            return Err(file.clone());
        }
        if is_folder {
            self.folders.insert(key);
        } else if self.folders.contains(&key) {
            return Err(name);
        } else {
            self.files.insert(key, name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_lead_elsewhere_is_no_path() {
        for name in [
            "../a",
            "a/../b",
            "a/..",
            "..",
            ".",
            "./a",
            "/a",
            "//a",
            "a//b",
            "",
            "/",
            "C:/a",
            "C:a",
            "a\\b",
            "..\\a",
            "\\\\server\\a",
            "a\0b",
            "a\nb",
            "a./b",
            "a /b",
            "nul",
            "CON.jpg",
            "a/com1.txt",
            "a:stream",
        ] {
            assert!(plain_path(name).is_err(), "{name:?}");
        }
        for name in [
            "train2017/000000000009.jpg",
            "a",
            "a/",
            ".hidden",
            "a/console.txt",
            "ä/ß",
        ] {
            assert!(plain_path(name).is_ok(), "{name:?}");
        }
        assert_eq!(plain_path("a/b/").unwrap(), Path::new("a/b"));
    }

    #[test]
    fn no_two_entries_share_a_place() {
        let mut names = Names::default();
        names.add(Path::new("a/b"), false).unwrap();
        names.add(Path::new("a"), true).unwrap();
        names.add(Path::new("a/d/e"), false).unwrap();
        for path in ["a/b", "A/B", "a", "a/d", "a/b/c", "a/b/c/d"] {
            assert!(names.add(Path::new(path), false).is_err(), "{path}");
        }
        assert!(names.add(Path::new("a/b"), true).is_err());
        names.add(Path::new("a/c"), false).unwrap();
    }
}
