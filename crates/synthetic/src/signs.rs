//! Signs, lamps and traffic lights on poles.

use super::canvas::{Canvas, Texture};
use super::color::{Color, WHITE, rgb, unguessable};
use super::dice::Dice;
use super::ground::Stand;
use super::light::{Light, Weather};
use super::shape::{Point, Shape};

/// A stop sign: where its middle is, how high it is in the frame, and how much air lies before it.
pub(super) struct StopSign {
    pub(super) center: Point,
    pub(super) height: f32,
    pub(super) far: f32,
}

impl StopSign {
    pub(super) fn paint(&self, canvas: &mut Canvas, light: &Light, dice: &mut Dice) {
        // Seen a little from the side, never quite upright, sun-bleached or fresh.
        let squeeze = dice.between(0.84, 1.0);
        let tilt = dice.around(0.0, 0.014);
        let red = rgb(0.74, 0.10, 0.12)
            .mix(rgb(0.80, 0.24, 0.22), dice.unit() * 0.6)
            .varied(0.10, dice);
        let exposure = if light.weather == Weather::Cloudy {
            0.7
        } else {
            dice.between(0.35, 1.0)
        };
        let tone =
            |color: Color, gain: f32| light.far(light.on(color.scaled(gain), exposure), self.far);
        let half = self.height * 0.5;
        canvas.within(self.center, [half * squeeze, half], tilt, |canvas| {
            self.pole(canvas, light, dice);
            if dice.chance(0.22) {
                street_name(canvas, &tone);
            }
            if dice.chance(0.16) {
                canvas.fill(
                    Shape::new().rectangle(-0.42, 1.1, 0.84, 0.3),
                    tone(red, 0.9),
                );
                canvas.stroke(
                    Shape::new().line(&[[-0.28, 1.25], [0.28, 1.25]]),
                    0.09,
                    tone(WHITE, 0.9),
                );
            }
            canvas.thing("stop sign", |canvas| {
                // A regular octagon of height 2 has corners at 1.0824.
                canvas.fill(
                    Shape::new().regular([0.0, 0.0], 1.082, 8),
                    tone(WHITE, 0.97),
                );
                canvas.untraced(|canvas| {
                    let away = -light.side;
                    canvas.shade(
                        Shape::new().regular([0.0, 0.0], 0.965, 8),
                        ([-away, -0.8], tone(red, 1.08)),
                        ([away, 0.8], tone(red, 0.88)),
                    );
                    letters(canvas, tone(WHITE, 0.97));
                    if dice.chance(0.3) {
                        // Dirt and rain.
                        canvas.texture(
                            Shape::new().regular([0.0, 0.0], 1.05, 8),
                            Texture::Mottle,
                            [2.4, 2.4],
                            0.3,
                            dice,
                        );
                    }
                });
            });
        });
    }

    fn pole(&self, canvas: &mut Canvas, light: &Light, dice: &mut Dice) {
        let wood = dice.chance(0.3);
        let metal = if wood {
            rgb(0.45, 0.34, 0.25)
        } else {
            rgb(0.55, 0.56, 0.56)
        };
        let dark = light.far(light.on(metal, 0.15), self.far);
        let lit = light.far(light.on(metal, 0.9), self.far);
        let (from, to) = if light.side < 0.0 {
            (lit, dark)
        } else {
            (dark, lit)
        };
        let half = if wood { 0.10 } else { 0.06 };
        canvas.shade(
            Shape::new().rectangle(-half, -0.9, half * 2.0, 6.6),
            ([-half, 0.0], from),
            ([half, 0.0], to),
        );
    }
}

