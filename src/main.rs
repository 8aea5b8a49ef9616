//! The program `colorize`: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    colorize::cli::main()
}
