//! A filter's words and signs.

use std::ops::Range;

use super::Fault;
use super::test::Operator;

/// A word or sign and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Open,
    Close,
    Comma,
    Operator(Operator),
    And,
    Or,
    Not,
    In,
    /// A key or a value.
    Word(String),
    /// A value in quotes.
    Quoted(String),
}

/// Signs, the longer before those that they begin with.
const SIGNS: [(&str, Kind); 16] = [
    ("==", Kind::Operator(Operator::Equal)),
    ("!=", Kind::Operator(Operator::Unequal)),
    ("<>", Kind::Operator(Operator::Unequal)),
    ("<=", Kind::Operator(Operator::AtMost)),
    (">=", Kind::Operator(Operator::AtLeast)),
    ("!~", Kind::Operator(Operator::Unlike)),
    ("&&", Kind::And),
    ("||", Kind::Or),
    ("=", Kind::Operator(Operator::Equal)),
    ("<", Kind::Operator(Operator::Less)),
    (">", Kind::Operator(Operator::Greater)),
    ("~", Kind::Operator(Operator::Like)),
    ("!", Kind::Not),
    ("(", Kind::Open),
    (")", Kind::Close),
    (",", Kind::Comma),
];

/// Divides a filter.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = if first == '"' || first == '\'' {
            quoted(rest, first).ok_or_else(|| Fault {
                span: at..text.len(),
                message: format!("unclosed quote {first}"),
            })?
        } else if let Some((sign, kind)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            (kind.clone(), sign.len())
        } else {
            let length = rest.find(ends_a_word).unwrap_or(rest.len());
            if length == 0 {
                return Err(Fault {
                    span: at..at + first.len_utf8(),
                    message: format!("unexpected `{first}`"),
                });
            }
            (word(&rest[..length]), length)
        };
        found.push(Token {
            kind,
            span: at..at + length,
        });
        at += length;
    }
    Ok(found)
}

fn ends_a_word(character: char) -> bool {
    character.is_whitespace() || "()<>=!~,\"'&|".contains(character)
}

fn word(word: &str) -> Kind {
    match word.to_ascii_lowercase().as_str() {
        "and" => Kind::And,
        "or" => Kind::Or,
        "not" => Kind::Not,
        "in" => Kind::In,
        _ => Kind::Word(word.to_owned()),
    }
}

/// The text in quotes at the beginning of `rest`, and how long it is with them. A backslash takes the next character as
/// it is.
fn quoted(rest: &str, quote: char) -> Option<(Kind, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return Some((Kind::Quoted(text), at + quote.len_utf8()));
        }
        if character == '\\' {
            text.push(characters.next()?.1);
        } else {
            text.push(character);
        }
    }
    None
}
