//! Writing a world to a folder as COCO lays out its own.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use thiserror::Error;

use super::coco::{Annotation, Facts, ImageEntry, Info, Instances, categories, category_id};
use super::{Object, VERSION, World};

/// Why a world could not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WorldError {
    /// The size is not one that a picture can have.
    #[error("the synthetic world's `size` must be 8 to 1024 pixels: {0}")]
    Size(usize),
    /// The folder holds something else, or another world; nothing is overwritten.
    #[error(
        "`{}` exists but does not hold this synthetic world (version {version}, count {count}, seed {seed}, size {size}): move it away or choose another folder",
        folder.display()
    )]
    Occupied {
        /// The folder in question.
        folder: PathBuf,
        /// The wanted version.
        version: u32,
        /// The wanted count.
        count: usize,
        /// The wanted seed.
        seed: u64,
        /// The wanted size.
        size: usize,
    },
    /// A file could not be written.
    #[error("cannot write `{}`: {cause}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A picture could not be encoded.
    #[error("cannot write `{}`: {cause}", path.display())]
    Image {
        /// The picture's file.
        path: PathBuf,
        /// What the encoder said.
        cause: image::ImageError,
    },
}

/// The file that names the world a folder holds.
const FACTS: &str = "world.json";

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> WorldError + '_ {
    move |cause| WorldError::Io {
        path: path.to_owned(),
        cause,
    }
}

impl World {
    /// Writes the world in COCO's layout: `<folder>/images/000000000001.png` and on, and
    /// `<folder>/annotations/instances.json`.
    ///
    /// Everything is written to a folder next to it and renamed at the end, so `folder` is complete or absent; if it
    /// holds this world already, nothing is done. `progress` is called with the number of scenes done, from several
    /// threads.
    ///
    /// # Errors
    ///
    /// [`WorldError`] if the size is unfit, if `folder` holds something else, or if a file cannot be written.
    pub fn write(
        &self,
        folder: &Path,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(), WorldError> {
        if !(8..=1024).contains(&self.size) {
            return Err(WorldError::Size(self.size));
        }
        if folder.exists() {
            return self.check(folder);
        }
        let parent = match folder.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(at(parent))?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let draft = parent.join(format!(".{name}.partial-{}", std::process::id()));
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(at(&draft))?;
        }
        let written =
            self.write_draft(&draft, progress)
                .and_then(|()| match fs::rename(&draft, folder) {
                    Ok(()) => Ok(()),
                    // Another process was first.
                    Err(_) if folder.exists() => self.check(folder),
                    Err(error) => Err(at(folder)(error)),
                });
        // Left over after a failure or a lost race; what went wrong before matters more than a failure here.
        if draft.exists() {
            let _ = fs::remove_dir_all(&draft);
        }
        written
    }

    fn facts(&self) -> Facts {
        Facts {
            version: VERSION,
            count: self.count,
            seed: self.seed,
            size: self.size,
        }
    }

    /// Whether a folder that exists holds this world.
    fn check(&self, folder: &Path) -> Result<(), WorldError> {
        let facts = folder.join(FACTS);
        // To read a pipe of this name would be to wait for its writer.
        let held = facts
            .is_file()
            .then(|| fs::read(&facts).ok())
            .flatten()
            .and_then(|bytes| serde_json::from_slice::<Facts>(&bytes).ok());
        if held == Some(self.facts()) && folder.join("annotations/instances.json").is_file() {
            return Ok(());
        }
        Err(WorldError::Occupied {
            folder: folder.to_owned(),
            version: VERSION,
            count: self.count,
            seed: self.seed,
            size: self.size,
        })
    }

