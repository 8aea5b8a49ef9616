//! From a tree of TOML to Rust types, with errors that keep what was wrong instead of a sentence about it.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeOwned, Deserializer, Error as _, Expected, IntoDeserializer, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_path_to_error::Segment;

use super::tree::{Item, Node};
use colorize_base::nearest::quoted;

/// Why a value was refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mismatch {
    UnknownKey {
        key: String,
        legal: &'static [&'static str],
    },
    UnknownValue {
        value: String,
        legal: &'static [&'static str],
    },
    MissingKey(&'static str),
    WrongType {
        found: String,
        expected: String,
    },
    Other(String),
}

/// Why a tree was refused, and where in it.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The parts of the path from the root, an element of an array as `[1]`; for an unknown or a missing key that
    /// of the key itself.
    pub(super) path: Vec<String>,
    pub(super) mismatch: Mismatch,
}

/// Deserializes `node`, whose path is the root.
pub(super) fn read<T: DeserializeOwned>(node: &Node) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(node).map_err(|error| {
        let mut path: Vec<String> = error
            .path()
            .iter()
            .filter_map(|segment| match segment {
                Segment::Map { key } => Some(key.clone()),
                Segment::Seq { index } => Some(format!("[{index}]")),
                Segment::Enum { .. } | Segment::Unknown => None,
            })
            .collect();
        let mismatch = error.into_inner();
        locate(node, &mut path, &mismatch);
        Refusal { path, mismatch }
    })
}

/// Brings `path` to the key to blame.
///
/// serde reads a tagged enum (`optimizer`) whole before it looks inside, and then no longer knows where it is: there
/// the value to blame is found by what was found wrong with it.
fn locate(root: &Node, path: &mut Vec<String>, mismatch: &Mismatch) {
    match mismatch {
        Mismatch::UnknownKey { key, .. } => {
            let above = root.get(path).and_then(Node::as_table);
            if path.last() != Some(key) || above.is_some_and(|table| table.contains_key(key)) {
                path.push(key.clone());
            }
        }
        Mismatch::MissingKey(key) => path.push((*key).to_string()),
        Mismatch::UnknownValue { .. } | Mismatch::WrongType { .. } => {
            let Some(table) = root.get(path).and_then(Node::as_table) else {
                return;
            };
            let suspect = table.iter().find(|(key, node)| match mismatch {
                Mismatch::UnknownValue { value, .. } => node.as_str() == Some(value),
                Mismatch::WrongType { found, .. } => {
                    *key != "kind" && *found == describe(node.unexpected())
                }
                _ => false,
            });
            path.extend(suspect.map(|(key, _)| key.clone()));
        }
        Mismatch::Other(_) => {}
    }
}

/// The value of a node in words, for "must be …, not …".
pub(super) fn in_words(node: &Node) -> String {
    describe(node.unexpected())
}

/// A value in words, for "must be …, not …".
fn describe(value: Unexpected<'_>) -> String {
    match value {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(value) => format!("{value}"),
        Unexpected::Signed(value) => format!("{value}"),
        Unexpected::Float(value) => format!("{value:?}"),
        Unexpected::Str(value) => format!("the string {value:?}"),
        Unexpected::Seq => "an array".to_string(),
        Unexpected::Map => "a table".to_string(),
        Unexpected::Other(value) => value.to_string(),
        value => value.to_string(),
    }
}

/// What serde expects, in words.
fn wanted(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number, 0 or more".to_string(),
        "isize" | "i64" | "i32" => "a whole number".to_string(),
        "f64" | "f32" => "a number".to_string(),
        "a string" | "variant identifier" | "string or map" => "a string".to_string(),
        "a sequence" => "an array".to_string(),
        "a boolean" => "`true` or `false`".to_string(),
        text if text.starts_with("struct ") || text.starts_with("internally tagged enum") => {
            "a table".to_string()
        }
        text => text.to_string(),
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key, .. } => write!(formatter, "unknown key `{key}`"),
            Self::UnknownValue { value, .. } => write!(formatter, "unknown value `{value}`"),
            Self::MissingKey(key) => write!(formatter, "missing key `{key}`"),
            Self::WrongType { found, expected } => {
                write!(formatter, "must be {expected}, not {found}")
            }
            Self::Other(message) => formatter.write_str(message),
        }
    }
}

impl std::error::Error for Mismatch {}

impl serde::de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::WrongType {
            found: describe(found),
            expected: wanted(expected),
        }
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(key: &str, legal: &'static [&'static str]) -> Self {
        Self::UnknownKey {
            key: key.to_string(),
            legal,
        }
    }

    fn unknown_variant(value: &str, legal: &'static [&'static str]) -> Self {
        Self::UnknownValue {
            value: value.to_string(),
            legal,
        }
    }

    fn missing_field(key: &'static str) -> Self {
        Self::MissingKey(key)
    }
}

impl Node {
    fn unexpected(&self) -> Unexpected<'_> {
        match &self.item {
            Item::Boolean(value) => Unexpected::Bool(*value),
            Item::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => Unexpected::Signed(value),
                (_, Ok(value)) => Unexpected::Unsigned(value),
                _ => Unexpected::Other("a number that is too large"),
            },
            Item::Float(value) => Unexpected::Float(*value),
            Item::String(text) => Unexpected::Str(text),
            Item::Datetime => Unexpected::Other("a date"),
            Item::Array(_) => Unexpected::Seq,
            Item::Table(_) => Unexpected::Map,
        }
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.item {
            Item::Boolean(value) => visitor.visit_bool(*value),
            Item::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => visitor.visit_i64(value),
                (_, Ok(value)) => visitor.visit_u64(value),
                _ => Err(Mismatch::invalid_value(self.unexpected(), &visitor)),
            },
            Item::Float(value) => visitor.visit_f64(*value),
            Item::String(text) => visitor.visit_borrowed_str(text),
            Item::Datetime => Err(Mismatch::invalid_type(self.unexpected(), &visitor)),
            Item::Array(elements) => visitor.visit_seq(SeqDeserializer::new(elements.iter())),
            Item::Table(table) => visitor.visit_map(MapDeserializer::new(
                table.iter().map(|(key, node)| (key.as_str(), node)),
            )),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match &self.item {
            Item::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => Err(Mismatch::WrongType {
                found: describe(self.unexpected()),
                expected: match variants {
                    [one] => format!("`{one}`"),
                    _ => format!("one of {}", quoted(variants)),
                },
            }),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Mismatch> for &'de Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
