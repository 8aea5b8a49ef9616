//! Parsers of others that panic on damaged bytes.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread is caught, and told by whoever catches it.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// What `work` gives, or what it said when it panicked. Nothing of the panic reaches the terminal, as long as it happens on
/// this thread: a damaged file is an error like any other, and no reason for a backtrace.
///
/// # Errors
///
/// The message of the panic, in one line.
pub fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_CAUGHT.get() {
                before(panic);
            }
        }));
    });
    let outer = IS_CAUGHT.replace(true);
    let given = panic::catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(outer);
    given.map_err(|panic| said(panic.as_ref()))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        assert_eq!(quietly(|| 3), Ok(3));
        let failed: Result<(), String> = quietly(|| {
            let inner: Result<(), String> = quietly(|| panic!("inside"));
            assert_eq!(inner, Err("inside".to_owned()));
            panic!("at byte {},\n  not 7", 3)
        });
        assert_eq!(failed, Err("at byte 3, not 7".to_owned()));
        assert!(!IS_CAUGHT.get());
    }
}
