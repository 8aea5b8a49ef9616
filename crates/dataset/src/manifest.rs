//! Manifests: TOML files that say where a dataset lies.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::DatasetError;
use colorize_base::nearest::{nearest, quoted};
use colorize_base::{MOST_TEXT, read_file};

/// A dataset as its manifest describes it; every path is absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The manifest file's name without its ending.
    pub name: String,
    /// The manifest file.
    pub path: PathBuf,
    /// Where the images come from.
    pub source: Source,
}

/// Where a dataset's images come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Photographs with COCO `instances` annotations.
    Coco {
        /// The folder that the annotations' file names are relative to.
        images: PathBuf,
        /// The `instances` JSON.
        annotations: PathBuf,
        /// Whether file names may lead out of the folder.
        allow_outside: bool,
    },
    /// Every photograph in a folder and the folders below it, without categories.
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// Scenes painted by the program itself.
    Synthetic {
        /// How many scenes, at least 1.
        count: usize,
        /// Seed of the world.
        seed: u64,
        /// Side of a scene in pixels.
        size: usize,
    },
}

/// Each kind with the keys it takes besides `kind`.
const KINDS: [(&str, &[&str]); 3] = [
    ("coco", &["images", "annotations", "allow_outside"]),
    ("folder", &["path"]),
    ("synthetic", &["count", "seed", "size"]),
];

impl Manifest {
    /// Reads and judges the manifest at `path`. What it names need not exist yet.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not a manifest: the message names line, column, key, the legal values and
    /// the nearest name.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let bytes = read_file(path, MOST_TEXT).map_err(DatasetError::read(path))?;
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => {
                // Everything before this byte is valid.
                let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
                return Err(File { path, text: valid }
                    .error(valid.len()..valid.len(), "the file is not UTF-8".to_owned()));
            }
        };
        let path = std::path::absolute(path).map_err(DatasetError::read(path))?;
        let file = File { path: &path, text };
        let source = file.source()?;
        let name = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        Ok(Self { name, path, source })
    }

    /// Whether its images are scenes that the program paints itself.
    pub fn is_synthetic(&self) -> bool {
        matches!(self.source, Source::Synthetic { .. })
    }
}

/// A manifest while it is being judged.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn source(&self) -> Result<Source, DatasetError> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().unwrap_or(0..0);
            self.error(at, error.message().to_owned())
        })?;
        let table = table.get_ref();
        let kinds = quoted(KINDS.map(|(kind, _)| kind));
        let Some(kind) = table.get("kind") else {
            let message = format!("the key `kind` is missing; legal values: {kinds}");
            return Err(self.error(0..0, message));
        };
        let kind_name = self.string("kind", kind)?;
        let Some((kind_name, keys)) = KINDS.into_iter().find(|(name, _)| *name == kind_name) else {
            let hint = did_you_mean(nearest(kind_name, KINDS.map(|(kind, _)| kind)).next());
            let message = format!("unknown `kind`: `{kind_name}`; legal values: {kinds}{hint}");
            return Err(self.error(kind.span(), message));
        };
        for key in table.keys() {
            let written = key.get_ref().as_ref();
            if written != "kind" && !keys.contains(&written) {
                let legal = || std::iter::once("kind").chain(keys.iter().copied());
                let hint = did_you_mean(nearest(written, legal()).next());
                let message = format!(
                    "unknown key `{written}` for `kind = \"{kind_name}\"`; legal keys: {}{hint}",
                    quoted(legal())
                );
                return Err(self.error(key.span(), message));
            }
        }
        Ok(match kind_name {
            "coco" => Source::Coco {
                images: self.relative("images", table)?,
                annotations: self.relative("annotations", table)?,
                allow_outside: self.switch("allow_outside", table)?,
            },
            "folder" => Source::Folder {
                path: self.relative("path", table)?,
            },
            _ => Source::Synthetic {
                // The ceilings only catch slips of the keyboard.
                count: self.integer("count", table, 1..10_000_001)? as usize,
                seed: self.integer("seed", table, 0..u64::MAX)?,
                size: self.integer("size", table, 16..1025)? as usize,
            },
        })
    }

    fn required<'t, 'i>(
        &self,
        key: &str,
        table: &'t DeTable<'i>,
    ) -> Result<&'t Spanned<DeValue<'i>>, DatasetError> {
        table
            .get(key)
            .ok_or_else(|| self.error(0..0, format!("the key `{key}` is missing")))
    }

    fn string<'t>(
        &self,
        key: &str,
        value: &'t Spanned<DeValue<'_>>,
    ) -> Result<&'t str, DatasetError> {
        match value.get_ref() {
            DeValue::String(text) => Ok(text),
            other => Err(self.error(
                value.span(),
                format!("`{key}` must be a string, not: {}", other.type_str()),
            )),
        }
    }

    fn relative(&self, key: &str, table: &DeTable<'_>) -> Result<PathBuf, DatasetError> {
        let value = self.required(key, table)?;
        let written = self.string(key, value)?;
        if written.is_empty() {
            return Err(self.error(value.span(), format!("`{key}` is empty")));
        }
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let joined = folder.join(written);
        std::path::absolute(&joined).map_err(DatasetError::read(joined))
    }

    /// A boolean that may be absent, which is `false`.
    fn switch(&self, key: &str, table: &DeTable<'_>) -> Result<bool, DatasetError> {
        let Some(value) = table.get(key) else {
            return Ok(false);
        };
        match value.get_ref() {
            DeValue::Boolean(value) => Ok(*value),
            other => Err(self.error(
                value.span(),
                format!(
                    "`{key}` must be `true` or `false`, not: {}",
                    other.type_str()
                ),
            )),
        }
    }

    fn integer(
        &self,
        key: &str,
        table: &DeTable<'_>,
        legal: Range<u64>,
    ) -> Result<u64, DatasetError> {
        let value = self.required(key, table)?;
        let DeValue::Integer(integer) = value.get_ref() else {
            let message = format!(
                "`{key}` must be an integer, not: {}",
                value.get_ref().type_str()
            );
            return Err(self.error(value.span(), message));
        };
        match u64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if legal.contains(&number) => Ok(number),
            _ => Err(self.error(
                value.span(),
                format!(
                    "`{key}` must be between {} and {}, not: {integer}",
                    legal.start,
                    legal.end - 1
                ),
            )),
        }
    }

    fn error(&self, at: Range<usize>, message: String) -> DatasetError {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        DatasetError::Manifest {
            path: self.path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message,
        }
    }
}

