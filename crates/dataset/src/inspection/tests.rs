//! Tests of the inspection, on photographs made on the spot.

use image::{Rgb, RgbImage};

use super::*;
use crate::Squares;
use crate::photo::Resize;

struct Fixture {
    folder: tempfile::TempDir,
    cache: Cache,
    records: Vec<ImageRecord>,
}

impl Fixture {
    /// `good` photographs of color, then a gray one, a broken one and a missing one.
    fn new(good: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("photos");
        std::fs::create_dir_all(root.join("sub")).unwrap();
        let mut names: Vec<String> = (0..good).map(|at| format!("sub/{at}.png")).collect();
        for (at, name) in names.iter().enumerate() {
            paint(&root.join(name), [at as u8, 200, 10]);
        }
        paint(&root.join("gray.png"), [90, 90, 90]);
        std::fs::write(root.join("broken.jpg"), "text").unwrap();
        names.extend(["gray.png", "broken.jpg", "missing.jpg"].map(str::to_owned));
        let records = names
            .into_iter()
            .zip(1..)
            .map(|(file_name, id)| ImageRecord {
                id,
                source: 0,
                path: root.join(&file_name),
                file_name,
                width: None,
                height: None,
                categories: Vec::new(),
            })
            .collect();
        Self {
            cache: Cache {
                folder: folder.path().join("cache"),
            },
            folder,
            records,
        }
    }

    fn inspect(&self) -> Inspection {
        let records: Vec<&ImageRecord> = self.records.iter().collect();
        inspect(&records, &self.cache, &[], &|_| ())
    }
}

fn paint(path: &Path, color: [u8; 3]) {
    RgbImage::from_pixel(6, 4, Rgb(color)).save(path).unwrap();
}

fn section(colorless_below: f64, max_broken: f64) -> DatasetSection {
    DatasetSection {
        manifests: "test".into(),
        categories: Vec::new(),
        exclude: Vec::new(),
        limit: crate::Limit::All,
        split: crate::SplitSection::default(),
        colorless_below,
        toned_below: 0.0,
        max_broken,
    }
}

#[test]
fn every_file_gets_its_finding() {
    let fixture = Fixture::new(2);
    let inspection = fixture.inspect();
    let findings: Vec<&Finding> = inspection.images.iter().map(|it| &it.finding).collect();
    let bytes = std::fs::read(&fixture.records[0].path).unwrap();
    let &Finding::Photo { chroma_spread, .. } = findings[0] else {
        panic!("{:?}", findings[0]);
    };
    assert!(chroma_spread < 1e-3, "{chroma_spread}");
    assert_eq!(
        *findings[0],
        Finding::Photo {
            content_hash: blake3::hash(&bytes),
            width: 6,
            height: 4,
            mean_chroma: 200.0,
            chroma_spread,
            profile: Profile::Srgb,
        }
    );
    assert!(matches!(
        findings[2],
        Finding::Photo {
            mean_chroma: 0.0,
            ..
        }
    ));
    assert_eq!(
        *findings[3],
        Finding::Broken {
            cause: "not a JPEG, PNG or WebP file".to_owned()
        }
    );
    assert_eq!(*findings[4], Finding::Missing);
}

#[test]
fn usable_ones_are_chosen_by_the_thresholds() {
    let inspection = Fixture::new(2).inspect();
    let selection = inspection.usable(&section(1.0, 0.5)).unwrap();
    let names = |selection: &Selection| -> Vec<String> {
        let images = selection.images.iter();
        images.map(|image| image.file_name.clone()).collect()
    };
    assert_eq!(names(&selection), ["sub/0.png", "sub/1.png"]);
    assert_eq!(selection.colorless, ["gray.png"]);
    assert_eq!(selection.missing, ["missing.jpg"]);
    assert_eq!(
        selection.broken,
        [(
            "broken.jpg".to_owned(),
            "not a JPEG, PNG or WebP file".to_owned()
        )]
    );
    let all = inspection.usable(&section(0.0, 0.5)).unwrap();
    assert_eq!(names(&all), ["sub/0.png", "sub/1.png", "gray.png"]);
}

