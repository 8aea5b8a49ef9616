//! Tests of the squares: whatever befalls the file, it gives the pixels that were written, or none.

use std::sync::Arc;

use super::*;
use crate::Photograph;

const SQUARE: Square = Square {
    size: 8,
    resize: Resize::Bilinear,
};

/// Bytes of a slot.
const SLOT: usize = 3 * 8 * 8 + SEAL;

const COUNT: usize = 6;

struct Fixture {
    folder: tempfile::TempDir,
    told: Arc<Mutex<Vec<String>>>,
}

impl Fixture {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            told: Arc::default(),
        }
    }

    /// With squares of all photographs.
    fn filled() -> Self {
        let fixture = Self::new();
        fixture.fill();
        fixture
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn open_as(&self, dataset: &str, square: Square, version: u32, left_free: u64) -> SquaresFile {
        self.try_open_as(dataset, square, version, left_free)
            .unwrap()
    }

    fn try_open_as(
        &self,
        dataset: &str,
        square: Square,
        version: u32,
        left_free: u64,
    ) -> Option<SquaresFile> {
        let (told, folder) = (Arc::clone(&self.told), self.folder.path().to_owned());
        let tell = move |text: &str| {
            let text = text.replace(&folder.display().to_string(), "ROOT");
            told.lock().unwrap().push(text);
        };
        Place::new(&self.cache(), dataset, square, version).create(left_free, Box::new(tell))
    }

    fn open(&self) -> SquaresFile {
        self.open_as("photos", SQUARE, photo::VERSION, 0)
    }

    fn fill(&self) {
        let squares = self.open();
        for at in 0..COUNT {
            squares.write(content(at), &pixels(at));
        }
    }

    /// How many of the photographs a process finds that opens the file now.
    fn present(&self) -> usize {
        let squares = self.open();
        (0..COUNT).filter(|&at| has(&squares, at)).count()
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = std::fs::read_dir(self.cache().join(FOLDER))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    }

    /// The only file.
    fn file(&self) -> PathBuf {
        let [file] = self.files().try_into().unwrap();
        file
    }
}

fn content(at: usize) -> blake3::Hash {
    blake3::hash(&[at as u8])
}

fn pixels(at: usize) -> Vec<u8> {
    (0..SQUARE.bytes())
        .map(|byte| (byte * (at + 3)) as u8)
        .collect()
}

/// Whether the squares have a photograph, which must then be that.
fn has(squares: &SquaresFile, at: usize) -> bool {
    let mut found = vec![0; SQUARE.bytes()];
    let has = squares.read(content(at), &mut found);
    assert!(!has || found == pixels(at), "photograph {at}");
    has
}

#[test]
fn what_was_written_is_read_by_its_content() {
    let fixture = Fixture::new();
    let squares = fixture.open();
    assert!(!has(&squares, 0));
    for at in [3, 0, 3, 5] {
        squares.write(content(at), &pixels(at));
        assert!(has(&squares, at));
    }
    let length = std::fs::metadata(fixture.file()).unwrap().len();
    assert_eq!(length, 3 * SLOT as u64);
    assert_eq!(fixture.present(), 3);
    assert_eq!(fixture.told(), [""; 0]);
}

#[test]
fn what_another_process_added_is_found_without_opening_again() {
    let fixture = Fixture::new();
    let (one, other) = (fixture.open(), fixture.open());
    one.write(content(2), &pixels(2));
    assert!(has(&other, 2));
    one.write(content(4), &pixels(4));
    other.write(content(4), &pixels(4));
    other.write(content(5), &pixels(5));
    assert!(has(&one, 4) && has(&one, 5));
    let length = std::fs::metadata(fixture.file()).unwrap().len();
    assert_eq!(length, 3 * SLOT as u64);
}

#[test]
fn damage_anywhere_is_noticed_and_mended() {
    let fixture = Fixture::filled();
    let file = fixture.file();
    let whole = std::fs::read(&file).unwrap();
    assert_eq!(whole.len(), COUNT * SLOT);
    for at in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 4;
        std::fs::write(&file, &damaged).unwrap();
        assert!(!has(&fixture.open(), at / SLOT), "byte {at}");
        assert_eq!(fixture.present(), COUNT - 1);
    }
    let squares = fixture.open();
    for at in 0..COUNT {
        if !has(&squares, at) {
            squares.write(content(at), &pixels(at));
        }
        assert!(has(&squares, at));
    }
    assert_eq!(fixture.present(), COUNT);
    // The damaged slot is still there, and what was sound was not written again.
    let length = std::fs::metadata(&file).unwrap().len();
    assert_eq!(length, (COUNT as u64 + 1) * SLOT as u64);
}

