//! The manifests of a dataset: `dataset.use`.

use std::fmt;
use std::path::Path;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One manifest, or several that make one dataset, by name or path. Their order counts. One alone is written as a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifests(Vec<String>);

impl Manifests {
    /// Of names or paths.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().collect())
    }

    /// The names or paths.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// A short name for all of them: those of the files, without folders and endings, joined by `+`.
    pub fn stems(&self) -> String {
        let stem = |name: &String| {
            let stem = Path::new(name).file_stem().unwrap_or_default();
            stem.to_string_lossy().into_owned()
        };
        let stems: Vec<String> = self.0.iter().map(stem).collect();
        stems.join("+")
    }
}

impl From<&str> for Manifests {
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }
}

/// `coco`, or `photos + coco-mini`.
impl fmt::Display for Manifests {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(" + "))
    }
}

impl Serialize for Manifests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [one] => serializer.serialize_str(one),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Manifests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrSeveral)
    }
}

struct OneOrSeveral;

impl<'de> Visitor<'de> for OneOrSeveral {
    type Value = Manifests;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string or an array of strings")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Manifests, E> {
        Ok(name.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<Manifests, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(names)).map(Manifests)
    }
}
