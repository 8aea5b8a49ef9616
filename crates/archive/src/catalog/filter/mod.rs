//! The language in which runs are picked: `metric:psnr>20 and fusion.extractor=resnet50`.
//!
//! ```text
//! filter     = all { "or" all }
//! all        = one { "and" one }
//! one        = "not" one | "(" filter ")" | test
//! test       = key | key operator value | key [ "not" ] "in" "(" value { "," value } ")"
//! operator   = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~"
//! ```
//!
//! `&&`, `||`, `!` and `==` are understood too. A value with spaces or signs stands in quotes.

mod lexer;
mod parser;
mod test;

use colorize_base::{Blame, Blamed};
use std::fmt;
use std::ops::Range;

use super::Entry;
use test::Test;

/// Which runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    expression: Expression,
}

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Test(Test),
}

impl Filter {
    /// Lets every run through.
    pub fn everything() -> Self {
        Self {
            expression: Expression::All(Vec::new()),
        }
    }

    /// Reads a filter; an empty one lets every run through.
    ///
    /// ```
    /// use colorize_archive::catalog::Filter;
    ///
    /// Filter::parse("metric:psnr > 20 and fusion.extractor = resnet50")?;
    /// let error = Filter::parse("metric:pnsr > 20").unwrap_err();
    /// assert!(error.to_string().contains("psnr"));
    /// # Ok::<(), colorize_archive::catalog::FilterError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`FilterError`], which shows the place.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let expression = parser::parse(text).map_err(|fault| FilterError {
            text: text.to_owned(),
            span: fault.span,
            message: fault.message,
        })?;
        Ok(Self { expression })
    }

    /// Whether it lets a run through. A comparison with a value that the run lacks is false, whatever the operator.
    pub fn matches(&self, entry: &Entry) -> bool {
        self.expression.matches(entry)
    }
}

impl Expression {
    fn matches(&self, entry: &Entry) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(entry)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(entry)),
            Self::Not(inner) => !inner.matches(entry),
            Self::Test(test) => test.matches(entry),
        }
    }
}

/// A filter that cannot be read. Its message shows the filter, and the place under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// The filter as it was written.
    pub text: String,
    /// Where in it, in bytes; empty at its end.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
}

impl Blamed for FilterError {
    fn blame(&self) -> Blame {
        Blame::Request
    }
}

impl std::error::Error for FilterError {}

impl fmt::Display for FilterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            text,
            span,
            message,
        } = self;
        let before = text[..span.start].chars().count();
        let marked = text[span.clone()].chars().count().max(1);
        // Line breaks and tabs are spaces, or the mark would stand elsewhere.
        let shown: String = text
            .chars()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .collect();
        write!(
            formatter,
            "cannot read the filter: {message}\n  {shown}\n  {}{}",
            " ".repeat(before),
            "^".repeat(marked)
        )
    }
}

/// What is wrong, and where.
#[derive(Debug)]
struct Fault {
    span: Range<usize>,
    message: String,
}

#[cfg(test)]
mod tests;
