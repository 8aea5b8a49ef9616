//! The mark in every picture that `predict` writes: by it a folder's pictures are told from its photographs, and whoever
//! finds one can see where its colors come from.

use colorize_base::open_file;
use std::io::Read;
use std::path::Path;

/// How a mark begins.
const MARK: &str = "colorized by colorize";

/// A mark stands this near to the beginning of a file.
const WITHIN: u64 = 4096;

/// PNG's signature and its first chunk, which other chunks may follow.
const PNG_HEAD: usize = 8 + 25;

/// Whether `predict` made the picture.
pub(super) fn is_marked(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = open_file(path).and_then(|file| file.take(WITHIN).read_to_end(&mut start));
    read.is_ok()
        && start
            .windows(MARK.len())
            .any(|window| window == MARK.as_bytes())
}

/// The comment of a picture that a network made.
pub(super) fn text(network: &str) -> String {
    format!("{MARK}: {network}")
}

/// A PNG or JPEG file with a comment that says by which network its colors were made.
pub(super) fn marked(mut picture: Vec<u8>, network: &str) -> Vec<u8> {
    let text = text(network);
    if picture.starts_with(b"\x89PNG") && picture.len() > PNG_HEAD {
        let body = [b"tEXtComment\0", text.as_bytes()].concat();
        let length = (body.len() - 4) as u32;
        let chunk = [
            &length.to_be_bytes(),
            &body[..],
            &crc32fast::hash(&body).to_be_bytes(),
        ];
        picture.splice(PNG_HEAD..PNG_HEAD, chunk.concat());
    } else if let [0xff, 0xd8, rest @ ..] = &picture[..] {
        // JFIF's own segment has to come first.
        let place = match rest {
            [0xff, 0xe0, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => 2,
        };
        let place = place.min(picture.len());
        let length = (text.len() + 2) as u16;
        let segment = [&[0xff, 0xfe], &length.to_be_bytes()[..], text.as_bytes()];
        picture.splice(place..place, segment.concat());
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::{self, PhotoFormat};
    use image::{Rgb, RgbImage};

    #[test]
    fn a_marked_picture_has_the_same_pixels_and_is_known() {
        let picture = RgbImage::from_fn(40, 30, |x, y| Rgb([x as u8, y as u8, 7]));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture");
        for format in [PhotoFormat::Png, PhotoFormat::Jpeg] {
            let plain = format.encode(&picture).unwrap();
            std::fs::write(&path, &plain).unwrap();
            assert!(!is_marked(&path));
            let marked = marked(plain.clone(), "03-yuv s0 at step 7000");
            std::fs::write(&path, &marked).unwrap();
            assert!(is_marked(&path));
            assert_eq!(
                photo::decode_bytes(&marked).unwrap(),
                photo::decode_bytes(&plain).unwrap()
            );
        }
        assert!(!is_marked(folder.path()));
    }
}