#[test]
fn a_slot_that_was_not_finished_is_overwritten() {
    let fixture = Fixture::filled();
    let file = fixture.file();
    let whole = std::fs::read(&file).unwrap();
    for length in [0, 1, SLOT - 1, SLOT, whole.len() - SEAL, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        assert_eq!(fixture.present(), length / SLOT);
        fixture.fill();
        assert_eq!(std::fs::read(&file).unwrap(), whole, "{length} bytes");
    }
}

#[test]
fn a_file_that_was_cut_off_while_it_was_open_is_filled_again() {
    let fixture = Fixture::filled();
    let squares = fixture.open();
    let file = File::options().write(true).open(fixture.file()).unwrap();
    file.set_len(SLOT as u64 + 9).unwrap();
    assert!(has(&squares, 0));
    assert!(!has(&squares, 3));
    for at in 0..COUNT {
        let _ = has(&squares, at);
        squares.write(content(at), &pixels(at));
        assert!(has(&squares, at));
    }
    assert_eq!(fixture.present(), COUNT);
    assert_eq!(file.metadata().unwrap().len(), (COUNT * SLOT) as u64);
}

#[test]
fn a_foreign_file_of_this_name_has_no_squares() {
    let fixture = Fixture::filled();
    let file = fixture.file();
    let length = COUNT * SLOT;
    // The squares of another method, but under this name.
    let other = Square {
        resize: Resize::BilinearAntialias,
        ..SQUARE
    };
    let squares = fixture.open_as("photos", other, photo::VERSION, 0);
    for at in 0..COUNT {
        squares.write(content(at), &pixels(at));
    }
    let files = fixture.files();
    let antialias = files.iter().find(|path| **path != file).unwrap();
    let antialias = std::fs::read(antialias).unwrap();
    for foreign in [
        vec![0; length],
        vec![0xff; 3 * length],
        b"text".to_vec(),
        antialias,
    ] {
        std::fs::write(&file, foreign).unwrap();
        assert_eq!(fixture.present(), 0);
        let squares = fixture.open();
        for at in 0..COUNT {
            assert!(!has(&squares, at));
            squares.write(content(at), &pixels(at));
        }
        assert_eq!(fixture.present(), COUNT);
    }
}

#[test]
fn datasets_sizes_and_methods_have_files_of_their_own() {
    let fixture = Fixture::filled();
    let larger = Square { size: 9, ..SQUARE };
    let smooth = Square {
        resize: Resize::BilinearAntialias,
        ..SQUARE
    };
    for (dataset, square) in [("photos", larger), ("photos", smooth), ("more", SQUARE)] {
        let squares = fixture.open_as(dataset, square, photo::VERSION, 0);
        let mut found = vec![0; square.bytes()];
        assert!(!squares.read(content(0), &mut found));
    }
    assert_eq!(fixture.files().len(), 4);
    assert_eq!(fixture.present(), COUNT);
}

#[test]
fn photographs_below_one_root_share_a_file() {
    let fixture = Fixture::new();
    let photograph = |root: &str, file_name: &str, at: usize| Photograph {
        id: 1,
        file_name: file_name.to_owned(),
        path: Path::new("/data").join(root).join(file_name),
        categories: Vec::new(),
        content_hash: content(at),
    };
    let cache = fixture.cache();
    let [one, two, other] = [
        photograph("photos", "a.png", 1),
        photograph("photos", "sub/b.png", 2),
        photograph("others", "a.png", 3),
    ];
    let find =
        |photographs: &[&Photograph]| Squares::find(&cache, photographs.iter().copied(), SQUARE);
    assert!(find(&[&one]).is_none());
    assert!(!cache.exists());
    let squares = Squares::open(&cache, [&two], SQUARE, |_| {}).unwrap();
    squares.write(&one, &pixels(1));
    // Of another root, which was not asked for.
    squares.write(&other, &pixels(3));
    let mut read = vec![0; SQUARE.bytes()];
    let found = find(&[&one, &other]).unwrap();
    assert!(found.read(&one, &mut read) && read == pixels(1));
    assert!(!found.read(&other, &mut read));
    // They were asked for to be read.
    found.write(&two, &pixels(2));
    assert!(!squares.read(&two, &mut read));
    // Datasets that are joined keep a file each.
    let both = Squares::open(&cache, [&one, &other], SQUARE, |_| {}).unwrap();
    both.write(&other, &pixels(3));
    assert_eq!(fixture.files().len(), 2);
    let alone = find(&[&other]).unwrap();
    assert!(alone.read(&other, &mut read) && read == pixels(3));
    assert!(!alone.read(&one, &mut read));
}

