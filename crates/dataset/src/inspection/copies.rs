//! Photographs that are listed more than once: one file under two ids, or a file and its copy.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use crate::Photograph;

/// A photograph whose bytes are those of another one of the selection. It is left out: what is counted must be distinct,
/// and one photograph must not be trained on and held out at once.
#[derive(Debug, Clone, PartialEq)]
pub struct CopiedImage {
    /// The copy.
    pub image: Photograph,
    /// The photograph that stays.
    pub of: Photograph,
}

impl fmt::Display for CopiedImage {
    /// `a (1).jpg of a.jpg`; with the ids where a file is listed twice.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (copy, of) = (&self.image, &self.of);
        if copy.file_name == of.file_name {
            return write!(
                formatter,
                "{}, listed as {} and {}",
                copy.file_name, of.id, copy.id
            );
        }
        write!(formatter, "{} of {}", copy.file_name, of.file_name)
    }
}

/// Of every content one photograph, and the others as its copies, both in the order of `images`.
///
/// Each comes with the place of its dataset among those that are joined. The one that stays is that of the first dataset, and
/// within one that with the shortest file name, of equally long ones the first by alphabet, and of one file
/// under several ids the smallest: what is added later (`a (1).jpg`, a folder of copies, the next id) is the copy, so that
/// adding one moves no photograph to the other side of the split. Nothing is considered but the copies of one another.
pub(super) fn set_apart(images: Vec<(usize, Photograph)>) -> (Vec<Photograph>, Vec<CopiedImage>) {
    let mut staying: HashMap<blake3::Hash, usize> = HashMap::with_capacity(images.len());
    for (place, (_, image)) in images.iter().enumerate() {
        match staying.entry(image.content_hash) {
            Entry::Vacant(vacant) => {
                vacant.insert(place);
            }
            Entry::Occupied(mut other) => {
                if precedence(&images[place]) < precedence(&images[*other.get()]) {
                    other.insert(place);
                }
            }
        }
    }
    if staying.len() == images.len() {
        return (
            images.into_iter().map(|(_, image)| image).collect(),
            Vec::new(),
        );
    }
    let staying = staying.into_iter();
    let staying: HashMap<blake3::Hash, Photograph> = staying
        .map(|(content, place)| (content, images[place].1.clone()))
        .collect();
    let (mut distinct, mut copies) = (Vec::with_capacity(staying.len()), Vec::new());
    for (_, image) in images {
        match staying.get(&image.content_hash) {
            Some(of) if of.id != image.id => copies.push(CopiedImage {
                of: of.clone(),
                image,
            }),
            _ => distinct.push(image),
        }
    }
    (distinct, copies)
}

fn precedence((source, image): &(usize, Photograph)) -> (usize, usize, &str, i64) {
    let name = &image.file_name;
    (*source, name.len(), name, image.id)
}
