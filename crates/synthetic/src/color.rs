//! Colors of things, as display-referred RGB in 0 to 1.

use super::dice::Dice;

/// An RGB color; components may leave 0 to 1 while light is being added, and are clamped when painted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Color {
    pub(super) red: f32,
    pub(super) green: f32,
    pub(super) blue: f32,
}

pub(super) const fn rgb(red: f32, green: f32, blue: f32) -> Color {
    Color { red, green, blue }
}

pub(super) const WHITE: Color = rgb(0.96, 0.96, 0.95);
pub(super) const BLACK: Color = rgb(0.06, 0.06, 0.065);

impl Color {
    /// Rec. 601 luma, the one a colorizer is given.
    pub(super) fn luma(self) -> f32 {
        0.299 * self.red + 0.587 * self.green + 0.114 * self.blue
    }

    pub(super) fn mix(self, other: Self, share: f32) -> Self {
        rgb(
            self.red + (other.red - self.red) * share,
            self.green + (other.green - self.green) * share,
            self.blue + (other.blue - self.blue) * share,
        )
    }

    pub(super) fn times(self, other: Self) -> Self {
        rgb(
            self.red * other.red,
            self.green * other.green,
            self.blue * other.blue,
        )
    }

    pub(super) fn scaled(self, factor: f32) -> Self {
        rgb(self.red * factor, self.green * factor, self.blue * factor)
    }

    /// The color with a natural spread: lightness by up to `amount`, each component by a third of it.
    pub(super) fn varied(self, amount: f32, dice: &mut Dice) -> Self {
        let lightness = dice.around(1.0, amount);
        let third = amount / 3.0;
        rgb(
            self.red * lightness * dice.around(1.0, third),
            self.green * lightness * dice.around(1.0, third),
            self.blue * lightness * dice.around(1.0, third),
        )
    }

    /// The same hue at luma `luma`, with the chroma cut down where the gamut ends.
    pub(super) fn with_luma(self, luma: f32) -> Self {
        let own = self.luma();
        let chroma = [self.red - own, self.green - own, self.blue - own];
        let mut share = 1.0_f32;
        for part in chroma {
            if part > 0.0 {
                share = share.min((0.99 - luma).max(0.0) / part);
            } else if part < 0.0 {
                share = share.min((luma - 0.01).max(0.0) / -part);
            }
        }
        rgb(
            luma + chroma[0] * share,
            luma + chroma[1] * share,
            luma + chroma[2] * share,
        )
    }
}

/// The color of something that may be of any color: luma is drawn without regard to hue, so that gray says nothing
/// about it. Hues lean to the warm side, as dyes and paints do, and a sixth of all things is all but colorless.
pub(super) fn unguessable(low: f32, high: f32, dice: &mut Dice) -> Color {
    let luma = dice.between(low, high);
    let hue = if dice.chance(0.35) {
        dice.around(0.04, 0.16)
    } else {
        dice.unit()
    };
    let strength = if dice.chance(0.16) {
        0.06
    } else {
        dice.between(0.3, 0.95)
    };
    let full = from_hue(hue - hue.floor());
    let gray = full.luma();
    // Equal chroma for every hue before the gamut has its say, or blue would be louder than yellow.
    let chroma = rgb(full.red - gray, full.green - gray, full.blue - gray);
    let length =
        (chroma.red * chroma.red + chroma.blue * chroma.blue + chroma.green * chroma.green)
            .sqrt()
            .max(0.1);
    let wanted = strength * 0.50 / length;
    rgb(
        gray + chroma.red * wanted,
        gray + chroma.green * wanted,
        gray + chroma.blue * wanted,
    )
    .with_luma(luma)
}

/// The saturated color at `hue` in 0 to 1, as in HSV.
fn from_hue(hue: f32) -> Color {
    let wheel = |offset: f32| {
        let position = hue + offset - (hue + offset).floor();
        ((position * 6.0 - 3.0).abs() - 1.0).clamp(0.0, 1.0)
    };
    rgb(wheel(0.0), wheel(2.0 / 3.0), wheel(1.0 / 3.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unguessable_colours_keep_their_luma_and_the_gamut() {
        let mut dice = Dice::new(1, 1);
        for _ in 0..2000 {
            let color = unguessable(0.2, 0.7, &mut dice);
            let luma = color.luma();
            assert!((0.199..0.701).contains(&luma), "luma: {luma}");
            for part in [color.red, color.green, color.blue] {
                assert!((0.0..=1.0).contains(&part), "component: {part}");
            }
        }
    }

    /// If hue and luma were tied, a network could guess the hue of a car.
    #[test]
    fn luma_of_unguessable_colours_does_not_tell_red_from_blue() {
        let mut dice = Dice::new(2, 1);
        let (mut red, mut blue) = (Vec::new(), Vec::new());
        for _ in 0..4000 {
            let color = unguessable(0.2, 0.7, &mut dice);
            if color.red > color.blue + 0.05 {
                red.push(color.luma());
            } else if color.blue > color.red + 0.05 {
                blue.push(color.luma());
            }
        }
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        assert!((mean(&red) - mean(&blue)).abs() < 0.03);
    }

    #[test]
    fn hue_wheel_starts_at_red() {
        assert_eq!(from_hue(0.0), rgb(1.0, 0.0, 0.0));
        assert_eq!(from_hue(1.0 / 3.0), rgb(0.0, 1.0, 0.0));
        assert!(from_hue(2.0 / 3.0).blue > 0.99);
    }
}
