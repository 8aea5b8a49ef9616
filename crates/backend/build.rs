//! Under the feature `libtorch`: links the libtorch that `torch-sys` found so that the program, its tests and its
//! benches run without `LD_LIBRARY_PATH`, and keeps CUDA's half of it.
//!
//! A build script's link arguments reach the binaries of its own package alone. Those that use this one print them again:
//! cargo hands them `DEP_COLORIZE_BACKEND_LINK`, the arguments with unit separators between them.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_LIBTORCH").is_none() {
        return;
    }
    println!("cargo::rerun-if-env-changed=DEP_TCH_LIBTORCH_LIB");
    // `torch-sys` has looked at LIBTORCH, LIBTORCH_LIB and LIBTORCH_USE_PYTORCH, and says what it chose.
    let Some(libraries) = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else {
        println!("cargo::error=libtorch was not found: run scripts/libtorch.sh, then build again");
        return;
    };
    let has = |name: &str| libraries.join(name).exists();
    let mut arguments = Vec::new();
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        if !has("libtorch.so") {
            println!(
                "cargo::error=no libtorch.so in {}: run scripts/libtorch.sh, then build again",
                libraries.display()
            );
            return;
        }
        // Nothing in our code refers to CUDA's library by a symbol, so a linker left to itself would drop it.
        arguments.push("-Wl,--no-as-needed".to_owned());
        arguments.push(format!("-L{}", libraries.display()));
        arguments.push("-ltorch".to_owned());
        if has("libtorch_cuda.so") {
            arguments.push("-ltorch_cuda".to_owned());
            println!("cargo::rustc-env=COLORIZE_LIBTORCH_CUDA=1");
        }
        arguments.push("-Wl,--as-needed".to_owned());
    }
    arguments.push(format!("-Wl,-rpath,{}", libraries.display()));
    for argument in &arguments {
        println!("cargo::rustc-link-arg={argument}");
    }
    println!("cargo::metadata=LINK={}", arguments.join("\u{1f}"));
    println!("cargo::rustc-env=COLORIZE_LIBTORCH={}", libraries.display());
    #[cfg(feature = "libtorch")]
    compile_kernels(&libraries);
    if let Some(version) = libraries.parent().and_then(build_version) {
        println!("cargo::rustc-env=COLORIZE_LIBTORCH_VERSION={version}");
    }
}

/// What libtorch's own `build-version` file says, or the `version.py` of an installed PyTorch, which has none.
fn build_version(libtorch: &Path) -> Option<String> {
    let files = ["build-version", "version.py"].map(|name| libtorch.join(name));
    let file = files.into_iter().find(|file| file.exists())?;
    // PyTorch may be upgraded in place.
    println!("cargo::rerun-if-changed={}", file.display());
    let text = fs::read_to_string(&file).ok()?;
    let stated = text
        .lines()
        .find_map(|line| line.strip_prefix("__version__ = "));
    let version = stated.unwrap_or(&text).trim();
    Some(version.trim_matches(['\'', '"']).to_owned())
}

/// Our layers over libtorch, in C++.
#[cfg(feature = "libtorch")]
fn compile_kernels(libraries: &Path) {
    let folder = Path::new("src/native");
    let sources = [
        "convolution.cpp",
        "fixed.cpp",
        "layer.cpp",
        "rows.cpp",
        "thin.cpp",
    ]
    .map(|file| folder.join(file));
    let headers =
        ["border.h", "convolution.h", "layer.h", "rows.h", "thin.h"].map(|file| folder.join(file));
    for file in sources.iter().chain(&headers) {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    println!("cargo::rerun-if-env-changed=LIBTORCH_INCLUDE");
    println!("cargo::rerun-if-env-changed=LIBTORCH_CXX11_ABI");
    // The places where `torch-sys` looks.
    let include = env::var_os("LIBTORCH_INCLUDE")
        .map(PathBuf::from)
        .or_else(|| libraries.parent().map(Path::to_path_buf))
        .unwrap_or_default()
        .join("include");
    if !include.join("ATen/ATen.h").exists() {
        println!(
            "cargo::error=no ATen/ATen.h in {}: run scripts/libtorch.sh, then build again",
            include.display()
        );
        return;
    }
    let abi = env::var("LIBTORCH_CXX11_ABI").unwrap_or_else(|_| "1".to_owned());
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .opt_level(3)
        .flag("-isystem")
        .flag(include)
        // libtorch's own threads, from the runtime that `torch-sys` links.
        .flag_if_supported("-fopenmp")
        .define("_GLIBCXX_USE_CXX11_ABI", abi.as_str())
        .files(sources)
        .compile("colorize_kernels");
}
