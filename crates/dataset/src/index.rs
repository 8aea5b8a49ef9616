//! The index: every image of a dataset, with its categories.

mod join;
mod select;

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cache::Cache;
use super::coco::Instances;
use super::manifest::{Manifest, Source};
use super::synthetic::{self, World};
use super::{DatasetError, PassedOver, coco, folder, table};
use colorize_base::{keyed_name, read_file};

/// The images of a dataset, in order of id.
#[derive(Debug, Clone, PartialEq)]
pub struct Index {
    /// The manifest's name.
    pub name: String,
    /// The folder that file names are relative to.
    pub root: PathBuf,
    /// The categories in the source's order, used or not; empty for a folder.
    pub categories: Vec<Category>,
    /// Every image, by rising id. Whether its file exists is not known here: see [`Index::missing`].
    pub images: Vec<ImageRecord>,
    /// Annotations in the source, with those that are [`lost`](Self::lost).
    pub annotations: usize,
    /// Annotations of images or categories that the source does not list: they count for nothing.
    pub lost: LostAnnotations,
    /// Files of a folder that are no photographs; none for other sources.
    pub passed_over: PassedOver,
    /// The datasets that it was joined from; empty for one alone.
    pub parts: Vec<Part>,
    /// Whether this call built the index, rather than finding it in the cache.
    pub built: bool,
    /// What is odd about it: names that several categories have, annotations that are lost, and why it could not be put into
    /// the cache, if so; it serves as well.
    pub warning: Option<String>,
}

/// A dataset that was joined with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its manifest's name.
    pub name: String,
    /// Whether its images can be selected by what they show.
    pub has_categories: bool,
}

/// What an image can show.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Category {
    /// The source's number for it; has gaps in COCO (1 to 90 for 80 categories).
    pub id: i64,
    /// Its name, such as `stop sign`.
    pub name: String,
}

/// An image as the source describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRecord {
    /// COCO's id, or for a folder a 63-bit hash of the file name. Of datasets that are joined the second and all after it have
    /// ids of 63 bits of their own.
    pub id: i64,
    /// The place of its dataset among those that are joined, from 0.
    pub source: usize,
    /// Path below the root, with `/` between its parts.
    pub file_name: String,
    /// The file.
    pub path: PathBuf,
    /// Pixels, as the annotations say; `None` where they do not, and for a folder.
    pub width: Option<u32>,
    /// Pixels, as the annotations say; `None` where they do not, and for a folder.
    pub height: Option<u32>,
    /// Ids of the categories that it shows, rising, each once.
    pub categories: Vec<i64>,
}

/// Annotations that mean nothing, as what they name is not listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostAnnotations {
    /// Those of images that `images` lacks.
    pub of_images: Unlisted,
    /// Those of listed images, with categories that `categories` lacks.
    pub of_categories: Unlisted,
}

/// Ids that are not listed, and what refers to them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlisted {
    /// Annotations with one of the ids.
    pub annotations: usize,
    /// How many ids there are.
    pub ids: usize,
    /// The smallest of them.
    pub first: Vec<i64>,
}

impl Unlisted {
    fn of(annotations: &HashMap<i64, usize>) -> Self {
        let mut first: Vec<i64> = annotations.keys().copied().collect();
        first.sort_unstable();
        first.truncate(NAMED);
        Self {
            annotations: annotations.values().sum(),
            ids: annotations.len(),
            first,
        }
    }
}

impl LostAnnotations {
    /// All of them.
    pub fn count(&self) -> usize {
        self.of_images.annotations + self.of_categories.annotations
    }

    /// Counts them in words, one sentence a kind; `all` are the annotations of the file.
    fn in_words(&self, all: usize) -> Vec<String> {
        let kinds = [
            (&self.of_categories, "category_id", "categories"),
            (&self.of_images, "image_id", "images"),
        ];
        let lost = kinds.iter().filter(|(lost, ..)| lost.annotations > 0);
        lost.map(|(lost, key, list)| {
            let mut named: Vec<String> = lost.first.iter().map(i64::to_string).collect();
            if lost.ids > named.len() {
                named.push(format!("and {} more", lost.ids - named.len()));
            }
            format!(
                "{} of {all} annotations are skipped: `{list}` does not list their `{key}` ({})",
                lost.annotations,
                named.join(", ")
            )
        })
        .collect()
    }
}

/// How many ids are named that are not listed.
const NAMED: usize = 5;

/// Annotation files up to this many bytes are hashed whole to see whether they changed; larger ones are judged by size
/// and time alone.
const HASHED_UP_TO: u64 = 8 << 20;

