//! What can be wrong with a dataset, in words that say where and what to do.

use colorize_base::{Blame, Blamed};
use std::io;
use std::path::PathBuf;

use colorize_experiment::UnknownManifest;

use super::synthetic::WorldError;

/// Why a dataset could not be described, read or selected from.
///
/// Every message is whole: the cause below it is a field and not a [`std::error::Error::source`], which would print it
/// twice.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A file or folder could not be read.
    #[error("cannot read `{}`: {cause}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write `{}`: {cause}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A manifest is not what it should be.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong, with the legal values.
        message: String,
    },
    /// Something that a manifest names does not exist.
    #[error(
        "{what} not found: `{}`, which `{}` names under `{key}`; get the data or fix the path (paths are relative to the manifest)",
        path.display(), manifest.display()
    )]
    Missing {
        /// What kind of thing it is, such as `annotation file`.
        what: &'static str,
        /// Where it should be.
        path: PathBuf,
        /// The manifest that names it.
        manifest: PathBuf,
        /// The manifest's key that names it.
        key: &'static str,
    },
    /// An annotation file is not COCO `instances` JSON.
    #[error("{}:{line}:{column}: not COCO `instances` JSON: {message}", path.display())]
    Annotations {
        /// The annotation file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// Two images have one id, so a selection or split would be ambiguous.
    #[error("{}: images `{first}` and `{second}` both have the id {id}; ids must be unique", path.display())]
    DuplicateId {
        /// The annotation file or folder.
        path: PathBuf,
        /// The shared id.
        id: i64,
        /// File name of one of the two.
        first: String,
        /// File name of the other.
        second: String,
    },
    /// Images lie elsewhere than in the image folder: annotations from elsewhere could read any picture of this machine.
    #[error(
        "{}: {count} of {all} images have a `file_name` that leads out of the image folder `{}`, such as `{first}`; \
         move the photographs into the folder, or set `allow_outside = true` in the manifest if you trust the file",
        path.display(), root.display()
    )]
    OutsideFolder {
        /// The annotation file.
        path: PathBuf,
        /// The image folder.
        root: PathBuf,
        /// Images outside.
        count: usize,
        /// Images.
        all: usize,
        /// File name of the first one.
        first: String,
    },
    /// One category has two names: each of them would select the same photographs, as two different experiments.
    #[error(
        "{}: the category id {id} has two names, `{first}` and `{second}`; give each category its own id, or use one name",
        path.display()
    )]
    AmbiguousCategory {
        /// The annotation file.
        path: PathBuf,
        /// The shared id.
        id: i64,
        /// One of the two names.
        first: String,
        /// The other one.
        second: String,
    },
    /// A file in a folder dataset has a name that is not UTF-8.
    #[error("file name is not UTF-8: `{}`; rename it", path.display())]
    FileName {
        /// The file, with the offending bytes replaced.
        path: PathBuf,
    },
    /// A category was asked for that the dataset does not have.
    #[error("dataset `{dataset}` has no category `{name}`; {hint}")]
    UnknownCategory {
        /// What was asked for.
        name: String,
        /// The dataset's name.
        dataset: String,
        /// The nearest names, or all of them when they are few.
        hint: String,
    },
    /// A category was asked for, and one of the joined datasets has none, so that it is unknown what its images show.
    #[error(
        "dataset `{dataset}` has no categories, so it is unknown which of its photographs show `{name}`: those come with COCO \
         annotations; leave this dataset out of `dataset.use`, or select no categories"
    )]
    NoCategories {
        /// What was asked for.
        name: String,
        /// The dataset's name.
        dataset: String,
    },
    /// Painted scenes were to be joined with photographs.
    #[error(
        "cannot join `{}`, which is painted scenes, with `{}`, which is photographs: a number on both would say nothing about \
         either; use one kind",
        painted.display(), taken.display()
    )]
    CannotJoin {
        /// A manifest of painted scenes.
        painted: PathBuf,
        /// A manifest of photographs.
        taken: PathBuf,
    },
    /// No manifest answers to a name or path.
    #[error(transparent)]
    UnknownManifest(#[from] UnknownManifest),
    /// The system has no cache folder.
    #[error("this system has no cache folder; set `COLORIZE_CACHE` to a folder")]
    NoCacheFolder,
    /// The synthetic world could not be painted.
    #[error("cannot create the synthetic world in `{}`: {cause}", path.display())]
    World {
        /// The folder it was painted to.
        path: PathBuf,
        /// What went wrong.
        cause: WorldError,
    },
}

impl Blamed for DatasetError {
    fn blame(&self) -> Blame {
        match self {
            Self::Read { cause, .. } => cause.blame(),
            Self::UnknownManifest(error) => error.blame(),
            Self::Write { .. } | Self::World { .. } => Blame::Failure,
            Self::Manifest { .. }
            | Self::Missing { .. }
            | Self::Annotations { .. }
            | Self::DuplicateId { .. }
            | Self::AmbiguousCategory { .. }
            | Self::OutsideFolder { .. }
            | Self::FileName { .. }
            | Self::UnknownCategory { .. }
            | Self::NoCategories { .. }
            | Self::CannotJoin { .. }
            | Self::NoCacheFolder => Blame::Request,
        }
    }
}

impl DatasetError {
    /// For `map_err` after an attempt to read `path`.
    pub(crate) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Read { path, cause }
    }

    /// For `map_err` after an attempt to write `path`.
    pub(crate) fn write(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::Write { path, cause }
    }
}
