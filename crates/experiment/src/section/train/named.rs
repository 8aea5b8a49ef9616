//! Choices that are written by their name, `"cosine"`, or as a table where they have keys of their own,
//! `{ kind = "step", every = 1000, factor = 0.1 }`. For `#[serde(with = "named")]` over a type that derives serde's traits
//! with `tag = "kind"`.

use std::fmt;
use std::iter::once;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A choice that its name may stand for.
pub(super) trait Named {
    /// Its name, where nothing else has to be said.
    fn name_alone(&self) -> Option<&'static str>;
}

/// Writes the name alone where that says all. The name alone and the table are one experiment, and have to be one text.
pub(super) fn serialize<T: Named + Serialize, S: Serializer>(
    choice: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match choice.name_alone() {
        Some(name) => serializer.serialize_str(name),
        None => choice.serialize(serializer),
    }
}

/// Reads either.
pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(NameOrTable(PhantomData))
}

/// Reads a table that has a `kind` and nothing else: serde ignores what stands beside the kind of a variant without fields.
pub(super) fn no_keys<'de, D: Deserializer<'de>>(rest: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NoKeys {}
    NoKeys::deserialize(rest).map(|NoKeys {}| ())
}

struct NameOrTable<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NameOrTable<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string or a table")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<T, E> {
        // A table of one key, so that a key without a default is missed there, by its own name.
        T::deserialize(MapDeserializer::new(once(("kind", name))))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(table))
    }
}