impl Index {
    /// Opens the index of a dataset: from the cache, or built and put there when the source is new or has changed.
    ///
    /// A synthetic world that is not in the cache yet is painted first; `progress` is told the number of scenes done.
    ///
    /// # Errors
    ///
    /// When something the manifest names is missing or cannot be read, or the annotations are not COCO's.
    pub fn open(
        manifest: &Manifest,
        cache: &Cache,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Self, DatasetError> {
        match &manifest.source {
            Source::Coco {
                images,
                annotations,
                allow_outside,
            } => {
                let missing = |what, key, path: &Path| DatasetError::Missing {
                    what,
                    path: path.to_owned(),
                    manifest: manifest.path.clone(),
                    key,
                };
                if !annotations.is_file() {
                    return Err(missing("annotation file", "annotations", annotations));
                }
                if !images.is_dir() {
                    return Err(missing("image folder", "images", images));
                }
                let index = Self::open_coco(&manifest.name, images, annotations, cache)?;
                if !allow_outside {
                    index.judge_names(annotations)?;
                }
                Ok(index)
            }
            Source::Folder { path } => {
                if !path.is_dir() {
                    return Err(DatasetError::Missing {
                        what: "image folder",
                        path: path.clone(),
                        manifest: manifest.path.clone(),
                        key: "path",
                    });
                }
                Self::open_folder(&manifest.name, path, cache)
            }
            &Source::Synthetic { count, seed, size } => {
                let world = World { count, seed, size };
                let folder = cache
                    .folder
                    .join("worlds")
                    .join(format!("v{}-{count}-{seed}-{size}", synthetic::VERSION));
                {
                    // One that is there is complete, and its cache may be sealed.
                    let _alone = if folder.exists() {
                        None
                    } else {
                        Some(Cache::lock(&folder)?)
                    };
                    world
                        .write(&folder, progress)
                        .map_err(|cause| DatasetError::World {
                            path: folder.clone(),
                            cause,
                        })?;
                }
                let annotations = folder.join("annotations/instances.json");
                Self::open_coco(&manifest.name, &folder.join("images"), &annotations, cache)
            }
        }
    }

    fn open_coco(
        name: &str,
        root: &Path,
        annotations: &Path,
        cache: &Cache,
    ) -> Result<Self, DatasetError> {
        let identity = format!("coco {} {}", root.display(), annotations.display());
        let fingerprint = file_fingerprint(annotations)?;
        let mut index = Self::cached(name, root, &identity, &fingerprint, cache, || {
            let instances = coco::read(annotations)?;
            Self::from_instances(name, root, annotations, instances)
        })?;
        let shared = coco::judge_categories(annotations, &index.categories)?;
        let lost = index.lost.in_words(index.annotations);
        let lost = lost
            .iter()
            .map(|lost| format!("{}: {lost}", annotations.display()));
        let warnings: Vec<String> = index
            .warning
            .into_iter()
            .chain(shared)
            .chain(lost)
            .collect();
        index.warning = Some(warnings.join("; ")).filter(|warning| !warning.is_empty());
        Ok(index)
    }

    fn open_folder(name: &str, root: &Path, cache: &Cache) -> Result<Self, DatasetError> {
        let (files, passed_over) = folder::list(root)?;
        let identity = format!("folder {}", root.display());
        let fingerprint = folder::fingerprint(&files);
        let index = Self::cached(name, root, &identity, &fingerprint, cache, || {
            let images = files
                .into_iter()
                .map(|file| ImageRecord {
                    id: folder::id_of(&file.file_name),
                    source: 0,
                    path: root.join(&file.file_name),
                    file_name: file.file_name,
                    width: None,
                    height: None,
                    categories: Vec::new(),
                })
                .collect();
            Self::ordered(name, root, root, Vec::new(), images, 0)
        })?;
        Ok(Self {
            passed_over,
            ..index
        })
    }

    fn cached(
        name: &str,
        root: &Path,
        identity: &str,
        fingerprint: &str,
        cache: &Cache,
        build: impl FnOnce() -> Result<Self, DatasetError>,
    ) -> Result<Self, DatasetError> {
        let file = format!("{}.parquet", keyed_name(name, identity));
        let file = cache.folder.join("indexes").join(file);
        if let Some(index) = table::read(&file, name, root, fingerprint) {
            return Ok(index);
        }
        let mut index = build()?;
        if let Err(error) = table::write(&file, &index, fingerprint) {
            index.warning = Some(format!("cannot cache the index: {error}"));
        }
        Ok(index)
    }

    fn from_instances(
        name: &str,
        root: &Path,
        annotations: &Path,
        instances: Instances,
    ) -> Result<Self, DatasetError> {
        let Instances {
            mut categories,
            images,
            annotations: pairs,
        } = instances;
        let mut said = HashSet::new();
        categories.retain(|category| said.insert(category.clone()));
        let count = pairs.len();
        let mut shown: HashMap<i64, Vec<i64>> = HashMap::with_capacity(images.len());
        let known: HashSet<i64> = categories.iter().map(|category| category.id).collect();
        let listed: HashSet<i64> = images.iter().map(|image| image.id).collect();
        let (mut of_images, mut of_categories) = (HashMap::new(), HashMap::new());
        for (image, category) in pairs {
            if !listed.contains(&image) {
                *of_images.entry(image).or_default() += 1;
            } else if !known.contains(&category) {
                *of_categories.entry(category).or_default() += 1;
            } else {
                let categories = shown.entry(image).or_default();
                if !categories.contains(&category) {
                    categories.push(category);
                }
            }
        }
        let lost = LostAnnotations {
            of_images: Unlisted::of(&of_images),
            of_categories: Unlisted::of(&of_categories),
        };
        let images = images
            .into_iter()
            .map(|row| {
                let mut categories = shown.remove(&row.id).unwrap_or_default();
                categories.sort_unstable();
                ImageRecord {
                    id: row.id,
                    source: 0,
                    path: root.join(&row.file_name),
                    width: row.width(),
                    height: row.height(),
                    file_name: row.file_name,
                    categories,
                }
            })
            .collect();
        let index = Self::ordered(name, root, annotations, categories, images, count)?;
        Ok(Self { lost, ..index })
    }

    /// Whether every image lies below the image folder, by its name.
    fn judge_names(&self, annotations: &Path) -> Result<(), DatasetError> {
        let outside = |image: &&ImageRecord| leads_outside(&image.file_name);
        let mut outside = self.images.iter().filter(outside);
        let Some(first) = outside.next() else {
            return Ok(());
        };
        Err(DatasetError::OutsideFolder {
            path: annotations.to_owned(),
            root: self.root.clone(),
            count: 1 + outside.count(),
            all: self.images.len(),
            first: first.file_name.clone(),
        })
    }

    fn ordered(
        name: &str,
        root: &Path,
        source: &Path,
        categories: Vec<Category>,
        images: Vec<ImageRecord>,
        annotations: usize,
    ) -> Result<Self, DatasetError> {
        let index = Self {
            name: name.to_owned(),
            root: root.to_owned(),
            categories,
            images,
            annotations,
            lost: LostAnnotations::default(),
            passed_over: PassedOver::default(),
            parts: Vec::new(),
            built: true,
            warning: None,
        };
        index.sorted(source)
    }

    /// The same with its images by rising id, which was read from `source`.
    fn sorted(mut self, source: &Path) -> Result<Self, DatasetError> {
        self.images.sort_by_key(|image| image.id);
        for pair in self.images.windows(2) {
            if pair[0].id == pair[1].id {
                return Err(DatasetError::DuplicateId {
                    path: source.to_owned(),
                    id: pair[0].id,
                    first: pair[0].file_name.clone(),
                    second: pair[1].file_name.clone(),
                });
            }
        }
        Ok(self)
    }

    /// The images whose file does not exist now, in order of id.
    pub fn missing(&self) -> Vec<&ImageRecord> {
        self.images
            .par_iter()
            .filter(|image| !image.path.is_file())
            .collect()
    }
}

/// Whether a path, taken relative to a folder, leads out of it.
fn leads_outside(file_name: &str) -> bool {
    let mut depth = 0_i64;
    Path::new(file_name).components().any(|part| {
        match part {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return true,
        }
        depth < 0
    })
}

/// Changes whenever the file is written: its size and time, and for a small file also its content, as a file can be
/// written twice within the clock's resolution.
fn file_fingerprint(path: &Path) -> Result<String, DatasetError> {
    let metadata = std::fs::metadata(path).map_err(DatasetError::read(path))?;
    let modified = folder::modified(&metadata);
    let content = if metadata.len() <= HASHED_UP_TO {
        let bytes = read_file(path, HASHED_UP_TO).map_err(DatasetError::read(path))?;
        blake3::hash(&bytes).to_hex().to_string()
    } else {
        String::new()
    };
    Ok(format!("file {} {modified} {content}", metadata.len()))
}

#[cfg(test)]
mod tests;
