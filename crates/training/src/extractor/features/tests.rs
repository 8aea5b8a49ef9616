use std::cell::Cell;
use std::path::Path;

use super::*;
use crate::backend::{self, DeviceName};
use crate::photo::RgbImage;

/// Photographs of noise in a folder that is gone with the answer, and requests for their features.
struct Setting {
    folder: tempfile::TempDir,
    images: Vec<Photograph>,
}

impl Setting {
    fn new(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let images = (0..count)
            .map(|number| write_photo(&folder.path().join(format!("{number}.png")), number))
            .collect();
        Self { folder, images }
    }

    fn request(&self, cache: &str) -> FeatureRequest {
        FeatureRequest {
            extractor: ExtractorKind::Resnet18,
            weights: WeightsChoice::Random { seed: 5 },
            pooling: Pooling::Max,
            preprocess: Preprocess::Imagenet,
            size: 32,
            resize: Resize::Bilinear,
            device_class: "flex".to_owned(),
            cache_folder: self.folder.path().join(cache),
        }
    }

    fn photographs(&self) -> Vec<&Photograph> {
        self.images.iter().collect()
    }

    fn compute(&self, cache: &str) -> Result<Features, ExtractorError> {
        compute_all(&self.request(cache), &self.images)
    }

    /// The shards in the cache.
    fn shards(&self, cache: &str) -> Vec<PathBuf> {
        let folder = self.request(cache).key().unwrap();
        let folder = folder.folder(&self.folder.path().join(cache));
        let entries = std::fs::read_dir(folder).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "safetensors"));
        paths.sort();
        paths
    }
}

fn write_photo(path: &Path, number: usize) -> Photograph {
    let photo = RgbImage::from_fn(40, 36, |x, y| {
        let value = (x * 31 + y * 17 + 7) as usize * (number + 3) * 2_654_435_761;
        image::Rgb([value >> 8, value >> 16, value >> 24].map(|value| value as u8))
    });
    photo.save(path).unwrap();
    Photograph {
        id: number as i64,
        file_name: path.display().to_string(),
        categories: Vec::new(),
        content_hash: blake3::hash(&std::fs::read(path).unwrap()),
        path: path.to_owned(),
    }
}

fn compute_all(
    request: &FeatureRequest,
    images: &[Photograph],
) -> Result<Features, ExtractorError> {
    let device = backend::open(&DeviceName::Flex).unwrap();
    let images: Vec<&Photograph> = images.iter().collect();
    compute(request, &images, &device, &|_| (), &|| false)
}

#[test]
fn what_is_known_is_not_computed_again() {
    let setting = Setting::new(11);
    let first = setting.compute("cache").unwrap();
    assert_eq!((first.computed, first.known, first.width), (11, 0, 512));
    assert_eq!(first.values.len(), 11 * 512);
    assert!(first.warnings.is_empty());
    assert_ne!(first.of(0), first.of(10));
    let again = setting.compute("cache").unwrap();
    assert_eq!((again.computed, again.known), (0, 11));
    assert_eq!(again.values, first.values);
    // Without the photographs, without weights, in another order, with one twice and one that is new.
    let mut images = vec![setting.images[7].clone(), setting.images[2].clone()];
    images.push(images[0].clone());
    images.push(write_photo(&setting.folder.path().join("new.png"), 99));
    std::fs::remove_file(&setting.images[7].path).unwrap();
    let some = compute_all(&setting.request("cache"), &images).unwrap();
    assert_eq!((some.computed, some.known), (1, 2));
    assert_eq!(
        [some.of(0), some.of(1), some.of(2)],
        [first.of(7), first.of(2), first.of(7)]
    );
    let all = setting.compute("cache").unwrap();
    assert_eq!(all.computed, 0);
}

