//! Configurations against their parents', only what differs.

use colorize_base::counted;
use maud::{Markup, html};

/// The keys in which an experiment differs from its parent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// The experiment.
    pub experiment: String,
    /// Its parent.
    pub parent: String,
    /// The keys that differ, in the order in which they are shown; none is said in words.
    pub keys: Vec<DiffKey>,
}

/// A key that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiffKey {
    /// The key with dots: `network.norm`.
    pub key: String,
    /// The parent's value, as TOML; `None` where the parent lacks the key.
    pub parent: Option<String>,
    /// The experiment's own value.
    pub own: Option<String>,
}

/// More diffs than these are folded.
const MANY: usize = 6;

/// The diffs.
pub(super) fn section(diffs: &[Diff]) -> Markup {
    html! {
        @if !diffs.is_empty() {
            section id="diffs" aria-labelledby="diffs-title" {
                h2 id="diffs-title" { "Configurations" }
                p.note { "Only the keys that differ from the parent. All other keys are the same." }
                @for (number, diff) in (1..).zip(diffs) {
                    (block(number, diff, diffs.len() > MANY))
                }
            }
        }
    }
}

fn block(number: usize, diff: &Diff, is_folded: bool) -> Markup {
    let id = format!("diff-{number}-title");
    let title = html! {
        h3 id=(id) {
            bdi { (diff.experiment) } " " span.plain { "against " bdi { (diff.parent) } }
        }
    };
    html! {
        div.block {
            @if diff.keys.is_empty() {
                (title)
                p.note { "No keys differ." }
            } @else if is_folded {
                details {
                    summary { (title) " " span.note { (counted(diff.keys.len(), "key")) } }
                    (table(&id, diff))
                }
            } @else {
                (title)
                (table(&id, diff))
            }
        }
    }
}

fn table(title: &str, diff: &Diff) -> Markup {
    html! {
        div.scroll role="group" tabindex="0" aria-labelledby=(title) {
            table.diff aria-labelledby=(title) {
                thead {
                    tr {
                        th scope="col" { "key" }
                        th scope="col" { bdi { (diff.parent) } }
                        th scope="col" { bdi { (diff.experiment) } }
                    }
                }
                tbody {
                    @for key in &diff.keys {
                        tr {
                            th scope="row" { code { (key.key) } }
                            td { (value(key.parent.as_deref())) }
                            td.own { (value(key.own.as_deref())) }
                        }
                    }
                }
            }
        }
    }
}

fn value(value: Option<&str>) -> Markup {
    html! {
        @match value {
            Some(value) => { code { (value) } },
            None => { span.missing { "not set" } },
        }
    }
}
