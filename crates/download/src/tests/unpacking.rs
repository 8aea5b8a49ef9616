//! Archives as they should be.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::hostile::patch_sizes;
use super::{names, quiet};
use crate::error::UnpackError;
use crate::unpack::{Limits, Unpacked, Wanted, unpack};

/// Writes a zip archive of files, deflated, and of folders, whose names end in a slash.
pub(super) fn archive(folder: &Path, files: &[(&str, &[u8])]) -> PathBuf {
    archive_with(folder, |zip| {
        for (name, content) in files {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content).unwrap();
        }
    })
}

/// Writes a zip archive of whatever `fill` puts in.
pub(super) fn archive_with(folder: &Path, fill: impl FnOnce(&mut ZipWriter<fs::File>)) -> PathBuf {
    let path = folder.join("archive.zip");
    let mut zip = ZipWriter::new(fs::File::create(&path).unwrap());
    fill(&mut zip);
    zip.finish().unwrap();
    path
}

/// Unpacks what is under `photos`.
pub(super) fn unpack_photos(archive: &Path, into: &Path) -> Result<Unpacked, UnpackError> {
    unpack(
        archive,
        into,
        &Wanted::Under("photos"),
        &Limits::default(),
        &quiet,
    )
}

const PHOTOS: &[(&str, &[u8])] = &[
    ("photos/", b""),
    ("photos/1.jpg", b"one"),
    ("photos/deep/down/2.jpg", b"two"),
    ("photos/empty.jpg", b""),
    ("photos2/3.jpg", b"three"),
    ("photos.txt", b"four"),
];

#[test]
fn what_is_wanted_is_unpacked_and_the_rest_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive(folder.path(), PHOTOS);
    let into = folder.path().join("new/data");
    let steps = Mutex::new(Vec::new());
    let unpacked = unpack(
        &archive,
        &into,
        &Wanted::Under("photos"),
        &Limits::default(),
        &|step| {
            steps.lock().unwrap().push(step.done);
        },
    )
    .unwrap();
    assert_eq!(
        unpacked,
        Unpacked {
            files: 3,
            bytes: 6,
            were_there: 0,
            left_out: 2
        }
    );
    assert_eq!(names(&into), [".unpacking.lock", "photos"]);
    assert_eq!(names(&into.join("photos")), ["1.jpg", "deep", "empty.jpg"]);
    assert_eq!(
        fs::read(into.join("photos/deep/down/2.jpg")).unwrap(),
        b"two"
    );
    assert_eq!(*steps.lock().unwrap(), [3, 6]);

    let one = unpack(
        &archive,
        &into,
        &Wanted::Only("photos.txt"),
        &Limits::default(),
        &quiet,
    );
    assert_eq!(one.unwrap().files, 1);
    assert_eq!(fs::read(into.join("photos.txt")).unwrap(), b"four");
}

#[test]
fn an_interrupted_unpacking_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive(folder.path(), PHOTOS);
    let into = folder.path().join("data");
    fs::create_dir_all(into.join("photos")).unwrap();
    fs::write(into.join("photos/1.jpg"), b"one").unwrap();
    fs::write(into.join(".unpacking"), b"tw").unwrap();
    let unpacked = unpack_photos(&archive, &into).unwrap();
    assert_eq!((unpacked.files, unpacked.were_there), (3, 1));
    assert_eq!(names(&into), [".unpacking.lock", "photos"]);
    let again = unpack_photos(&archive, &into).unwrap();
    assert_eq!((again.files, again.bytes, again.were_there), (3, 6, 3));
}

#[test]
fn a_file_with_other_content_is_not_overwritten() {
    for other in [b"ONE".as_slice(), b"longer"] {
        let folder = tempfile::tempdir().unwrap();
        let archive = archive(folder.path(), PHOTOS);
        let into = folder.path().join("data");
        let mine = into.join("photos/1.jpg");
        fs::create_dir_all(mine.parent().unwrap()).unwrap();
        fs::write(&mine, other).unwrap();
        let error = unpack_photos(&archive, &into).unwrap_err();
        assert!(
            matches!(&error, UnpackError::Occupied { path } if *path == mine),
            "{error}"
        );
        assert_eq!(fs::read(&mine).unwrap(), other);
        assert!(!into.join("photos/deep").exists(), "nothing else is begun");
    }
}

#[test]
fn an_archive_without_what_is_wanted_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive(folder.path(), &[("other/1.jpg", b"one")]);
    let error = unpack_photos(&archive, folder.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("contains no files in a folder `photos`"),
        "{error}"
    );
    let only = Wanted::Only("a.pth");
    let error = unpack(&archive, folder.path(), &only, &Limits::default(), &quiet).unwrap_err();
    assert!(
        error.to_string().ends_with("contains no file `a.pth`"),
        "{error}"
    );
}

#[test]
fn more_entries_than_the_old_format_counts_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_with(folder.path(), |zip| {
        for number in 0..66_000 {
            let name = format!("photos/{number}.jpg");
            // Large in name only: the entry's own fields are then those of the new format too.
            let options = SimpleFileOptions::default().large_file(true);
            zip.start_file(name, options).unwrap();
            zip.write_all(&[number as u8]).unwrap();
        }
    });
    let wanted = Wanted::Only("photos/65999.jpg");
    let unpacked = unpack(&archive, folder.path(), &wanted, &Limits::default(), &quiet).unwrap();
    assert_eq!((unpacked.files, unpacked.left_out), (1, 65_999));
    let content = fs::read(folder.path().join("photos/65999.jpg")).unwrap();
    assert_eq!(content, [65_999_u32 as u8]);
}

#[test]
fn what_cannot_fit_is_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let archive = archive_with(folder.path(), |zip| {
        for number in 0..60_000 {
            let name = format!("photos/{number}.jpg");
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&[number as u8]).unwrap();
        }
    });
    // The archive says that they are of 4 GB each.
    let mut bytes = fs::read(&archive).unwrap();
    patch_sizes(&mut bytes, u32::MAX - 1);
    fs::write(&archive, bytes).unwrap();
    let limits = Limits {
        bytes: u64::MAX,
        entry_bytes: u64::MAX,
        ratio: u64::MAX,
        ..Limits::default()
    };
    let into = folder.path().join("data");
    let error = unpack(&archive, &into, &Wanted::Under("photos"), &limits, &quiet).unwrap_err();
    let UnpackError::NoSpace { needed, free, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(needed, 60_000 * u64::from(u32::MAX - 1));
    assert!(free.is_some_and(|free| free < needed));
    assert_eq!(names(&into), [".unpacking.lock"]);
}
