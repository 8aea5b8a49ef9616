//! What several crates need and none owns: whose fault an error is, files that are complete or absent, the names that a
//! user may have meant, names of files in a cache, sizes and numbers for people, text that a terminal does not obey, and what guards
//! against the files of others: reading regular files alone, and catching parsers that panic.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod blame;
mod counted;
mod files_below;
mod keyed_name;
pub mod nearest;
mod quietly;
mod readable_size;
mod regular;
mod thousands;
mod visible;
mod whole_file;

pub use blame::{Blame, Blamed};
pub use counted::counted;
pub use files_below::files_below;
pub use keyed_name::keyed_name;
pub use quietly::quietly;
pub use readable_size::readable_size;
pub use regular::{
    MOST_NUMBERS, MOST_PICTURE, MOST_RECORD, MOST_TEXT, open_file, read_file, read_text,
};
pub use thousands::thousands;
pub use visible::{csv_cell, one_line, visible};
pub use whole_file::{PARTIAL, WholeFile, sync_folder, write_whole};
