//! A live view of runs on the terminal. It reads run folders and never locks, writes or touches them.
//!
//! - [`Survey`] inspects the folder of runs again and again, and keeps a [`Row`] for each run: its state, how far it has
//!   come, how fast it is.
//! - [`Curves`] are the chosen run's numbers, ready to be drawn.
//! - [`Screen`] is what the user has chosen; `draw` puts all of it on the terminal, as large as it is.
//! - [`watch`] is the loop of keys and refreshes; [`snapshot`] is the same in plain text, once.
//!
//! Files of a run are complete or absent, so nothing half written can be seen, and what changes is told by the stamps of
//! files. A run that disappears while it is watched is not an error.

mod chart;
mod curves;
mod draw;
mod numbers;
mod row;
mod screen;
mod snapshot;
mod survey;
mod terminal;

pub use curves::Curves;
pub use row::Row;
pub use screen::Screen;
pub use snapshot::snapshot;
pub use survey::Survey;
pub use terminal::watch;