#[test]
fn toned_ones_are_skipped_where_a_threshold_asks_for_it() {
    let mut fixture = Fixture::new(0);
    fixture.records.truncate(1);
    let sub = fixture.folder.path().join("photos/sub");
    let pictures: [(&str, fn(u32, u32) -> [u8; 3]); 2] = [
        ("sepia.png", |x, y| {
            let gray = (x * 3 + y) as u8;
            [gray + 40, gray + 20, gray]
        }),
        ("color.png", |x, y| [(x * 3) as u8, (y * 4) as u8, 90]),
    ];
    for (name, color) in pictures {
        let picture = RgbImage::from_fn(50, 50, |x, y| Rgb(color(x, y)));
        picture.save(sub.join(name)).unwrap();
        let file_name = format!("sub/{name}");
        fixture.records.push(ImageRecord {
            id: fixture.records.len() as i64 + 1,
            path: sub.join(name),
            file_name,
            ..fixture.records[0].clone()
        });
    }
    // The second time the findings are those of the cache.
    for _ in 0..2 {
        let inspection = fixture.inspect();
        let with = |toned_below| {
            let section = DatasetSection {
                toned_below,
                ..section(1.0, 0.0)
            };
            inspection.usable(&section).unwrap()
        };
        assert_eq!((with(0.0).images.len(), with(0.0).toned.len()), (2, 0));
        let selection = with(4.0);
        assert_eq!(selection.images[0].file_name, "sub/color.png");
        assert_eq!(selection.toned, ["sub/sepia.png"]);
        assert_eq!(selection.colorless, ["gray.png"], "gray ones are that");
    }
}

#[test]
fn a_profile_is_a_finding_and_a_content_of_its_own() {
    let fixture = Fixture::new(1);
    let plain = fixture.inspect();
    let path = &fixture.records[0].path;
    let picture = image::open(path).unwrap();
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    image::ImageEncoder::set_icc_profile(&mut encoder, b"no profile".to_vec()).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    std::fs::write(path, &bytes).unwrap();
    for _ in 0..2 {
        let inspection = fixture.inspect();
        let Finding::Photo {
            profile,
            content_hash,
            ..
        } = &inspection.images[0].finding
        else {
            panic!("{:?}", inspection.images[0]);
        };
        assert_eq!(*profile, Profile::Ignored("it cannot be read".to_owned()));
        assert_eq!(*content_hash, blake3::hash(&bytes));
        assert_eq!(inspection.images[1..], plain.images[1..]);
    }
}

#[test]
fn too_many_broken_ones_are_an_error_that_names_them() {
    let inspection = Fixture::new(2).inspect();
    assert_eq!(
        inspection
            .usable(&section(1.0, 0.39))
            .unwrap_err()
            .to_string(),
        "2 of 5 photographs cannot be used (1 broken, 1 missing), more than the share 0.39 that `dataset.max_broken` allows: `broken.jpg`: not a JPEG, PNG or WebP file; `missing.jpg`: no such file"
    );
    assert!(inspection.usable(&section(1.0, 0.4)).is_ok());
}

#[test]
fn nothing_left_is_an_error() {
    let inspection = Fixture::new(1).inspect();
    assert_eq!(
        inspection
            .usable(&section(255.0, 1.0))
            .unwrap_err()
            .to_string(),
        "none of the 4 selected photographs can be used: 2 without color, 0 toned, 1 broken, 1 missing"
    );
    let none = inspect(&[], &Fixture::new(0).cache, &[], &|_| ());
    assert!(none.usable(&section(1.0, 0.0)).is_err());
}

#[test]
fn only_what_changed_is_looked_at_again() {
    let fixture = Fixture::new(3);
    let first = fixture.inspect();
    assert_eq!(first.decoded, 5);
    let again = fixture.inspect();
    assert_eq!((again.decoded, &again.images), (0, &first.images));
    // A part of the records leaves what is known of the others.
    let part: Vec<&ImageRecord> = fixture.records.iter().take(1).collect();
    std::fs::write(&fixture.records[0].path, "no longer a photograph").unwrap();
    assert_eq!(inspect(&part, &fixture.cache, &[], &|_| ()).decoded, 1);
    let changed = fixture.inspect();
    assert_eq!(changed.decoded, 0);
    assert!(matches!(changed.images[0].finding, Finding::Broken { .. }));
    assert_eq!(changed.images[1..], first.images[1..]);
}