/// S, T, O, P as strokes.
fn letters(canvas: &mut Canvas, color: Color) {
    let glyphs: [(f32, &[Point]); 5] = [
        (
            -0.60,
            &[
                [0.13, -0.22],
                [0.04, -0.30],
                [-0.08, -0.28],
                [-0.12, -0.14],
                [0.0, -0.01],
                [0.12, 0.12],
                [0.08, 0.28],
                [-0.05, 0.30],
                [-0.14, 0.20],
            ],
        ),
        (
            -0.20,
            &[[-0.15, -0.30], [0.15, -0.30], [0.0, -0.30], [0.0, 0.30]],
        ),
        (
            0.20,
            &[
                [0.0, -0.30],
                [0.12, -0.22],
                [0.13, 0.22],
                [0.0, 0.30],
                [-0.12, 0.22],
                [-0.13, -0.22],
                [0.0, -0.30],
            ],
        ),
        (0.50, &[[0.0, 0.30], [0.0, -0.30]]),
        (
            0.50,
            &[
                [0.0, -0.30],
                [0.17, -0.27],
                [0.20, -0.13],
                [0.15, 0.0],
                [0.0, 0.02],
            ],
        ),
    ];
    for (x, points) in glyphs {
        let moved: Vec<Point> = points
            .iter()
            .map(|point| [point[0] + x, point[1]])
            .collect();
        canvas.stroke(Shape::new().line(&moved), 0.105, color);
    }
}

/// The green plate with the street's name above a stop sign.
fn street_name(canvas: &mut Canvas, tone: &impl Fn(Color, f32) -> Color) {
    canvas.fill(
        Shape::new().rectangle(-1.15, -1.48, 2.3, 0.34),
        tone(rgb(0.10, 0.36, 0.22), 1.0),
    );
    canvas.stroke(
        Shape::new().line(&[[-0.8, -1.31], [0.7, -1.31]]),
        0.12,
        tone(WHITE, 0.9),
    );
}

/// Any other sign: a disc, a square or an octagon of a color that its gray does not betray.
pub(super) fn other(
    canvas: &mut Canvas,
    light: &Light,
    (center, height): (Point, f32),
    dice: &mut Dice,
) {
    let color = unguessable(0.2, 0.5, dice);
    let rim = dice.chance(0.6);
    let kind = dice.count(0, 3);
    let exposure = dice.between(0.4, 1.0);
    let half = height * 0.5;
    let outline = move |radius: f32| match kind {
        0 => Shape::new().ellipse(0.0, 0.0, radius, radius),
        1 => Shape::new().rounded(-radius, -radius, radius * 2.0, radius * 2.0, radius * 0.2),
        2 => Shape::new().regular([0.0, 0.0], radius * 1.08, 8),
        _ => Shape::new().rounded(
            -radius * 0.8,
            -radius,
            radius * 1.6,
            radius * 2.0,
            radius * 0.1,
        ),
    };
    canvas.within(center, [half, half], dice.around(0.0, 0.015), |canvas| {
        canvas.fill(
            Shape::new().rectangle(-0.07, -0.8, 0.14, 7.0),
            light.on(rgb(0.5, 0.5, 0.5), 0.4),
        );
        canvas.fill(
            outline(1.0),
            light.on(if rim { WHITE } else { color.scaled(0.7) }, exposure),
        );
        canvas.fill(outline(0.88), light.on(color, exposure));
        let white = light.on(WHITE, exposure);
        if dice.chance(0.5) {
            for line in 0..dice.count(1, 3) {
                let y = -0.35 + 0.35 * line as f32;
                let reach = dice.between(0.25, 0.55);
                canvas.stroke(Shape::new().line(&[[-reach, y], [reach, y]]), 0.13, white);
            }
        } else {
            canvas.fill(
                Shape::new().polygon(&[
                    [-0.15, 0.5],
                    [-0.15, -0.1],
                    [-0.4, -0.1],
                    [0.0, -0.55],
                    [0.4, -0.1],
                    [0.15, -0.1],
                    [0.15, 0.5],
                ]),
                white,
            );
        }
    });
}

