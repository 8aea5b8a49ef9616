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

/// The same for a text that has to stay on its line, such as a title in a table: line breaks and tabs are written out too.
pub fn one_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        text if text.contains(['\n', '\t']) => {
            Cow::Owned(text.replace('\n', "\\n").replace('\t', "\\t"))
        }
        text => text,
    }
}

/// A text as a cell of a CSV file: on one line, and harmless where a spreadsheet opens the file. What begins with `=`, `+`, `-`
/// or `@` would be computed there, so an apostrophe comes before it. A number stays one.
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = one_line(text);
    if is_formula && text.parse::<f64>().is_err() {
        return Cow::Owned(format!("'{text}"));
    }
    text
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
    fn a_cell_of_a_table_is_no_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("@SUM(1)", "'@SUM(1)"),
            ("-x", "'-x"),
            ("\t=1", "'\\t=1"),
            ("\r=1", "'\\u000d=1"),
            ("-1.5e3", "-1.5e3"),
            ("-inf", "-inf"),
            ("a=1", "a=1"),
            ("two\nlines", "two\\nlines"),
            ("", ""),
        ] {
            assert_eq!(csv_cell(text), cell, "{text:?}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        assert_eq!(
            visible("a\u{1b}[2Jb\r\u{7f}\u{9b}1m"),
            "a\\u001b[2Jb\\u000d\\u007f\\u009b1m"
        );
        assert_eq!(visible("gpj.\u{202e}exe"), "gpj.\\u202eexe");
        assert_eq!(one_line("a\tb\n\u{7}"), "a\\tb\\n\\u0007");
        let plain = "Größe: 3 × 4\tß\n😀";
        assert!(matches!(visible(plain), Cow::Borrowed(text) if text == plain));
    }
}