#[test]
fn a_damaged_cache_is_made_again_and_one_that_cannot_be_written_is_a_warning() {
    let mut fixture = Fixture::new(1);
    let first = fixture.inspect();
    assert_eq!(first.warnings, [""; 0]);
    let table = |record: &ImageRecord| {
        let dataset = name_of_root(&record.path, &record.file_name);
        table::path(&fixture.cache, &dataset)
    };
    assert_eq!(table(&fixture.records[0]), table(&fixture.records[2]));
    let table = table(&fixture.records[0]);
    let bytes = std::fs::read(&table).unwrap();
    std::fs::write(&table, &bytes[..bytes.len() - 9]).unwrap();
    let again = fixture.inspect();
    assert_eq!((again.decoded, &again.images), (3, &first.images));
    assert_eq!(fixture.inspect().decoded, 0);
    fixture.cache.folder = fixture.folder.path().join("photos/gray.png");
    let uncached = fixture.inspect();
    assert_eq!(uncached.images, first.images);
    let [warning] = uncached.warnings.as_slice() else {
        panic!("{:?}", uncached.warnings);
    };
    assert!(warning.starts_with("cannot cache the findings: "));
}

#[test]
fn the_identity_is_of_ids_and_contents() {
    let fixture = Fixture::new(3);
    let identity = |fixture: &Fixture| {
        let selection = fixture.inspect().usable(&section(1.0, 1.0)).unwrap();
        selection.content_hash()
    };
    let first = identity(&fixture);
    assert_eq!(first, identity(&Fixture::new(3)), "another folder");
    assert_ne!(first, identity(&Fixture::new(2)), "an image less");
    paint(&fixture.records[1].path, [1, 200, 11]);
    // Within the clock's resolution the time may be the same, and so is the size: a new cache sees the truth.
    let fresh = Fixture {
        cache: Cache {
            folder: fixture.folder.path().join("another"),
        },
        ..fixture
    };
    assert_ne!(first, identity(&fresh), "another pixel");
    let mut renumbered = Fixture::new(3);
    renumbered.records[0].id = 100;
    assert_ne!(first, identity(&renumbered), "another id");
}

/// Usable photographs and copies of a fixture, by file name.
fn divided(fixture: &Fixture) -> (Vec<String>, Vec<String>, blake3::Hash) {
    let selection = fixture.inspect().usable(&section(1.0, 1.0)).unwrap();
    let names = selection.images.iter();
    (
        names.map(|image| image.file_name.clone()).collect(),
        selection.copies.iter().map(ToString::to_string).collect(),
        selection.content_hash(),
    )
}

#[test]
fn of_every_content_one_photograph_stays_and_the_others_are_named() {
    let mut fixture = Fixture::new(3);
    let (names, copies, plain) = divided(&fixture);
    assert_eq!(copies, [""; 0]);

    // A copy beside it, a copy in a folder, and the same file once more under another id: all before the original.
    let root = fixture.folder.path().join("photos");
    for (id, copy) in [
        (-3, "sub/1 (1).png"),
        (-2, "sub/@eaDir/1.png"),
        (20, "sub/2.png"),
    ] {
        let path = root.join(copy);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        if !path.exists() {
            std::fs::copy(root.join("sub/1.png"), &path).unwrap();
        }
        fixture.records.push(ImageRecord {
            id,
            source: 0,
            path,
            file_name: copy.to_owned(),
            width: None,
            height: None,
            categories: Vec::new(),
        });
    }
    fixture.records.sort_by_key(|record| record.id);
    let (still, copies, with_copies) = divided(&fixture);
    assert_eq!(still, names);
    assert_eq!(
        copies,
        [
            "sub/1 (1).png of sub/1.png",
            "sub/@eaDir/1.png of sub/1.png",
            "sub/2.png, listed as 3 and 20",
        ]
    );
    // A run made before the copies came is still the same run.
    assert_eq!(with_copies, plain);
    // Without thresholds they are known as well.
    assert_eq!(fixture.inspect().copies().len(), 3);
}

#[test]
fn copies_are_those_of_the_categories_that_were_selected() {
    let fixture = Fixture::new(2);
    let root = fixture.folder.path().join("photos");
    std::fs::copy(root.join("sub/0.png"), root.join("copy.png")).unwrap();
    let copy = ImageRecord {
        id: 99,
        path: root.join("copy.png"),
        file_name: "copy.png".to_owned(),
        ..fixture.records[0].clone()
    };
    // The original was not selected: its copy is all there is of it.
    let inspection = inspect(&[&fixture.records[1], &copy], &fixture.cache, &[], &|_| ());
    let selection = inspection.usable(&section(1.0, 0.0)).unwrap();
    assert_eq!((selection.images.len(), selection.copies.len()), (2, 0));
}

