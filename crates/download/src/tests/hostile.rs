//! Archives as they should not be.

use std::fs;
use std::io::Write;
use std::path::Path;

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::unpacking::{archive, archive_with, unpack_photos};
use super::{names, quiet};
use crate::error::UnpackError;
use crate::unpack::{Limits, Wanted, unpack};

/// Where the headers of a zip archive begin, by their first bytes: `PK\3\4` before each file, `PK\1\2` in the directory.
fn headers<'a>(bytes: &'a [u8], magic: &'a [u8; 4]) -> impl Iterator<Item = usize> + 'a {
    (0..bytes.len() - 4).filter(move |at| bytes[*at..].starts_with(magic))
}

const BEFORE_FILE: &[u8; 4] = b"PK\x03\x04";
const IN_DIRECTORY: &[u8; 4] = b"PK\x01\x02";

/// Makes the archive say that its files have `size` bytes.
pub(super) fn patch_sizes(bytes: &mut [u8], size: u32) {
    for (magic, offset) in [(BEFORE_FILE, 22), (IN_DIRECTORY, 24)] {
        for at in headers(bytes, magic).collect::<Vec<_>>() {
            bytes[at + offset..at + offset + 4].copy_from_slice(&size.to_le_bytes());
        }
    }
}

/// The archive of `files` with its bytes changed by `change`.
fn changed(folder: &Path, files: &[(&str, &[u8])], change: impl FnOnce(&mut Vec<u8>)) {
    let path = archive(folder, files);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Unpacks `archive.zip` of the folder into `data` there, which must fail and leave nothing.
fn refused(folder: &Path) -> UnpackError {
    let into = folder.join("data");
    let error = unpack_photos(&folder.join("archive.zip"), &into).unwrap_err();
    assert_eq!(names(folder), ["archive.zip"], "nothing was made");
    error
}

#[test]
fn a_path_that_leads_elsewhere_is_refused() {
    for (name, what) in [
        ("../evil", "leads out of its folder"),
        ("photos/../../evil", "leads out of its folder"),
        ("/evil", "has an absolute path"),
        ("C:/evil", "has a colon in its path"),
        ("photos\\..\\..\\evil", "has a backslash in its path"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let files: &[(&str, &[u8])] = &[("photos/1.jpg", b"one"), (name, b"evil")];
        archive(folder.path(), files);
        let error = refused(folder.path());
        let text = error.to_string();
        assert!(matches!(error, UnpackError::Refused { .. }), "{text}");
        assert!(text.contains(what), "{text}");
        assert!(text.contains(&*name.escape_debug().to_string()), "{text}");
    }
}

#[test]
fn a_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    archive_with(folder.path(), |zip| {
        let options = SimpleFileOptions::default();
        zip.add_symlink("photos/link", "/etc", options).unwrap();
        zip.start_file("photos/1.jpg", options).unwrap();
    });
    let error = refused(folder.path());
    assert!(
        error
            .to_string()
            .contains("`photos/link` is a symbolic link"),
        "{error}"
    );
}

#[test]
fn what_swells_is_refused() {
    let zeros = vec![0; 3 << 20];
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path(), &[("photos/1.jpg", &zeros)]);
    let error = refused(folder.path());
    assert!(
        error
            .to_string()
            .contains("more than 200 times its packed size"),
        "{error}"
    );

    let path = folder.path().join("archive.zip");
    let generous = Limits {
        ratio: 2000,
        ..Limits::default()
    };
    for (limits, what) in [
        (
            Limits {
                entry_bytes: 1 << 20,
                ..generous
            },
            "would be 3.1 MB in size, more than 1.0 MB",
        ),
        (
            Limits {
                bytes: 1 << 20,
                ..generous
            },
            "its files would take up 3.1 MB, more than 1.0 MB",
        ),
        (
            Limits {
                entries: 0,
                ..generous
            },
            "it has 1 entries, more than 0",
        ),
    ] {
        let wanted = Wanted::Under("photos");
        let error = unpack(&path, folder.path(), &wanted, &limits, &quiet).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
    unpack(
        &path,
        folder.path(),
        &Wanted::Under("photos"),
        &generous,
        &quiet,
    )
    .unwrap();
    assert_eq!(fs::read(folder.path().join("photos/1.jpg")).unwrap(), zeros);
}

#[test]
fn what_is_larger_or_smaller_than_it_says_is_damaged() {
    for says in [2, 4] {
        let folder = tempfile::tempdir().unwrap();
        changed(folder.path(), &[("photos/1.jpg", b"one")], |bytes| {
            patch_sizes(bytes, says);
        });
        let into = folder.path().join("data");
        let error = unpack_photos(&folder.path().join("archive.zip"), &into).unwrap_err();
        assert!(matches!(error, UnpackError::Damaged { .. }), "{error}");
        assert_eq!(names(&into.join("photos")), [""; 0]);
        assert_eq!(names(&into), [".unpacking.lock", "photos"]);
    }
}

#[test]
fn two_entries_of_one_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let files: &[(&str, &[u8])] = &[("photos/1.jpg", b"one"), ("photos/2.jpg", b"two")];
    changed(folder.path(), files, |bytes| {
        let at = |it: usize| bytes[it..].starts_with(b"photos/2.jpg");
        for name in (0..bytes.len()).filter(|it| at(*it)).collect::<Vec<_>>() {
            bytes[name + 7] = b'1';
        }
    });
    let error = refused(folder.path());
    assert!(
        error
            .to_string()
            .contains("two of its entries have the same name"),
        "{error}"
    );

    for twin in ["PHOTOS/1.JPG", "photos/1.jpg/1.jpg"] {
        let folder = tempfile::tempdir().unwrap();
        archive(folder.path(), &[("photos/1.jpg", b"one"), (twin, b"two")]);
        let error = refused(folder.path());
        assert!(
            error
                .to_string()
                .contains("takes the place of `photos/1.jpg`"),
            "{error}"
        );
    }
}

