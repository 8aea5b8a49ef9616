//! What becomes of a training whose device runs out of memory.

use std::fmt::{self, Display, Formatter};
use std::sync::{Arc, OnceLock};

use colorize_base::quietly;

use crate::backend;
use crate::batch::Batch;

/// What libtorch says of GPUs and of processors, CUDA's driver, and Burn's own backends, in lowercase.
const WORDS: [&str; 5] = [
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "memory allocation",
    "outofmemory",
];

/// A step that did not fit into the memory of its device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// The step, which was not taken.
    pub step: usize,
    /// Images in each of its passes.
    pub batch_size: usize,
    /// Its passes.
    pub accumulate: usize,
    /// Images in a pass that does fit, as was tried; `None` where not even one does.
    pub fits: Option<usize>,
    /// What the device said.
    pub said: String,
}

impl Display for Shortage {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let images = self.batch_size;
        write!(
            formatter,
            "the device ran out of memory in step {}, with {images} images in a pass ({})",
            self.step, self.said
        )?;
        match self.fits {
            Some(fits) => write!(
                formatter,
                "; a pass of {fits} fits: with `--set train.batch_size={fits} --set train.accumulate={}`, a step is \
                 still over {} images",
                self.accumulate * images / fits,
                self.accumulate * images,
            ),
            None => formatter.write_str(
                "; a pass of one image does not fit either: lower `image.size` or `network.scale`",
            ),
        }
    }
}

/// Where the loop leaves the shortage that ended it.
pub(super) type ShortageCell = Arc<OnceLock<Shortage>>;

/// What `pass` gives, which goes forward and backward. The network is as before where that fails, but for running statistics.
///
/// # Errors
///
/// What the device says when its memory does not suffice.
///
/// # Panics
///
/// When the step does, for any other reason.
pub(super) fn try_pass<T>(pass: impl FnOnce() -> T) -> Result<T, String> {
    quietly(pass).map_err(|said| {
        assert!(is_shortage(&said), "{said}");
        said
    })
}

fn is_shortage(said: &str) -> bool {
    let said = said.to_lowercase();
    WORDS.iter().any(|words| said.contains(words))
}

/// The most images of `batch` in a `pass` that fits, of those numbers into which one of `batch_size` can be divided.
///
/// # Panics
///
/// When a pass fails for another reason.
pub(super) fn fitting(batch: &Batch, batch_size: usize, pass: impl Fn(Batch)) -> Option<usize> {
    let smaller = (1..batch_size).rev();
    let mut divisors = smaller.filter(|&images| batch_size.is_multiple_of(images));
    divisors.find(|&images| {
        backend::release_memory();
        let part = batch.parts(images).swap_remove(0);
        try_pass(|| pass(part)).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_understood() {
        for said in [
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 3.94 GiB",
            "[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes",
            "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")",
            "Error in Queue::submit: OutOfMemory",
        ] {
            assert!(is_shortage(said), "{said}");
        }
        assert!(!is_shortage("index out of bounds"));
    }

    #[test]
    fn what_fits_is_said_with_the_keys_to_set() {
        let mut shortage = Shortage {
            step: 3,
            batch_size: 16,
            accumulate: 2,
            fits: Some(4),
            said: "out of memory".to_owned(),
        };
        assert_eq!(
            shortage.to_string(),
            "the device ran out of memory in step 3, with 16 images in a pass (out of memory); a pass of 4 fits: with \
             `--set train.batch_size=4 --set train.accumulate=8`, a step is still over 32 images"
        );
        shortage.fits = None;
        assert!(
            shortage
                .to_string()
                .ends_with("lower `image.size` or `network.scale`")
        );
    }
}
