//! How to get all of it again.

/// Commands and the facts that they rest on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reproduce {
    /// A paragraph before the commands, prose; may be empty.
    pub introduction: String,
    /// Commands for a shell, in order.
    pub commands: Vec<Command>,
    /// Hashes, versions, hardware.
    pub facts: Vec<Fact>,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// What it does, prose; may be empty.
    pub purpose: String,
    /// The line, or lines, to be copied.
    pub command: String,
}

/// Something that the numbers depend on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    /// What it is: "dataset", "code", "processor".
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether it is a hash or another text for machines: set as code, to be copied.
    pub is_code: bool,
}
