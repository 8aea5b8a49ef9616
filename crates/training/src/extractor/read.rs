//! Tensors from the files of others: PyTorch checkpoints, whose pickle is parsed and never run, and safetensors.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use burn::store::pytorch_reader::{self, PytorchReader};
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

use super::error::ExtractorError;
use super::state::{State, Values, is_counter};
use colorize_base::{open_file, quietly, read_file, readable_size};

/// Larger files are refused before they are read: the largest network here, VGG-16 with its classes, has 553 MB.
const MOST_BYTES: u64 = 1 << 30;

/// How many times over the tensors of a file may share its numbers.
const SHARED: u64 = 2;

/// The largest header that the safetensors format knows.
const MOST_HEADER_BYTES: u64 = 100_000_000;

/// SHA-256 of the file in lower-case hexadecimal digits.
///
/// # Errors
///
/// When it cannot be read, is a folder, is empty, or is larger than 1 GiB.
pub(crate) fn sha256(path: &Path) -> Result<String, ExtractorError> {
    let mut file = open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ExtractorError::read(path)(error)),
        }
    }
    let mut digits = String::new();
    for byte in hasher.finalize() {
        // Writing to a text cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    Ok(digits)
}

/// The tensors of the file that `is_wanted` by name, of which format its content tells.
///
/// # Errors
///
/// When the file cannot be read, is neither a PyTorch checkpoint nor safetensors, is damaged, or those tensors hold
/// anything but numbers of 32 bits.
pub(crate) fn tensors(
    path: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<State, ExtractorError> {
    let is_wanted = |name: &str| !is_counter(name) && is_wanted(name);
    let mut start = Vec::new();
    open(path)?
        .take(512)
        .read_to_end(&mut start)
        .map_err(ExtractorError::read(path))?;
    let read = match Format::of(&start) {
        Ok(Format::Pytorch) => guarded(|| read_pytorch(path, &is_wanted)),
        Ok(Format::Safetensors) => {
            let bytes = read_file(path, MOST_BYTES).map_err(ExtractorError::read(path))?;
            guarded(|| read_safetensors(&bytes, &is_wanted))
        }
        Err(reason) => Err(reason.to_owned()),
    };
    read.map_err(|reason| ExtractorError::NotWeights {
        path: path.to_owned(),
        reason,
    })
}

/// Opens a file that may hold weights.
fn open(path: &Path) -> Result<File, ExtractorError> {
    let not_weights = |reason: &str| ExtractorError::NotWeights {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let file = open_file(path).map_err(ExtractorError::read(path))?;
    let metadata = file.metadata().map_err(ExtractorError::read(path))?;
    if metadata.is_dir() {
        return Err(not_weights("it is a folder"));
    }
    match metadata.len() {
        0 => Err(not_weights("the file is empty")),
        bytes if bytes > MOST_BYTES => Err(not_weights("the file is larger than 1 GiB")),
        _ => Ok(file),
    }
}

/// A format of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pytorch,
    Safetensors,
}

impl Format {
    /// What the first bytes of a file say.
    fn of(start: &[u8]) -> Result<Self, &'static str> {
        let text = start.trim_ascii_start();
        if text.starts_with(b"<") {
            return Err("it is a web page: the download went wrong");
        }
        if text.starts_with(b"version https://git-lfs") {
            return Err("it is a Git LFS pointer, not the file itself");
        }
        if let Some((length, rest)) = start.split_first_chunk::<8>()
            && u64::from_le_bytes(*length) <= MOST_HEADER_BYTES
            && rest.starts_with(b"{")
        {
            return Ok(Self::Safetensors);
        }
        // A zip archive, a stream of pickles as it was until 2020, or the tar archive before that.
        let tar = start.get(257..262) == Some(b"ustar");
        if start.starts_with(b"PK") || start.starts_with(&[0x80]) || tar {
            return Ok(Self::Pytorch);
        }
        Err("it is neither a PyTorch checkpoint nor a safetensors file")
    }
}

/// A parser that panics on a damaged file must not cost more than that file.
fn guarded(read: impl FnOnce() -> Result<State, String>) -> Result<State, String> {
    quietly(read)
        .unwrap_or_else(|said| Err(format!("the file is damaged: its parser panicked: {said}")))
}

fn read_pytorch(path: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Result<State, String> {
    let damaged = |error: &dyn std::fmt::Display| {
        format!("truncated, damaged, or not a PyTorch checkpoint: {error}")
    };
    let reader = PytorchReader::new(path).map_err(|error| damaged(&error))?;
    // Views may share what the file holds, and claim far more together than there is.
    let length = std::fs::metadata(path)
        .map_err(|error| damaged(&error))?
        .len();
    let mut left = SHARED * length;
    let mut state = State::default();
    for (name, tensor) in reader.into_tensors() {
        if !is_wanted(&name) {
            continue;
        }
        if tensor.dtype() != pytorch_reader::DType::F32 {
            return Err(wrong_type(&name, &tensor.dtype()));
        }
        left = left.checked_sub(tensor.byte_len() as u64).ok_or_else(|| {
            let length = readable_size(length);
            format!("tensor `{name}` claims more numbers than a file of {length} can hold")
        })?;
        let bytes = tensor.read().map_err(|error| damaged(&error))?;
        let numbers = bytes.as_chunks().0.iter();
        let values = Values {
            shape: tensor.shape().to_vec(),
            numbers: numbers.map(|bytes| f32::from_ne_bytes(*bytes)).collect(),
        };
        state.insert(name, values);
    }
    Ok(state)
}

fn read_safetensors(bytes: &[u8], is_wanted: &dyn Fn(&str) -> bool) -> Result<State, String> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| format!("truncated or damaged: {error}"))?;
    let mut state = State::default();
    for (name, tensor) in file.iter() {
        if !is_wanted(name) {
            continue;
        }
        if tensor.dtype() != Dtype::F32 {
            return Err(wrong_type(name, &tensor.dtype()));
        }
        let numbers = tensor.data().as_chunks().0.iter();
        let values = Values {
            shape: tensor.shape().to_vec(),
            numbers: numbers.map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        };
        state.insert(name.to_owned(), values);
    }
    Ok(state)
}

fn wrong_type(name: &str, given: &dyn std::fmt::Debug) -> String {
    format!("tensor `{name}` has type {given:?}, but must be F32")
}
