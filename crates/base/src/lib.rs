//! What several rooms need and none owns: whose fault an error is, names that a user may
//! have meant, and names of files in a cache.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod blame;
mod keyed_name;
pub mod nearest;

pub use blame::{Blame, Blamed};
pub use keyed_name::keyed_name;