#[test]
fn equal_photographs_pass_the_classifier_once() {
    let setting = Setting::new(1);
    let images = [&setting.images[0]; 5];
    let told = std::cell::RefCell::new(Vec::new());
    let device = backend::open(&DeviceName::Flex).unwrap();
    let request = setting.request("cache");
    let progress = |done| told.borrow_mut().push(done);
    let features = compute(&request, &images, &device, &progress, &|| false).unwrap();
    assert_eq!((features.computed, features.known), (1, 0));
    assert!((0..5).all(|at| features.of(at) == features.of(0)));
    assert_eq!(*told.borrow(), [0, 0, 5]);
}

#[test]
fn no_photographs_need_no_classifier() {
    let setting = Setting::new(0);
    let features = setting.compute("cache").unwrap();
    assert_eq!((features.computed, features.known), (0, 0));
    assert!(features.values.is_empty());
}

#[test]
fn a_vector_depends_on_its_photograph_alone() {
    let setting = Setting::new(11);
    let together = setting.compute("together").unwrap();
    let alone = compute_all(&setting.request("alone"), &setting.images[10..]).unwrap();
    assert_eq!(alone.values, together.of(10));
}

#[test]
fn what_was_computed_before_a_stop_is_kept() {
    let setting = Setting::new(3 * BATCH);
    let undisturbed = setting.compute("undisturbed").unwrap();
    let device = backend::open(&DeviceName::Flex).unwrap();
    let asked = Cell::new(0);
    let stop_at_the_third = || {
        asked.set(asked.get() + 1);
        asked.get() > 2
    };
    let request = setting.request("cache");
    let stopped = compute(
        &request,
        &setting.photographs(),
        &device,
        &|_| (),
        &stop_at_the_third,
    );
    assert_eq!(
        stopped.unwrap_err().to_string(),
        format!(
            "stopped after {} of {} photographs; computed features are kept",
            2 * BATCH,
            3 * BATCH
        )
    );
    let rest = setting.compute("cache").unwrap();
    assert_eq!((rest.computed, rest.known), (BATCH, 2 * BATCH));
    assert_eq!(rest.values, undisturbed.values);
}

#[test]
fn a_damaged_shard_is_named_once_and_made_again() {
    let setting = Setting::new(2);
    let whole = setting.compute("cache").unwrap();
    let shard = &setting.shards("cache")[0];
    let bytes = std::fs::read(shard).unwrap();
    let mut flipped = bytes.clone();
    let near_the_end = flipped.len() - 5;
    flipped[near_the_end] ^= 1;
    let mut damages = vec![Vec::new(), b"nonsense".to_vec(), flipped];
    damages.extend([7, 8, 9, bytes.len() / 2, bytes.len() - 1].map(|end| bytes[..end].to_vec()));
    for damage in damages {
        for path in setting.shards("cache") {
            std::fs::remove_file(path).unwrap();
        }
        std::fs::write(shard, &damage).unwrap();
        let features = setting.compute("cache").unwrap();
        assert_eq!(features.computed, 2);
        assert_eq!(features.values, whole.values);
        let [warning] = features.warnings.as_slice() else {
            panic!("{:?}", features.warnings);
        };
        let named = format!("features in `{}` are damaged", shard.display());
        assert!(warning.starts_with(&named), "{warning}");
        assert!(setting.compute("cache").unwrap().warnings.is_empty());
    }
}

#[test]
fn every_byte_of_a_shard_is_protected() {
    let setting = Setting::new(1);
    let whole = setting.compute("cache").unwrap();
    let key = setting.request("cache").key().unwrap();
    let folder = FeatureFolder::new(&key, &setting.folder.path().join("cache"));
    let shard = &setting.shards("cache")[0];
    let bytes = std::fs::read(shard).unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        std::fs::write(shard, flipped).unwrap();
        let images = setting.photographs();
        let mut table = Table::new(&images, 512);
        let mut take = |hash, vector: &[u8]| table.put_bytes(hash, vector);
        let damaged = folder.read(&mut HashSet::new(), &mut take).unwrap();
        // A byte that says nothing, such as a blank, may well be another one.
        assert!(
            damaged.len() == 1 || table.finish() == whole.values,
            "byte {at}"
        );
    }
}

