//! Cars, buses, bicycles and boats; their paint is anybody's guess.

use super::canvas::Canvas;
use super::color::{BLACK, Color, WHITE, rgb, unguessable};
use super::dice::{Dice, turn};
use super::ground::Stand;
use super::light::{Light, Weather};
use super::shape::{Point, Shape};

const GLASS: Color = rgb(0.20, 0.24, 0.27);

/// A car seen from the side; `stand.height` is the car's height.
pub(super) fn car_side(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    stand.shadow(canvas, light, 2.8);
    let paint = unguessable(0.16, 0.72, dice);
    let way = dice.sign();
    let unit = stand.height;
    let tone = |color: Color, exposure: f32| stand.tone(light, color, exposure);
    canvas.within(stand.foot, [unit * way, unit], 0.0, |canvas| {
        canvas.thing("car", |canvas| {
            let body: [Point; 14] = [
                [-1.45, -0.20],
                [-1.48, -0.50],
                [-1.35, -0.62],
                [-0.95, -0.68],
                [-0.60, -0.98],
                [-0.10, -1.04],
                [0.35, -0.98],
                [0.75, -0.68],
                [1.25, -0.58],
                [1.46, -0.46],
                [1.47, -0.20],
                [0.9, -0.16],
                [0.0, -0.15],
                [-0.9, -0.16],
            ];
            canvas.shade(
                Shape::new().smooth(&body),
                ([0.0, -1.0], tone(paint.scaled(1.15), 1.0)),
                ([0.0, -0.15], tone(paint.scaled(0.75), 0.3)),
            );
            let glass = tone(GLASS, 0.5);
            let sky = tone(light.horizon.mix(GLASS, 0.45), 0.9);
            for (left, peak, right) in [(-0.82, -0.52, -0.16), (-0.08, 0.28, 0.58)] {
                let upper = if left < -0.5 {
                    [peak, -0.09]
                } else {
                    [-0.08, peak]
                };
                canvas.shade(
                    Shape::new().polygon(&[
                        [left, -0.66],
                        [upper[0], -0.93],
                        [upper[1], -0.93],
                        [right, -0.66],
                    ]),
                    ([0.0, -0.95], sky),
                    ([0.0, -0.66], glass),
                );
            }
            canvas.stroke(
                Shape::new().line(&[[-1.3, -0.46], [1.35, -0.44]]),
                0.025,
                tone(paint.scaled(1.4), 1.0),
            );
            for x in [-0.9, 0.92] {
                wheel(canvas, x, &tone);
            }
            canvas.fill(
                Shape::new().ellipse(1.38, -0.42, 0.07, 0.06),
                tone(rgb(0.95, 0.92, 0.82), 1.0),
            );
            canvas.fill(
                Shape::new().ellipse(-1.42, -0.45, 0.045, 0.07),
                tone(rgb(0.62, 0.10, 0.08), 0.9),
            );
        });
    });
}

fn wheel(canvas: &mut Canvas, x: f32, tone: &impl Fn(Color, f32) -> Color) {
    canvas.fill(
        Shape::new().ellipse(x, -0.2, 0.215, 0.215),
        tone(BLACK, 0.5),
    );
    canvas.fill(
        Shape::new().ellipse(x, -0.2, 0.12, 0.12),
        tone(rgb(0.60, 0.61, 0.62), 0.7),
    );
}