#[test]
fn of_joined_datasets_each_has_its_own_findings_and_the_first_keeps_its_photographs() {
    let fixture = Fixture::new(3);
    let more = fixture.folder.path().join("more");
    std::fs::create_dir(&more).unwrap();
    paint(&more.join("new.png"), [120, 10, 10]);
    let original = fixture.folder.path().join("photos/sub/1.png");
    // A copy whose name is shorter: alone it would stay.
    std::fs::copy(original, more.join("1.png")).unwrap();
    let record = |id, name: &str| ImageRecord {
        id,
        source: 1,
        path: more.join(name),
        file_name: name.to_owned(),
        ..fixture.records[0].clone()
    };
    let others = [record(-7, "1.png"), record(50, "new.png")];
    let alone: Vec<&ImageRecord> = others.iter().collect();
    let decoded = |records: &[&ImageRecord]| inspect(records, &fixture.cache, &[], &|_| ());
    assert_eq!(decoded(&alone).decoded, 2);
    let mut both: Vec<&ImageRecord> = others.iter().chain(&fixture.records).collect();
    both.sort_by_key(|record| record.id);
    let joined = decoded(&both);
    assert_eq!(joined.decoded, fixture.records.len() - 1, "one is missing");
    let names: Vec<&str> = joined
        .images
        .iter()
        .map(|it| it.record.file_name.as_str())
        .collect();
    let expected: Vec<&str> = both.iter().map(|it| it.file_name.as_str()).collect();
    assert_eq!(names, expected);
    let selection = joined.usable(&section(1.0, 0.9)).unwrap();
    let names: Vec<&str> = selection
        .images
        .iter()
        .map(|it| it.file_name.as_str())
        .collect();
    assert_eq!(names, ["sub/0.png", "sub/1.png", "sub/2.png", "new.png"]);
    assert_eq!(selection.copies[0].to_string(), "1.png of sub/1.png");
    // What is known of one is known wherever it is used.
    assert_eq!(fixture.inspect().decoded, 0);
}

#[test]
fn what_is_decoded_is_kept_as_squares() {
    let fixture = Fixture::new(3);
    let records: Vec<&ImageRecord> = fixture.records.iter().collect();
    let squares = [
        (3, Resize::Bilinear),
        (3, Resize::BilinearAntialias),
        (9, Resize::Bilinear),
    ]
    .map(|(size, resize)| Square { size, resize });
    let inspection = inspect(&records, &fixture.cache, &squares[1..], &|_| ());
    assert_eq!(inspection.warnings, [""; 0]);
    let photographs: Vec<Photograph> = inspection
        .images
        .iter()
        .filter_map(InspectedImage::photograph)
        .map(|(_, photograph)| photograph)
        .collect();
    assert_eq!(photographs.len(), 4);
    let found = |square| Squares::find(&fixture.cache.folder, &photographs, square);
    for square in &squares[1..] {
        let found = found(*square).unwrap();
        for photograph in &photographs {
            let mut pixels = vec![0; square.bytes()];
            assert!(found.read(photograph, &mut pixels));
            let picture = photo::decode(&photograph.path).unwrap();
            let resized = photo::resize(&picture, square.size, square.resize);
            assert_eq!(pixels, resized.into_raw(), "{}", photograph.file_name);
        }
    }
    // What is known is not decoded for squares that are asked for later.
    inspect(&records, &fixture.cache, &squares[..1], &|_| ());
    assert!(found(squares[0]).is_none());
}

#[test]
fn squares_that_cannot_be_written_are_a_warning() {
    let fixture = Fixture::new(2);
    let records: Vec<&ImageRecord> = fixture.records.iter().collect();
    std::fs::create_dir_all(&fixture.cache.folder).unwrap();
    std::fs::write(fixture.cache.folder.join("pixels"), "a file").unwrap();
    let square = Square {
        size: 3,
        resize: Resize::Bilinear,
    };
    let inspection = inspect(&records, &fixture.cache, &[square], &|_| ());
    let [warning] = inspection.warnings.as_slice() else {
        panic!("{:?}", inspection.warnings);
    };
    assert!(
        warning.starts_with("decoded photographs are not cached on disk: cannot open `"),
        "{warning}"
    );
    assert_eq!(inspection.images, fixture.inspect().images);
}

#[test]
fn progress_counts_to_the_end() {
    let fixture = Fixture::new(4);
    let records: Vec<&ImageRecord> = fixture.records.iter().collect();
    let most = AtomicUsize::new(0);
    let note = |done: usize| {
        most.fetch_max(done, Ordering::Relaxed);
    };
    inspect(&records, &fixture.cache, &[], &note);
    assert_eq!(most.into_inner(), records.len());
}
