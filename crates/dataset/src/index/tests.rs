//! Tests of the index: sources, cache, selection, statistics.

use super::super::{Dataset, SplitSection};
use super::*;

const JSON: &str = r#"{
    "images": [
        {"id": 30, "file_name": "c.jpg", "width": 8, "height": 6},
        {"id": 10, "file_name": "a.jpg", "width": 4, "height": 2},
        {"id": 20, "file_name": "sub/b.jpg"}
    ],
    "annotations": [
        {"image_id": 30, "category_id": 13}, {"image_id": 30, "category_id": 3},
        {"image_id": 30, "category_id": 13}, {"image_id": 10, "category_id": 3},
        {"image_id": 99, "category_id": 3}, {"image_id": 10, "category_id": 77}
    ],
    "categories": [{"id": 3, "name": "car"}, {"id": 13, "name": "stop sign"}, {"id": 1, "name": "person"}]
}"#;

/// A COCO dataset of three images, of which only `a.jpg` exists, and an empty cache.
struct Fixture {
    folder: tempfile::TempDir,
    manifest: Manifest,
    cache: Cache,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("images")).unwrap();
        std::fs::write(root.join("images/a.jpg"), b"x").unwrap();
        std::fs::write(root.join("instances.json"), JSON).unwrap();
        let path = root.join("tiny.toml");
        std::fs::write(
            &path,
            "kind = \"coco\"\nimages = \"images\"\nannotations = \"instances.json\"",
        )
        .unwrap();
        Self {
            manifest: Manifest::read(&path).unwrap(),
            cache: Cache {
                folder: root.join("cache"),
            },
            folder,
        }
    }

    fn open(&self) -> Result<Index, DatasetError> {
        Index::open(&self.manifest, &self.cache, &|_| ())
    }

    fn cache_file(&self) -> PathBuf {
        let mut files = std::fs::read_dir(self.cache.folder.join("indexes")).unwrap();
        let file = files.next().unwrap().unwrap().path();
        assert!(files.next().is_none());
        file
    }
}

fn ids(images: &[&ImageRecord]) -> Vec<i64> {
    images.iter().map(|image| image.id).collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn coco_is_indexed_in_order_of_id() {
    let fixture = Fixture::new();
    let index = fixture.open().unwrap();
    assert!(index.built);
    assert_eq!(index.annotations, 6);
    assert_eq!(index.lost.count(), 2);
    assert_eq!(ids(&index.select(&[]).unwrap()), [10, 20, 30]);
    assert_eq!(index.images[0].categories, [3]);
    assert_eq!(index.images[1].categories, [0; 0]);
    assert_eq!(index.images[1].width, None);
    assert_eq!(index.images[2].categories, [3, 13]);
    assert_eq!(index.images[2].height, Some(6));
    assert_eq!(index.images[1].path, index.root.join("sub/b.jpg"));
    assert_eq!(ids(&index.missing()), [20, 30]);
}

#[test]
fn selection_is_by_name_and_an_unknown_name_gets_the_nearest() {
    let index = Fixture::new().open().unwrap();
    let select = |categories: &[&str]| index.select(&names(categories));
    assert_eq!(ids(&select(&["car"]).unwrap()), [10, 30]);
    assert_eq!(ids(&select(&["stop sign", "car"]).unwrap()), [10, 30]);
    assert_eq!(ids(&select(&["person"]).unwrap()), [0_i64; 0]);
    assert_eq!(
        select(&["car", "stopsign"]).unwrap_err().to_string(),
        "dataset `tiny` has no category `stopsign`; did you mean `stop sign`?"
    );
    assert_eq!(
        select(&["zebra"]).unwrap_err().to_string(),
        "dataset `tiny` has no category `zebra`; it has `car`, `stop sign`, `person`"
    );
}

#[test]
fn the_cache_answers_until_the_source_changes() {
    let fixture = Fixture::new();
    let first = fixture.open().unwrap();
    let second = fixture.open().unwrap();
    assert!(!second.built);
    assert_eq!(
        first,
        Index {
            built: true,
            ..second
        }
    );
    // The same length and, as far as a coarse clock can tell, the same time: only the content differs.
    let annotations = fixture.folder.path().join("instances.json");
    let modified = annotations.metadata().unwrap().modified().unwrap();
    std::fs::write(&annotations, JSON.replace("c.jpg", "d.jpg")).unwrap();
    let file = std::fs::File::options()
        .write(true)
        .open(&annotations)
        .unwrap();
    file.set_modified(modified).unwrap();
    let third = fixture.open().unwrap();
    assert!(third.built);
    assert_eq!(third.images[2].file_name, "d.jpg");
}

#[test]
fn a_damaged_or_older_cache_file_is_built_again() {
    let fixture = Fixture::new();
    let whole = fixture.open().unwrap();
    let file = fixture.cache_file();
    let bytes = std::fs::read(&file).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("\"format\":2"));
    let mut older = bytes.clone();
    let at = bytes
        .windows(10)
        .position(|part| part == b"\"format\":2")
        .unwrap();
    older[at + 9] = b'0';
    let mut garbled = bytes.clone();
    for byte in &mut garbled[8..40] {
        *byte ^= 0x5a;
    }
    let half = bytes[..bytes.len() / 2].to_vec();
    for damaged in [older, half, garbled, Vec::new(), b"PAR1".to_vec()] {
        std::fs::write(&file, &damaged).unwrap();
        let again = fixture.open().unwrap();
        assert!(again.built);
        assert_eq!(again, whole);
        assert!(!fixture.open().unwrap().built);
    }
}

