//! Vectors as they come in, in the order in which they were asked for.

use std::collections::HashMap;

use crate::dataset::Photograph;

/// The vectors of some photographs, as far as they exist.
pub(super) struct Table<'a> {
    images: &'a [&'a Photograph],
    width: usize,
    values: Vec<f32>,
    /// By content.
    rows: HashMap<blake3::Hash, Row>,
    /// Photographs whose vector exists.
    done: usize,
}

struct Row {
    /// The first position with this content.
    first: usize,
    /// How many positions have it.
    count: usize,
    is_there: bool,
}

impl<'a> Table<'a> {
    /// Of `images`, none there, each of `width` numbers.
    pub(super) fn new(images: &'a [&'a Photograph], width: usize) -> Self {
        let mut rows: HashMap<_, Row> = HashMap::with_capacity(images.len());
        for (position, image) in images.iter().enumerate() {
            let row = rows.entry(image.content_hash).or_insert(Row {
                first: position,
                count: 0,
                is_there: false,
            });
            row.count += 1;
        }
        Self {
            images,
            width,
            values: vec![0.0; images.len() * width],
            rows,
            done: 0,
        }
    }

    /// Where the vector of that content belongs, when it is wanted and not there; from now on it counts as there.
    fn place(&mut self, hash: blake3::Hash) -> Option<&mut [f32]> {
        let row = self.rows.get_mut(&hash).filter(|row| !row.is_there)?;
        row.is_there = true;
        self.done += row.count;
        Some(&mut self.values[row.first * self.width..][..self.width])
    }

    /// Puts a vector of little-endian numbers where it is wanted and not there.
    pub(super) fn put_bytes(&mut self, hash: blake3::Hash, vector: &[u8]) {
        if let Some(place) = self.place(hash) {
            let numbers = vector.as_chunks().0;
            for (value, bytes) in place.iter_mut().zip(numbers) {
                *value = f32::from_le_bytes(*bytes);
            }
        }
    }

    /// Puts a vector where it is wanted and not there.
    pub(super) fn put(&mut self, hash: blake3::Hash, vector: &[f32]) {
        if let Some(place) = self.place(hash) {
            place.copy_from_slice(vector);
        }
    }

    /// Photographs whose vector exists.
    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// How many contents the photographs have.
    pub(super) fn distinct(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_missing_any(&self) -> bool {
        self.done < self.images.len()
    }

    /// The first of each content that is not there, in order.
    pub(super) fn missing(&self) -> Vec<&'a Photograph> {
        let images = self.images.iter().enumerate();
        let missing = images.filter(|(position, image)| {
            let row = &self.rows[&image.content_hash];
            row.first == *position && !row.is_there
        });
        missing.map(|(_, &image)| image).collect()
    }

    /// All vectors, once they are all there.
    pub(super) fn finish(mut self) -> Vec<f32> {
        for (position, image) in self.images.iter().enumerate() {
            let first = self.rows[&image.content_hash].first;
            if first != position {
                let begin = first * self.width;
                self.values
                    .copy_within(begin..begin + self.width, position * self.width);
            }
        }
        self.values
    }
}