#[test]
fn what_a_killed_process_left_is_cleared_away() {
    let setting = Setting::new(1);
    setting.compute("cache").unwrap();
    let shard = &setting.shards("cache")[0];
    let rubbish = shard.with_file_name(".partial-abc");
    std::fs::write(&rubbish, b"half").unwrap();
    std::fs::remove_file(shard).unwrap();
    assert_eq!(setting.compute("cache").unwrap().computed, 1);
    assert!(!rubbish.exists());
    let key = shard.with_file_name("key.json");
    insta::assert_snapshot!(std::fs::read_to_string(key).unwrap(), @r#"
    {
      "version": 2,
      "photo_version": 1,
      "extractor": "resnet18",
      "weights": "random-5",
      "pooling": "max",
      "preprocess": "imagenet",
      "size": 32,
      "resize": "bilinear",
      "device": "flex"
    }
    "#);
}

#[test]
fn a_photograph_that_is_broken_or_another_one_is_named() {
    let setting = Setting::new(BATCH + 1);
    let last = &setting.images[BATCH].path;
    let whole = std::fs::read(last).unwrap();
    std::fs::write(last, &whole[..100]).unwrap();
    let message = setting.compute("cache").unwrap_err().to_string();
    let named = format!("cannot decode `{}`: ", last.display());
    assert!(message.starts_with(&named), "{message}");
    write_photo(last, 1000);
    assert_eq!(
        setting.compute("cache").unwrap_err().to_string(),
        format!(
            "`{}` has changed since it was inspected: run again",
            last.display()
        )
    );
    std::fs::remove_file(last).unwrap();
    let message = setting.compute("cache").unwrap_err().to_string();
    assert!(message.starts_with(&named), "{message}");
    std::fs::write(last, &whole).unwrap();
    // The batch before was kept.
    assert_eq!(setting.compute("cache").unwrap().computed, 1);
}

#[test]
fn two_at_once_compute_everything_once() {
    let setting = Setting::new(2 * BATCH);
    let computed: Vec<usize> = std::thread::scope(|scope| {
        let threads = [(); 3].map(|()| scope.spawn(|| setting.compute("cache").unwrap()));
        let features = threads.map(|thread| thread.join().unwrap());
        assert!(features.iter().all(|it| it.values == features[0].values));
        features.iter().map(|it| it.computed).collect()
    });
    assert_eq!(computed.iter().sum::<usize>(), 2 * BATCH, "{computed:?}");
}

#[test]
fn one_that_waits_for_another_can_be_stopped() {
    let setting = Setting::new(1);
    let request = setting.request("cache");
    let key = request.key().unwrap();
    let folder = FeatureFolder::new(&key, &request.cache_folder);
    let writer = folder.lock(&key, &|| false).unwrap();
    let device = backend::open(&DeviceName::Flex).unwrap();
    let stopped = compute(&request, &setting.photographs(), &device, &|_| (), &|| true);
    assert!(matches!(
        stopped,
        Err(ExtractorError::Stopped { done: 0, total: 1 })
    ));
    drop(writer);
    assert_eq!(setting.compute("cache").unwrap().computed, 1);
}

#[test]
fn whatever_changes_a_vector_has_a_folder_of_its_own() {
    let setting = Setting::new(0);
    let plain = setting.request("cache");
    let changes: [fn(&mut FeatureRequest); 7] = [
        |it| it.extractor = ExtractorKind::Resnet34,
        |it| it.weights = WeightsChoice::Random { seed: 6 },
        |it| it.pooling = Pooling::Average,
        |it| it.preprocess = Preprocess::Upstream,
        |it| it.size = 64,
        |it| it.resize = Resize::BilinearAntialias,
        |it| it.device_class = "libtorch".to_owned(),
    ];
    let folder = |request: &FeatureRequest| request.key().unwrap().folder(Path::new("cache"));
    let mut folders = vec![folder(&plain)];
    for change in changes {
        let mut request = plain.clone();
        change(&mut request);
        folders.push(folder(&request));
    }
    folders.sort();
    folders.dedup();
    assert_eq!(folders.len(), 8);
}
