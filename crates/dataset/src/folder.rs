//! A folder of photographs as a dataset.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use walkdir::WalkDir;

use super::{DatasetError, PassedOver};

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

/// Folders whose photographs are other programs': thumbnails of a network disk, deleted files, resource forks.
const SYSTEM_FOLDERS: [&str; 5] = [
    "@eaDir",
    "#recycle",
    "$RECYCLE.BIN",
    "System Volume Information",
    "__MACOSX",
];

/// Every photograph below `folder`, sorted by path, and what is passed over. Links are followed; names that begin with a dot
/// and the folders of systems are passed over, as they are other programs' (thumbnails, macOS resource forks); the case of an
/// ending does not matter.
///
/// # Errors
///
/// When a folder cannot be listed, or a link leads nowhere or in a circle.
pub fn photographs_in(folder: &Path) -> Result<(Vec<PathBuf>, PassedOver), DatasetError> {
    let mut photographs = Vec::new();
    let mut passed_over = PassedOver::default();
    let mut walk = WalkDir::new(folder)
        .follow_links(true)
        .min_depth(1)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| DatasetError::Read {
            path: error.path().unwrap_or(folder).to_owned(),
            cause: error.into(),
        })?;
        let name = entry.file_name().to_string_lossy();
        let is_system = || {
            let mut names = SYSTEM_FOLDERS.iter();
            names.any(|system| system.eq_ignore_ascii_case(&name))
        };
        let is_folder = entry.file_type().is_dir();
        if name.starts_with('.') {
            passed_over.add("hidden");
        } else if is_folder && is_system() {
            passed_over.add(&format!("`{name}/`"));
        } else {
            if !is_folder && is_photograph(entry.path()) {
                photographs.push(entry.into_path());
            } else if !is_folder {
                passed_over.add_file(entry.path());
            }
            continue;
        }
        if is_folder {
            walk.skip_current_dir();
        }
    }
    Ok((photographs, passed_over))
}

fn is_photograph(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| {
        let mut endings = ENDINGS.iter();
        endings.any(|known| known.eq_ignore_ascii_case(ending)) && path.is_file()
    })
}

/// The photographs of [`photographs_in`], sorted by name, with size and time.
pub(crate) fn list(folder: &Path) -> Result<(Vec<FileRow>, PassedOver), DatasetError> {
    let (photographs, passed_over) = photographs_in(folder)?;
    let mut files = Vec::with_capacity(photographs.len());
    for path in photographs {
        let below = path.strip_prefix(folder).unwrap_or(&path);
        let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
        let Some(parts) = parts else {
            return Err(DatasetError::FileName { path });
        };
        let metadata = path.metadata().map_err(DatasetError::read(&path))?;
        files.push(FileRow {
            file_name: parts.join("/"),
            size: metadata.len(),
            modified: modified(&metadata),
        });
    }
    files.sort_by(|a, b| a.file_name.cmp(&b.file_name));
    Ok((files, passed_over))
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
        let (files, _) = list(folder).unwrap();
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
    fn what_is_passed_over_is_counted_by_kind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for name in [
            "a.jpg",
            "b.tif",
            "sub/c.TIF",
            "d.heic",
            "README",
            "Thumbs.db",
            ".hidden.jpg",
            ".cache/e.jpg",
            "sub/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
            "sub/@eaDir/b.jpg",
            "$RECYCLE.BIN/f.jpg",
        ] {
            std::fs::create_dir_all(path.join(name).parent().unwrap()).unwrap();
            std::fs::write(path.join(name), b"").unwrap();
        }
        let (photographs, passed_over) = photographs_in(path).unwrap();
        assert_eq!(photographs, [path.join("a.jpg")]);
        assert_eq!(passed_over.count(), 9);
        assert_eq!(
            passed_over.to_string(),
            "2 `.tif`, 2 hidden, 1 `$RECYCLE.BIN/`, 1 `.heic`, 1 `@eaDir/`, 1 `Thumbs.db`, 1 without an ending"
        );
        for number in 0..20 {
            std::fs::write(path.join(format!("x.e{number:02}")), b"").unwrap();
        }
        let (_, passed_over) = photographs_in(path).unwrap();
        assert!(
            passed_over.to_string().ends_with(", and 19 of other kinds"),
            "{passed_over}"
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
        let print = || fingerprint(&list(path).unwrap().0);
        let first = print();
        assert_eq!(first, print());
        std::fs::write(path.join("a.jpg"), b"22").unwrap();
        let longer = print();
        assert_ne!(first, longer);
        std::fs::rename(path.join("a.jpg"), path.join("b.jpg")).unwrap();
        assert_ne!(longer, print());
    }
}
