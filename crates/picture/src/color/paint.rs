//! Pixels that keep their gray and get other chroma.

use super::{LAB_UNIT, Space, lab, yuv};

/// The color of a pixel that keeps its gray and gets other chroma, in the unit of the target.
pub fn paint(space: Space, truth: [u8; 3], chroma: [f32; 2]) -> [u8; 3] {
    let rgb = truth.map(|value| f64::from(value) / 255.0);
    let [first, second] = chroma.map(f64::from);
    let painted = match space {
        Space::Rgb | Space::Yuv => yuv::to_rgb([yuv::from_rgb(rgb)[0], first, second]),
        Space::Lab => {
            let unit = LAB_UNIT;
            lab::to_rgb([lab::from_rgb(rgb)[0], first * unit, second * unit])
        }
    };
    painted.map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// [`paint`] for many pixels, to the same bits: `truth` and `into` have red, green and blue of each, `chroma` the two
/// channels.
///
/// # Panics
///
/// When they differ in length.
pub fn paint_pixels(space: Space, truth: &[u8], chroma: [&[f32]; 2], into: &mut [u8]) {
    assert_eq!(truth.len(), into.len());
    assert!(chroma.iter().all(|plane| 3 * plane.len() == truth.len()));
    match space {
        Space::Rgb | Space::Yuv => yuv::paint(truth, chroma, into),
        Space::Lab => lab::paint(truth, chroma, into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Chroma that networks answer, and what none should.
    fn chroma() -> impl Strategy<Value = Vec<f32>> {
        let value = prop_oneof![
            20 => -0.7..0.7f32,
            1 => -1e9..1e9f32,
            1 => prop::sample::select(vec![0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
        ];
        prop::collection::vec(value, 131)
    }

    proptest! {
        #[test]
        fn many_pixels_are_painted_as_one_is(
            truth in prop::collection::vec(any::<u8>(), 3 * 131),
            first in chroma(),
            second in chroma(),
        ) {
            for space in [Space::Rgb, Space::Yuv, Space::Lab] {
                let mut painted = vec![0; truth.len()];
                paint_pixels(space, &truth, [&first, &second], &mut painted);
                let pixels = truth.as_chunks::<3>().0.iter().zip(first.iter().zip(&second));
                for ((truth, (first, second)), painted) in pixels.zip(painted.as_chunks::<3>().0) {
                    let chroma = [*first, *second];
                    prop_assert_eq!(*painted, paint(space, *truth, chroma), "{:?} {:?} {:?}", space, truth, chroma);
                }
            }
        }
    }
}
