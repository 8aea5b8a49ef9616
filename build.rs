//! Links this package's binaries with libtorch as `colorize-backend` says, where the feature `libtorch` is on: a build
//! script's link arguments do not reach the packages that depend on its own.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=DEP_COLORIZE_BACKEND_LINK");
    let arguments = std::env::var("DEP_COLORIZE_BACKEND_LINK").unwrap_or_default();
    for argument in arguments
        .split('\u{1f}')
        .filter(|argument| !argument.is_empty())
    {
        println!("cargo::rustc-link-arg={argument}");
    }
}
