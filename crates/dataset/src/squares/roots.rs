//! The squares of photographs that lie below one root or, where datasets are joined, below several.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Square, SquaresFile};
use crate::Photograph;
use crate::cache::{name_of_root, root_of};

/// Squares of one kind, as far as they are on disk. Each root has a file of its own, whichever datasets are used together.
#[derive(Debug)]
pub struct Squares {
    square: Square,
    files: Vec<(PathBuf, SquaresFile)>,
}

impl Squares {
    /// The squares of the roots that `photographs` lie below, to read and to add to, below the folder of the cache. Files of
    /// other versions of `photo` and forgotten ones are removed. `tell` is called at most once a root with what went wrong, from
    /// any thread; `None` when that was here, for all of them.
    pub fn open<'a>(
        cache: &Path,
        photographs: impl IntoIterator<Item = &'a Photograph>,
        square: Square,
        tell: impl Fn(&str) + Send + Sync + 'static,
    ) -> Option<Self> {
        let tell = Arc::new(tell);
        Self::of(photographs, square, |dataset| {
            let tell = Arc::clone(&tell);
            SquaresFile::of_dataset(cache, dataset, square, move |text| tell(text))
        })
    }

    /// Those that [`Self::open`] would open, to be read only; `None` when there are none.
    pub fn find<'a>(
        cache: &Path,
        photographs: impl IntoIterator<Item = &'a Photograph>,
        square: Square,
    ) -> Option<Self> {
        Self::of(photographs, square, |dataset| {
            SquaresFile::find(cache, dataset, square)
        })
    }

    fn of<'a>(
        photographs: impl IntoIterator<Item = &'a Photograph>,
        square: Square,
        open: impl Fn(&str) -> Option<SquaresFile>,
    ) -> Option<Self> {
        let mut roots: Vec<&Path> = Vec::new();
        let mut files = Vec::new();
        for Photograph {
            path, file_name, ..
        } in photographs
        {
            let root = root_of(path, file_name);
            if roots.contains(&root) {
                continue;
            }
            roots.push(root);
            let file = open(&name_of_root(path, file_name));
            files.extend(file.map(|file| (root.to_owned(), file)));
        }
        (!files.is_empty()).then_some(Self { square, files })
    }

    /// What they are.
    pub fn square(&self) -> Square {
        self.square
    }

    /// Fills `into` with the pixels of the photograph, if they are there.
    pub fn read(&self, photograph: &Photograph, into: &mut [u8]) -> bool {
        let file = self.file(photograph);
        file.is_some_and(|file| file.read(photograph.content_hash, into))
    }

    /// Adds the pixels of the photograph, unless they are there or the disk has no room.
    pub fn write(&self, photograph: &Photograph, pixels: &[u8]) {
        if let Some(file) = self.file(photograph) {
            file.write(photograph.content_hash, pixels);
        }
    }

    fn file(&self, photograph: &Photograph) -> Option<&SquaresFile> {
        let root = root_of(&photograph.path, &photograph.file_name);
        let file = self.files.iter().find(|(known, _)| known == root);
        file.map(|(_, file)| file)
    }
}