#[test]
fn a_cache_that_cannot_be_written_stops_nothing() {
    let mut fixture = Fixture::new();
    // A file where the folder should be.
    fixture.cache.folder = fixture.folder.path().join("instances.json");
    let index = fixture.open().unwrap();
    assert_eq!(index.images.len(), 3);
    let warning = index.warning.unwrap();
    assert!(
        warning.starts_with("cannot cache the index: cannot write"),
        "{warning}"
    );
}

#[test]
fn many_at_once_get_the_same() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(fixture.open().unwrap().images.len(), 3));
        }
    });
    assert!(!fixture.open().unwrap().built);
}

#[test]
fn what_is_missing_or_ambiguous_is_named() {
    let fixture = Fixture::new();
    let root = fixture.folder.path();
    let error = || {
        let text = fixture.open().unwrap_err().to_string();
        text.replace(&root.display().to_string(), "ROOT")
    };
    std::fs::write(
        root.join("instances.json"),
        r#"{"images": [{"id": 1, "file_name": "x"}, {"id": 1, "file_name": "y"}]}"#,
    )
    .unwrap();
    assert_eq!(
        error(),
        "ROOT/instances.json: images `x` and `y` both have the id 1; ids must be unique"
    );
    std::fs::write(root.join("instances.json"), "{\n\"images\": [}").unwrap();
    assert_eq!(
        error(),
        "ROOT/instances.json:2:12: not COCO `instances` JSON: expected value"
    );
    std::fs::remove_dir_all(root.join("images")).unwrap();
    assert_eq!(
        error(),
        "image folder not found: `ROOT/images`, which `ROOT/tiny.toml` names under `images`; get the data or fix the path (paths are relative to the manifest)"
    );
    std::fs::remove_file(root.join("instances.json")).unwrap();
    assert!(error().starts_with("annotation file not found: `ROOT/instances.json`"));
}

#[test]
fn a_category_has_one_name_and_a_name_of_several_means_all_of_them() {
    let fixture = Fixture::new();
    let root = fixture.folder.path();
    let write = |old: &str, new: &str| {
        assert!(JSON.contains(old));
        std::fs::write(root.join("instances.json"), JSON.replace(old, new)).unwrap();
    };
    // An index that was cached before it was judged is judged as well.
    for _ in 0..2 {
        write(
            "\"id\": 1, \"name\": \"person\"",
            "\"id\": 3, \"name\": \"auto\"",
        );
        let error = fixture.open().unwrap_err().to_string();
        assert_eq!(
            error.replace(&root.display().to_string(), "ROOT"),
            "ROOT/instances.json: the category id 3 has two names, `car` and `auto`; \
             give each category its own id, or use one name"
        );
    }
    write(
        "\"id\": 1, \"name\": \"person\"",
        "\"id\": 13, \"name\": \"stop sign\"",
    );
    let warning = fixture.open().unwrap().warning.unwrap();
    assert!(
        !warning.contains("several ids"),
        "said twice alike: {warning}"
    );
    write(
        "\"id\": 13, \"name\": \"stop sign\"",
        "\"id\": 13, \"name\": \"car\"",
    );
    for is_built in [true, false] {
        let index = fixture.open().unwrap();
        assert_eq!(index.built, is_built);
        assert_eq!(ids(&index.select(&names(&["car"])).unwrap()), [10, 30]);
        let warning = index.warning.unwrap();
        assert!(
            warning.contains(
                "instances.json: the category name `car` has several ids, 3 and 13: it selects the images of all of them"
            ),
            "{warning}"
        );
    }
}

#[test]
fn a_folder_is_a_dataset_too() {
    let mut fixture = Fixture::new();
    let photos = fixture.folder.path().join("images");
    std::fs::write(photos.join("B.JPG"), b"y").unwrap();
    fixture.manifest.source = Source::Folder {
        path: photos.clone(),
    };
    let index = fixture.open().unwrap();
    assert_eq!(index.images.len(), 2);
    assert!(index.images.is_sorted_by_key(|image| image.id));
    assert!(!fixture.open().unwrap().built);
    assert_eq!(
        index.select(&names(&["car"])).unwrap_err().to_string(),
        "dataset `tiny` has no category `car`; it has no categories: those come with COCO annotations"
    );
    std::fs::write(photos.join("c.png"), b"z").unwrap();
    let more = fixture.open().unwrap();
    assert!(more.built);
    for image in &index.images {
        assert!(more.images.contains(image));
    }
}