#[test]
fn what_is_encrypted_or_packed_otherwise_is_refused() {
    // Of the flags, the lowest says encrypted; 14 is LZMA.
    for (local, central, value, what) in [
        (6, 8, 1, "`photos/1.jpg` is encrypted"),
        (
            8,
            10,
            14,
            "`photos/1.jpg` uses an unsupported compression method",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        changed(folder.path(), &[("photos/1.jpg", b"one")], |bytes| {
            for (magic, offset) in [(BEFORE_FILE, local), (IN_DIRECTORY, central)] {
                let at = headers(bytes, magic).next().unwrap();
                bytes[at + offset] = value;
            }
        });
        let error = refused(folder.path());
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn entries_that_share_bytes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    archive_with(folder.path(), |zip| {
        zip.start_file("photos/1.jpg", SimpleFileOptions::default())
            .unwrap();
        zip.write_all(b"one").unwrap();
        zip.shallow_copy_file("photos/1.jpg", "photos/2.jpg")
            .unwrap();
    });
    let error = refused(folder.path());
    assert!(
        error.to_string().contains("its entries share bytes"),
        "{error}"
    );
}

#[test]
fn entries_that_lie_on_the_directory_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    changed(folder.path(), &[("photos/1.jpg", b"one")], |bytes| {
        // It says that it is packed into 200 bytes.
        let at = headers(bytes, IN_DIRECTORY).next().unwrap();
        bytes[at + 20] = 200;
    });
    let error = refused(folder.path());
    assert!(
        error.to_string().contains("its entries share bytes"),
        "{error}"
    );
}

#[test]
fn what_is_no_whole_archive_is_told() {
    let files: &[(&str, &[u8])] = &[("photos/1.jpg", b"one"), ("photos/2.jpg", b"two")];
    for keep in [0, 1, 10, 60, 200] {
        let folder = tempfile::tempdir().unwrap();
        changed(folder.path(), files, |bytes| bytes.truncate(keep));
        let error = refused(folder.path());
        assert!(
            matches!(error, UnpackError::Archive { .. }),
            "{keep}: {error}"
        );
        assert!(
            error.to_string().ends_with("delete it and fetch it again"),
            "{error}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("archive.zip");
    let error = unpack_photos(&missing, folder.path()).unwrap_err();
    assert!(matches!(error, UnpackError::Read { .. }), "{error}");
}

#[test]
fn a_spoilt_byte_is_found_and_the_files_before_it_stay() {
    let folder = tempfile::tempdir().unwrap();
    archive_with(folder.path(), |zip| {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for name in ["photos/1.jpg", "photos/2.jpg"] {
            zip.start_file(name, options).unwrap();
            zip.write_all(name.as_bytes()).unwrap();
        }
    });
    let path = folder.path().join("archive.zip");
    let mut bytes = fs::read(&path).unwrap();
    let name = b"photos/2.jpg";
    let content = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(name))
        .nth(1)
        .unwrap();
    bytes[content] ^= 1;
    fs::write(&path, bytes).unwrap();
    let into = folder.path().join("data");
    let error = unpack_photos(&path, &into).unwrap_err();
    assert!(
        matches!(&error, UnpackError::Damaged { entry, .. } if entry == "photos/2.jpg"),
        "{error}"
    );
    assert_eq!(names(&into.join("photos")), ["1.jpg"]);
    assert_eq!(names(&into), [".unpacking.lock", "photos"]);
}

#[cfg(unix)]
#[test]
fn nothing_is_unpacked_through_a_link() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let archive = archive(folder.path(), &[("photos/deep/1.jpg", b"one")]);
    let elsewhere = folder.path().join("elsewhere");
    for link in ["photos", "photos/deep", "photos/deep/1.jpg"] {
        let into = folder.path().join("data");
        fs::create_dir_all(&elsewhere).unwrap();
        fs::create_dir_all(into.join(link).parent().unwrap()).unwrap();
        symlink(&elsewhere, into.join(link)).unwrap();
        let error = unpack_photos(&archive, &into).unwrap_err();
        assert!(error.to_string().contains("is a symbolic link"), "{error}");
        assert_eq!(names(&elsewhere), [""; 0]);
        fs::remove_dir_all(into).unwrap();
    }
    // The folder itself may be one: that is its owner's affair.
    let into = folder.path().join("data");
    symlink(&elsewhere, &into).unwrap();
    unpack_photos(&archive, &into).unwrap();
    assert_eq!(
        fs::read(elsewhere.join("photos/deep/1.jpg")).unwrap(),
        b"one"
    );
}

#[test]
fn a_file_where_a_folder_belongs_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive(folder.path(), &[("photos/1.jpg", b"one")]);
    let into = folder.path().join("data");
    fs::create_dir(&into).unwrap();
    fs::write(into.join("photos"), b"mine").unwrap();
    let error = unpack_photos(&archive, &into).unwrap_err();
    assert!(matches!(error, UnpackError::InTheWay { .. }), "{error}");
    assert_eq!(fs::read(into.join("photos")).unwrap(), b"mine");
}
