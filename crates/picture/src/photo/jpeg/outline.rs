//! What the headers of a JPEG file say, without looking into its data.

use memchr::memchr_iter;

/// How a JPEG file is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::photo) struct Outline {
    /// Scans of its first picture.
    scans: usize,
    is_progressive: bool,
    /// Of each component, across and down.
    sampling: Vec<[u8; 2]>,
}

impl Outline {
    /// The outline of a JPEG file's first picture; `None` when the file ends before that does.
    ///
    /// Segments are stepped over by their length, so that the marker of an embedded preview does not count.
    pub(in crate::photo) fn of(bytes: &[u8]) -> Option<Self> {
        let mut outline = Self::default();
        let mut at = 2; // after the start-of-image marker
        loop {
            // Entropy-coded data runs on until 0xFF with something else than a stuffed zero or a restart marker behind it.
            let rest = bytes.get(at..)?;
            let marker = memchr_iter(0xff, rest).find(|offset| {
                let next = rest.get(offset + 1);
                next.is_some_and(|next| !matches!(next, 0 | 1 | 0xd0..=0xd8 | 0xff))
            })?;
            let marker = at + marker;
            let code = bytes[marker + 1];
            if code == 0xd9 {
                return Some(outline);
            }
            let length = bytes.get(marker + 2..marker + 4)?;
            at = marker + 2 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
            match code {
                0xc0..=0xc2 => {
                    outline.is_progressive = code == 0xc2;
                    let frame = bytes.get(marker + 10..at).unwrap_or_default();
                    let (parts, _) = frame.as_chunks::<3>();
                    let sampling = parts.iter().map(|part| [part[1] >> 4, part[1] & 15]);
                    outline.sampling = sampling.collect();
                }
                0xda => outline.scans += 1,
                _ => {}
            }
        }
    }

    /// Whether zune-jpeg decodes the file to other pixels than it holds: of planes that come one after the other only the top
    /// of each unit, where a unit is several blocks high, and of chroma that is finer than luma every other row. A second
    /// decoder is asked then.
    pub(in crate::photo) fn is_misread(&self) -> bool {
        let most = |axis: usize| self.sampling.iter().map(|it| it[axis]).max();
        let is_finer = |axis| self.sampling.first().map(|it| it[axis]) < most(axis);
        let comes_in_planes = !self.is_progressive && self.scans > 1 && most(1) > Some(1);
        self.sampling.len() > 1 && (comes_in_planes || is_finer(0) || is_finer(1))
    }
}
