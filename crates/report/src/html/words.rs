//! Words, as the page sets them.

use maud::{Markup, html};

/// A text in which parts between two backticks are code. With an odd number of backticks all of them are letters.
pub(super) fn prose(text: &str) -> Markup {
    if text.matches('`').count() % 2 == 1 {
        return html! { (text) };
    }
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

/// The first ten characters of a hash.
pub(super) fn short(hash: &str) -> &str {
    hash.char_indices()
        .nth(10)
        .map_or(hash, |(end, _)| &hash[..end])
}

/// Words as a sentence: with a capital letter and a period. Nothing stays nothing.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        None => String::new(),
        Some(first) => {
            let end = if words.ends_with('.') { "" } else { "." };
            format!("{}{}{end}", first.to_uppercase(), letters.as_str())
        }
    }
}

/// Code of several words, each of which is kept on one line where there is room for it.
pub(super) fn code(text: &str) -> Markup {
    html! {
        code {
            @for word in text.split_inclusive([' ', '\n']) {
                @let end = word.trim_end_matches([' ', '\n']).len();
                @if end > 0 { span.word { (word[..end]) } }
                (word[end..])
            }
        }
    }
}
