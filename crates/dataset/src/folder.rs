//! A folder of photographs as a dataset.

use std::path::Path;
use std::time::UNIX_EPOCH;

use walkdir::WalkDir;

use super::DatasetError;

/// A file in a folder dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileRow {
    /// Path below the folder, with `/` between its parts on every system.
    pub(crate) file_name: String,
    /// Bytes.
    size: u64,
    /// Nanoseconds since 1970.
    modified: i128,
}

/// Endings of files that count as photographs, in lower case.
const ENDINGS: [&str; 4] = ["jpg", "jpeg", "png", "webp"];

/// Every photograph below `folder`, sorted by name. Links are followed; names that begin with a dot are skipped, as
/// they are other programs' (thumbnails, macOS resource forks); the case of an ending does not matter.
pub(crate) fn list(folder: &Path) -> Result<Vec<FileRow>, DatasetError> {
    let mut files = Vec::new();
    let visible = |entry: &walkdir::DirEntry| {
        entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let walk = WalkDir::new(folder).follow_links(true);
    for entry in walk.into_iter().filter_entry(visible) {
        let entry = entry.map_err(|error| DatasetError::Read {
            path: error.path().unwrap_or(folder).to_owned(),
            cause: error.into(),
        })?;
        let ending = entry.path().extension().and_then(|ending| ending.to_str());
        let photograph = ending.is_some_and(|ending| {
            ENDINGS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(ending))
        });
        if !photograph || !entry.file_type().is_file() {
            continue;
        }
        let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
        let file_name = parts
            .ok_or_else(|| DatasetError::FileName {
                path: entry.path().to_owned(),
            })?
            .join("/");
        let metadata = entry.metadata().map_err(|error| DatasetError::Read {
            path: entry.path().to_owned(),
            cause: error.into(),
        })?;
        files.push(FileRow {
            file_name,
            size: metadata.len(),
            modified: modified(&metadata),
        });
    }
    files.sort_by(|a, b| a.file_name.cmp(&b.file_name));
    Ok(files)
}

/// The id of a file in a folder dataset: the first 63 bits of the BLAKE3 hash of its path below the folder.
///
/// It depends on nothing but that path, so adding files moves no other between splits. Digits in a name are not taken
/// as its id: `a/1.jpg` and `b/01.jpg` would be one image then.
pub(crate) fn id_of(file_name: &str) -> i64 {
    let hash = blake3::hash(file_name.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    (u64::from_le_bytes(first) >> 1) as i64
}

/// Changes whenever a file is added, removed, renamed or written.
pub(crate) fn fingerprint(files: &[FileRow]) -> String {
    let mut hasher = blake3::Hasher::new();
    for file in files {
        hasher.update(&(file.file_name.len() as u64).to_le_bytes());
        hasher.update(file.file_name.as_bytes());
        hasher.update(&file.size.to_le_bytes());
        hasher.update(&file.modified.to_le_bytes());
    }
    format!("folder {}", hasher.finalize().to_hex())
}

/// Time of the last change in nanoseconds since 1970; 0 where the system does not keep it.
pub(crate) fn modified(metadata: &std::fs::Metadata) -> i128 {
    let Ok(time) = metadata.modified() else {
        return 0;
    };
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let files = list(folder).unwrap();
        files.into_iter().map(|file| file.file_name).collect()
    }

    #[test]
    fn photographs_are_found_sorted_whatever_the_case_of_the_ending() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("b/.thumbnails")).unwrap();
        for name in [
            "z.JPG",
            "a.jpeg",
            "b/c.WebP",
            "b/.thumbnails/c.jpg",
            "._a.jpg",
            "notes.txt",
            "x.png",
            "jpg",
        ] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        std::fs::create_dir(folder.path().join("folder.png")).unwrap();
        assert_eq!(
            names(folder.path()),
            ["a.jpeg", "b/c.WebP", "x.png", "z.JPG"]
        );
    }

    #[test]
    fn ids_are_positive_and_depend_on_the_path_alone() {
        assert_eq!(id_of("a/1.jpg"), id_of("a/1.jpg"));
        assert_ne!(id_of("a/1.jpg"), id_of("b/1.jpg"));
        for number in 0..1000 {
            assert!(id_of(&format!("{number}.jpg")) >= 0);
        }
    }

    #[test]
    fn the_fingerprint_sees_every_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::write(path.join("a.jpg"), b"1").unwrap();
        let print = || fingerprint(&list(path).unwrap());
        let first = print();
        assert_eq!(first, print());
        std::fs::write(path.join("a.jpg"), b"22").unwrap();
        let longer = print();
        assert_ne!(first, longer);
        std::fs::rename(path.join("a.jpg"), path.join("b.jpg")).unwrap();
        assert_ne!(longer, print());
    }
}