/// A car seen from the front (or, its tail lights red, from behind); `stand.height` is the car's height.
pub(super) fn car_front(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    stand.shadow(canvas, light, 1.35);
    let paint = unguessable(0.16, 0.72, dice);
    let behind = dice.chance(0.55);
    let night = light.weather == Weather::Night;
    let unit = stand.height;
    let tone = |color: Color, exposure: f32| stand.tone(light, color, exposure);
    canvas.within(stand.foot, [unit, unit], 0.0, |canvas| {
        canvas.thing("car", |canvas| {
            for x in [-0.5, 0.5] {
                canvas.fill(
                    Shape::new().rounded(x - 0.11, -0.3, 0.22, 0.3, 0.05),
                    tone(BLACK, 0.4),
                );
            }
            canvas.shade(
                Shape::new().smooth(&[
                    [-0.60, -0.10],
                    [-0.66, -0.40],
                    [-0.60, -0.60],
                    [-0.50, -0.68],
                    [-0.40, -0.98],
                    [-0.25, -1.03],
                    [0.25, -1.03],
                    [0.40, -0.98],
                    [0.50, -0.68],
                    [0.60, -0.60],
                    [0.66, -0.40],
                    [0.60, -0.10],
                ]),
                ([0.0, -1.0], tone(paint.scaled(1.15), 1.0)),
                ([0.0, -0.1], tone(paint.scaled(0.72), 0.3)),
            );
            canvas.shade(
                Shape::new().polygon(&[
                    [-0.46, -0.64],
                    [-0.36, -0.94],
                    [0.36, -0.94],
                    [0.46, -0.64],
                ]),
                ([0.0, -0.95], tone(light.horizon.mix(GLASS, 0.5), 0.9)),
                ([0.0, -0.64], tone(GLASS, 0.5)),
            );
            canvas.fill(
                Shape::new().rounded(-0.3, -0.33, 0.6, 0.16, 0.04),
                tone(if behind { paint.scaled(0.7) } else { BLACK }, 0.5),
            );
            canvas.fill(
                Shape::new().rectangle(-0.13, -0.28, 0.26, 0.09),
                tone(WHITE, 0.6),
            );
            let lamp = if behind {
                rgb(0.66, 0.08, 0.07)
            } else {
                rgb(0.95, 0.93, 0.86)
            };
            for x in [-0.47, 0.47] {
                let shown = if night {
                    lamp.scaled(1.3)
                } else {
                    tone(lamp, 0.9)
                };
                canvas.fill(Shape::new().ellipse(x, -0.45, 0.105, 0.06), shown);
            }
            if night {
                let glow = if behind {
                    rgb(1.0, 0.12, 0.08)
                } else {
                    rgb(1.0, 0.95, 0.82)
                };
                for x in [-0.47, 0.47] {
                    canvas.soft([x, -0.45], [0.5, 0.5], glow, 0.6);
                    canvas.soft([x, 0.25], [0.18, 0.6], glow, 0.3);
                }
            }
        });
    });
}

/// A bus seen from the side; `stand.height` is the bus's height.
pub(super) fn bus(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    stand.shadow(canvas, light, 2.7);
    let paint = unguessable(0.2, 0.66, dice);
    let stripe = if dice.chance(0.5) {
        WHITE
    } else {
        paint.scaled(0.6)
    };
    let tone = |color: Color, exposure: f32| stand.tone(light, color, exposure);
    let unit = stand.height;
    canvas.within(stand.foot, [unit, unit], 0.0, |canvas| {
        canvas.thing("bus", |canvas| {
            canvas.shade(
                Shape::new().rounded(-1.4, -1.0, 2.8, 0.88, 0.08),
                ([0.0, -1.0], tone(paint.scaled(1.12), 1.0)),
                ([0.0, -0.12], tone(paint.scaled(0.8), 0.4)),
            );
            canvas.fill(
                Shape::new().rectangle(-1.4, -0.44, 2.8, 0.08),
                tone(stripe, 0.8),
            );
            for pane in 0..6 {
                let x = -1.32 + 0.45 * pane as f32;
                canvas.shade(
                    Shape::new().rounded(x, -0.88, 0.39, 0.36, 0.03),
                    ([x, -0.88], tone(light.horizon.mix(GLASS, 0.45), 0.9)),
                    ([x + 0.2, -0.5], tone(GLASS, 0.5)),
                );
            }
            for x in [-0.9, 0.9] {
                canvas.within([x, -0.02], [0.75, 0.75], 0.0, |canvas| {
                    wheel(canvas, 0.0, &tone);
                });
            }
        });
    });
}

/// A bicycle leaning somewhere; `stand.height` is its height.
pub(super) fn bicycle(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    let paint = stand.tone(light, unguessable(0.2, 0.6, dice), 0.8);
    let dark = stand.tone(light, BLACK, 0.5);
    let unit = stand.height;
    canvas.within(stand.foot, [unit * dice.sign(), unit], 0.0, |canvas| {
        canvas.thing("bicycle", |canvas| {
            for x in [-0.5, 0.5] {
                canvas.stroke(Shape::new().ellipse(x, -0.34, 0.31, 0.31), 0.05, dark);
            }
            let frame: [Point; 7] = [
                [-0.5, -0.34],
                [-0.05, -0.32],
                [0.36, -0.75],
                [-0.18, -0.75],
                [-0.5, -0.34],
                [-0.18, -0.75],
                [-0.05, -0.32],
            ];
            canvas.stroke(Shape::new().line(&frame), 0.07, paint);
            canvas.stroke(
                Shape::new().line(&[[0.5, -0.34], [0.33, -0.95], [0.2, -0.98]]),
                0.06,
                dark,
            );
            canvas.stroke(
                Shape::new().line(&[[-0.18, -0.75], [-0.22, -0.88]]),
                0.05,
                dark,
            );
            canvas.fill(Shape::new().ellipse(-0.23, -0.9, 0.12, 0.045), dark);
        });
    });
}

