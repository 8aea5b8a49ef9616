//! COCO `instances` JSON, read as a stream: of the annotations only pairs of ids are ever in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::marker::PhantomData;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::DatasetError;
use super::index::Category;
use colorize_base::{MOST_NUMBERS, open_file, read_file};

/// What an index needs of an annotation file, in the file's order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Instances {
    /// All categories, used or not.
    pub(crate) categories: Vec<Category>,
    /// All images, annotated or not.
    pub(crate) images: Vec<ImageRow>,
    /// (image id, category id) of every annotation, crowds included.
    pub(crate) annotations: Vec<(i64, i64)>,
}

/// An entry of `images`; other keys are skipped.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct ImageRow {
    pub(crate) id: i64,
    pub(crate) file_name: String,
    /// Some tools write `640.0`, and some leave it out.
    #[serde(default, deserialize_with = "length")]
    width: Option<f64>,
    #[serde(default, deserialize_with = "length")]
    height: Option<f64>,
}

impl ImageRow {
    pub(crate) fn width(&self) -> Option<u32> {
        pixels(self.width)
    }

    pub(crate) fn height(&self) -> Option<u32> {
        pixels(self.height)
    }
}

fn pixels(length: Option<f64>) -> Option<u32> {
    length
        .filter(|length| (1.0..=f64::from(u32::MAX)).contains(length))
        .map(|length| length as u32)
}

/// A number, or nothing where it is null or was NaN.
fn length<'de, D: serde::Deserializer<'de>>(json: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "invalid length, expected a number of pixels")]
    enum Length {
        Number(f64),
        Unknown(()),
        NotANumber(Blank),
    }
    #[derive(Deserialize)]
    enum Blank {
        #[serde(rename = "")]
        Blank,
    }
    Ok(match Length::deserialize(json)? {
        Length::Number(length) => Some(length),
        Length::Unknown(()) | Length::NotANumber(Blank::Blank) => None,
    })
}

#[derive(Deserialize)]
struct AnnotationRow {
    image_id: i64,
    category_id: i64,
}

/// Reads the annotation file at `path`.
///
/// Keys may come in any order, unknown keys and all of an annotation but its two ids are skipped, `annotations` and
/// `categories` may be absent or null, ids are 64-bit. The file may begin with a byte-order mark. NaN and Infinity, which JSON
/// lacks and Python writes, may stand where no number is read.
pub(crate) fn read(path: &Path) -> Result<Instances, DatasetError> {
    let file = open_file(path).map_err(DatasetError::read(path))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let start = reader.fill_buf().map_err(DatasetError::read(path))?;
    if let Some(message) = other_format(start) {
        return Err(DatasetError::Annotations {
            path: path.to_owned(),
            line: 1,
            column: 1,
            message: message.to_owned(),
        });
    }
    if start.starts_with(BYTE_ORDER_MARK) {
        reader.consume(BYTE_ORDER_MARK.len());
    }
    let error = match parse(reader) {
        Ok(instances) => return Ok(instances),
        Err(error) if error.is_syntax() => {
            let mut json = read_file(path, MOST_NUMBERS).map_err(DatasetError::read(path))?;
            if replace_non_numbers(&mut json) == 0 {
                error
            } else {
                match parse(json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&json)) {
                    Ok(instances) => return Ok(instances),
                    Err(error) => error,
                }
            }
        }
        Err(error) => error,
    };
    if error.is_io() {
        return Err(DatasetError::read(path)(error.into()));
    }
    let whole = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = whole.strip_suffix(&place).unwrap_or(&whole);
    Err(DatasetError::Annotations {
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
        message: message.replace("string \"\"", "NaN or Infinity"),
    })
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What the first bytes of a file say that is not JSON in UTF-8, and what to do then.
fn other_format(start: &[u8]) -> Option<&'static str> {
    match start {
        [0x1f, 0x8b, ..] => Some("the file is compressed with gzip; decompress it"),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => {
            Some("the file is a ZIP archive; unpack it, and name the JSON file in it")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=0xff, ..] | [1..=0xff, 0, ..] => {
            Some("the file is UTF-16; save it as UTF-8")
        }
        _ => None,
    }
}

/// Puts an empty string, and spaces, in the place of every NaN and Infinity outside of strings, so that all else keeps its
/// place; says how many there were.
fn replace_non_numbers(json: &mut [u8]) -> usize {
    const WORDS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
    let (mut at, mut is_string, mut replaced) = (0, false, 0);
    while let Some(byte) = json.get(at) {
        let mut length = 1;
        match byte {
            b'\\' if is_string => length = 2,
            b'"' => is_string = !is_string,
            b'N' | b'I' | b'-' if !is_string => {
                if let Some(word) = WORDS.iter().find(|word| json[at..].starts_with(word)) {
                    length = word.len();
                    let (quotes, rest) = json[at..at + length].split_at_mut(2);
                    quotes.fill(b'"');
                    rest.fill(b' ');
                    replaced += 1;
                }
            }
            _ => {}
        }
        at += length;
    }
    replaced
}

