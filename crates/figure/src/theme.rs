//! The one visual language of all figures: colors, dashes, type sizes and spacing.

/// A color as eight-bit sRGB.
pub(super) type Color = (u8, u8, u8);

/// Space between the page's edge and anything on it, in points.
pub(super) const MARGIN: f64 = 24.0;
/// Space between neighboring pictures, in points.
pub(super) const GAP: f64 = 8.0;

/// Size of a figure's title, in points per em.
pub(super) const TITLE_SIZE: f64 = 17.0;
/// Size of column headings and panel titles, in points per em.
pub(super) const HEADING_SIZE: f64 = 13.0;
/// Size of axis labels, legends and reference labels, in points per em.
pub(super) const LABEL_SIZE: f64 = 11.0;
/// Size of tick labels and captions, in points per em.
pub(super) const SMALL_SIZE: f64 = 10.0;

/// On what background the figure will be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Dark ink on white: paper, and the default.
    #[default]
    Light,
    /// Light ink on near black: screens and slides.
    Dark,
}

/// How a line is broken up, so that lines of one color can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dash {
    Solid,
    Dashed,
    Dotted,
    Alternating,
    Long,
}

impl Dash {
    /// All of them, in the order in which series use them up.
    pub(super) const ALL: [Self; 5] = [
        Self::Solid,
        Self::Dashed,
        Self::Dotted,
        Self::Alternating,
        Self::Long,
    ];

    /// Lengths of ink and space in turn, in points; empty for a solid line.
    pub(super) fn pattern(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Dashed => &[6.0, 3.0],
            Self::Dotted => &[1.8, 2.4],
            Self::Alternating => &[8.0, 2.6, 1.8, 2.6],
            Self::Long => &[13.0, 4.0],
        }
    }
}

/// Blue, vermilion, green, purple, orange, sky, wine, ink: Okabe and Ito's palette (2008) without
/// its yellow, which white swallows, each color then moved a little until every pair of the eight
/// can be told apart with any color vision (a test measures it).
const ON_LIGHT: [Color; 8] = [
    (0x03, 0x64, 0xa1),
    (0xd6, 0x5a, 0x00),
    (0x17, 0x95, 0x6b),
    (0xc7, 0x80, 0xb6),
    (0xe9, 0x9a, 0x00),
    (0x6f, 0xa6, 0xff),
    (0x8c, 0x24, 0x58),
    (0x27, 0x26, 0x27),
];

/// The same in the same order for a dark page; yellow takes the place of orange, near-white that
/// of ink.
const ON_DARK: [Color; 8] = [
    (0x62, 0x71, 0xea),
    (0xff, 0x70, 0x00),
    (0x00, 0xb6, 0x8c),
    (0xa9, 0x9c, 0xf2),
    (0xfa, 0xc8, 0x33),
    (0xb1, 0xd7, 0xff),
    (0xa8, 0x4c, 0x6d),
    (0xff, 0xff, 0xe1),
];

impl Theme {
    /// The page.
    pub(super) fn background(self) -> Color {
        match self {
            Self::Light => (0xff, 0xff, 0xff),
            Self::Dark => (0x16, 0x18, 0x1c),
        }
    }

    /// Titles and everything that is read first.
    pub(super) fn ink(self) -> Color {
        match self {
            Self::Light => (0x1a, 0x1a, 0x1a),
            Self::Dark => (0xee, 0xee, 0xee),
        }
    }

    /// Captions, tick labels, units.
    pub(super) fn muted(self) -> Color {
        match self {
            Self::Light => (0x5a, 0x5a, 0x5a),
            Self::Dark => (0xa9, 0xad, 0xb4),
        }
    }

    /// Axis lines and the outlines of empty places.
    pub(super) fn rule(self) -> Color {
        match self {
            Self::Light => (0x9a, 0x9a, 0x9a),
            Self::Dark => (0x6a, 0x6f, 0x78),
        }
    }

    /// Grid lines behind data.
    pub(super) fn grid(self) -> Color {
        match self {
            Self::Light => (0xe6, 0xe6, 0xe6),
            Self::Dark => (0x2c, 0x30, 0x37),
        }
    }

    /// The look of series `index`: eight colors, each with five dashes, so the first 40 differ.
    pub(super) fn series(self, index: usize) -> (Color, Dash) {
        let colors = match self {
            Self::Light => &ON_LIGHT,
            Self::Dark => &ON_DARK,
        };
        let color = colors[index % colors.len()];
        let dash = Dash::ALL[index / colors.len() % Dash::ALL.len()];
        (color, dash)
    }

    /// `color` thinned with the page: what `strength` (0 to 1) of it would look like, but opaque,
    /// so that a line that crosses itself does not show where.
    pub(super) fn thinned(self, color: Color, strength: f64) -> Color {
        let page = self.background();
        let mix = |ink: u8, page: u8| {
            (f64::from(page) + (f64::from(ink) - f64::from(page)) * strength).round() as u8
        };
        (
            mix(color.0, page.0),
            mix(color.1, page.1),
            mix(color.2, page.2),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::perception::{VISIONS, distance};
    use super::*;

    #[test]
    fn colours_differ_for_every_colour_vision_and_from_the_page() {
        // The least distance for each vision: without blue cones, fewer colors are left.
        for (least, vision) in [0.110, 0.110, 0.110, 0.080].into_iter().zip(VISIONS) {
            for theme in [Theme::Light, Theme::Dark] {
                let mut colors: Vec<Color> = (0..8).map(|index| theme.series(index).0).collect();
                colors.push(theme.background());
                for (index, first) in colors.iter().enumerate() {
                    for second in &colors[..index] {
                        let distance = distance(*first, *second, vision);
                        assert!(
                            distance >= least,
                            "{theme:?} {first:?} {second:?}: {distance}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn forty_series_all_look_different() {
        for theme in [Theme::Light, Theme::Dark] {
            let looks: Vec<_> = (0..40).map(|index| theme.series(index)).collect();
            for (index, look) in looks.iter().enumerate() {
                assert!(!looks[..index].contains(look));
            }
        }
    }
}
