//! What scenes stand on, where things stand on it, and the shadows they throw.

use super::canvas::{Canvas, Texture};
use super::color::Color;
use super::dice::Dice;
use super::light::Light;
use super::shape::{Point, Shape};

/// Where a thing stands, how tall it looks, and how much air is before it.
#[derive(Clone, Copy)]
pub(super) struct Stand {
    pub(super) foot: Point,
    /// Height in the frame, 0 to 1.
    pub(super) height: f32,
    /// Air in between: 0 near to 1 at the horizon.
    pub(super) far: f32,
}

impl Stand {
    pub(super) fn new(foot: Point, height: f32, far: f32) -> Self {
        Self { foot, height, far }
    }

    /// Stands on a plane seen from eye height: something `tall` (in eye heights) whose foot is at `foot`.
    pub(super) fn on_plane(foot: Point, horizon: f32, tall: f32) -> Self {
        let below = (foot[1] - horizon).max(0.002);
        Self {
            foot,
            height: below * tall,
            far: (0.5 - below * 2.2).clamp(0.0, 0.5),
        }
    }

    /// `color` as it looks there, where `exposure` (0 shade to 1 sun) of the light falls on it.
    pub(super) fn tone(&self, light: &Light, color: Color, exposure: f32) -> Color {
        light.far(light.on(color, exposure), self.far)
    }

    /// The shadow on the ground of something `width` times as wide as high; to be painted before the thing.
    pub(super) fn shadow(&self, canvas: &mut Canvas, light: &Light, width: f32) {
        let [x, y] = self.foot;
        let half = self.height * width * 0.5;
        canvas.untraced(|canvas| {
            if light.hard() {
                let reach = -light.side * self.height * 0.85;
                let drop = self.height * 0.10;
                let end = [x + reach, y + drop];
                canvas.multiply(
                    Shape::new().smooth(&[
                        [x - half, y],
                        [x, y - half * 0.25],
                        [x + half, y],
                        [end[0] + half * 0.9, end[1] - half * 0.1],
                        [end[0], end[1] + half * 0.25],
                        [end[0] - half * 0.9, end[1] + half * 0.1],
                    ]),
                    light.cast(),
                );
            }
            canvas.soft(
                [x, y],
                [half * 1.35, (half * 0.36).max(self.height * 0.04)],
                light.cast().scaled(0.12),
                0.45,
            );
        });
    }
}

/// A plane from `horizon` to the bottom of the frame, paler far away, with a texture that grows toward the viewer.
pub(super) fn plane(
    canvas: &mut Canvas,
    light: &Light,
    horizon: f32,
    (color, texture, strength): (Color, Texture, f32),
    dice: &mut Dice,
) {
    let near = light.on(color.varied(0.10, dice), 0.86);
    let far = light.far(light.on(color.varied(0.08, dice), 0.9), 0.42);
    let area = |top: f32| Shape::new().rectangle(-0.01, top, 1.02, 1.02 - top);
    canvas.gradient(
        area(horizon),
        [0.5, horizon],
        [0.5, 1.0],
        &[
            (0.0, far, 1.0),
            (0.3, far.mix(near, 0.7), 1.0),
            (1.0, near.scaled(0.92), 1.0),
        ],
    );
    let depth = 1.0 - horizon;
    for (start, end) in [(0.03, 0.12), (0.12, 0.35), (0.35, 1.02)] {
        let (top, bottom) = (horizon + depth * start, horizon + depth * end);
        let tile = match texture {
            Texture::Mottle => [depth * end * 1.6, depth * end * 0.5],
            Texture::Grain => [depth * end * 1.1, depth * end * 0.55],
        };
        canvas.texture(
            Shape::new().rectangle(-0.01, top, 1.02, bottom - top),
            texture,
            tile,
            strength,
            dice,
        );
    }
}

/// Blades of grass (or reed, or straw) between two heights of the frame, longer toward the viewer.
pub(super) fn blades(
    canvas: &mut Canvas,
    light: &Light,
    color: Color,
    (top, bottom, length): (f32, f32, f32),
    dice: &mut Dice,
) {
    for layer in 0..5 {
        let exposure = 0.25 + 0.19 * layer as f32;
        let tone = light.on(color.varied(0.22, dice), exposure);
        let mut shape = Shape::new();
        for _ in 0..64 {
            let t = dice.unit();
            let near = t * t;
            let y = top + (bottom - top) * t;
            let x = dice.between(-0.02, 1.02);
            let tall = length * (0.12 + 0.88 * near) * dice.between(0.5, 1.3);
            let lean = dice.around(0.0, 0.7) * tall;
            let half = 0.07 * tall;
            shape = shape.polygon(&[[x - half, y], [x + lean, y - tall], [x + half, y]]);
        }
        canvas.veil(shape, light.far(tone, 0.12), 0.75);
    }
}