/// Whether the `categories` of the annotation file at `path` can be told apart by their names. What is odd but clear is returned
/// in words: a name of several ids means all of them, as in files that were made of two.
pub(crate) fn judge_categories(
    path: &Path,
    categories: &[Category],
) -> Result<Option<String>, DatasetError> {
    let mut names: HashMap<i64, &str> = HashMap::new();
    let mut ids: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for Category { id, name } in categories {
        ids.entry(name).or_default().insert(*id);
        match names.insert(*id, name) {
            Some(first) if first != name => {
                return Err(DatasetError::AmbiguousCategory {
                    path: path.to_owned(),
                    id: *id,
                    first: first.to_owned(),
                    second: name.clone(),
                });
            }
            _ => {}
        }
    }
    let shared: Vec<String> = ids
        .iter()
        .filter(|(_, ids)| ids.len() > 1)
        .map(|(name, ids)| {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            format!(
                "{}: the category name `{name}` has several ids, {}: it selects the images of all of them",
                path.display(),
                ids.join(" and ")
            )
        })
        .collect();
    Ok(Some(shared.join("; ")).filter(|shared| !shared.is_empty()))
}

fn parse(reader: impl Read) -> serde_json::Result<Instances> {
    let mut json = serde_json::Deserializer::from_reader(reader);
    let instances = Document.deserialize(&mut json)?;
    json.end()?;
    Ok(instances)
}

/// The document's outermost object.
struct Document;

impl<'de> DeserializeSeed<'de> for Document {
    type Value = Instances;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Instances, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document {
    type Value = Instances;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with `images`, `annotations` and `categories`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Instances, A::Error> {
        let mut found = Instances::default();
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("the key `{key}` appears twice")));
            }
            match key.as_str() {
                "images" => {
                    map.next_value_seed(Each {
                        may_be_null: false,
                        ..Each::new(|row: ImageRow| found.images.push(row))
                    })?;
                }
                "categories" => {
                    map.next_value_seed(Each::new(|row: Category| found.categories.push(row)))?;
                }
                "annotations" => map.next_value_seed(Each::new(|row: AnnotationRow| {
                    found.annotations.push((row.image_id, row.category_id));
                }))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            seen.insert(key);
        }
        if !seen.contains("images") {
            return Err(A::Error::custom("the key `images` is missing"));
        }
        Ok(found)
    }
}

/// A list whose elements are handed on one by one, so that the list itself never exists; null is an empty list.
struct Each<T, F: FnMut(T)> {
    take: F,
    may_be_null: bool,
    element: PhantomData<T>,
}

