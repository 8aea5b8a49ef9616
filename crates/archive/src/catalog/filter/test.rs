//! One comparison of a filter.

use std::cmp::Ordering;
use std::fmt;

use crate::catalog::key::Shape;
use crate::catalog::{Entry, Fact, Key, STANDINGS, Value};

/// How a value is compared with a written one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    /// Contains the text or, where it has a `*` or a `?`, has its pattern; letters' case does not count.
    Like,
    Unlike,
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Like => "~",
            Self::Unlike => "!~",
        })
    }
}

/// A written value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Literal {
    text: String,
    number: Option<f64>,
}

impl Literal {
    pub(super) fn of(text: String) -> Self {
        Self {
            number: text.parse().ok(),
            text,
        }
    }
}

/// A key compared with one or more values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Test {
    key: Key,
    operator: Operator,
    literals: Vec<Literal>,
}

impl Test {
    /// # Errors
    ///
    /// What is wrong with a value, such as a text for a number.
    pub(super) fn new(
        key: Key,
        operator: Operator,
        mut literals: Vec<Literal>,
    ) -> Result<Self, String> {
        let is_pattern = matches!(operator, Operator::Like | Operator::Unlike);
        for literal in &mut literals {
            if !is_pattern {
                judge(&key, literal)?;
            }
        }
        Ok(Self {
            key,
            operator,
            literals,
        })
    }

    /// A key that stands alone.
    ///
    /// # Errors
    ///
    /// When it is known to be no yes or no.
    pub(super) fn flag(key: Key) -> Result<Self, String> {
        match key.shape() {
            Shape::Flag | Shape::Any => {
                Self::new(key, Operator::Equal, vec![Literal::of("true".to_owned())])
            }
            _ => Err(format!(
                "`{key}` is not a flag: compare it, as in `{key} {}`",
                example(&key)
            )),
        }
    }

    /// Takes the values of another test of the same key and operator.
    pub(super) fn join(&mut self, other: Self) {
        self.literals.extend(other.literals);
    }

    pub(super) fn matches(&self, entry: &Entry) -> bool {
        let value = entry.value(&self.key);
        if value == Value::Missing {
            return false;
        }
        let is_hash = self.key.shape() == Shape::Hash;
        let mut literals = self.literals.iter();
        match self.operator {
            Operator::Equal => literals.any(|literal| equal(&value, literal, is_hash)),
            Operator::Unequal => !literals.any(|literal| equal(&value, literal, is_hash)),
            Operator::Like => literals.any(|literal| like(&value, literal)),
            Operator::Unlike => !literals.any(|literal| like(&value, literal)),
            Operator::Less => literals.any(|it| order(&value, it, Ordering::is_lt)),
            Operator::AtMost => literals.any(|it| order(&value, it, Ordering::is_le)),
            Operator::Greater => literals.any(|it| order(&value, it, Ordering::is_gt)),
            Operator::AtLeast => literals.any(|it| order(&value, it, Ordering::is_ge)),
        }
    }
}

/// Whether a value can be what the key holds.
fn judge(key: &Key, literal: &mut Literal) -> Result<(), String> {
    let text = &literal.text;
    match key.shape() {
        Shape::Number if literal.number.is_none() => {
            Err(format!("`{key}` is a number, but `{text}` is not"))
        }
        Shape::Seconds if literal.number.is_none() => {
            literal.number = seconds(text);
            match literal.number {
                Some(_) => Ok(()),
                None => Err(format!(
                    "`{key}` is a time, but `{text}` is not: write seconds, or `90s`, `15m`, `2h`, `3d`, `1w`"
                )),
            }
        }
        Shape::Flag if text != "true" && text != "false" => {
            Err(format!("`{key}` is `true` or `false`, not `{text}`"))
        }
        _ if *key == Key::Fact(Fact::Status) => {
            if STANDINGS.contains(&text.as_str()) {
                return Ok(());
            }
            let listed = STANDINGS.map(|standing| format!("`{standing}`")).join(", ");
            Err(format!(
                "unknown status `{text}`: `status` is one of {listed}"
            ))
        }
        _ => Ok(()),
    }
}

/// What a comparison with a key may look like.
fn example(key: &Key) -> &'static str {
    match key.shape() {
        Shape::Number => "> 20",
        Shape::Seconds => "< 2d",
        _ => "= ...",
    }
}

/// A number of seconds with its unit.
fn seconds(text: &str) -> Option<f64> {
    let unit = text.chars().next_back()?;
    let factor = match unit {
        's' => 1.0,
        'm' => 60.0,
        'h' => 3_600.0,
        'd' => 86_400.0,
        'w' => 604_800.0,
        _ => return None,
    };
    let number: f64 = text[..text.len() - 1].parse().ok()?;
    Some(number * factor)
}

/// A list equals what one of its values equals.
fn equal(value: &Value, literal: &Literal, is_hash: bool) -> bool {
    match value {
        Value::Missing => false,
        Value::Number(number) => literal
            .number
            .is_some_and(|other| *number == other || number.is_nan() && other.is_nan()),
        Value::Flag(flag) => literal.text == flag.to_string(),
        Value::Text(text) if is_hash && literal.text.len() >= 4 => text.starts_with(&literal.text),
        Value::Text(text) => *text == literal.text,
        Value::List(values) => values.iter().any(|value| equal(value, literal, is_hash)),
    }
}

fn order(value: &Value, literal: &Literal, accept: fn(Ordering) -> bool) -> bool {
    let ordering = match value {
        Value::Number(number) => literal.number.and_then(|other| number.partial_cmp(&other)),
        Value::Text(text) => Some(text.as_str().cmp(literal.text.as_str())),
        _ => None,
    };
    ordering.is_some_and(accept)
}

fn like(value: &Value, literal: &Literal) -> bool {
    if let Value::List(values) = value {
        return values.iter().any(|value| like(value, literal));
    }
    let text = value.to_string().to_lowercase();
    let pattern = literal.text.to_lowercase();
    if !pattern.contains(['*', '?']) {
        return text.contains(&pattern);
    }
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    has_pattern(&text, &pattern)
}

/// Whether all of `text` is what `pattern` says: `*` stands for any characters, `?` for one.
fn has_pattern(text: &[char], pattern: &[char]) -> bool {
    let (mut t, mut p) = (0, 0);
    // Where the last star stands, and how much of the text it has taken.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((at, taken)) => {
                    *taken += 1;
                    t = *taken;
                    p = *at + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_what_they_must() {
        let has = |text: &str, pattern: &str| {
            has_pattern(
                &text.chars().collect::<Vec<_>>(),
                &pattern.chars().collect::<Vec<_>>(),
            )
        };
        assert!(has("03-yuv", "*yuv"));
        assert!(has("03-yuv", "0?-*"));
        assert!(has("abcabd", "*abd"));
        assert!(has("", "*"));
        assert!(!has("03-yuv", "yuv"));
        assert!(!has("03-yuv", "?-yuv"));
        assert!(!has("", "?"));
    }

    #[test]
    fn times_have_units() {
        assert_eq!(seconds("90s"), Some(90.0));
        assert_eq!(seconds("1.5h"), Some(5_400.0));
        assert_eq!(seconds("2d"), Some(172_800.0));
        assert_eq!(seconds("h"), None);
        assert_eq!(seconds("3é"), None);
    }
}
