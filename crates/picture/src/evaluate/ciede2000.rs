//! The color difference CIEDE2000, as Sharma, Wu and Dalal (2005) wrote it down in "The CIEDE2000 color-difference
//! formula: implementation notes", with all weights 1.

mod fast;

pub use fast::Differences;
pub(super) use fast::percentile_95;
#[cfg(test)]
pub(super) use fast::straightforward;

/// The difference of two colors L, a, b: 1 is about what an eye can just see.
pub fn ciede2000(one: [f64; 3], other: [f64; 3]) -> f64 {
    let chroma = |[_, a, b]: [f64; 3]| a.hypot(b);
    let mean_seventh = f64::midpoint(chroma(one), chroma(other)).powi(7);
    let stretch = 1.0 + 0.5 * (1.0 - (mean_seventh / (mean_seventh + 25f64.powi(7))).sqrt());
    let [(chroma_1, hue_1), (chroma_2, hue_2)] = [one, other].map(|[_, a, b]| {
        let a = stretch * a;
        (a.hypot(b), b.atan2(a).to_degrees().rem_euclid(360.0))
    });
    let colourless = chroma_1 * chroma_2 == 0.0;

    let lightness = other[0] - one[0];
    let chroma = chroma_2 - chroma_1;
    let turn = match hue_2 - hue_1 {
        _ if colourless => 0.0,
        turn if turn > 180.0 => turn - 360.0,
        turn if turn < -180.0 => turn + 360.0,
        turn => turn,
    };
    let hue = 2.0 * (chroma_1 * chroma_2).sqrt() * (turn.to_radians() / 2.0).sin();

    let mean_lightness = f64::midpoint(one[0], other[0]);
    let mean_chroma = f64::midpoint(chroma_1, chroma_2);
    let mean_hue = match hue_1 + hue_2 {
        sum if colourless => sum,
        sum if (hue_1 - hue_2).abs() <= 180.0 => sum / 2.0,
        sum if sum < 360.0 => f64::midpoint(sum, 360.0),
        sum => (sum - 360.0) / 2.0,
    };
    let cosine = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cosine(mean_hue - 30.0)
        + 0.24 * cosine(2.0 * mean_hue)
        + 0.32 * cosine(3.0 * mean_hue + 6.0)
        - 0.20 * cosine(4.0 * mean_hue - 63.0);
    let from_middle = (mean_lightness - 50.0).powi(2);
    let lightness = lightness / (1.0 + 0.015 * from_middle / (20.0 + from_middle).sqrt());
    let chroma = chroma / (1.0 + 0.045 * mean_chroma);
    let hue = hue / (1.0 + 0.015 * mean_chroma * t);
    let seventh = mean_chroma.powi(7);
    let rotation = 60.0 * (-((mean_hue - 275.0) / 25.0).powi(2)).exp();
    let rotation =
        -2.0 * (seventh / (seventh + 25f64.powi(7))).sqrt() * rotation.to_radians().sin();
    (lightness * lightness + chroma * chroma + hue * hue + rotation * chroma * hue).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn color() -> impl Strategy<Value = [f64; 3]> {
        (0.0..100.0f64, -110.0..110.0f64, -110.0..110.0f64).prop_map(|(l, a, b)| [l, a, b])
    }

    proptest! {
        #[test]
        fn neither_colour_comes_first(one in color(), other in color()) {
            let difference = ciede2000(one, other);
            prop_assert!((difference - ciede2000(other, one)).abs() < 1e-9);
            prop_assert!(difference >= 0.0);
            prop_assert_eq!(ciede2000(one, one), 0.0);
        }
    }
}