#[test]
fn statistics_count_everything() {
    let fixture = Fixture::new();
    let index = fixture.open().unwrap();
    let split = SplitSection {
        validation: 0.5,
        seed: 0,
    };
    let statistics = index.statistics(&split, &index.listed_again());
    assert_eq!(statistics.images, 3);
    assert_eq!(statistics.missing, 2);
    assert_eq!(statistics.without_category, 1);
    assert_eq!(statistics.train + statistics.validation, 3);
    let width = statistics.width.unwrap();
    assert_eq!((width.smallest, width.median, width.largest), (4, 8, 8));
    let counts: Vec<(&str, usize)> = statistics
        .categories
        .iter()
        .map(|category| (category.name.as_str(), category.images))
        .collect();
    assert_eq!(counts, [("car", 2), ("stop sign", 1), ("person", 0)]);
}

#[test]
fn annotations_of_what_is_not_listed_are_counted_and_named() {
    let fixture = Fixture::new();
    let root = fixture.folder.path();
    for is_built in [true, false] {
        let index = fixture.open().unwrap();
        assert_eq!(index.built, is_built);
        let warning = index.warning.unwrap();
        assert_eq!(
            warning.replace(&root.display().to_string(), "ROOT"),
            "ROOT/instances.json: 1 of 6 annotations are skipped: `categories` does not list their `category_id` (77); \
             ROOT/instances.json: 1 of 6 annotations are skipped: `images` does not list their `image_id` (99)"
        );
    }
    let annotations: Vec<String> = (0..20)
        .map(|id| format!("{{\"image_id\": {}, \"category_id\": 3}}", 100 + id / 2))
        .collect();
    let json = format!(
        "{{\"images\": [], \"categories\": [{{\"id\": 3, \"name\": \"car\"}}], \"annotations\": [{}]}}",
        annotations.join(", ")
    );
    std::fs::write(root.join("instances.json"), json).unwrap();
    let index = fixture.open().unwrap();
    assert_eq!(index.lost.count(), 20);
    let warning = index.warning.unwrap();
    assert!(
        warning.ends_with("`image_id` (100, 101, 102, 103, 104, and 5 more)"),
        "{warning}"
    );
    // A sound file is no reason to warn.
    std::fs::write(
        root.join("instances.json"),
        JSON.replace("\"image_id\": 99", "\"image_id\": 10")
            .replace("\"category_id\": 77", "\"category_id\": 1"),
    )
    .unwrap();
    assert_eq!(fixture.open().unwrap().warning, None);
}

#[test]
fn photographs_outside_the_image_folder_are_read_only_where_the_manifest_allows_it() {
    let mut fixture = Fixture::new();
    let root = fixture.folder.path().to_owned();
    std::fs::write(root.join("secret.jpg"), b"x").unwrap();
    let absolute = root.join("secret.jpg").display().to_string();
    for name in ["../secret.jpg", "sub/../../secret.jpg", &absolute] {
        std::fs::write(root.join("instances.json"), JSON.replace("c.jpg", name)).unwrap();
        // Also where the index is in the cache.
        for _ in 0..2 {
            let error = fixture.open().unwrap_err().to_string();
            assert_eq!(
                error.replace(&root.display().to_string(), "ROOT"),
                format!(
                    "ROOT/instances.json: 1 of 3 images have a `file_name` that leads out of the image folder `ROOT/images`, \
                     such as `{}`; move the photographs into the folder, or set `allow_outside = true` in the manifest \
                     if you trust the file",
                    name.replace(&root.display().to_string(), "ROOT")
                )
            );
        }
    }
    let name = "sub/../c.jpg";
    std::fs::write(root.join("instances.json"), JSON.replace("c.jpg", name)).unwrap();
    assert_eq!(fixture.open().unwrap().images.len(), 3);
    if let Source::Coco { allow_outside, .. } = &mut fixture.manifest.source {
        *allow_outside = true;
    }
    let name = "../secret.jpg";
    std::fs::write(root.join("instances.json"), JSON.replace("c.jpg", name)).unwrap();
    assert_eq!(ids(&fixture.open().unwrap().missing()), [20]);
}

