//! One photograph that can be used.

use std::path::PathBuf;

/// A photograph that was found usable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photograph {
    /// Its id in the dataset.
    pub id: i64,
    /// Path below the dataset's root, with `/` between its parts.
    pub file_name: String,
    /// The file.
    pub path: PathBuf,
    /// Ids of the categories that it shows, rising, each once; none where nobody says.
    pub categories: Vec<i64>,
    /// What its pixels are known by: [`Decoded::content_hash`](colorize_picture::photo::Decoded::content_hash).
    pub content_hash: blake3::Hash,
}