/// A boat on the water: a sail boat or a small craft; `stand.height` is its height.
pub(super) fn boat(canvas: &mut Canvas, light: &Light, stand: Stand, dice: &mut Dice) {
    let sails = dice.chance(0.6);
    let hull = if dice.chance(0.4) {
        WHITE
    } else {
        unguessable(0.2, 0.6, dice)
    };
    let tone = |color: Color, exposure: f32| stand.tone(light, color, exposure);
    let unit = stand.height;
    let way = dice.sign();
    let [x, y] = stand.foot;
    // Its reflection, broken by the waves.
    for step in 0..5 {
        let drop = unit * (0.03 + 0.05 * step as f32);
        let half = unit * (0.30 - 0.03 * step as f32);
        let aside = dice.around(0.0, 0.06) * unit;
        canvas.veil(
            Shape::new().ellipse(x + aside, y + drop, half, unit * 0.014),
            tone(hull.scaled(0.8), 0.5),
            0.5 - 0.07 * step as f32,
        );
    }
    canvas.within(stand.foot, [unit * way, unit], 0.0, |canvas| {
        canvas.thing("boat", |canvas| {
            let keel = if sails { 0.14 } else { 0.36 };
            let half = if sails { 0.36 } else { 0.9 };
            if sails {
                let cloth = rgb(0.94, 0.93, 0.89).varied(0.05, dice);
                canvas.shade(
                    Shape::new().smooth(&[
                        [0.02, -1.02],
                        [0.02, -1.0],
                        [0.20, -0.55],
                        [0.40, -0.17],
                        [0.36, -0.15],
                        [0.02, -0.16],
                    ]),
                    ([0.0, -0.5], tone(cloth, 1.0)),
                    ([0.4, -0.3], tone(cloth, 0.35)),
                );
                canvas.fill(
                    Shape::new().polygon(&[[-0.02, -0.86], [-0.02, -0.18], [-0.30, -0.16]]),
                    tone(cloth, 0.6),
                );
                canvas.stroke(
                    Shape::new().line(&[[0.0, -1.04], [0.0, -0.1]]),
                    0.015,
                    tone(rgb(0.5, 0.42, 0.34), 0.6),
                );
            } else {
                canvas.fill(
                    Shape::new().polygon(&[
                        [-0.35, -0.3],
                        [-0.3, -0.72],
                        [0.2, -0.72],
                        [0.3, -0.3],
                    ]),
                    tone(WHITE, 0.7),
                );
                canvas.fill(
                    Shape::new().rectangle(-0.24, -0.66, 0.4, 0.16),
                    tone(GLASS, 0.5),
                );
            }
            canvas.shade(
                Shape::new().polygon(&[
                    [-half * 0.9, -keel],
                    [half * 1.12, -keel * 1.15],
                    [half * 0.8, 0.0],
                    [-half * 0.75, 0.0],
                ]),
                ([0.0, -keel], tone(hull, 1.0)),
                ([0.0, 0.0], tone(hull.scaled(0.8), 0.2)),
            );
        });
    });
}

/// A kite in the air, its tail fluttering behind.
pub(super) fn kite(
    canvas: &mut Canvas,
    light: &Light,
    (center, size): (Point, f32),
    dice: &mut Dice,
) {
    let first = unguessable(0.25, 0.7, dice);
    let second = unguessable(0.25, 0.7, dice);
    let way = dice.sign();
    canvas.within(
        center,
        [size * way, size],
        dice.around(0.05, 0.1),
        |canvas| {
            let tail: Vec<Point> = (0..8)
                .map(|step| {
                    let t = step as f32;
                    [turn(t * 0.27).1 * 0.08 - t * 0.09, 0.6 + t * 0.16]
                })
                .collect();
            canvas.stroke(Shape::new().line(&tail), 0.05, light.on(second, 0.8));
            canvas.thing("kite", |canvas| {
                canvas.fill(
                    Shape::new().polygon(&[[0.0, -0.5], [0.0, 0.6], [-0.42, -0.08]]),
                    light.on(first, 0.9),
                );
                canvas.fill(
                    Shape::new().polygon(&[[0.0, -0.5], [0.42, -0.08], [0.0, 0.6]]),
                    light.on(second, 0.7),
                );
            });
        },
    );
}