/// `; did you mean ...?`, or nothing.
fn did_you_mean(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Manifest, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photos.toml");
        std::fs::write(&path, text).unwrap();
        Manifest::read(&path).map_err(|error| {
            error
                .to_string()
                .replace(&format!("{}/", folder.path().display()), "")
        })
    }

    #[test]
    fn every_kind_is_read_and_paths_are_relative_to_the_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photos.toml");
        std::fs::write(
            &path,
            "kind = \"coco\"\nimages = \"a/b\"\nannotations = \"/c.json\"\n",
        )
        .unwrap();
        let manifest = Manifest::read(&path).unwrap();
        assert_eq!(manifest.name, "photos");
        assert_eq!(
            manifest.source,
            Source::Coco {
                images: folder.path().join("a/b"),
                annotations: PathBuf::from("/c.json"),
                allow_outside: false,
            }
        );
        assert!(matches!(
            read(b"kind = \"folder\"\npath = \".\"").unwrap().source,
            Source::Folder { .. }
        ));
        assert_eq!(
            read(b"kind = \"synthetic\"\ncount = 1_000\nseed = 0x10\nsize = 96")
                .unwrap()
                .source,
            Source::Synthetic {
                count: 1000,
                seed: 16,
                size: 96
            }
        );
    }

    #[test]
    fn mistakes_name_place_legal_values_and_nearest_name() {
        let cases: [(&[u8], &str); 12] = [
            (
                b"",
                "photos.toml:1:1: the key `kind` is missing; legal values: `coco`, `folder`, `synthetic`",
            ),
            (
                b"# x\nkind = \"cocoa\"",
                "photos.toml:2:8: unknown `kind`: `cocoa`; legal values: `coco`, `folder`, `synthetic`; did you mean `coco`?",
            ),
            (
                b"kind = 3",
                "photos.toml:1:8: `kind` must be a string, not: integer",
            ),
            (
                b"kind = \"coco\"\nimges = \"a\"\nannotations = \"b\"",
                "photos.toml:2:1: unknown key `imges` for `kind = \"coco\"`; legal keys: `kind`, `images`, `annotations`, `allow_outside`; did you mean `images`?",
            ),
            (
                b"kind = \"coco\"\nimages = \"a\"",
                "photos.toml:1:1: the key `annotations` is missing",
            ),
            (
                b"kind = \"coco\"\nimages = \"a\"\nannotations = \"b\"\nallow_outside = 1",
                "photos.toml:4:17: `allow_outside` must be `true` or `false`, not: integer",
            ),
            (
                b"kind = \"folder\"\npath = [\"a\"]",
                "photos.toml:2:8: `path` must be a string, not: array",
            ),
            (
                b"kind = \"folder\"\npath = \"\"",
                "photos.toml:2:8: `path` is empty",
            ),
            (
                b"kind = \"synthetic\"\ncount = 0\nseed = 0\nsize = 96",
                "photos.toml:2:9: `count` must be between 1 and 10000000, not: 0",
            ),
            (
                b"kind = \"synthetic\"\ncount = 5\nseed = -1\nsize = 96",
                "photos.toml:3:8: `seed` must be between 0 and 18446744073709551614, not: -1",
            ),
            (
                b"kind = \"synthetic\"\ncount = 5\nseed = 1.5\nsize = 96",
                "photos.toml:3:8: `seed` must be an integer, not: float",
            ),
            (
                b"kind = \"folder\"\n\xff",
                "photos.toml:2:1: the file is not UTF-8",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text).unwrap_err(), expected);
        }
        let broken = read(b"kind = \"coco\"\nimages = [").unwrap_err();
        assert!(broken.starts_with("photos.toml:2:11: "), "{broken}");
    }
}
