//! What lies in a folder.

use std::fs;
use std::io;
use std::path::Path;

/// The paths, below `folder` and with `/` between their parts, of all that is no folder, sorted. Links are named and not
/// followed.
///
/// # Errors
///
/// When the folder, or one in it, cannot be read.
pub fn files_below(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_path_buf(), String::new())];
    while let Some((folder, before)) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{before}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                open.push((entry.path(), format!("{name}/")));
            } else {
                found.push(name);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_their_path_and_folders_are_not_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/empty")).unwrap();
        for name in ["b", "a/2", "a/1"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(files_below(folder.path()).unwrap(), ["a/1", "a/2", "b"]);
        assert!(files_below(&folder.path().join("none")).is_err());
    }
}