impl<T, F: FnMut(T)> Each<T, F> {
    fn new(take: F) -> Self {
        Self {
            take,
            may_be_null: true,
            element: PhantomData,
        }
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> DeserializeSeed<'de> for Each<T, F> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for Each<T, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(row) = list.next_element()? {
            (self.take)(row);
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        if self.may_be_null {
            Ok(())
        } else {
            Err(E::invalid_type(serde::de::Unexpected::Other("null"), &self))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Result<Instances, String> {
        parse(json.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_legal_is_read() {
        let found = text(
            r#"{
              "annotations": [
                {"image_id": 9007199254740993, "category_id": 13, "iscrowd": 1, "id": 1, "area": 1.5,
                 "segmentation": {"counts": [1, 2, 3], "size": [4, 5]}, "bbox": [0.5, 1e2, 3, 4.25]},
                {"segmentation": [[1.0, 2.0], []], "category_id": 13, "id": 2, "image_id": 9007199254740993},
                {"segmentation": {"counts": "abc\u0041", "size": [4, 5]}, "image_id": 1, "category_id": 90, "x": {"y": [null]}}
              ],
              "info": {"year": 2017, "deep": [[[{}]]]},
              "categories": [{"supercategory": "outdoor", "id": 13, "name": "stop sign"}, {"id": 90, "name": "B\u00e4r"}],
              "images": [
                {"id": 9007199254740993, "file_name": "a.jpg", "width": 640.0, "height": 480, "license": 3, "coco_url": "x"},
                {"file_name": "sub/b.jpg", "id": -4, "width": null}
              ],
              "licenses": []
            }"#,
        )
        .unwrap();
        let big = 9_007_199_254_740_993;
        assert_eq!(found.annotations, [(big, 13), (big, 13), (1, 90)]);
        assert_eq!(found.categories[1].name, "B\u{e4}r");
        assert_eq!(found.images[0].id, big);
        assert_eq!(found.images[0].width(), Some(640));
        assert_eq!(found.images[0].height(), Some(480));
        assert_eq!(found.images[1].id, -4);
        assert_eq!(found.images[1].width(), None);
        assert_eq!(text(r#"{"images": []}"#).unwrap(), Instances::default());
        assert_eq!(
            text(r#"{"categories": null, "images": [], "annotations": null}"#).unwrap(),
            Instances::default()
        );
    }

    fn file(bytes: &[u8]) -> Result<Instances, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("instances.json");
        std::fs::write(&path, bytes).unwrap();
        read(&path).map_err(|error| {
            let folder = format!("{}/", folder.path().display());
            error.to_string().replace(&folder, "")
        })
    }

    const WITHOUT_NUMBERS: &str = r#"{
        "info": {"text": "NaN \\", "more": "\"Infinity"},
        "images": [{"id": 1, "file_name": "-Infinity.jpg", "width": NaN, "height": -Infinity}],
        "annotations": [{"image_id": 1, "category_id": 2, "bbox": [NaN, Infinity, -Infinity, -1], "area": NaN}],
        "categories": null
    }"#;

    #[test]
    fn nan_does_not_matter_where_no_number_is_read() {
        for start in ["", "\u{feff}"] {
            let found = file(format!("{start}{WITHOUT_NUMBERS}").as_bytes()).unwrap();
            assert_eq!(found.images[0].file_name, "-Infinity.jpg");
            assert_eq!(
                (found.images[0].width(), found.images[0].height()),
                (None, None)
            );
            assert_eq!(found.annotations, [(1, 2)]);
        }
        let wrong = WITHOUT_NUMBERS.replace("\"category_id\": 2", "\"category_id\": NaN");
        assert_eq!(
            file(wrong.as_bytes()).unwrap_err(),
            "instances.json:4:57: not COCO `instances` JSON: invalid type: NaN or Infinity, expected i64"
        );
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_and_other_formats_are_named() {
        let json = "{\"images\": []}";
        assert_eq!(
            file(format!("\u{feff}{json}").as_bytes()).unwrap(),
            Instances::default()
        );
        let utf16 = |bytes: fn(u16) -> [u8; 2]| json.encode_utf16().flat_map(bytes).collect();
        let little: Vec<u8> = utf16(u16::to_le_bytes);
        let big: Vec<u8> = utf16(u16::to_be_bytes);
        let save = "the file is UTF-16; save it as UTF-8";
        for (bytes, message) in [
            ([&[0xff, 0xfe], little.as_slice()].concat(), save),
            ([&[0xfe, 0xff], big.as_slice()].concat(), save),
            (little, save),
            (big, save),
            (
                b"\x1f\x8b\x08\0".to_vec(),
                "the file is compressed with gzip; decompress it",
            ),
            (
                b"PK\x03\x04".to_vec(),
                "the file is a ZIP archive; unpack it, and name the JSON file in it",
            ),
        ] {
            assert_eq!(
                file(&bytes).unwrap_err(),
                format!("instances.json:1:1: not COCO `instances` JSON: {message}")
            );
        }
    }

    #[test]
    fn mistakes_say_line_and_column() {
        let cases = [
            ("", "EOF while parsing a value at line 1 column 0"),
            (
                "[1]",
                "invalid type: sequence, expected an object with `images`, `annotations` and `categories` at line 1 column 1",
            ),
            ("{}", "the key `images` is missing at line 1 column 2"),
            (
                "{\"images\": [\n {\"id\": \"x\"}]}",
                "invalid type: string \"x\", expected i64 at line 2 column 11",
            ),
            (
                "{\"images\": [\n {\"id\": 3}]}",
                "missing field `file_name` at line 2 column 10",
            ),
            (
                "{\"images\": null}",
                "invalid type: null, expected a list at line 1 column 15",
            ),
            (
                "{\"images\": [{\"id\": 1, \"file_name\": \"a\", \"width\": \"x\"}]}",
                "invalid length, expected a number of pixels at line 1 column 53",
            ),
            (
                "{\"images\": 3}",
                "invalid type: integer `3`, expected a list at line 1 column 13",
            ),
            (
                "{\"images\": [],\n \"annotations\": [{\"image_id\": 1, \"caption\": \"x\"}]}",
                "missing field `category_id` at line 2 column 48",
            ),
            (
                "{\"images\": [], \"images\": []}",
                "the key `images` appears twice at line 1 column 24",
            ),
            (
                "{\"images\": []} x",
                "trailing characters at line 1 column 16",
            ),
            (
                "{\"images\": [{\"id\": 1, \"file_name\": \"a\"",
                "EOF while parsing an object at line 1 column 38",
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(text(json).unwrap_err(), expected, "{json}");
        }
    }
}
