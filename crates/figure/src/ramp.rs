//! Numbers from worst to best as colors: the better, the further from the page.
//!
//! The colors are those of viridis (Smith and van der Walt 2015): equal steps look equal, lightness alone tells the order,
//! and so does every color vision and every gray print. A light page begins near its yellow, a dark one near its blue: the
//! ends that the page itself would swallow are left out.

use super::theme::{Color, Theme};

/// Viridis at equal steps.
const VIRIDIS: [Color; 10] = [
    (0x44, 0x01, 0x54),
    (0x48, 0x28, 0x78),
    (0x3e, 0x49, 0x89),
    (0x31, 0x68, 0x8e),
    (0x26, 0x82, 0x8e),
    (0x1f, 0x9e, 0x89),
    (0x35, 0xb7, 0x79),
    (0x6e, 0xce, 0x58),
    (0xb5, 0xde, 0x2b),
    (0xfd, 0xe7, 0x25),
];

/// The color of a share from 0, the worst, to 1, the best; beyond it that of the end.
pub(super) fn color(share: f64, theme: Theme) -> Color {
    let share = share.clamp(0.0, 1.0);
    let place = match theme {
        Theme::Light => 0.88 * (1.0 - share),
        Theme::Dark => 0.2 + 0.8 * share,
    };
    let last = VIRIDIS.len() - 1;
    let place = place * last as f64;
    let below = (place.floor() as usize).min(last - 1);
    let part = place - below as f64;
    let mix = |from: u8, to: u8| {
        (f64::from(from) + (f64::from(to) - f64::from(from)) * part).round() as u8
    };
    let (from, to) = (VIRIDIS[below], VIRIDIS[below + 1]);
    (mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// Black or white, whichever reads better on `ground` (WCAG 2.1, relative luminance).
pub(super) fn ink_on(ground: Color) -> Color {
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    let luminance =
        0.2126 * linear(ground.0) + 0.7152 * linear(ground.1) + 0.0722 * linear(ground.2);
    // Where contrast with both is equal.
    if luminance > 0.179 {
        (0x10, 0x10, 0x10)
    } else {
        (0xff, 0xff, 0xff)
    }
}

#[cfg(test)]
mod tests {
    use super::super::perception::{VISIONS, distance, seen};
    use super::*;

    #[test]
    fn better_is_further_from_the_page_with_every_colour_vision() {
        for theme in [Theme::Light, Theme::Dark] {
            let colors: Vec<Color> = (0..=8)
                .map(|step| color(f64::from(step) / 8.0, theme))
                .collect();
            for vision in VISIONS {
                let page = seen(theme.background(), vision)[0];
                for pair in colors.windows(2) {
                    let [worse, better] =
                        [pair[0], pair[1]].map(|it| (seen(it, vision)[0] - page).abs());
                    assert!(better > worse + 0.015, "{theme:?} {pair:?}");
                    assert!(distance(pair[0], pair[1], vision) > 0.03, "{pair:?}");
                }
                assert!(distance(colors[0], theme.background(), vision) > 0.15);
                assert!(distance(colors[0], colors[8], vision) > 0.4);
            }
        }
    }

    #[test]
    fn numbers_can_be_read_on_every_color() {
        assert_eq!(ink_on((0xff, 0xff, 0xff)), (0x10, 0x10, 0x10));
        assert_eq!(ink_on((0x44, 0x01, 0x54)), (0xff, 0xff, 0xff));
        for theme in [Theme::Light, Theme::Dark] {
            for step in 0..=16 {
                let ground = color(f64::from(step) / 16.0, theme);
                let apart = seen(ground, VISIONS[0])[0] - seen(ink_on(ground), VISIONS[0])[0];
                assert!(apart.abs() > 0.35, "{theme:?} {step}: {apart}");
            }
        }
    }
}
