//! What several crates need and none owns: whose fault an error is, files that are complete or absent, the names that a
//! user may have meant, names of files in a cache, sizes for people, and text that a terminal does not obey.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod blame;
mod keyed_name;
pub mod nearest;
mod readable_size;
mod visible;
mod whole_file;

pub use blame::{Blame, Blamed};
pub use keyed_name::keyed_name;
pub use readable_size::readable_size;
pub use visible::visible;
pub use whole_file::{PARTIAL, WholeFile, sync_folder, write_whole};
