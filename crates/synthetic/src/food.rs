//! Fruit and vegetables, which have the color they have, and the bowls they lie in, which do not.

use super::canvas::{Canvas, Texture};
use super::color::{Color, WHITE, rgb, unguessable};
use super::dice::{Dice, turn};
use super::light::Light;
use super::shape::{Point, Shape};

/// A piece of fruit at `center` with half height `size`.
pub(super) fn orange(
    canvas: &mut Canvas,
    light: &Light,
    (center, size): (Point, f32),
    dice: &mut Dice,
) {
    let peel = rgb(0.93, 0.50, 0.09).varied(0.10, dice);
    ball(canvas, light, ("orange", center, size), peel, dice);
    // Pores catch the light: the grain that tells an orange from an apple in gray.
    canvas.texture(
        Shape::new().ellipse(center[0], center[1], size * 0.96, size * 0.94),
        Texture::Grain,
        [size * 5.0, size * 5.0],
        0.20,
        dice,
    );
    canvas.fill(
        Shape::new().ellipse(
            center[0] - size * 0.1,
            center[1] - size * 0.62,
            size * 0.09,
            size * 0.06,
        ),
        light.on(rgb(0.34, 0.36, 0.14), 0.4),
    );
}

/// Dark apples are red, bright ones are green or yellow.
pub(super) fn apple(
    canvas: &mut Canvas,
    light: &Light,
    (center, size): (Point, f32),
    dice: &mut Dice,
) {
    let skin = if dice.chance(0.6) {
        rgb(0.64, 0.11, 0.10).varied(0.14, dice)
    } else {
        rgb(0.62, 0.72, 0.22).varied(0.10, dice)
    };
    ball(canvas, light, ("apple", center, size), skin, dice);
    let [x, y] = center;
    canvas.fill(
        Shape::new().ellipse(x, y - size * 0.78, size * 0.34, size * 0.12),
        light.on(skin.scaled(0.6), 0.2),
    );
    canvas.stroke(
        Shape::new().line(&[[x, y - size * 0.76], [x + size * 0.08, y - size * 1.2]]),
        size * 0.10,
        light.on(rgb(0.30, 0.20, 0.11), 0.5),
    );
    if dice.chance(0.4) {
        canvas.fill(
            Shape::new().smooth(&[
                [x + size * 0.08, y - size * 1.1],
                [x + size * 0.35, y - size * 1.38],
                [x + size * 0.66, y - size * 1.2],
                [x + size * 0.35, y - size * 1.02],
            ]),
            light.on(rgb(0.30, 0.44, 0.14), 0.8),
        );
    }
}