/// A traffic light with one lamp burning: red above, yellow between, green below, as everywhere.
pub(super) fn traffic_light(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    let burning = dice.choose(&[0, 0, 1, 2, 2]);
    let lamps = [
        rgb(1.0, 0.22, 0.14),
        rgb(1.0, 0.74, 0.20),
        rgb(0.22, 0.95, 0.58),
    ];
    let night = light.weather == Weather::Night;
    let case = stand.tone(light, rgb(0.14, 0.15, 0.14), 0.5);
    let head = stand.height * 0.30;
    let top = [stand.foot[0], stand.foot[1] - stand.height];
    canvas.fill(
        Shape::new().rectangle(
            stand.foot[0] - stand.height * 0.014,
            top[1] + head * 0.5,
            stand.height * 0.028,
            stand.height - head * 0.5,
        ),
        stand.tone(light, rgb(0.33, 0.34, 0.34), 0.4),
    );
    canvas.within(top, [head, head], 0.0, |canvas| {
        canvas.thing("traffic light", |canvas| {
            canvas.fill(Shape::new().rounded(-0.2, 0.0, 0.4, 1.0, 0.08), case);
        });
        for (place, lamp) in lamps.iter().enumerate() {
            let y = 0.19 + 0.31 * place as f32;
            let color = if place == burning {
                *lamp
            } else {
                light.on(lamp.scaled(0.22), 0.3)
            };
            canvas.fill(Shape::new().ellipse(0.0, y, 0.125, 0.125), color);
            if place == burning {
                canvas.soft([0.0, y], [0.06, 0.06], rgb(1.0, 0.98, 0.9), 0.9);
                let glow = if night { (0.75, 0.6) } else { (0.3, 0.25) };
                canvas.soft([0.0, y], [glow.0, glow.0], *lamp, glow.1);
            }
        }
    });
}

/// A street lamp; at night it makes a warm pool of light.
pub(super) fn lamp(canvas: &mut Canvas, light: &Light, stand: Stand, arm: f32) {
    let [x, y] = stand.foot;
    let height = stand.height;
    let metal = stand.tone(light, rgb(0.30, 0.31, 0.31), 0.4);
    let head = [x + arm * height * 0.2, y - height];
    canvas.stroke(
        Shape::new().line(&[
            [x, y],
            [x, y - height * 0.94],
            [x + arm * height * 0.05, y - height],
            head,
        ]),
        height * 0.018,
        metal,
    );
    canvas.fill(
        Shape::new().ellipse(head[0], head[1], height * 0.045, height * 0.018),
        metal,
    );
    if light.weather == Weather::Night || light.weather == Weather::Dusk {
        let strength = if light.weather == Weather::Night {
            1.0
        } else {
            0.6
        };
        let glow = rgb(1.0, 0.72, 0.36);
        canvas.soft(head, [height * 0.5, height * 0.5], glow, 0.42 * strength);
        canvas.soft(
            head,
            [height * 0.14, height * 0.14],
            rgb(1.0, 0.9, 0.66),
            strength,
        );
        canvas.soft([x, y], [height * 0.6, height * 0.16], glow, 0.34 * strength);
    } else {
        canvas.fill(
            Shape::new().ellipse(
                head[0],
                head[1] + height * 0.008,
                height * 0.035,
                height * 0.01,
            ),
            light.on(WHITE, 0.8),
        );
    }
}

/// A lit shop sign, of any color, with a glow; `center`, size, whether it burns.
pub(super) fn shop(
    canvas: &mut Canvas,
    light: &Light,
    (center, half): (Point, [f32; 2]),
    dice: &mut Dice,
) {
    let color = unguessable(0.25, 0.6, dice);
    let night = light.weather == Weather::Night;
    let shown = if night {
        color.scaled(1.15)
    } else {
        light.on(color, 0.6)
    };
    if night {
        canvas.soft(center, [half[0] * 2.4, half[1] * 4.0], color, 0.45);
    }
    canvas.within(center, half, 0.0, |canvas| {
        canvas.fill(Shape::new().rectangle(-1.0, -1.0, 2.0, 2.0), shown);
        let mark = if night {
            rgb(1.0, 0.97, 0.9)
        } else {
            light.on(WHITE, 0.7)
        };
        let mut x = -0.75;
        while x < 0.7 {
            let wide = dice.between(0.08, 0.22);
            canvas.fill(Shape::new().rectangle(x, -0.4, wide * 0.8, 0.8), mark);
            x += wide;
        }
    });
}
