//! How to reproduce all of it.

use maud::{Markup, html};

use super::words::{code, prose};

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

impl Reproduce {
    /// Whether there is nothing to say.
    pub(super) fn is_empty(&self) -> bool {
        self.introduction.is_empty() && self.commands.is_empty() && self.facts.is_empty()
    }
}

/// Commands and facts.
pub(super) fn section(reproduce: &Reproduce) -> Markup {
    html! {
        @if !reproduce.is_empty() {
            section id="reproduce" aria-labelledby="reproduce-title" {
                h2 id="reproduce-title" { "Reproduce" }
                @if !reproduce.introduction.is_empty() {
                    p { (prose(&reproduce.introduction)) }
                }
                @for command in &reproduce.commands {
                    div.command {
                        @if !command.purpose.is_empty() {
                            p { (prose(&command.purpose)) }
                        }
                        pre data-copy="the command" { (code(&command.command)) }
                    }
                }
                @if !reproduce.facts.is_empty() {
                    h3 { "What the numbers depend on" }
                    dl.facts {
                        @for fact in &reproduce.facts {
                            div {
                                dt { (fact.name) }
                                @if fact.is_code {
                                    dd data-copy=(fact.name) { code { (fact.value) } }
                                } @else {
                                    dd { (fact.value) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
