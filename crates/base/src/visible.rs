//! Text of others on a terminal: names, titles and file names can hold anything.

use std::borrow::Cow;

/// The text with every control character written out, but for line breaks and tabs, so that it moves no cursor, changes no
/// color and renames no window: ESC becomes `\u001b`. The same goes for the characters that turn the direction of writing
/// around. This is also how JSON writes them, so JSON stays what it was.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_hidden(c) {
            written.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            written.push(c);
        }
    }
    Cow::Owned(written)
}

/// What a reader does not see, and a terminal obeys.
fn is_hidden(c: char) -> bool {
    let is_layout = matches!(c, '\n' | '\t');
    let turns_around = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (c.is_control() && !is_layout) || turns_around
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(
            visible("a\u{1b}[2Jb\r\u{7f}\u{9b}1m"),
            "a\\u001b[2Jb\\u000d\\u007f\\u009b1m"
        );
        assert_eq!(visible("gpj.\u{202e}exe"), "gpj.\\u202eexe");
        let plain = "Größe: 3 × 4\tß\n😀";
        assert!(matches!(visible(plain), Cow::Borrowed(text) if text == plain));
    }
}