#[test]
fn another_version_begins_anew_and_removes_the_old_file() {
    let fixture = Fixture::filled();
    let old = fixture.file();
    // As a program named it that had one file for each list of photographs.
    let older = old.with_file_name(format!("8-bilinear-v{}-0123.pixels", photo::VERSION));
    std::fs::write(&older, "text").unwrap();
    let next = fixture.open_as("photos", SQUARE, photo::VERSION + 1, 0);
    assert!(!has(&next, 0));
    assert_ne!(fixture.file(), old);
}

#[test]
fn forgotten_files_are_removed_and_foreign_ones_are_not() {
    let fixture = Fixture::filled();
    let file = fixture.file();
    let old = SystemTime::now() - FORGOTTEN - Duration::from_mins(1);
    let age = |path: &Path| {
        let file = File::options().write(true).open(path).unwrap();
        file.set_times(FileTimes::new().set_modified(old)).unwrap();
    };
    let forgotten = fixture.open_as("forgotten", SQUARE, photo::VERSION, 0).path;
    let foreign = file.with_file_name("notes.txt");
    std::fs::write(&foreign, "text").unwrap();
    // Its own file is as old, and is in use again.
    for path in [&forgotten, &foreign, &file] {
        age(path);
    }
    assert_eq!(fixture.present(), COUNT);
    assert!(!forgotten.exists() && foreign.exists() && file.exists());
}

#[test]
fn several_that_fill_one_file_at_once_write_each_photograph_once() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for first in 0..4 {
            let fixture = &fixture;
            scope.spawn(move || {
                for _ in 0..10 {
                    // Each with a handle of its own, as processes have.
                    let squares = fixture.open();
                    for at in (0..COUNT).map(|at| (at + first) % COUNT) {
                        if !has(&squares, at) {
                            squares.write(content(at), &pixels(at));
                        }
                        assert!(has(&squares, at));
                    }
                }
            });
        }
    });
    let length = std::fs::metadata(fixture.file()).unwrap().len();
    assert_eq!(length, (COUNT * SLOT) as u64);
    assert_eq!(fixture.told(), [""; 0]);
}

#[test]
fn a_full_disk_is_said_once() {
    let fixture = Fixture::new();
    let squares = fixture.open_as("photos", SQUARE, photo::VERSION, u64::MAX);
    for at in 0..COUNT {
        squares.write(content(at), &pixels(at));
    }
    assert!(!has(&squares, 0));
    let told = fixture.told().join("\n");
    assert!(told.starts_with(
        "no further decoded photographs are cached on disk, and the rest are decoded in every pass: cannot write `ROOT/cache/pixels/8-bilinear-v"
    ) && told.ends_with("MB are free, and 17592186044415 MB must stay free"), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_in_the_place_of_the_file_costs_only_time() {
    let fixture = Fixture::filled();
    let file = fixture.file();
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    let opened = fixture.try_open_as("photos", SQUARE, photo::VERSION, 0);
    assert!(opened.is_none());
    let told = fixture.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("cannot open `ROOT/cache/pixels/"),
        "{told:?}"
    );
}

#[test]
fn a_folder_that_cannot_be_made_is_said_once() {
    let fixture = Fixture::new();
    std::fs::write(fixture.cache(), "a file").unwrap();
    let opened = fixture.try_open_as("photos", SQUARE, photo::VERSION, 0);
    assert!(opened.is_none());
    let told = fixture.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with(
            "decoded photographs are not cached on disk: cannot open `ROOT/cache/pixels/"
        ),
        "{told:?}"
    );
}