    fn write_draft(
        &self,
        draft: &Path,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(), WorldError> {
        let images = draft.join("images");
        let annotations = draft.join("annotations");
        for folder in [&images, &annotations] {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        let done = AtomicUsize::new(0);
        let objects: Vec<Vec<Object>> = (0..self.count)
            .into_par_iter()
            .map(|index| {
                let scene = self.scene(index);
                let path = images.join(file_name(index));
                scene
                    .image
                    .save(&path)
                    .map_err(|cause| WorldError::Image { path, cause })?;
                progress(done.fetch_add(1, Ordering::Relaxed) + 1);
                Ok(scene.objects)
            })
            .collect::<Result<_, WorldError>>()?;
        let path = annotations.join("instances.json");
        write_json(&path, &self.instances(objects))?;
        // Last, since its presence says that the rest is there.
        write_json(&draft.join(FACTS), &self.facts())
    }

    fn instances(&self, objects: Vec<Vec<Object>>) -> Instances {
        let images = (0..self.count)
            .map(|index| ImageEntry {
                id: index as u64 + 1,
                file_name: file_name(index),
                width: self.size,
                height: self.size,
            })
            .collect();
        let annotations = objects
            .into_iter()
            .enumerate()
            .flat_map(|(index, objects)| objects.into_iter().map(move |object| (index, object)))
            .zip(1..)
            .map(|((index, object), id)| Annotation {
                id,
                image_id: index as u64 + 1,
                category_id: category_id(object.category)
                    .expect("scenes use COCO's names only; tested"),
                bbox: object.bbox,
                area: object.area,
                segmentation: [object.polygon],
                iscrowd: 0,
            })
            .collect();
        Instances {
            info: Info {
                description: "colorize's synthetic world",
                facts: self.facts(),
            },
            images,
            annotations,
            categories: categories(),
        }
    }
}

fn file_name(index: usize) -> String {
    format!("{:012}.png", index + 1)
}

fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), WorldError> {
    let file = fs::File::create(path).map_err(at(path))?;
    let mut writer = BufWriter::new(file);
    serde_json::to_writer(&mut writer, value).map_err(|error| at(path)(error.into()))?;
    writer.flush().map_err(at(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORLD: World = World {
        count: 6,
        seed: 1,
        size: 24,
    };

    fn modified(path: &Path) -> std::time::SystemTime {
        fs::metadata(path).unwrap().modified().unwrap()
    }

    #[test]
    fn a_written_world_is_complete_and_coco() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("deep/world");
        let done = AtomicUsize::new(0);
        WORLD
            .write(&folder, &|count| {
                done.fetch_max(count, Ordering::Relaxed);
            })
            .unwrap();
        assert_eq!(done.into_inner(), 6);
        let text = fs::read_to_string(folder.join("annotations/instances.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["images"].as_array().unwrap().len(), 6);
        assert_eq!(json["categories"].as_array().unwrap().len(), 80);
        let mut annotations = 0;
        for (index, image) in json["images"].as_array().unwrap().iter().enumerate() {
            assert_eq!(image["id"], index + 1);
            let path = folder
                .join("images")
                .join(image["file_name"].as_str().unwrap());
            let scene = WORLD.scene(index);
            assert_eq!(image::open(path).unwrap().into_rgb8(), scene.image);
            annotations += scene.objects.len();
        }
        assert_eq!(json["annotations"].as_array().unwrap().len(), annotations);
        for (index, annotation) in json["annotations"].as_array().unwrap().iter().enumerate() {
            assert_eq!(annotation["id"], index + 1);
            assert_eq!(annotation["iscrowd"], 0);
            assert!(annotation["segmentation"][0].as_array().unwrap().len() >= 6);
        }
        // Nothing but the world is left behind.
        assert_eq!(fs::read_dir(place.path().join("deep")).unwrap().count(), 1);
    }

    #[test]
    fn writing_twice_does_nothing_the_second_time() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("world");
        WORLD.write(&folder, &|_| {}).unwrap();
        let before = modified(&folder.join("world.json"));
        WORLD
            .write(&folder, &|_| panic!("a complete world is written again"))
            .unwrap();
        assert_eq!(modified(&folder.join("world.json")), before);
    }

    #[test]
    fn what_is_not_this_world_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("letter.txt"), "dear").unwrap();
        let error = WORLD.write(place.path(), &|_| {}).unwrap_err();
        assert!(matches!(error, WorldError::Occupied { .. }), "{error}");
        let folder = place.path().join("world");
        WORLD.write(&folder, &|_| {}).unwrap();
        let other = World { seed: 2, ..WORLD };
        let error = other.write(&folder, &|_| {}).unwrap_err();
        assert!(error.to_string().contains("seed 2"), "{error}");
        let tiny = World { size: 0, ..WORLD };
        assert!(matches!(
            tiny.write(&folder, &|_| {}),
            Err(WorldError::Size(0))
        ));
    }

    #[test]
    fn category_ids_are_cocos() {
        for (name, id) in [
            ("person", 1),
            ("stop sign", 13),
            ("sheep", 20),
            ("cow", 21),
            ("umbrella", 28),
            ("orange", 55),
            ("dining table", 67),
            ("toothbrush", 90),
        ] {
            assert_eq!(category_id(name), Some(id), "{name}");
        }
        assert_eq!(category_id("traffic sign"), None);
    }
}
