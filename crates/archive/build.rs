//! The compiler's version, for the record of every run.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=COLORIZE_RUSTC={}", compiler());
}

/// What the compiler calls itself; cargo runs this again when the compiler changes.
fn compiler() -> String {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Command::new(compiler)
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map_or_else(
            || "rustc of unknown version".to_owned(),
            |version| version.trim().to_owned(),
        )
}
