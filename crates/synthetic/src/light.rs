//! Weather and the light it makes: what the sun does to a color, what shade does, what distance does.

use super::color::{Color, rgb};
use super::dice::Dice;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Clear,
    Cloudy,
    Dusk,
    Night,
    /// A room, lit from a window or a lamp.
    Indoor,
}

/// The light of one scene.
#[derive(Debug, Clone, Copy)]
pub(super) struct Light {
    pub(super) weather: Weather,
    /// Where the sun stands: -1 far left to 1 far right.
    pub(super) side: f32,
    /// Factor on what the sun strikes.
    pub(super) sun: Color,
    /// Factor on what it does not.
    pub(super) shade: Color,
    /// What far things fade into.
    pub(super) haze: Color,
    /// Sky at the top of the frame and at the horizon.
    pub(super) zenith: Color,
    pub(super) horizon: Color,
    /// Share of the sky under clouds, 0 to 1.
    pub(super) clouds: f32,
    /// How dark cast shadows are, 0 to 1.
    pub(super) shadow: f32,
}

impl Light {
    pub(super) fn new(weather: Weather, dice: &mut Dice) -> Self {
        let side = dice.sign() * dice.between(0.25, 1.0);
        match weather {
            Weather::Clear => {
                // A deep blue sky is darker than a pale one: its luma says how blue it is.
                let depth = dice.unit();
                let zenith = rgb(0.46, 0.64, 0.87).mix(rgb(0.22, 0.43, 0.77), depth);
                let horizon = rgb(0.80, 0.87, 0.93).mix(rgb(0.64, 0.78, 0.92), depth);
                Self {
                    weather,
                    side,
                    sun: rgb(1.06, 1.02, 0.95),
                    shade: rgb(0.56, 0.59, 0.66),
                    haze: rgb(0.74, 0.81, 0.88),
                    zenith: zenith.varied(0.06, dice),
                    horizon: horizon.varied(0.04, dice),
                    clouds: dice.between(-0.3, 0.5),
                    shadow: dice.between(0.34, 0.5),
                }
            }
            Weather::Cloudy => {
                let gloom = dice.unit();
                let gray = 0.90 - 0.22 * gloom;
                let sky = rgb(gray * 0.985, gray, gray * 1.015);
                Self {
                    weather,
                    side,
                    sun: rgb(0.90, 0.90, 0.90).scaled(1.0 - 0.16 * gloom),
                    shade: rgb(0.68, 0.69, 0.71).scaled(1.0 - 0.16 * gloom),
                    haze: sky.scaled(0.94),
                    zenith: sky.scaled(dice.between(0.82, 0.98)),
                    horizon: sky.scaled(1.04),
                    clouds: 1.0,
                    shadow: 0.22,
                }
            }
            Weather::Dusk => {
                let glow = dice.unit();
                Self {
                    weather,
                    side,
                    sun: rgb(1.04, 0.84, 0.66),
                    shade: rgb(0.44, 0.42, 0.48),
                    haze: rgb(0.80, 0.63, 0.54),
                    zenith: rgb(0.42, 0.47, 0.62).mix(rgb(0.27, 0.27, 0.44), glow),
                    horizon: rgb(0.95, 0.80, 0.64).mix(rgb(0.93, 0.57, 0.36), glow),
                    clouds: dice.between(-0.2, 0.65),
                    shadow: dice.between(0.3, 0.45),
                }
            }
            Weather::Night => Self {
                weather,
                side,
                sun: rgb(0.52, 0.42, 0.29),
                shade: rgb(0.20, 0.19, 0.20),
                haze: rgb(0.15, 0.14, 0.16),
                zenith: rgb(0.035, 0.045, 0.09),
                horizon: rgb(0.19, 0.16, 0.17).varied(0.2, dice),
                clouds: dice.between(0.0, 0.6),
                shadow: 0.3,
            },
            Weather::Indoor => {
                // Daylight from a window or a warm bulb.
                let bulb = dice.unit();
                Self {
                    weather,
                    side,
                    sun: rgb(1.02, 1.0, 0.96).mix(rgb(1.0, 0.92, 0.79), bulb),
                    shade: rgb(0.56, 0.56, 0.58).mix(rgb(0.54, 0.48, 0.41), bulb),
                    haze: rgb(0.6, 0.56, 0.5),
                    zenith: rgb(0.9, 0.9, 0.9),
                    horizon: rgb(0.9, 0.9, 0.9),
                    clouds: 0.0,
                    shadow: dice.between(0.3, 0.45),
                }
            }
        }
    }

    /// Weather as it falls over the year: mostly clear, often gray, now and then a sunset.
    pub(super) fn outdoors(dice: &mut Dice) -> Self {
        let roll = dice.unit();
        let weather = if roll < 0.52 {
            Weather::Clear
        } else if roll < 0.76 {
            Weather::Cloudy
        } else {
            Weather::Dusk
        };
        Self::new(weather, dice)
    }

    /// `color` where `exposure` (0 shade, 1 full sun) of the light reaches it.
    pub(super) fn on(&self, color: Color, exposure: f32) -> Color {
        color.times(self.shade.mix(self.sun, exposure))
    }

    /// `color` on a wall that looks sideways: -1 left, 0 at the viewer, 1 right.
    pub(super) fn facing(&self, color: Color, sideways: f32) -> Color {
        let exposure = match self.weather {
            Weather::Cloudy => 0.55 + 0.1 * sideways * self.side,
            _ => 0.5 + 0.5 * sideways * self.side,
        };
        self.on(color, exposure.clamp(0.0, 1.0))
    }

    /// `color` seen through `distance` (0 here, 1 at the horizon) of air.
    pub(super) fn far(&self, color: Color, distance: f32) -> Color {
        color.mix(self.haze, distance)
    }

    /// The factor of a cast shadow, for [`super::canvas::Canvas::multiply`].
    pub(super) fn cast(&self) -> Color {
        // The sky lights a shadow blue.
        let tint = if self.weather == Weather::Clear {
            rgb(0.94, 0.98, 1.07)
        } else {
            rgb(1.0, 1.0, 1.0)
        };
        tint.scaled(1.0 - self.shadow)
    }

    /// Whether shadows have edges.
    pub(super) fn hard(&self) -> bool {
        matches!(self.weather, Weather::Clear | Weather::Dusk)
    }
}