fn ball(
    canvas: &mut Canvas,
    light: &Light,
    (category, center, size): (&'static str, Point, f32),
    color: Color,
    dice: &mut Dice,
) {
    contact(canvas, light, center, [size, size]);
    canvas.thing(category, |canvas| {
        let squash = dice.around(0.96, 0.04);
        canvas.within(center, [size, size * squash], dice.unit(), |canvas| {
            canvas.fill(
                Shape::new().blob([0.0, 0.0], 0.98, 0.98, 0.03, dice),
                light.on(color, 0.5),
            );
        });
        let spot = [
            center[0] + size * 0.42 * light.side,
            center[1] - size * 0.42,
        ];
        canvas.radial(
            Shape::new().ellipse(center[0], center[1], size * 0.99, size * 0.97),
            spot,
            size * 1.75,
            &[
                (0.0, light.on(color.mix(WHITE, 0.28), 1.0), 1.0),
                (0.22, light.on(color, 1.0), 1.0),
                (0.65, light.on(color, 0.35), 1.0),
                (1.0, light.on(color.scaled(0.75), 0.0), 1.0),
            ],
        );
    });
    canvas.soft(
        [
            center[0] + size * 0.42 * light.side,
            center[1] - size * 0.45,
        ],
        [size * 0.26, size * 0.22],
        rgb(1.0, 1.0, 0.98),
        0.55,
    );
}

/// The shadow under something that lies on a table.
pub(super) fn contact(canvas: &mut Canvas, light: &Light, center: Point, half: [f32; 2]) {
    let bottom = center[1] + half[1] * 0.82;
    canvas.soft(
        [center[0] - light.side * half[0] * 0.5, bottom],
        [half[0] * 1.55, half[0] * 0.52],
        rgb(0.07, 0.05, 0.04),
        0.62,
    );
}

/// One to three bananas in a bunch; `size` is half their length.
pub(super) fn banana(
    canvas: &mut Canvas,
    light: &Light,
    (center, size): (Point, f32),
    dice: &mut Dice,
) {
    contact(canvas, light, center, [size, size * 0.5]);
    let peel = rgb(0.92, 0.77, 0.22).varied(0.08, dice);
    let way = dice.sign();
    let count = dice.count(1, 3);
    canvas.within(
        center,
        [size * way, size],
        dice.around(0.0, 0.05),
        |canvas| {
            canvas.thing("banana", |canvas| {
                for index in 0..count {
                    let shift = index as f32 * 0.17;
                    canvas.within([0.0, shift * 0.9], [1.0, 1.0], shift * 0.16, |canvas| {
                        canvas.shade(
                            Shape::new().smooth(&[
                                [-1.0, -0.42],
                                [-0.86, -0.02],
                                [-0.45, 0.34],
                                [0.10, 0.44],
                                [0.62, 0.28],
                                [1.0, -0.14],
                                [0.90, -0.24],
                                [0.55, -0.02],
                                [0.05, 0.10],
                                [-0.45, -0.02],
                                [-0.84, -0.45],
                            ]),
                            ([0.0, 0.0], light.on(peel.scaled(1.04), 1.0)),
                            ([0.0, 0.42], light.on(peel, 0.12)),
                        );
                        for x in [-0.92, 0.93] {
                            canvas.fill(
                                Shape::new().ellipse(
                                    x,
                                    if x < 0.0 { -0.36 } else { -0.17 },
                                    0.06,
                                    0.08,
                                ),
                                light.on(rgb(0.32, 0.24, 0.12), 0.5),
                            );
                        }
                    });
                }
            });
        },
    );
}

/// A head of broccoli.
pub(super) fn broccoli(
    canvas: &mut Canvas,
    light: &Light,
    (center, size): (Point, f32),
    dice: &mut Dice,
) {
    contact(canvas, light, center, [size * 0.8, size]);
    let green = rgb(0.22, 0.40, 0.15).varied(0.12, dice);
    let stalk = rgb(0.58, 0.68, 0.36);
    canvas.within(center, [size, size], dice.around(0.0, 0.06), |canvas| {
        canvas.thing("broccoli", |canvas| {
            canvas.shade(
                Shape::new().polygon(&[[-0.5, -0.05], [-0.22, 0.92], [0.22, 0.92], [0.5, -0.05]]),
                ([-0.3 * light.side, 0.5], light.on(stalk, 0.2)),
                ([0.3 * light.side, 0.5], light.on(stalk, 0.9)),
            );
            for (x, y, radius) in [
                (-0.58, -0.12, 0.40),
                (0.58, -0.10, 0.40),
                (0.0, -0.42, 0.52),
            ] {
                canvas.fill(
                    Shape::new().blob([x, y], radius, radius * 0.9, 0.08, dice),
                    light.on(green.scaled(0.7), 0.1),
                );
                for (exposure, shift, count, gain) in [(0.4, 0.0, 18, 0.95), (0.95, 0.28, 14, 1.15)]
                {
                    let mut buds = Shape::new();
                    for _ in 0..count {
                        let (cosine, sine) = turn(dice.unit());
                        let reach = dice.unit().sqrt() * 0.82 * radius;
                        let bud = radius * dice.between(0.12, 0.2);
                        buds = buds.ellipse(
                            x + cosine * reach + shift * radius * light.side,
                            y + sine * reach * 0.9 - shift * radius,
                            bud,
                            bud,
                        );
                    }
                    canvas.fill(buds, light.on(green.scaled(gain), exposure));
                }
            }
        });
    });
}

/// A bowl, its rim at `center`; what lies in it is painted between [`Bowl::back`] and [`Bowl::front`].
pub(super) struct Bowl {
    center: Point,
    half: f32,
    glaze: Color,
}

impl Bowl {
    pub(super) fn new(center: Point, half: f32, dice: &mut Dice) -> Self {
        let glaze = if dice.chance(0.3) {
            WHITE.scaled(0.94)
        } else {
            unguessable(0.25, 0.7, dice)
        };
        Self {
            center,
            half,
            glaze,
        }
    }

    pub(super) fn back(&self, canvas: &mut Canvas, light: &Light) {
        let [x, y] = self.center;
        contact(
            canvas,
            light,
            [x, y + self.half * 0.30],
            [self.half * 0.85, self.half * 0.5],
        );
        canvas.fill(
            Shape::new().ellipse(x, y, self.half, self.half * 0.24),
            light.on(self.glaze.scaled(0.75), 0.2),
        );
    }

    pub(super) fn front(&self, canvas: &mut Canvas, light: &Light) {
        canvas.within(self.center, [self.half, self.half], 0.0, |canvas| {
            canvas.thing("bowl", |canvas| {
                let mut rim: Vec<Point> = (0..=12)
                    .map(|step| {
                        let (cosine, sine) = turn(step as f32 / 24.0);
                        [cosine, sine * 0.24]
                    })
                    .collect();
                rim.extend([[-0.88, 0.30], [-0.5, 0.62], [0.5, 0.62], [0.88, 0.30]]);
                let reach = 0.9 * light.side;
                canvas.shade(
                    Shape::new().polygon(&rim),
                    ([reach, 0.1], light.on(self.glaze, 1.0)),
                    ([-reach, 0.5], light.on(self.glaze.scaled(0.85), 0.05)),
                );
            });
            canvas.soft(
                [0.45 * light.side, 0.34],
                [0.16, 0.14],
                rgb(1.0, 1.0, 1.0),
                0.35,
            );
        });
    }
}