/// A second dataset beside the fixture's, with the same ids and another `car`.
fn joined(fixture: &Fixture, json: &str) -> Result<Index, DatasetError> {
    let root = fixture.folder.path();
    std::fs::create_dir_all(root.join("more")).unwrap();
    std::fs::write(root.join("more.json"), json).unwrap();
    let path = root.join("more.toml");
    let text = "kind = \"coco\"\nimages = \"more\"\nannotations = \"more.json\"";
    std::fs::write(&path, text).unwrap();
    let dataset = Dataset::read(&[fixture.manifest.path.clone(), path])?;
    assert_eq!(dataset.name(), "tiny+more");
    dataset.open(&fixture.cache, &|_, _| ())
}

const MORE: &str = r#"{
    "images": [{"id": 10, "file_name": "a.jpg"}, {"id": 20, "file_name": "z.jpg"}],
    "annotations": [{"image_id": 10, "category_id": 1}, {"image_id": 20, "category_id": 2}],
    "categories": [{"id": 1, "name": "kite"}, {"id": 2, "name": "car"}]
}"#;

#[test]
fn datasets_are_joined_by_the_names_of_their_categories() {
    let fixture = Fixture::new();
    let index = joined(&fixture, MORE).unwrap();
    let names: Vec<&str> = index.categories.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["car", "stop sign", "person", "kite"]);
    let ids: Vec<i64> = index.categories.iter().map(|it| it.id).collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    assert_eq!(index.images.len(), 5);
    assert!(index.images.is_sorted_by_key(|image| image.id));
    assert!(index.built);
    let shown = |categories: &[&str]| -> Vec<(usize, String)> {
        let categories: Vec<String> = categories.iter().map(ToString::to_string).collect();
        let images = index.select(&categories).unwrap().into_iter();
        let mut shown: Vec<_> = images.map(|it| (it.source, it.file_name.clone())).collect();
        shown.sort();
        shown
    };
    let found = |places: &[(usize, &str)]| -> Vec<(usize, String)> {
        places
            .iter()
            .map(|&(at, name)| (at, name.to_owned()))
            .collect()
    };
    assert_eq!(
        shown(&["car"]),
        found(&[(0, "a.jpg"), (0, "c.jpg"), (1, "z.jpg")])
    );
    assert_eq!(shown(&["kite"]), found(&[(1, "a.jpg")]));
    // The first dataset's photographs are who they were; the others' depend on nothing but id and place.
    let alone = fixture.open().unwrap();
    for image in &alone.images {
        assert!(
            index
                .images
                .iter()
                .any(|it| it.id == image.id && it.path == image.path)
        );
    }
    let second: Vec<i64> = index
        .images
        .iter()
        .filter(|it| it.source == 1)
        .map(|it| it.id)
        .collect();
    let larger = MORE.replace(
        "\"images\": [",
        "\"images\": [{\"id\": 1, \"file_name\": \"0.jpg\"}, ",
    );
    let again = joined(&fixture, &larger).unwrap();
    assert!(
        second
            .iter()
            .all(|id| again.images.iter().any(|it| it.id == *id))
    );
    assert_eq!(again.images.len(), 6);

    let all = index.select(&[]).unwrap();
    let (kept, left_out) = index.leave_out(all, &["car".to_owned()]).unwrap();
    assert_eq!((kept.len(), left_out.len()), (2, 3));
    let all = index.select(&[]).unwrap();
    let (kept, left_out) = index.leave_out(all, &[]).unwrap();
    assert_eq!((kept.len(), left_out.len()), (5, 0));
    let unknown = index.select(&["kit".to_owned()]).unwrap_err().to_string();
    assert_eq!(
        unknown,
        "dataset `tiny+more` has no category `kit`; did you mean `kite`?"
    );
}

#[test]
fn what_cannot_be_joined_is_refused() {
    let fixture = Fixture::new();
    let root = fixture.folder.path();
    let plain = MORE.replace(
        "\"categories\": [{\"id\": 1, \"name\": \"kite\"}, {\"id\": 2, \"name\": \"car\"}]",
        "\"licenses\": []",
    );
    let index = joined(&fixture, &plain).unwrap();
    assert_eq!(index.select(&[]).unwrap().len(), 5);
    let refused = index.select(&["car".to_owned()]).unwrap_err().to_string();
    assert!(
        refused.starts_with("dataset `more` has no categories, so"),
        "{refused}"
    );
    let world = root.join("world.toml");
    std::fs::write(
        &world,
        "kind = \"synthetic\"\ncount = 2\nseed = 0\nsize = 16",
    )
    .unwrap();
    let refused = Dataset::read(&[fixture.manifest.path.clone(), world.clone()]).unwrap_err();
    let refused = refused
        .to_string()
        .replace(&format!("{}/", root.display()), "");
    assert!(
        refused.starts_with("cannot join `world.toml`, which is painted scenes, with `tiny.toml`"),
        "{refused}"
    );
    assert!(Dataset::read(&[world]).unwrap().is_synthetic());
}
