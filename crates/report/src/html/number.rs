//! Numbers as they are printed.

/// A number: what is printed, and what a reader's sort and the graphics go by.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Number {
    /// The number itself. One that is not finite is printed, but not drawn, and sorts last.
    pub value: f64,
    /// As it is to be read, rounded and with its sign, without its unit: `20.57`, `+0.19`, `< 0.0001`.
    pub text: String,
}

impl Number {
    /// A number with its text.
    pub fn new(value: f64, text: impl Into<String>) -> Self {
        Self {
            value,
            text: text.into(),
        }
    }
}
