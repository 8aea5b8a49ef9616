//! What an experiment trains on: one manifest, or several that make one dataset.

use std::path::PathBuf;

use super::{Cache, DatasetError, Index, Manifest};

/// Manifests, in an order that counts: the ids of photographs depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    manifests: Vec<Manifest>,
}

impl Dataset {
    /// Reads and judges the manifests at `paths`, at least one, each of them once.
    ///
    /// # Errors
    ///
    /// As [`Manifest::read`], and [`DatasetError::CannotJoin`] for painted scenes beside photographs.
    pub fn read(paths: &[PathBuf]) -> Result<Self, DatasetError> {
        let manifests = paths.iter().map(|path| Manifest::read(path));
        let manifests: Vec<Manifest> = manifests.collect::<Result<_, _>>()?;
        let painted = manifests.iter().find(|it| it.is_synthetic());
        let taken = manifests.iter().find(|it| !it.is_synthetic());
        if let (Some(painted), Some(taken)) = (painted, taken) {
            return Err(DatasetError::CannotJoin {
                painted: painted.path.clone(),
                taken: taken.path.clone(),
            });
        }
        Ok(Self { manifests })
    }

    /// The names of its manifests, joined by `+`.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.manifests.iter().map(|it| it.name.as_str()).collect();
        names.join("+")
    }

    /// Whether its images are scenes that the program paints itself.
    pub fn is_synthetic(&self) -> bool {
        self.manifests.iter().all(Manifest::is_synthetic)
    }

    /// Opens the index of every manifest, see [`Index::open`], and joins them, see [`Index::join`]. `progress` is told the
    /// manifest whose scenes are painted, and how many of them are done.
    ///
    /// # Errors
    ///
    /// As these two.
    pub fn open(
        &self,
        cache: &Cache,
        progress: &(dyn Fn(&Manifest, usize) + Sync),
    ) -> Result<Index, DatasetError> {
        let indexes = self
            .manifests
            .iter()
            .map(|manifest| Index::open(manifest, cache, &|done| progress(manifest, done)));
        Index::join(self.name(), indexes.collect::<Result<_, _>>()?)
    }
}
